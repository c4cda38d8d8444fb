//! Names of hosts as Cilium's `toFQDNs` writes them.

use super::Dialect;

/// `matchName` and `matchPattern` of Cilium: `*` alone is every name; a leading `**.` stands for one
/// label or more; any other `*` for any characters of one label, or none. Case does not count, nor
/// does the dot of the root.
pub struct CiliumName;

impl Dialect for CiliumName {
    fn matches(pattern: &str, text: &str) -> bool {
        let (pattern, name) = (canonical(pattern), canonical(text));
        match pattern.strip_prefix("**.") {
            _ if pattern == "*" => true,
            None => labels_match(&pattern, &name),
            Some(parent) => {
                let above = name.split('.').count().saturating_sub(parent.split('.').count());
                let mut tail = name.splitn(above + 1, '.');
                above > 0 && tail.nth(above).is_some_and(|tail| labels_match(parent, tail))
            }
        }
    }

    fn covers(wide: &str, narrow: &str) -> bool {
        // Without wildcards a pattern is a name.
        let is_name = !narrow.contains('*');
        wide == "*"
            || canonical(wide) == canonical(narrow)
            || is_name && Self::matches(wide, narrow)
    }
}

fn canonical(name: &str) -> String {
    let name = name.trim();
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

fn labels_match(pattern: &str, name: &str) -> bool {
    pattern.split('.').count() == name.split('.').count()
        && pattern.split('.').zip(name.split('.')).all(|(glob, label)| label_matches(glob, label))
}

fn label_matches(glob: &str, label: &str) -> bool {
    let mut parts = glob.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = label.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::properties::{check, dialect};
    use super::*;

    dialect!(names, CiliumName, "(\\*\\*\\.)?[ab*]{1,3}(\\.[ab]{1,2})?");

    #[test]
    fn hosts() {
        check::<CiliumName>(&[
            ("Cilium.io", "cilium.io.", true),
            ("cilium.io", "a.cilium.io", false),
            ("*", "a.cilium.io", true),
            ("*.cilium.io", "a.cilium.io", true),
            ("*.cilium.io", "cilium.io", false),
            ("*.cilium.io", "a.b.cilium.io", false),
            ("*cilium.io", "subcilium.io", true),
            ("*cilium.io", "cilium.io", true),
            ("sub*.cilium.io", "subdomain.cilium.io", true),
            ("*.ci*.io.", "anysub.ciliumandmore.io.", true),
            ("**.cilium.io", "a.b.cilium.io", true),
            ("**.cilium.io", "a.cilium.io", true),
            ("**.cilium.io", "cilium.io", false),
            ("**.cilium.io", "a.notcilium.io", false),
        ]);
    }

    /// The same by trying every split.
    fn slowly(glob: &[u8], text: &[u8]) -> bool {
        match glob.split_first() {
            None => text.is_empty(),
            Some((b'*', glob)) => (0..=text.len()).any(|at| slowly(glob, &text[at..])),
            Some((first, glob)) => text.first() == Some(first) && slowly(glob, &text[1..]),
        }
    }

    proptest! {
        #[test]
        fn labels_agree_with_trying_every_split(glob in "[ab*]{0,6}", label in "[ab]{0,8}") {
            let expected = slowly(glob.as_bytes(), label.as_bytes());
            prop_assert_eq!(label_matches(&glob, &label), expected);
        }
    }
}

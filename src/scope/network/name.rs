//! Domain names as network policies write them. Case and a final dot do not matter.

/// `domainNames` of the network policy API (NPEP-133): exact, or `*.` for one label or more.
pub fn domain_matches(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (canonical(pattern), canonical(name));
    match pattern.strip_prefix("*.") {
        Some(parent) => is_below(&name, parent),
        None => pattern == name,
    }
}

/// `matchName` of Cilium: exact.
pub fn cilium_name_matches(name: &str, used: &str) -> bool {
    canonical(name) == canonical(used)
}

/// `matchPattern` of Cilium: `*` alone is every name; a leading `**.` stands for one label or more;
/// any other `*` for any characters of one label, or none.
pub fn cilium_pattern_matches(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (canonical(pattern), canonical(name));
    if pattern == "*" {
        return true;
    }
    let Some(parent) = pattern.strip_prefix("**.") else { return labels_match(&pattern, &name) };
    let depth = parent.split('.').count();
    let labels = name.split('.').count();
    labels > depth && {
        let tail: Vec<&str> = name.split('.').skip(labels - depth).collect();
        labels_match(parent, &tail.join("."))
    }
}

fn canonical(name: &str) -> String {
    let name = name.trim();
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

fn is_below(name: &str, parent: &str) -> bool {
    let above = name.strip_suffix(parent).and_then(|above| above.strip_suffix('.'));
    above.is_some_and(|above| !above.is_empty())
}

fn labels_match(pattern: &str, name: &str) -> bool {
    pattern.split('.').count() == name.split('.').count()
        && pattern.split('.').zip(name.split('.')).all(|(glob, label)| glob_matches(glob, label))
}

/// `*` stands for any characters, or none.
fn glob_matches(glob: &str, text: &str) -> bool {
    let mut parts = glob.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
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

    use super::*;

    #[test]
    fn names_under_patterns() {
        type Matches = fn(&str, &str) -> bool;
        let api: Matches = domain_matches;
        let name: Matches = cilium_name_matches;
        let pattern: Matches = cilium_pattern_matches;
        for (matches, written, used, expected) in [
            (api, "kubernetes.io", "kubernetes.io", true),
            (api, "kubernetes.io", "blog.kubernetes.io", false),
            (api, "*.kubernetes.io", "blog.kubernetes.io", true),
            (api, "*.kubernetes.io", "latest.blog.kubernetes.io", true),
            (api, "*.kubernetes.io", "kubernetes.io", false),
            (api, "*.kubernetes.io", "notkubernetes.io", false),
            (name, "Cilium.io", "cilium.io.", true),
            (name, "cilium.io", "a.cilium.io", false),
            (pattern, "*", "a.cilium.io", true),
            (pattern, "*.cilium.io", "a.cilium.io", true),
            (pattern, "*.cilium.io", "cilium.io", false),
            (pattern, "*.cilium.io", "a.b.cilium.io", false),
            (pattern, "*cilium.io", "subcilium.io", true),
            (pattern, "*cilium.io", "cilium.io", true),
            (pattern, "sub*.cilium.io", "subdomain.cilium.io", true),
            (pattern, "*.ci*.io.", "anysub.ciliumandmore.io.", true),
            (pattern, "**.cilium.io", "a.b.cilium.io", true),
            (pattern, "**.cilium.io", "a.cilium.io", true),
            (pattern, "**.cilium.io", "cilium.io", false),
            (pattern, "**.cilium.io", "a.notcilium.io", false),
        ] {
            assert_eq!(matches(written, used), expected, "{written} {used}");
        }
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
        fn globs_agree_with_trying_every_split(glob in "[ab*]{0,6}", text in "[ab]{0,8}") {
            let expected = slowly(glob.as_bytes(), text.as_bytes());
            prop_assert_eq!(glob_matches(&glob, &text), expected);
        }
    }
}

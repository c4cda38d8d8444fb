//! Names of hosts with wildcards.

use super::Dialect;

/// Names of hosts: exact, `*` for all, or `*.example.com` for every name below `example.com` but not
/// itself. Case does not count, nor does the dot of the root.
pub struct DomainName;

impl Dialect for DomainName {
    fn matches(pattern: &str, text: &str) -> bool {
        let (pattern, text) = (bare(pattern), bare(text));
        match pattern.strip_prefix('*') {
            Some("") => true,
            Some(suffix) if suffix.starts_with('.') => {
                let start = text.len().checked_sub(suffix.len()).filter(|start| *start > 0);
                let end = start.and_then(|start| text.get(start..));
                end.is_some_and(|end| end.eq_ignore_ascii_case(suffix))
            }
            _ => pattern.eq_ignore_ascii_case(text),
        }
    }

    fn covers(wide: &str, narrow: &str) -> bool {
        Self::matches(wide, narrow)
    }
}

fn bare(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::super::properties::{check, dialect};
    use super::*;

    dialect!(names, DomainName, "(\\*|\\*\\.)?[ab]{1,2}(\\.[ab]{1,2})?");

    #[test]
    fn hosts() {
        check::<DomainName>(&[
            ("*", "api.example.com", true),
            ("*.example.com", "api.Example.com.", true),
            ("*.example.com", "a.b.example.com", true),
            ("*.example.com", "example.com", false),
            ("*.example.com", "badexample.com", false),
            ("example.com", "example.com.", true),
        ]);
    }
}

//! RBAC rules (formats.md §3.2; `rbac/v1` helpers of Kubernetes).

use super::Dialect;

/// Verbs and API groups: exact, or `*` for all.
pub struct KubernetesWord;

/// Resources: exact (`pods`, `pods/log`), `*` for all with their subresources, or `*/log` for one
/// subresource of all. `pods/*` is a name like any other.
pub struct KubernetesResource;

impl Dialect for KubernetesWord {
    fn matches(pattern: &str, text: &str) -> bool {
        pattern == "*" || pattern == text
    }

    fn covers(wide: &str, narrow: &str) -> bool {
        Self::matches(wide, narrow)
    }
}

impl Dialect for KubernetesResource {
    fn matches(pattern: &str, text: &str) -> bool {
        if pattern == "*" || pattern == text {
            return true;
        }
        match (pattern.strip_prefix("*/"), text.split_once('/')) {
            (Some(subresource), Some((_, used))) => subresource == used,
            _ => false,
        }
    }

    fn covers(wide: &str, narrow: &str) -> bool {
        Self::matches(wide, narrow)
    }
}

#[cfg(test)]
mod tests {
    use super::super::properties::{check, dialect};
    use super::*;

    dialect!(word, KubernetesWord, "[a*]{1,2}");
    dialect!(resource, KubernetesResource, "[ab*]{1,2}(/[ab*]{1,2})?");

    #[test]
    fn resources() {
        check::<KubernetesResource>(&[
            ("*", "pods/log", true),
            ("pods", "pods", true),
            ("pods", "pods/log", false),
            ("*/log", "pods/log", true),
            ("*/log", "pods", false),
            ("pods/*", "pods/log", false),
            ("po*", "pods", false),
        ]);
    }
}

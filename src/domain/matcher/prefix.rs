//! Exact, or a prefix that ends in `*`.

use super::Dialect;

/// Paths of RBAC rules (`/healthz/*`) and names of tools (`crm.*`): a `*` at the end stands for any
/// characters, elsewhere for itself.
pub struct Prefix;

impl Dialect for Prefix {
    fn matches(pattern: &str, text: &str) -> bool {
        match pattern.strip_suffix('*') {
            Some(prefix) => text.starts_with(prefix),
            None => pattern == text,
        }
    }

    fn covers(wide: &str, narrow: &str) -> bool {
        match (wide.strip_suffix('*'), narrow.strip_suffix('*')) {
            (Some(wide), Some(narrow)) => narrow.starts_with(wide),
            (None, Some(_)) => false,
            (_, None) => Self::matches(wide, narrow),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::properties::{check, dialect};
    use super::*;

    dialect!(prefix, Prefix, "[ab*]{1,4}");

    #[test]
    fn prefixes() {
        check::<Prefix>(&[
            ("*", "", true),
            ("/api/*", "/api/v1", true),
            ("/api/*", "/api", false),
            ("/a*/b", "/ax/b", false),
            ("crm.*", "crm.export", true),
        ]);
    }
}

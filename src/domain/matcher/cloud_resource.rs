//! Resources of the clouds by name.

use super::{Dialect, Glob, GlobIgnoringCase};

/// Globs over ARNs, resource names and resource ids. Ids of Azure Resource Manager, which begin with
/// one slash, ignore case ("Resource naming restrictions"); all others count it.
pub struct CloudResource;

fn is_azure(name: &str) -> bool {
    name.starts_with('/') && !name.starts_with("//")
}

impl Dialect for CloudResource {
    fn matches(pattern: &str, text: &str) -> bool {
        match is_azure(text) {
            true => GlobIgnoringCase::matches(pattern, text),
            false => Glob::matches(pattern, text),
        }
    }

    fn covers(wide: &str, narrow: &str) -> bool {
        match is_azure(narrow) && !narrow.starts_with("/*") && !narrow.starts_with("/?") {
            true => GlobIgnoringCase::covers(wide, narrow),
            false => Glob::covers(wide, narrow),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::properties::{check, dialect};
    use super::*;

    dialect!(cloud_resource, CloudResource, "[/aA*?]{1,4}");

    #[test]
    fn only_azure_ignores_case() {
        check::<CloudResource>(&[
            ("/subscriptions/s/*", "/SUBSCRIPTIONS/S/resourceGroups/g", true),
            ("arn:aws:s3:::b/*", "arn:aws:s3:::B/x", false),
            ("//storage.googleapis.com/b", "//storage.googleapis.com/B", false),
            ("*", "/subscriptions/s", true),
        ]);
    }
}

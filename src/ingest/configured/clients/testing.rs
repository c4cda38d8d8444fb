//! What tests of several clients share.

use crate::domain::configured::{Configured, PermissionRules};
use crate::ingest::configured::tests::read_text;

/// The one set of permission rules of a file without problems; other records may stand beside it.
#[track_caller]
pub fn permission_rules(file: &str, text: &str) -> PermissionRules {
    let found = read_text(file, text);
    assert_eq!(found.problems, [], "{file}");
    let mut rules = found.records.into_iter().filter_map(|record| match record.body {
        Configured::PermissionRules(rules) => Some(rules),
        _ => None,
    });
    let first = rules.next().unwrap_or_else(|| unreachable!("{file}: no rules"));
    assert_eq!(rules.next(), None, "{file}: one set of rules");
    first
}

/// Rules as `effect tool(pattern)`.
pub fn spelled(rules: &PermissionRules) -> Vec<String> {
    let rules = rules.rules.iter().map(|rule| match &rule.pattern {
        Some(pattern) => format!("{} {}({})", rule.effect, rule.tool.raw(), pattern.raw()),
        None => format!("{} {}", rule.effect, rule.tool.raw()),
    });
    rules.collect()
}

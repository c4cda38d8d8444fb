//! The words in which decision points answer → the decisions of the case.

use crate::domain::Decision;

const WORDS: &[(&str, Decision)] = &[
    ("allow", Decision::Allow),
    ("allowed", Decision::Allow),
    ("permit", Decision::Allow),
    ("permitted", Decision::Allow),
    ("approved", Decision::Allow),
    ("true", Decision::Allow),
    ("deny", Decision::Deny),
    ("denied", Decision::Deny),
    ("forbid", Decision::Deny),
    ("block", Decision::Deny),
    ("blocked", Decision::Deny),
    ("reject", Decision::Deny),
    ("rejected", Decision::Deny),
    ("false", Decision::Deny),
    ("modify", Decision::Restrict),
    ("modified", Decision::Restrict),
    ("restrict", Decision::Restrict),
    ("redact", Decision::Restrict),
    ("ask", Decision::Challenge),
    ("challenge", Decision::Challenge),
    ("escalate", Decision::Challenge),
    ("require_approval", Decision::Challenge),
    ("monitor", Decision::Monitor),
    ("warn", Decision::Monitor),
    ("audit", Decision::Monitor),
    ("log", Decision::Monitor),
];

/// The decision that a word states. A word that decides nothing (`defer`) is none: absent means
/// unknown.
pub fn decision(word: &str) -> Option<Decision> {
    WORDS.iter().find(|(known, _)| word.eq_ignore_ascii_case(known)).map(|(_, decision)| *decision)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(word: &str, expected: Option<Decision>) {
        assert_eq!(decision(word), expected, "{word}");
    }

    #[test]
    fn words_of_decision_points() {
        check("ALLOW", Some(Decision::Allow));
        check("forbid", Some(Decision::Deny));
        check("modify", Some(Decision::Restrict));
        check("ask", Some(Decision::Challenge));
        check("defer", None);
        check("", None);
    }
}

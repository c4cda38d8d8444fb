//! Exact, `prefix*`, `*suffix`, or `*` for any value that is not empty.
//!
//! Source: the reference of AuthorizationPolicy, section Rule.

use crate::domain::matcher::Dialect;

/// The language of most fields.
pub struct Value;

enum Form<'a> {
    Present,
    Suffix(&'a str),
    Prefix(&'a str),
    Exact(&'a str),
}

/// A leading star is looked at first: `*a*` is the suffix `a*`.
fn form(pattern: &str) -> Form<'_> {
    if pattern == "*" {
        return Form::Present;
    }
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(suffix), _) => Form::Suffix(suffix),
        (None, Some(prefix)) => Form::Prefix(prefix),
        (None, None) => Form::Exact(pattern),
    }
}

impl Dialect for Value {
    fn matches(pattern: &str, text: &str) -> bool {
        match form(pattern) {
            Form::Present => !text.is_empty(),
            Form::Suffix(suffix) => text.ends_with(suffix),
            Form::Prefix(prefix) => text.starts_with(prefix),
            Form::Exact(exact) => text == exact,
        }
    }

    fn covers(wide: &str, narrow: &str) -> bool {
        match (form(wide), form(narrow)) {
            (Form::Present, Form::Exact(exact)) => !exact.is_empty(),
            (Form::Present, _) => true,
            (Form::Suffix(wide), Form::Suffix(narrow) | Form::Exact(narrow)) => {
                narrow.ends_with(wide)
            }
            (Form::Prefix(wide), Form::Prefix(narrow) | Form::Exact(narrow)) => {
                narrow.starts_with(wide)
            }
            (Form::Exact(wide), Form::Exact(narrow)) => wide == narrow,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::matcher::properties::{check, dialect};

    dialect!(value, Value, "[ab*]{1,3}");

    #[test]
    fn exact_prefix_suffix_and_presence() {
        check::<Value>(&[
            ("abc", "abc", true),
            ("abc", "abcd", false),
            ("abc*", "abc", true),
            ("abc*", "abcd", true),
            ("*abc", "abc", true),
            ("*abc", "xabc", true),
            ("*abc", "abcx", false),
            ("*", "x", true),
            ("*", "", false),
            // Stars elsewhere are characters.
            ("a*c", "abc", false),
            ("a*c", "a*c", true),
            ("*a*", "xa", false),
            ("*a*", "xa*", true),
        ]);
    }

    proptest! {
        /// Against all short texts: what is not covered has a witness among them.
        #[test]
        fn a_pattern_that_is_not_covered_matches_something_else(
            wide in "[*a]{0,2}", narrow in "[*a]{0,2}",
        ) {
            let letters = ['a', '*', 'x'];
            let mut texts = vec![String::new()];
            let mut longest = texts.clone();
            for _ in 0..4 {
                longest = longest
                    .iter()
                    .flat_map(|text| letters.iter().map(move |letter| format!("{text}{letter}")))
                    .collect();
                texts.extend(longest.iter().cloned());
            }
            let held = texts
                .iter()
                .all(|text| !Value::matches(&narrow, text) || Value::matches(&wide, text));
            prop_assert_eq!(Value::covers(&wide, &narrow), held, "{} {}", wide, narrow);
        }
    }
}

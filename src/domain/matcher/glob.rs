//! `*` for any characters and `?` for one, as in the policies of the clouds (IAM User Guide, "Using
//! wildcards").

use super::Dialect;

/// Resources: case counts.
pub struct Glob;

/// Actions: case does not count.
pub struct GlobIgnoringCase;

impl Dialect for Glob {
    fn matches(pattern: &str, text: &str) -> bool {
        glob(pattern, text, |one, other| one == other)
    }

    fn covers(wide: &str, narrow: &str) -> bool {
        covers(wide, narrow, |one, other| one == other)
    }
}

impl Dialect for GlobIgnoringCase {
    fn matches(pattern: &str, text: &str) -> bool {
        glob(pattern, text, |one, other| one.eq_ignore_ascii_case(&other))
    }

    fn covers(wide: &str, narrow: &str) -> bool {
        covers(wide, narrow, |one, other| one.eq_ignore_ascii_case(&other))
    }
}

/// Goes back to the last star only: what an earlier one took can always be given to a later one, so
/// the cost is at most the product of the lengths.
fn glob(pattern: &str, text: &str, same: impl Fn(char, char) -> bool) -> bool {
    let (mut pattern, mut text) = (pattern.chars(), text.chars());
    let mut star: Option<(std::str::Chars<'_>, std::str::Chars<'_>)> = None;
    loop {
        let (mut next_pattern, mut next_text) = (pattern.clone(), text.clone());
        match (next_pattern.next(), next_text.next()) {
            (None, None) => return true,
            (Some('*'), _) => {
                star = Some((next_pattern.clone(), text.clone()));
                pattern = next_pattern;
            }
            (Some(wanted), Some(found)) if wanted == '?' || same(wanted, found) => {
                (pattern, text) = (next_pattern, next_text);
            }
            _ => {
                let Some((after_star, taken)) = &mut star else { return false };
                if taken.next().is_none() {
                    return false;
                }
                (pattern, text) = (after_star.clone(), taken.clone());
            }
        }
    }
}

/// The wide pattern is matched against the narrow one as text, in which `*` falls under a `*` only and
/// `?` under `?` or `*` only.
fn covers(wide: &str, narrow: &str, same: impl Fn(char, char) -> bool) -> bool {
    let (wide, narrow): (Vec<char>, Vec<char>) = (wide.chars().collect(), narrow.chars().collect());
    // reached[i]: the first i characters of the wide pattern cover what was read of the narrow one.
    let mut reached = vec![false; wide.len() + 1];
    reached[0] = true;
    let skip_stars = |reached: &mut Vec<bool>| {
        for (at, character) in wide.iter().enumerate() {
            if *character == '*' && reached[at] {
                reached[at + 1] = true;
            }
        }
    };
    skip_stars(&mut reached);
    for found in &narrow {
        let mut next = vec![false; wide.len() + 1];
        for (at, wanted) in wide.iter().enumerate() {
            if !reached[at] {
                continue;
            }
            match (wanted, found) {
                ('*', _) => next[at] = true,
                (_, '*') => {}
                ('?', _) => next[at + 1] = true,
                (_, '?') => {}
                _ if same(*wanted, *found) => next[at + 1] = true,
                _ => {}
            }
        }
        skip_stars(&mut next);
        reached = next;
    }
    reached[wide.len()]
}

#[cfg(test)]
mod tests {
    use super::super::properties::{check, dialect};
    use super::*;

    dialect!(glob, Glob, "[ab*?]{1,4}");
    dialect!(ignoring_case, GlobIgnoringCase, "[aA*?]{1,4}");

    #[test]
    fn globs() {
        check::<Glob>(&[
            ("*", "", true),
            ("s3:Get*", "s3:GetObject", true),
            ("s3:Get*", "s3:getObject", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*b*b", "abab", true),
            ("*b*c", "abab", false),
            ("arn:aws:s3:::b/*/x", "arn:aws:s3:::b/1/2/x", true),
        ]);
        check::<GlobIgnoringCase>(&[("s3:get*", "S3:GetObject", true)]);
    }

    /// What a glob means, tried every way.
    fn reference(pattern: &[char], text: &[char]) -> bool {
        match (pattern, text) {
            ([], []) => true,
            (['*', rest @ ..], _) => {
                (0..=text.len()).any(|taken| reference(rest, text.get(taken..).unwrap_or_default()))
            }
            (['?', rest @ ..], [_, text @ ..]) => reference(rest, text),
            ([wanted, rest @ ..], [found, text @ ..]) => wanted == found && reference(rest, text),
            _ => false,
        }
    }

    proptest::proptest! {
        #[test]
        fn agrees_with_trying_every_way(pattern in "[ab*?]{0,6}", text in "[ab*]{0,8}") {
            let (wanted, found): (Vec<char>, Vec<char>) =
                (pattern.chars().collect(), text.chars().collect());
            proptest::prop_assert_eq!(Glob::matches(&pattern, &text), reference(&wanted, &found));
        }
    }

    #[test]
    fn a_glob_covers_narrower_ones() {
        for (wide, narrow, covered) in [
            ("*", "s3:*", true),
            ("s3:*", "s3:Get*", true),
            ("s3:Get*", "s3:*", false),
            ("a?", "ab", true),
            ("a*", "a?", true),
            ("a?", "a*", false),
        ] {
            assert_eq!(Glob::covers(wide, narrow), covered, "{wide} {narrow}");
        }
    }
}

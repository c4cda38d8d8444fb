//! Paths as `.gitignore` spells them (git-scm.com/docs/gitignore, "Pattern format"), without its
//! anchors: the pattern is about the whole path.

use super::Dialect;
use super::tokens::{self, Token};

/// `*` and `?` within a folder, `**/` for any folders or none, `/**` for everything beneath,
/// `[a-z]` and `[!a]` for one character, `\` before a character that stands for itself.
pub struct PathGlob;

impl Dialect for PathGlob {
    fn matches(pattern: &str, text: &str) -> bool {
        tokens::matches(&[read(pattern)], text, '/')
    }

    fn covers(wide: &str, narrow: &str) -> bool {
        tokens::covers(&[read(wide)], &[read(narrow)], '/')
    }
}

fn read(pattern: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        let starts_segment = matches!(found.last(), None | Some(Token::Char('/')));
        if starts_segment && rest == "**" {
            found.push(Token::Across);
            break;
        }
        if starts_segment && let Some(after) = rest.strip_prefix("**/") {
            rest = after.trim_start_matches("**/");
            found.extend([Token::MaySkipTwo, Token::Across, Token::Char('/')]);
            continue;
        }
        let (token, length) = one(first, rest);
        if token != Token::Within || found.last() != Some(&Token::Within) {
            found.push(token);
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    found
}

/// The token at the beginning, and how many bytes it is.
fn one(first: char, rest: &str) -> (Token, usize) {
    match first {
        '*' => (Token::Within, 1),
        '?' => (Token::One, 1),
        '[' => class(rest).unwrap_or((Token::Char('['), 1)),
        '\\' => match rest.chars().nth(1) {
            Some(escaped) => (Token::Char(escaped), 1 + escaped.len_utf8()),
            None => (Token::Char('\\'), 1),
        },
        other => (Token::Char(other), other.len_utf8()),
    }
}

/// A bracket expression; a bracket that is not closed stands for itself.
fn class(rest: &str) -> Option<(Token, usize)> {
    let inside = rest.strip_prefix('[')?;
    let listed = inside.strip_prefix(['!', '^']).unwrap_or(inside);
    // A bracket that closes right away is one of the characters.
    let first = listed.chars().next()?.len_utf8();
    let end = first + listed.get(first..)?.find(']')?;
    let characters: Vec<char> = listed.get(..end)?.chars().collect();
    let mut ranges = Vec::new();
    let mut left = characters.as_slice();
    loop {
        left = match left {
            [from, '-', to, after @ ..] => {
                ranges.push((*from, *to));
                after
            }
            [only, after @ ..] => {
                ranges.push((*only, *only));
                after
            }
            [] => break,
        };
    }
    let negated = listed.len() < inside.len();
    Some((Token::OneOf { ranges, negated }, rest.len() - listed.len() + end + 1))
}

#[cfg(test)]
mod tests {
    use super::super::properties::{check, dialect};
    use super::*;

    dialect!(paths, PathGlob, "(\\*\\*/)?[a/*?]{1,4}(/\\*\\*)?");

    #[test]
    fn paths_of_gitignore() {
        check::<PathGlob>(&[
            ("**/foo", "foo", true),
            ("**/foo", "a/b/foo", true),
            ("**/foo/bar", "a/foo/bar", true),
            ("abc/**", "abc/x/y", true),
            ("abc/**", "abc", false),
            ("a/**/b", "a/b", true),
            ("a/**/b", "a/x/y/b", true),
            ("a/**/b", "ab", false),
            ("foo/*", "foo/test.json", true),
            ("foo/*", "foo/bar/hello.c", false),
            ("a**b", "a/b", false),
            ("a**b", "axb", true),
            ("?.c", "a.c", true),
            ("?.c", "/.c", false),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("[!a-c]x", "/x", false),
            ("[]]", "]", true),
            ("[a", "[a", true),
            ("\\*", "*", true),
            ("\\*", "x", false),
            ("**", "a/b", true),
        ]);
    }

    #[test]
    fn folders_cover_what_is_beneath() {
        for (wide, narrow, covered) in [
            ("./src/**", "./src/a/*.rs", true),
            ("./src/**", "./src/**/*.rs", true),
            ("./src/*", "./src/**", false),
            ("**/a", "b/a", true),
            ("**/a", "**/b/a", true),
            ("b/a", "**/a", false),
            ("*.rs", "?.rs", true),
            ("[a-z].rs", "?.rs", false),
        ] {
            assert_eq!(PathGlob::covers(wide, narrow), covered, "{wide} {narrow}");
        }
    }

    /// What a pattern of stars and folders means, tried every way.
    fn reference(pattern: &str, text: &str) -> bool {
        if let Some(after) = pattern.strip_prefix("**/") {
            let beneath = text.match_indices('/').filter_map(|(at, _)| text.get(at + 1..));
            return std::iter::once(text).chain(beneath).any(|rest| reference(after, rest));
        }
        let (Some(wanted), found) = (pattern.chars().next(), text.chars().next()) else {
            return text.is_empty();
        };
        let after = pattern.get(1..).unwrap_or_default();
        let rest = text.get(1..).unwrap_or_default();
        match (wanted, found) {
            ('*', Some(found)) if found != '/' => {
                reference(after, text) || reference(pattern, rest)
            }
            ('*', _) => reference(after, text),
            (wanted, Some(found)) => wanted == found && reference(after, rest),
            _ => false,
        }
    }

    proptest::proptest! {
        #[test]
        fn agrees_with_trying_every_way(
            pattern in "(\\*\\*/)?[ab*]{0,2}/?(\\*\\*/)?[ab]{0,2}", text in "[ab/]{0,6}",
        ) {
            // Two stars elsewhere are one, and at the end everything.
            let is_plain = !pattern.replace("**/", "").contains("**");
            if is_plain {
                let starts = pattern.match_indices("**/").all(|(at, _)| {
                    at == 0 || pattern.get(..at).is_some_and(|before| before.ends_with('/'))
                });
                if starts {
                    proptest::prop_assert_eq!(PathGlob::matches(&pattern, &text), reference(&pattern, &text));
                }
            }
        }
    }
}

//! The wildcard language of IAM policies: `*`, `?` and, since 2012-10-17, policy variables (IAM User
//! Guide, "Resource" and "Variables and tags").

use super::context::{Context, Known};
use super::truth::Truth;
use crate::domain::Text;

/// A pattern as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Token(Token),
    Variable { key: Text, default: Option<String> },
}

/// One place of a pattern whose variables are resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    Literal(char),
    /// `?`: any one character.
    One,
    /// `*`: any characters or none.
    Any,
}

impl Token {
    /// As policies write it.
    pub fn written(&self) -> char {
        match self {
            Self::Literal(character) => *character,
            Self::One => '?',
            Self::Any => '*',
        }
    }
}

/// What became of the variables of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolved {
    Tokens(Vec<Token>),
    /// A key is absent from the request and has no default: the value matches nothing.
    Absent,
    /// The keys whose values are not known, and the pattern with `*` in their places.
    Unknown {
        keys: Vec<Text>,
        widest: Vec<Token>,
    },
}

impl Resolved {
    /// Whether there is a value; without one the whole statement is invalid where it would be negated.
    pub fn is_valid(&self) -> Truth {
        match self {
            Self::Absent => Truth::No,
            Self::Tokens(_) => Truth::Yes,
            Self::Unknown { keys, .. } => Truth::Depends(keys.iter().cloned().collect()),
        }
    }

    /// Whether `matches`, or if the values are not known whether they could make it so.
    pub fn fits(&self, matches: impl Fn(&[Token]) -> bool) -> Truth {
        match self {
            Self::Absent => Truth::No,
            Self::Tokens(tokens) => matches(tokens).into(),
            Self::Unknown { widest, .. } if matches(widest) => self.is_valid(),
            Self::Unknown { .. } => Truth::No,
        }
    }
}

impl Template {
    /// Reads `text`, with its variables where the version of the policy has them.
    pub fn parse(text: &str, has_variables: bool) -> Self {
        let mut pieces = Vec::with_capacity(text.len());
        let mut rest = text;
        while let Some(character) = rest.chars().next() {
            let variable = rest.strip_prefix("${").filter(|_| has_variables);
            if let Some((inner, after)) = variable.and_then(|after| after.split_once('}')) {
                pieces.push(Piece::variable(inner));
                rest = after;
                continue;
            }
            pieces.push(Piece::Token(match character {
                '*' => Token::Any,
                '?' => Token::One,
                literal => Token::Literal(literal),
            }));
            rest = &rest[character.len_utf8()..];
        }
        Self(pieces)
    }

    /// Puts the values of the request in the places of the variables. They are literal: a star in
    /// one is no wildcard.
    pub fn resolve(&self, context: &Context) -> Resolved {
        let mut tokens = Vec::with_capacity(self.0.len());
        let mut unknown = Vec::new();
        for piece in &self.0 {
            let (key, default) = match piece {
                Piece::Token(token) => {
                    tokens.push(*token);
                    continue;
                }
                Piece::Variable { key, default } => (key, default),
            };
            match (context.get(key.raw()), default) {
                // Keys of several values cannot be variables.
                (Known::Values([value]), _) => {
                    tokens.extend(value.raw().chars().map(Token::Literal));
                }
                (Known::Absent, Some(default)) => {
                    tokens.extend(default.chars().map(Token::Literal));
                }
                (Known::Absent | Known::Values(_), _) => return Resolved::Absent,
                (Known::Unknown, _) => {
                    unknown.push(key.clone());
                    tokens.push(Token::Any);
                }
            }
        }
        match unknown.is_empty() {
            true => Resolved::Tokens(tokens),
            false => Resolved::Unknown { keys: unknown, widest: tokens },
        }
    }
}

impl Piece {
    /// What stands between the braces: `aws:username`, `aws:PrincipalTag/team, 'none'`, or one of the
    /// three characters that have a meaning of their own.
    fn variable(inner: &str) -> Self {
        match inner {
            "*" => return Self::Token(Token::Literal('*')),
            "?" => return Self::Token(Token::Literal('?')),
            "$" => return Self::Token(Token::Literal('$')),
            _ => {}
        }
        let (key, default) = match inner.split_once(',') {
            Some((key, default)) => (key, Some(default.trim().trim_matches('\'').to_owned())),
            None => (inner, None),
        };
        Self::Variable { key: key.trim().into(), default }
    }
}

/// Whether all of `text` matches.
pub fn matches(pattern: &[Token], text: &str) -> bool {
    run(pattern, text, |one, other| one == other)
}

/// [`matches`] without regard to the case of ASCII letters.
pub fn matches_ignoring_case(pattern: &[Token], text: &str) -> bool {
    run(pattern, text, |one, other| one.eq_ignore_ascii_case(&other))
}

/// Goes back to the last star only, which is enough since every star reaches everywhere.
fn run(pattern: &[Token], text: &str, same: impl Fn(char, char) -> bool) -> bool {
    let (mut at, mut rest) = (0, text.chars());
    let mut last_star: Option<(usize, std::str::Chars<'_>)> = None;
    loop {
        if pattern.get(at) == Some(&Token::Any) {
            at += 1;
            last_star = Some((at, rest.clone()));
            continue;
        }
        let next = rest.clone().next();
        let fits = match (pattern.get(at), next) {
            (None, None) => return true,
            (Some(Token::One), Some(_)) => true,
            (Some(Token::Literal(literal)), Some(character)) => same(*literal, character),
            _ => false,
        };
        if fits {
            rest.next();
            at += 1;
            continue;
        }
        let Some((after_star, from)) = &mut last_star else { return false };
        if from.next().is_none() {
            return false;
        }
        (at, rest) = (*after_star, from.clone());
    }
}

/// The parts of an ARN: five of them end at a colon, the resource takes the rest.
const PARTS: usize = 6;

/// Whether an ARN matches, part by part: a wildcard stays within its part (IAM User Guide, "Amazon
/// Resource Name (ARN) condition operators").
pub fn matches_arn(pattern: &[Token], arn: &str) -> bool {
    let pattern: Vec<&[Token]> =
        pattern.splitn(PARTS, |token| *token == Token::Literal(':')).collect();
    let arn: Vec<&str> = arn.splitn(PARTS, ':').collect();
    pattern.len() == arn.len() && pattern.iter().zip(arn).all(|(part, text)| matches(part, text))
}

/// Whether the `Resource` of a statement matches. The lone star stands for everything.
pub fn matches_resource(pattern: &[Token], resource: &str) -> bool {
    pattern == [Token::Any] || matches_arn(&completed(pattern), resource)
}

/// The pattern of a `Resource`; parts that an incomplete ARN lacks are stars ("Grammar of the IAM JSON
/// policy language").
pub fn completed(pattern: &[Token]) -> Vec<Token> {
    let given = pattern.iter().filter(|token| **token == Token::Literal(':')).count() + 1;
    let missing = if pattern == [Token::Any] { 0 } else { PARTS.saturating_sub(given) };
    let stars = std::iter::repeat_n([Token::Literal(':'), Token::Any], missing);
    pattern.iter().copied().chain(stars.flatten()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::matcher::{Dialect, Glob, GlobIgnoringCase};

    fn tokens(pattern: &str) -> Vec<Token> {
        match Template::parse(pattern, false).resolve(&Context::default()) {
            Resolved::Tokens(tokens) => tokens,
            Resolved::Absent | Resolved::Unknown { .. } => Vec::new(),
        }
    }

    #[test]
    fn variables_are_read_where_the_version_has_them() {
        let context = Context::complete().with("aws:username", "al*ce");
        let resolved = |text, has_variables| Template::parse(text, has_variables).resolve(&context);
        let literal = |text: &str| Resolved::Tokens(text.chars().map(Token::Literal).collect());
        for (text, expected) in [
            ("${aws:username}", literal("al*ce")),
            ("${AWS:UserName}", literal("al*ce")),
            ("${*}${?}${$}", literal("*?$")),
            ("${x:y, 'none'}", literal("none")),
            ("${x:y}", Resolved::Absent),
            ("${x:y", literal("${x:y")),
            ("$x{y}", literal("$x{y}")),
        ] {
            assert_eq!(resolved(text, true), expected, "{text}");
        }
        assert_eq!(resolved("${aws:username}", false), literal("${aws:username}"));
    }

    #[test]
    fn arns_part_by_part() {
        for (pattern, arn, expected) in [
            ("*", "anything", true),
            ("arn:aws:s3:::b/*", "arn:aws:s3:::b/x:y", true),
            ("arn:aws:sqs", "arn:aws:sqs:eu-west-1:1:q", true),
            ("arn:aws:*:role/x", "arn:aws:iam::1:role/x", false),
            ("arn:*:*:*:*:*", "*", false),
        ] {
            assert_eq!(matches_resource(&tokens(pattern), arn), expected, "{pattern} {arn}");
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_globs_of_grants(pattern in "[aA*?]{0,6}", text in "[aA*]{0,8}") {
            let tokens = tokens(&pattern);
            prop_assert_eq!(matches(&tokens, &text), Glob::matches(&pattern, &text));
            prop_assert_eq!(
                matches_ignoring_case(&tokens, &text),
                GlobIgnoringCase::matches(&pattern, &text)
            );
        }
    }
}

//! What paths, hosts and commands have in common: wildcards that stop at a separator beside wildcards
//! that do not. Each language reads its patterns into [`Token`]s; these are matched here.

/// One element of a pattern. A text is a pattern of characters alone.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Char(char),
    /// One character, no separator.
    One,
    /// One of these characters, or none of them; no separator.
    OneOf {
        ranges: Vec<(char, char)>,
        negated: bool,
    },
    /// Any characters up to a separator.
    Within,
    /// Any characters.
    Across,
    /// The next two tokens may be left out.
    MaySkipTwo,
}

/// Ways to read a narrow pattern that are looked at before covering is given up.
const READINGS: usize = 16;

/// Whether one of the alternatives takes the text. The cost is at most the product of the lengths.
pub(super) fn matches(alternatives: &[Vec<Token>], text: &str, separator: char) -> bool {
    let text: Vec<Token> = text.chars().map(Token::Char).collect();
    alternatives.iter().any(|pattern| takes(pattern, &text, separator))
}

/// Whether every reading of the narrow alternatives falls under a wide one. A wildcard falls only
/// under one that is at least as wide.
pub(super) fn covers(wide: &[Vec<Token>], narrow: &[Vec<Token>], separator: char) -> bool {
    narrow.iter().all(|narrow| {
        let under = |reading: &Vec<Token>| wide.iter().any(|wide| takes(wide, reading, separator));
        wide.contains(narrow) || readings(narrow).is_some_and(|readings| readings.iter().all(under))
    })
}

fn takes(pattern: &[Token], text: &[Token], separator: char) -> bool {
    // reached[i]: the first i tokens of the pattern take what was read of the text.
    let mut reached = vec![false; pattern.len() + 1];
    reached[0] = true;
    settle(pattern, &mut reached);
    for found in text {
        let mut next = vec![false; pattern.len() + 1];
        for (at, wanted) in pattern.iter().enumerate().filter(|(at, _)| reached[*at]) {
            if !wanted.takes(found, separator) {
                continue;
            }
            match wanted {
                Token::Within | Token::Across => next[at] = true,
                _ => next[at + 1] = true,
            }
        }
        settle(pattern, &mut next);
        reached = next;
    }
    reached[pattern.len()]
}

/// Goes on over what may take nothing.
fn settle(pattern: &[Token], reached: &mut [bool]) {
    for (at, token) in pattern.iter().enumerate() {
        let onward: &[usize] = match token {
            Token::Within | Token::Across => &[1],
            Token::MaySkipTwo => &[1, 3],
            _ => &[],
        };
        let is_reached = reached[at];
        for step in onward {
            if let Some(after) = reached.get_mut(at + step) {
                *after |= is_reached;
            }
        }
    }
}

impl Token {
    /// Whether this token takes another one, which for a text is a character.
    fn takes(&self, found: &Token, separator: char) -> bool {
        let is_one = match found {
            Self::Char(character) => *character != separator,
            Self::One | Self::OneOf { .. } => true,
            _ => false,
        };
        match (self, found) {
            (Self::Char(wanted), Self::Char(found)) => wanted == found,
            (Self::One, _) => is_one,
            (Self::OneOf { ranges, negated }, Self::Char(found)) => {
                let is_in = ranges.iter().any(|(from, to)| (from..=to).contains(&found));
                is_one && is_in != *negated
            }
            (Self::OneOf { .. }, _) => self == found,
            (Self::Within, _) => is_one || *found == Self::Within,
            (Self::Across, _) => true,
            _ => false,
        }
    }
}

/// The pattern with and without each part that may be left out; `None` when these are too many.
fn readings(pattern: &[Token]) -> Option<Vec<Vec<Token>>> {
    let Some(at) = pattern.iter().position(|token| *token == Token::MaySkipTwo) else {
        return Some(vec![pattern.to_vec()]);
    };
    let skips = pattern.iter().filter(|token| **token == Token::MaySkipTwo).count();
    if 1_usize.checked_shl(u32::try_from(skips).ok()?)? > READINGS {
        return None;
    }
    let head = pattern.get(..at)?;
    let (with, without) = (pattern.get(at + 1..)?, pattern.get(at + 3..).unwrap_or_default());
    let mut found = Vec::new();
    for tail in [with, without] {
        for rest in readings(tail)? {
            found.push([head, &rest].concat());
        }
    }
    Some(found)
}

//! Tokens of CEL.

/// A token and where it begins.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub kind: Kind,
    pub start: usize,
    pub end: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Name(String),
    Text(String),
    Integer(i64),
    Number(f64),
    Sign(&'static str),
}

/// What is not a rule of the subset that is read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotUnderstood;

/// Longer ones first.
const SIGNS: [&str; 24] = [
    "&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "+", "-", "*", "/", "%", "(", ")", "[", "]",
    "{", "}", ".", ",", "?", ":",
];

pub(super) fn tokens(source: &str) -> Result<Vec<Token>, NotUnderstood> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(rest) = source.get(at..) {
        let Some(first) = rest.chars().next() else { break };
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        if rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
            continue;
        }
        let (kind, length) = token(rest, first)?;
        tokens.push(Token { kind, start: at, end: at + length });
        at += length;
    }
    Ok(tokens)
}

fn token(rest: &str, first: char) -> Result<(Kind, usize), NotUnderstood> {
    if let Some(text) = text(rest) {
        return text;
    }
    if first.is_ascii_digit() {
        return number(rest);
    }
    let length = |accepted: fn(char) -> bool| rest.find(|c| !accepted(c)).unwrap_or(rest.len());
    if first.is_ascii_alphabetic() || first == '_' {
        let length = length(|c| c.is_ascii_alphanumeric() || c == '_');
        return Ok((Kind::Name(rest.chars().take(length).collect()), length));
    }
    let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign)).ok_or(NotUnderstood)?;
    Ok((Kind::Sign(sign), sign.len()))
}

fn number(rest: &str) -> Result<(Kind, usize), NotUnderstood> {
    let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '.').unwrap_or(rest.len());
    let written = rest.get(..length).ok_or(NotUnderstood)?;
    let integer = match written.strip_prefix("0x") {
        Some(digits) => i64::from_str_radix(digits, 16),
        None => written.trim_end_matches(['u', 'U']).parse(),
    };
    match integer {
        Ok(integer) => Ok((Kind::Integer(integer), length)),
        Err(_) => {
            written.parse().map(|number| (Kind::Number(number), length)).map_err(|_| NotUnderstood)
        }
    }
}

/// A string literal, if one begins here: in single, double or triple quotes, raw or not.
fn text(rest: &str) -> Option<Result<(Kind, usize), NotUnderstood>> {
    let (is_raw, quoted) = match rest.strip_prefix(['r', 'R']) {
        Some(quoted) if quoted.starts_with(['"', '\'']) => (true, quoted),
        _ => (false, rest),
    };
    let quote =
        ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| quoted.starts_with(*quote))?;
    let before = rest.len() - quoted.len() + quote.len();
    let body = quoted.get(quote.len()..)?;
    Some(unquoted(body, quote, is_raw).map(|(text, length)| (Kind::Text(text), before + length)))
}

/// What stands before the closing quote, and the length with it.
fn unquoted(body: &str, quote: &str, is_raw: bool) -> Result<(String, usize), NotUnderstood> {
    let mut text = String::new();
    let mut characters = body.char_indices();
    while let Some((at, character)) = characters.next() {
        if body.get(at..).is_some_and(|rest| rest.starts_with(quote)) {
            return Ok((text, at + quote.len()));
        }
        match character {
            '\\' if !is_raw => {
                let (_, escaped) = characters.next().ok_or(NotUnderstood)?;
                let mut digits = |count: usize| {
                    let digits: String = characters.by_ref().take(count).map(|(_, c)| c).collect();
                    let code = u32::from_str_radix(&digits, 16).map_err(|_| NotUnderstood)?;
                    char::from_u32(code).ok_or(NotUnderstood)
                };
                text.push(match escaped {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    '\\' | '"' | '\'' | '`' | '?' => escaped,
                    'x' => digits(2)?,
                    'u' => digits(4)?,
                    'U' => digits(8)?,
                    _ => return Err(NotUnderstood),
                });
            }
            other => text.push(other),
        }
    }
    Err(NotUnderstood)
}

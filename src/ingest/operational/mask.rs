//! Masks values that look like secrets before they are kept in derived form.
//!
//! The evidence itself is stored as it came; what readers copy out of it into events (arguments,
//! prompts, request addresses) is searchable and exported, so secrets stop here.

use std::borrow::Cow;

use serde_json::Value;

/// What stands in place of a secret.
const MASK: &str = "***";

/// Structured parameters longer than this are cut.
const LONGEST: usize = 16 * 1024;

/// Arguments of a call as JSON text: masked, at most 16 KiB, and always well-formed. What is not JSON
/// becomes a JSON string; what is too long becomes its beginning and its true length.
pub fn arguments(raw: &str) -> String {
    if raw.len() > LONGEST {
        let beginning = text(bounded(raw, LONGEST)).into_owned();
        return serde_json::json!({ "truncated": beginning, "bytes": raw.len() }).to_string();
    }
    match serde_json::from_str::<Value>(raw) {
        Ok(mut value) => match mask_value(&mut value) {
            true => value.to_string(),
            false => raw.to_owned(),
        },
        Err(_) => Value::String(text(raw).into_owned()).to_string(),
    }
}

/// The text with everything that looks like a secret replaced: known token shapes, what follows
/// `Bearer`, and the values of secret-sounding keys (`password=…`, `api_key: …`).
pub fn text(raw: &str) -> Cow<'_, str> {
    let mut masked = String::new();
    let mut kept_until = 0;
    let mut previous: Option<(usize, usize)> = None;
    for (start, end) in words(raw) {
        let word = &raw[start..end];
        let announced = previous.is_some_and(|(from, until)| {
            let name = &raw[from..until];
            name.eq_ignore_ascii_case("bearer")
                || (raw[until..start].contains(['=', ':']) && is_secret_key(name))
        });
        if announced || is_secret_shape(word) {
            masked.push_str(&raw[kept_until..start]);
            masked.push_str(MASK);
            kept_until = end;
        }
        previous = Some((start, end));
    }
    if kept_until == 0 {
        return Cow::Borrowed(raw);
    }
    masked.push_str(&raw[kept_until..]);
    Cow::Owned(masked)
}

/// The words of a command line, each masked as text, and whole where the word before it is a flag such
/// as `--password`.
pub fn command_line<'a>(words: impl Iterator<Item = &'a str>) -> Vec<Cow<'a, str>> {
    let mut announced = false;
    words
        .map(|word| {
            let shown = if announced { Cow::Borrowed(MASK) } else { text(word) };
            announced = word.starts_with('-') && !word.contains('=') && is_secret_key(word);
            shown
        })
        .collect()
}

/// The longest prefix of at most `most` bytes that ends between characters.
pub fn bounded(raw: &str, most: usize) -> &str {
    &raw[..raw.floor_char_boundary(most)]
}

/// Masks in place; says whether anything was masked.
fn mask_value(value: &mut Value) -> bool {
    match value {
        Value::String(string) => match text(string) {
            Cow::Owned(masked) => {
                *string = masked;
                true
            }
            Cow::Borrowed(_) => false,
        },
        Value::Array(items) => items.iter_mut().fold(false, |any, item| mask_value(item) | any),
        Value::Object(members) => members.iter_mut().fold(false, |any, (key, member)| {
            let masked = match member {
                Value::String(string) if is_secret_key(key) && !string.is_empty() => {
                    *string = MASK.to_owned();
                    true
                }
                member => mask_value(member),
            };
            masked | any
        }),
        _ => false,
    }
}

/// Byte ranges of the runs of characters that tokens are made of.
fn words(raw: &str) -> impl Iterator<Item = (usize, usize)> {
    let is_part =
        |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '+' | '~' | '*');
    let mut rest = 0;
    std::iter::from_fn(move || {
        let start = rest + raw[rest..].find(is_part)?;
        let end = raw[start..].find(|c| !is_part(c)).map_or(raw.len(), |length| start + length);
        rest = end;
        Some((start, end))
    })
}

/// Whether a key's name says that its value is secret. `max_tokens` is not, `access_token` is.
fn is_secret_key(key: &str) -> bool {
    const CONTAINED: &[&str] =
        &["password", "passwd", "secret", "apikey", "authorization", "privatekey", "accesskey"];
    const ENDINGS: &[&str] = &["token", "credential", "credentials", "cookie"];
    let name: String =
        key.chars().filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect();
    CONTAINED.iter().any(|part| name.contains(part)) || ENDINGS.iter().any(|e| name.ends_with(e))
}

/// Whether a word has the shape of a well-known kind of credential.
fn is_secret_shape(word: &str) -> bool {
    /// Prefix and least length of the whole.
    const SHAPES: &[(&str, usize)] = &[
        ("sk-", 20),
        ("ghp_", 36),
        ("gho_", 36),
        ("ghu_", 36),
        ("ghs_", 36),
        ("github_pat_", 36),
        ("glpat-", 20),
        ("xoxb-", 20),
        ("xoxp-", 20),
        ("AIza", 35),
        ("AKIA", 20),
        ("ASIA", 20),
        ("hf_", 30),
    ];
    let is_token =
        SHAPES.iter().any(|(prefix, least)| word.len() >= *least && word.starts_with(prefix));
    is_token || (word.starts_with("eyJ") && word.len() >= 30 && word.matches('.').count() == 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(raw: &str, masked: &str) {
        assert_eq!(text(raw), masked);
        assert_eq!(text(masked), masked, "idempotent");
    }

    #[test]
    fn secrets_in_text_are_masked() {
        check("nothing to hide, max_tokens=16", "nothing to hide, max_tokens=16");
        check("password=hunter2 next", "password=*** next");
        check("/api?token=abc&limit=5", "/api?token=***&limit=5");
        check("curl -H 'X: Bearer abc.def'", "curl -H 'X: Bearer ***'");
        check("key AKIAIOSFODNN7EXAMPLE used", "key *** used");
        check("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln", "***");
        check("the token is lost", "the token is lost");
    }

    #[test]
    fn secrets_in_command_lines_are_masked() {
        let words = ["curl", "--token", "abc", "-v", "--password=x", "--max-time", "5"];
        assert_eq!(
            command_line(words.into_iter()),
            ["curl", "--token", "***", "-v", "--password=***", "--max-time", "5"]
        );
    }

    #[track_caller]
    fn check_arguments(raw: &str, kept: &str) {
        let masked = arguments(raw);
        assert_eq!(masked, kept);
        serde_json::from_str::<Value>(&masked).expect("well-formed");
    }

    #[test]
    fn arguments_stay_as_they_were_unless_they_hold_a_secret() {
        check_arguments(r#"{"b": 1.10, "a": [2]}"#, r#"{"b": 1.10, "a": [2]}"#);
        check_arguments(r#"{"api_key":"x y","n":1}"#, r#"{"api_key":"***","n":1}"#);
        check_arguments(r#"{"a":["password: x"]}"#, r#"{"a":["password: ***"]}"#);
        check_arguments("plain words", r#""plain words""#);
    }

    #[test]
    fn long_arguments_are_cut_and_say_so() {
        let masked = arguments(&"é".repeat(20_000));
        let value: Value = serde_json::from_str(&masked).expect("well-formed");
        assert_eq!(value["bytes"], 40_000);
        assert_eq!(value["truncated"].as_str().map(str::len), Some(LONGEST));
    }

    proptest::proptest! {
        #[test]
        fn never_panics_and_is_always_json(raw in "\\PC*|[\\[{\":,=a-z é]*") {
            serde_json::from_str::<Value>(&arguments(&raw)).expect("well-formed");
        }
    }
}

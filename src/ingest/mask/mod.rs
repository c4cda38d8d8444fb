//! Masks what looks like a secret before it is kept in derived form.
//!
//! The evidence itself is stored as it came; what readers copy out of it into events and records is
//! searchable and exported, so secrets stop here. Every event and record passes the [`Masker`] on its
//! way to the sink: no reader can forget it. In place of a secret stands `***` with a short digest
//! keyed by the case, so that the same secret in two places can be recognised as one and cannot be
//! guessed from its digest outside the case.

mod command;
mod names;

use std::borrow::Cow;

use serde_json::Value;

use self::names::{is_identifier_key, is_secret_key, is_secret_shape, may_hold_secret};
use crate::domain::{Event, Record, Text};

/// What stands in place of a secret, before its digest.
const MASK: &str = "***";

/// Structured parameters longer than this are cut.
pub const LONGEST: usize = 16 * 1024;

/// Masks secrets under one key.
#[derive(Clone)]
pub struct Masker {
    key: [u8; 32],
}

impl Default for Masker {
    /// A key that everybody knows: for tests, and for what is shown before there is a case.
    fn default() -> Self {
        Self::new([0; 32])
    }
}

impl std::fmt::Debug for Masker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Masker")
    }
}

impl Masker {
    pub fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// What stands in place of `secret`; what is masked already stays.
    fn mask(&self, secret: &str) -> String {
        if secret.starts_with(MASK) {
            return secret.to_owned();
        }
        let digest = blake3::keyed_hash(&self.key, secret.as_bytes());
        let [a, b, c, d, ..] = *digest.as_bytes();
        format!("{MASK}{a:02x}{b:02x}{c:02x}{d:02x}")
    }

    /// Masks every field of an event that is copied from what somebody wrote.
    pub fn event(&self, event: &mut Event) {
        if let Some(params) = &event.params
            && (params.raw().len() > LONGEST || may_hold_secret(params.raw()))
        {
            event.params = Some(self.arguments(params.raw()).into());
        }
        let written =
            [&mut event.error, &mut event.justification, &mut event.requested, &mut event.target];
        for text in written.into_iter().flatten() {
            if may_hold_secret(text.raw())
                && let Cow::Owned(masked) = self.text(text.raw())
            {
                *text = Text::from(masked);
            }
        }
    }

    /// Masks every string of a record.
    pub fn record(&self, record: &mut Record) {
        let Ok(json) = serde_json::to_string(&record.body) else { return };
        if !may_hold_secret(&json) {
            return;
        }
        let Ok(mut value) = serde_json::from_str(&json) else { return };
        if self.value(&mut value)
            && let Ok(masked) = serde_json::from_value(value)
        {
            record.body = masked;
        }
    }

    /// Arguments of a call as JSON text: masked, at most 16 KiB, and always well-formed. What is not
    /// JSON becomes a JSON string; what is too long becomes its beginning and its true length.
    pub fn arguments(&self, raw: &str) -> String {
        if raw.len() > LONGEST {
            let beginning = self.text(bounded(raw, LONGEST)).into_owned();
            return serde_json::json!({ "truncated": beginning, "bytes": raw.len() }).to_string();
        }
        match serde_json::from_str::<Value>(raw) {
            Ok(mut value) => match self.value(&mut value) {
                true => value.to_string(),
                false => raw.to_owned(),
            },
            Err(_) => Value::String(self.text(raw).into_owned()).to_string(),
        }
    }

    /// The text with everything that looks like a secret replaced: known token shapes, what follows
    /// `Bearer` or a flag such as `--password`, the password in an address, and the values of
    /// secret-sounding keys (`password=…`, `api_key: …`).
    pub fn text<'a>(&self, raw: &'a str) -> Cow<'a, str> {
        let mut masked = String::new();
        let mut kept_until = 0;
        let mut previous: Option<(usize, usize)> = None;
        for (start, end) in words(raw) {
            let word = &raw[start..end];
            let announced = previous.is_some_and(|(from, until)| {
                let (name, between) = (&raw[from..until], &raw[until..start]);
                let is_flag = name.starts_with('-') && !word.starts_with('-') && between == " ";
                let is_assigned = between.contains('=')
                    || (between.contains(':') && !is_in_resource_name(raw, from));
                name.eq_ignore_ascii_case("bearer")
                    || ((is_flag || is_assigned) && is_secret_key(name))
                    || (between == ":"
                        && is_user_of_address(raw, from)
                        && raw[end..].starts_with('@'))
            });
            let is_mask = word.starts_with(MASK);
            if !is_mask && (announced || is_secret_shape(word)) {
                masked.push_str(&raw[kept_until..start]);
                masked.push_str(&self.mask(word));
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

    /// Masks a string inside JSON. One that is JSON itself is masked by its own keys: read as text,
    /// an empty secret would lend its name to the key that follows.
    fn string<'a>(&self, raw: &'a str) -> Cow<'a, str> {
        let inner = raw.starts_with(['{', '[']).then(|| serde_json::from_str::<Value>(raw).ok());
        let Some(mut inner) = inner.flatten() else { return self.text(raw) };
        match self.value(&mut inner) {
            true => Cow::Owned(inner.to_string()),
            false => Cow::Borrowed(raw),
        }
    }

    /// Masks in place; says whether anything was masked.
    fn value(&self, value: &mut Value) -> bool {
        match value {
            Value::String(string) => match self.string(string) {
                Cow::Owned(masked) => {
                    *string = masked;
                    true
                }
                Cow::Borrowed(_) => false,
            },
            Value::Array(items) => items.iter_mut().fold(false, |any, item| self.value(item) | any),
            Value::Object(members) => members.iter_mut().fold(false, |any, (key, member)| {
                let masked = match member {
                    // The name of a key, not the key: records join with events by it.
                    Value::String(_) if key == "credential_id" => false,
                    Value::String(string)
                        if is_secret_key(key)
                            && !string.is_empty()
                            && !string.starts_with(MASK) =>
                    {
                        *string = self.mask(string);
                        true
                    }
                    Value::String(_) if is_identifier_key(key) => false,
                    member => self.value(member),
                };
                masked | any
            }),
            _ => false,
        }
    }
}

/// The longest prefix of at most `most` bytes that ends between characters.
pub fn bounded(raw: &str, most: usize) -> &str {
    &raw[..raw.floor_char_boundary(most)]
}

/// Whether the word at `start` is the user in `scheme://user:password@host`.
fn is_user_of_address(raw: &str, start: usize) -> bool {
    // A slash is part of a word, so the user's word begins with the two after the scheme.
    raw[start..].starts_with("//") && raw[..start].ends_with(':')
}

/// Whether the word at `start` is a part of a name whose colons separate its parts: an Amazon
/// resource name, an action of a service, a Kubernetes account. `arn:aws:secretsmanager:…:secret:x`
/// names a secret and holds none.
fn is_in_resource_name(raw: &str, start: usize) -> bool {
    const BEGINNINGS: &[&str] = &["arn:", "aws:", "secretsmanager:", "system:serviceaccount:"];
    /// What stands before a part is shorter than this.
    const LONGEST_BEGINNING: usize = 256;
    let from = raw.floor_char_boundary(start.saturating_sub(LONGEST_BEGINNING));
    let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '=' | '[' | '(');
    let name = raw[from..start].rfind(is_end).map_or(from, |at| from + at + 1);
    // The characters that end a name may be longer than one byte.
    let name = &raw[raw.ceil_char_boundary(name)..];
    BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn text(raw: &str) -> String {
        let masker = Masker::default();
        let masked = masker.text(raw).into_owned();
        assert_eq!(masker.text(&masked), masked, "idempotent");
        assert!(masked == raw || may_hold_secret(raw), "the quick look missed {raw}");
        without_digests(&masked)
    }

    /// `***1f2e3d4c` as `***`.
    pub fn without_digests(masked: &str) -> String {
        let mut shown = String::new();
        let mut rest = masked;
        while let Some(at) = rest.find(MASK) {
            let end = at + MASK.len();
            let digest: usize =
                rest[end..].chars().take(8).take_while(char::is_ascii_hexdigit).count();
            shown.push_str(&rest[..end]);
            rest = &rest[end + if digest == 8 { 8 } else { 0 }..];
        }
        shown + rest
    }

    #[track_caller]
    fn check(raw: &str, masked: &str) {
        assert_eq!(text(raw), masked);
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
        check("curl --token abc -v --max-time 5", "curl --token *** -v --max-time 5");
        check("postgres://app:hunter2@db:5432/x", "postgres://app:***@db:5432/x");
    }

    #[test]
    fn names_of_secrets_are_no_secrets() {
        for name in [
            "secretsmanager:GetSecretValue",
            "aws:secretsmanager:owningService",
            "on arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-a1b2c3",
            "system:serviceaccount:secrets:reader",
        ] {
            check(name, name);
        }
        check("é\u{2003}secret:prod", "é\u{2003}secret:***");
        check("arn:aws:x secret:prod", "arn:aws:x secret:***");
        check("arn:aws:sqs:r:1:q?secret=prod", "arn:aws:sqs:r:1:q?secret=***");
        let id = r#"{"credential_id":"AKIAIOSFODNN7EXAMPLE","n":"AKIAIOSFODNN7EXAMPLE"}"#;
        check_arguments(id, r#"{"credential_id":"AKIAIOSFODNN7EXAMPLE","n":"***"}"#);
    }

    #[test]
    fn one_secret_has_one_digest_under_one_key() {
        let (ours, theirs) = (Masker::new([1; 32]), Masker::new([2; 32]));
        let (first, second) = (ours.text("token=abc"), ours.text("x password: abc"));
        assert_eq!(first.split("***").nth(1), second.split("***").nth(1));
        assert_ne!(first, theirs.text("token=abc"));
    }

    #[track_caller]
    fn check_arguments(raw: &str, kept: &str) {
        let masked = Masker::default().arguments(raw);
        assert_eq!(without_digests(&masked), kept);
        serde_json::from_str::<Value>(&masked).expect("well-formed");
    }

    #[test]
    fn arguments_stay_as_they_were_unless_they_hold_a_secret() {
        check_arguments(r#"{"b": 1.10, "a": [2]}"#, r#"{"b": 1.10, "a": [2]}"#);
        check_arguments(r#"{"api_key":"x y","n":1}"#, r#"{"api_key":"***","n":1}"#);
        check_arguments(r#"{"a":["password: x"]}"#, r#"{"a":["password: ***"]}"#);
        check_arguments(
            r#"{"issuedCredentialId":"ASIAIOSFODNN7EXAMPLE","x":"ASIAIOSFODNN7EXAMPLE"}"#,
            r#"{"issuedCredentialId":"ASIAIOSFODNN7EXAMPLE","x":"***"}"#,
        );
        check_arguments("plain words", r#""plain words""#);
        check_arguments(r#"{"a":"{\"password\":\"x y\"}"}"#, r#"{"a":"{\"password\":\"***\"}"}"#);
        check_arguments(
            r#"{"a":"{\"secret\":\"\",\"b\":1}"}"#,
            r#"{"a":"{\"secret\":\"\",\"b\":1}"}"#,
        );
    }

    #[test]
    fn long_arguments_are_cut_and_say_so() {
        let masked = Masker::default().arguments(&"é".repeat(20_000));
        let value: Value = serde_json::from_str(&masked).expect("well-formed");
        assert_eq!(value["bytes"], 40_000);
        assert_eq!(value["truncated"].as_str().map(str::len), Some(LONGEST));
    }

    proptest::proptest! {
        #[test]
        fn never_panics_and_is_always_json(raw in "\\PC*|[\\[{\":,=a-z é]*") {
            serde_json::from_str::<Value>(&Masker::default().arguments(&raw)).expect("well-formed");
        }

        #[test]
        fn the_quick_look_misses_nothing(raw in "((api_key|token|x|://|-|password)[:= @]{0,2}[a-z0-9]{0,5}){0,4}") {
            text(&raw);
        }
    }
}

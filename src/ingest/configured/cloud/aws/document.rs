//! Policy documents in each of their three wrappings: a JSON object, JSON text, and URL-encoded JSON
//! text as the service itself sends it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::wire::OneOrMany;
use crate::domain::Text;
use crate::domain::configured::cloud::aws::{
    Condition, Listed, PolicyDocument, PolicyPrincipal, Statement, StatementEffect,
};
use crate::ingest::Sink;
use crate::ingest::json::Str;

/// Reads a document. One statement that is not understood would make the policy say something else,
/// so it costs the whole; the reason may quote evidence.
pub fn policy_document(raw: &RawValue, sink: &mut dyn Sink) -> Result<PolicyDocument, String> {
    match serde_json::from_str::<Str<'_>>(raw.get()) {
        Ok(text) => policy_text(&text, sink),
        Err(_) => policy_json(raw.get(), sink),
    }
}

/// Reads a document given as text, URL-encoded or not.
pub fn policy_text(text: &str, sink: &mut dyn Sink) -> Result<PolicyDocument, String> {
    let text = text.trim();
    // An encoded document has no brace of its own to begin with.
    match text.starts_with('{') {
        true => policy_json(text, sink),
        false => policy_json(&percent_decoded(text)?, sink),
    }
}

fn percent_decoded(text: &str) -> Result<Cow<'_, str>, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (high, low) = match after {
            [high, low, after @ ..] => {
                rest = after;
                (hexadecimal(*high), hexadecimal(*low))
            }
            _ => (None, None),
        };
        match (high, low) {
            (Some(high), Some(low)) => bytes.push(high << 4 | low),
            _ => return Err("the policy document is neither JSON nor URL-encoded JSON".to_owned()),
        }
    }
    String::from_utf8(bytes)
        .map(Cow::Owned)
        .map_err(|_| "the URL-encoded policy document is not UTF-8".to_owned())
}

fn hexadecimal(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireDocument<'a> {
    #[serde(default)]
    version: Option<Text>,
    #[serde(default)]
    id: Option<Text>,
    #[serde(borrow)]
    statement: &'a RawValue,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireStatement<'a> {
    #[serde(default)]
    sid: Option<Text>,
    #[serde(borrow)]
    effect: Str<'a>,
    #[serde(borrow, default)]
    principal: Option<WirePrincipal<'a>>,
    #[serde(borrow, default)]
    not_principal: Option<WirePrincipal<'a>>,
    #[serde(borrow, default)]
    action: Option<OneOrMany<Str<'a>>>,
    #[serde(borrow, default)]
    not_action: Option<OneOrMany<Str<'a>>>,
    #[serde(borrow, default)]
    resource: Option<OneOrMany<Str<'a>>>,
    #[serde(borrow, default)]
    not_resource: Option<OneOrMany<Str<'a>>>,
    #[serde(borrow, default)]
    condition: Option<BTreeMap<Str<'a>, BTreeMap<Str<'a>, OneOrMany<Scalar<'a>>>>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum WirePrincipal<'a> {
    #[serde(borrow)]
    Star(Str<'a>),
    Named(BTreeMap<Str<'a>, OneOrMany<Str<'a>>>),
}

/// Values of conditions are strings, and by custom also bare numbers and booleans.
#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar<'a> {
    #[serde(borrow)]
    Text(Str<'a>),
    Boolean(bool),
    Number(serde_json::Number),
}

fn policy_json(json: &str, sink: &mut dyn Sink) -> Result<PolicyDocument, String> {
    let unreadable = |error: serde_json::Error| format!("the policy document: {error}");
    let document: WireDocument<'_> = serde_json::from_str(json).map_err(unreadable)?;
    let raw = document.statement.get();
    // Not an untagged enum: its error would not say what is wrong with which statement.
    let statements: Vec<&RawValue> = match raw.starts_with('[') {
        true => serde_json::from_str(raw).map_err(unreadable)?,
        false => vec![document.statement],
    };
    let mut read = Vec::with_capacity(statements.len());
    for (index, raw) in statements.into_iter().enumerate() {
        let numbered = |reason: &str| format!("statement {}: {reason}", index + 1);
        let statement: WireStatement<'_> =
            serde_json::from_str(raw.get()).map_err(|error| numbered(&error.to_string()))?;
        read.push(statement.into_statement(sink).map_err(numbered)?);
    }
    Ok(PolicyDocument { version: document.version, id: document.id, statements: read })
}

impl<'a> WireStatement<'a> {
    fn into_statement(self, sink: &mut dyn Sink) -> Result<Statement, &'static str> {
        let effect = match &*self.effect {
            "Allow" => StatementEffect::Allow,
            "Deny" => StatementEffect::Deny,
            _ => return Err("its effect is neither Allow nor Deny"),
        };
        let mut texts = |items: OneOrMany<Str<'a>>| -> Vec<Text> {
            items.into_vec().iter().map(|item| sink.intern(item)).collect()
        };
        let actions = listed(self.action.map(&mut texts), self.not_action.map(&mut texts))?
            .ok_or("it has no action")?;
        let resources = listed(self.resource.map(&mut texts), self.not_resource.map(&mut texts))?;
        let principals = listed(
            self.principal.map(|principal| principal.into_principals(sink)),
            self.not_principal.map(|principal| principal.into_principals(sink)),
        )?;
        let conditions =
            self.condition.unwrap_or_default().into_iter().flat_map(|(operator, of)| {
                let operator = Text::new(&*operator);
                of.into_iter().map(move |(key, values)| Condition {
                    operator: operator.clone(),
                    key: Text::new(&*key),
                    values: values.into_vec().into_iter().map(Scalar::into_text).collect(),
                })
            });
        Ok(Statement {
            sid: self.sid,
            effect,
            principals,
            actions,
            resources,
            conditions: conditions.collect(),
        })
    }
}

/// An element or its negation; both at once are no valid policy.
fn listed<T>(
    only: Option<Vec<T>>,
    all_except: Option<Vec<T>>,
) -> Result<Option<Listed<T>>, &'static str> {
    match (only, all_except) {
        (Some(_), Some(_)) => Err("it has an element and its negation"),
        (Some(items), None) => Ok(Some(Listed::Only(items))),
        (None, Some(items)) => Ok(Some(Listed::AllExcept(items))),
        (None, None) => Ok(None),
    }
}

impl WirePrincipal<'_> {
    fn into_principals(self, sink: &mut dyn Sink) -> Vec<PolicyPrincipal> {
        let mut principal = |kind: &str, name: &str| PolicyPrincipal {
            kind: sink.intern(kind),
            name: sink.intern(name),
        };
        match self {
            Self::Star(star) => vec![principal("*", &star)],
            Self::Named(kinds) => {
                let named = kinds.into_iter().flat_map(|(kind, names)| {
                    names.into_vec().into_iter().map(move |name| (kind.clone(), name))
                });
                named.map(|(kind, name)| principal(&kind, &name)).collect()
            }
        }
    }
}

impl Scalar<'_> {
    fn into_text(self) -> Text {
        match self {
            Self::Text(text) => Text::new(&*text),
            Self::Boolean(value) => Text::from(if value { "true" } else { "false" }),
            Self::Number(number) => number.to_string().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::Collected;

    #[track_caller]
    fn check(raw: &str, expected: Result<&str, &str>) {
        let raw: &RawValue = serde_json::from_str(raw).expect("JSON");
        let read = policy_document(raw, &mut Collected::default());
        let shown = read.map(|document| serde_json::to_string(&document).expect("serialises"));
        assert_eq!(shown.as_deref().map_err(String::as_str), expected, "{raw}");
    }

    const ONE: &str = r#"{"version":"2012-10-17","statements":[{"effect":"allow","actions":{"only":["s3:Get*"]},"resources":{"only":["*"]}}]}"#;

    #[test]
    fn three_wrappings_say_the_same() {
        let plain = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}}"#;
        check(plain, Ok(ONE));
        check(&serde_json::to_string(plain).expect("a string"), Ok(ONE));
        let encoded: String = plain
            .bytes()
            .map(|byte| match byte.is_ascii_alphanumeric() {
                true => char::from(byte).to_string(),
                false => format!("%{byte:02X}"),
            })
            .collect();
        check(&serde_json::to_string(&encoded).expect("a string"), Ok(ONE));
    }

    #[test]
    fn every_element_is_kept() {
        check(
            r#"{"Id":"i","Statement":[{"Sid":"s","Effect":"Deny","NotPrincipal":{"AWS":["a","b"],"Service":"c"},
                "NotAction":["x"],"NotResource":"r","Condition":{"Bool":{"k":true},"NumericLessThan":{"n":[1,"2"]}}}]}"#,
            Ok(concat!(
                r#"{"id":"i","statements":[{"sid":"s","effect":"deny","principals":{"all-except":["#,
                r#"{"kind":"AWS","name":"a"},{"kind":"AWS","name":"b"},{"kind":"Service","name":"c"}]},"#,
                r#""actions":{"all-except":["x"]},"resources":{"all-except":["r"]},"conditions":["#,
                r#"{"operator":"Bool","key":"k","values":["true"]},"#,
                r#"{"operator":"NumericLessThan","key":"n","values":["1","2"]}]}]}"#
            )),
        );
        check(
            r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"x"}]}"#,
            Ok(concat!(
                r#"{"statements":[{"effect":"allow","principals":{"only":[{"kind":"*","name":"*"}]},"#,
                r#""actions":{"only":["x"]}}]}"#
            )),
        );
    }

    #[test]
    fn what_is_not_understood_costs_the_policy() {
        let statement = |rest: &str| format!(r#"{{"Statement":[{{"Effect":"Allow"{rest}}}]}}"#);
        check(&statement(""), Err("statement 1: it has no action"));
        check(
            &statement(r#","Action":"a","NotAction":"b""#),
            Err("statement 1: it has an element and its negation"),
        );
        check(
            r#"{"Statement":{"Effect":"allow","Action":"a"}}"#,
            Err("statement 1: its effect is neither Allow nor Deny"),
        );
        for text in [r#""%7B%2""#, r#""%é""#, r#""not json""#, "7", "[]", "{}", r#""%FF""#] {
            let raw: &RawValue = serde_json::from_str(text).expect("JSON");
            assert!(policy_document(raw, &mut Collected::default()).is_err(), "{text}");
        }
    }
}

//! TOML text → one JSON document.

use std::io::{self, Read};

use serde_json::{Map, Value};

use super::Piece;
use crate::domain::text::visible;
use crate::domain::{Location, ProblemKind};

/// Bytes of a TOML document. Every two bytes of a table's header can become a table of their own, so
/// that the tree may be hundreds of times as large as its text.
const LONGEST: u64 = 1 << 20;

/// Reads the one document of `text` into `each`.
pub fn read(text: impl Read, each: &mut dyn FnMut(Piece<'_>)) -> io::Result<()> {
    let mut bytes = Vec::new();
    text.take(LONGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LONGEST {
        each(set_aside(ProblemKind::Limit, 1, &format!("longer than {LONGEST} bytes of TOML")));
        return Ok(());
    }
    let Ok(text) = std::str::from_utf8(&bytes) else {
        each(set_aside(ProblemKind::Malformed, 1, "the document is not UTF-8"));
        return Ok(());
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim_ascii().is_empty() {
        return Ok(());
    }
    match to_json(text) {
        Ok(json) => {
            // The text was written from a value, so it can be read.
            if let Ok(top) = serde_json::from_str(&json) {
                each(Piece::Document { at: Location::Whole, json: &json, top, is_slice: false });
            }
        }
        Err(error) => {
            let start = error.span().map_or(0, |span| span.start);
            let before = text.as_bytes().get(..start).unwrap_or_default();
            let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
            each(set_aside(ProblemKind::Malformed, line as u64, error.message()));
        }
    }
    Ok(())
}

/// Whether text without a telling name is TOML: its first line of content is a heading or an
/// assignment, and all of it parses.
pub fn is_toml(text: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(text) else { return false };
    let mut content = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = content.find(|line| !line.starts_with('#')).unwrap_or_default();
    let assigns = |(key, _): (&str, &str)| !key.trim_end().contains([':', '{', '<']);
    (first.starts_with('[') || first.split_once('=').is_some_and(assigns)) && to_json(text).is_ok()
}

/// The parser bounds the depth of values and of dotted keys itself.
fn to_json(text: &str) -> Result<String, toml::de::Error> {
    toml::from_str::<toml::Table>(text).map(|table| object(table).to_string())
}

fn object(table: toml::Table) -> Value {
    Value::Object(table.into_iter().map(|(key, value)| (key, json(value))).collect::<Map<_, _>>())
}

fn json(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(value) => value.into(),
        toml::Value::Datetime(time) => time.to_string().into(),
        toml::Value::Array(items) => items.into_iter().map(json).collect(),
        toml::Value::Table(table) => object(table),
    }
}

fn set_aside<'a>(kind: ProblemKind, line: u64, message: &str) -> Piece<'a> {
    Piece::SetAside { kind, at: Location::Line(line), message: visible(message).into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let mut found = Vec::new();
        read(text.as_bytes(), &mut |piece| {
            found.push(match piece {
                Piece::Document { json, .. } => json.to_owned(),
                Piece::SetAside { kind, at, .. } => format!("{at} {kind}"),
            });
        })
        .expect("in memory");
        assert_eq!(found.concat(), expected);
    }

    #[test]
    fn every_kind_of_value() {
        check(
            "\u{feff}# c\nmodel = \"m\"\non = 2026-03-01T00:00:00Z\n[servers.a]\nargs = [1, 2.5, true]\n",
            r#"{"model":"m","on":"2026-03-01T00:00:00Z","servers":{"a":{"args":[1,2.5,true]}}}"#,
        );
        check("x = nan\n", r#"{"x":null}"#);
        check("\n", "");
    }

    #[test]
    fn what_is_broken_is_placed() {
        check("a = 1\nb = \n", ":2 malformed");
        check("a = 1\na = 2\n", ":2 malformed");
    }

    #[test]
    fn depth_and_length_are_bounded() {
        check(&format!("{}b = 1\n", "a.".repeat(100_000)), ":1 malformed");
        check(&format!("[{}b]\n", "a.".repeat(100_000)), ":1 malformed");
        check(&format!("a = {}{}\n", "[".repeat(100_000), "]".repeat(100_000)), ":1 malformed");
        check(&format!("a = \"{}\"\n", "x".repeat(1 << 20)), ":1 limit");
    }

    #[test]
    fn toml_is_told_from_other_text() {
        for (text, is) in [
            ("# c\n[a]\nb = 1\n", true),
            ("model = \"x\"\n", true),
            ("a: b = 1\n", false),
            ("[section]\nkey = value\n", false),
            ("Licence\n", false),
            ("<a b=\"c\">\n", false),
            ("", false),
        ] {
            assert_eq!(is_toml(text.as_bytes()), is, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "[\\[\\]{}=.\",a-c0-9\\n #']{0,40}") {
            read(text.as_bytes(), &mut |_| {}).expect("in memory");
        }
    }
}

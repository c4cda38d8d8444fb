//! YAML text → JSON documents.
//!
//! The stream is cut at its document markers before anything is parsed, so that one bad document does
//! not take the others with it.

use std::fmt;
use std::io::{self, BufRead};

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::lines::{Content, Line, Lines};
use super::{Limits, Piece};
use crate::domain::text::visible;
use crate::domain::{Location, ProblemKind, Text};

/// Reads every document of `lines` into `each`.
pub fn read(
    lines: &mut Lines<impl BufRead>,
    limits: &Limits,
    each: &mut dyn FnMut(Piece<'_>),
) -> io::Result<()> {
    let mut stream =
        Stream { limits, each, ordinal: 0, text: String::new(), line: 1, unusable: None };
    let result = loop {
        match lines.next() {
            Ok(Some(line)) => stream.line(line),
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    stream.document(true);
    result
}

struct Stream<'a> {
    limits: &'a Limits,
    each: &'a mut dyn FnMut(Piece<'_>),
    /// Documents seen so far; empty ones do not count.
    ordinal: u64,
    /// The document being collected, and the line on which it begins.
    text: String,
    line: u64,
    /// Why and where the document being collected cannot be read.
    unusable: Option<(ProblemKind, u64, String)>,
}

impl Stream<'_> {
    fn line(&mut self, line: Line<'_>) {
        let text = match line.content {
            Content::Text(text) => text,
            Content::NotUtf8 => {
                let message = "the document holds a line that is not UTF-8".to_owned();
                self.unusable = Some((ProblemKind::Malformed, line.number, message));
                return;
            }
            Content::TooLong(_) => return self.too_long(),
        };
        if is_marker(text, "---") {
            self.document(false);
            self.line = line.number;
        } else if is_marker(text, "...") {
            self.document(false);
            self.line = line.number + 1;
            return;
        }
        if self.text.len() + text.len() > self.limits.yaml_document {
            return self.too_long();
        }
        if self.unusable.is_none() {
            self.text.push_str(text);
            self.text.push('\n');
        }
    }

    fn too_long(&mut self) {
        let message = format!("the document is longer than {} bytes", self.limits.yaml_document);
        self.unusable.get_or_insert((ProblemKind::Limit, self.line, message));
        self.text.clear();
    }

    /// Converts the document collected so far and begins the next.
    fn document(&mut self, last: bool) {
        let text = std::mem::take(&mut self.text);
        if let Some((kind, line, message)) = self.unusable.take() {
            self.ordinal += 1;
            return (self.each)(Piece::SetAside { kind, at: Location::Line(line), message });
        }
        if text.lines().all(is_empty) {
            return;
        }
        self.ordinal += 1;
        let at = match last && self.ordinal == 1 {
            true => Location::Whole,
            false => Location::Pointer(Text::from(format!("{}#", self.ordinal))),
        };
        let json = match to_json(&text, self.limits) {
            Ok(json) => json,
            Err(error) => return (self.each)(set_aside(self.line, &text, &error)),
        };
        // The text was written from a value, so it can be read.
        if let Ok(top) = serde_json::from_str(&json) {
            (self.each)(Piece::Document { at, json: &json, top, is_slice: false });
        }
    }
}

/// `---` or `...` at the left margin, alone or before white space.
fn is_marker(line: &str, marker: &str) -> bool {
    line.strip_prefix(marker).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
}

/// A line without content: blank, a comment, a directive or a bare marker.
fn is_empty(line: &str) -> bool {
    let line = line.strip_prefix("---").unwrap_or(line).trim_start();
    line.is_empty() || ["#", "%YAML ", "%TAG "].iter().any(|start| line.starts_with(start))
}

pub fn to_json(text: &str, limits: &Limits) -> Result<String, serde_saphyr::Error> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: limits.yaml_depth,
            max_events: 20_000_000,
            max_nodes: 10_000_000,
            max_total_scalar_bytes: limits.yaml_document,
        },
        // `no` is a country and `on` a label value; only `true` and `false` are booleans.
        strict_booleans: true,
        duplicate_keys: serde_saphyr::DuplicateKeyPolicy::Error,
        with_snippet: false,
    };
    let tree = Tree { depth: limits.yaml_depth };
    let value = serde_saphyr::with_deserializer_from_str_with_options(text, options, |yaml| {
        tree.deserialize(yaml)
    })?;
    Ok(value.to_string())
}

/// Builds a JSON value of bounded depth: aliases inside aliases nest deeper than their text does.
#[derive(Clone, Copy)]
struct Tree {
    depth: usize,
}

impl Tree {
    fn deeper<E: de::Error>(self) -> Result<Self, E> {
        match self.depth.checked_sub(1) {
            Some(depth) => Ok(Self { depth }),
            None => Err(E::custom("aliases nest too deep")),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Tree {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tree {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value that JSON can hold")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let below = self.deeper()?;
        let mut object = serde_json::Map::new();
        while let Some(key) = map.next_key::<String>()? {
            object.insert(key, map.next_value_seed(below)?);
        }
        Ok(Value::Object(object))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let below = self.deeper()?;
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(below)? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_none<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i128<E: de::Error>(self, value: i128) -> Result<Value, E> {
        Ok(value.to_string().into())
    }

    fn visit_u128<E: de::Error>(self, value: u128) -> Result<Value, E> {
        Ok(value.to_string().into())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }
}

fn set_aside<'a>(first_line: u64, text: &str, error: &serde_saphyr::Error) -> Piece<'a> {
    if !resembles_yaml(text) {
        let message = "the text is neither JSON, YAML nor TOML".to_owned();
        return Piece::SetAside {
            kind: ProblemKind::UnknownFormat,
            at: Location::Line(first_line),
            message,
        };
    }
    let line = error.location().map_or(1, |location| location.line());
    let message = error.to_string();
    // The problem carries the place itself.
    let message = message.split(" at line ").next().unwrap_or(&message);
    let (kind, message) = match error {
        serde_saphyr::Error::Budget { .. } => (ProblemKind::Limit, message),
        _ if text.contains("{{") => (ProblemKind::Unsupported, TEMPLATE),
        _ => (ProblemKind::Malformed, message),
    };
    Piece::SetAside {
        kind,
        at: Location::Line(first_line + line.saturating_sub(1)),
        message: visible(message).into_owned(),
    }
}

const TEMPLATE: &str = "a template (`{{`), not YAML yet; load what `helm template` makes of it";

/// Whether text that is no YAML was meant to be: its first line of content is a key or a list item.
pub fn resembles_yaml(text: &str) -> bool {
    let Some(line) = text.lines().find(|line| !is_empty(line)) else { return false };
    let is_key = |(before, after): (&str, &str)| {
        !before.trim().contains(' ') && (after.is_empty() || after.starts_with(' '))
    };
    line.trim_start().starts_with(['-', '{', '?']) || line.split_once(':').is_some_and(is_key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, accepted: bool) {
        assert_eq!(to_json(text, &Limits::default()).is_ok(), accepted);
    }

    #[test]
    fn nesting_and_aliases_are_bounded() {
        let nested = |levels: usize, core: &str| {
            format!("{}{core}{}", "[".repeat(levels), "]".repeat(levels))
        };
        check(&nested(60, "1"), true);
        check(&nested(100, "1"), false);
        check(&nested(10_000, "1"), false);
        check(&format!("{}x", "- ".repeat(10_000)), false);

        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        let mut tower = format!("a0: &a0 {}\n", nested(30, "x"));
        for level in 1..60 {
            let below = level - 1;
            let aliases = vec![format!("*a{below}"); 10].join(", ");
            bomb.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
            let alias = nested(30, &format!("*a{below}"));
            tower.push_str(&format!("a{level}: &a{level} {alias}\n"));
        }
        check(&bomb, false);
        check(&tower, false);
        check("a: &a [*a]\n", false);
        check("base: &b {x: 1}\nmore: {<<: *b, y: 2}\n", true);
    }
}

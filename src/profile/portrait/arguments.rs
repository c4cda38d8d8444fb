//! What the parameters of a tool call say of its arguments: their types, and the origins that a
//! reader states beside them (`{"arguments", "origin", "origins": [{"at", "origin", "tool"}]}`).

use std::collections::BTreeSet;

use serde_json::Value;

use crate::domain::{Origin, Text};
use crate::profile::arguments::type_of;

/// Longer parameters are not read: it would cost more than it tells.
const LONGEST: usize = 64 * 1024;
/// Arguments and origins of one call that are told apart, and how deep they are looked for.
const MOST: usize = 32;
const DEEPEST: usize = 4;

/// Arguments are JSON pointers (RFC 6901); the elements of a list share one, `/cc/*`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Arguments {
    /// Argument and type.
    pub types: BTreeSet<(String, &'static str)>,
    /// Argument and word of its origin; the empty pointer stands for all of them.
    pub origins: BTreeSet<(String, String)>,
    /// Source and argument: `tool: crm.read`, or the word of an origin that is no tool.
    pub flows: BTreeSet<(String, String)>,
}

pub fn read(params: &Text) -> Arguments {
    let mut read = Arguments::default();
    if params.raw().len() > LONGEST {
        return read;
    }
    let Ok(value) = serde_json::from_str::<Value>(params.raw()) else { return read };
    let unpacked = match value.get("arguments") {
        Some(Value::String(text)) => serde_json::from_str(text).ok(),
        _ => None,
    };
    let arguments = unpacked.as_ref().or(value.get("arguments")).unwrap_or(&value);
    let is_cut = arguments.get("truncated").is_some() && arguments.get("bytes").is_some();
    if !is_cut {
        types("", arguments, 0, &mut read.types);
    }
    match value.get("origins").and_then(Value::as_array) {
        Some(rows) => rows.iter().take(2 * MOST).for_each(|row| read.origin(row)),
        None => {
            let whole = value.get("origin").or_else(|| value.get("provenance")?.get("origin"));
            if let Some(origin) = whole.and_then(Value::as_str) {
                read.origins.insert((String::new(), word(origin)));
            }
        }
    }
    read
}

impl Arguments {
    /// One row. The first of an argument is its origin, further ones are further places.
    fn origin(&mut self, row: &Value) {
        let text = |key: &str| row.get(key).and_then(Value::as_str);
        let Some(at) = text("at").map(without_numbers) else { return };
        let origin = text("origin").map_or_else(|| "unknown".to_owned(), word);
        if let Some(tool) = text("tool").or(text("source_id")) {
            self.flows.insert((format!("tool: {tool}"), at.clone()));
        } else if text("origin").is_some() {
            self.flows.insert((origin.clone(), at.clone()));
        }
        if !self.origins.iter().any(|(known, _)| *known == at) {
            self.origins.insert((at, origin));
        }
    }
}

/// The word of an origin; what is none is unknown.
fn word(origin: &str) -> String {
    origin.parse::<Origin>().map_or_else(|_| "unknown".to_owned(), |origin| origin.to_string())
}

/// A pointer without the places in lists.
fn without_numbers(at: &str) -> String {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let parts = at.split('/').map(|part| if is_number(part) { "*" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

fn types(at: &str, value: &Value, depth: usize, found: &mut BTreeSet<(String, &'static str)>) {
    if found.len() >= MOST {
        return;
    }
    match value {
        Value::Object(members) if depth < DEEPEST => {
            for (name, member) in members {
                let name = name.replace('~', "~0").replace('/', "~1");
                types(&format!("{at}/{name}"), member, depth + 1, found);
            }
        }
        // The elements of a list are alike: the first stands for all.
        Value::Array(elements) if depth < DEEPEST && !elements.is_empty() => {
            if let Some(first) = elements.first() {
                types(&format!("{at}/*"), first, depth + 1, found);
            }
        }
        other => {
            found.insert((at.to_owned(), type_of(other)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(pairs: impl IntoIterator<Item = (String, impl AsRef<str>)>) -> String {
        let pairs: Vec<_> =
            pairs.into_iter().map(|(one, other)| format!("{one}={}", other.as_ref())).collect();
        pairs.join(" ")
    }

    #[track_caller]
    fn check(params: &str, types: &str, origins: &str, flows: &str) {
        let read = read(&params.into());
        assert_eq!(joined(read.types), types, "types of {params}");
        assert_eq!(joined(read.origins), origins, "origins of {params}");
        assert_eq!(joined(read.flows), flows, "flows of {params}");
    }

    #[test]
    fn types_and_origins() {
        check(r#"{"to":"a@b.ch","n":3}"#, "/n=number /to=email", "", "");
        check(r#"{"arguments":"{\"q\":\"two words\"}"}"#, "/q=text", "", "");
        check(r#"{"arguments":{"cc":["a@b.ch","x"]}}"#, "/cc/*=email", "", "");
        check(
            r#"{"arguments":{"p":"/etc"},"origin":"tool_output"}"#,
            "/p=path",
            "=tool_output",
            "",
        );
        check(
            r#"{"arguments":{"to":["x","y"]},"origins":[
                {"at":"/to/0","origin":"tool_output","tool":"read_mail"},
                {"at":"/to/1","origin":"user_input"},{"at":"/q","unknown":"why"}]}"#,
            "/to/*=word",
            "/q=unknown /to/*=tool_output",
            "tool: read_mail=/to/* user_input=/to/*",
        );
        check(r#"{"arguments":{"truncated":"{","bytes":9},"origins":[]}"#, "", "", "");
        check("not json", "", "", "");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(params in "\\PC*") {
            let _ = read(&params.into());
        }
    }
}

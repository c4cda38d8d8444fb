//! Arguments of tool calls: their shape, their values and where these come from.

use rustc_hash::FxHashMap;
use serde::Deserialize;
use serde_json::Value;

use super::argument::Sort;
use super::value;
use crate::domain::{Origin, Text};

/// Longer parameters keep no shape: reading them would cost more than they tell.
const LONGEST: usize = 64 * 1024;

/// More fields than this are not told apart.
const MOST_FIELDS: usize = 32;

/// Deeper fields are not told apart either.
const DEEPEST: usize = 4;

/// Values kept of one call, and addresses kept of one text.
const VALUES: usize = 24;
const ADDRESSES: usize = 4;

/// Bytes of the name of an argument.
const LONGEST_NAME: usize = 80;

/// What the parameters of one call tell.
#[derive(Debug, Default, PartialEq)]
pub struct Arguments {
    /// `amount:number recipient:email`, fields in order of name.
    pub shape: Option<String>,
    pub from_untrusted: Option<bool>,
    pub values: Vec<Leaf>,
}

/// One value, as [`Argument`](super::Argument) keeps it, with its names in full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    pub name: String,
    pub sort: Sort,
    pub from: From,
    pub value: u64,
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum From {
    Prompt,
    /// The output of a tool, by its name.
    Output(Text),
    Other,
    Novel,
    Unknown,
}

/// Reads the structured parameters of a tool call: the arguments themselves, or an object that holds
/// them under `arguments`. An origin is taken from `origin` or `provenance.origin`.
pub fn read(params: &Text) -> Arguments {
    if params.raw().len() > LONGEST {
        return Arguments::default();
    }
    let Ok(value) = serde_json::from_str::<Value>(params.raw()) else {
        return Arguments::default();
    };
    let origin = value.get("origin").or_else(|| value.get("provenance")?.get("origin"));
    let from_untrusted = origin
        .and_then(Value::as_str)
        .map(|word| word.parse::<Origin>().is_ok_and(Origin::is_untrusted));
    let parsed: Value;
    let arguments = match value.get("arguments") {
        Some(Value::String(text)) => match serde_json::from_str(text) {
            Ok(inside) => {
                parsed = inside;
                &parsed
            }
            Err(_) => &value,
        },
        Some(arguments) => arguments,
        None => &value,
    };
    let mut fields = Vec::new();
    collect("", arguments, 0, &mut fields);
    fields.sort();
    fields.dedup();
    let mut leaves = Leaves { stated: stated(&value), found: Vec::new() };
    leaves.collect("", "", arguments, 0);
    Arguments {
        shape: (!fields.is_empty()).then(|| fields.join(" ")),
        from_untrusted,
        values: leaves.found,
    }
}

/// What the record says of the origin of each argument, by its JSON pointer: the first row of an
/// argument is its origin. `None` when it says nothing of any.
fn stated(params: &Value) -> Option<FxHashMap<String, From>> {
    #[derive(Deserialize)]
    struct Row {
        at: String,
        origin: Option<String>,
        tool: Option<Text>,
    }
    let rows = Vec::<Row>::deserialize(params.get("origins")?).ok()?;
    let mut stated = FxHashMap::default();
    for Row { at, origin, tool } in rows {
        let origin = origin.and_then(|word| word.parse::<Origin>().ok());
        let from = match (origin, tool) {
            (Some(Origin::UserInput | Origin::System), _) => From::Prompt,
            (Some(Origin::ToolOutput), tool) => From::Output(tool.unwrap_or_default()),
            (Some(Origin::AgentGenerated), _) => From::Novel,
            (Some(_), _) => From::Other,
            (None, _) => From::Unknown,
        };
        stated.entry(at).or_insert(from);
    }
    Some(stated)
}

struct Leaves {
    stated: Option<FxHashMap<String, From>>,
    found: Vec<Leaf>,
}

impl Leaves {
    fn collect(&mut self, name: &str, at: &str, value: &Value, depth: usize) {
        if depth > DEEPEST || self.found.len() >= VALUES {
            return;
        }
        match value {
            Value::Object(members) => {
                for (member, value) in members {
                    let inner = match name {
                        "" => member.clone(),
                        _ => format!("{name}.{member}"),
                    };
                    let member = member.replace('~', "~0").replace('/', "~1");
                    self.collect(&inner, &format!("{at}/{member}"), value, depth + 1);
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate().take(VALUES) {
                    self.collect(name, &format!("{at}/{index}"), item, depth + 1);
                }
            }
            Value::String(text) => self.text(name, at, text),
            Value::Number(number) => {
                let text = number.to_string();
                self.push(name, at, value::sort_of(&text), &text);
            }
            Value::Bool(_) | Value::Null => {}
        }
    }

    fn text(&mut self, name: &str, at: &str, text: &str) {
        if text.trim().is_empty() {
            return;
        }
        let sort = value::sort_of(text);
        self.push(name, at, sort, text);
        if sort == Sort::Text {
            for (sort, address) in value::addresses(text).take(ADDRESSES) {
                self.push(name, at, sort, address);
            }
        }
    }

    fn push(&mut self, name: &str, at: &str, sort: Sort, text: &str) {
        if self.found.len() >= VALUES {
            return;
        }
        let from = match &self.stated {
            // What says nothing by itself has no row.
            Some(stated) => stated.get(at).cloned().unwrap_or(From::Other),
            None => From::Unknown,
        };
        let end = name.floor_char_boundary(LONGEST_NAME);
        let name = name.get(..end).unwrap_or_default().to_owned();
        self.found.push(Leaf { name, sort, from, value: value::digest(sort, text) });
    }
}

fn collect(path: &str, value: &Value, depth: usize, fields: &mut Vec<String>) {
    if fields.len() >= MOST_FIELDS {
        return;
    }
    match value {
        Value::Object(object) if depth < DEEPEST => {
            for (name, value) in object {
                let path = match path {
                    "" => name.clone(),
                    _ => format!("{path}.{name}"),
                };
                collect(&path, value, depth + 1, fields);
            }
        }
        // The elements of a list are alike: the first stands for all.
        Value::Array(elements) if depth < DEEPEST => match elements.first() {
            Some(first) => collect(&format!("{path}[]"), first, depth + 1, fields),
            None => fields.push(format!("{path}[]")),
        },
        other => fields.push(format!("{path}:{}", type_of(other))),
    }
}

/// The type of an argument, in a word.
pub fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "flag",
        Value::Number(_) => "number",
        Value::Object(_) => "object",
        Value::Array(_) => "list",
        Value::String(text) => type_of_text(text),
    }
}

fn type_of_text(text: &str) -> &'static str {
    if text.contains(char::is_whitespace) {
        return "text";
    }
    let is_web = ["http://", "https://", "www."].iter().any(|start| text.starts_with(start));
    if is_web {
        return "url";
    }
    match text.split_once('@') {
        Some((user, host)) if !user.is_empty() && host.contains('.') => "email",
        _ if text.starts_with('/') => "path",
        _ if text.parse::<f64>().is_ok() => "number",
        _ => "word",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(params: &str, shape: &str, from_untrusted: Option<bool>) {
        let expected = (!shape.is_empty()).then(|| shape.to_owned());
        let read = read(&params.into());
        assert_eq!((read.shape, read.from_untrusted), (expected, from_untrusted));
    }

    #[test]
    fn shapes_and_origins() {
        check(r#"{"to":"a@b.ch","n":3}"#, "n:number to:email", None);
        check(r#"{"arguments":{"url":"https://x.ch"}}"#, "url:url", None);
        check(r#"{"arguments":"{\"q\":\"two words\"}"}"#, "q:text", None);
        check(r#"{"arguments":{"p":"/etc"},"origin":"tool_output"}"#, "p:path", Some(true));
        check(r#"{"arguments":{},"provenance":{"origin":"user_input"}}"#, "", Some(false));
        check(r#"{"a":[{"b":1},{"b":2}]}"#, "a[].b:number", None);
        check("not json", "", None);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(params in "\\PC*") {
            let _ = read(&params.into());
        }
    }
}

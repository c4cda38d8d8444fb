//! Arguments of tool calls: their shape, and whether they come from untrusted content.

use serde_json::Value;

use crate::domain::{Origin, Text};

/// Longer parameters keep no shape: reading them would cost more than they tell.
const LONGEST: usize = 64 * 1024;

/// More fields than this are not told apart.
const MOST_FIELDS: usize = 32;

/// Deeper fields are not told apart either.
const DEEPEST: usize = 4;

/// What the parameters of one call tell.
#[derive(Debug, Default, PartialEq)]
pub struct Arguments {
    /// `amount:number recipient:email`, fields in order of name.
    pub shape: Option<String>,
    pub from_untrusted: Option<bool>,
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
    let unpacked = match value.get("arguments") {
        Some(Value::String(text)) => serde_json::from_str(text).ok(),
        Some(arguments) => Some(arguments.clone()),
        None => None,
    };
    let mut fields = Vec::new();
    collect("", unpacked.as_ref().unwrap_or(&value), 0, &mut fields);
    fields.sort();
    fields.dedup();
    Arguments { shape: (!fields.is_empty()).then(|| fields.join(" ")), from_untrusted }
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

fn type_of(value: &Value) -> &'static str {
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
        assert_eq!(read, Arguments { shape: expected, from_untrusted });
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

//! The definition of one MCP tool with its digests.
//!
//! Both panels digest a tool in the same way, so that a pinned definition and an advertised one can
//! be compared: SHA-256 over the RFC 8785 JSON of what a model is shown of the tool.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::domain::Text;
use crate::domain::configured::{ToolDefinition, ToolOutline, ToolParts};

/// Characters that are kept of a description.
const DESCRIPTION: usize = 1024;

/// Characters of a string in a kept schema; of a longer one the digest is kept.
const STRING: usize = 120;

/// Bytes of a schema that is kept.
const SCHEMA: usize = 16 * 1024;

/// Reads a tool object as MCP spells it. `None` when it is no object with a name.
pub fn tool_definition(json: &str) -> Option<ToolDefinition> {
    let tool: Tool = serde_json::from_str(json).ok()?;
    let schemas =
        Schemas { input: tool.input_schema.as_ref(), output: tool.output_schema.as_ref() };
    Some(ToolDefinition {
        digest: if tool.is_only_a_name() { Text::default() } else { sha256(&tool) },
        schema_digest: if schemas.are_absent() { Text::default() } else { sha256(&schemas) },
        ..in_parts(&tool)
    })
}

/// Reads a tool of which only some parts are declared, as registries do: what is left out may well be
/// there, so the parts have digests and the whole has none.
pub fn partial_definition(json: &str) -> Option<ToolDefinition> {
    serde_json::from_str(json).ok().map(|tool: Tool| in_parts(&tool))
}

fn in_parts(tool: &Tool) -> ToolDefinition {
    let hint = |name: &str| tool.annotations.as_ref()?.get(name)?.as_bool();
    let title = tool.title.as_ref().or_else(|| tool.annotations.as_ref()?.get("title"));
    let digest = |part: &Option<Value>| part.as_ref().map(sha256);
    ToolDefinition {
        name: Text::new(&tool.name),
        digest: Text::default(),
        schema_digest: Text::default(),
        parts: ToolParts {
            description: digest(&tool.description),
            input_schema: digest(&tool.input_schema),
            output_schema: digest(&tool.output_schema),
            annotations: digest(&tool.annotations),
            icons: digest(&tool.icons),
            meta: digest(&tool.meta),
        },
        outline: ToolOutline {
            description: tool.description.as_ref().and_then(Value::as_str).map(beginning),
            input_schema: tool.input_schema.as_ref().and_then(outline),
            output_schema: tool.output_schema.as_ref().and_then(outline),
        },
        title: title.and_then(Value::as_str).map(Text::from),
        read_only: hint("readOnlyHint"),
        destructive: hint("destructiveHint"),
        idempotent: hint("idempotentHint"),
        open_world: hint("openWorldHint"),
    }
}

fn beginning(text: &str) -> Text {
    text.chars().take(DESCRIPTION).collect::<String>().into()
}

/// The canonical JSON of a schema, unless it is too large to be kept. The limit is on what comes out,
/// so that equal schemas have equal outlines.
pub fn outline(schema: &Value) -> Option<Text> {
    let mut schema = schema.clone();
    shorten(&mut schema);
    let json = serde_json_canonicalizer::to_string(&schema).ok()?;
    (json.len() <= SCHEMA).then(|| json.into())
}

/// Recursion ends with the value, whose depth the parser limits.
fn shorten(value: &mut Value) {
    match value {
        Value::String(text) if text.chars().nth(STRING).is_some() => {
            *text = format!("sha256:{}", sha256(text).raw());
        }
        Value::Array(items) => items.iter_mut().for_each(shorten),
        Value::Object(members) => members.values_mut().for_each(shorten),
        _ => {}
    }
}

/// What identifies a tool's definition. Icons and `_meta` are not written into its digest: a model
/// never sees them.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Tool {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    title: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    input_schema: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    output_schema: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    annotations: Option<Value>,
    #[serde(default, deserialize_with = "unless_empty", skip_serializing)]
    icons: Option<Value>,
    #[serde(default, rename = "_meta", deserialize_with = "unless_empty", skip_serializing)]
    meta: Option<Value>,
}

/// An empty list or object says as much as none.
fn unless_empty<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Value>, D::Error> {
    let is_empty = |value: &Value| match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    };
    Value::deserialize(from).map(|value| Some(value).filter(|value| !is_empty(value)))
}

impl Tool {
    fn is_only_a_name(&self) -> bool {
        [&self.title, &self.description, &self.input_schema, &self.output_schema, &self.annotations]
            .iter()
            .all(|part| part.is_none())
    }
}

#[derive(Serialize)]
struct Schemas<'a> {
    #[serde(rename = "inputSchema", skip_serializing_if = "Option::is_none")]
    input: Option<&'a Value>,
    #[serde(rename = "outputSchema", skip_serializing_if = "Option::is_none")]
    output: Option<&'a Value>,
}

impl Schemas<'_> {
    fn are_absent(&self) -> bool {
        self.input.is_none() && self.output.is_none()
    }
}

/// Lower-case hexadecimal SHA-256 of the value's canonical JSON.
pub fn sha256(value: &impl Serialize) -> Text {
    // A value that came from JSON can always be written as JSON again.
    let canonical = serde_json_canonicalizer::to_vec(value).unwrap_or_default();
    let digest = Sha256::digest(&canonical);
    digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str) -> ToolDefinition {
        tool_definition(json).expect("a tool")
    }

    #[test]
    fn order_of_keys_and_unseen_parts_do_not_matter() {
        let one = check(r#"{"name":"a","description":"d","inputSchema":{"x":1,"y":2}}"#);
        let two = check(
            r#"{"_meta":{},"icons":[],"inputSchema":{"y":2,"x":1.0},"description":"d","name":"a"}"#,
        );
        assert_eq!(one, two);
        assert_eq!(one.digest.raw().len(), 64);
    }

    #[test]
    fn every_part_of_the_definition_matters() {
        let base = check(r#"{"name":"a","description":"d","inputSchema":{}}"#);
        for changed in [
            r#"{"name":"b","description":"d","inputSchema":{}}"#,
            r#"{"name":"a","description":"e","inputSchema":{}}"#,
            r#"{"name":"a","description":"d","inputSchema":{"x":1}}"#,
            r#"{"name":"a","description":"d","inputSchema":{},"outputSchema":{}}"#,
            r#"{"name":"a","description":"d","inputSchema":{},"title":"t"}"#,
            r#"{"name":"a","description":"d","inputSchema":{},"annotations":{"readOnlyHint":true}}"#,
        ] {
            assert_ne!(check(changed).digest, base.digest, "{changed}");
        }
    }

    #[test]
    fn a_renamed_tool_keeps_its_schema_digest() {
        let one = check(r#"{"name":"a","inputSchema":{"x":1}}"#);
        let two = check(r#"{"name":"b","inputSchema":{"x":1}}"#);
        assert_eq!(one.schema_digest, two.schema_digest);
        assert_ne!(one.digest, two.digest);
    }

    #[test]
    fn every_part_has_its_own_digest() {
        let parts = |json: &str| {
            let ToolParts { description, input_schema, output_schema, annotations, .. } =
                check(json).parts;
            [description, input_schema, output_schema, annotations]
        };
        let base = parts(
            r#"{"name":"a","description":"d","inputSchema":{},"outputSchema":{"x":1},"annotations":{}}"#,
        );
        assert!(base.iter().all(Option::is_some), "{base:?}");
        for (changed, part) in [
            (
                r#"{"name":"b","description":"e","inputSchema":{},"outputSchema":{"x":1},"annotations":{}}"#,
                0,
            ),
            (
                r#"{"name":"a","description":"d","inputSchema":{"x":2},"outputSchema":{"x":1},"annotations":{}}"#,
                1,
            ),
            (
                r#"{"name":"a","description":"d","inputSchema":{},"outputSchema":{"x":2},"annotations":{}}"#,
                2,
            ),
            (r#"{"name":"a","description":"d","inputSchema":{},"outputSchema":{"x":1}}"#, 3),
        ] {
            let differing: Vec<usize> =
                (0..4).filter(|&at| parts(changed).get(at) != base.get(at)).collect();
            assert_eq!(differing, [part], "{changed}");
        }
    }

    #[test]
    fn hints_and_titles_are_kept_as_the_server_gives_them() {
        let tool = check(
            r#"{"name":"a","annotations":{"title":"A","readOnlyHint":false,"destructiveHint":true,"openWorldHint":"no"}}"#,
        );
        assert_eq!(tool.title, Some("A".into()));
        assert_eq!(
            (tool.read_only, tool.destructive, tool.idempotent, tool.open_world),
            (Some(false), Some(true), None, None)
        );
        assert_eq!(check(r#"{"name":"a","title":"B","annotations":null}"#).title, Some("B".into()));
    }

    #[test]
    fn what_no_model_sees_has_digests_of_its_own() {
        let plain = check(r#"{"name":"a"}"#);
        let shown = check(r#"{"name":"a","icons":[{"src":"i"}],"_meta":{"x":1}}"#);
        assert!(plain.parts.icons.is_none() && plain.parts.meta.is_none());
        assert!(shown.parts.icons.is_some() && shown.parts.meta.is_some());
        assert_eq!(plain.digest, shown.digest);
    }

    #[test]
    fn the_outline_is_bounded_and_tells_schemas_apart() {
        let outline = |description: &str, schema: &str| {
            let json = serde_json::json!({ "name": "a", "description": description });
            let mut json: Value = json;
            json["inputSchema"] = serde_json::from_str(schema).expect("JSON");
            check(&json.to_string()).outline
        };
        let long = |character: &str| character.repeat(5000);
        let schema = |text: &str| {
            format!(r#"{{"type":"object","properties":{{"x":{{"title":"{text}"}}}}}}"#)
        };
        let (one, two) =
            (outline(&long("d"), &schema(&long("a"))), outline(&long("d"), &schema(&long("b"))));
        assert_eq!(one.description.map(|text| text.raw().len()), Some(DESCRIPTION));
        assert_ne!(one.input_schema, two.input_schema);
        assert!(one.input_schema.is_some_and(|text| text.raw().len() < 200));
        let many: Vec<String> = (0..2000).map(|at| format!(r#""p{at}":{{"type":"x"}}"#)).collect();
        let large = format!(r#"{{"properties":{{{}}}}}"#, many.join(","));
        assert_eq!(outline("d", &large).input_schema, None);
        assert_eq!(
            outline("d", r#"{"b":1,"a":"x"}"#).input_schema,
            Some(r#"{"a":"x","b":1}"#.into())
        );
    }

    #[test]
    fn a_partial_declaration_is_no_whole_definition() {
        let json = r#"{"name":"a","description":"d","inputSchema":{}}"#;
        let (partial, whole) = (partial_definition(json).expect("a tool"), check(json));
        assert!(partial.digest.is_empty() && partial.schema_digest.is_empty());
        assert_eq!(partial.parts, whole.parts);
    }

    #[test]
    fn a_bare_name_has_no_digest() {
        let tool = check(r#"{"name":"a"}"#);
        assert!(tool.digest.is_empty() && tool.schema_digest.is_empty());
        assert!(tool_definition(r#"{"title":"no name"}"#).is_none());
        assert!(tool_definition("[]").is_none());
    }
}

//! The definition of one MCP tool with its digests.
//!
//! Both panels digest a tool in the same way, so that a pinned definition and an advertised one can
//! be compared: SHA-256 over the RFC 8785 JSON of what a model is shown of the tool.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::domain::Text;
use crate::domain::configured::{ToolDefinition, ToolParts};

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
        },
        title: title.and_then(Value::as_str).map(Text::from),
        read_only: hint("readOnlyHint"),
        destructive: hint("destructiveHint"),
        idempotent: hint("idempotentHint"),
        open_world: hint("openWorldHint"),
    }
}

/// What identifies a tool's definition. Icons and `_meta` are left out: a model never sees them.
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
            let ToolParts { description, input_schema, output_schema, annotations } =
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

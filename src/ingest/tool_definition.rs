//! The definition of one MCP tool with its digests.
//!
//! Both panels digest a tool in the same way, so that a pinned definition and an advertised one can
//! be compared: SHA-256 over the RFC 8785 JSON of what a model is shown of the tool.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::domain::Text;
use crate::domain::configured::ToolDefinition;

/// Reads a tool object as MCP spells it. `None` when it is no object with a name.
pub fn tool_definition(json: &str) -> Option<ToolDefinition> {
    let tool: Tool = serde_json::from_str(json).ok()?;
    let schemas =
        Schemas { input: tool.input_schema.as_ref(), output: tool.output_schema.as_ref() };
    Some(ToolDefinition {
        name: Text::new(&tool.name),
        digest: if tool.is_only_a_name() { Text::default() } else { sha256(&tool) },
        schema_digest: if schemas.are_absent() { Text::default() } else { sha256(&schemas) },
        read_only: tool.annotations.as_ref().and_then(|hints| hints.get("readOnlyHint")?.as_bool()),
    })
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
fn sha256(value: &impl Serialize) -> Text {
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
    fn a_bare_name_has_no_digest() {
        let tool = check(r#"{"name":"a"}"#);
        assert!(tool.digest.is_empty() && tool.schema_digest.is_empty());
        assert!(tool_definition(r#"{"title":"no name"}"#).is_none());
        assert!(tool_definition("[]").is_none());
    }
}

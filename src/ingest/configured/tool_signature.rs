//! Signatures of MCP servers as `mcp-scan` and its successor `agent-scan` write them: what a server
//! said of itself when it was first asked.
//!
//! ```json
//! {"metadata": {"serverInfo": {"name": "math"}, "protocolVersion": "2025-11-25"}, "prompts": [],
//!  "resources": [], "resource_templates": [], "tools": [{"name": "add", "inputSchema": {}}]}
//! ```

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::domain::configured::{Configured, DeclaredCatalog};
use crate::domain::{Discipline, ProblemKind, Text};
use crate::ingest::json::{Str, lenient};
use crate::ingest::tool_definition::{sha256, tool_definition};
use crate::ingest::{Document, Format, Side, Sink, location};

pub const FORMAT: Format = Format {
    id: "mcp-signature",
    title: "agent-scan server signature",
    side: Side::Configured,
    says: &[(Discipline::Model, "the tools and instructions of a server, with their digests")],
    coverage: "the instant at which it was scanned",
    recognises: |shape| {
        ["metadata", "prompts", "resources", "resource_templates", "tools"]
            .iter()
            .all(|key| shape.has(key))
    },
    read,
};

#[derive(Deserialize)]
struct Signature<'a> {
    #[serde(borrow)]
    metadata: Metadata<'a>,
    #[serde(borrow)]
    tools: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata<'a> {
    server_info: ServerInfo,
    #[serde(default, deserialize_with = "lenient")]
    protocol_version: Option<Text>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    instructions: Option<Str<'a>>,
}

#[derive(Deserialize)]
struct ServerInfo {
    name: Text,
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(signature) = document.parse::<Signature<'_>>(sink) else { return };
    let mut tools = Vec::new();
    for (index, json) in signature.tools.iter().enumerate() {
        match tool_definition(json.get()) {
            Some(tool) => tools.push(tool),
            None => {
                let at = location::beneath(&document.at, &format!("/tools/{index}"));
                let message = "no object with a name";
                sink.problem(document.problem_at(at, ProblemKind::Malformed, message));
            }
        }
    }
    let Metadata { server_info, protocol_version, instructions } = signature.metadata;
    let catalog = DeclaredCatalog {
        server: server_info.name,
        tools,
        registry: None,
        protocol: protocol_version,
        instructions_digest: instructions.map(|text| sha256(&text.0)),
    };
    sink.record(document.record(document.at.clone(), Configured::DeclaredCatalog(catalog)));
}

#[cfg(test)]
mod tests {
    use super::super::tests::{body, is_read_or_said, only, read_text};
    use super::*;

    #[test]
    fn a_signature_is_a_whole_catalog() {
        let Configured::DeclaredCatalog(catalog) = body(only(
            r#"{"metadata":{"meta":null,"protocolVersion":"2025-11-25","serverInfo":{"name":"Math"},
                "instructions":"Add."},"prompts":[],"resources":[],"resource_templates":[],
                "tools":[{"name":"add","title":null,"inputSchema":{"type":"object"},"annotations":null}]}"#,
        )) else {
            unreachable!("a catalog");
        };
        assert_eq!((catalog.server.raw(), catalog.registry), ("Math", None));
        assert_eq!(catalog.protocol, Some("2025-11-25".into()));
        assert!(catalog.instructions_digest.is_some());
        // What is null was not advertised.
        let advertised = tool_definition(r#"{"name":"add","inputSchema":{"type":"object"}}"#);
        assert_eq!(catalog.tools.first(), advertised.as_ref());
    }

    #[test]
    fn one_bad_tool_leaves_the_others() {
        let found = read_text(
            "s.json",
            r#"{"metadata":{"serverInfo":{"name":"m"}},"prompts":[],"resources":[],
                "resource_templates":[],"tools":[7,{"name":"a"}]}"#,
        );
        let places: Vec<_> = found.problems.iter().map(|problem| problem.at.to_string()).collect();
        assert_eq!((found.records.len(), places), (1, vec![":/tools/0".to_owned()]));
    }

    proptest::proptest! {
        #[test]
        fn any_json_of_its_shape_is_read_or_said(json in crate::ingest::tests::altered(&[
            r#"{"metadata":{"serverInfo":{"name":"m"},"protocolVersion":"x","instructions":"i"},"prompts":[],"resources":[],"resource_templates":[],"tools":[{"name":"a","title":"t","description":"d","inputSchema":{},"annotations":{"title":"A"}}]}"#,
        ])) {
            let found = read_text("s.json", &json);
            proptest::prop_assert!(is_read_or_said(&found), "{}", json);
        }
    }
}

//! Server signatures of agent-scan: what an MCP server answered when the scanner asked it once.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::reading::Reading;
use crate::domain::configured::{Configured, DeclaredCatalog};
use crate::domain::{Discipline, ProblemKind, Text};
use crate::ingest::json::nullable;
use crate::ingest::tool_definition::tool_definition;
use crate::ingest::{Document, Format, Side, Sink};

pub const FORMAT: Format = Format {
    id: "mcp-signature",
    title: "MCP server signature of a scanner",
    side: Side::Configured,
    says: &[(
        Discipline::Model,
        "the tools that a server had when it was scanned, with their digests",
    )],
    coverage: "one answer at an instant that the file does not name",
    recognises: |shape| {
        shape.has("metadata")
            && shape.has("tools")
            && shape.has("prompts")
            && shape.has("resource_templates")
    },
    read,
};

#[derive(Deserialize)]
struct Signature<'a> {
    metadata: Metadata,
    #[serde(borrow, default, deserialize_with = "nullable")]
    tools: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    server_info: ServerInfo,
}

#[derive(Deserialize)]
struct ServerInfo {
    name: Text,
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(signature) = document.parse::<Signature<'_>>(sink) else { return };
    let mut reading = Reading { document, sink };
    let mut tools = Vec::new();
    for (index, json) in signature.tools.iter().enumerate() {
        match tool_definition(json.get()) {
            Some(tool) => tools.push(tool),
            None => {
                let at = format!("/tools/{index}");
                reading.problem(&at, ProblemKind::Malformed, "no tool definition");
            }
        }
    }
    let catalog = DeclaredCatalog {
        server: signature.metadata.server_info.name,
        tools,
        ..DeclaredCatalog::default()
    };
    reading.record("", Configured::DeclaredCatalog(catalog));
}

#[cfg(test)]
mod tests {
    use super::super::tests::read_text;
    use super::*;

    #[test]
    fn tools_with_their_digests() {
        let found = read_text(
            "signature.json",
            r#"{"metadata":{"protocolVersion":"2025-11-25","serverInfo":{"name":"Weather"}},"prompts":[],
              "resources":[],"resource_templates":[],
              "tools":[{"name":"t","title":null,"description":"d","inputSchema":{}},7]}"#,
        );
        let [record] = found.records.as_slice() else { unreachable!("one record") };
        let Configured::DeclaredCatalog(catalog) = &record.body else { unreachable!("a catalog") };
        assert_eq!((catalog.server.raw(), catalog.tools.len()), ("Weather", 1));
        let plain = tool_definition(r#"{"name":"t","description":"d","inputSchema":{}}"#);
        assert_eq!(catalog.tools.first(), plain.as_ref(), "null is the same as absent");
        let places: Vec<_> = found.problems.iter().map(|problem| problem.at.to_string()).collect();
        assert_eq!(places, [":/tools/1"]);
    }
}

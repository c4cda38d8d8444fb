//! `tools.json`: the tools of the server whose folder it lies in, as an array.
//!
//! Names and descriptions are as the server gives them; arguments are a list of the registry's own,
//! not the schema. An empty array says that the server must be asked.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::DOCKER;
use crate::domain::configured::{
    Configured, DeclaredCatalog, ToolDefinition, ToolOutline, ToolParts,
};
use crate::domain::{Discipline, ProblemKind, Text};
use crate::ingest::tool_definition::{outline, partial_definition, sha256};
use crate::ingest::{Document, Format, Shape, Side, Sink, location};

pub const FORMAT: Format = Format {
    id: "docker-mcp-tools",
    title: "Docker MCP registry: tools.json",
    side: Side::Configured,
    says: &[(Discipline::Model, "the tools declared for a server, without their schemas")],
    coverage: "the instant at which the registry asked the server",
    recognises,
    read,
};

fn recognises(shape: &Shape<'_>) -> bool {
    shape.file_name == "tools.json"
        && shape.json().starts_with('[')
        && serde_json::from_str::<Vec<Tool>>(shape.json()).is_ok()
}

/// A tool of the registry; another list of named things has other keys.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the fields are there to be recognised")]
struct Tool {
    name: Text,
    description: Text,
    #[serde(default)]
    arguments: IgnoredAny,
    #[serde(default)]
    annotations: IgnoredAny,
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(listed) = document.parse::<Vec<&RawValue>>(sink) else { return };
    if listed.is_empty() {
        let message = "no tools are declared: the server lists them when it is asked";
        return sink.problem(document.problem(ProblemKind::Incomplete, message));
    }
    let Some(server) = folder(document.source.file.raw()) else {
        let message = "the file does not lie in the folder of its server";
        return sink.problem(document.problem(ProblemKind::MissingField, message));
    };
    let mut tools = Vec::new();
    for (index, json) in listed.iter().enumerate() {
        match definition(json.get()) {
            Some(tool) => tools.push(tool),
            None => {
                let at = location::beneath(&document.at, &format!("/{index}"));
                let message = "no object with a name";
                sink.problem(document.problem_at(at, ProblemKind::Malformed, message));
            }
        }
    }
    let catalog = DeclaredCatalog {
        server: server.into(),
        tools,
        registry: Some(DOCKER.into()),
        ..DeclaredCatalog::default()
    };
    sink.record(document.record(document.at.clone(), Configured::DeclaredCatalog(catalog)));
}

/// A tool of the registry. The `parameters` of a container tool are its schema.
pub fn definition(json: &str) -> Option<ToolDefinition> {
    #[derive(Deserialize)]
    struct Parameters {
        #[serde(default)]
        parameters: Option<serde_json::Value>,
    }
    let tool = partial_definition(json)?;
    let parameters: Parameters = serde_json::from_str(json).ok()?;
    let Some(schema) = &parameters.parameters else { return Some(tool) };
    Some(ToolDefinition {
        parts: ToolParts { input_schema: Some(sha256(schema)), ..tool.parts },
        outline: ToolOutline { input_schema: outline(schema), ..tool.outline },
        ..tool
    })
}

/// The name of the folder that a file lies in.
fn folder(file: &str) -> Option<&str> {
    file.rsplit(['/', '\\']).nth(1).filter(|folder| !matches!(*folder, "" | "." | ".."))
}

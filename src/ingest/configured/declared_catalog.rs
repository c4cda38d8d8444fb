//! The MCP pin file: which tools a server was declared to have before it was ever asked.
//!
//! ```json
//! {"diptychPin": 1, "server": "crm", "tools": ["lookup", {"name": "export", "inputSchema": {}}]}
//! ```
//!
//! A tool given by name alone pins that it exists; one given in full pins its definition.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::domain::configured::{Configured, DeclaredCatalog, Provisioning, ToolDefinition};
use crate::domain::{Discipline, Problem, ProblemKind, Record, Text};
use crate::ingest::tool_definition::tool_definition;
use crate::ingest::{Document, Format, Side, Sink, location};

pub const FORMAT: Format = Format {
    id: "mcp-pin",
    title: "MCP pin file",
    side: Side::Configured,
    says: &[(Discipline::Model, "the tools declared for a server, with their digests")],
    coverage: "the instant at which it was pinned",
    recognises: |shape| shape.has("diptychPin"),
    read,
};

/// The version of the format that is read.
const VERSION: u64 = 1;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pin<'a> {
    diptych_pin: u64,
    server: Text,
    #[serde(borrow)]
    tools: Vec<&'a RawValue>,
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(pin) = document.parse::<Pin<'_>>(sink) else { return };
    if pin.diptych_pin != VERSION {
        let message =
            format!("pin version {} is not read; this program reads {VERSION}", pin.diptych_pin);
        return sink.problem(document.problem(ProblemKind::Unsupported, message));
    }
    let mut tools = Vec::new();
    for (index, json) in pin.tools.iter().enumerate() {
        match tool(json.get()) {
            Some(tool) => tools.push(tool),
            None => {
                let problem = document
                    .problem(ProblemKind::Malformed, "neither a name nor a tool definition");
                let at = location::beneath(&document.at, &format!("/tools/{index}"));
                sink.problem(Problem { at, ..problem });
            }
        }
    }
    sink.record(Record {
        realm: Text::default(),
        at: None,
        provisioning: Provisioning::default(),
        place: document.place(),
        body: Configured::DeclaredCatalog(DeclaredCatalog {
            server: pin.server,
            tools,
            ..DeclaredCatalog::default()
        }),
    });
}

fn tool(json: &str) -> Option<ToolDefinition> {
    match serde_json::from_str::<Text>(json) {
        Ok(name) => Some(ToolDefinition { name, ..ToolDefinition::default() }),
        Err(_) => tool_definition(json),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::read_text;
    use super::*;

    #[test]
    fn names_and_definitions() {
        let found = read_text(
            "pin.json",
            r#"{"diptychPin":1,"server":"crm","tools":["a",{"name":"b","inputSchema":{}},7]}"#,
        );
        let [record] = found.records.as_slice() else { unreachable!("one record") };
        let Configured::DeclaredCatalog(catalog) = &record.body else { unreachable!("a catalog") };
        let tools: Vec<_> =
            catalog.tools.iter().map(|t| (t.name.raw(), t.digest.is_empty())).collect();
        assert_eq!((catalog.server.raw(), tools), ("crm", vec![("a", true), ("b", false)]));
        let places: Vec<_> = found.problems.iter().map(|problem| problem.at.to_string()).collect();
        assert_eq!(places, [":/tools/2"]);
    }

    #[test]
    fn a_later_version_is_not_guessed_at() {
        let found = read_text("pin.json", r#"{"diptychPin":2,"server":"crm","tools":[]}"#);
        let kinds: Vec<_> = found.problems.iter().map(|problem| problem.kind).collect();
        assert_eq!((found.records.len(), kinds), (0, vec![ProblemKind::Unsupported]));
    }
}

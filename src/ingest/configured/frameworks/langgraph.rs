//! LangGraph: `langgraph.json`, the graphs of a deployment.

use crate::domain::configured::{AgentDeclaration, Configured};
use crate::domain::{Discipline, ProblemKind, Text};
use crate::ingest::configured::reading::{Reading, members, pointer, text};
use crate::ingest::{Document, Format, Side, Sink};

pub const FORMAT: Format = Format {
    id: "langgraph",
    title: "LangGraph deployment",
    side: Side::Configured,
    says: &[(Discipline::Behavior, "the graphs that are deployed as agents")],
    coverage: "names only: tools, models and edges are in the code that the file points to",
    recognises: |shape| {
        shape.has("graphs") && (shape.has("dependencies") || shape.file_name == "langgraph.json")
    },
    read,
};

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some((mut reading, root)) = Reading::begin(document, sink) else { return };
    for (name, graph) in members(&root, "graphs") {
        let at = pointer("/graphs", name);
        let described = graph.as_object();
        let code = graph.as_str().map(Text::from).or_else(|| text(described?, "path"));
        if code.is_none() {
            reading.problem(&at, ProblemKind::MissingField, "the graph names no code");
            continue;
        }
        let declaration = AgentDeclaration {
            kind: "LangGraph graph".into(),
            framework: Some("langgraph".into()),
            name: name.as_str().into(),
            purpose: described.and_then(|graph| text(graph, "description")),
            ..AgentDeclaration::default()
        };
        reading.record(&at, Configured::AgentDeclaration(declaration));
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use crate::ingest::configured::tests::read_text;

    #[test]
    fn graphs_are_agents() {
        check(
            "langgraph.json",
            r#"{"dependencies":["."],"graphs":{"desk":"./a.py:graph","b":{"path":"./b.py:g","description":"d"}}}"#,
            &["b - [] -> []", "desk - [] -> []"],
        );
        let found = read_text("langgraph.json", r#"{"graphs":{"x":7}}"#);
        assert_eq!((found.records.len(), found.problems.len()), (0, 1));
    }
}

//! Dify: exported apps (`kind: app`) that are agents.

use serde_json::Value;

use crate::domain::configured::{AgentDeclaration, Configured};
use crate::domain::{Discipline, ProblemKind, Text};
use crate::ingest::configured::reading::{
    Object, Reading, digest, flag, items, object, text, text_of,
};
use crate::ingest::{Document, Format, Side, Sink};

pub const FORMAT: Format = Format {
    id: "dify",
    title: "Dify app",
    side: Side::Configured,
    says: &[
        (
            Discipline::Behavior,
            "tools that are switched on, of the app or of its agent and tool nodes",
        ),
        (Discipline::Model, "the model"),
    ],
    coverage: "one exported app; plugins and credentials are kept by the platform",
    recognises: |shape| shape.is_kind("app") && shape.has("app"),
    read,
};

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some((mut reading, root)) = Reading::begin(document, sink) else { return };
    let none = Object::new();
    let app = object(&root, "app").unwrap_or(&none);
    let Some(name) = text(app, "name") else {
        return reading.problem("/app", ProblemKind::MissingField, "the app has no name");
    };
    let config = object(&root, "model_config").unwrap_or(&none);
    let mode = object(config, "agent_mode").unwrap_or(&none);
    let listed = items(mode, "tools").filter_map(|(_, tool)| tool.as_object());
    let listed = listed.filter(|tool| flag(tool, "enabled") != Some(false));
    let graph = object(&root, "workflow").and_then(|workflow| object(workflow, "graph"));
    let nodes = graph.into_iter().flat_map(|graph| items(graph, "nodes"));
    let nodes = nodes.filter_map(|(_, node)| node.get("data").and_then(Value::as_object));
    let in_nodes = nodes.filter(|node| text(node, "type").is_some_and(|kind| kind == "tool"));
    let declaration = AgentDeclaration {
        kind: text(app, "mode")
            .map_or_else(|| "Dify app".into(), |mode| format!("Dify {}", mode.raw()).into()),
        framework: Some("dify".into()),
        name,
        purpose: text(app, "description"),
        model: object(config, "model").and_then(|model| text(model, "name")),
        tools: listed.chain(in_nodes).filter_map(tool).collect(),
        instructions: digest(config, "pre_prompt"),
        ..AgentDeclaration::default()
    };
    reading.record("", Configured::AgentDeclaration(declaration));
}

fn tool(tool: &Object) -> Option<(Option<Text>, Text)> {
    let provider = text_of(tool, &["provider_name", "provider_id"]);
    Some((provider, text(tool, "tool_name")?))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use crate::ingest::configured::tests::read_text;

    #[test]
    fn apps_with_tools() {
        check(
            "app.yml",
            "
kind: app
version: 0.3.0
app: {name: desk, mode: agent-chat}
model_config:
  model: {name: m, provider: p}
  agent_mode:
    tools:
    - {enabled: true, provider_name: web, tool_name: search}
    - {enabled: false, provider_name: web, tool_name: post}
",
            &["desk m [web/search] -> []"],
        );
        check(
            "app.yml",
            "
kind: app
app: {name: flow, mode: workflow}
workflow: {graph: {nodes: [{data: {type: tool, provider_id: crm, tool_name: export}}, {data: {type: llm}}, 7]}}
",
            &["flow - [crm/export] -> []"],
        );
        let found = read_text("app.yml", "kind: app\napp: {}\n");
        assert_eq!((found.records.len(), found.problems.len()), (0, 1));
    }
}

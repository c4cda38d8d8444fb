//! Google Agent Development Kit: agent configuration files (`root_agent.yaml` and the files it names).

use crate::domain::configured::{AgentDeclaration, Configured};
use crate::domain::{Discipline, ProblemKind};
use crate::ingest::configured::reading::{Object, Reading, digest, items, object, text, text_of};
use crate::ingest::{Document, Format, Side, Sink};

pub const FORMAT: Format = Format {
    id: "google-adk",
    title: "Google ADK agent configuration",
    side: Side::Configured,
    says: &[
        (Discipline::Behavior, "tools and sub-agents"),
        (Discipline::Model, "the model and the digest of the instructions"),
    ],
    coverage: "one agent; sub-agents stand in files of their own, callbacks in code",
    recognises: |shape| {
        let is_root = shape.file_name.starts_with("root_agent.");
        shape.has("agent_class") || (is_root && shape.has("name") && shape.has("instruction"))
    },
    read,
};

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some((mut reading, root)) = Reading::begin(document, sink) else { return };
    let Some(name) = text(&root, "name") else {
        return reading.problem("", ProblemKind::MissingField, "the agent has no `name`");
    };
    let objects = |key| items(&root, key).filter_map(|(_, item)| item.as_object());
    let tools = objects("tools").flat_map(|tool| {
        let server = object(tool, "args").filter(|args| is_mcp(args)).and(text(tool, "name"));
        match server {
            Some(toolset) => Some((Some(toolset), "*".into())),
            None => text_of(tool, &["name", "type"]).map(super::tool),
        }
    });
    // By file or by code; a file is known by its name without the ending.
    let targets = objects("sub_agents").filter_map(|agent| {
        let named = text_of(agent, &["name", "code", "config_path"])?;
        let stem = named.raw().rsplit('/').next().unwrap_or_default();
        Some([".yaml", ".yml"].iter().find_map(|end| stem.strip_suffix(end)).unwrap_or(stem).into())
    });
    let declaration = AgentDeclaration {
        kind: text(&root, "agent_class")
            .map_or_else(|| "ADK agent".into(), |class| format!("ADK {}", class.raw()).into()),
        framework: Some("google-adk".into()),
        name,
        purpose: text(&root, "description"),
        model: text(&root, "model"),
        tools: tools.collect(),
        delegates_to: targets.collect(),
        instructions: digest(&root, "instruction"),
        ..AgentDeclaration::default()
    };
    reading.record("", Configured::AgentDeclaration(declaration));
}

/// Whether a toolset's arguments name an MCP server.
fn is_mcp(args: &Object) -> bool {
    args.keys().any(|key| key.ends_with("_server_params") || key.ends_with("connection_params"))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use crate::ingest::configured::tests::read_text;

    #[test]
    fn an_agent_with_tools_and_sub_agents() {
        check(
            "root_agent.yaml",
            "
agent_class: LlmAgent
name: desk
model: m
instruction: Help.
tools:
- name: google_search
- name: MCPToolset
  args: {stdio_server_params: {command: npx}}
sub_agents:
- config_path: ./agents/refund_agent.yaml
- code: desk.escalate
",
            &["desk m [google_search MCPToolset/*] -> [refund_agent desk.escalate]"],
        );
        check("root_agent.yaml", "name: a\ninstruction: x\n", &["a - [] -> []"]);
        let found = read_text("a.yaml", "agent_class: LlmAgent\n");
        assert_eq!((found.records.len(), found.problems.len()), (0, 1));
    }
}

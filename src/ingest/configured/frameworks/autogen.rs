//! AutoGen and AG2: serialised components (`provider`, `component_type`, `config`), teams with their
//! agents inside.

use serde_json::Value;

use super::tool;
use crate::domain::configured::{AgentDeclaration, Configured};
use crate::domain::{Discipline, ProblemKind, Text};
use crate::ingest::configured::reading::{Object, Reading, digest, items, object, text, text_of};
use crate::ingest::{Document, Format, Side, Sink};

pub const FORMAT: Format = Format {
    id: "autogen",
    title: "AutoGen components",
    side: Side::Configured,
    says: &[
        (Discipline::Behavior, "tools, workbenches and hand-offs of each agent of a team"),
        (Discipline::Model, "the model of each agent"),
    ],
    coverage: "one serialised team; tools of an MCP workbench are known only to its server",
    recognises: |shape| shape.has("provider") && shape.has("component_type") && shape.has("config"),
    read,
};

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some((mut reading, root)) = Reading::begin(document, sink) else { return };
    // Teams hold teams: a stack instead of recursion.
    let mut open = vec![(String::new(), &root)];
    while let Some((at, component)) = open.pop() {
        let Some(config) = object(component, "config") else {
            reading.problem(&at, ProblemKind::MissingField, "the component has no `config`");
            continue;
        };
        if text(component, "component_type").is_some_and(|kind| kind == "agent") {
            agent(&mut reading, &at, component, config);
        }
        let inner = items(config, "participants").filter_map(|(index, participant)| {
            Some((format!("{at}/config/participants/{index}"), participant.as_object()?))
        });
        let inner: Vec<_> = inner.collect();
        open.extend(inner.into_iter().rev());
    }
}

fn agent(reading: &mut Reading<'_>, at: &str, component: &Object, config: &Object) {
    let Some(name) = text(config, "name").or_else(|| text(component, "label")) else {
        return reading.problem(at, ProblemKind::MissingField, "the agent has no name");
    };
    let model = object(config, "model_client").and_then(|client| object(client, "config"));
    let listed = items(config, "tools").filter_map(|(_, tool)| tool_name(tool)).map(tool);
    let declaration = AgentDeclaration {
        kind: "AutoGen agent".into(),
        framework: Some("autogen".into()),
        name,
        purpose: text_of(config, &["description"]).or_else(|| text(component, "description")),
        model: model.and_then(|model| text(model, "model")),
        tools: listed.chain(workbenches(config)).collect(),
        delegates_to: items(config, "handoffs").filter_map(|(_, target)| handoff(target)).collect(),
        instructions: digest(config, "system_message"),
        ..AgentDeclaration::default()
    };
    reading.record(at, Configured::AgentDeclaration(declaration));
}

fn tool_name(tool: &Value) -> Option<Text> {
    let component = tool.as_object()?;
    let named = object(component, "config").and_then(|config| text(config, "name"));
    // A tool without a name of its own is known by its class.
    named.or_else(|| {
        let provider = text(component, "provider")?;
        Some(provider.raw().rsplit('.').next().unwrap_or_default().into())
    })
}

/// Tools of workbenches: listed in a static one, all that its server has in one for MCP.
fn workbenches(config: &Object) -> Vec<(Option<Text>, Text)> {
    let one = config.get("workbench").and_then(Value::as_object);
    let several = items(config, "workbench").filter_map(|(_, bench)| bench.as_object());
    let mut tools = Vec::new();
    for bench in one.into_iter().chain(several) {
        let Some(inner) = object(bench, "config") else { continue };
        tools.extend(items(inner, "tools").filter_map(|(_, tool)| tool_name(tool)).map(tool));
        if let Some(server) = object(inner, "server_params") {
            tools.push((text_of(server, &["url", "command"]), "*".into()));
        }
    }
    tools
}

fn handoff(target: &Value) -> Option<Text> {
    target.as_str().map(Text::from).or_else(|| text(target.as_object()?, "target"))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use crate::ingest::configured::tests::read_text;

    #[test]
    fn a_team_and_its_agents() {
        check(
            "team.json",
            r#"{"provider":"autogen_agentchat.teams.Swarm","component_type":"team","config":{"participants":[
              {"provider":"autogen_agentchat.agents.AssistantAgent","component_type":"agent","config":{
                "name":"a","system_message":"s","handoffs":["b",{"target":"c"}],
                "model_client":{"provider":"x","config":{"model":"m","api_key":"secret"}},
                "tools":[{"provider":"autogen_core.tools.FunctionTool","config":{"name":"t"}},
                  {"provider":"autogen_ext.tools.code_execution.PythonCodeExecutionTool","config":{}}]}},
              {"provider":"p","component_type":"agent","label":"b","config":{
                "workbench":[{"provider":"autogen_ext.tools.mcp.McpWorkbench","config":{"server_params":{"command":"uvx"}}}]}}]}}"#,
            &["a m [t PythonCodeExecutionTool] -> [b c]", "b - [uvx/*] -> []"],
        );
    }

    #[test]
    fn broken_components_are_said_so() {
        let found = read_text(
            "team.json",
            r#"{"provider":"p","component_type":"team","config":{"participants":[
              {"component_type":"agent"},{"component_type":"agent","config":{}}]}}"#,
        );
        let places: Vec<_> = found.problems.iter().map(|problem| problem.at.to_string()).collect();
        assert_eq!(places, [":/config/participants/0", ":/config/participants/1"]);
    }
}

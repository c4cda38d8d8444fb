//! Agents: declared ones, sandboxed ones, harnesses and the templates that harnesses run.

use serde::Deserialize;

use super::super::kubernetes::{Metadata, Scope, record, specified};
use super::PLATFORM;
use crate::domain::Text;
use crate::domain::configured::{AgentDeclaration, Configured};
use crate::ingest::json::nullable;
use crate::ingest::{Document, Sink};

#[derive(Deserialize)]
struct Agent {
    kind: Text,
    metadata: Metadata,
    #[serde(default)]
    spec: Option<AgentSpec>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AgentSpec {
    #[serde(default)]
    description: Option<Text>,
    #[serde(default)]
    declarative: Option<Declarative>,
    /// `v1alpha1` and templates declare without a part of its own.
    #[serde(default, deserialize_with = "nullable")]
    tools: Vec<Tool>,
    #[serde(default, alias = "modelConfigRef")]
    model_config: Option<Reference>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Declarative {
    #[serde(default, deserialize_with = "nullable")]
    tools: Vec<Tool>,
    #[serde(default)]
    model_config: Option<Reference>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tool {
    #[serde(default)]
    mcp_server: Option<ToolServer>,
    #[serde(default)]
    mcp: Option<TemplateServer>,
    #[serde(default)]
    agent: Option<SubAgent>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ToolServer {
    #[serde(default, alias = "toolServer")]
    name: Option<Text>,
    #[serde(default, deserialize_with = "nullable")]
    tool_names: Vec<Text>,
}

#[derive(Deserialize)]
struct TemplateServer {
    server: Reference,
    #[serde(default, deserialize_with = "nullable")]
    tools: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SubAgent {
    #[serde(default, alias = "ref")]
    name: Option<Text>,
    /// The agent itself, where `name` is only what it is called here.
    #[serde(default)]
    template_ref: Option<Reference>,
}

/// Another object: by name alone, or as an object that names it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Reference {
    Name(Text),
    Object { name: Text },
}

impl Reference {
    fn into_name(self) -> Text {
        match self {
            Self::Name(name) | Self::Object { name } => name,
        }
    }
}

/// What a declarative agent uses that names no model (`DeclarativeAgentSpec.modelConfig`).
const DEFAULT_MODEL: &str = "default-model-config";

pub fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(Agent { kind, metadata, spec }) = document.parse(sink) else { return };
    let Some(spec) = specified(document, spec, sink) else { return };
    let is_declarative = spec.declarative.is_some();
    let declarative = spec.declarative.unwrap_or_default();
    let mut tools = Vec::new();
    let mut delegates_to = Vec::new();
    for tool in declarative.tools.into_iter().chain(spec.tools) {
        let by_name = tool.mcp_server.map(|server| (server.name, server.tool_names));
        let by_template = tool.mcp.map(|mcp| (Some(mcp.server.into_name()), mcp.tools));
        if let Some((server, mut names)) = by_name.or(by_template) {
            if names.is_empty() {
                // A server without a list of tools gives them all.
                names.push("*".into());
            }
            tools.extend(names.into_iter().map(|name| (server.clone(), name)));
        }
        delegates_to.extend(
            tool.agent.and_then(|of| of.template_ref.map(Reference::into_name).or(of.name)),
        );
    }
    let model = declarative.model_config.or(spec.model_config).map(Reference::into_name);
    let model = model.filter(|name| !name.is_empty());
    record(
        document,
        &metadata,
        Scope::Namespaced,
        |meta| {
            Configured::AgentDeclaration(AgentDeclaration {
                namespace: meta.namespace,
                // The controller names the Deployment after the agent. A template runs nowhere.
                workload: (kind != "AgentTemplate").then(|| meta.name.clone()),
                kind: format!("{PLATFORM} {}", kind.raw()).into(),
                name: meta.name,
                purpose: spec.description,
                model_configuration: model.or_else(|| is_declarative.then(|| DEFAULT_MODEL.into())),
                tools,
                delegates_to,
                ..AgentDeclaration::default()
            })
        },
        sink,
    );
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{body, only};
    use super::*;

    #[track_caller]
    fn agent(text: &str) -> AgentDeclaration {
        match body(only(text)) {
            Configured::AgentDeclaration(agent) => agent,
            other => unreachable!("an agent, not {other:?}"),
        }
    }

    fn tool(server: &str, name: &str) -> (Option<Text>, Text) {
        (Some(server.into()), name.into())
    }

    #[test]
    fn tools_and_sub_agents() {
        let agent = agent(
            "
apiVersion: kagent.dev/v1alpha2
kind: Agent
metadata: {name: watcher, namespace: desk}
spec:
  description: Watches.
  declarative:
    tools:
    - type: McpServer
      mcpServer: {name: metrics, toolNames: [query, list]}
    - type: McpServer
      mcpServer: {name: all}
    - type: Agent
      agent: {name: helper}
",
        );
        assert_eq!(
            agent.tools,
            [tool("metrics", "query"), tool("metrics", "list"), tool("all", "*")]
        );
        assert_eq!(agent.delegates_to, ["helper"]);
        assert_eq!((agent.kind.raw(), agent.workload), ("kagent Agent", Some("watcher".into())));
        assert_eq!(agent.model_configuration, Some("default-model-config".into()));
        assert_eq!((agent.namespace.raw(), agent.purpose), ("desk", Some("Watches.".into())));
    }

    #[test]
    fn the_older_form() {
        let agent = agent(
            r#"{"apiVersion":"kagent.dev/v1alpha1","kind":"Agent","metadata":{"name":"a"},
            "spec":{"modelConfig":"m","tools":[{"mcpServer":{"toolServer":"s","toolNames":["t"]}},
            {"agent":{"ref":"ns/b"}}]}}"#,
        );
        assert_eq!(agent.tools, [tool("s", "t")]);
        assert_eq!(agent.delegates_to, ["ns/b"]);
        assert_eq!(agent.model_configuration, Some("m".into()));
    }

    #[test]
    fn templates_and_harnesses() {
        let template = agent(
            r#"{"apiVersion":"kagent.dev/v1alpha3","kind":"AgentTemplate","metadata":{"name":"t"},
            "spec":{"modelConfig":{"name":"m"},"tools":[
            {"mcp":{"server":{"kind":"RemoteMCPServer","name":"s"},"tools":["x"]}},
            {"agent":{"name":"called","templateRef":{"name":"other"}}}]}}"#,
        );
        assert_eq!((template.tools, template.workload), (vec![tool("s", "x")], None));
        assert_eq!(template.delegates_to, ["other"]);
        assert_eq!(template.model_configuration, Some("m".into()));
        let harness = agent(
            r#"{"apiVersion":"kagent.dev/v1alpha2","kind":"AgentHarness","metadata":{"name":"h"},
            "spec":{"backend":"vm","modelConfigRef":"m"}}"#,
        );
        assert_eq!(harness.kind, "kagent AgentHarness");
        assert_eq!(harness.model_configuration, Some("m".into()));
    }
}

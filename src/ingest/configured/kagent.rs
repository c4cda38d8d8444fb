//! kagent resources: agents with their tools and sub-agents, and the MCP servers that they use.

use serde::Deserialize;

use super::kubernetes::{Metadata, Scope, kind, record};
use super::mcp_package;
use crate::domain::configured::{AgentDeclaration, Configured, McpServer};
use crate::domain::{Discipline, Text};
use crate::ingest::json::nullable;
use crate::ingest::{Document, Format, Side, Sink};

pub const FORMAT: Format = Format {
    id: "kagent",
    title: "kagent agents and MCP servers",
    side: Side::Configured,
    says: &[(Discipline::Behavior, "declared agents, their tools and whom they hand over to")],
    coverage: "what was declared; the model stands in another object",
    recognises: |shape| {
        shape.in_group("kagent.dev") && KINDS.iter().any(|(kind, _)| shape.is_kind(kind))
    },
    read,
};

type ReadKind = fn(&Document<'_>, &mut dyn Sink);

const KINDS: &[(&str, ReadKind)] = &[
    ("Agent", agent),
    ("SandboxAgent", agent),
    ("RemoteMCPServer", mcp_server),
    ("MCPServer", mcp_server),
];

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(found) = kind(document, sink) else { return };
    if let Some((_, read)) = KINDS.iter().find(|(kind, _)| found == *kind) {
        read(document, sink);
    }
}

#[derive(Deserialize)]
struct Agent {
    metadata: Metadata,
    #[serde(default, deserialize_with = "nullable")]
    spec: AgentSpec,
}

#[derive(Default, Deserialize)]
struct AgentSpec {
    #[serde(default)]
    description: Option<Text>,
    #[serde(default, deserialize_with = "nullable")]
    declarative: Declarative,
    /// Before v1alpha2 the declaration was not a part of its own.
    #[serde(default, deserialize_with = "nullable")]
    tools: Vec<Tool>,
}

#[derive(Default, Deserialize)]
struct Declarative {
    #[serde(default, deserialize_with = "nullable")]
    tools: Vec<Tool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tool {
    #[serde(default)]
    mcp_server: Option<ToolServer>,
    #[serde(default)]
    agent: Option<Reference>,
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
struct Reference {
    #[serde(default, alias = "ref")]
    name: Option<Text>,
}

fn agent(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(Agent { metadata, spec }) = document.parse(sink) else { return };
    let mut tools = Vec::new();
    let mut delegates_to = Vec::new();
    for tool in spec.declarative.tools.into_iter().chain(spec.tools) {
        if let Some(server) = tool.mcp_server {
            // A server without a list of tools gives them all.
            let names = match server.tool_names.is_empty() {
                true => vec!["*".into()],
                false => server.tool_names,
            };
            tools.extend(names.into_iter().map(|name| (server.name.clone(), name)));
        }
        delegates_to.extend(tool.agent.and_then(|agent| agent.name));
    }
    record(
        document,
        &metadata,
        Scope::Namespaced,
        |meta| {
            Configured::AgentDeclaration(AgentDeclaration {
                kind: "kagent Agent".into(),
                namespace: meta.namespace,
                // The controller names the Deployment after the agent.
                workload: Some(meta.name.clone()),
                name: meta.name,
                purpose: spec.description,
                environment: None,
                // `modelConfig` names another object, not a model: nothing is declared here.
                model: None,
                tools,
                delegates_to,
                ..AgentDeclaration::default()
            })
        },
        sink,
    );
}

#[derive(Deserialize)]
struct Server {
    metadata: Metadata,
    #[serde(default, deserialize_with = "nullable")]
    spec: ServerSpec,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ServerSpec {
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    protocol: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    headers_from: Vec<Header>,
    #[serde(default)]
    transport_type: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    deployment: Deployment,
}

#[derive(Deserialize)]
struct Header {
    #[serde(default)]
    name: Option<Text>,
}

#[derive(Default, Deserialize)]
struct Deployment {
    #[serde(default)]
    image: Option<String>,
    #[serde(default)]
    cmd: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    args: Vec<String>,
}

fn mcp_server(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(Server { metadata, spec }) = document.parse(sink) else { return };
    let protocol = spec.protocol.or(spec.transport_type).unwrap_or_default().to_ascii_lowercase();
    let transport = match (protocol.as_str(), &spec.url) {
        ("sse", _) => "sse",
        ("stdio", _) => "stdio",
        (_, Some(_)) => "http",
        (_, None) => "stdio",
    };
    let Deployment { image, cmd, args } = spec.deployment;
    let command: Vec<&str> =
        cmd.iter().chain(&args).flat_map(|word| word.split_whitespace()).collect();
    let (endpoint, pinned) = match (&spec.url, &image) {
        (Some(url), _) => (document.masker().address(url), true),
        (None, _) if !command.is_empty() => (
            document.masker().command_line(command.iter().copied()),
            mcp_package::is_pinned(&command),
        ),
        (None, Some(image)) => (image.clone(), mcp_package::is_pinned(&["docker", "run", image])),
        (None, None) => (String::new(), true),
    };
    record(
        document,
        &metadata,
        Scope::Namespaced,
        |meta| {
            Configured::McpServer(McpServer {
                client: "kagent".into(),
                server: meta.name,
                transport: transport.into(),
                endpoint: endpoint.into(),
                secret_names: spec.headers_from.into_iter().filter_map(|h| h.name).collect(),
                allowed_tools: None,
                denied_tools: Vec::new(),
                pinned,
                ..McpServer::default()
            })
        },
        sink,
    );
}

#[cfg(test)]
mod tests {
    use super::super::tests::{body, only};
    use super::*;

    #[test]
    fn tools_and_sub_agents() {
        let Configured::AgentDeclaration(agent) = body(only(
            "
apiVersion: kagent.dev/v1alpha2
kind: Agent
metadata: {name: watcher, namespace: desk}
spec:
  description: Watches.
  declarative:
    modelConfig: default
    tools:
    - type: McpServer
      mcpServer: {name: metrics, toolNames: [query, list]}
    - type: McpServer
      mcpServer: {name: all}
    - type: Agent
      agent: {name: helper}
",
        )) else {
            unreachable!("an agent");
        };
        let tool = |server: &str, name: &str| (Some(server.into()), name.into());
        assert_eq!(
            agent.tools,
            [tool("metrics", "query"), tool("metrics", "list"), tool("all", "*")]
        );
        assert_eq!(agent.delegates_to, ["helper"]);
        assert_eq!((agent.workload, agent.model), (Some("watcher".into()), None));
        assert_eq!((agent.namespace.raw(), agent.purpose), ("desk", Some("Watches.".into())));
    }

    #[test]
    fn the_older_form() {
        let Configured::AgentDeclaration(agent) = body(only(
            r#"{"apiVersion":"kagent.dev/v1alpha1","kind":"Agent","metadata":{"name":"a"},
            "spec":{"tools":[{"mcpServer":{"toolServer":"s","toolNames":["t"]}},
            {"agent":{"ref":"ns/b"}}]}}"#,
        )) else {
            unreachable!("an agent");
        };
        assert_eq!(agent.tools, [(Some("s".into()), "t".into())]);
        assert_eq!(agent.delegates_to, ["ns/b"]);
    }

    #[test]
    fn servers() {
        let server = |text: &str| match body(only(text)) {
            Configured::McpServer(server) => server,
            other => unreachable!("a server, not {other:?}"),
        };
        let remote = server(
            r#"{"apiVersion":"kagent.dev/v1alpha2","kind":"RemoteMCPServer","metadata":{"name":"r"},
            "spec":{"url":"http://r:8080/mcp","protocol":"STREAMABLE_HTTP","headersFrom":[{"name":"Authorization"}]}}"#,
        );
        assert_eq!((remote.transport.raw(), remote.endpoint.raw()), ("http", "http://r:8080/mcp"));
        assert_eq!(remote.secret_names, ["Authorization"]);
        let local = server(
            r#"{"apiVersion":"kagent.dev/v1alpha1","kind":"MCPServer","metadata":{"name":"l"},
            "spec":{"deployment":{"cmd":"npx","args":["-y","s"]},"transportType":"stdio"}}"#,
        );
        assert_eq!(
            (local.transport.raw(), local.endpoint.raw(), local.pinned),
            ("stdio", "npx -y s", false)
        );
    }
}

//! What agents are declared to use: tools, models, other agents, and the catalogs of their servers.

use std::collections::BTreeSet;

use super::{Estate, granted_by};
use crate::domain::configured::{AgentDeclaration, McpServer, PosturePolicy};
use crate::domain::grant::Attachment;
use crate::domain::{
    Agent, AgentKey, Bounds, Capability, Grant, Hop, ObjectRef, Pattern, Plane, Record, Route, Text,
};

/// Grants by declarations, posture policies, client configurations and declared catalogs. They stand
/// on the agent that the record names; the inner agents of a host inherit those of the host.
pub(super) fn grants(estate: &Estate, agents: &[Agent]) -> Vec<Grant> {
    let keys: BTreeSet<AgentKey> =
        agents.iter().flat_map(|agent| [agent.key.host(), agent.key.clone()]).collect();
    let mut grants = Vec::new();
    for key in &keys {
        if let Some((declaration, record)) = estate.own_declaration(key) {
            by_declaration(key, declaration, record, &mut grants);
        }
        if let Some((policy, record)) = estate.own_posture_policy(key) {
            by_posture_policy(key, policy, record, &mut grants);
        }
        for (server, record) in estate.mcp_servers(key) {
            by_client(key, server, record, &mut grants);
        }
        for server in own_servers(estate, key) {
            by_catalog(estate, key, &server, &mut grants);
        }
    }
    grants
}

impl Estate {
    /// The MCP servers that an agent, or its host, is configured or declared to use.
    pub(super) fn servers_of(&self, agent: &AgentKey) -> BTreeSet<Text> {
        let mut servers = own_servers(self, agent);
        servers.extend(own_servers(self, &agent.host()));
        servers
    }
}

fn own_servers(estate: &Estate, agent: &AgentKey) -> BTreeSet<Text> {
    let configured = estate.mcp_servers(agent);
    let mut servers: BTreeSet<Text> = configured.map(|(server, _)| server.server.clone()).collect();
    if let Some((declaration, _)) = estate.own_declaration(agent) {
        servers.extend(declaration.tools.iter().filter_map(|(server, _)| server.clone()));
    }
    servers
}

fn by_declaration(
    agent: &AgentKey,
    declaration: &AgentDeclaration,
    record: &Record,
    grants: &mut Vec<Grant>,
) {
    let kind = match declaration.kind.is_empty() {
        true => Text::from("agent declaration"),
        false => declaration.kind.clone(),
    };
    let object = ObjectRef::new(kind, declaration.namespace.clone(), declaration.name.clone());
    let tools = declaration.tools.iter().map(|(server, name)| {
        (Plane::Tools, Pattern::Tool { server: server.clone(), name: name.clone() })
    });
    let model = declaration
        .model
        .iter()
        .map(|name| (Plane::Models, Pattern::Model { name: name.clone(), digest: None }));
    let targets = declaration
        .delegates_to
        .iter()
        .map(|target| (Plane::Delegation, Pattern::Handoff { target: target.clone() }));
    let declared = tools.chain(model).chain(targets);
    grants.extend(
        declared.map(|(plane, pattern)| own(agent, plane, pattern, object.clone(), record)),
    );
}

fn by_posture_policy(
    agent: &AgentKey,
    policy: &PosturePolicy,
    record: &Record,
    grants: &mut Vec<Grant>,
) {
    let object = ObjectRef::new("posture policy", "", policy.agent_id.clone());
    grants.extend(policy.allowed_tools.iter().flatten().map(|name| {
        let pattern = Pattern::Tool { server: None, name: name.clone() };
        // The policy states a rule; nothing stops the agent from leaving it.
        Grant { enforced: false, ..own(agent, Plane::Tools, pattern, object.clone(), record) }
    }));
}

fn by_client(client: &AgentKey, server: &McpServer, record: &Record, grants: &mut Vec<Grant>) {
    let all = [Text::from("*")];
    let tools = server.allowed_tools.as_deref().unwrap_or(&all);
    grants.extend(tools.iter().map(|name| {
        let object = ObjectRef::new(
            "MCP client configuration",
            server.client.clone(),
            server.server.clone(),
        );
        let pattern = Pattern::Tool { server: Some(server.server.clone()), name: name.clone() };
        own(client, Plane::Tools, pattern, object, record)
    }));
}

fn by_catalog(estate: &Estate, agent: &AgentKey, server: &Text, grants: &mut Vec<Grant>) {
    let Some((catalog, record)) = estate.declared_catalog(server) else { return };
    let object = ObjectRef::new("declared catalog", "", server.clone());
    grants.extend(catalog.tools.iter().map(|tool| {
        let capability = Capability::McpTool {
            server: server.clone(),
            name: tool.name.clone(),
            digest: tool.digest.clone(),
        };
        own(agent, Plane::Catalog, Pattern::Exactly { capability }, object.clone(), record)
    }));
}

/// A grant by the agent's own file.
fn own(
    agent: &AgentKey,
    plane: Plane,
    pattern: Pattern,
    object: ObjectRef,
    record: &Record,
) -> Grant {
    let made = granted_by(record);
    Grant {
        holder: agent.clone(),
        pattern,
        plane,
        route: Route {
            hops: vec![Hop {
                object,
                attachment: Attachment::Own,
                place: Some(record.place.clone()),
            }],
        },
        bounds: Bounds::default(),
        enforced: true,
        platform_default: false,
        since: made.since,
        granted_by: made.granted_by,
        policy: made.policy,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{agent, estate, key, shown};
    use super::*;
    use crate::domain::Configured;
    use crate::domain::configured::{DeclaredCatalog, ToolDefinition};

    fn declaration(tools: &[(&str, &str)]) -> Configured {
        let tool = |(server, name): &(&str, &str)| (Some(Text::from(*server)), Text::from(*name));
        Configured::AgentDeclaration(AgentDeclaration {
            kind: "registry".into(),
            namespace: "agents".into(),
            name: "billing".into(),
            model: Some("gpt-4.1".into()),
            tools: tools.iter().map(tool).collect(),
            delegates_to: vec!["writer".into()],
            ..AgentDeclaration::default()
        })
    }

    fn catalog() -> Configured {
        let tool =
            ToolDefinition { name: "export".into(), digest: "ab".into(), ..Default::default() };
        Configured::DeclaredCatalog(DeclaredCatalog {
            server: "crm".into(),
            tools: vec![tool],
            ..DeclaredCatalog::default()
        })
    }

    fn client(client: &str, allowed: Option<&[&str]>) -> Configured {
        Configured::McpServer(McpServer {
            client: client.into(),
            server: "crm".into(),
            allowed_tools: allowed.map(|tools| tools.iter().map(|t| Text::from(*t)).collect()),
            ..McpServer::default()
        })
    }

    #[track_caller]
    fn check(bodies: Vec<Configured>, agents: &[AgentKey], expected: &[&str]) {
        let agents: Vec<Agent> = agents.iter().cloned().map(agent).collect();
        assert_eq!(shown(&grants(&estate(bodies), &agents)), expected);
    }

    #[test]
    fn declarations_grant_tools_models_and_delegation() {
        let expected = [
            "tool: crm/export | registry agents/billing",
            "model: gpt-4.1 | registry agents/billing",
            "handoff: writer | registry agents/billing",
            "mcp-tool: crm/export@ab | declared catalog crm",
        ];
        let bodies = || vec![declaration(&[("crm", "export")]), catalog()];
        check(bodies(), &[key("billing")], &expected);
        // Inner agents inherit from the host: the grants stand there, once.
        let inner = |name: &str| key("billing").with_inner(name);
        check(bodies(), &[inner("a"), inner("b")], &expected);
        check(bodies(), &[key("other")], &[]);
    }

    #[test]
    fn clients_grant_their_servers_tools() {
        let cursor = AgentKey::new("prod", "", "cursor");
        let through = "MCP client configuration cursor/crm";
        let cursor = std::slice::from_ref(&cursor);
        check(vec![client("cursor", None)], cursor, &[&format!("tool: crm/* | {through}")]);
        check(
            vec![client("cursor", Some(&["export"]))],
            cursor,
            &[&format!("tool: crm/export | {through}")],
        );
        check(vec![client("cursor", Some(&[]))], cursor, &[]);
    }

    #[test]
    fn posture_policies_are_not_enforced() {
        let policy = PosturePolicy {
            agent_id: "billing".into(),
            allowed_tools: Some(vec!["crm.export".into()]),
            ..PosturePolicy::default()
        };
        let estate = estate([Configured::PosturePolicy(policy)]);
        let grants = grants(&estate, &[agent(key("billing"))]);
        assert_eq!(shown(&grants), ["tool: crm.export | posture policy billing"]);
        assert!(grants.iter().all(|grant| !grant.enforced));
    }
}

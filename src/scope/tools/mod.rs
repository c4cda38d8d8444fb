//! What agents are declared and configured to use: tools, models, other agents, and the catalogs of
//! their servers.
//!
//! | file | adds |
//! |---|---|
//! | `declared.rs` | declarations of agents, posture policies, model configurations |
//! | `clients.rs` | MCP servers in client configurations, permission rules, extensions |
//! | `servers.rs` | declared catalogs, tools that a platform lets through, what a server itself may reach |
//! | `permission/` | what permission rules say of one call |

mod clients;
mod declared;
pub mod permission;
mod servers;

use std::collections::BTreeSet;

use petgraph::graph::NodeIndex;

use super::Estate;
use super::authority::{Authority, Edge};
use crate::domain::{AgentKey, Attachment, ObjectRef, Record, Text};

/// What stands on these agents themselves; the inner agents of a host inherit what stands on it.
pub(super) fn add(estate: &Estate, agents: &BTreeSet<AgentKey>, authority: &mut Authority) {
    let rules = clients::RulesByClient::of(estate);
    let platform = servers::Platform::of(estate);
    platform.add(authority);
    for agent in agents {
        declared::add(estate, agent, &platform, authority);
        clients::add(estate, agent, &rules, &platform, authority);
        servers::add(estate, agent, authority);
    }
}

/// An object of an agent's own that gives it something.
fn own(
    authority: &mut Authority,
    agent: &AgentKey,
    object: ObjectRef,
    record: &Record,
    edge: Edge,
) -> NodeIndex {
    let (from, to) = (authority.agent(agent), authority.granting(&record.realm, object));
    authority.loaded(to, record);
    authority.give(from, to, edge);
    to
}

/// The edge to an object that names the agent or is its own file.
fn held(rule: &'static str) -> Edge {
    Edge::held(Attachment::Own, rule)
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

#[cfg(test)]
mod tests;

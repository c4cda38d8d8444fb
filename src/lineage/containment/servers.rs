//! The MCP servers of an agent: those that its client is configured to use, those that its
//! declaration names, and those whose tools it called.

use std::collections::BTreeMap;

use super::Question;
use super::configured::standing;
use super::found::{Found, Holdings, Through, facts};
use crate::domain::containment::AccessKind;
use crate::domain::{Capability, Exercise, HopState, Text};
use crate::scope::Estate;

pub(super) fn add(question: &Question<'_>, holdings: &mut Holdings) {
    let agent = &question.subject.agent;
    let mut servers: BTreeMap<Text, Found> = BTreeMap::new();
    for (server, record) in question.estate.mcp_servers(&agent.host()) {
        let because = format!(
            "configured in {}: {} {}",
            record.place.file.visible(),
            server.transport.visible(),
            server.endpoint.visible()
        );
        let mut found = connection(question, &server.server, because);
        found.access.since = record.at;
        found.facts.insert("client", server.client.clone());
        servers.insert(server.server.clone(), found);
    }
    let declaration = question.estate.declaration(agent).map(|(declaration, _)| declaration);
    for (server, _) in declaration.iter().flat_map(|declaration| &declaration.tools) {
        let Some(server) = server else { continue };
        let because = "the declaration of the agent names its tools";
        servers
            .entry(server.clone())
            .or_insert_with(|| connection(question, server, because.to_owned()));
    }
    let called = question.exercises.iter().filter(|exercise| exercise.count > 0);
    for exercise in called {
        let is_own = exercise.agent == *agent || exercise.agent.host() == *agent;
        let Some(server) = server_of(question.estate, exercise).filter(|_| is_own) else {
            continue;
        };
        let because = "its tools were called; nothing that names it is loaded";
        let found = servers
            .entry(server.clone())
            .or_insert_with(|| connection(question, &server, because.to_owned()));
        let access = &mut found.access;
        access.known = HopState::Asserted;
        access.last_used = access.last_used.max(Some(exercise.last));
        access.since = Some(access.since.map_or(exercise.first, |since| since.min(exercise.first)));
    }
    holdings.live.extend(servers.into_values());
}

fn connection(question: &Question<'_>, server: &Text, because: String) -> Found {
    Found {
        access: standing(question, AccessKind::McpConnection, server, because),
        facts: facts([("server", Some(server))]),
        through: Through::Server(server.clone()),
    }
}

/// The server of a tool call: as the record names it, else the only one under which the declaration of
/// the agent lists a tool of this name.
pub(super) fn server_of(estate: &Estate, exercise: &Exercise) -> Option<Text> {
    let Capability::Tool { server, name } = &exercise.capability else { return None };
    if server.is_some() {
        return server.clone();
    }
    let (declaration, _) = estate.declaration(&exercise.agent)?;
    let mut servers = declaration.tools.iter().filter(|(_, tool)| tool == name);
    let (server, _) = servers.next()?;
    match servers.next() {
        None => server.clone(),
        Some(_) => None,
    }
}

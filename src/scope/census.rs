//! The census: every agent that is declared or has shown itself.

use std::collections::BTreeMap;

use super::Estate;
use crate::domain::configured::{AgentDeclaration, Configured, Record};
use crate::domain::{Agent, AgentKey, Attribution, EvidenceOfAgency, Principal, SeenAgent, Text};

/// Agents by configuration and by events, in the order of their keys.
///
/// A workload without evidence of agency is no agent. The host of inner agents is listed when it has
/// events of its own. Seen but not registered is a shadow agent; the configuration of an MCP client
/// makes an agent but registers none.
pub fn census(estate: &Estate, seen: &BTreeMap<AgentKey, SeenAgent>) -> Vec<Agent> {
    let seen = canonical(estate, seen);
    let mut agents: BTreeMap<AgentKey, Agent> = BTreeMap::new();
    for (key, evidence) in declared(estate, &seen) {
        let agent = agents.entry(key).or_insert_with_key(|key| unknown(key.clone()));
        agent.evidence.push(evidence);
    }
    let hosts: Vec<AgentKey> = seen
        .iter()
        .filter(|(key, seen)| key.inner.is_some() && !seen.evidence.is_empty())
        .map(|(key, _)| key.host())
        .collect();
    for (key, seen) in &seen {
        let hosts_agents = hosts.binary_search(key).is_ok() && seen.events > 0;
        if seen.evidence.is_empty() && !agents.contains_key(key) && !hosts_agents {
            continue;
        }
        let agent = agents.entry(key.clone()).or_insert_with_key(|key| unknown(key.clone()));
        agent.evidence.extend(&seen.evidence);
        agent.environment = seen.environment.clone();
        let principal = |name: &Text| principal(&key.realm, name);
        agent.principals.extend(seen.principals.iter().map(principal));
    }
    agents.into_values().map(|agent| describe(estate, agent)).collect()
}

/// What the events show, under the keys that the case uses.
fn canonical(
    estate: &Estate,
    seen: &BTreeMap<AgentKey, SeenAgent>,
) -> BTreeMap<AgentKey, SeenAgent> {
    let mut merged: BTreeMap<AgentKey, SeenAgent> = BTreeMap::new();
    for (key, seen) in seen {
        let entry = merged.entry(estate.canonical(key)).or_default();
        entry.evidence.extend(&seen.evidence);
        entry.events += seen.events;
        entry.principals.extend(seen.principals.iter().cloned());
        entry.environment = entry.environment.take().or_else(|| seen.environment.clone());
    }
    merged
}

/// Agents that the configured side names, with the evidence that it is.
fn declared(
    estate: &Estate,
    seen: &BTreeMap<AgentKey, SeenAgent>,
) -> Vec<(AgentKey, EvidenceOfAgency)> {
    let mut declared = Vec::new();
    for record in estate.records() {
        match &record.body {
            Configured::AgentDeclaration(declaration) => {
                let evidence = match declaration.kind.raw().contains("Agent") {
                    true => EvidenceOfAgency::AgentResource,
                    false => EvidenceOfAgency::Declaration,
                };
                declared.push((declared_key(estate, declaration, record, seen), evidence));
            }
            Configured::PosturePolicy(policy) => {
                let key = policy_key(estate, &policy.agent_id, record, seen);
                declared.push((key, EvidenceOfAgency::Declaration));
            }
            _ => {}
        }
    }
    let clients = estate.mcp_clients().cloned();
    declared.extend(clients.map(|client| (client, EvidenceOfAgency::McpConnection)));
    declared
}

fn declared_key(
    estate: &Estate,
    declaration: &AgentDeclaration,
    record: &Record,
    seen: &BTreeMap<AgentKey, SeenAgent>,
) -> AgentKey {
    let realm = record.realm.clone();
    let host = declaration.workload.as_ref().unwrap_or(&declaration.name);
    let key = AgentKey::new(realm, declaration.namespace.clone(), host.clone());
    let key = estate.canonical(&key);
    let inner = key.clone().with_inner(declaration.name.clone());
    if estate.is_one_of_several(declaration)
        || seen.contains_key(&inner) && *host != declaration.name
    {
        return inner;
    }
    match declaration.workload.is_none() && is_unknown(estate, &key, seen) {
        true => only_inner(&declaration.name, &declaration.namespace, seen).unwrap_or(key),
        false => key,
    }
}

/// The agent of a posture policy: the one seen under any spelling of its id, else a key made of it.
fn policy_key(
    estate: &Estate,
    agent_id: &Text,
    record: &Record,
    seen: &BTreeMap<AgentKey, SeenAgent>,
) -> AgentKey {
    let parts: Vec<&str> = agent_id.raw().split('/').collect();
    let key = match (parts.as_slice(), AgentKey::from_stored(agent_id.raw())) {
        ([namespace, name], _) => AgentKey::new(record.realm.clone(), *namespace, *name),
        ([_, _, _, ..], Some(key)) => key,
        _ => AgentKey::new(record.realm.clone(), "", agent_id.clone()),
    };
    let key = estate.canonical(&key);
    match key.inner.is_none() && is_unknown(estate, &key, seen) {
        true => only_inner(&key.name, &key.space, seen).unwrap_or(key),
        false => key,
    }
}

fn is_unknown(estate: &Estate, key: &AgentKey, seen: &BTreeMap<AgentKey, SeenAgent>) -> bool {
    estate.workload(key).is_none() && !seen.contains_key(key)
}

/// The one inner agent of this name that was seen.
fn only_inner(name: &Text, space: &Text, seen: &BTreeMap<AgentKey, SeenAgent>) -> Option<AgentKey> {
    let mut named = seen.keys().filter(|key| {
        key.inner.as_ref() == Some(name) && super::estate::same_or_unnamed(space, &key.space)
    });
    let first = named.next()?;
    named.next().is_none().then(|| first.clone())
}

fn unknown(key: AgentKey) -> Agent {
    Agent {
        key,
        evidence: Vec::new(),
        registered: false,
        owner: None,
        purpose: None,
        environment: None,
        principals: Vec::new(),
    }
}

/// Fills in what the configured side says of the agent.
fn describe(estate: &Estate, mut agent: Agent) -> Agent {
    let declaration = estate.declaration(&agent.key);
    let policy = estate.posture_policy(&agent.key);
    agent.registered = declaration.is_some() || policy.is_some();
    let owner = |record: &Record| record.provisioning.owner.clone();
    let records = [
        declaration.map(|(_, record)| record),
        policy.map(|(_, record)| record),
        estate.workload(&agent.key),
    ];
    agent.owner = records.into_iter().flatten().find_map(owner);
    if let Some((declaration, _)) = declaration {
        agent.purpose = declaration.purpose.clone();
        agent.environment = declaration.environment.clone().or(agent.environment);
    }
    if let Some(account) = estate.service_account(&agent.key) {
        agent.principals.push(Principal::ServiceAccount {
            realm: agent.key.realm.clone(),
            namespace: agent.key.space.clone(),
            name: account.clone(),
        });
    }
    agent.principals.sort();
    agent.principals.dedup();
    agent.evidence.sort();
    agent.evidence.dedup();
    agent
}

/// The principal behind a name in its source's spelling.
fn principal(realm: &Text, name: &Text) -> Principal {
    match name.raw().starts_with("arn:") {
        true => Principal::CloudRole { arn: name.clone() },
        false => Principal::from_kubernetes_user(realm, name),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{estate, key, record, workload};
    use super::*;
    use crate::domain::configured::{McpServer, PosturePolicy};

    fn seen(evidence: &[EvidenceOfAgency]) -> SeenAgent {
        SeenAgent { evidence: evidence.to_vec(), events: 3, ..SeenAgent::default() }
    }

    fn registry(name: &str, workload: Option<&str>) -> Configured {
        Configured::AgentDeclaration(AgentDeclaration {
            kind: "registry".into(),
            namespace: "agents".into(),
            name: name.into(),
            workload: workload.map(Text::from),
            ..AgentDeclaration::default()
        })
    }

    #[track_caller]
    fn check(bodies: Vec<Configured>, events: &[(AgentKey, SeenAgent)], expected: &[&str]) {
        let agents = census(&estate(bodies), &events.iter().cloned().collect());
        let show = |agent: &Agent| {
            let registered = if agent.registered { "registered" } else { "shadow" };
            let evidence: Vec<String> = agent.evidence.iter().map(ToString::to_string).collect();
            format!("{} {registered} {}", agent.key.visible(), evidence.join("+"))
        };
        assert_eq!(agents.iter().map(show).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn agents_are_declared_or_show_themselves() {
        let span = EvidenceOfAgency::GenAiSpan;
        let deployment = |name| workload("Deployment", "agents", name);
        check(vec![deployment("plain")], &[(key("plain"), seen(&[]))], &[]);
        check(
            vec![deployment("shadow")],
            &[(AgentKey::new("", "", "shadow"), seen(&[span]))],
            &["prod/agents/shadow shadow GenAI span"],
        );
        check(
            vec![deployment("billing"), registry("Billing", Some("billing"))],
            &[(key("billing"), seen(&[span]))],
            &["prod/agents/billing registered declared+GenAI span"],
        );
        check(
            vec![deployment("idle"), registry("idle", None)],
            &[],
            &["prod/agents/idle registered declared"],
        );
    }

    #[test]
    fn hosts_are_listed_only_with_events_of_their_own() {
        let inner = (key("team").with_inner("planner"), seen(&[EvidenceOfAgency::GenAiSpan]));
        let planner = "prod/agents/team/planner shadow GenAI span";
        check(vec![], std::slice::from_ref(&inner), &[planner]);
        let host = (key("team"), seen(&[]));
        check(vec![], &[inner.clone(), host], &["prod/agents/team shadow ", planner]);
        let policy = PosturePolicy { agent_id: "planner".into(), ..PosturePolicy::default() };
        check(
            vec![Configured::PosturePolicy(policy)],
            &[inner],
            &["prod/agents/team/planner registered declared+GenAI span"],
        );
    }

    #[test]
    fn the_configuration_of_a_client_makes_an_agent_off_the_cluster() {
        let server = McpServer { client: "cursor".into(), ..McpServer::default() };
        let mut configuration = record(Configured::McpServer(server));
        configuration.realm = Text::default();
        let plain = record(workload("Deployment", "agents", "plain"));
        let estate = Estate::build(&[plain, configuration], &[], &[]);
        let events = BTreeMap::from([(AgentKey::new("", "", "cursor"), seen(&[]))]);
        let agents = census(&estate, &events);
        let keys: Vec<String> = agents.iter().map(|agent| agent.key.visible()).collect();
        assert_eq!(keys, ["-/-/cursor"]);
        assert!(agents.iter().all(|agent| !agent.registered));
    }

    #[test]
    fn principals_come_from_both_sides() {
        let estate = estate([workload("Deployment", "agents", "billing")]);
        let mut events = seen(&[EvidenceOfAgency::GenAiSpan]);
        events.principals = vec!["arn:aws:iam::1:role/x".into(), "alice".into()];
        let agents = census(&estate, &BTreeMap::from([(key("billing"), events)]));
        let shown: Vec<String> =
            agents.iter().flat_map(|agent| &agent.principals).map(Principal::visible).collect();
        assert_eq!(
            shown,
            ["human alice", "service account agents/billing", "role arn:aws:iam::1:role/x"]
        );
    }
}

//! Agents of Microsoft Entra Agent ID. What is assigned to an identity is its own. It does not inherit
//! the assignments of its blueprint (inheritance is of OAuth scopes and application roles, which are
//! in no record that is read); the blueprint in turn can get tokens as each of its identities.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::principal_node;
use crate::domain::configured::cloud::azure::EntraAgent;
use crate::domain::{Attachment, Bounds, Record, Text};
use crate::scope::authority::{Authority, Edge};

/// Which kind is made from which, and what the maker can do.
const MADE_FROM: &[(&str, &str, &str)] = &[
    (
        "agentIdentity",
        "agentIdentityBlueprintPrincipal",
        "the blueprint gets tokens as the identities made from it",
    ),
    ("agentUser", "agentIdentity", "the agent identity acts as its agent user"),
];

pub(super) fn add(agents: &[(&Record, &EntraAgent)], authority: &mut Authority) {
    let mut makers: BTreeMap<(&str, &Text), Vec<&EntraAgent>> = BTreeMap::new();
    for (record, agent) in agents {
        let node = principal_node(&agent.id, authority);
        authority.loaded(node, record);
        let ids = [Some(&agent.id), agent.app_id.as_ref()];
        for id in ids.into_iter().flatten() {
            makers.entry((agent.kind.raw(), id)).or_default().push(agent);
        }
    }
    for (_, agent) in agents {
        let Some((_, maker, rule)) = MADE_FROM.iter().find(|(kind, ..)| agent.kind == *kind) else {
            continue;
        };
        let parents = agent.parent.as_ref().and_then(|parent| makers.get(&(*maker, parent)));
        for parent in parents.into_iter().flatten() {
            let from = principal_node(&parent.id, authority);
            let to = principal_node(&agent.id, authority);
            let edge = Edge::held(Attachment::RoleChain, rule);
            let depends_on = [*parent, agent].into_iter().filter_map(disabled).collect();
            let bounds = Arc::new(Bounds { depends_on, ..Bounds::default() });
            authority.give(from, to, edge.bounded(bounds));
        }
    }
}

/// In words, when nobody can act as the identity as it stands.
fn disabled(agent: &EntraAgent) -> Option<Text> {
    let name = agent.name.as_ref().unwrap_or(&agent.id);
    (agent.enabled == Some(false)).then(|| format!("{} is enabled again", name.visible()).into())
}

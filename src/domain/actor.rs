//! Who did it: the agent to which an event is attributed.

use super::{AgentKey, Attribution, Event, EventKind, Principal, Text};

/// The agent an event belongs to, or the shared identity that stands for several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    pub agent: AgentKey,
    /// Filled when the identity is shared.
    pub candidates: Vec<AgentKey>,
}

/// Whether a kind of event is seen below the agent, by the kernel or an API server.
pub fn is_kernel_or_api(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::K8sApi
            | EventKind::CloudApi
            | EventKind::Exec
            | EventKind::File
            | EventKind::Egress
            | EventKind::Ingress
            | EventKind::Syscall
    )
}

/// Whether a kind of event is tied to a workload as a whole, not to an agent inside it.
pub fn is_host_level(kind: EventKind) -> bool {
    is_kernel_or_api(kind) || kind == EventKind::Import
}

/// The agent that the event names, else the agents that act as its principal. Kernel and API events
/// belong to the host workload: its inner agents share its identity, so nothing below tells them
/// apart. A principal that no agent uses is nobody here.
pub fn actor(event: &Event, attribution: &dyn Attribution) -> Option<Actor> {
    let below = is_host_level(event.kind);
    let level = |key: &AgentKey| if below { key.host() } else { key.clone() };
    if let Some(agent) = &event.agent {
        let agent = level(&attribution.canonical(agent));
        return Some(Actor { agent, candidates: Vec::new() });
    }
    let principal = event.principal.as_ref()?;
    let realm = event.account.clone().unwrap_or_default();
    let mut agents: Vec<AgentKey> = attribution
        .agents_of(&realm, principal, event.instance.as_ref())
        .iter()
        .map(level)
        .collect();
    agents.sort();
    agents.dedup();
    match agents.len() {
        0 => None,
        1 => agents.pop().map(|agent| Actor { agent, candidates: Vec::new() }),
        _ => Some(Actor { agent: shared(&agents, &realm, principal), candidates: agents }),
    }
}

/// The key under which the acts of a shared identity are kept.
fn shared(candidates: &[AgentKey], realm: &Text, principal: &Text) -> AgentKey {
    // The candidates know their cluster where the record may not.
    let realm = candidates.first().map_or(realm, |candidate| &candidate.realm);
    match Principal::from_kubernetes_user(realm, principal) {
        Principal::ServiceAccount { realm, namespace, name } => {
            AgentKey::new(realm, namespace, format!("serviceaccount:{}", name.raw()))
        }
        _ => AgentKey::new(realm.clone(), "", format!("principal:{}", principal.raw())),
    }
}

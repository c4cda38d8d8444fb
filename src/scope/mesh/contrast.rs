//! Where the mesh and the network policies disagree about who may call whom.

use super::index::{Member, Mesh};
use super::reach::Destinations;
use crate::domain::{AgentKey, Control, Disagreement};
use crate::scope::Estate;
use crate::scope::answer::Answer;
use crate::scope::network::{Network, Verdict};

/// Every workload about which the mesh and the network policies disagree, for an agent that calls it.
pub fn disagreements(estate: &Estate, agent: &AgentKey) -> Vec<Disagreement> {
    let caller = agent.host();
    let Some(mesh) = Mesh::of(estate, &caller.realm) else { return Vec::new() };
    let Some(member) = mesh.member(estate, &caller) else { return Vec::new() };
    let network = Network::of_realm(estate, &caller.realm);
    let destinations = Destinations::of(&mesh, estate, &caller.realm);
    mesh.disagreements(&member, &destinations, |from, to, port| {
        let end = |key: &AgentKey| network.workload(&key.space, &key.name);
        let connection = network.connection(&end(from)?, &end(to)?);
        let answer = |verdict| match verdict {
            Verdict::Accepted => Some(true),
            Verdict::Denied => Some(false),
            Verdict::Undecided => None,
        };
        match port {
            Some(port) => answer(connection.verdict("TCP", port)),
            None => Some(!connection.accepted().is_empty()),
        }
    })
}

impl<'a> Mesh<'a> {
    /// Every destination about which they disagree. `network` says whether network policies let a
    /// workload reach another at a port, or at any; what either leaves open is no disagreement.
    pub(super) fn disagreements(
        &self,
        caller: &Member<'a>,
        to: &Destinations<'a>,
        mut network: impl FnMut(&AgentKey, &AgentKey, Option<u16>) -> Option<bool>,
    ) -> Vec<Disagreement> {
        let mut found = Vec::new();
        for reached in self.reach(caller, to) {
            let port = reached.ports.first().map(|range| range.first);
            for to in reached.workloads.into_iter().filter(|to| *to != caller.key) {
                let denied_by = match (&reached.decision.allowed, network(caller.key, to, port)) {
                    (Answer::Yes, Some(false)) => Control::NetworkPolicies,
                    (Answer::No, Some(true)) => Control::Mesh,
                    _ => continue,
                };
                found.push(Disagreement {
                    from: caller.key.clone(),
                    to: to.clone(),
                    ports: reached.ports.clone(),
                    denied_by,
                });
            }
        }
        found
    }
}

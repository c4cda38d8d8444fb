//! Where the mesh and the network policies disagree about who may call whom.

use super::index::{Member, Mesh};
use super::reach::Destinations;
use crate::domain::AgentKey;
use crate::domain::pattern::PortRange;
use crate::scope::answer::Answer;

/// Two controls that say different things of one way. Both must let traffic pass, so that the stricter
/// one holds as long as it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement<'a> {
    pub from: &'a AgentKey,
    pub to: &'a AgentKey,
    /// On these ports; none at all means every port.
    pub ports: Vec<PortRange>,
    pub between: Between,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Between {
    /// Only network policies stand in the way.
    MeshAllowsNetworkDenies,
    /// Only the mesh stands in the way: past its proxy, or where its policy is changed, nothing does.
    NetworkAllowsMeshDenies,
}

impl<'a> Mesh<'a> {
    /// Every destination about which they disagree. `network` says whether network policies let a
    /// workload reach another at a port, or at any; what the mesh leaves open is no disagreement.
    pub fn disagreements(
        &self,
        caller: &Member<'a>,
        to: &Destinations<'a>,
        mut network: impl FnMut(&AgentKey, &AgentKey, Option<u16>) -> bool,
    ) -> Vec<Disagreement<'a>> {
        let mut found = Vec::new();
        for reached in self.reach(caller, to) {
            let port = reached.ports.first().map(|range| range.first);
            for to in reached.workloads.into_iter().filter(|to| *to != caller.key) {
                let between = match (&reached.decision.allowed, network(caller.key, to, port)) {
                    (Answer::Yes, false) => Between::MeshAllowsNetworkDenies,
                    (Answer::No, true) => Between::NetworkAllowsMeshDenies,
                    _ => continue,
                };
                let ports = reached.ports.clone();
                found.push(Disagreement { from: caller.key, to, ports, between });
            }
        }
        found
    }
}

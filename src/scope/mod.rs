//! Configured records → the graph of authority → grants with routes. Pure.
//!
//! [`Estate`] indexes what the configured side says and ties operational records to it
//! ([`Attribution`](crate::domain::Attribution)). [`census`] lists the agents. Each plane adds its
//! objects to the [`Authority`]; every answer is a walk through that graph. One folder per plane:
//!
//! | folder | turns | into grants on |
//! |---|---|---|
//! | `rbac/` | roles and bindings, aggregation included | Kubernetes |
//! | `network/` | network policies, or their absence | network |
//! | `mesh/` | policies of a service mesh | network: bounds, grants where no network policy is known |
//! | `gateway/` | gateways before tools, and their rules | tools |
//! | `cloud/` | policies, role bindings and assignments of the clouds | cloud |
//! | `federation/` | identities that become others: service account → role, cloud → cloud | cloud |
//! | `delegation/` | what sub-agents have from the agents that call them | tools, delegation |
//! | `tools/` | declarations, posture policies, client configurations and their rules, pinned catalogs | tools, models, delegation, catalog |
//! | `catalog/` | what artifacts were declared and what they resolved to | models, catalog |
//!
//! RBAC and network policies are an upper bound: other authorizers, admission and the network
//! plug-in may permit less.

mod answer;
mod attribution;
pub mod authority;
pub mod catalog;
pub mod census;
mod cloud;
mod configuration;
mod current;
mod delegation;
mod difference;
pub mod estate;
mod federation;
mod fold;
pub mod gateway;
mod instant;
pub mod mesh;
pub mod network;
#[cfg(test)]
mod proofs;
pub mod rbac;
#[cfg(test)]
pub(crate) mod testing;
pub mod tools;

pub use attribution::Holders;
pub use authority::Authority;
pub use census::census;
pub use cloud::loose_trust;
pub use configuration::Configuration;
pub use difference::{Instant, difference};
pub use estate::{DanglingBinding, Estate};
pub use instant::instants;

use std::collections::BTreeSet;

use self::authority::{Edge, Passes, Reach};
use crate::domain::{Agent, AgentKey, Attachment, Grant, Record};

/// Every grant of these agents. A grant that comes with the host workload (Kubernetes, network)
/// stands once, on the key of the host; its inner agents inherit it.
pub fn resolve(estate: &Estate, agents: &[Agent]) -> Vec<Grant> {
    let authority = Authority::of(estate, agents);
    let grants = |key| authority.grants_of(key, Reach::Own);
    holders(agents).iter().flat_map(grants).collect()
}

/// The agents and their hosts.
pub fn holders(agents: &[Agent]) -> BTreeSet<AgentKey> {
    agents.iter().flat_map(|agent| [agent.key.host(), agent.key.clone()]).collect()
}

impl Authority {
    /// What the configured side gives to these agents and to everybody else, on every plane.
    pub fn of(estate: &Estate, agents: &[Agent]) -> Self {
        let mut authority = Self::as_of(estate.instant);
        let holders = holders(agents);
        for key in &holders {
            let node = authority.agent(key);
            if key.inner.is_some() {
                let host = authority.agent(&key.host());
                let edge = Edge { passes: Passes::Host, ..Edge::held(Attachment::Own, "runs in") };
                authority.give(node, host, edge);
            }
        }
        rbac::add(estate, agents, &mut authority);
        network::add(estate, agents, &mut authority);
        mesh::add(estate, agents, &mut authority);
        tools::add(estate, &holders, &mut authority);
        cloud::aws::add(estate, &mut authority);
        let iam = cloud::gcp::Iam::read(estate);
        let directory = cloud::azure::Directory::read(estate);
        cloud::gcp::add(&iam, &mut authority);
        cloud::azure::add(&directory, &mut authority);
        federation::add(estate, agents, &iam, &directory, &mut authority);
        delegation::add(estate, agents, &mut authority);
        authority
    }
}

/// A grant with the provenance of the record that makes it. The caller fills in what differs.
fn granted_by(record: &Record) -> Provenance {
    let provisioning = &record.provisioning;
    Provenance {
        since: provisioning.granted_at.or(record.at),
        granted_by: provisioning.granted_by.clone().or_else(|| provisioning.owner.clone()),
        policy: provisioning.policy.clone(),
    }
}

/// When a grant was made, by whom and under which policy, as far as its record says.
#[derive(Clone, Debug, Default)]
struct Provenance {
    since: Option<jiff::Timestamp>,
    granted_by: Option<crate::domain::Text>,
    policy: Option<crate::domain::Text>,
}

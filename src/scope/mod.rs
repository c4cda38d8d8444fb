//! Configured records → grants with routes. Pure.
//!
//! [`Estate`] indexes what the configured side says and ties operational records to it
//! ([`Attribution`](crate::domain::Attribution)). [`census`] lists the agents, [`resolve`] lists
//! what each of them is permitted and over which objects. One file per plane:
//!
//! | file | turns | into grants on |
//! |---|---|---|
//! | `rbac/` | roles and bindings, aggregation included | Kubernetes |
//! | `network.rs` | network policies, or their absence | network |
//! | `cloud/` | identities of cloud accounts, their policies and role chains | cloud |
//! | `tools.rs` | declarations, posture policies, client configurations, pinned catalogs | tools, models, delegation, catalog |
//!
//! RBAC and network policies are an upper bound: other authorizers, admission and the network
//! plug-in may permit less.

mod attribution;
pub mod authority;
pub mod census;
pub mod cloud;
mod configuration;
mod current;
pub mod estate;
mod fold;
mod network;
pub mod rbac;
#[cfg(test)]
pub(crate) mod testing;
mod tools;

pub use attribution::Holders;
pub use authority::Authority;
pub use census::census;
pub use configuration::Configuration;
pub use estate::{DanglingBinding, Estate};

use std::collections::BTreeSet;

use self::authority::{Edge, Passes, Reach};
use crate::domain::{Agent, AgentKey, Attachment, Grant, Record};

/// Every grant of these agents. A grant that comes with the host workload (Kubernetes, network)
/// stands once, on the key of the host; its inner agents inherit it.
pub fn resolve(estate: &Estate, agents: &[Agent]) -> Vec<Grant> {
    let mut grants = rbac::grants(estate, agents);
    grants.extend(network::grants(estate, agents));
    grants.extend(tools::grants(estate, agents));
    let authority = Authority::of(estate, agents);
    for key in holders(agents) {
        grants.extend(authority.grants_of(&key, Reach::Own));
    }
    grants
}

/// The agents and their hosts.
fn holders(agents: &[Agent]) -> BTreeSet<AgentKey> {
    agents.iter().flat_map(|agent| [agent.key.host(), agent.key.clone()]).collect()
}

impl Authority {
    /// What the configured side gives to these agents and to everybody else, on every plane.
    pub fn of(estate: &Estate, agents: &[Agent]) -> Self {
        let mut authority = Self::default();
        for key in holders(agents) {
            let node = authority.agent(&key);
            if key.inner.is_some() {
                let host = authority.agent(&key.host());
                let edge = Edge { passes: Passes::Host, ..Edge::held(Attachment::Own, "runs in") };
                authority.give(node, host, edge);
            }
        }
        cloud::aws::add(estate, &mut authority);
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

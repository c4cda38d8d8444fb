//! The sandbox: agents that report spans from a cluster of which nothing else is recorded.

use crate::domain::Plane;

use super::super::firm::Firm;
use super::super::truth::{Expected, Planted};
use super::throughout;

pub fn plant(firm: &mut Firm) -> Vec<Planted> {
    let window = throughout(firm);
    firm.agents
        .iter()
        .filter(|agent| agent.key.space == "sandbox")
        .map(|agent| {
            let name = agent.key.name.raw();
            Planted::new(agent, "no-coverage", Plane::Kubernetes, Expected::CantTell, name, window)
                .title(format!("Nothing is configured or recorded of {name} but its spans"))
                .because("no-configured-record")
                .note("Unowned; no audit log, no cluster configuration, no kernel sensor.")
        })
        .collect()
}

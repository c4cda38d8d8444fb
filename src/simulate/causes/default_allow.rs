//! A namespace without any egress policy: everything may be reached, by nobody's decision.

use crate::domain::Plane;

use super::super::firm::{Firm, Reach};
use super::super::truth::{Expected, Planted};
use super::throughout;

const NAMESPACE: &str = "treasury";
const OUTSIDE: Reach = Reach::Address { cidr: "203.0.113.0/24", ip: "203.0.113.40", port: 443 };

pub fn plant(firm: &mut Firm) -> Vec<Planted> {
    let window = throughout(firm);
    let mut planted = Vec::new();
    for agent in firm.agents.iter_mut().filter(|agent| agent.key.space == NAMESPACE) {
        agent.permitted = None;
        if agent.key.name == "liquidity-agent" {
            agent.reaches.push(OUTSIDE);
            planted.push(
                Planted::new(
                    agent,
                    "default-allow",
                    Plane::Network,
                    Expected::Gap2,
                    NAMESPACE,
                    window,
                )
                .title("No NetworkPolicy selects the pods of treasury")
                .note("One finding for the namespace; its other agents reach out the same way."),
            );
        }
    }
    planted
}

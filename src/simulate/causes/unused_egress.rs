//! A destination that the agent's own NetworkPolicy lets out and nobody ever reached.

use crate::domain::Plane;

use super::super::firm::{Firm, Reach};
use super::super::truth::{Expected, Planted};
use super::throughout;

const DATABASE: Reach = Reach::Address { cidr: "10.40.0.0/16", ip: "10.40.7.12", port: 5432 };

pub fn plant(firm: &mut Firm) -> Vec<Planted> {
    let window = throughout(firm);
    let Some(agent) = firm.agent_mut("risk", "credit-memo-agent") else { return Vec::new() };
    agent.permitted.get_or_insert_default().push(DATABASE);
    let anchor = "credit-memo-agent-egress";
    vec![
        Planted::new(agent, "unused-egress", Plane::Network, Expected::Gap1, anchor, window)
            .title("credit-memo-agent never reaches the database network 10.40.0.0/16"),
    ]
}

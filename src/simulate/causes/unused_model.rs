//! A declared model that is never asked: the agent has become a plain script.

use crate::domain::Plane;

use super::super::firm::Firm;
use super::super::truth::{Expected, Planted};
use super::throughout;

pub fn plant(firm: &mut Firm) -> Vec<Planted> {
    let window = throughout(firm);
    let Some(agent) = firm.agent_mut("accounts", "balance-alert-agent") else { return Vec::new() };
    agent.thinks = false;
    let model = agent.model.name;
    vec![
        Planted::new(agent, "unused-model", Plane::Models, Expected::Gap1, model, window)
            .title(format!("balance-alert-agent never asks {model}")),
    ]
}

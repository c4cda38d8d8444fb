//! An agent that works and that no registry knows.

use crate::domain::Plane;

use super::super::firm::Firm;
use super::super::truth::{Expected, Planted};
use super::throughout;

pub fn plant(firm: &mut Firm) -> Vec<Planted> {
    let window = throughout(firm);
    let Some(agent) = firm.agent_mut("treasury", "fx-notes-agent") else { return Vec::new() };
    agent.registered = false;
    let anchor = "fx-notes-agent";
    vec![
        Planted::new(agent, "shadow-agent", Plane::Tools, Expected::CantTell, anchor, window)
            .title("fx-notes-agent is in no registry")
            .because("no-configured-record")
            .note("Observed minus registered; nobody declared its tools or its model."),
    ]
}

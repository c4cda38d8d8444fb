//! A destination is permitted and was not seen, by a sensor that says it came too late.

use crate::domain::Plane;

use super::super::firm::{Firm, Profile, Reach};
use super::super::truth::{Expected, Planted};
use super::throughout;

const ARCHIVE: Reach = Reach::Address { cidr: "10.44.0.0/16", ip: "10.44.1.9", port: 9000 };

pub fn plant(firm: &mut Firm) -> Vec<Planted> {
    let window = throughout(firm);
    let Some(agent) = firm.agent_mut("data", "data-quality-agent") else { return Vec::new() };
    agent.profile = Profile::Partial;
    agent.permitted.get_or_insert_default().push(ARCHIVE);
    let anchor = "data-quality-agent";
    vec![
        Planted::new(agent, "unused-egress", Plane::Network, Expected::CantTell, anchor, window)
            .title("Nobody can say whether data-quality-agent reaches 10.44.0.0/16")
            .because("unobservable")
            .note("The profile is partial: what it did not see proves nothing."),
    ]
}

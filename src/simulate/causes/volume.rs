//! Ten times the calls on one day, in the usual order, by an agent whose prompts nobody records.

use crate::domain::Plane;

use super::super::firm::Firm;
use super::super::truth::{Expected, Planted, Span};

const TIMES: u32 = 10;

pub fn plant(firm: &mut Firm) -> Vec<Planted> {
    let window = firm.window;
    let day = window.working_day_from_end(3);
    let Some(agent) = firm.agent_mut("data", "market-digest-agent") else { return Vec::new() };
    agent.surge = Some((day, TIMES));
    agent.records_content = false;
    let span = Span::new(window.day(day), window.day(day + 1));
    vec![
        Planted::new(agent, "volume", Plane::Tools, Expected::Gap3, "market-digest-agent", span)
            .title("market-digest-agent makes ten times its usual calls on one day")
            .note("Provisional: the prompt context is not recorded."),
    ]
}

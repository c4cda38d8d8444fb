//! Another model answers than the one that is declared and asked.

use crate::domain::Plane;

use super::super::firm::Firm;
use super::super::truth::{Expected, Planted, Span};

const SUBSTITUTE: &str = "gpt-4.1-nano-2025-04-14";

pub fn plant(firm: &mut Firm) -> Vec<Planted> {
    let window = firm.window;
    let from = window.working_day_from_end(5);
    let Some(agent) = firm.agent_mut("accounts", "statement-explainer-agent") else {
        return Vec::new();
    };
    agent.answered_by = Some((from, SUBSTITUTE));
    let span = Span::new(window.day(from), window.end());
    vec![
        Planted::new(agent, "model-substituted", Plane::Models, Expected::Gap2, SUBSTITUTE, span)
            .title("statement-explainer-agent is answered by a smaller model than it asks"),
    ]
}

//! An agent that asks for something it was never granted, is refused each time and works on: no gap.

use crate::domain::Plane;

use super::super::firm::Firm;
use super::super::script::{Step, list};
use super::super::truth::{Expected, Planted};
use super::throughout;

pub fn plant(firm: &mut Firm) -> Vec<Planted> {
    let window = throughout(firm);
    let Some(agent) = firm.agent_mut("operations", "certificate-agent") else { return Vec::new() };
    for task in &mut agent.tasks {
        if let Some(Step::Tool(tool)) = task.steps.first_mut() {
            tool.requests.push(list("secrets").in_namespace("kube-system"));
        }
    }
    let anchor = "certificate-agent";
    vec![
        Planted::new(agent, "standing-refusal", Plane::Kubernetes, Expected::None, anchor, window)
            .title("certificate-agent is refused the secrets of kube-system in every run")
            .note("A refusal is no gap; one that was always there is no deviation."),
    ]
}

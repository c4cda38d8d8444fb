//! Two agents act as one account, with tokens that are bound to no pod: nobody can tell them apart.

use crate::domain::Plane;

use super::super::firm::Firm;
use super::super::rbac::service_account;
use super::super::truth::{Expected, Planted};
use super::throughout;

const ACCOUNT: &str = "document-workers";
const AGENTS: [&str; 2] = ["invoice-agent", "archive-agent"];

pub fn plant(firm: &mut Firm) -> Vec<Planted> {
    let window = throughout(firm);
    let mut planted = Vec::new();
    for name in AGENTS {
        let Some(agent) = firm.agent_mut("documents", name) else { continue };
        agent.service_account = ACCOUNT.to_owned();
        agent.bound_tokens = false;
        planted.push(
            Planted::new(
                agent,
                "shared-identity",
                Plane::Kubernetes,
                Expected::CantTell,
                ACCOUNT,
                window,
            )
            .title(format!("{name} shares the account {ACCOUNT} with another agent"))
            .because("ambiguous-identity")
            .note("What the account may do is decidable; whose pattern it is, is not."),
        );
    }
    let shared = service_account("documents", ACCOUNT);
    for binding in &mut firm.bindings {
        for subject in &mut binding.subjects {
            if AGENTS.iter().any(|&name| *subject == service_account("documents", name)) {
                *subject = shared.clone();
            }
        }
    }
    planted
}

//! A tool that is declared and never called in three weeks.

use crate::domain::Plane;

use super::super::firm::{Firm, Policy};
use super::super::truth::{Expected, Planted};
use super::throughout;

/// Namespace, agent, tool, and whether a posture policy allows it too.
const UNUSED: &[(&str, &str, &str, bool)] = &[
    ("customer-care", "reply-drafting-agent", "issue_refund", false),
    ("compliance", "policy-check-agent", "export_customer_list", true),
];

pub fn plant(firm: &mut Firm) -> Vec<Planted> {
    let window = throughout(firm);
    UNUSED
        .iter()
        .filter_map(|&(namespace, name, tool, with_policy)| {
            let agent = firm.agent_mut(namespace, name)?;
            agent.declared_tools.push(tool);
            if with_policy {
                agent.policy = Some(Policy::default());
            }
            Some(
                Planted::new(agent, "unused-tool", Plane::Tools, Expected::Gap1, tool, window)
                    .title(format!("{name} never calls {tool}")),
            )
        })
        .collect()
}

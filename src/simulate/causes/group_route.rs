//! Access that exists only because a group contains the agent's account.

use crate::domain::Plane;

use super::super::calendar::seconds;
use super::super::firm::Firm;
use super::super::rbac::{binding, group, role, rule};
use super::super::script::{Task, get, list, tool};
use super::super::truth::{Expected, Planted};
use super::throughout;

const NAME: &str = "screening-readers";

pub fn plant(firm: &mut Firm) -> Vec<Planted> {
    let window = throughout(firm);
    let granted = ("compliance", seconds(firm.window.before(200)));
    let Some(agent) = firm.agent_mut("screening", "sanctions-screening-agent") else {
        return Vec::new();
    };
    agent.tasks.push(Task::new(
        2,
        "Screen against the licensed list.",
        vec![
            tool("screen_name")
                .requests(&[get("secrets", "list-provider-credentials"), list("secrets")])
                .times(1, 1)
                .into(),
        ],
    ));
    let planted =
        Planted::new(agent, "group-route", Plane::Kubernetes, Expected::Gap2, NAME, window)
            .title("sanctions-screening-agent reads secrets through its namespace's group")
            .note("The remedy is upstream, at the group's binding.");
    firm.roles.push(role("screening", NAME, vec![rule(&["get", "list"], "", &["secrets"])]));
    firm.bindings.push(binding(
        "screening",
        NAME,
        group("system:serviceaccounts:screening"),
        granted,
    ));
    vec![planted]
}

//! The log shows a binding that the complete snapshot does not have.

use crate::domain::Plane;

use super::super::calendar::seconds;
use super::super::firm::Firm;
use super::super::rbac::{binding, role, rule, service_account};
use super::super::script::{Task, list, tool};
use super::super::truth::{Expected, Planted};
use super::throughout;

const NAME: &str = "reporting-temporary";

pub fn plant(firm: &mut Firm) -> Vec<Planted> {
    let window = throughout(firm);
    let granted = ("data-platform", seconds(firm.window.before(30)));
    let Some(agent) = firm.agent_mut("data", "reporting-agent") else { return Vec::new() };
    agent.tasks.push(Task::new(
        1,
        "Which jobs feed this table?",
        vec![tool("list_tables").requests(&[list("cronjobs.batch")]).into()],
    ));
    let planted = Planted::new(
        agent,
        "conflicting-records",
        Plane::Kubernetes,
        Expected::CantTell,
        NAME,
        window,
    )
    .title("reporting-agent was allowed by a binding that the snapshot does not have")
    .because("conflicting-records")
    .note("An unresolved Gap 2 on `list cronjobs.batch` says the same less precisely.");
    let subject = service_account("data", "reporting-agent");
    firm.roles.push(role("data", NAME, vec![rule(&["list"], "batch", &["cronjobs"])]));
    firm.withdrawn.push(binding("data", NAME, subject, granted));
    vec![planted]
}

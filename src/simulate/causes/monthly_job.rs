//! A job that runs once a month: three weeks cannot say which of its grants are unused.

use crate::domain::Plane;

use super::super::calendar::seconds;
use super::super::firm::Firm;
use super::super::rbac::{binding, role, rule, service_account};
use super::super::truth::{Expected, Planted};
use super::throughout;

const NAME: &str = "regulatory-filing-archive";

pub fn plant(firm: &mut Firm) -> Vec<Planted> {
    let window = throughout(firm);
    let granted = ("compliance", seconds(firm.window.before(300)));
    let Some(agent) = firm.agent("compliance", "regulatory-filing-agent") else {
        return Vec::new();
    };
    let planted = Planted::new(
        agent,
        "unused-permission",
        Plane::Kubernetes,
        Expected::CantTell,
        NAME,
        window,
    )
    .title("regulatory-filing-agent has not used regulatory-filing-archive, in one run")
    .because("not-converged")
    .note("Cadence monthly: decidable after two cycles.");
    let subject = service_account("compliance", "regulatory-filing-agent");
    firm.roles.push(role("compliance", NAME, vec![rule(&["get", "update"], "", &["secrets"])]));
    firm.bindings.push(binding("compliance", NAME, subject, granted));
    vec![planted]
}

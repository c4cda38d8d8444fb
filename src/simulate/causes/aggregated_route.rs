//! Access that arrived in the agent's role by aggregation: a label on another ClusterRole.

use crate::domain::Plane;

use super::super::calendar::seconds;
use super::super::firm::Firm;
use super::super::rbac::{binding, label_selector, role, rule, service_account};
use super::super::script::{Task, get, tool};
use super::super::truth::{Expected, Planted};
use super::throughout;

const AGGREGATED: &str = "ops-view";
const CONTRIBUTOR: &str = "ops-view-logs";
const LABEL: &str = "meridian.example/aggregate-to-ops-view";

pub fn plant(firm: &mut Firm) -> Vec<Planted> {
    let window = throughout(firm);
    let granted = ("platform-engineering", seconds(firm.window.before(200)));
    let Some(agent) = firm.agent_mut("operations", "incident-triage-agent") else {
        return Vec::new();
    };
    agent.declared_tools.push("read_logs");
    agent.tasks.push(Task::new(
        2,
        "Read the logs of the failing pod.",
        vec![
            tool("list_alerts").into(),
            tool("read_logs")
                .requests(&[get("pods/log", "notification-service-6c9d8f7b5d-2xk4p")])
                .into(),
        ],
    ));
    let planted = Planted::new(
        agent,
        "aggregated-route",
        Plane::Kubernetes,
        Expected::Gap2,
        AGGREGATED,
        window,
    )
    .title("incident-triage-agent reads logs through a rule that was aggregated into ops-view")
    .note("The rule stands in ops-view-logs; a label carries it into ops-view.");
    let subject = service_account("operations", "incident-triage-agent");

    // The controller fills an aggregated role with the rules of all that carry the label.
    let rules = vec![rule(&["get"], "", &["pods/log"])];
    let mut contributor = role("", CONTRIBUTOR, rules.clone());
    contributor.meta.labels.insert(LABEL.into(), "true".into());
    let mut aggregated = role("", AGGREGATED, rules);
    aggregated.aggregates = vec![label_selector(LABEL, "true")];
    firm.roles.extend([contributor, aggregated]);
    let mut binding = binding("operations", "incident-triage-ops-view", subject, granted);
    binding.role_kind = "ClusterRole".into();
    binding.role = AGGREGATED.into();
    firm.bindings.push(binding);
    vec![planted]
}

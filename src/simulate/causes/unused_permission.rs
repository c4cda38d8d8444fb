//! Granted to the agent's own account, never exercised, while the agent is busy.

use crate::domain::Plane;
use crate::domain::configured::Rule;

use super::super::calendar::seconds;
use super::super::firm::Firm;
use super::super::rbac::{binding, role, rule, service_account};
use super::super::truth::{Expected, Planted};
use super::throughout;

/// A role that an agent holds in its namespace, under this name, and never uses.
struct Unused {
    namespace: &'static str,
    agent: &'static str,
    name: &'static str,
    verbs: &'static [&'static str],
    group: &'static str,
    resources: &'static [&'static str],
}

const UNUSED: &[Unused] = &[
    Unused {
        namespace: "accounts",
        agent: "card-limit-agent",
        name: "card-limit-writer",
        verbs: &["create", "update", "patch", "delete"],
        group: "",
        resources: &["configmaps"],
    },
    Unused {
        namespace: "customer-care",
        agent: "ticket-triage-agent",
        name: "ticket-triage-secrets",
        verbs: &["get", "list"],
        group: "",
        resources: &["secrets"],
    },
    Unused {
        namespace: "documents",
        agent: "contract-review-agent",
        name: "contract-review-jobs",
        verbs: &["create", "delete"],
        group: "batch",
        resources: &["jobs"],
    },
    Unused {
        namespace: "risk",
        agent: "fraud-scoring-agent",
        name: "fraud-scoring-exec",
        verbs: &["create"],
        group: "",
        resources: &["pods/exec"],
    },
    Unused {
        namespace: "data",
        agent: "reconciliation-agent",
        name: "reconciliation-deployer",
        verbs: &["patch", "update"],
        group: "apps",
        resources: &["deployments"],
    },
    Unused {
        namespace: "treasury",
        agent: "payment-repair-agent",
        name: "payment-repair-tokens",
        verbs: &["create"],
        group: "",
        resources: &["serviceaccounts/token"],
    },
];

/// Nearly an administrator's role, of which only `list nodes` is ever used.
const OPERATOR: &str = "capacity-platform-operator";

pub fn plant(firm: &mut Firm) -> Vec<Planted> {
    let mut planted: Vec<_> = UNUSED
        .iter()
        .filter_map(|unused| {
            let rules = vec![rule(unused.verbs, unused.group, unused.resources)];
            let holder = (unused.namespace, unused.agent);
            grant(firm, holder, (unused.namespace, unused.name), rules)
        })
        .collect();
    planted.extend(operator(firm));
    planted
}

fn operator(firm: &mut Firm) -> Option<Planted> {
    let all = &["create", "delete", "get", "list", "patch", "update", "watch"];
    let rules = vec![
        rule(&["get", "list", "watch"], "", &["nodes", "namespaces"]),
        rule(all, "", &["configmaps", "pods", "secrets", "serviceaccounts"]),
        rule(all, "apps", &["daemonsets", "deployments", "statefulsets"]),
        rule(all, "rbac.authorization.k8s.io", &["clusterrolebindings", "rolebindings"]),
    ];
    let planted = grant(firm, ("operations", "capacity-agent"), ("", OPERATOR), rules)?;
    Some(planted.note("An administrator's reach; the agent only lists nodes."))
}

fn grant(
    firm: &mut Firm,
    (agent_namespace, agent_name): (&str, &str),
    (namespace, name): (&str, &str),
    rules: Vec<Rule>,
) -> Option<Planted> {
    let agent = firm.agent(agent_namespace, agent_name)?;
    let window = throughout(firm);
    let subject = service_account(agent_namespace, &agent.service_account);
    let planted =
        Planted::new(agent, "unused-permission", Plane::Kubernetes, Expected::Gap1, name, window)
            .title(format!("{agent_name} never uses what {name} grants"));
    let granted = (agent.team, seconds(firm.window.before(60)));
    let binding = binding(namespace, name, subject, granted);
    firm.roles.push(role(namespace, name, rules));
    firm.bindings.push(binding);
    Some(planted)
}

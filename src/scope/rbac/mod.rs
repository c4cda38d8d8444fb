//! RBAC: roles and bindings → the Kubernetes part of the graph of authority (formats.md §3.2).
//!
//! Agent → service account → (group →) binding → role → aggregated role. A RoleBinding to a
//! ClusterRole gives in its namespace only, and never paths; a binding whose role is missing gives
//! nothing that can be listed and is reported. Users, groups and nodes are principals like service
//! accounts. What a principal can come to hold by using what it has (creating a pod, reading a token,
//! impersonating, binding) are derived edges: [`steps`] has a row for each way.

mod aggregation;
mod cluster;
mod derived;
mod held;
mod need;
mod open_steps;
#[cfg(test)]
mod peers;
mod principal;
mod recorded;
mod rules;
mod steps;
mod targets;

use std::collections::{BTreeMap, BTreeSet};

pub use recorded::{RecordedRoute, recorded_route};

use self::aggregation::Aggregation;
use self::cluster::{Cluster, clusters};
use self::held::ClusterGraph;
use self::rules::{COMBINATIONS, combinations};
use super::Estate;
use super::authority::{Authority, Edge};
use super::estate::DanglingBinding;
use crate::domain::configured::Configured;
use crate::domain::{Agent, AgentKey, Attachment, ObjectRef, Problem, ProblemKind};

/// Adds the RBAC objects of every cluster, and the principals that the agents' hosts act as.
pub(super) fn add(estate: &Estate, agents: &[Agent], authority: &mut Authority) {
    let acting = principals_of_hosts(estate, agents);
    let mut clusters = clusters(estate);
    for host in acting.keys() {
        clusters.entry(&host.realm).or_default();
    }
    for (realm, cluster) in &clusters {
        let roles = cluster.roles.iter().map(|(object, (_, role))| (object, *role));
        let aggregation = Aggregation::new(roles.filter(|(object, _)| object.namespace.is_empty()));
        let principals = BTreeMap::new();
        let mut graph =
            ClusterGraph { realm, cluster, aggregation: &aggregation, authority, principals };
        graph.add_held();
        graph.add_derived();
        for (host, principals) in acting.iter().filter(|(host, _)| host.realm == **realm) {
            let agent = graph.authority.agent(host);
            // A name that no binding of the cluster knows may be a user of something else.
            let is_known = |principal: &&ObjectRef| {
                principal.kind != "User" || cluster.by_subject.contains_key(*principal)
            };
            for principal in principals.iter().filter(is_known) {
                let principal = graph.principal(principal);
                let edge = Edge::held(Attachment::Own, "runs as");
                graph.authority.give(agent, principal, edge);
            }
        }
    }
}

/// Bindings whose role was not loaded, with the role that they name.
pub(super) fn dangling_bindings(estate: &Estate) -> Vec<DanglingBinding<'_>> {
    let clusters = clusters(estate);
    let dangling = clusters.values().flat_map(Cluster::dangling);
    dangling
        .map(|bound| DanglingBinding { binding: bound.record, missing: bound.role.clone() })
        .collect()
}

/// Rules that were set aside because of their size.
pub(super) fn oversized_rules(estate: &Estate) -> Vec<Problem> {
    let mut problems = Vec::new();
    for record in estate.records() {
        let Configured::Role(role) = &record.body else { continue };
        for rule in role.rules.iter().filter(|rule| combinations(rule) > COMBINATIONS) {
            problems.push(Problem {
                kind: ProblemKind::Limit,
                file: record.place.file.clone(),
                at: record.place.at.clone(),
                message: format!(
                    "a rule of {} spells {} combinations, more than {COMBINATIONS}; it was set aside",
                    cluster::role_object(role).visible(),
                    combinations(rule),
                ),
            });
        }
    }
    problems
}

/// What each host acts as: the service account of its workload, or what it was seen to act as when
/// the workload is not loaded.
fn principals_of_hosts(
    estate: &Estate,
    agents: &[Agent],
) -> BTreeMap<AgentKey, BTreeSet<ObjectRef>> {
    let mut hosts: BTreeMap<AgentKey, BTreeSet<ObjectRef>> = BTreeMap::new();
    for agent in agents {
        let host = agent.key.host();
        let account = estate.service_account(&host);
        let principals: Vec<ObjectRef> = match account {
            Some(account) => vec![principal::account(&host.space, account)],
            None => agent.principals.iter().filter_map(principal::acting_as).collect(),
        };
        hosts.entry(host).or_default().extend(principals);
    }
    hosts
}

#[cfg(test)]
mod tests {
    use super::super::resolve;
    use super::super::testing::{
        acting_as, agent, aggregating, binding, estate, key, labelled_role, role, shown, workload,
    };
    use super::*;
    use crate::domain::{Capability, Grant, Plane, Principal, Text};
    use crate::scope::authority::Reach;

    fn grants(estate: &Estate, agents: &[Agent]) -> Vec<Grant> {
        let mut grants = resolve(estate, agents);
        grants.retain(|grant| grant.plane == Plane::Kubernetes);
        grants
    }

    /// The grants of the workload `billing` in namespace `agents`.
    #[track_caller]
    fn check(bodies: Vec<Configured>, expected: &[&str]) {
        let billing = workload("Deployment", "agents", "billing");
        let estate = estate(bodies.into_iter().chain([billing]));
        assert_eq!(shown(&grants(&estate, &[agent(key("billing"))])), expected);
    }

    #[test]
    fn own_bindings_are_immediate() {
        check(
            vec![
                role("agents", "reader", &["get,list secrets db"]),
                binding("agents", "b", "Role", "reader", &["ServiceAccount billing"]),
            ],
            &[
                "k8s: get secrets/db @agents | ServiceAccount agents/billing → \
                 RoleBinding agents/b → Role agents/reader",
                "k8s: list secrets/db @agents | ServiceAccount agents/billing → \
                 RoleBinding agents/b → Role agents/reader",
            ],
        );
    }

    #[test]
    fn subjects_match_as_the_authorizer_matches_them() {
        for (namespace, subject, granted) in [
            ("agents", "ServiceAccount agents/billing", true),
            ("agents", "ServiceAccount billing", true),
            ("agents", "ServiceAccount other/billing", false),
            ("other", "ServiceAccount billing", false),
            ("other", "ServiceAccount agents/billing", true),
            ("", "ServiceAccount billing", false),
            ("", "ServiceAccount agents/billing", true),
            ("", "User system:serviceaccount:agents:billing", true),
            ("", "User billing", false),
            ("", "Group system:serviceaccounts", true),
            ("", "Group system:serviceaccounts:agents", true),
            ("", "Group system:serviceaccounts:other", false),
            ("", "Group system:authenticated", true),
            ("", "Group system:unauthenticated", false),
        ] {
            let estate = estate([
                workload("Deployment", "agents", "billing"),
                role("", "reader", &["get pods", "get /metrics"]),
                binding(namespace, "b", "ClusterRole", "reader", &[subject]),
            ]);
            let grants = grants(&estate, &[agent(key("billing"))]);
            let all = if namespace.is_empty() { 2 } else { 1 };
            assert_eq!(grants.len(), if granted { all } else { 0 }, "{namespace} {subject}");
            let inherited = subject.starts_with("Group");
            assert!(grants.iter().all(|grant| grant.route.is_immediate() != inherited));
        }
    }

    #[test]
    fn groups_and_aggregation_are_named_on_the_route() {
        check(
            vec![
                aggregating(role("", "view", &["get secrets"]), &[("to-view", "true")]),
                labelled_role("", "extra", &[("to-view", "true")], &["get secrets"]),
                binding("agents", "b", "ClusterRole", "view", &["Group system:authenticated"]),
            ],
            &["k8s: get secrets @agents | ServiceAccount agents/billing → \
               Group system:authenticated → RoleBinding agents/b (group) → ClusterRole view → \
               ClusterRole extra (aggregation)"],
        );
    }

    #[test]
    fn a_binding_that_names_account_and_group_is_reached_directly() {
        let subjects = ["Group system:authenticated", "ServiceAccount billing"];
        check(
            vec![
                role("agents", "reader", &["get pods"]),
                binding("agents", "b", "Role", "reader", &subjects),
            ],
            &["k8s: get pods @agents | ServiceAccount agents/billing → RoleBinding agents/b → \
               Role agents/reader"],
        );
    }

    #[test]
    fn missing_roles_grant_nothing_and_are_remembered() {
        let subject = ["ServiceAccount agents/billing"];
        let estate = estate([
            workload("Deployment", "agents", "billing"),
            binding("agents", "b", "Role", "gone", &subject),
            binding("", "c", "Role", "impossible", &subject),
        ]);
        assert!(grants(&estate, &[agent(key("billing"))]).is_empty());
        let missing: Vec<String> =
            estate.dangling_bindings().iter().map(|dangling| dangling.missing.visible()).collect();
        assert_eq!(missing, ["Role impossible", "Role agents/gone"]);
        let billing = key("billing");
        let authority = Authority::of(&estate, &[agent(billing.clone())]);
        let missing = authority.missing(&billing, Reach::Own);
        assert_eq!(missing, [role_named("", "impossible"), role_named("agents", "gone")]);
    }

    fn role_named(namespace: &str, name: &str) -> ObjectRef {
        ObjectRef::new("Role", namespace, name)
    }

    #[test]
    fn principals_that_are_no_agents_hold_what_is_bound_to_them() {
        let estate = estate([
            role("", "reader", &["get secrets"]),
            binding("agents", "b", "ClusterRole", "reader", &["User alice", "Group dev"]),
        ]);
        let get = Capability::Kubernetes {
            verb: "get".into(),
            group: "".into(),
            resource: "secrets".into(),
            namespace: Some("agents".into()),
            name: Some("db".into()),
        };
        let mut seen = agent(key("laptop"));
        seen.principals = vec![
            Principal::Human { name: "alice".into() },
            Principal::Human { name: "somebody of another system".into() },
        ];
        let authority = Authority::of(&estate, &[seen]);
        let holders = authority.who_can(&get, Reach::Own);
        let shown: Vec<String> = holders.iter().map(|held| held.holder.visible()).collect();
        assert_eq!(shown, ["Agent agents/laptop", "Group dev", "User alice"]);
    }

    #[test]
    fn platform_defaults_are_marked_unless_somebody_widened_them() {
        let everyone = ["Group system:authenticated"];
        let estate = estate([
            workload("Deployment", "agents", "billing"),
            role("", "system:basic-user", &["create selfsubjectaccessreviews", "get secrets"]),
            binding("", "system:basic-user", "ClusterRole", "system:basic-user", &everyone),
        ]);
        let defaults: Vec<bool> = grants(&estate, &[agent(key("billing"))])
            .iter()
            .map(|grant| grant.platform_default)
            .collect();
        assert_eq!(defaults, [true, false]);
    }

    #[test]
    fn grants_stand_once_on_the_host() {
        let estate = estate([
            acting_as(workload("Deployment", "agents", "billing"), ""),
            role("agents", "reader", &["get pods"]),
            binding("agents", "b", "Role", "reader", &["ServiceAccount default"]),
        ]);
        let inner = |name: &str| agent(key("billing").with_inner(name));
        let grants = grants(&estate, &[inner("a"), inner("b"), agent(key("billing"))]);
        assert_eq!(grants.len(), 1);
        assert!(grants.iter().all(|grant| grant.holder == key("billing")));
    }

    #[test]
    fn an_agent_without_a_workload_holds_what_it_was_seen_to_act_as() {
        let estate = estate([
            role("agents", "reader", &["get pods"]),
            binding("agents", "b", "Role", "reader", &["ServiceAccount runner"]),
        ]);
        let mut seen = agent(key("unloaded"));
        let user = Text::from("system:serviceaccount:agents:runner");
        seen.principals = vec![Principal::from_kubernetes_user(&"prod".into(), &user)];
        assert_eq!(grants(&estate, &[seen]).len(), 1);
    }

    #[test]
    fn hostile_rules_are_set_aside_and_reported() {
        let many = (0..400).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
        let rule = format!("{many} {many} {many}");
        let bodies = vec![
            role("agents", "huge", &[&rule]),
            binding("agents", "b", "Role", "huge", &["ServiceAccount billing"]),
        ];
        assert_eq!(estate(bodies.clone()).problems().len(), 1);
        check(bodies, &[]);
    }
}

//! RBAC: roles and bindings → grants on the Kubernetes plane (formats.md §3.2).
//!
//! Grants are resolved once for each service account and shared by the workloads that run as it, so
//! the cost grows with the number of grants. A RoleBinding to a ClusterRole grants in its namespace
//! only, and never paths; a binding whose role is missing grants nothing and is reported.

pub mod aggregation;
#[cfg(test)]
mod real_data;
mod recorded;
mod rules;

use std::collections::{BTreeMap, BTreeSet};

pub use recorded::{RecordedRoute, recorded_route};

use self::aggregation::{Aggregation, EffectiveRule};
use self::rules::{COMBINATIONS, combinations, is_harmless, patterns};
use super::estate::DanglingBinding;
use super::{Estate, granted_by};
use crate::domain::configured::{Binding, Configured, Role, ServiceAccount, Subject};
use crate::domain::grant::Attachment;
use crate::domain::{
    Agent, AgentKey, Bounds, Grant, Hop, ObjectRef, Plane, Principal, Problem, ProblemKind, Record,
    Route, Text,
};

/// Roles of the platform that every authenticated identity holds.
const PLATFORM_ROLES: [&str; 4] = [
    "system:discovery",
    "system:basic-user",
    "system:public-info-viewer",
    "system:service-account-issuer-discovery",
];

/// A service account by realm, namespace and name.
type Account = (Text, Text, Text);

/// RBAC grants on the host workloads of these agents.
pub(super) fn grants(estate: &Estate, agents: &[Agent]) -> Vec<Grant> {
    let authority = Authority::new(estate);
    let mut resolved: BTreeMap<Account, Vec<Grant>> = BTreeMap::new();
    let mut grants = Vec::new();
    for (host, accounts) in accounts_of_hosts(estate, agents) {
        for account in accounts {
            let of_account =
                resolved.entry(account).or_insert_with_key(|account| authority.resolve(account));
            let held = of_account.iter().cloned();
            grants.extend(held.map(|grant| Grant { holder: host.clone(), ..grant }));
        }
    }
    grants
}

/// Bindings whose role was not loaded, with the role that they name.
pub(super) fn dangling_bindings(estate: &Estate) -> Vec<DanglingBinding<'_>> {
    let authority = Authority::new(estate);
    let bound = bindings(estate).filter(|(record, binding)| {
        authority.rules(record, binding).is_none() && !binding.subjects.is_empty()
    });
    bound
        .map(|(binding, body)| DanglingBinding { binding, missing: role_reference(body) })
        .collect()
}

/// Rules that were set aside because of their size.
pub(super) fn oversized_rules(estate: &Estate) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (record, role) in roles(estate) {
        for rule in role.rules.iter().filter(|rule| combinations(rule) > COMBINATIONS) {
            problems.push(Problem {
                kind: ProblemKind::Limit,
                file: record.place.file.clone(),
                at: record.place.at.clone(),
                message: format!(
                    "a rule of {} spells {} combinations, more than {COMBINATIONS}; it was set aside",
                    role_object(role).visible(),
                    combinations(rule),
                ),
            });
        }
    }
    problems
}

/// The service accounts of each host: that of its workload, or those it was seen to act as when the
/// workload is not loaded.
fn accounts_of_hosts(estate: &Estate, agents: &[Agent]) -> BTreeMap<AgentKey, BTreeSet<Account>> {
    let mut hosts: BTreeMap<AgentKey, BTreeSet<Account>> = BTreeMap::new();
    for agent in agents {
        let host = agent.key.host();
        let accounts: Vec<Account> = match estate.service_account(&host) {
            Some(account) => vec![(host.realm.clone(), host.space.clone(), account.clone())],
            None => agent.principals.iter().filter_map(account).collect(),
        };
        hosts.entry(host).or_default().extend(accounts);
    }
    hosts
}

fn account(principal: &Principal) -> Option<Account> {
    match principal {
        Principal::ServiceAccount { realm, namespace, name } => {
            Some((realm.clone(), namespace.clone(), name.clone()))
        }
        _ => None,
    }
}

/// Roles and bindings, indexed for one pass over many service accounts.
struct Authority<'a> {
    /// Bindings by realm and the subject that they name.
    by_subject: BTreeMap<(Text, Subject), Vec<(&'a Record, &'a Binding)>>,
    /// Roles by realm, namespace and name.
    roles: BTreeMap<(&'a Text, &'a Text, &'a Text), (&'a Record, &'a Role)>,
    /// The records of the service accounts themselves.
    accounts: BTreeMap<Account, &'a Record>,
    aggregation: Aggregation<'a>,
}

/// A role that a binding names, with the rules it gives.
struct Bound<'a> {
    record: &'a Record,
    role: &'a Role,
    rules: Vec<EffectiveRule<'a>>,
}

impl<'a> Authority<'a> {
    fn new(estate: &'a Estate) -> Self {
        let mut by_subject: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (record, binding) in bindings(estate) {
            let subjects: BTreeSet<Subject> =
                binding.subjects.iter().filter_map(|subject| normal(subject, binding)).collect();
            for subject in subjects {
                let key = (record.realm.clone(), subject);
                by_subject.entry(key).or_default().push((record, binding));
            }
        }
        let roles: BTreeMap<_, _> = roles(estate)
            .map(|(record, role)| {
                ((&record.realm, &role.meta.namespace, &role.meta.name), (record, role))
            })
            .collect();
        let cluster_roles = roles.values().filter(|(_, role)| role.meta.namespace.is_empty());
        let aggregation = Aggregation::new(cluster_roles.copied());
        let accounts = estate.records().filter_map(|record| match &record.body {
            Configured::ServiceAccount(ServiceAccount { meta, .. }) => {
                let key = (record.realm.clone(), meta.namespace.clone(), meta.name.clone());
                Some((key, record))
            }
            _ => None,
        });
        Self { by_subject, accounts: accounts.collect(), roles, aggregation }
    }

    /// The grants of a service account, without their holder.
    fn resolve(&self, account: &Account) -> Vec<Grant> {
        let mut grants = Vec::new();
        let mut used: BTreeSet<(&Text, &Text)> = BTreeSet::new();
        for (subject, group) in subjects_of(account) {
            let key = (account.0.clone(), subject);
            for (record, binding) in self.by_subject.get(&key).into_iter().flatten() {
                // A binding that names the account itself and its group is reached directly.
                if used.insert((&binding.meta.namespace, &binding.meta.name)) {
                    self.add_grants(account, group.as_ref(), record, binding, &mut grants);
                }
            }
        }
        grants
    }

    fn add_grants(
        &self,
        account: &Account,
        group: Option<&Text>,
        record: &'a Record,
        binding: &'a Binding,
        grants: &mut Vec<Grant>,
    ) {
        let Some(bound) = self.rules(record, binding) else { return };
        let namespace = &binding.meta.namespace;
        let only = (!namespace.is_empty()).then_some(namespace);
        let is_platform_role = PLATFORM_ROLES.iter().any(|name| binding.role == *name)
            && bound.role.meta.namespace.is_empty();
        let reached = self.hops_to(account, group, record, binding, &bound);
        let made = granted_by(record);
        for EffectiveRule { rule, via } in &bound.rules {
            let aggregated = via.iter().filter_map(|record| match &record.body {
                Configured::Role(role) => {
                    Some(hop(role_object(role), Attachment::Aggregation, Some(record)))
                }
                _ => None,
            });
            let hops: Vec<Hop> = reached.iter().cloned().chain(aggregated).collect();
            grants.extend(patterns(rule, only).into_iter().map(|pattern| Grant {
                holder: AgentKey::default(),
                plane: Plane::Kubernetes,
                route: Route { hops: hops.clone() },
                bounds: Bounds::default(),
                enforced: true,
                platform_default: is_platform_role && is_harmless(&pattern),
                since: made.since,
                granted_by: made.granted_by.clone(),
                policy: made.policy.clone(),
                pattern,
            }));
        }
    }

    /// Service account → (group →) binding → role.
    fn hops_to(
        &self,
        account: &Account,
        group: Option<&Text>,
        record: &Record,
        binding: &Binding,
        bound: &Bound<'_>,
    ) -> Vec<Hop> {
        let (_, namespace, name) = account;
        let own = ObjectRef::new("ServiceAccount", namespace.clone(), name.clone());
        let member = group.map(|group| ObjectRef::new("Group", "", group.clone()));
        let attachment = if group.is_some() { Attachment::Group } else { Attachment::Own };
        [
            Some(hop(own, Attachment::Own, self.accounts.get(account).copied())),
            // Every service account is a member of its implicit groups by itself; what makes the
            // grant inherited is the binding that names the group.
            member.map(|group| hop(group, Attachment::Own, None)),
            Some(hop(binding_object(binding), attachment, Some(record))),
            Some(hop(role_object(bound.role), Attachment::Own, Some(bound.record))),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// The role that a binding names, or `None` when it was not loaded.
    fn rules(&self, record: &'a Record, binding: &'a Binding) -> Option<Bound<'a>> {
        let is_cluster_role = binding.role_kind == "ClusterRole";
        let none = Text::default();
        let namespace = if is_cluster_role { &none } else { &binding.meta.namespace };
        // A ClusterRoleBinding cannot name a Role.
        if !is_cluster_role && namespace.is_empty() {
            return None;
        }
        let (role_record, role) = *self.roles.get(&(&record.realm, namespace, &binding.role))?;
        let rules = match is_cluster_role {
            true => self.aggregation.rules_of(&record.realm, &binding.role)?,
            false => {
                let own = |rule| EffectiveRule { rule, via: Vec::new() };
                role.rules.iter().map(own).collect()
            }
        };
        Some(Bound { record: role_record, role, rules })
    }
}

fn bindings(estate: &Estate) -> impl Iterator<Item = (&Record, &Binding)> {
    estate.records().filter_map(|record| match &record.body {
        Configured::Binding(binding) => Some((record, binding)),
        _ => None,
    })
}

fn roles(estate: &Estate) -> impl Iterator<Item = (&Record, &Role)> {
    estate.records().filter_map(|record| match &record.body {
        Configured::Role(role) => Some((record, role)),
        _ => None,
    })
}

/// The subject as it is compared: a ServiceAccount without a namespace is one of the binding's
/// namespace, and matches nothing in a ClusterRoleBinding.
fn normal(subject: &Subject, binding: &Binding) -> Option<Subject> {
    let namespace = match (subject.kind.raw(), subject.namespace.is_empty()) {
        ("ServiceAccount", true) if binding.meta.namespace.is_empty() => return None,
        ("ServiceAccount", true) => binding.meta.namespace.clone(),
        ("ServiceAccount", false) => subject.namespace.clone(),
        _ => Text::default(),
    };
    Some(Subject { kind: subject.kind.clone(), name: subject.name.clone(), namespace })
}

/// The subjects that a service account answers to, its own first; with the group, if it is one.
fn subjects_of((_, namespace, name): &Account) -> Vec<(Subject, Option<Text>)> {
    let subject =
        |kind: &str, name: Text, namespace: Text| Subject { kind: kind.into(), name, namespace };
    let user = format!("system:serviceaccount:{}:{}", namespace.raw(), name.raw());
    let own = [
        subject("ServiceAccount", name.clone(), namespace.clone()),
        subject("User", user.into(), Text::default()),
    ];
    let groups = [
        Text::from(format!("system:serviceaccounts:{}", namespace.raw())),
        Text::from("system:serviceaccounts"),
        Text::from("system:authenticated"),
    ];
    let own = own.into_iter().map(|subject| (subject, None));
    let groups =
        groups.into_iter().map(|g| (subject("Group", g.clone(), Text::default()), Some(g)));
    own.chain(groups).collect()
}

fn hop(object: ObjectRef, attachment: Attachment, record: Option<&Record>) -> Hop {
    Hop { object, attachment, place: record.map(|record| record.place.clone()) }
}

fn binding_object(binding: &Binding) -> ObjectRef {
    let namespace = &binding.meta.namespace;
    let kind = if namespace.is_empty() { "ClusterRoleBinding" } else { "RoleBinding" };
    ObjectRef::new(kind, namespace.clone(), binding.meta.name.clone())
}

fn role_object(role: &Role) -> ObjectRef {
    let namespace = &role.meta.namespace;
    let kind = if namespace.is_empty() { "ClusterRole" } else { "Role" };
    ObjectRef::new(kind, namespace.clone(), role.meta.name.clone())
}

fn role_reference(binding: &Binding) -> ObjectRef {
    let namespace = match binding.role_kind == "Role" {
        true => binding.meta.namespace.clone(),
        false => Text::default(),
    };
    ObjectRef::new(binding.role_kind.clone(), namespace, binding.role.clone())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{
        acting_as, agent, aggregating, binding, estate, key, labelled_role, role, shown, workload,
    };
    use super::*;

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

//! What principals can come to hold: a derived edge for each step that their permissions let them
//! take ([`STEPS`](super::steps::STEPS)).
//!
//! Where a step leads to all of a kind (any service account of a namespace), one object stands for
//! all of them, so that the edges grow with the principals and not with their square.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use petgraph::graph::NodeIndex;

use super::super::authority::Edge;
use super::cluster::Cluster;
use super::held::ClusterGraph;
use super::need::Scope;
use super::open_steps::{OpenStep, can_matter, open_steps};
use super::principal;
use super::rules::{bound_in, patterns};
use super::steps::Step;
use crate::domain::{Attachment, Bounds, Clause, Layer, ObjectRef, Pattern, Text};

/// A permission that some step takes, and the binding that gives it.
#[derive(Clone, Debug)]
struct Held<'a> {
    pattern: Pattern,
    by: &'a ObjectRef,
}

impl ClusterGraph<'_> {
    /// Adds the steps of every principal. Those of a group are taken by its members over it.
    pub fn add_derived(&mut self) {
        let cluster = self.cluster;
        let by_role: BTreeMap<&ObjectRef, Vec<Pattern>> =
            cluster.roles.keys().map(|role| (role, self.rules_that_matter(role))).collect();
        for who in cluster.by_subject.keys() {
            let mut held = held_by(who, cluster, &by_role);
            if held.is_empty() {
                continue;
            }
            let groups = principal::groups(who);
            held.extend(groups.iter().flat_map(|group| held_by(group, cluster, &by_role)));
            let patterns: Vec<&Pattern> = held.iter().map(|held| &held.pattern).collect();
            for open in open_steps(patterns.iter().copied()) {
                self.add_step(who, &open, &held);
            }
        }
    }

    /// The patterns of a role, with those of its members, that any step takes.
    fn rules_that_matter(&self, role: &ObjectRef) -> Vec<Pattern> {
        let mut seen = BTreeSet::from([role]);
        let mut queue = vec![role];
        let mut found = Vec::new();
        while let Some(object) = queue.pop() {
            let Some((_, role)) = self.cluster.roles.get(object) else { continue };
            let namespace = (!object.namespace.is_empty()).then_some(&object.namespace);
            for rule in self.aggregation.own_rules(object, role) {
                found.extend(patterns(rule, namespace).into_iter().filter(can_matter));
            }
            queue.extend(self.aggregation.members(object).filter(|member| seen.insert(member)));
        }
        found
    }

    fn add_step(&mut self, who: &ObjectRef, open: &OpenStep, held: &[Held<'_>]) {
        let from = self.principal(who);
        let through = through(open.step, &open.scope, held);
        let bounds = Arc::new(bounds(open));
        for target in self.targets(who, open) {
            if target.node == from {
                continue;
            }
            let edge = Edge::derived(Attachment::Own, open.step.rule, through.clone());
            let edge = match &target.namespace {
                Some(namespace) => edge.in_namespace(namespace),
                None => edge,
            };
            self.authority.give(from, target.node, edge.bounded(Arc::clone(&bounds)));
        }
    }
}

fn held_by<'a>(
    principal: &ObjectRef,
    cluster: &'a Cluster<'_>,
    by_role: &BTreeMap<&ObjectRef, Vec<Pattern>>,
) -> Vec<Held<'a>> {
    let of_binding = cluster.bindings_of(principal).flat_map(|bound| {
        let patterns = by_role.get(&bound.role).into_iter().flatten();
        patterns.filter_map(|pattern| {
            let pattern = bound_in(pattern, &bound.object.namespace)?;
            Some(Held { pattern, by: &bound.object })
        })
    });
    of_binding.collect()
}

/// Where a step leads.
pub struct Target {
    pub node: NodeIndex,
    /// What is given there is given in this namespace only.
    pub namespace: Option<Text>,
}

/// The bindings that let a step be taken in this scope.
fn through(step: &Step, scope: &Scope, held: &[Held<'_>]) -> Vec<ObjectRef> {
    let touches = |met: Scope| {
        let same = |one: &Option<Text>, other: &Option<Text>| {
            one.is_none() || other.is_none() || one == other
        };
        same(&met.namespace, &scope.namespace)
    };
    let needs = || step.by.iter().chain(step.with.iter().copied().flatten());
    let contributes =
        |held: &&Held<'_>| needs().any(|need| need.met_by(&held.pattern).is_some_and(touches));
    let bindings: BTreeSet<&ObjectRef> =
        held.iter().filter(contributes).map(|held| held.by).collect();
    bindings.into_iter().cloned().collect()
}

/// What configuration alone does not tell, and the requests to which the step is constrained.
fn bounds(open: &OpenStep) -> Bounds {
    let clause = |pattern: &Pattern| Clause { pattern: pattern.clone(), depends_on: Vec::new() };
    let constrained = open.only.as_ref().map(|only| Layer {
        by: ObjectRef::new("Constrained impersonation", "", open.step.mode.unwrap_or_default()),
        place: None,
        clauses: only.iter().map(clause).collect(),
    });
    Bounds {
        within: constrained.into_iter().collect(),
        except: Vec::new(),
        depends_on: open.step.depends_on.map(Text::from).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::authority::{Authority, Reach as Walk};
    use super::super::super::testing::{
        REALM, acting_as, binding, change, estate, meta, role, workload,
    };
    use super::super::principal;
    use crate::domain::configured::{Configured, Node, ServiceAccount};
    use crate::domain::{Capability, ObjectRef};

    /// What `ServiceAccount agents/ci` can take at once: `rule → object`.
    #[track_caller]
    fn check(bodies: Vec<Configured>, expected: &[&str]) {
        let authority = Authority::of(&estate(bodies), &[]);
        let ci = ObjectRef::new("ServiceAccount", "agents", "ci");
        let steps = authority.steps_of(&REALM.into(), &ci);
        let shown: Vec<String> =
            steps.iter().map(|step| format!("{} → {}", step.rule, step.object.visible())).collect();
        assert_eq!(shown, expected);
        assert!(
            steps
                .iter()
                .all(|step| step.through == [ObjectRef::new("ClusterRoleBinding", "", "b")]
                    || step.through == [ObjectRef::new("RoleBinding", "agents", "b")])
        );
    }

    /// `ci` with one role, bound for the cluster or in a namespace.
    fn ci(namespace: &str, rules: &[&str]) -> Vec<Configured> {
        vec![
            role("", "ci", rules),
            binding(namespace, "b", "ClusterRole", "ci", &["ServiceAccount agents/ci"]),
        ]
    }

    fn with(mut bodies: Vec<Configured>, more: Vec<Configured>) -> Vec<Configured> {
        bodies.extend(more);
        bodies
    }

    #[test]
    fn names_lead_to_their_objects() {
        let admin = || {
            let pod = acting_as(workload("Pod", "agents", "admin-0"), "admin");
            change(pod, |workload| workload.node = Some("n1".into()))
        };
        check(
            with(ci("agents", &["create pods/exec admin-0"]), vec![admin()]),
            &["runs a command in a pod → ServiceAccount agents/admin"],
        );
        check(with(ci("agents", &["create pods/exec other"]), vec![admin()]), &[]);
        check(
            with(ci("", &["get nodes/proxy n1"]), vec![admin()]),
            &["runs a command in a pod through the kubelet → ServiceAccount agents/admin"],
        );
        check(with(ci("", &["get nodes/proxy n2"]), vec![admin()]), &[]);
        let account = Configured::ServiceAccount(ServiceAccount {
            meta: meta("agents", "admin", &[]),
            secrets: vec!["admin-token".into()],
            ..ServiceAccount::default()
        });
        check(
            with(ci("agents", &["get secrets admin-token,other"]), vec![account]),
            &["reads a token out of a secret → ServiceAccount agents/admin"],
        );
        check(
            ci("agents", &["create serviceaccounts/token admin"]),
            &["requests a token → ServiceAccount agents/admin"],
        );
    }

    #[test]
    fn one_object_stands_for_all_of_a_kind() {
        check(
            ci("agents", &["create pods"]),
            &["creates a pod that runs as it → ServiceAccounts agents/any"],
        );
        check(ci("", &["create pods"]), &["creates a pod that runs as it → ServiceAccounts any"]);
        check(
            ci("", &["impersonate users,groups"]),
            &[
                "impersonates → Users any",
                "impersonates → Nodes any",
                "impersonates → Groups any",
                "impersonates → Group system:masters",
            ],
        );
        check(
            ci("", &["escalate,patch clusterroles.rbac.authorization.k8s.io"]),
            &["writes any rule into a role that it holds → Rules any"],
        );
    }

    #[test]
    fn constrained_impersonation_is_bounded() {
        let node = Configured::Node(Node { meta: meta("", "n1", &[]), ..Node::default() });
        let bodies = with(
            ci(
                "",
                &[
                    "impersonate:arbitrary-node nodes.authentication.k8s.io",
                    "impersonate-on:arbitrary-node:list pods",
                ],
            ),
            vec![
                node,
                role("", "kubelet", &["list pods", "list secrets"]),
                binding("", "nodes", "ClusterRole", "kubelet", &["Group system:nodes"]),
            ],
        );
        let authority = Authority::of(&estate(bodies), &[]);
        for (resource, reached) in [("pods", true), ("secrets", false)] {
            let list = Capability::Kubernetes {
                verb: "list".into(),
                group: "".into(),
                resource: resource.into(),
                namespace: None,
                name: None,
            };
            let holders = authority.who_can(&list, Walk::Derived);
            let ci = principal::account(&"agents".into(), &"ci".into());
            assert_eq!(holders.iter().any(|held| held.holder == ci), reached, "{resource}");
        }
    }

    #[test]
    fn steps_are_walked_one_after_the_other() {
        let bodies = with(
            ci("agents", &["create pods"]),
            vec![
                workload("Deployment", "agents", "deployer"),
                role(
                    "",
                    "binder",
                    &[
                        "bind clusterroles.rbac.authorization.k8s.io",
                        "create rolebindings.rbac.authorization.k8s.io",
                    ],
                ),
                binding("other", "x", "ClusterRole", "binder", &["ServiceAccount agents/deployer"]),
                role("", "reader", &["get secrets"]),
            ],
        );
        let authority = Authority::of(&estate(bodies), &[]);
        let get = |namespace: &str| Capability::Kubernetes {
            verb: "get".into(),
            group: "".into(),
            resource: "secrets".into(),
            namespace: Some(namespace.into()),
            name: Some("s".into()),
        };
        let ci = principal::account(&"agents".into(), &"ci".into());
        for (namespace, expected) in [
            (
                "other",
                Some(
                    "ServiceAccounts agents/any → ServiceAccount agents/deployer → \
                     ClusterRoles other/any → ClusterRole reader",
                ),
            ),
            ("agents", None),
        ] {
            let holders = authority.who_can(&get(namespace), Walk::Derived);
            let route = holders.iter().find(|held| held.holder == ci).map(|held| &held.route);
            assert_eq!(route.map(|route| route.visible()).as_deref(), expected, "{namespace}");
            assert!(route.is_none_or(|route| route.derived));
            assert!(authority.who_can(&get(namespace), Walk::Own).is_empty());
        }
    }

    #[test]
    fn who_may_be_any_group_may_do_everything() {
        let bodies = ci("", &["impersonate groups,serviceaccounts"]);
        let authority = Authority::of(&estate(bodies), &[]);
        let anything =
            Capability::NonResource { verb: "delete".into(), path: "/anything/at/all".into() };
        let holders = authority.who_can(&anything, Walk::Derived);
        let shown: Vec<String> = holders.iter().map(|held| held.holder.visible()).collect();
        assert_eq!(shown, ["Group system:masters", "ServiceAccount agents/ci"]);
    }

    #[test]
    fn edges_grow_with_the_principals_and_not_with_their_square() {
        let edges = |accounts: usize| {
            let names: Vec<String> =
                (0..accounts).map(|number| format!("ServiceAccount agents/a{number}")).collect();
            let subjects: Vec<&str> = names.iter().map(String::as_str).collect();
            let bodies = [
                role("", "ci", &["create pods", "get secrets", "impersonate users"]),
                binding("", "b", "ClusterRole", "ci", &subjects),
            ];
            Authority::of(&estate(bodies), &[]).edges()
        };
        let (few, many) = (edges(10), edges(100));
        assert!(many <= few * 10, "{few} edges of 10 accounts, {many} of 100");
    }
}

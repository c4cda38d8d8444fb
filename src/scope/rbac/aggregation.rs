//! Aggregated ClusterRoles: which roles give their rules to which.
//!
//! The controller copies the rules of every ClusterRole that a selector matches into the aggregated
//! one. Adding a label to a role therefore widens another role silently; attributing each copied rule
//! to the role that it came from is what makes that visible.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::domain::configured::{Role, Rule, Selector};
use crate::domain::{ObjectRef, Text};

/// ClusterRoles with an edge from each aggregated one to its members.
#[derive(Debug, Default)]
pub struct Aggregation<'a> {
    graph: DiGraph<(&'a ObjectRef, &'a Role), ()>,
    nodes: BTreeMap<&'a ObjectRef, NodeIndex>,
    /// Roles that aggregate each other, directly or not, have one number.
    circles: Vec<usize>,
}

impl<'a> Aggregation<'a> {
    pub fn new(cluster_roles: impl IntoIterator<Item = (&'a ObjectRef, &'a Role)>) -> Self {
        let mut built = Self::default();
        for (object, role) in cluster_roles {
            built.nodes.insert(object, built.graph.add_node((object, role)));
        }
        built.join();
        built.circles = vec![0; built.graph.node_count()];
        for (number, circle) in kosaraju_scc(&built.graph).iter().enumerate() {
            for node in circle {
                if let Some(of_node) = built.circles.get_mut(node.index()) {
                    *of_node = number;
                }
            }
        }
        built
    }

    /// The roles that give their rules to this one.
    pub fn members(&self, role: &ObjectRef) -> impl Iterator<Item = &'a ObjectRef> {
        let node = self.nodes.get(role).copied();
        let members = node.into_iter().flat_map(|node| self.graph.neighbors(node));
        members.filter_map(|member| self.graph.node_weight(member)).map(|(object, _)| *object)
    }

    /// The rules of a role without those that the controller copied from a member which is loaded. In
    /// a circle each holds the copies of all, so that there no member is the origin.
    pub fn own_rules(&self, object: &ObjectRef, role: &'a Role) -> impl Iterator<Item = &'a Rule> {
        let node = self.nodes.get(object).copied();
        let circle = |node: NodeIndex| self.circles.get(node.index());
        let members = node.into_iter().flat_map(|node| {
            let members = self.graph.neighbors(node);
            members.filter(move |member| circle(*member) != circle(node))
        });
        let members: Vec<&Role> = members
            .filter_map(|member| self.graph.node_weight(member))
            .map(|(_, member)| *member)
            .collect();
        role.rules.iter().filter(move |rule| !members.iter().any(|of| of.rules.contains(rule)))
    }

    /// Adds the edges. A selector that requires a label is asked only about the roles that carry it.
    fn join(&mut self) {
        let mut labelled: BTreeMap<(&Text, &Text), Vec<NodeIndex>> = BTreeMap::new();
        for node in self.graph.node_indices() {
            for label in &self.graph[node].1.meta.labels {
                labelled.entry(label).or_default().push(node);
            }
        }
        let all: Vec<NodeIndex> = self.graph.node_indices().collect();
        let candidates = |by: &Selector| match by.labels.first_key_value() {
            Some(label) => labelled.get(&label).cloned().unwrap_or_default(),
            None => all.clone(),
        };
        for parent in &all {
            let selectors = &self.graph[*parent].1.aggregates;
            let mut members = BTreeSet::new();
            for by in selectors {
                let matching = candidates(by).into_iter().filter(|member| {
                    member != parent && by.matches(&self.graph[*member].1.meta.labels)
                });
                members.extend(matching);
            }
            for member in members {
                self.graph.add_edge(*parent, member, ());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{aggregating, labelled_role, role};
    use super::*;
    use crate::domain::Configured;

    /// What the first role gives: `verbs resources via member` of its own rules and its members'.
    #[track_caller]
    fn check(roles: &[Configured], expected: &[&str]) {
        let roles = roles.iter().filter_map(|body| match body {
            Configured::Role(role) => {
                Some((ObjectRef::new("ClusterRole", "", role.meta.name.clone()), role))
            }
            _ => None,
        });
        let roles: Vec<(ObjectRef, &Role)> = roles.collect();
        let aggregation = Aggregation::new(roles.iter().map(|(object, role)| (object, *role)));
        let role_of = |object: &ObjectRef| {
            roles.iter().find(|(known, _)| known == object).map(|(_, role)| *role)
        };
        let join = |texts: &[Text]| texts.iter().map(Text::raw).collect::<Vec<_>>().join(",");
        let (first, _) = roles.first().expect("a role");
        let mut queue = vec![(first, String::new())];
        let mut shown = Vec::new();
        while let Some((object, via)) = queue.pop() {
            for rule in aggregation.own_rules(object, role_of(object).expect("it is there")) {
                shown.push(format!("{} {} via {via}", join(&rule.verbs), join(&rule.resources)));
            }
            for member in aggregation.members(object).filter(|_| via.len() < 8) {
                queue.push((member, format!("{via}/{}", member.name.raw())));
            }
        }
        assert_eq!(shown, expected);
    }

    #[test]
    fn rules_are_attributed_to_the_members_they_came_from() {
        let to = |role: &'static str| [(role, "true")];
        let view = |rules: &[&str]| aggregating(role("", "view", rules), &to("to-view"));
        let extra = || labelled_role("", "extra", &to("to-view"), &["get secrets"]);
        // Before the controller has run.
        check(&[view(&[]), extra()], &["get secrets via /extra"]);
        // After it has: attributed, not doubled.
        check(&[view(&["get secrets"]), extra()], &["get secrets via /extra"]);
        // A member that is not loaded.
        check(
            &[view(&["get pods", "get secrets"]), extra()],
            &["get pods via ", "get secrets via /extra"],
        );
        // Through two levels, with copies in both.
        let edit = aggregating(role("", "edit", &["get secrets", "get pods"]), &to("to-edit"));
        let view = aggregating(
            labelled_role("", "view", &to("to-edit"), &["get secrets"]),
            &to("to-view"),
        );
        check(&[edit, view, extra()], &["get pods via ", "get secrets via /view/extra"]);
    }

    #[test]
    fn roles_in_a_circle_keep_their_rules() {
        let a = aggregating(labelled_role("", "a", &[("x", "1")], &["get pods"]), &[("y", "1")]);
        let b = aggregating(labelled_role("", "b", &[("y", "1")], &["get pods"]), &[("x", "1")]);
        let twice =
            ["get pods via ", "get pods via /b", "get pods via /b/a", "get pods via /b/a/b"];
        check(&[a, b], &[&twice[..], &["get pods via /b/a/b/a"]].concat());
    }

    #[test]
    fn a_selector_without_labels_is_asked_about_every_role() {
        let mut all = aggregating(role("", "all", &[]), &[]);
        if let Configured::Role(role) = &mut all {
            role.aggregates = vec![Selector::default()];
        }
        check(&[all, role("", "plain", &["get pods"])], &["get pods via /plain"]);
    }
}

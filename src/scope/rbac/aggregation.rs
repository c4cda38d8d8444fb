//! Aggregated ClusterRoles: which rules arrive over which member.
//!
//! The controller copies the rules of every ClusterRole that a selector matches into the aggregated
//! one. Adding a label to a role therefore widens another role silently; attributing each copied rule
//! to the role that it came from is what makes that visible.

use std::collections::{BTreeMap, VecDeque};

use petgraph::graph::{DiGraph, NodeIndex};

use crate::domain::configured::{Role, Rule};
use crate::domain::{Record, Text};

/// One rule that a ClusterRole gives.
#[derive(Clone, Debug)]
pub struct EffectiveRule<'a> {
    pub rule: &'a Rule,
    /// The roles over which the rule arrives, nearest first; empty for a rule of the role itself.
    pub via: Vec<&'a Record>,
}

/// ClusterRoles of an estate with an edge from each aggregated one to its members.
#[derive(Debug, Default)]
pub struct Aggregation<'a> {
    graph: DiGraph<(&'a Record, &'a Role), ()>,
    by_name: BTreeMap<(&'a Text, &'a Text), NodeIndex>,
}

impl<'a> Aggregation<'a> {
    pub fn new(cluster_roles: impl IntoIterator<Item = (&'a Record, &'a Role)>) -> Self {
        let mut built = Self::default();
        for (record, role) in cluster_roles {
            let node = built.graph.add_node((record, role));
            built.by_name.insert((&record.realm, &role.meta.name), node);
        }
        let nodes: Vec<_> =
            built.graph.node_indices().map(|node| (node, built.graph[node])).collect();
        for (parent, (record, role)) in &nodes {
            let members = nodes.iter().filter(|(member, (member_record, member_role))| {
                member != parent
                    && member_record.realm == record.realm
                    && role.aggregates.iter().any(|by| by.matches(&member_role.meta.labels))
            });
            for (member, _) in members {
                built.graph.add_edge(*parent, *member, ());
            }
        }
        built
    }

    /// The rules of a ClusterRole, each with the members over which it arrives. A rule that the
    /// controller copied from a member which is loaded is attributed to that member only; one whose
    /// member is not loaded stays the role's own.
    pub fn rules_of(&self, realm: &Text, name: &Text) -> Option<Vec<EffectiveRule<'a>>> {
        let start = *self.by_name.get(&(realm, name))?;
        let (_, role) = self.graph.node_weight(start)?;
        let mut rules = Vec::new();
        for (node, via) in self.reachable(start) {
            let Some((_, role)) = self.graph.node_weight(node) else { continue };
            let own = role.rules.iter().filter(|rule| !self.is_copied(node, rule));
            rules.extend(own.map(|rule| EffectiveRule { rule, via: via.clone() }));
        }
        // Two roles that aggregate each other hold each other's copies: then no member is the
        // origin, and the rule stays the role's own.
        for rule in &role.rules {
            if !rules.iter().any(|effective| effective.rule == rule) {
                rules.push(EffectiveRule { rule, via: Vec::new() });
            }
        }
        Some(rules)
    }

    /// Every role that contributes, with the shortest path to it. Cycles are walked once.
    fn reachable(&self, start: NodeIndex) -> Vec<(NodeIndex, Vec<&'a Record>)> {
        let mut seen = vec![false; self.graph.node_count()];
        let mut queue = VecDeque::from([(start, Vec::new())]);
        let mut reached = Vec::new();
        while let Some((node, via)) = queue.pop_front() {
            match seen.get_mut(node.index()) {
                Some(seen) if !*seen => *seen = true,
                _ => continue,
            }
            for member in self.graph.neighbors(node) {
                let Some((record, _)) = self.graph.node_weight(member) else { continue };
                queue.push_back((member, via.iter().copied().chain([*record]).collect()));
            }
            reached.push((node, via));
        }
        reached
    }

    /// Whether a direct member of the role has the same rule.
    fn is_copied(&self, node: NodeIndex, rule: &Rule) -> bool {
        let mut members = self.graph.neighbors(node).filter_map(|at| self.graph.node_weight(at));
        members.any(|(_, member)| member.rules.contains(rule))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{REALM, aggregating, labelled_role, record, role};
    use super::*;
    use crate::domain::Configured;

    /// Rules as `verbs resources via member,…`.
    #[track_caller]
    fn check(roles: Vec<Configured>, name: &str, expected: &[&str]) {
        let records: Vec<Record> = roles.into_iter().map(record).collect();
        let roles = records.iter().filter_map(|record| match &record.body {
            Configured::Role(role) => Some((record, role)),
            _ => None,
        });
        let rules = Aggregation::new(roles).rules_of(&REALM.into(), &name.into());
        let join = |texts: &[Text]| texts.iter().map(Text::raw).collect::<Vec<_>>().join(",");
        let shown = rules.expect("the role is there").into_iter().map(|effective| {
            let via = effective.via.iter().filter_map(|record| match &record.body {
                Configured::Role(role) => Some(role.meta.name.clone()),
                _ => None,
            });
            let via: Vec<Text> = via.collect();
            let rule = effective.rule;
            format!("{} {} via {}", join(&rule.verbs), join(&rule.resources), join(&via))
        });
        assert_eq!(shown.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn rules_are_attributed_to_the_members_they_came_from() {
        let to = |role: &'static str| [(role, "true")];
        let view = |rules: &[&str]| aggregating(role("", "view", rules), &to("to-view"));
        let extra = || labelled_role("", "extra", &to("to-view"), &["get secrets"]);
        // Before the controller has run.
        check(vec![view(&[]), extra()], "view", &["get secrets via extra"]);
        // After it has: attributed, not doubled.
        check(vec![view(&["get secrets"]), extra()], "view", &["get secrets via extra"]);
        // A member that is not loaded.
        check(
            vec![view(&["get pods", "get secrets"]), extra()],
            "view",
            &["get pods via ", "get secrets via extra"],
        );
        // Through two levels, with copies in both.
        let edit = aggregating(role("", "edit", &["get secrets", "get pods"]), &to("to-edit"));
        let view = aggregating(
            labelled_role("", "view", &to("to-edit"), &["get secrets"]),
            &to("to-view"),
        );
        check(vec![edit, view, extra()], "edit", &["get pods via ", "get secrets via view,extra"]);
    }

    #[test]
    fn cycles_end_and_keep_their_rules() {
        let a = aggregating(labelled_role("", "a", &[("x", "1")], &["get pods"]), &[("y", "1")]);
        let b = aggregating(labelled_role("", "b", &[("y", "1")], &["get pods"]), &[("x", "1")]);
        check(vec![a, b], "a", &["get pods via "]);
    }
}

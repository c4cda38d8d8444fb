//! One RBAC rule → the patterns that it spells.

use crate::domain::configured::Rule;
use crate::domain::{Pattern, Text};

/// A rule that spells more combinations than this is set aside and reported: no real one does, and
/// a hostile one would fill the memory.
pub(super) const COMBINATIONS: usize = 100_000;

/// One pattern for every verb × group × resource × name, and verb × path, that the rule spells.
pub(super) fn patterns(rule: &Rule, namespace: Option<&Text>) -> Vec<Pattern> {
    if combinations(rule) > COMBINATIONS {
        return Vec::new();
    }
    let names: Vec<Option<&Text>> = match rule.names.is_empty() {
        true => vec![None],
        false => rule.names.iter().map(Some).collect(),
    };
    let mut patterns = Vec::new();
    for verb in &rule.verbs {
        for group in &rule.groups {
            for resource in &rule.resources {
                patterns.extend(names.iter().map(|name| Pattern::Kubernetes {
                    verb: verb.clone(),
                    group: group.clone(),
                    resource: resource.clone(),
                    namespace: namespace.cloned(),
                    name: name.cloned(),
                }));
            }
        }
        // Paths are granted by ClusterRoleBindings only.
        if namespace.is_none() {
            let path =
                |path: &Text| Pattern::NonResource { verb: verb.clone(), path: path.clone() };
            patterns.extend(rule.paths.iter().map(path));
        }
    }
    patterns
}

/// Every request of a namespace, or of the whole cluster with its paths.
pub(super) fn everything(namespace: Option<&Text>) -> Vec<Pattern> {
    let all = || vec![Text::from("*")];
    let paths = if namespace.is_none() { all() } else { Vec::new() };
    let names = Vec::new();
    let rule = Rule { verbs: all(), groups: all(), resources: all(), names, paths };
    patterns(&rule, namespace)
}

/// A pattern of a role as a binding in this namespace gives it; a binding without a namespace gives
/// all of it.
pub(super) fn bound_in(pattern: &Pattern, namespace: &Text) -> Option<Pattern> {
    match pattern.clone() {
        whole if namespace.is_empty() => Some(whole),
        Pattern::Kubernetes { verb, group, resource, name, .. } => {
            let namespace = Some(namespace.clone());
            Some(Pattern::Kubernetes { verb, group, resource, namespace, name })
        }
        // Paths are granted by ClusterRoleBindings only.
        _ => None,
    }
}

/// How many patterns the rule spells.
pub(super) fn combinations(rule: &Rule) -> usize {
    let objects = (rule.groups.len().saturating_mul(rule.resources.len()))
        .saturating_mul(rule.names.len().max(1));
    rule.verbs.len().saturating_mul(objects.saturating_add(rule.paths.len()))
}

/// What the platform's own roles contain as shipped. A rule that somebody added to one of them is no
/// default.
pub(super) fn is_harmless(pattern: &Pattern) -> bool {
    match pattern {
        Pattern::NonResource { verb, path } => *verb == "get" && *path != "*",
        Pattern::Kubernetes { verb, resource, .. } => {
            *verb == "create" && resource.raw().starts_with("selfsubject")
        }
        _ => false,
    }
}

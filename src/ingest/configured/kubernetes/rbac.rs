//! Roles and bindings; the service accounts that they name are read by their own file.

use serde::Deserialize;

use super::network::LabelSelector;
use super::object::{Metadata, Scope, kind, record};
use super::service_account;
use crate::domain::configured::{Binding, Configured, Role, Rule, Subject};
use crate::domain::{Discipline, Text};
use crate::ingest::json::nullable;
use crate::ingest::{Document, Format, Side, Sink};

pub const FORMAT: Format = Format {
    id: "k8s-rbac",
    title: "Kubernetes RBAC",
    side: Side::Configured,
    says: &[(Discipline::Identity, "what an account may ask of the API, and by which route")],
    coverage: "an upper bound: other authorisers and admission are not in it",
    recognises: |shape| {
        KINDS.iter().any(|(group, kind, _)| shape.is_kind(kind) && shape.in_group(group))
    },
    read,
};

type ReadKind = fn(&Document<'_>, &mut dyn Sink);

const GROUP: &str = "rbac.authorization.k8s.io";
const KINDS: &[(&str, &str, ReadKind)] = &[
    (GROUP, "Role", |document, sink| role(document, Scope::Namespaced, sink)),
    (GROUP, "ClusterRole", |document, sink| role(document, Scope::Cluster, sink)),
    (GROUP, "RoleBinding", |document, sink| binding(document, Scope::Namespaced, sink)),
    (GROUP, "ClusterRoleBinding", |document, sink| binding(document, Scope::Cluster, sink)),
    ("", "ServiceAccount", service_account::read),
];

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(found) = kind(document, sink) else { return };
    if let Some((_, _, read)) = KINDS.iter().find(|(_, kind, _)| found == *kind) {
        read(document, sink);
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RoleObject {
    metadata: Metadata,
    #[serde(default, deserialize_with = "nullable")]
    rules: Vec<PolicyRule>,
    #[serde(default, deserialize_with = "nullable")]
    aggregation_rule: AggregationRule,
}

#[derive(Deserialize)]
struct PolicyRule {
    #[serde(default, deserialize_with = "nullable")]
    verbs: Vec<Text>,
    #[serde(default, deserialize_with = "nullable", rename = "apiGroups")]
    groups: Vec<Text>,
    #[serde(default, deserialize_with = "nullable")]
    resources: Vec<Text>,
    #[serde(default, deserialize_with = "nullable", rename = "resourceNames")]
    names: Vec<Text>,
    #[serde(default, deserialize_with = "nullable", rename = "nonResourceURLs")]
    paths: Vec<Text>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AggregationRule {
    #[serde(default, deserialize_with = "nullable")]
    cluster_role_selectors: Vec<LabelSelector>,
}

fn role(document: &Document<'_>, scope: Scope, sink: &mut dyn Sink) {
    let Some(role) = document.parse::<RoleObject>(sink) else { return };
    let rule = |rule: PolicyRule| Rule {
        verbs: rule.verbs,
        groups: rule.groups,
        resources: rule.resources,
        names: rule.names,
        paths: rule.paths,
    };
    let selectors = role.aggregation_rule.cluster_role_selectors.into_iter();
    let aggregates = selectors.map(LabelSelector::into_selector).collect();
    let rules = role.rules.into_iter().map(rule).collect();
    record(
        document,
        &role.metadata,
        scope,
        |meta| Configured::Role(Role { meta, rules, aggregates }),
        sink,
    );
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BindingObject {
    metadata: Metadata,
    role_ref: RoleRef,
    #[serde(default, deserialize_with = "nullable")]
    subjects: Vec<SubjectObject>,
}

#[derive(Deserialize)]
struct RoleRef {
    kind: Text,
    name: Text,
}

#[derive(Deserialize)]
struct SubjectObject {
    kind: Text,
    name: Text,
    #[serde(default, deserialize_with = "nullable")]
    namespace: Text,
}

fn binding(document: &Document<'_>, scope: Scope, sink: &mut dyn Sink) {
    let Some(binding) = document.parse::<BindingObject>(sink) else { return };
    let subject = |subject: SubjectObject| Subject {
        kind: subject.kind,
        name: subject.name,
        namespace: subject.namespace,
    };
    let subjects = binding.subjects.into_iter().map(subject).collect();
    let RoleRef { kind: role_kind, name: role } = binding.role_ref;
    record(
        document,
        &binding.metadata,
        scope,
        |meta| Configured::Binding(Binding { meta, role_kind, role, subjects }),
        sink,
    );
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{body, only};
    use super::*;

    #[test]
    fn an_aggregated_cluster_role() {
        let Configured::Role(role) = body(only(
            r#"{"kind":"ClusterRole","apiVersion":"rbac.authorization.k8s.io/v1",
            "metadata":{"name":"view","namespace":"ignored"},"rules":null,
            "aggregationRule":{"clusterRoleSelectors":[{"matchLabels":{"to-view":"true"}},
            {"matchExpressions":[{"key":"k","operator":"Exists"}]}]}}"#,
        )) else {
            unreachable!("a role");
        };
        assert!(role.meta.namespace.is_empty() && role.rules.is_empty());
        assert_eq!(role.aggregates.len(), 2);
    }

    #[test]
    fn a_role_without_a_namespace_is_in_the_default_one() {
        let Configured::Role(role) = body(only(
            r#"{"kind":"Role","apiVersion":"rbac.authorization.k8s.io/v1","metadata":{"name":"r"},
            "rules":[{"apiGroups":[""],"resources":["pods"],"verbs":["get"],"resourceNames":["p"]},
            {"nonResourceURLs":["/metrics"],"verbs":["get"]}]}"#,
        )) else {
            unreachable!("a role");
        };
        assert_eq!(role.meta.namespace, "default");
        assert_eq!(role.rules.iter().map(|rule| rule.names.len()).collect::<Vec<_>>(), [1, 0]);
        assert_eq!(role.rules.last().map(|rule| rule.paths.clone()), Some(vec!["/metrics".into()]));
    }

    #[test]
    fn subjects_of_a_binding() {
        let Configured::Binding(binding) = body(only(
            r#"{"kind":"RoleBinding","apiVersion":"rbac.authorization.k8s.io/v1",
            "metadata":{"name":"b","namespace":"n"},"roleRef":{"kind":"ClusterRole","name":"view"},
            "subjects":[{"kind":"ServiceAccount","name":"a","namespace":"m"},{"kind":"Group","name":"g"}]}"#,
        )) else {
            unreachable!("a binding");
        };
        assert_eq!((binding.role_kind.raw(), binding.role.raw()), ("ClusterRole", "view"));
        let subjects = binding.subjects.iter();
        let subjects: Vec<_> =
            subjects.map(|s| (s.kind.raw(), s.name.raw(), s.namespace.raw())).collect();
        assert_eq!(subjects, [("ServiceAccount", "a", "m"), ("Group", "g", "")]);
    }
}

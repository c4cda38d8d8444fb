//! Kyverno Policy and ClusterPolicy (`kyverno.io`).

use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::network::LabelSelector;
use super::super::object::{Metadata, Scope, record, specified};
use super::{action, expression, json, selector};
use crate::domain::Text;
use crate::domain::configured::{
    AdmissionAction, AdmissionEngine, AdmissionMatch, AdmissionPolicy, AdmissionRule, Configured,
    PolicyExpression,
};
use crate::ingest::json::{lenient, nullable};
use crate::ingest::{Document, Sink};

#[derive(Deserialize)]
struct Object<'a> {
    kind: Text,
    metadata: Metadata,
    #[serde(borrow, default)]
    spec: Option<Spec<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec<'a> {
    #[serde(default)]
    validation_failure_action: Option<Text>,
    #[serde(borrow, default)]
    validation_failure_action_overrides: Option<&'a RawValue>,
    #[serde(default)]
    failure_policy: Option<Text>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    rules: Vec<Rule<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rule<'a> {
    #[serde(default, deserialize_with = "nullable")]
    name: Text,
    #[serde(default, rename = "match", deserialize_with = "nullable")]
    matches: Filters,
    #[serde(default, rename = "exclude", deserialize_with = "nullable")]
    excludes: Filters,
    #[serde(borrow, default, alias = "celPreconditions")]
    preconditions: Option<&'a RawValue>,
    #[serde(borrow, default)]
    validate: Option<&'a RawValue>,
    #[serde(borrow, default)]
    mutate: Option<&'a RawValue>,
    #[serde(borrow, default)]
    generate: Option<&'a RawValue>,
    #[serde(borrow, default)]
    verify_images: Option<&'a RawValue>,
}

/// `any` and `all`, or one filter in the older form without either.
#[derive(Default, Deserialize)]
struct Filters {
    #[serde(default, deserialize_with = "nullable")]
    any: Vec<Filter>,
    #[serde(default, deserialize_with = "nullable")]
    all: Vec<Filter>,
    #[serde(flatten)]
    only: Filter,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Filter {
    #[serde(default)]
    resources: Option<Resources>,
    #[serde(default, deserialize_with = "nullable")]
    subjects: Vec<Subject>,
    #[serde(default, deserialize_with = "nullable")]
    roles: Vec<Text>,
    #[serde(default, deserialize_with = "nullable")]
    cluster_roles: Vec<Text>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Resources {
    #[serde(default, deserialize_with = "nullable")]
    kinds: Vec<Text>,
    #[serde(default)]
    name: Option<Text>,
    #[serde(default, deserialize_with = "nullable")]
    names: Vec<Text>,
    #[serde(default, deserialize_with = "nullable")]
    namespaces: Vec<Text>,
    #[serde(default, deserialize_with = "nullable")]
    operations: Vec<Text>,
    #[serde(default)]
    selector: Option<LabelSelector>,
    #[serde(default)]
    namespace_selector: Option<LabelSelector>,
}

#[derive(Deserialize)]
struct Subject {
    kind: Text,
    name: Text,
    #[serde(default)]
    namespace: Option<Text>,
}

pub fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(Object { kind, metadata, spec }) = document.parse::<Object<'_>>(sink) else { return };
    let Some(spec) = specified(document, spec, sink) else { return };
    let scope = if kind == "Policy" { Scope::Namespaced } else { Scope::Cluster };
    let rules = spec.rules.into_iter().map(|rule| {
        rule.into_rule(document, spec.validation_failure_action.as_ref(), &spec.failure_policy)
    });
    record(
        document,
        &metadata,
        scope,
        |meta| {
            Configured::AdmissionPolicy(AdmissionPolicy {
                engine: AdmissionEngine::Kyverno,
                kind,
                meta,
                rules: rules.collect(),
                parameters: spec
                    .validation_failure_action_overrides
                    .map(|overrides| json(document, overrides)),
                ..AdmissionPolicy::default()
            })
        },
        sink,
    );
}

/// What a validation says beside what it demands.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Validation {
    #[serde(default, deserialize_with = "lenient")]
    message: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    failure_action: Option<Text>,
}

impl Rule<'_> {
    fn into_rule(
        self,
        document: &Document<'_>,
        of_policy: Option<&Text>,
        failure_policy: &Option<Text>,
    ) -> AdmissionRule {
        let said: Validation = self
            .validate
            .and_then(|validate| serde_json::from_str(validate.get()).ok())
            .unwrap_or_default();
        let mut actions = Vec::new();
        if self.validate.is_some() || self.verify_images.is_some() {
            // Kyverno only reports unless it is told to enforce.
            let word = said.failure_action.as_ref().or(of_policy);
            let stated = word.and_then(|word| action(word.raw()));
            actions.push(stated.unwrap_or(AdmissionAction::Audit));
        }
        actions.extend(self.mutate.map(|_| AdmissionAction::Mutate));
        actions.extend(self.generate.map(|_| AdmissionAction::Generate));
        let parts = [
            ("condition", self.preconditions, None),
            ("validation", self.validate, said.message),
            ("verification", self.verify_images, None),
            ("mutation", self.mutate, None),
            ("generation", self.generate, None),
        ];
        let expressions = parts.into_iter().filter_map(|(purpose, part, message)| {
            Some(expression("kyverno", purpose, json(document, part?).raw(), message))
        });
        let expressions: Vec<PolicyExpression> = expressions.collect();
        let (matches, matches_all) = self.matches.into_matches();
        let (excludes, excludes_all) = self.excludes.into_matches();
        AdmissionRule {
            name: self.name,
            matches,
            matches_all,
            excludes,
            excludes_all,
            actions,
            expressions,
            failure_policy: failure_policy.clone(),
            decided_by: None,
        }
    }
}

impl Filters {
    /// The filters, and whether all of them must hold.
    fn into_matches(self) -> (Vec<AdmissionMatch>, bool) {
        let into = |list: Vec<Filter>| list.into_iter().map(Filter::into_match).collect();
        match (self.all.is_empty(), self.any.is_empty()) {
            (false, _) => (into(self.all), true),
            (true, false) => (into(self.any), false),
            (true, true) => {
                let only = self.only.into_match();
                let is_stated = only != AdmissionMatch::default();
                (is_stated.then_some(only).into_iter().collect(), false)
            }
        }
    }
}

impl Filter {
    fn into_match(self) -> AdmissionMatch {
        let resources = self.resources.unwrap_or_default();
        let spelled = |kind: &str, name: &Text| Text::from(format!("{kind}:{}", name.raw()));
        let subjects = self.subjects.iter().map(|subject| {
            let name = match &subject.namespace {
                Some(namespace) => format!("{}/{}", namespace.raw(), subject.name.raw()).into(),
                None => subject.name.clone(),
            };
            spelled(subject.kind.raw(), &name)
        });
        let roles = self.roles.iter().map(|role| spelled("Role", role));
        let cluster_roles = self.cluster_roles.iter().map(|role| spelled("ClusterRole", role));
        AdmissionMatch {
            kinds: resources.kinds,
            operations: resources.operations,
            names: resources.name.into_iter().chain(resources.names).collect(),
            namespaces: resources.namespaces,
            namespace_selector: selector(resources.namespace_selector),
            object_selector: selector(resources.selector),
            subjects: subjects.chain(roles).chain(cluster_roles).collect(),
            ..AdmissionMatch::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::policy;
    use super::*;

    #[test]
    fn what_it_matches_and_does() {
        let declared = policy(
            "
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: agents}
spec:
  validationFailureAction: Enforce
  failurePolicy: Fail
  validationFailureActionOverrides: [{action: Audit, namespaces: [lab]}]
  rules:
  - name: no-latest
    match:
      any:
      - resources: {kinds: [Pod], namespaces: [desk, 'lab-*'], operations: [CREATE]}
      - subjects: [{kind: ServiceAccount, name: bot, namespace: ci}, {kind: User, name: eve}]
        clusterRoles: [admin]
    exclude:
      resources: {kinds: [Pod], name: trusted}
    preconditions: {all: []}
    validate: {message: pin it, pattern: {spec: {containers: [{image: '!*:latest'}]}}}
  - name: label
    match: {all: [{resources: {kinds: [Pod]}}, {resources: {selector: {matchLabels: {a: b}}}}]}
    mutate: {patchStrategicMerge: {metadata: {labels: {seen: 'yes'}}}}
  - name: look
    match: {resources: {kinds: [ConfigMap]}}
    validate: {failureAction: Audit, deny: {}}
",
        );
        let [pinned, labelled, looked] = declared.rules.as_slice() else {
            unreachable!("three rules")
        };
        assert_eq!(pinned.actions, [AdmissionAction::Deny]);
        let [by_kind, by_subject] = pinned.matches.as_slice() else { unreachable!("two filters") };
        assert_eq!(by_kind.namespaces, ["desk", "lab-*"]);
        assert_eq!(by_subject.subjects, ["ServiceAccount:ci/bot", "User:eve", "ClusterRole:admin"]);
        assert_eq!(pinned.excludes.first().map(|e| e.names.clone()), Some(vec!["trusted".into()]));
        assert!(!pinned.matches_all && labelled.matches_all);
        let purposes: Vec<_> = pinned.expressions.iter().map(|e| e.purpose.raw()).collect();
        assert_eq!(purposes, ["condition", "validation"]);
        assert_eq!(
            pinned.expressions.last().and_then(|e| e.message.clone()),
            Some("pin it".into())
        );
        assert_eq!(labelled.actions, [AdmissionAction::Mutate]);
        assert_eq!((labelled.matches.len(), looked.matches.len()), (2, 1));
        assert_eq!(looked.actions, [AdmissionAction::Audit]);
        assert!(declared.parameters.is_some() && declared.meta.namespace.is_empty());
    }

    #[test]
    fn a_policy_of_a_namespace_only_reports_by_default() {
        let declared = policy(
            r#"{"kind":"Policy","apiVersion":"kyverno.io/v2beta1","metadata":{"name":"p","namespace":"n"},
            "spec":{"rules":[{"name":"r","match":{},"verifyImages":[{"imageReferences":["*"]}]}]}}"#,
        );
        assert_eq!(declared.meta.namespace, "n");
        let [rule] = declared.rules.as_slice() else { unreachable!("one rule") };
        assert_eq!((rule.actions.clone(), rule.matches.len()), (vec![AdmissionAction::Audit], 0));
    }
}

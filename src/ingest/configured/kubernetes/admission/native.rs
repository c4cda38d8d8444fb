//! Kubernetes' own admission policies in CEL, with their bindings (`admissionregistration/v1`).

use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::network::LabelSelector;
use super::super::object::{Metadata, Scope, record, specified};
use super::{NamedExpression, ResourceRule, action, expression, json, selector};
use crate::domain::Text;
use crate::domain::configured::{
    AdmissionAction, AdmissionEngine, AdmissionMatch, AdmissionPolicy, AdmissionRule, Configured,
    PolicyExpression,
};
use crate::ingest::json::nullable;
use crate::ingest::{Document, Sink};

#[derive(Deserialize)]
struct Object<Spec> {
    kind: Text,
    metadata: Metadata,
    #[serde(default = "Option::default")]
    spec: Option<Spec>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PolicySpec<'a> {
    #[serde(default, deserialize_with = "nullable")]
    match_constraints: MatchResources,
    #[serde(default, deserialize_with = "nullable")]
    match_conditions: Vec<NamedExpression>,
    #[serde(default, deserialize_with = "nullable")]
    variables: Vec<NamedExpression>,
    #[serde(default, deserialize_with = "nullable")]
    validations: Vec<Validation>,
    #[serde(default, deserialize_with = "nullable")]
    mutations: Vec<Mutation>,
    #[serde(default)]
    failure_policy: Option<Text>,
    #[serde(borrow, default)]
    param_kind: Option<&'a RawValue>,
    /// Only in Kyverno's form, which needs no binding.
    #[serde(default)]
    validation_actions: Option<Vec<Text>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct MatchResources {
    #[serde(default, deserialize_with = "nullable")]
    resource_rules: Vec<ResourceRule>,
    #[serde(default, deserialize_with = "nullable")]
    exclude_resource_rules: Vec<ResourceRule>,
    #[serde(default)]
    namespace_selector: Option<LabelSelector>,
    #[serde(default)]
    object_selector: Option<LabelSelector>,
}

#[derive(Deserialize)]
struct Validation {
    #[serde(default, deserialize_with = "nullable")]
    expression: Text,
    #[serde(default)]
    message: Option<Text>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mutation {
    #[serde(default, alias = "jsonPatch")]
    apply_configuration: Option<NamedExpression>,
}

impl MatchResources {
    /// Which requests are meant, and which are left alone.
    fn into_matches(self) -> (Vec<AdmissionMatch>, Vec<AdmissionMatch>) {
        let namespaces = selector(self.namespace_selector);
        let objects = selector(self.object_selector);
        let excludes = self.exclude_resource_rules.into_iter();
        let excludes = excludes.map(|rule| rule.into_match(&None, &None)).collect();
        let rules = self.resource_rules.into_iter();
        let mut matches: Vec<_> =
            rules.map(|rule| rule.into_match(&namespaces, &objects)).collect();
        if matches.is_empty() && (namespaces.is_some() || objects.is_some()) {
            matches.push(AdmissionMatch {
                namespace_selector: namespaces,
                object_selector: objects,
                ..AdmissionMatch::default()
            });
        }
        (matches, excludes)
    }
}

pub fn policy(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(Object { kind, metadata, spec }) = document.parse::<Object<PolicySpec<'_>>>(sink)
    else {
        return;
    };
    let Some(spec) = specified(document, spec, sink) else { return };
    let is_kyverno = !kind.raw().contains("Admission");
    let is_mutating = kind.raw().starts_with("Mutating");
    let words = spec.validation_actions.as_deref().unwrap_or_default();
    let mut actions: Vec<AdmissionAction> =
        words.iter().filter_map(|word| action(word.raw())).collect();
    match (is_mutating, is_kyverno, actions.is_empty()) {
        (true, _, _) => actions.push(AdmissionAction::Mutate),
        // Kyverno denies unless it is told otherwise.
        (false, true, true) => actions.push(AdmissionAction::Deny),
        (false, _, _) => {}
    }
    let validations = spec.validations.into_iter().map(|validation| {
        expression("cel", "validation", validation.expression.raw(), validation.message)
    });
    let mutations = spec.mutations.into_iter().filter_map(|mutation| mutation.apply_configuration);
    let expressions: Vec<PolicyExpression> = spec
        .variables
        .into_iter()
        .map(|variable| variable.into_policy("variable"))
        .chain(spec.match_conditions.into_iter().map(|by| by.into_policy("condition")))
        .chain(validations)
        .chain(mutations.map(|mutation| mutation.into_policy("mutation")))
        .collect();
    let (matches, excludes) = spec.match_constraints.into_matches();
    record(
        document,
        &metadata,
        Scope::Cluster,
        |meta| {
            Configured::AdmissionPolicy(AdmissionPolicy {
                engine: match is_kyverno {
                    true => AdmissionEngine::Kyverno,
                    false => AdmissionEngine::Kubernetes,
                },
                kind,
                meta,
                binds: None,
                needs_binding: !is_kyverno,
                rules: vec![AdmissionRule {
                    matches,
                    excludes,
                    actions,
                    expressions,
                    failure_policy: spec.failure_policy,
                    ..AdmissionRule::default()
                }],
                parameters: spec.param_kind.map(|kind| json(document, kind)),
            })
        },
        sink,
    );
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BindingSpec<'a> {
    policy_name: Text,
    #[serde(default, deserialize_with = "nullable")]
    validation_actions: Vec<Text>,
    #[serde(default, deserialize_with = "nullable")]
    match_resources: MatchResources,
    #[serde(borrow, default)]
    param_ref: Option<&'a RawValue>,
}

pub fn binding(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(Object { kind, metadata, spec }) = document.parse::<Object<BindingSpec<'_>>>(sink)
    else {
        return;
    };
    let Some(spec) = specified(document, spec, sink) else { return };
    let actions = match kind.raw().starts_with("Mutating") {
        true => vec![AdmissionAction::Mutate],
        false => spec.validation_actions.iter().filter_map(|word| action(word.raw())).collect(),
    };
    let (matches, excludes) = spec.match_resources.into_matches();
    record(
        document,
        &metadata,
        Scope::Cluster,
        |meta| {
            Configured::AdmissionPolicy(AdmissionPolicy {
                engine: AdmissionEngine::Kubernetes,
                kind,
                meta,
                binds: Some(spec.policy_name),
                needs_binding: false,
                rules: vec![AdmissionRule {
                    matches,
                    excludes,
                    actions,
                    ..AdmissionRule::default()
                }],
                parameters: spec.param_ref.map(|reference| json(document, reference)),
            })
        },
        sink,
    );
}

#[cfg(test)]
mod tests {
    use super::super::tests::policy;
    use super::*;

    #[test]
    fn a_policy_and_its_binding() {
        let declared = policy(
            "
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: few-replicas}
spec:
  failurePolicy: Fail
  paramKind: {apiVersion: rules.example/v1, kind: Limit}
  matchConstraints:
    namespaceSelector: {matchLabels: {tier: agents}}
    objectSelector: {}
    resourceRules:
    - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [deployments]}
    - {apiGroups: [''], operations: ['*'], resources: [pods, pods/exec], resourceNames: [a]}
    excludeResourceRules:
    - {apiGroups: [apps], operations: [CREATE], resources: [statefulsets]}
  matchConditions: [{name: people, expression: \"!request.userInfo.username.startsWith('system:')\"}]
  variables: [{name: few, expression: '5'}]
  validations: [{expression: object.spec.replicas <= variables.few, message: too many}]
",
        );
        assert!(declared.needs_binding && declared.binds.is_none());
        let [rule] = declared.rules.as_slice() else { unreachable!("one rule") };
        let [first, second] = rule.matches.as_slice() else { unreachable!("two matches") };
        assert_eq!(
            (first.resources.clone(), first.operations.len()),
            (vec!["deployments".into()], 2)
        );
        assert!(first.namespace_selector.is_some() && first.object_selector.is_none());
        assert_eq!(
            (second.names.clone(), second.groups.clone()),
            (vec!["a".into()], vec!["".into()])
        );
        assert_eq!((rule.excludes.len(), rule.actions.len()), (1, 0));
        let purposes: Vec<_> = rule.expressions.iter().map(|e| e.purpose.raw()).collect();
        assert_eq!(purposes, ["variable", "condition", "validation"]);
        assert_eq!(rule.expressions.first().map(|e| e.text.raw()), Some("few = 5"));
        assert_eq!(
            rule.expressions.last().and_then(|e| e.message.clone()),
            Some("too many".into())
        );
        assert_eq!(
            declared.parameters.as_ref().map(Text::raw),
            Some(r#"{"apiVersion":"rules.example/v1","kind":"Limit"}"#)
        );

        let bound = policy(
            r#"{"kind":"ValidatingAdmissionPolicyBinding","apiVersion":"admissionregistration.k8s.io/v1",
            "metadata":{"name":"b"},"spec":{"policyName":"few-replicas","validationActions":["Deny","Audit"],
            "matchResources":{"namespaceSelector":{"matchLabels":{"env":"prod"}}}}}"#,
        );
        assert_eq!(bound.binds, Some("few-replicas".into()));
        let [rule] = bound.rules.as_slice() else { unreachable!("one rule") };
        assert_eq!(rule.actions, [AdmissionAction::Deny, AdmissionAction::Audit]);
        assert_eq!(rule.matches.len(), 1);
    }

    #[test]
    fn mutations() {
        let declared = policy(
            r#"{"kind":"MutatingAdmissionPolicy","apiVersion":"admissionregistration.k8s.io/v1beta1",
            "metadata":{"name":"m"},"spec":{"mutations":[{"patchType":"JSONPatch",
            "jsonPatch":{"expression":"[]"}},{"patchType":"ApplyConfiguration",
            "applyConfiguration":{"expression":"Object{}"}}]}}"#,
        );
        let [rule] = declared.rules.as_slice() else { unreachable!("one rule") };
        assert_eq!(rule.actions, [AdmissionAction::Mutate]);
        let texts: Vec<_> = rule.expressions.iter().map(|e| e.text.raw()).collect();
        assert_eq!(texts, ["[]", "Object{}"]);
    }

    #[test]
    fn kyverno_policies_of_the_same_form_bind_themselves() {
        let kyverno = |actions: &str| {
            policy(&format!(
                r#"{{"kind":"ValidatingPolicy","apiVersion":"policies.kyverno.io/v1alpha1",
                "metadata":{{"name":"v"}},"spec":{{"validations":[{{"expression":"true"}}]{actions}}}}}"#
            ))
        };
        let warns = kyverno(r#","validationActions":["Warn"]"#);
        assert_eq!((warns.engine, warns.needs_binding), (AdmissionEngine::Kyverno, false));
        assert_eq!(
            warns.rules.first().map(|r| r.actions.clone()),
            Some(vec![AdmissionAction::Warn])
        );
        let denies = kyverno("").rules.first().map(|rule| rule.actions.clone());
        assert_eq!(denies, Some(vec![AdmissionAction::Deny]));
    }
}

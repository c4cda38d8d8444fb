//! Gatekeeper constraint templates and constraints.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::network::LabelSelector;
use super::super::object::{Metadata, Scope, record, specified};
use super::{action, expression, json, selector};
use crate::domain::Text;
use crate::domain::configured::{
    AdmissionAction, AdmissionEngine, AdmissionMatch, AdmissionPolicy, AdmissionRule, Configured,
};
use crate::ingest::json::nullable;
use crate::ingest::{Document, Sink};

#[derive(Deserialize)]
struct Template<'a> {
    kind: Text,
    metadata: Metadata,
    #[serde(borrow, default)]
    spec: Option<TemplateSpec<'a>>,
}

#[derive(Deserialize)]
struct TemplateSpec<'a> {
    #[serde(default, deserialize_with = "nullable")]
    crd: Definition,
    #[serde(borrow, default, deserialize_with = "nullable")]
    targets: Vec<Target<'a>>,
}

#[derive(Default, Deserialize)]
struct Definition {
    #[serde(default, deserialize_with = "nullable")]
    spec: DefinitionSpec,
}

#[derive(Default, Deserialize)]
struct DefinitionSpec {
    #[serde(default, deserialize_with = "nullable")]
    names: Names,
}

#[derive(Default, Deserialize)]
struct Names {
    #[serde(default, deserialize_with = "nullable")]
    kind: Text,
}

#[derive(Deserialize)]
struct Target<'a> {
    #[serde(default)]
    rego: Option<Text>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    code: Vec<Code<'a>>,
}

/// Code in any engine: `{"engine": "Rego", "source": {"rego": …}}`, `K8sNativeValidation` for CEL.
#[derive(Deserialize)]
struct Code<'a> {
    #[serde(default, deserialize_with = "nullable")]
    engine: Text,
    #[serde(borrow, default)]
    source: Option<&'a RawValue>,
}

pub fn template(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(Template { kind, metadata, spec }) = document.parse::<Template<'_>>(sink) else {
        return;
    };
    let Some(spec) = specified(document, spec, sink) else { return };
    let expressions = spec.targets.into_iter().flat_map(|target| {
        let rego = target.rego.map(|rego| expression("rego", "validation", rego.raw(), None));
        let code = target.code.into_iter().filter_map(|code| {
            let language = if code.engine == "K8sNativeValidation" { "cel" } else { "rego" };
            Some(expression(language, "validation", json(document, code.source?).raw(), None))
        });
        rego.into_iter().chain(code.collect::<Vec<_>>())
    });
    let rule = AdmissionRule {
        name: spec.crd.spec.names.kind,
        expressions: expressions.collect(),
        ..AdmissionRule::default()
    };
    record(
        document,
        &metadata,
        Scope::Cluster,
        |meta| {
            Configured::AdmissionPolicy(AdmissionPolicy {
                engine: AdmissionEngine::Gatekeeper,
                kind,
                meta,
                needs_binding: true,
                rules: vec![rule],
                ..AdmissionPolicy::default()
            })
        },
        sink,
    );
}

#[derive(Deserialize)]
struct Constraint<'a> {
    kind: Text,
    metadata: Metadata,
    /// A constraint may leave everything to its template.
    #[serde(borrow, default, deserialize_with = "nullable")]
    spec: ConstraintSpec<'a>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConstraintSpec<'a> {
    #[serde(default)]
    enforcement_action: Option<Text>,
    #[serde(default, deserialize_with = "nullable")]
    scoped_enforcement_actions: Vec<Scoped>,
    #[serde(default, rename = "match", deserialize_with = "nullable")]
    matches: Match,
    #[serde(borrow, default)]
    parameters: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Scoped {
    action: Text,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Match {
    #[serde(default, deserialize_with = "nullable")]
    kinds: Vec<Kinds>,
    #[serde(default, deserialize_with = "nullable")]
    namespaces: Vec<Text>,
    #[serde(default, deserialize_with = "nullable")]
    excluded_namespaces: Vec<Text>,
    #[serde(default)]
    label_selector: Option<LabelSelector>,
    #[serde(default)]
    namespace_selector: Option<LabelSelector>,
    #[serde(default)]
    name: Option<Text>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kinds {
    #[serde(default, deserialize_with = "nullable")]
    api_groups: Vec<Text>,
    #[serde(default, deserialize_with = "nullable")]
    kinds: Vec<Text>,
}

pub fn constraint(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(Constraint { kind, metadata, spec }) = document.parse::<Constraint<'_>>(sink) else {
        return;
    };
    // `scoped` says that each enforcement point has an action of its own.
    let scoped = spec.scoped_enforcement_actions.iter().map(|scoped| &scoped.action);
    let words = spec.enforcement_action.iter().chain(scoped);
    let mut actions: Vec<AdmissionAction> = words.filter_map(|word| action(word.raw())).collect();
    if actions.is_empty() && spec.enforcement_action.is_none() {
        actions.push(AdmissionAction::Deny);
    }
    let rule =
        AdmissionRule { matches: spec.matches.into_matches(), actions, ..Default::default() };
    record(
        document,
        &metadata,
        Scope::Cluster,
        |meta| {
            Configured::AdmissionPolicy(AdmissionPolicy {
                engine: AdmissionEngine::Gatekeeper,
                binds: Some(kind.clone()),
                kind,
                meta,
                rules: vec![rule],
                parameters: spec.parameters.map(|parameters| json(document, parameters)),
                ..AdmissionPolicy::default()
            })
        },
        sink,
    );
}

impl Match {
    fn into_matches(self) -> Vec<AdmissionMatch> {
        let common = AdmissionMatch {
            namespaces: self.namespaces,
            excluded_namespaces: self.excluded_namespaces,
            object_selector: selector(self.label_selector),
            namespace_selector: selector(self.namespace_selector),
            names: self.name.into_iter().collect(),
            ..AdmissionMatch::default()
        };
        let of_kinds: Vec<AdmissionMatch> = self
            .kinds
            .into_iter()
            .map(|of| AdmissionMatch { groups: of.api_groups, kinds: of.kinds, ..common.clone() })
            .collect();
        match of_kinds.is_empty() && common != AdmissionMatch::default() {
            true => vec![common],
            false => of_kinds,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::policy;
    use super::*;

    #[test]
    fn a_template_defines_a_kind() {
        let template = policy(
            r#"{"kind":"ConstraintTemplate","apiVersion":"templates.gatekeeper.sh/v1",
            "metadata":{"name":"owners"},"spec":{"crd":{"spec":{"names":{"kind":"Owners"}}},
            "targets":[{"target":"admission.k8s.gatekeeper.sh","rego":"package owners",
            "code":[{"engine":"K8sNativeValidation","source":{"validations":[]}}]}]}}"#,
        );
        assert!(template.needs_binding);
        let [rule] = template.rules.as_slice() else { unreachable!("one rule") };
        assert_eq!(rule.name, "Owners");
        let languages: Vec<_> = rule.expressions.iter().map(|e| e.language.raw()).collect();
        assert_eq!(languages, ["rego", "cel"]);
    }

    #[track_caller]
    fn check(spec: &str, actions: &[AdmissionAction]) -> AdmissionPolicy {
        let constraint = policy(&format!(
            r#"{{"kind":"Owners","apiVersion":"constraints.gatekeeper.sh/v1beta1",
            "metadata":{{"name":"all"}},"spec":{spec}}}"#
        ));
        assert_eq!(constraint.binds, Some("Owners".into()));
        let found = constraint.rules.first().map(|rule| rule.actions.clone());
        assert_eq!(found.as_deref(), Some(actions), "{spec}");
        constraint
    }

    #[test]
    fn a_constraint_puts_it_into_force() {
        let constraint = check(
            r#"{"match":{"kinds":[{"apiGroups":[""],"kinds":["Pod"]},{"apiGroups":["apps"],"kinds":["*"]}],
            "excludedNamespaces":["kube-*"],"labelSelector":{"matchLabels":{"a":"b"}}},
            "parameters":{"labels":["owner"]}}"#,
            &[AdmissionAction::Deny],
        );
        let [rule] = constraint.rules.as_slice() else { unreachable!("one rule") };
        assert_eq!(rule.matches.len(), 2);
        assert!(rule.matches.iter().all(|m| m.excluded_namespaces == ["kube-*"]));
        assert_eq!(constraint.parameters, Some(r#"{"labels":["owner"]}"#.into()));
        check(r#"{"enforcementAction":"dryrun"}"#, &[AdmissionAction::Audit]);
        check(
            r#"{"enforcementAction":"scoped","scopedEnforcementActions":[{"action":"warn"},{"action":"deny"}]}"#,
            &[AdmissionAction::Warn, AdmissionAction::Deny],
        );
        check("null", &[AdmissionAction::Deny]);
    }
}

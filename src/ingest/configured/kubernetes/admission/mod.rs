//! Admission: the policies, webhooks and constraints that stand between authorisation and storage.
//!
//! | file | reads |
//! |---|---|
//! | `native.rs` | ValidatingAdmissionPolicy, MutatingAdmissionPolicy, their bindings, Kyverno's policies of the same form |
//! | `webhook.rs` | ValidatingWebhookConfiguration, MutatingWebhookConfiguration |
//! | `kyverno.rs` | Kyverno Policy and ClusterPolicy |
//! | `gatekeeper.rs` | Gatekeeper ConstraintTemplate and constraints |

mod gatekeeper;
mod kyverno;
mod native;
mod webhook;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::network::LabelSelector;
use super::object::kind;
use crate::domain::configured::{AdmissionAction, AdmissionMatch, PolicyExpression, Selector};
use crate::domain::{Discipline, Text};
use crate::ingest::json::nullable;
use crate::ingest::mask::bounded;
use crate::ingest::{Document, Format, Shape, Side, Sink};

pub const FORMAT: Format = Format {
    id: "k8s-admission",
    title: "Kubernetes admission policies",
    side: Side::Configured,
    says: &[(Discipline::Identity, "requests that are refused although they are authorised")],
    coverage: "what was declared; expressions are kept as text and not evaluated",
    recognises,
    read,
};

type ReadKind = fn(&Document<'_>, &mut dyn Sink);

const REGISTRATION: &str = "admissionregistration.k8s.io";
const KYVERNO: &str = "kyverno.io";
/// Kyverno's policies in the form of Kubernetes' own.
const KYVERNO_NATIVE: &str = "policies.kyverno.io";
/// The group of every constraint; each template defines a kind in it.
const CONSTRAINTS: &str = "constraints.gatekeeper.sh";

const KINDS: &[(&str, &str, ReadKind)] = &[
    (REGISTRATION, "ValidatingAdmissionPolicy", native::policy),
    (REGISTRATION, "MutatingAdmissionPolicy", native::policy),
    (REGISTRATION, "ValidatingAdmissionPolicyBinding", native::binding),
    (REGISTRATION, "MutatingAdmissionPolicyBinding", native::binding),
    (KYVERNO_NATIVE, "ValidatingPolicy", native::policy),
    (KYVERNO_NATIVE, "MutatingPolicy", native::policy),
    (REGISTRATION, "ValidatingWebhookConfiguration", webhook::read),
    (REGISTRATION, "MutatingWebhookConfiguration", webhook::read),
    (KYVERNO, "Policy", kyverno::read),
    (KYVERNO, "ClusterPolicy", kyverno::read),
    ("templates.gatekeeper.sh", "ConstraintTemplate", gatekeeper::template),
];

fn recognises(shape: &Shape<'_>) -> bool {
    let is_known =
        KINDS.iter().any(|(group, kind, _)| shape.is_kind(kind) && shape.in_group(group));
    is_known || (shape.in_group(CONSTRAINTS) && shape.kind.is_some())
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(found) = kind(document, sink) else { return };
    let known = KINDS.iter().find(|(_, kind, _)| found == *kind);
    known.map_or(gatekeeper::constraint as ReadKind, |(_, _, read)| *read)(document, sink);
}

/// `admissionregistration/v1` RuleWithOperations and NamedRuleWithOperations.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResourceRule {
    #[serde(default, deserialize_with = "nullable")]
    api_groups: Vec<Text>,
    #[serde(default, deserialize_with = "nullable")]
    operations: Vec<Text>,
    #[serde(default, deserialize_with = "nullable")]
    resources: Vec<Text>,
    #[serde(default, deserialize_with = "nullable")]
    resource_names: Vec<Text>,
}

impl ResourceRule {
    fn into_match(
        self,
        namespaces: &Option<Selector>,
        objects: &Option<Selector>,
    ) -> AdmissionMatch {
        AdmissionMatch {
            groups: self.api_groups,
            resources: self.resources,
            operations: self.operations,
            names: self.resource_names,
            namespace_selector: namespaces.clone(),
            object_selector: objects.clone(),
            ..AdmissionMatch::default()
        }
    }
}

/// A selector that limits something; an empty one matches everything.
fn selector(selector: Option<LabelSelector>) -> Option<Selector> {
    selector.map(LabelSelector::into_selector).filter(|selector| !selector.is_empty())
}

/// A condition or variable with a name.
#[derive(Deserialize)]
struct NamedExpression {
    #[serde(default, deserialize_with = "nullable")]
    name: Text,
    #[serde(default, deserialize_with = "nullable")]
    expression: Text,
}

impl NamedExpression {
    fn into_policy(self, purpose: &str) -> PolicyExpression {
        let text = match purpose {
            "variable" => format!("{} = {}", self.name.raw(), self.expression.raw()).into(),
            _ => self.expression,
        };
        expression("cel", purpose, text.raw(), None)
    }
}

/// Longer expressions are cut.
const EXPRESSION_LIMIT: usize = 16 << 10;

fn expression(
    language: &str,
    purpose: &str,
    text: &str,
    message: Option<Text>,
) -> PolicyExpression {
    PolicyExpression {
        language: language.into(),
        purpose: purpose.into(),
        text: bounded(text, EXPRESSION_LIMIT).into(),
        message,
    }
}

/// Any value as JSON text, bounded.
fn json(document: &Document<'_>, value: &RawValue) -> Text {
    document.masker().arguments(value.get()).into()
}

/// The words of all engines for what happens to a request that does not comply.
const ACTIONS: &[(&str, AdmissionAction)] = &[
    ("deny", AdmissionAction::Deny),
    ("enforce", AdmissionAction::Deny),
    ("audit", AdmissionAction::Audit),
    ("dryrun", AdmissionAction::Audit),
    ("warn", AdmissionAction::Warn),
];

fn action(word: &str) -> Option<AdmissionAction> {
    let known = ACTIONS.iter().find(|(known, _)| word.eq_ignore_ascii_case(known));
    known.map(|(_, action)| *action)
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{body, only};
    use crate::domain::configured::{AdmissionPolicy, Configured};

    pub fn policy(text: &str) -> AdmissionPolicy {
        match body(only(text)) {
            Configured::AdmissionPolicy(policy) => policy,
            other => unreachable!("an admission policy, not {other:?}"),
        }
    }
}

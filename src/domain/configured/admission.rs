//! Admission: policies that refuse, change or note requests after they are authorised.

use serde::{Deserialize, Serialize};

use super::{Meta, Selector};
use crate::domain::Text;

/// One object of an admission engine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdmissionPolicy {
    pub engine: AdmissionEngine,
    /// The Kubernetes kind (`ClusterPolicy`, `ValidatingWebhookConfiguration`, `K8sAllowedRepos`).
    pub kind: Text,
    pub meta: Meta,
    /// The policy that this one puts into force, for a binding or a constraint: without it the
    /// policy does nothing. The name of a policy, or the kind of a constraint template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binds: Option<Text>,
    /// Whether it is a definition that does nothing until another object binds it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub needs_binding: bool,
    pub rules: Vec<AdmissionRule>,
    /// Parameters as JSON text, or the reference to the object that holds them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Text>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AdmissionEngine {
    /// ValidatingAdmissionPolicy and MutatingAdmissionPolicy, with their bindings.
    #[default]
    Kubernetes,
    Webhook,
    Kyverno,
    Gatekeeper,
}

/// One rule, validation or webhook.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdmissionRule {
    /// Its own name; for a constraint template the kind of its constraints.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub name: Text,
    /// Requests it is about: any of these, or those that all of these match. Empty means every
    /// request.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub matches: Vec<AdmissionMatch>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub matches_all: bool,
    /// Requests it leaves alone, in the same way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excludes: Vec<AdmissionMatch>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub excludes_all: bool,
    /// What it does, several at once: `deny`, `warn`, `audit`, `mutate`, `generate`. Empty when the
    /// object leaves it to a binding.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<AdmissionAction>,
    /// What it demands or changes, in the engine's own language.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expressions: Vec<PolicyExpression>,
    /// `Fail` or `Ignore`: what happens to a request when the rule cannot be evaluated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_policy: Option<Text>,
    /// The service (`namespace/name`) or address that decides, for a webhook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<Text>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AdmissionAction {
    Deny,
    Warn,
    Audit,
    Mutate,
    Generate,
}

/// Which requests a rule is about. An empty list or selector limits nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdmissionMatch {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Text>,
    /// Resources by plural name (`pods`, `pods/exec`, `*`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<Text>,
    /// Kinds, for engines that speak of those, as written (`Pod`, `apps/*/Deployment`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<Text>,
    /// `CREATE`, `UPDATE`, `DELETE`, `CONNECT` or `*`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub namespaces: Vec<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excluded_namespaces: Vec<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace_selector: Option<Selector>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object_selector: Option<Selector>,
    /// Who asks: users, groups, accounts and roles as `kind:name`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<Text>,
}

/// A condition or change in a language of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyExpression {
    /// `cel`, `rego` or `kyverno` (JSON text).
    pub language: Text,
    /// What it is for: `condition`, `variable`, `validation`, `mutation`, `generation` or
    /// `verification`.
    pub purpose: Text,
    pub text: Text,
    /// What the caller is told when it does not hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Text>,
}

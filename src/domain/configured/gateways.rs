//! Gateways between agents and what they use: which targets a route reaches, and who may use them.

use serde::{Deserialize, Serialize};

use crate::domain::Text;

/// What an MCP, A2A or model gateway lets through on one route, or a policy attached to routes.
///
/// Without rules everything passes. A matching `deny` refuses; every `require` must hold; where there
/// are `allow` rules, one of them must match. Cedar differs in one thing: with `deny` rules alone it
/// refuses everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewayPolicy {
    /// The software that enforces it: `agentgateway`, `toolhive`.
    pub gateway: Text,
    /// Empty outside Kubernetes.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub namespace: Text,
    /// Where it stands: port, listener and route (`3000/default/app`), or the object's kind and name.
    pub route: Text,
    /// Objects whose traffic it governs (`HTTPRoute app`), when it stands apart from them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attached_to: Vec<Text>,
    /// Paths, hosts and models that lead to it; empty means all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub matches: Vec<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<GatewayTarget>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<GatewayRule>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authentication: Vec<GatewayAuthentication>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rate_limits: Vec<RateLimit>,
}

/// What a gateway forwards to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewayTarget {
    pub name: Text,
    /// `mcp`, `a2a`, `model`, `openapi` or `http`.
    pub kind: Text,
    /// Address, command line or provider; secrets are masked.
    pub endpoint: Text,
    /// For a command: whether its package is pinned to a version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned: Option<bool>,
}

/// One authorisation rule, in the words of its own language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewayRule {
    /// `cel` or `cedar`.
    pub language: Text,
    pub effect: RuleEffect,
    /// What it is asked about: `mcp` for tools, prompts and resources, `http` for requests.
    pub applies_to: Text,
    pub rule: Text,
    /// The only target it is for, when it is written at one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Text>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum RuleEffect {
    Allow,
    Deny,
    /// Must hold for every request, whatever else allows it.
    Require,
}

/// How callers must say who they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewayAuthentication {
    /// `jwt`, `mcp` (OAuth as MCP describes it), `oidc`, `api-key`, `basic` or `external`.
    pub method: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub audiences: Vec<Text>,
    /// `strict`, `optional` or `permissive`, when it is written: the others let callers in who do not
    /// say who they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Text>,
}

/// How much may pass.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateLimit {
    /// `local` to one gateway process, or `global`.
    pub scope: Text,
    /// `requests` or `tokens`.
    pub of: Text,
    /// So many per `interval`; absent when another service holds the number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<u64>,
    /// As written: `60s`, `Minutes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Text>,
}

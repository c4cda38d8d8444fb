//! The objects of the API group `agentgateway.dev`.

use serde::Deserialize;
use serde_json::Value;

use super::AGENTGATEWAY;
use super::backends::{models, provider};
use super::policies::authentication;
use crate::domain::configured::{
    Configured, GatewayPolicy, GatewayRule, GatewayTarget, RateLimit, RuleEffect,
};
use crate::domain::{Discipline, Text};
use crate::ingest::configured::kubernetes::{Metadata, Scope, kind, record};
use crate::ingest::json::nullable;
use crate::ingest::{Document, Format, Side, Sink};

pub const FORMAT: Format = Format {
    id: "agentgateway-k8s",
    title: "agentgateway objects in Kubernetes",
    side: Side::Configured,
    says: &[
        (
            Discipline::Identity,
            "who may use which tools of which server, and how callers are known",
        ),
        (Discipline::Behavior, "the servers, agents and models behind a gateway"),
    ],
    coverage: "what passes through this gateway; the routes stand in objects of the Gateway API",
    recognises: |shape| {
        shape.in_group("agentgateway.dev") && KINDS.iter().any(|kind| shape.is_kind(kind))
    },
    read,
};

const KINDS: &[&str] = &["AgentgatewayPolicy", "AgentgatewayBackend", "AgentgatewayModel"];

#[derive(Deserialize)]
struct Object {
    metadata: Metadata,
    #[serde(default, deserialize_with = "nullable")]
    spec: Spec,
}

/// The union of the three kinds.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    #[serde(default, alias = "parentRefs", deserialize_with = "nullable")]
    target_refs: Vec<Reference>,
    #[serde(default, deserialize_with = "nullable")]
    target_selectors: Vec<Reference>,
    /// Of a policy.
    #[serde(default, deserialize_with = "nullable")]
    frontend: Stage,
    #[serde(default, deserialize_with = "nullable")]
    traffic: Stage,
    #[serde(default, deserialize_with = "nullable")]
    backend: Stage,
    /// Of a backend or model.
    #[serde(default, deserialize_with = "nullable")]
    policies: Stage,
    #[serde(default)]
    mcp: Option<McpBackend>,
    #[serde(default)]
    ai: Option<Value>,
    #[serde(default, rename = "static")]
    fixed: Option<Static>,
    #[serde(default)]
    provider: Option<Value>,
    #[serde(default, rename = "match")]
    matched: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reference {
    #[serde(default)]
    kind: Text,
    #[serde(default)]
    name: Text,
    #[serde(default)]
    section_name: Option<Text>,
}

/// Policies of one stage of the way through the gateway.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stage {
    #[serde(default)]
    authorization: Option<Authorization>,
    #[serde(default)]
    jwt_authentication: Option<Value>,
    #[serde(default)]
    api_key_authentication: Option<Value>,
    #[serde(default)]
    basic_authentication: Option<Value>,
    #[serde(default)]
    ext_auth: Option<Value>,
    #[serde(default, deserialize_with = "nullable")]
    rate_limit: RateLimits,
    /// Of the backend stage: what holds for MCP.
    #[serde(default)]
    mcp: Option<McpStage>,
}

#[derive(Deserialize)]
struct McpStage {
    #[serde(default)]
    authorization: Option<Authorization>,
    #[serde(default)]
    authentication: Option<Value>,
}

#[derive(Deserialize)]
struct Authorization {
    #[serde(default)]
    action: Option<Action>,
    policy: Expressions,
}

#[derive(Clone, Copy, Deserialize)]
enum Action {
    Allow,
    Deny,
    Require,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Expressions {
    match_expressions: Vec<Text>,
}

#[derive(Default, Deserialize)]
struct RateLimits {
    #[serde(default, deserialize_with = "nullable")]
    local: Vec<LocalLimit>,
    #[serde(default)]
    global: Option<Value>,
}

#[derive(Deserialize)]
struct LocalLimit {
    #[serde(default)]
    requests: Option<u64>,
    #[serde(default)]
    tokens: Option<u64>,
    #[serde(default)]
    unit: Option<Text>,
}

#[derive(Deserialize)]
struct McpBackend {
    #[serde(default, deserialize_with = "nullable")]
    targets: Vec<McpTarget>,
}

#[derive(Deserialize)]
struct McpTarget {
    #[serde(default)]
    name: Text,
    #[serde(default, rename = "static")]
    fixed: Option<Static>,
    /// Services found by their labels.
    #[serde(default)]
    selector: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Static {
    #[serde(default)]
    host: Option<String>,
    #[serde(default)]
    port: Option<u16>,
    #[serde(default)]
    path: Option<String>,
    #[serde(default)]
    backend_ref: Option<Reference>,
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(kind) = kind(document, sink) else { return };
    let Some(Object { metadata, spec }) = document.parse::<Object>(sink) else { return };
    let mut policy = GatewayPolicy { gateway: AGENTGATEWAY.into(), ..GatewayPolicy::default() };
    let references = spec.target_refs.iter().chain(&spec.target_selectors);
    policy.attached_to = references.map(Reference::written).collect();
    let matched = spec.matched.get("model").and_then(Value::as_str);
    policy.matches.extend(matched.map(|model| Text::from(format!("model {model}"))));
    let of_backend = spec.ai.as_ref().into_iter().flat_map(models);
    let of_model = spec.provider.as_ref().map(|name| target("", "model", provider(Some(name))));
    policy.targets.extend(of_backend.map(|model| {
        let name = model.get("name").and_then(Value::as_str).unwrap_or_default();
        // In a group, the provider stands beside its name.
        target(name, "model", provider(model.get("provider").or(Some(model))))
    }));
    policy.targets.extend(of_model);
    policy.targets.extend(spec.fixed.iter().map(|fixed| target("", "http", fixed.endpoint())));
    for mcp in spec.mcp.into_iter().flat_map(|mcp| mcp.targets) {
        policy.targets.push(target(mcp.name.raw(), "mcp", mcp.endpoint()));
    }
    for stage in [spec.frontend, spec.traffic, spec.backend, spec.policies] {
        stage.apply(&mut policy);
    }
    let body = |meta: crate::domain::configured::Meta| {
        Configured::GatewayPolicy(GatewayPolicy {
            namespace: meta.namespace,
            route: format!("{} {}", kind.raw(), meta.name.raw()).into(),
            ..policy
        })
    };
    record(document, &metadata, Scope::Namespaced, body, sink);
}

fn target(name: &str, kind: &str, endpoint: String) -> GatewayTarget {
    GatewayTarget { name: name.into(), kind: kind.into(), endpoint: endpoint.into(), pinned: None }
}

impl Reference {
    fn written(&self) -> Text {
        let section = self.section_name.as_ref().map(|name| format!("/{}", name.raw()));
        let section = section.unwrap_or_default();
        format!("{} {}{section}", self.kind.raw(), self.name.raw()).trim().into()
    }
}

impl Static {
    fn endpoint(&self) -> String {
        let service = self.backend_ref.as_ref().map(|service| service.name.raw());
        let host = self.host.as_deref().or(service).unwrap_or_default();
        let port = self.port.map(|port| format!(":{port}")).unwrap_or_default();
        format!("{host}{port}{}", self.path.as_deref().unwrap_or_default())
    }
}

impl McpTarget {
    fn endpoint(&self) -> String {
        match (&self.fixed, &self.selector) {
            (Some(fixed), _) => fixed.endpoint(),
            (None, Some(selector)) => format!("selector {selector}"),
            (None, None) => String::new(),
        }
    }
}

impl Stage {
    fn apply(self, policy: &mut GatewayPolicy) {
        let of_mcp = self.mcp.map(|mcp| (mcp.authorization, mcp.authentication));
        let (mcp_rules, mcp_authentication) = of_mcp.unwrap_or_default();
        for (applies_to, authorization) in [("http", self.authorization), ("mcp", mcp_rules)] {
            policy.rules.extend(
                authorization.into_iter().flat_map(|written| written.into_rules(applies_to)),
            );
        }
        let methods = [
            ("jwt", self.jwt_authentication),
            ("mcp", mcp_authentication),
            ("api-key", self.api_key_authentication),
            ("basic", self.basic_authentication),
            ("external", self.ext_auth),
        ];
        for (method, written) in methods {
            policy
                .authentication
                .extend(written.into_iter().flat_map(|written| authentication(method, &written)));
        }
        policy.rate_limits.extend(self.rate_limit.local.into_iter().map(|limit| RateLimit {
            scope: "local".into(),
            of: if limit.tokens.is_some() { "tokens" } else { "requests" }.into(),
            amount: limit.tokens.or(limit.requests),
            interval: limit.unit,
        }));
        policy.rate_limits.extend(self.rate_limit.global.map(|_| RateLimit {
            scope: "global".into(),
            of: "requests".into(),
            amount: None,
            interval: None,
        }));
    }
}

impl Authorization {
    fn into_rules(self, applies_to: &str) -> impl Iterator<Item = GatewayRule> {
        let effect = match self.action {
            None | Some(Action::Allow) => RuleEffect::Allow,
            Some(Action::Deny) => RuleEffect::Deny,
            Some(Action::Require) => RuleEffect::Require,
        };
        self.policy.match_expressions.into_iter().map(move |rule| GatewayRule {
            language: "cel".into(),
            effect,
            applies_to: applies_to.into(),
            rule,
            target: None,
        })
    }
}

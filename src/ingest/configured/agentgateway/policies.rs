//! The policies of a route, listener or backend: who may pass, how callers are known, how much.

use serde::Deserialize;
use serde_json::Value;

use crate::domain::Text;
use crate::domain::configured::{
    GatewayAuthentication, GatewayPolicy, GatewayRule, RateLimit, RuleEffect,
};
use crate::ingest::json::nullable;

/// What is written under `policies`. Rules that are not understood fail the whole: left out, they
/// would grant or refuse something else.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Policies {
    #[serde(default)]
    authorization: Option<Rules>,
    #[serde(default)]
    mcp_authorization: Option<Rules>,
    #[serde(default)]
    network_authorization: Option<Rules>,
    #[serde(default)]
    jwt_auth: Option<Value>,
    #[serde(default)]
    mcp_authentication: Option<Value>,
    #[serde(default)]
    oidc: Option<Value>,
    #[serde(default)]
    api_key: Option<Value>,
    #[serde(default)]
    basic_auth: Option<Value>,
    #[serde(default)]
    ext_authz: Option<Value>,
    #[serde(default, deserialize_with = "nullable")]
    local_rate_limit: Vec<LocalLimit>,
    #[serde(default)]
    remote_rate_limit: Option<RemoteLimit>,
    /// Marks the route's backends as A2A agents.
    #[serde(default)]
    a2a: Option<Value>,
}

#[derive(Deserialize)]
struct Rules {
    #[serde(default, deserialize_with = "nullable")]
    rules: Vec<Rule>,
}

/// A bare expression allows.
#[derive(Deserialize)]
#[serde(untagged)]
enum Rule {
    Bare(Text),
    Effect(Effect),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Effect {
    Allow(Text),
    Deny(Text),
    Require(Text),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LocalLimit {
    #[serde(default)]
    max_tokens: Option<u64>,
    #[serde(default)]
    tokens_per_fill: Option<u64>,
    #[serde(default)]
    fill_interval: Option<Text>,
    #[serde(default, rename = "type")]
    of: Option<Text>,
}

#[derive(Deserialize)]
struct RemoteLimit {
    #[serde(default, deserialize_with = "nullable")]
    descriptors: Vec<Descriptor>,
}

#[derive(Deserialize)]
struct Descriptor {
    #[serde(default, rename = "type")]
    of: Option<Text>,
}

impl Policies {
    pub fn is_a2a(&self) -> bool {
        self.a2a.is_some()
    }

    /// Adds what is said here to `policy`; rules of one target name it.
    pub fn apply(self, target: Option<&Text>, policy: &mut GatewayPolicy) {
        let groups = [
            ("http", self.authorization),
            ("mcp", self.mcp_authorization),
            ("network", self.network_authorization),
        ];
        for (applies_to, group) in groups {
            let rules = group.into_iter().flat_map(|group| group.rules);
            policy.rules.extend(rules.map(|rule| rule.into_rule(applies_to, target)));
        }
        let methods = [
            ("jwt", self.jwt_auth),
            ("mcp", self.mcp_authentication),
            ("oidc", self.oidc),
            ("api-key", self.api_key),
            ("basic", self.basic_auth),
            ("external", self.ext_authz),
        ];
        for (method, written) in methods {
            if let Some(written) = written.filter(|written| !written.is_null()) {
                policy.authentication.extend(authentication(method, &written));
            }
        }
        policy.rate_limits.extend(self.local_rate_limit.into_iter().map(|limit| RateLimit {
            scope: "local".into(),
            of: limit.of.unwrap_or_else(|| "requests".into()),
            amount: limit.tokens_per_fill.or(limit.max_tokens),
            interval: limit.fill_interval,
        }));
        let remote = self.remote_rate_limit.into_iter().flat_map(|remote| remote.descriptors);
        policy.rate_limits.extend(remote.map(|descriptor| RateLimit {
            scope: "global".into(),
            of: descriptor.of.unwrap_or_else(|| "requests".into()),
            amount: None,
            interval: None,
        }));
    }
}

impl Rule {
    fn into_rule(self, applies_to: &str, target: Option<&Text>) -> GatewayRule {
        let (effect, rule) = match self {
            Self::Bare(rule) | Self::Effect(Effect::Allow(rule)) => (RuleEffect::Allow, rule),
            Self::Effect(Effect::Deny(rule)) => (RuleEffect::Deny, rule),
            Self::Effect(Effect::Require(rule)) => (RuleEffect::Require, rule),
        };
        GatewayRule {
            language: "cel".into(),
            effect,
            applies_to: applies_to.into(),
            rule,
            target: target.cloned(),
        }
    }
}

/// One statement for each issuer; the key material and secrets beside it are not looked at.
pub fn authentication(method: &str, written: &Value) -> Vec<GatewayAuthentication> {
    let text = |value: &Value, key: &str| value.get(key)?.as_str().map(Text::from);
    let mode = text(written, "mode").map(|mode| mode.raw().to_ascii_lowercase().into());
    let stated = |issuer: &Value| GatewayAuthentication {
        method: method.into(),
        issuer: text(issuer, "issuer").or_else(|| text(issuer, "host")),
        audiences: issuer
            .get("audiences")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(Text::from)
            .collect(),
        mode: text(issuer, "mode").or_else(|| mode.clone()),
    };
    match written.get("providers").and_then(Value::as_array) {
        Some(providers) if !providers.is_empty() => providers.iter().map(stated).collect(),
        _ => vec![stated(written)],
    }
}

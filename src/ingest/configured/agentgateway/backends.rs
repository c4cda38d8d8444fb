//! What routes forward to.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::policies::Policies;
use crate::domain::Text;
use crate::domain::configured::{GatewayPolicy, GatewayTarget};
use crate::ingest::configured::mcp_package;
use crate::ingest::json::nullable;
use crate::ingest::mask::Masker;

#[derive(Deserialize)]
pub struct Backend {
    #[serde(default)]
    mcp: Option<McpBackend>,
    #[serde(default)]
    ai: Option<Value>,
    #[serde(default)]
    aws: Option<Value>,
    #[serde(default)]
    host: Option<String>,
    #[serde(default)]
    service: Option<Service>,
    /// A backend that is defined elsewhere in the file.
    #[serde(default)]
    backend: Option<Text>,
    /// Wherever the caller asks to go.
    #[serde(default)]
    dynamic: Option<Value>,
    #[serde(default, deserialize_with = "nullable")]
    policies: Policies,
}

#[derive(Deserialize)]
struct McpBackend {
    #[serde(default, deserialize_with = "nullable")]
    targets: Vec<McpTarget>,
}

#[derive(Deserialize)]
struct Service {
    #[serde(default)]
    name: Value,
    #[serde(default)]
    port: Option<u16>,
}

/// One MCP server behind the gateway; exactly one of the kinds is set.
#[derive(Deserialize)]
pub struct McpTarget {
    #[serde(default)]
    name: Text,
    #[serde(default)]
    stdio: Option<Command>,
    #[serde(default)]
    mcp: Option<Address>,
    #[serde(default)]
    sse: Option<Address>,
    #[serde(default)]
    openapi: Option<Address>,
    #[serde(default, deserialize_with = "nullable")]
    policies: Policies,
}

#[derive(Deserialize)]
struct Command {
    cmd: String,
    #[serde(default, deserialize_with = "nullable")]
    args: Vec<String>,
}

#[derive(Deserialize)]
struct Address {
    #[serde(default)]
    host: Option<String>,
    #[serde(default)]
    port: Option<u16>,
    #[serde(default)]
    path: Option<String>,
    #[serde(default)]
    backend: Option<String>,
}

impl Backend {
    pub fn add_to(self, policy: &mut GatewayPolicy, is_a2a: bool, masker: &Masker) {
        let plain = if is_a2a || self.policies.is_a2a() { "a2a" } else { "http" };
        let before = policy.targets.len();
        let mut add = |kind: &str, name: &str, endpoint: String| {
            policy.targets.push(GatewayTarget {
                name: name.into(),
                kind: kind.into(),
                endpoint: endpoint.into(),
                pinned: None,
            });
        };
        if let Some(host) = &self.host {
            add(plain, "", masker.address(host));
        }
        if let Some(service) = &self.service {
            add(plain, "", service.endpoint());
        }
        if let Some(name) = &self.backend {
            add(plain, name.raw(), String::new());
        }
        if self.dynamic.is_some() {
            add(plain, "", "*".to_owned());
        }
        for model in self.ai.iter().flat_map(models) {
            let name = model.get("name").and_then(Value::as_str).unwrap_or_default();
            add("model", name, provider(model.get("provider")));
        }
        if let Some(runtime) = self.aws.as_ref().and_then(|aws| aws.pointer("/agentCore")) {
            let arn = runtime.get("agentRuntimeArn").and_then(Value::as_str).unwrap_or_default();
            add("a2a", "", arn.to_owned());
        }
        for target in self.mcp.into_iter().flat_map(|mcp| mcp.targets) {
            target.add_to(policy, masker);
        }
        // Policies of one backend among several hold for it alone.
        let only = policy.targets.get(before).map(GatewayTarget::key);
        self.policies.apply(only.as_ref(), policy);
    }
}

impl GatewayTarget {
    /// What a rule names it by.
    fn key(&self) -> Text {
        if self.name.is_empty() { self.endpoint.clone() } else { self.name.clone() }
    }
}

impl McpTarget {
    pub fn add_to(self, policy: &mut GatewayPolicy, masker: &Masker) {
        let mut target = GatewayTarget { name: self.name, ..GatewayTarget::default() };
        if let Some(Command { cmd, args }) = &self.stdio {
            let words: Vec<&str> =
                cmd.split_whitespace().chain(args.iter().map(String::as_str)).collect();
            target.kind = "mcp".into();
            target.pinned = Some(mcp_package::is_pinned(&words));
            target.endpoint = masker.command_line(words).into();
        } else if let Some(address) = &self.openapi {
            target.kind = "openapi".into();
            target.endpoint = address.endpoint(masker).into();
        } else {
            target.kind = "mcp".into();
            let address = self.mcp.as_ref().or(self.sse.as_ref());
            target.endpoint =
                address.map(|address| address.endpoint(masker)).unwrap_or_default().into();
        }
        let key = target.key();
        policy.targets.push(target);
        self.policies.apply(Some(&key), policy);
    }
}

impl Address {
    fn endpoint(&self, masker: &Masker) -> String {
        let host = self.host.as_deref().or(self.backend.as_deref()).unwrap_or_default();
        let port = self.port.map(|port| format!(":{port}")).unwrap_or_default();
        masker.address(&format!("{host}{port}{}", self.path.as_deref().unwrap_or_default()))
    }
}

impl Service {
    /// `namespace/name:port`; the name may be an object.
    fn endpoint(&self) -> String {
        let part = |key: &str| self.name.get(key).and_then(Value::as_str).unwrap_or_default();
        let name = match &self.name {
            Value::String(name) => name.clone(),
            _ => format!("{}/{}", part("namespace"), part("hostname")),
        };
        self.port.map(|port| format!("{name}:{port}")).unwrap_or(name)
    }
}

/// One provider, or groups of them of which the first that works is asked.
pub fn models(ai: &Value) -> Vec<&Value> {
    match ai.get("groups").and_then(Value::as_array) {
        None => vec![ai],
        Some(groups) => {
            groups.iter().filter_map(|group| group.get("providers")?.as_array()).flatten().collect()
        }
    }
}

/// `openAI gpt-4o`: the provider is the only key, or a word.
pub fn provider(written: Option<&Value>) -> String {
    match written {
        Some(Value::String(name)) => name.clone(),
        Some(Value::Object(providers)) => first_provider(providers),
        _ => String::new(),
    }
}

fn first_provider(providers: &Map<String, Value>) -> String {
    if let Some(reference) = providers.get("reference").and_then(Value::as_str) {
        return reference.to_owned();
    }
    // Host and port stand beside the provider in the objects of Kubernetes.
    let Some((name, details)) = providers.iter().find(|(_, details)| details.is_object()) else {
        return String::new();
    };
    match details.get("model").and_then(Value::as_str) {
        Some(model) => format!("{name} {model}"),
        None => name.clone(),
    }
}

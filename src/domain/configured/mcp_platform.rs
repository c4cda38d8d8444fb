//! MCP servers and models as platforms in a cluster (kagent, ToolHive) are told to run them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Meta, VariableSource};
use crate::domain::Text;

/// An MCP server that a platform runs or fronts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostedMcpServer {
    /// `kagent` or `toolhive`.
    pub platform: Text,
    /// `MCPServer`, `RemoteMCPServer`, `MCPRemoteProxy`, `VirtualMCPServer`, …
    pub kind: Text,
    pub meta: Meta,
    /// `stdio`, `http` or `sse`, between the platform and the server.
    pub transport: Text,
    /// The address of a remote server, or the command that is run, secrets masked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<Text>,
    /// Whether package and image are of a fixed version.
    pub pinned: bool,
    /// The account as which it runs; absent when the platform makes one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_account: Option<Text>,
    /// Names of environment variables and headers; values never leave the evidence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<Text>,
    /// Secrets and configuration maps that it is given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variable_sources: Vec<VariableSource>,
    /// Paths of the node that are mounted, with `ro` or `rw` after a colon.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub host_paths: Vec<Text>,
    /// Tools that are let through, by server for a virtual one; absent means all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tools: Option<Vec<(Option<Text>, Text)>>,
    /// The group of servers that it belongs to or, for a virtual one, brings together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Text>,
    /// Other objects of the same namespace that complete it, as kind and name (`MCPToolConfig`,
    /// `MCPOIDCConfig`, `MCPExternalAuthConfig`, `ConfigMap`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uses: Vec<(Text, Text)>,
    /// How callers are authenticated (`oidc`, `anonymous`); absent when nothing says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authentication: Option<Text>,
    /// Cedar policies that decide what callers may do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authorization: Vec<Text>,
    /// The permission profile: a built-in one (`none`, `network`) or the ConfigMap that holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Text>,
    /// Whether calls are logged for audit, when it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audited: Option<bool>,
}

/// Which tools of a server are let through, and under which names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolFilter {
    pub platform: Text,
    pub meta: Meta,
    /// Absent means all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tools: Option<Vec<Text>>,
    /// New names by the names that the server gives.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub renamed: BTreeMap<Text, Text>,
    /// Tools whose description is replaced.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub described: Vec<Text>,
}

/// How callers authenticate to MCP servers, or servers to what lies behind them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct McpAuthentication {
    pub platform: Text,
    /// `MCPOIDCConfig` (callers) or `MCPExternalAuthConfig` (what lies behind).
    pub kind: Text,
    pub meta: Meta,
    /// `inline`, `kubernetesServiceAccount`, `tokenExchange`, `bearerToken`, `awsSts`, …
    pub method: Text,
    /// Who issues the tokens, or where they are exchanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<Text>,
    /// Cloud roles that it may assume.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variable_sources: Vec<VariableSource>,
}

/// A model that agents of a platform are given by the name of this object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelConfiguration {
    pub platform: Text,
    /// `ModelConfig` or `ModelProviderConfig`.
    pub kind: Text,
    pub meta: Meta,
    /// `OpenAI`, `Anthropic`, `Ollama`, …
    pub provider: Text,
    /// Absent when it speaks of a provider only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<Text>,
    /// The address, deployment region or host that serves it, when it is not the provider's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variable_sources: Vec<VariableSource>,
    /// Whether the caller's own bearer token is passed on to the provider.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub passes_caller: bool,
}

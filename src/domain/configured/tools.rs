//! MCP servers as clients are configured to use them, and the tools that are declared for them.

use serde::{Deserialize, Serialize};

use crate::domain::Text;

/// An MCP server in a client configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct McpServer {
    /// The client that reads this file (`claude-desktop`, `vscode`, `cursor`, …).
    pub client: Text,
    pub server: Text,
    /// `stdio`, `http` or `sse`.
    pub transport: Text,
    /// Command with arguments, or URL. Secrets in arguments are masked by the reader.
    pub endpoint: Text,
    /// Names of environment variables and headers; their values never leave the evidence.
    pub secret_names: Vec<Text>,
    /// Tools allowed or denied by the client for this server, when it says so.
    pub allowed_tools: Option<Vec<Text>>,
    pub denied_tools: Vec<Text>,
    /// Tools that run without asking; `*` for every one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approved_tools: Vec<Text>,
    /// Whether the package or image is pinned to a version.
    pub pinned: bool,
}

/// Tools declared for a server before it was ever asked (a pin file, a registry entry).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DeclaredCatalog {
    pub server: Text,
    pub tools: Vec<ToolDefinition>,
}

/// One tool as declared or advertised.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolDefinition {
    pub name: Text,
    /// Digest over the canonical JSON of name, description, schemas and annotations; empty when only
    /// the name is declared.
    pub digest: Text,
    /// Digest over the schemas alone: a renamed tool keeps it.
    pub schema_digest: Text,
    pub read_only: Option<bool>,
}

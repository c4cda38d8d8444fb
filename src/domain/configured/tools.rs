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
    /// The registry that published it (`docker`, `toolhive`, …); absent for a pin of one's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registry: Option<Text>,
    /// Revision of the protocol in which it was asked for: a catalog may differ between two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<Text>,
    /// Digest of the server's instructions, which a model is shown beside its tools.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions_digest: Option<Text>,
}

/// One tool as declared or advertised. Digests are lower-case hexadecimal SHA-256 over canonical JSON
/// (RFC 8785).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolDefinition {
    pub name: Text,
    /// Digest over name, title, description, schemas and annotations; empty when less than the whole
    /// definition is declared.
    pub digest: Text,
    /// Digest over the schemas alone: a renamed tool keeps it. Empty as above.
    pub schema_digest: Text,
    /// Each part on its own, which says what was changed.
    #[serde(default, skip_serializing_if = "ToolParts::is_empty")]
    pub parts: ToolParts,
    /// What is kept of the parts themselves.
    #[serde(default, skip_serializing_if = "ToolOutline::is_empty")]
    pub outline: ToolOutline,
    /// The name that a person is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// The server's own hints (MCP `ToolAnnotations`), which nobody checks. Absent means as the
    /// protocol says: not read-only, destructive, not idempotent, open to the world.
    pub read_only: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destructive: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotent: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_world: Option<bool>,
}

/// Digests of the parts of a tool's definition; a part that is not there has none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolParts {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_schema: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<Text>,
    /// Icons and metadata, which no model is shown: the digest of the whole leaves them out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icons: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meta: Option<Text>,
}

impl ToolParts {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// As much of a tool's definition as a person needs to be told what changed in it. It is bounded;
/// whether anything changed at all is decided by the digests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolOutline {
    /// The beginning of the description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    /// Canonical JSON (RFC 8785) in which long strings are replaced by their digest. Absent when it
    /// is too large even so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_schema: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<Text>,
}

impl ToolOutline {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What a server may reach when it is run as its registry entry or permission profile says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerPermissions {
    pub server: Text,
    /// Who says so: `docker`, `toolhive`, or `profile` for a permission profile of its own.
    pub declared_by: Text,
    /// Where it may connect to; absent when nothing is said, which limits nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<NetworkReach>,
    /// Paths and volumes that are mounted, as written (`host:container`, or one path for both).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reads: Vec<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub writes: Vec<Text>,
    /// Names of the secrets that it is given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<Text>,
    /// Whether its container runs with every privilege of the host.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub privileged: bool,
}

/// Where a server may connect to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reach", rename_all = "kebab-case")]
pub enum NetworkReach {
    All,
    /// A connection must match every list that is not empty; with none there is no connection.
    Limited {
        /// `host` or `host:port`; a host that begins with a dot stands for all beneath it.
        hosts: Vec<Text>,
        ports: Vec<u16>,
    },
}

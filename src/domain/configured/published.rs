//! MCP servers as registries publish them: what may be installed or connected to under a name.

use serde::{Deserialize, Serialize};

use crate::domain::Text;

/// One version of a server in a registry. It grants nothing: it says what a client that names the
/// server would get.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedServer {
    /// `mcp` for a registry that speaks the official format, `docker`, `toolhive`.
    pub registry: Text,
    pub server: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Text>,
    /// `active`, `deprecated`, `deleted`, as the registry spells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Text>,
    /// How far the registry vouches for it (`Official`, `Community`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<SourceRepository>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub packages: Vec<ServerPackage>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remotes: Vec<ServerRemote>,
    /// Authorisation servers that issue its credentials.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub oauth: Vec<ServerOAuth>,
    /// Who signed its artifact, when the registry checks that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<ArtifactSigner>,
    /// The tools are known only once the server is asked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dynamic_tools: bool,
}

/// Where a server's source is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceRepository {
    pub url: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<Text>,
}

/// An artifact from which the server is run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerPackage {
    /// `npm`, `pypi`, `oci`, `nuget`, `mcpb`, …
    pub kind: Text,
    pub identifier: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Text>,
    /// Lower-case hexadecimal SHA-256 of the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Text>,
    /// Whether it names one version or content.
    pub pinned: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transport: Option<Text>,
    /// Arguments it is run with, secrets masked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arguments: Option<Text>,
    /// Environment variables that it reads.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<ServerVariable>,
}

/// An address at which the server already runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerRemote {
    pub transport: Text,
    pub url: Text,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<ServerVariable>,
}

/// The name of an environment variable or header that a server wants, never its value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerVariable {
    pub name: Text,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub secret: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
}

/// An authorisation server with the scopes that are asked of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerOAuth {
    /// Issuer, address or the registry's name for it.
    pub issuer: Text,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<Text>,
}

/// The identity in an artifact's signature (Sigstore).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactSigner {
    /// Repository that built it.
    pub repository: Text,
    /// Workflow or person that signed it.
    pub identity: Text,
    /// Who certified that identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<Text>,
}

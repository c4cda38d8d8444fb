//! One server as ToolHive describes it, alone in its registry or beside a `server.json`.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::permissions::Permissions;
use crate::domain::Text;
use crate::domain::configured::{
    ArtifactSigner, Configured, DeclaredCatalog, PublishedServer, ServerOAuth, ServerPackage,
    ServerPermissions, ServerRemote, ServerVariable, SourceRepository, ToolDefinition,
};
use crate::ingest::configured::mcp_package;
use crate::ingest::json::{Str, lenient, nullable};
use crate::ingest::mask::Masker;
use crate::ingest::tool_definition::partial_definition;

/// Who says it.
pub const TOOLHIVE: &str = "toolhive";

#[derive(Deserialize)]
pub struct Entry<'a> {
    #[serde(borrow, default)]
    image: Option<Str<'a>>,
    #[serde(borrow, default)]
    url: Option<Str<'a>>,
    #[serde(default)]
    transport: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    tier: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    status: Option<Text>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    repository_url: Option<Str<'a>>,
    #[serde(default, deserialize_with = "nullable")]
    tools: Vec<Text>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    tool_definitions: Vec<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    permissions: Option<Permissions<'a>>,
    #[serde(default, deserialize_with = "lenient")]
    env_vars: Vec<Variable>,
    #[serde(default, deserialize_with = "lenient")]
    headers: Vec<Variable>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    args: Vec<Str<'a>>,
    #[serde(default, deserialize_with = "lenient")]
    provenance: Option<Provenance>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    metadata: Option<Metadata<'a>>,
    #[serde(default, deserialize_with = "lenient")]
    oauth_config: Option<OAuth>,
}

#[derive(Deserialize)]
struct Variable {
    name: Text,
    #[serde(default)]
    secret: Option<bool>,
    #[serde(default)]
    required: Option<bool>,
}

#[derive(Deserialize)]
struct Provenance {
    repository_uri: Text,
    signer_identity: Text,
    #[serde(default)]
    cert_issuer: Option<Text>,
}

#[derive(Deserialize)]
struct Metadata<'a> {
    #[serde(borrow, default)]
    last_updated: Option<Str<'a>>,
}

#[derive(Deserialize)]
struct OAuth {
    #[serde(default)]
    issuer: Option<Text>,
    #[serde(default)]
    authorize_url: Option<Text>,
    #[serde(default, deserialize_with = "nullable")]
    scopes: Vec<Text>,
}

impl Entry<'_> {
    pub fn updated(&self) -> Option<Timestamp> {
        self.metadata.as_ref()?.last_updated.as_deref()?.parse().ok()
    }

    /// Completes the server by what is said here, and gives its tools and permissions.
    pub fn describe(self, server: &mut PublishedServer, masker: &Masker) -> Vec<Configured> {
        let tools = self.declared_tools();
        let mut variables: Vec<ServerVariable> =
            self.env_vars.into_iter().map(ServerVariable::from).collect();
        variables.sort_by(|a, b| a.name.cmp(&b.name));
        let permissions = self.permissions.map(|permissions| ServerPermissions {
            server: server.server.clone(),
            declared_by: TOOLHIVE.into(),
            secrets: variables.iter().filter(|v| v.secret).map(|v| v.name.clone()).collect(),
            ..permissions.granted()
        });
        if let Some(image) = &self.image {
            let arguments = masker.command_line(self.args.iter().map(|word| &**word));
            server.packages.push(ServerPackage {
                kind: "oci".into(),
                identifier: Text::new(&**image),
                pinned: mcp_package::is_image_pinned(image),
                transport: self.transport.clone(),
                arguments: (!arguments.is_empty()).then(|| arguments.into()),
                variables,
                ..ServerPackage::default()
            });
        }
        if let Some(url) = &self.url {
            server.remotes.push(ServerRemote {
                transport: self.transport.unwrap_or_else(|| "streamable-http".into()),
                url: masker.address(url).into(),
                headers: self.headers.into_iter().map(ServerVariable::from).collect(),
            });
        }
        server.oauth.extend(self.oauth_config.map(|oauth| ServerOAuth {
            issuer: oauth.issuer.or(oauth.authorize_url).unwrap_or_default(),
            scopes: oauth.scopes,
        }));
        if let Some(url) = self.repository_url {
            server.repository = Some(SourceRepository { url: Text::new(&*url), commit: None });
        }
        server.tier = self.tier.or(server.tier.take());
        server.status = self.status.or(server.status.take());
        if let Some(provenance) = self.provenance {
            server.signer = Some(ArtifactSigner {
                repository: provenance.repository_uri,
                identity: provenance.signer_identity,
                issuer: provenance.cert_issuer,
            });
        }
        let catalog = (!tools.is_empty()).then(|| DeclaredCatalog {
            server: server.server.clone(),
            tools,
            registry: Some(TOOLHIVE.into()),
            ..DeclaredCatalog::default()
        });
        let permissions = permissions.map(Configured::ServerPermissions);
        catalog.map(Configured::DeclaredCatalog).into_iter().chain(permissions).collect()
    }

    /// Tools with what is defined of them, then those of which only the name is declared.
    fn declared_tools(&self) -> Vec<ToolDefinition> {
        let mut tools: Vec<ToolDefinition> = self
            .tool_definitions
            .iter()
            .filter_map(|definition| partial_definition(definition.get()))
            .collect();
        let is_defined = |name: &Text| tools.iter().any(|tool| tool.name == *name);
        let named: Vec<ToolDefinition> = self
            .tools
            .iter()
            .filter(|name| !is_defined(name))
            .map(|name| ToolDefinition { name: name.clone(), ..ToolDefinition::default() })
            .collect();
        tools.extend(named);
        tools
    }
}

impl From<Variable> for ServerVariable {
    fn from(variable: Variable) -> Self {
        Self {
            name: variable.name,
            secret: variable.secret == Some(true),
            required: variable.required == Some(true),
        }
    }
}

//! Configured records: what the provisioning side says, one parsed item each.
//!
//! One file for each subject; the enum below lists them all, and [`Configured::identity`] says which
//! object each speaks of.

mod agents;
mod gateways;
mod kubernetes;
mod network;
mod published;
mod tools;

pub use agents::*;
pub use gateways::*;
pub use kubernetes::*;
pub use network::*;
pub use published::*;
pub use tools::*;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{Place, Text};

/// One configured item with its provenance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Cluster, account or host; empty when the evidence does not name it.
    pub realm: Text,
    /// When the configuration was seen to stand so (snapshot time, `creationTimestamp` as the least).
    pub at: Option<Timestamp>,
    /// Owner, granting team, policy reference, where the source carries them (S0.12).
    #[serde(default)]
    pub provisioning: Provisioning,
    pub place: Place,
    pub body: Configured,
}

/// Who granted, when, under which policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provisioning {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granted_by: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granted_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Text>,
}

/// A statement that a set of configured records is all there is (or not) of one kind in one scope.
/// Absence means deletion only in a complete snapshot of the same scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    pub realm: Text,
    /// `Role`, `ClusterRoleBinding`, …
    pub object_kind: Text,
    /// `None`: every namespace.
    pub namespace: Option<Text>,
    pub at: Option<Timestamp>,
    pub complete: bool,
    pub place: Place,
}

/// The parsed item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Configured {
    Namespace(Meta),
    Workload(Workload),
    ServiceAccount(ServiceAccount),
    /// Role, or ClusterRole when the namespace is empty.
    Role(Role),
    /// RoleBinding, or ClusterRoleBinding when the namespace is empty.
    Binding(Binding),
    NetworkPolicy(NetworkPolicy),
    /// An MCP server that a client is configured to use.
    McpServer(McpServer),
    /// Tools that a catalog file, registry or pin declares for a server.
    DeclaredCatalog(DeclaredCatalog),
    /// A declaration of an agent: an agent resource, a registry entry.
    AgentDeclaration(AgentDeclaration),
    PosturePolicy(PosturePolicy),
    /// An MCP server as a registry publishes it.
    PublishedServer(PublishedServer),
    ServerPermissions(ServerPermissions),
    GatewayPolicy(GatewayPolicy),
}

/// Kind, namespace and name of the object that a record speaks of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Identity {
    /// As snapshots name it: `Deployment`, `ClusterRole`, `McpServer`, …
    pub kind: Text,
    /// Namespace, account or client; empty when the kind has none.
    pub namespace: Text,
    pub name: Text,
}

impl Identity {
    pub fn new(kind: impl Into<Text>, namespace: &Text, name: &Text) -> Self {
        Self { kind: kind.into(), namespace: namespace.clone(), name: name.clone() }
    }

    fn of_object(kind: impl Into<Text>, meta: &Meta) -> Self {
        Self::new(kind, &meta.namespace, &meta.name)
    }
}

impl Configured {
    /// Which object this speaks of. Two records with one identity are two states of one object.
    pub fn identity(&self) -> Identity {
        let none = Text::default();
        let scoped = |meta: &Meta, namespaced: &'static str, cluster: &'static str| {
            let kind = if meta.namespace.is_empty() { cluster } else { namespaced };
            Identity::of_object(kind, meta)
        };
        match self {
            Self::Namespace(meta) => Identity::new("Namespace", &none, &meta.name),
            Self::Workload(workload) => Identity::of_object(workload.kind.clone(), &workload.meta),
            Self::ServiceAccount(account) => Identity::of_object("ServiceAccount", &account.meta),
            Self::Role(role) => scoped(&role.meta, "Role", "ClusterRole"),
            Self::Binding(binding) => scoped(&binding.meta, "RoleBinding", "ClusterRoleBinding"),
            Self::NetworkPolicy(policy) => Identity::of_object("NetworkPolicy", &policy.meta),
            Self::McpServer(server) => Identity::new("McpServer", &server.client, &server.server),
            Self::DeclaredCatalog(catalog) => {
                let registry = catalog.registry.as_ref().unwrap_or(&none);
                Identity::new("DeclaredCatalog", registry, &catalog.server)
            }
            Self::AgentDeclaration(declaration) => {
                Identity::new(declaration.kind.clone(), &declaration.namespace, &declaration.name)
            }
            Self::PosturePolicy(policy) => Identity::new("PosturePolicy", &none, &policy.agent_id),
            Self::PublishedServer(server) => {
                Identity::new("PublishedServer", &server.registry, &server.server)
            }
            Self::ServerPermissions(permissions) => {
                Identity::new("ServerPermissions", &permissions.declared_by, &permissions.server)
            }
            Self::GatewayPolicy(policy) => Identity::new(
                format!("{} policy", policy.gateway.raw()),
                &policy.namespace,
                &policy.route,
            ),
        }
    }

    /// Whether the record lies on a machine rather than in a cluster or registry: each machine has
    /// one, told apart by its file.
    pub fn is_personal(&self) -> bool {
        match self {
            Self::McpServer(_) => true,
            Self::ServerPermissions(permissions) => permissions.declared_by == "profile",
            Self::GatewayPolicy(policy) => policy.namespace.is_empty(),
            _ => false,
        }
    }
}

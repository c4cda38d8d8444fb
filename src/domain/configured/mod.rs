//! Configured records: what the provisioning side says, one parsed item each.
//!
//! One file for each subject; the enum below lists them all, and [`Configured::identity`] says which
//! object each speaks of.

mod a2a;
mod admission;
mod agents;
mod audit_policy;
mod bom;
mod cilium;
mod clients;
pub mod cloud;
mod cloud_identity;
mod dimensions;
mod gateways;
mod inventory;
mod kubernetes;
mod mcp_platform;
mod mesh;
mod network;
mod objects;
mod passport;
mod published;
mod tools;
mod unknown;
mod workload;

pub use a2a::*;
pub use admission::*;
pub use agents::*;
pub use audit_policy::*;
pub use bom::*;
pub use cilium::*;
pub use clients::*;
pub use cloud_identity::*;
pub use gateways::*;
pub use inventory::*;
pub use kubernetes::*;
pub use mcp_platform::*;
pub use mesh::*;
pub use network::*;
pub use objects::*;
pub use passport::*;
pub use published::*;
pub use tools::*;
pub use unknown::*;
pub use workload::*;

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
    /// In no format that is read.
    UnknownDocument(UnknownDocument),
    /// What a settings file lets the agents of a client do.
    PermissionRules(PermissionRules),
    /// A skill, command, rule or plugin of a client.
    ClientExtension(ClientExtension),
    /// How a remote agent describes itself.
    AgentCard(AgentCard),
    CloudIdentity(CloudIdentity),
    Service(Service),
    Node(Node),
    /// A Kubernetes object of a kind without a type of its own.
    Object(Object),
    ApiDiscovery(ApiDiscovery),
    AdmissionPolicy(AdmissionPolicy),
    AuditPolicy(AuditPolicy),
    /// An MCP server that a platform in a cluster runs or fronts.
    HostedMcpServer(HostedMcpServer),
    ToolFilter(ToolFilter),
    McpAuthentication(McpAuthentication),
    ModelConfiguration(ModelConfiguration),
    /// The object of this identity was seen to be deleted.
    Deleted(Identity),
    Aws(cloud::Aws),
    Gcp(cloud::Gcp),
    Azure(cloud::Azure),
    /// Authority of an agent that decays with use.
    Passport(Passport),
    /// What an agent declares at run time that it is made of.
    AgentInventory(AgentInventory),
    ClusterNetworkPolicy(ClusterNetworkPolicy),
    CiliumPolicy(CiliumPolicy),
    AuthorizationPolicy(AuthorizationPolicy),
    PeerAuthentication(PeerAuthentication),
    RequestAuthentication(RequestAuthentication),
    Sidecar(Sidecar),
    ServiceEntry(ServiceEntry),
    Bom(Bom),
    /// A component that a bill of materials lists.
    Component(Component),
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
            Self::UnknownDocument(document) => Identity::new("unknown", &none, &document.name),
            Self::PermissionRules(rules) => {
                let profile = rules.profile.as_ref().unwrap_or(&none);
                Identity::new("PermissionRules", &rules.client, profile)
            }
            Self::ClientExtension(extension) => {
                Identity::new(extension.kind.clone(), &extension.client, &extension.name)
            }
            Self::AgentCard(card) => {
                let url = card.interfaces.first().map_or(&none, |interface| &interface.url);
                Identity::new("AgentCard", url, &card.name)
            }
            Self::CloudIdentity(identity) => {
                let way: &str = identity.becomes.by.into();
                let kind = format!("CloudIdentity/{way}");
                Identity::new(kind, &identity.namespace, &identity.service_account)
            }
            Self::Service(service) => Identity::of_object("Service", &service.meta),
            Self::Node(node) => Identity::of_object("Node", &node.meta),
            Self::Object(object) => {
                let kind = Object::qualified_kind(object.kind.raw(), object.api_version.raw());
                Identity::of_object(kind, &object.meta)
            }
            Self::ApiDiscovery(discovery) => {
                Identity::new("ApiDiscovery", &discovery.group_version, &discovery.answer)
            }
            Self::AdmissionPolicy(policy) => Identity::of_object(policy.kind.clone(), &policy.meta),
            Self::AuditPolicy(policy) => Identity::new("AuditPolicy", &none, &policy.name),
            Self::HostedMcpServer(server) => Identity::of_object(server.kind.clone(), &server.meta),
            Self::ToolFilter(filter) => Identity::of_object("MCPToolConfig", &filter.meta),
            Self::McpAuthentication(by) => Identity::of_object(by.kind.clone(), &by.meta),
            Self::ModelConfiguration(model) => Identity::of_object(model.kind.clone(), &model.meta),
            Self::Deleted(identity) => identity.clone(),
            Self::Aws(item) => item.identity(),
            Self::Gcp(item) => item.identity(),
            Self::Azure(item) => item.identity(),
            Self::Passport(passport) => Identity::new("AgentPassport", &none, &passport.id),
            Self::AgentInventory(inventory) => {
                Identity::new("AgentInventory", &none, &inventory.agent)
            }
            Self::ClusterNetworkPolicy(policy) => {
                Identity::of_object(policy.kind.clone(), &policy.meta)
            }
            Self::CiliumPolicy(policy) => Identity::of_object(policy.kind.clone(), &policy.meta),
            Self::AuthorizationPolicy(policy) => {
                Identity::of_object("AuthorizationPolicy", &policy.meta)
            }
            Self::PeerAuthentication(policy) => {
                Identity::of_object("PeerAuthentication", &policy.meta)
            }
            Self::RequestAuthentication(policy) => {
                Identity::of_object("RequestAuthentication", &policy.meta)
            }
            Self::Sidecar(sidecar) => Identity::of_object("Sidecar", &sidecar.meta),
            Self::ServiceEntry(entry) => Identity::of_object("ServiceEntry", &entry.meta),
            Self::Bom(bom) => Identity::new("Bom", &none, &bom.of),
            Self::Component(component) => {
                Identity::new("Component", &component.bom, &component.key())
            }
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

    /// Whether the record only says that its object is gone.
    pub fn is_deleted(&self) -> bool {
        matches!(self, Self::Deleted(_))
    }

    /// Whether the record lies on somebody's machine or in a repository: each has one of its own, told
    /// apart by its file.
    pub fn is_personal(&self) -> bool {
        match self {
            Self::McpServer(_) | Self::PermissionRules(_) | Self::ClientExtension(_) => true,
            Self::AgentDeclaration(declaration) => declaration.framework.is_some(),
            Self::ServerPermissions(permissions) => permissions.declared_by == "profile",
            Self::GatewayPolicy(policy) => policy.namespace.is_empty(),
            _ => false,
        }
    }
}

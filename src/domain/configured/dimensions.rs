//! Which dimension of an agent's posture a record gives configured evidence for.

use super::Configured;
use crate::domain::Dimension;

impl Configured {
    /// The dimensions of posture that a record of this kind speaks to.
    pub fn dimensions(&self) -> &'static [Dimension] {
        use Dimension::{Evidence, Execution, Identity, Permission, ToolChain};
        match self {
            Self::ServiceAccount(_) | Self::CloudIdentity(_) | Self::McpAuthentication(_) => {
                &[Identity]
            }
            Self::AgentCard(_) | Self::Passport(_) => &[Identity, Permission],
            Self::AgentDeclaration(_) | Self::AgentInventory(_) => &[Identity, ToolChain],
            Self::Workload(_) => &[Identity, Execution],
            Self::Role(_)
            | Self::Binding(_)
            | Self::NetworkPolicy(_)
            | Self::ClusterNetworkPolicy(_)
            | Self::CiliumPolicy(_)
            | Self::AuthorizationPolicy(_)
            | Self::AdmissionPolicy(_)
            | Self::PermissionRules(_)
            | Self::ServerPermissions(_)
            | Self::GatewayPolicy(_)
            | Self::Aws(_)
            | Self::Gcp(_)
            | Self::Azure(_) => &[Permission],
            Self::PosturePolicy(_) => &[Permission, ToolChain, Execution, Evidence],
            Self::McpServer(_)
            | Self::HostedMcpServer(_)
            | Self::PublishedServer(_)
            | Self::DeclaredCatalog(_)
            | Self::ToolFilter(_)
            | Self::ClientExtension(_) => &[ToolChain],
            Self::ModelConfiguration(_) | Self::Bom(_) | Self::Component(_) => &[Execution],
            Self::AuditPolicy(_) => &[Evidence],
            _ => &[],
        }
    }
}

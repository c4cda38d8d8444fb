//! Which cloud principal a Kubernetes service account may become.

use serde::{Deserialize, Serialize};

use crate::domain::Text;

/// An association of a service account with a cloud principal that stands outside the cluster
/// (EKS Pod Identity). What annotations say stands in [`ServiceAccount::cloud`].
///
/// [`ServiceAccount::cloud`]: super::ServiceAccount::cloud
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloudIdentity {
    pub namespace: Text,
    pub service_account: Text,
    /// The id of the association, `a-…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub association: Option<Text>,
    pub becomes: CloudPrincipal,
    /// The role that is assumed in turn, in another account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_role: Option<Text>,
    /// Whether sessions carry cluster, namespace and pod as tags; absent when it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_tags: Option<bool>,
}

/// A principal of a cloud provider and the way to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloudPrincipal {
    pub by: WorkloadFederation,
    /// Role ARN, service account e-mail or client id; absent when the source only lists the
    /// association.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<Text>,
    /// Audience of the token that is exchanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<Text>,
    /// The Azure tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<Text>,
}

/// How a cluster's tokens are exchanged for those of a cloud.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum WorkloadFederation {
    /// IAM roles for service accounts, by annotation.
    AwsIrsa,
    #[default]
    AwsPodIdentity,
    GcpWorkloadIdentity,
    AzureWorkloadIdentity,
}

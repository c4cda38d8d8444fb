//! Google Cloud.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::Text;
use crate::domain::configured::Identity;

/// One configured item of a project, folder or organization.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "object", rename_all = "kebab-case")]
pub enum Gcp {
    AllowPolicy(AllowPolicy),
    Role(GcpRole),
    ServiceAccount(GcpServiceAccount),
    WorkloadIdentityProvider(WorkloadIdentityProvider),
}

/// The IAM policy of one resource (`google.iam.v1.Policy`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllowPolicy {
    /// Full or relative resource name; empty when the source does not name it.
    pub resource: Text,
    /// From the nearest project, folder or organization up; a policy above applies below.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ancestors: Vec<Text>,
    pub bindings: Vec<GcpBinding>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub audit: Vec<AuditConfig>,
    /// Changes with every change of the policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<Text>,
    /// Holds only the bindings that a search asked for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub partial: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GcpBinding {
    pub role: Text,
    pub members: Vec<Text>,
    /// A CEL expression that must hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Text>,
}

/// Which Data Access audit logs a service writes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditConfig {
    /// `storage.googleapis.com`, or `allServices`.
    pub service: Text,
    pub logs: Vec<AuditLog>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditLog {
    /// `ADMIN_READ`, `DATA_READ` or `DATA_WRITE`.
    pub log_type: Text,
    /// Members whose access is not logged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exempt: Vec<Text>,
}

impl AllowPolicy {
    /// Whether access of this type by `member` would have been logged by this resource's own
    /// configuration. `ADMIN_WRITE` always is; the union of `allServices` and the service counts, and
    /// an exemption in either holds (Cloud Logging, "Enable Data Access audit logs").
    pub fn records(&self, service: &str, log_type: &str, member: &str) -> bool {
        if log_type == "ADMIN_WRITE" {
            return true;
        }
        let concerns =
            |config: &&AuditConfig| config.service == "allServices" || config.service == service;
        let mut logs = (self.audit.iter().filter(concerns))
            .flat_map(|config| &config.logs)
            .filter(|log| log.log_type == log_type)
            .peekable();
        logs.peek().is_some() && !logs.any(|log| log.exempt.iter().any(|exempt| *exempt == member))
    }
}

/// A custom role.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GcpRole {
    pub name: Text,
    pub permissions: Vec<Text>,
    /// `ALPHA`, `BETA`, `GA`, `DISABLED`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<Text>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GcpServiceAccount {
    pub email: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<Text>,
    pub disabled: bool,
}

/// Tokens of another issuer that a pool accepts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkloadIdentityProvider {
    /// `projects/N/locations/global/workloadIdentityPools/POOL/providers/NAME`.
    pub name: Text,
    /// An OIDC issuer, or an AWS account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub audiences: Vec<Text>,
    /// Google attribute → CEL expression over the token's claims.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<Text, Text>,
    /// A CEL expression that a token must satisfy; none accepts every token of the issuer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Text>,
    pub disabled: bool,
}

impl Gcp {
    /// Which object this speaks of; kinds are Cloud Asset types.
    pub fn identity(&self) -> Identity {
        let none = Text::default();
        let (kind, name) = match self {
            Self::AllowPolicy(policy) => ("iam.googleapis.com/AllowPolicy", &policy.resource),
            Self::Role(role) => ("iam.googleapis.com/Role", &role.name),
            Self::ServiceAccount(account) => ("iam.googleapis.com/ServiceAccount", &account.email),
            Self::WorkloadIdentityProvider(provider) => {
                ("iam.googleapis.com/WorkloadIdentityPoolProvider", &provider.name)
            }
        };
        Identity::new(kind, &none, name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_access_is_logged_where_it_is_configured() {
        let log = |log_type: &str, exempt: &[&str]| AuditLog {
            log_type: log_type.into(),
            exempt: exempt.iter().map(|member| (*member).into()).collect(),
        };
        let config = |service: &str, logs| AuditConfig { service: service.into(), logs };
        let policy = AllowPolicy {
            audit: vec![
                config("allServices", vec![log("DATA_READ", &["user:quiet@x"])]),
                config("storage.googleapis.com", vec![log("DATA_WRITE", &[])]),
            ],
            ..AllowPolicy::default()
        };
        for (service, log_type, member, expected) in [
            ("storage.googleapis.com", "DATA_READ", "user:a@x", true),
            ("storage.googleapis.com", "DATA_READ", "user:quiet@x", false),
            ("storage.googleapis.com", "DATA_WRITE", "user:a@x", true),
            ("pubsub.googleapis.com", "DATA_WRITE", "user:a@x", false),
            ("pubsub.googleapis.com", "ADMIN_WRITE", "user:quiet@x", true),
        ] {
            assert_eq!(policy.records(service, log_type, member), expected, "{service} {log_type}");
        }
    }
}

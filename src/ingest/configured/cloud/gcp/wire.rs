//! Items of Google Cloud as they are written, all kinds in one.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::domain::Text;
use crate::domain::configured::cloud::Gcp;
use crate::domain::configured::cloud::gcp::{
    AllowPolicy, AuditConfig, AuditLog, GcpBinding, GcpRole, GcpServiceAccount,
    WorkloadIdentityProvider,
};
use crate::ingest::json::nullable;

/// A policy, a search result, an exported asset, a role, a service account or a provider; told apart
/// by the members that it has. Exports to files have snake case, answers have camel case.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Item<'a> {
    name: Option<Text>,
    bindings: Option<Vec<Binding>>,
    #[serde(deserialize_with = "nullable")]
    audit_configs: Vec<WireAuditConfig>,
    etag: Option<Text>,

    /// A name in a search result, an object in an export.
    #[serde(borrow)]
    resource: Option<&'a RawValue>,
    policy: Option<Policy>,
    project: Option<Text>,

    #[serde(alias = "iam_policy")]
    iam_policy: Option<Policy>,
    #[serde(deserialize_with = "nullable")]
    ancestors: Vec<Text>,
    #[serde(alias = "update_time")]
    update_time: Option<String>,

    #[serde(deserialize_with = "nullable")]
    included_permissions: Vec<Text>,
    stage: Option<Text>,
    deleted: Option<bool>,
    disabled: Option<bool>,

    email: Option<Text>,
    unique_id: Option<Text>,
    project_id: Option<Text>,
    display_name: Option<Text>,

    oidc: Option<Oidc>,
    aws: Option<AwsAccount>,
    #[serde(deserialize_with = "nullable")]
    attribute_mapping: BTreeMap<Text, Text>,
    attribute_condition: Option<Text>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Policy {
    #[serde(deserialize_with = "nullable")]
    bindings: Vec<Binding>,
    #[serde(deserialize_with = "nullable", alias = "audit_configs")]
    audit_configs: Vec<WireAuditConfig>,
    etag: Option<Text>,
}

#[derive(Deserialize)]
struct Binding {
    role: Text,
    #[serde(default, deserialize_with = "nullable")]
    members: Vec<Text>,
    #[serde(default)]
    condition: Option<Expression>,
}

#[derive(Deserialize)]
struct Expression {
    expression: Text,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireAuditConfig {
    service: Text,
    #[serde(default, deserialize_with = "nullable", alias = "audit_log_configs")]
    audit_log_configs: Vec<WireAuditLog>,
}

/// The kind of log is a name, in some exports its number (`google.iam.v1.AuditLogConfig.LogType`).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireAuditLog {
    #[serde(alias = "log_type")]
    log_type: LogType,
    #[serde(default, deserialize_with = "nullable", alias = "exempted_members")]
    exempted_members: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum LogType {
    Name(Text),
    Number(u8),
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Oidc {
    #[serde(default, alias = "issuer_uri")]
    issuer_uri: Option<Text>,
    #[serde(default, deserialize_with = "nullable", alias = "allowed_audiences")]
    allowed_audiences: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AwsAccount {
    #[serde(alias = "account_id")]
    account_id: Text,
}

#[derive(Deserialize)]
struct Exported<'a> {
    #[serde(borrow)]
    data: &'a RawValue,
}

impl<'a> Item<'a> {
    pub fn updated(&self) -> Option<Timestamp> {
        self.update_time.as_deref()?.parse().ok()
    }

    /// The project by id or number; empty when the item names none.
    pub fn project(&self) -> &str {
        let is_project = |name: &&Text| name.raw().starts_with("projects/");
        let name = (self.project.as_ref().or(self.project_id.as_ref()))
            .or_else(|| self.ancestors.iter().find(is_project))
            .or_else(|| self.name.as_ref().filter(is_project));
        let name = name.map_or("", Text::raw);
        let name = name.strip_prefix("projects/").unwrap_or(name);
        name.split_once('/').map_or(name, |(project, _)| project)
    }

    /// The object that an export of resources wraps, unless it is an export of policies.
    pub fn exported(&self) -> Option<&'a RawValue> {
        let resource = self.resource.filter(|_| self.iam_policy.is_none())?;
        serde_json::from_str::<Exported<'a>>(resource.get()).ok().map(|exported| exported.data)
    }

    /// `None` when it is none of the kinds that are read.
    pub fn into_configured(self) -> Option<Gcp> {
        let name = self.name.unwrap_or_default();
        if let Some(policy) = self.iam_policy {
            let policy =
                AllowPolicy { ancestors: self.ancestors, ..policy.into_policy(name, false) };
            return Some(Gcp::AllowPolicy(policy));
        }
        if let Some(policy) = self.policy {
            let resource = self.resource.and_then(|name| serde_json::from_str(name.get()).ok());
            let ancestors = self.project.into_iter().collect();
            let policy = policy.into_policy(resource.unwrap_or_default(), true);
            return Some(Gcp::AllowPolicy(AllowPolicy { ancestors, ..policy }));
        }
        if let Some(bindings) = self.bindings {
            let policy = Policy { bindings, audit_configs: self.audit_configs, etag: self.etag };
            return Some(Gcp::AllowPolicy(policy.into_policy(Text::default(), false)));
        }
        if let Some(email) = self.email {
            return Some(Gcp::ServiceAccount(GcpServiceAccount {
                email,
                id: self.unique_id,
                display_name: self.display_name,
                disabled: self.disabled == Some(true),
            }));
        }
        if name.raw().contains("/workloadIdentityPools/") {
            let oidc = self.oidc.unwrap_or_default();
            return Some(Gcp::WorkloadIdentityProvider(WorkloadIdentityProvider {
                name,
                issuer: oidc.issuer_uri.or(self.aws.map(|aws| aws.account_id)),
                audiences: oidc.allowed_audiences,
                attributes: self.attribute_mapping,
                condition: self.attribute_condition.filter(|condition| !condition.is_empty()),
                disabled: self.disabled == Some(true),
            }));
        }
        name.raw().contains("roles/").then(|| {
            Gcp::Role(GcpRole {
                name,
                permissions: self.included_permissions,
                stage: self.stage,
                deleted: self.deleted == Some(true),
            })
        })
    }
}

impl Policy {
    fn into_policy(self, resource: Text, partial: bool) -> AllowPolicy {
        let bindings = self.bindings.into_iter().map(|binding| GcpBinding {
            role: binding.role,
            members: binding.members,
            condition: binding.condition.map(|condition| condition.expression),
        });
        let audit = self.audit_configs.into_iter().map(|config| AuditConfig {
            service: config.service,
            logs: config.audit_log_configs.into_iter().map(WireAuditLog::into_log).collect(),
        });
        AllowPolicy {
            resource,
            ancestors: Vec::new(),
            bindings: bindings.collect(),
            audit: audit.collect(),
            etag: self.etag,
            partial,
        }
    }
}

impl WireAuditLog {
    fn into_log(self) -> AuditLog {
        let log_type = match self.log_type {
            LogType::Name(name) => name,
            LogType::Number(1) => "ADMIN_READ".into(),
            LogType::Number(2) => "DATA_WRITE".into(),
            LogType::Number(3) => "DATA_READ".into(),
            LogType::Number(other) => other.to_string().into(),
        };
        AuditLog { log_type, exempt: self.exempted_members }
    }
}

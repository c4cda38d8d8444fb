//! Managed policies with their versions.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::parts::Parts;
use super::document::policy_document;
use super::wire::{Tag, Time, provisioning};
use crate::domain::configured::Configured;
use crate::domain::configured::cloud::aws::{Arn, Aws, IamPolicy, PolicyFunction};
use crate::domain::{ProblemKind, Text};
use crate::ingest::json::{Integer, nullable};

/// `ManagedPolicyDetail` of the IAM API.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Managed<'a> {
    pub arn: Text,
    #[serde(default)]
    policy_name: Option<Text>,
    #[serde(default)]
    default_version_id: Option<Text>,
    #[serde(default)]
    attachment_count: Option<Integer>,
    #[serde(default)]
    permissions_boundary_usage_count: Option<Integer>,
    #[serde(default)]
    create_date: Time,
    #[serde(default)]
    update_date: Time,
    #[serde(borrow, default, deserialize_with = "nullable")]
    policy_version_list: Vec<Version<'a>>,
    #[serde(default, deserialize_with = "nullable")]
    tags: Vec<Tag>,
}

/// `PolicyVersion` of the IAM API.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Version<'a> {
    #[serde(borrow, default)]
    pub document: Option<&'a RawValue>,
    #[serde(default)]
    pub version_id: Option<Text>,
    #[serde(default)]
    pub is_default_version: Option<bool>,
    #[serde(default)]
    pub create_date: Time,
}

impl Managed<'_> {
    /// The latest time that it tells of.
    pub fn latest(&self) -> Option<Timestamp> {
        let versions = self.policy_version_list.iter().map(|version| version.create_date.0);
        versions.chain([self.create_date.0, self.update_date.0]).max().flatten()
    }

    /// Whether it belongs to the account, not to AWS.
    pub fn is_customers(&self) -> bool {
        Arn::parse(self.arn.raw()).is_some_and(|arn| arn.customer_account().is_some())
    }

    pub fn emit(self, pointer: &str, parts: &mut Parts<'_>) {
        let in_force = |version: &Version<'_>| {
            version.is_default_version == Some(true)
                || version.is_default_version.is_none()
                    && version.version_id.is_some()
                    && version.version_id == self.default_version_id
        };
        let Some(index) = self.policy_version_list.iter().position(in_force) else {
            let message = format!("policy `{}` lists no default version", self.arn.raw());
            return parts.problem(pointer, ProblemKind::Incomplete, &message);
        };
        let mut others = self.policy_version_list;
        let version = others.remove(index);
        let at = format!("{pointer}/PolicyVersionList/{index}");
        let Some(raw) = version.document else {
            let message = format!("policy `{}` lacks its document", self.arn.raw());
            return parts.problem(&at, ProblemKind::Incomplete, &message);
        };
        let document = match policy_document(raw, parts.sink) {
            Ok(document) => document,
            Err(reason) => return parts.problem(&at, ProblemKind::Malformed, &reason),
        };
        let count = |count: Option<Integer>| count.and_then(|Integer(n)| u64::try_from(n).ok());
        let name = self.policy_name.unwrap_or_else(|| {
            Arn::parse(self.arn.raw()).map(|arn| arn.resource_name()).unwrap_or_default().into()
        });
        let tags = self.tags.into_iter().map(|tag| (tag.key, tag.value)).collect();
        let policy = IamPolicy {
            name,
            arn: Some(self.arn),
            function: PolicyFunction::Identity,
            attached_to: Vec::new(),
            version: version.version_id,
            in_force: Some(true),
            other_versions: others.into_iter().filter_map(|other| other.version_id).collect(),
            attachments: count(self.attachment_count),
            boundaries: count(self.permissions_boundary_usage_count),
            document,
        };
        let granted_at = version.create_date.0.or(self.update_date.0).or(self.create_date.0);
        let granted = provisioning(&tags, granted_at);
        parts.record(pointer, granted, Configured::Aws(Aws::Policy(policy)));
    }
}

//! A user, group or role as the details of an account and `aws iam get-…` write it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::parts::Parts;
use super::document::policy_document;
use super::wire::{Tag, Time, provisioning};
use crate::domain::configured::cloud::aws::{
    Attachments, Aws, Holder, IamIdentity, IamKind, IamPolicy, PolicyFunction, RoleLastUsed,
};
use crate::domain::configured::{Configured, Provisioning};
use crate::domain::{ProblemKind, Text};
use crate::ingest::json::{Integer, nullable};

/// `UserDetail`, `GroupDetail`, `RoleDetail`, `User` and `Role` of the IAM API in one.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Detail<'a> {
    pub arn: Text,
    #[serde(default, alias = "UserId", alias = "GroupId", alias = "RoleId")]
    id: Option<Text>,
    #[serde(default)]
    create_date: Time,
    #[serde(borrow, default)]
    assume_role_policy_document: Option<&'a RawValue>,
    #[serde(
        borrow,
        default,
        deserialize_with = "nullable",
        alias = "UserPolicyList",
        alias = "GroupPolicyList",
        alias = "RolePolicyList"
    )]
    inline_policies: Vec<&'a RawValue>,
    #[serde(default)]
    attached_managed_policies: Option<Vec<Attached>>,
    #[serde(default)]
    group_list: Option<Vec<Text>>,
    #[serde(default)]
    instance_profile_list: Option<Vec<InstanceProfile>>,
    #[serde(default)]
    permissions_boundary: Option<Boundary>,
    #[serde(default)]
    role_last_used: Option<LastUsed>,
    #[serde(default)]
    max_session_duration: Option<Integer>,
    #[serde(default, deserialize_with = "nullable")]
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Attached {
    pub policy_arn: Text,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct InstanceProfile {
    arn: Text,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Boundary {
    permissions_boundary_arn: Text,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LastUsed {
    #[serde(default)]
    last_used_date: Time,
    #[serde(default)]
    region: Option<Text>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inline<'a> {
    policy_name: Text,
    #[serde(borrow)]
    policy_document: &'a RawValue,
}

impl Detail<'_> {
    /// The latest time that it tells of: it cannot have been read before.
    pub fn latest(&self) -> Option<Timestamp> {
        self.create_date.0.max(self.role_last_used.as_ref().and_then(|used| used.last_used_date.0))
    }

    /// Puts the identity, its inline policies and its attachments into the sink.
    pub fn emit(self, kind: IamKind, pointer: &str, parts: &mut Parts<'_>) {
        let tags: BTreeMap<Text, Text> =
            self.tags.into_iter().map(|tag| (tag.key, tag.value)).collect();
        let granted = provisioning(&tags, self.create_date.0);
        let trust = self.assume_role_policy_document.and_then(|raw| {
            match policy_document(raw, parts.sink) {
                Ok(document) => Some(document),
                Err(reason) => {
                    let at = format!("{pointer}/AssumeRolePolicyDocument");
                    parts.problem(&at, ProblemKind::Malformed, &reason);
                    None
                }
            }
        });
        for (index, raw) in self.inline_policies.into_iter().enumerate() {
            let at = format!("{pointer}/{}/{index}", inline_list(kind));
            inline(raw, &self.arn, &granted, &at, parts);
        }
        if let Some(attached) = self.attached_managed_policies {
            let with = attached.into_iter().map(|attached| attached.policy_arn).collect();
            let attachments = Attachments {
                holder: Holder::Identity(kind),
                of: self.arn.clone(),
                with,
                complete: true,
            };
            let at = format!("{pointer}/AttachedManagedPolicies");
            parts.record(&at, granted.clone(), Configured::Aws(Aws::Attachments(attachments)));
        }
        let profiles = self.instance_profile_list;
        let identity = IamIdentity {
            kind,
            arn: self.arn,
            id: self.id,
            trust,
            groups: self.group_list,
            boundary: self.permissions_boundary.map(|boundary| boundary.permissions_boundary_arn),
            instance_profiles: profiles
                .map(|profiles| profiles.into_iter().map(|profile| profile.arn).collect()),
            last_used: self
                .role_last_used
                .map(|used| RoleLastUsed { at: used.last_used_date.0, region: used.region }),
            longest_session: self
                .max_session_duration
                .and_then(|Integer(seconds)| u64::try_from(seconds).ok()),
            tags,
        };
        parts.record(pointer, granted, Configured::Aws(Aws::Identity(identity)));
    }
}

fn inline_list(kind: IamKind) -> &'static str {
    match kind {
        IamKind::User => "UserPolicyList",
        IamKind::Group => "GroupPolicyList",
        IamKind::Role => "RolePolicyList",
    }
}

fn inline(raw: &RawValue, of: &Text, granted: &Provisioning, at: &str, parts: &mut Parts<'_>) {
    let read =
        serde_json::from_str::<Inline<'_>>(raw.get()).map_err(|error| error.to_string()).and_then(
            |policy| Ok((policy.policy_name, policy_document(policy.policy_document, parts.sink)?)),
        );
    match read {
        Ok((name, document)) => {
            let policy = IamPolicy {
                name,
                function: PolicyFunction::Identity,
                attached_to: vec![of.clone()],
                document,
                ..IamPolicy::default()
            };
            // When it was written is not said: the identity's creation is no such time.
            let granted = Provisioning { granted_at: None, ..granted.clone() };
            parts.record(at, granted, Configured::Aws(Aws::Policy(policy)));
        }
        Err(reason) => parts.problem(at, ProblemKind::Malformed, &reason),
    }
}

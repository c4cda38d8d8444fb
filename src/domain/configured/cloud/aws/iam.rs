//! Users, groups and roles, and the managed policies that they hold.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ORGANIZATION_POLICY, PolicyDocument};
use crate::domain::Text;

/// A user, group or role. What it may do is said by policies that name it in `attached_to`, and by
/// its [`Attachments`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IamIdentity {
    pub kind: IamKind,
    pub arn: Text,
    /// The unique id (`AROA…`, `AIDA…`), which a new object of the same name does not inherit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Text>,
    /// Who may assume a role. Absent when the source did not give it in readable form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust: Option<PolicyDocument>,
    /// Names of the groups of a user; absent when the source does not list them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<Text>>,
    /// ARN of the managed policy that bounds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boundary: Option<Text>,
    /// ARNs of the instance profiles through which machines get the role; absent when the source
    /// does not list them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_profiles: Option<Vec<Text>>,
    /// Of a role; absent when the source does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used: Option<RoleLastUsed>,
    /// Seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longest_session: Option<u64>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<Text, Text>,
}

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::EnumIter,
)]
#[serde(rename_all = "snake_case")]
pub enum IamKind {
    User,
    Group,
    Role,
}

impl IamKind {
    /// As CloudFormation and snapshots name it.
    pub fn resource_type(self) -> &'static str {
        match self {
            Self::User => "AWS::IAM::User",
            Self::Group => "AWS::IAM::Group",
            Self::Role => "AWS::IAM::Role",
        }
    }

    /// The type of its inline policies.
    pub fn inline_policy_type(self) -> &'static str {
        match self {
            Self::User => "AWS::IAM::UserPolicy",
            Self::Group => "AWS::IAM::GroupPolicy",
            Self::Role => "AWS::IAM::RolePolicy",
        }
    }
}

/// When a role was last used, by the account's own tracking, which reaches 400 days back. No time
/// means not used in that period.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleLastUsed {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Text>,
}

/// The managed policies that one identity holds, or the targets to which one policy is attached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachments {
    pub holder: Holder,
    /// ARN of the holder, or its name where the source gives no ARN.
    pub of: Text,
    /// ARNs.
    pub with: Vec<Text>,
    /// There are no others.
    pub complete: bool,
}

/// What attachments are listed of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// An identity with its policies.
    Identity(IamKind),
    /// A policy of an organization with its targets: accounts, organizational units, the root.
    Policy,
}

impl Holder {
    pub(super) fn resource_type(self) -> &'static str {
        match self {
            Self::Identity(kind) => kind.resource_type(),
            Self::Policy => ORGANIZATION_POLICY,
        }
    }
}

/// An OpenID Connect provider that the account trusts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OidcProvider {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arn: Option<Text>,
    /// The issuer without its scheme, as the condition keys of trust policies spell it.
    pub url: Text,
    /// The audiences that it accepts (`ClientIDList`); absent when the source does not list them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audiences: Option<Vec<Text>>,
}

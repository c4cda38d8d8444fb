//! Policy documents and the policies that hold them.

use serde::{Deserialize, Serialize};

use super::{Arn, named};
use crate::domain::Text;
use crate::domain::configured::Identity;

/// A policy document, statement by statement as it was written (IAM User Guide, "Grammar of the IAM
/// JSON policy language").
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyDocument {
    /// `2012-10-17`, or `2008-10-17`, which knows no policy variables and is meant when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Text>,
    pub statements: Vec<Statement>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<Text>,
    pub effect: StatementEffect,
    /// Absent in policies that are attached to identities.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principals: Option<Listed<PolicyPrincipal>>,
    pub actions: Listed<Text>,
    /// Absent in trust policies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<Listed<Text>>,
    /// All of them must hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatementEffect {
    Allow,
    Deny,
}

/// `Action` or `NotAction`, and so for resources and principals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Listed<T> {
    Only(Vec<T>),
    AllExcept(Vec<T>),
}

/// One principal: `AWS`, `Federated`, `Service` or `CanonicalUser` with its name. The bare star has
/// the kind `*`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PolicyPrincipal {
    pub kind: Text,
    pub name: Text,
}

/// One line of a `Condition` block: any of the values satisfies it, unless the operator is negated.
/// A list and no map: keys may sound like secrets, and their values are none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// `StringEquals`, `ForAllValues:StringLike`, `Bool`, … in the source's spelling.
    pub operator: Text,
    pub key: Text,
    pub values: Vec<Text>,
}

/// What a policy is for. Documents of several functions look alike, so it may be unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PolicyFunction {
    /// Grants to the identities it is attached to; a managed one may bound them instead.
    Identity,
    /// Grants on the resource it is attached to.
    Resource,
    /// Says who may assume a role.
    Trust,
    ServiceControl,
    ResourceControl,
    PermissionsBoundary,
    Session,
    #[default]
    Unknown,
}

/// A policy: a document with what is known of its place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IamPolicy {
    pub name: Text,
    /// Of a managed or an organization's policy; inline and resource policies have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arn: Option<Text>,
    pub function: PolicyFunction,
    /// The identities, resources, accounts or organizational units that hold it, as far as this
    /// source says: ARNs, or names where it gives no ARN.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attached_to: Vec<Text>,
    /// Of the document below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Text>,
    /// `false` when the document below is not the version in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_force: Option<bool>,
    /// Further versions that could be made the default one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_versions: Vec<Text>,
    /// To how many identities it is attached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachments: Option<u64>,
    /// How many identities it bounds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boundaries: Option<u64>,
    pub document: PolicyDocument,
}

impl IamPolicy {
    pub(super) fn identity(&self) -> Identity {
        if let Some(arn) = &self.arn {
            let kind = match Arn::parse(arn.raw()).map(|arn| arn.service) {
                Some("organizations") => ORGANIZATION_POLICY,
                _ => MANAGED_POLICY,
            };
            return named(kind, arn);
        }
        let Some(holder) = self.attached_to.first() else {
            return Identity::new("Policy", &Text::default(), &self.name);
        };
        let holder_type = Arn::parse(holder.raw()).and_then(|arn| match arn.service {
            "iam" => arn.resource.split_once('/').map(|(kind, _)| kind),
            _ => None,
        });
        let kind = match holder_type {
            Some("role") => "AWS::IAM::RolePolicy",
            Some("user") => "AWS::IAM::UserPolicy",
            Some("group") => "AWS::IAM::GroupPolicy",
            _ => "Policy",
        };
        let within = named(kind, holder);
        let name = format!("{}/{}", within.name.raw(), self.name.raw());
        Identity { name: name.into(), ..within }
    }
}

/// The kind under which snapshots count managed policies.
pub const MANAGED_POLICY: &str = "AWS::IAM::ManagedPolicy";
pub(super) const ORGANIZATION_POLICY: &str = "AWS::Organizations::Policy";

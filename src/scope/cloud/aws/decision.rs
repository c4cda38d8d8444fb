//! What is asked, which policies have a say, and what they decide.

use std::collections::BTreeSet;

use super::context::Context;
use super::principal::Principal;
use crate::domain::configured::cloud::aws::PolicyDocument;
use crate::domain::{ObjectRef, Text};

/// What somebody asks for.
#[derive(Clone, Debug)]
pub struct Request {
    pub principal: Principal,
    /// `s3:GetObject`.
    pub action: Text,
    /// The ARN, or `*` for actions that are about no resource.
    pub resource: Text,
    /// Whose resource it is, where its ARN does not say. Without either it is the principal's own.
    pub resource_account: Option<Text>,
    /// What is known beyond the principal.
    pub context: Context,
}

/// Every policy that has a say in a request.
#[derive(Clone, Debug, Default)]
pub struct Policies<'a> {
    /// Inline, managed and group policies of the principal.
    pub identity: Vec<Policy<'a>>,
    /// Of the resource: `None` when it is not known, an empty document when there is none.
    pub resource: Option<Policy<'a>>,
    pub boundary: Option<Policy<'a>>,
    pub session: Option<Policy<'a>>,
    /// Service control policies at each level from the root to the account, each of which must
    /// allow. Empty without an organization.
    pub service_control: Vec<Vec<Policy<'a>>>,
    /// Resource control policies. They only deny: `RCPFullAWSAccess` cannot be detached.
    pub resource_control: Vec<Policy<'a>>,
    /// The account that manages the organization, which its policies do not reach.
    pub management_account: Option<Text>,
}

/// A policy with the object that holds it.
#[derive(Clone, Debug)]
pub struct Policy<'a> {
    pub by: ObjectRef,
    pub document: &'a PolicyDocument,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// By these statements.
    Allowed(Vec<Cause>),
    Denied(Denial),
    /// On condition keys or circumstances; where they are met, allowed by these statements.
    Depends {
        on: BTreeSet<Text>,
        by: Vec<Cause>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denial {
    /// By this statement.
    Explicit(Cause),
    /// Nothing in this type of policy allows it.
    Implicit(Layer),
}

/// One statement of a policy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cause {
    pub by: ObjectRef,
    /// Position in the document, from one.
    pub statement: usize,
    pub sid: Option<Text>,
}

/// The types of policies that must allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
pub enum Layer {
    #[strum(serialize = "identity-based policy")]
    Identity,
    #[strum(serialize = "resource-based policy")]
    Resource,
    #[strum(serialize = "permissions boundary")]
    Boundary,
    #[strum(serialize = "session policy")]
    Session,
    #[strum(serialize = "service control policy")]
    ServiceControl,
}

impl Decision {
    /// Allowed in both ways.
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Denied(denial), _) | (_, Self::Denied(denial)) => Self::Denied(denial),
            (Self::Allowed(mut by), Self::Allowed(others)) => {
                by.extend(others);
                Self::Allowed(by)
            }
            (one, other) => Self::depends_with(one, other),
        }
    }

    /// Allowed in one of two ways.
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Denied(_), other) | (other @ Self::Allowed(_), _) => other,
            (one, Self::Denied(_)) | (_, one @ Self::Allowed(_)) => one,
            (one, other) => Self::depends_with(one, other),
        }
    }

    /// A permission that holds under one more circumstance.
    pub fn depending_on(self, circumstance: impl Into<Text>) -> Self {
        let circumstance = Self::Depends { on: [circumstance.into()].into(), by: Vec::new() };
        self.and(circumstance)
    }

    pub fn is_possible(&self) -> bool {
        !matches!(self, Self::Denied(_))
    }

    /// The statements by which it is allowed.
    pub fn causes(&self) -> &[Cause] {
        match self {
            Self::Denied(_) => &[],
            Self::Allowed(by) | Self::Depends { by, .. } => by,
        }
    }

    /// On what it depends, and by which statements it is allowed.
    pub fn into_parts(self) -> (BTreeSet<Text>, Vec<Cause>) {
        match self {
            Self::Denied(_) => (BTreeSet::new(), Vec::new()),
            Self::Allowed(by) => (BTreeSet::new(), by),
            Self::Depends { on, by } => (on, by),
        }
    }

    fn depends_with(one: Self, other: Self) -> Self {
        let ((mut on, mut by), (other_on, other_by)) = (one.into_parts(), other.into_parts());
        on.extend(other_on);
        by.extend(other_by);
        Self::Depends { on, by }
    }
}

//! Amazon Web Services.

mod access;
mod arn;
mod iam;
mod policy;
mod session;
mod trail;

pub use access::*;
pub use arn::Arn;
pub use iam::*;
pub use policy::*;
pub use session::*;
pub use trail::*;

use serde::{Deserialize, Serialize};

use crate::domain::Text;
use crate::domain::configured::Identity;

/// One configured item of an account or organization.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "object", rename_all = "kebab-case")]
pub enum Aws {
    Identity(IamIdentity),
    Attachments(Attachments),
    Policy(IamPolicy),
    AccessLastUsed(AccessLastUsed),
    OidcProvider(OidcProvider),
    Session(Session),
    Trail(Trail),
}

impl Aws {
    /// Which object this speaks of; kinds are CloudFormation resource types where there is one.
    pub fn identity(&self) -> Identity {
        match self {
            Self::Identity(identity) => named(identity.kind.resource_type(), &identity.arn),
            Self::Attachments(attachments) => {
                let kind = attachments.holder.resource_type();
                named(format!("{kind} attachments"), &attachments.of)
            }
            Self::Policy(policy) => policy.identity(),
            Self::AccessLastUsed(access) => access.identity(),
            Self::OidcProvider(provider) => {
                Identity::new("AWS::IAM::OIDCProvider", &Text::default(), &provider.url)
            }
            Self::Session(session) => session.identity(),
            Self::Trail(trail) => named(trail.part(), &trail.arn),
        }
    }
}

/// An object by its ARN: the account is the namespace, the resource without its path the name. What
/// is no ARN is a bare name.
fn named(kind: impl Into<Text>, arn: &Text) -> Identity {
    match Arn::parse(arn.raw()) {
        Some(parsed) => {
            Identity::new(kind, &parsed.account.into(), &Text::from(parsed.resource_name()))
        }
        None => Identity::new(kind, &Text::default(), arn),
    }
}

//! What the account itself has tracked of the use of permissions.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::named;
use crate::domain::Text;
use crate::domain::configured::Identity;

/// A statement of use and of disuse: for each service (and, for some, each action) that an identity
/// or policy allows, when it was last used.
///
/// Tracking reaches 400 days back, less where AWS began later to track the service or action in a
/// region, and lags by up to four hours (IAM User Guide, "Refine permissions using last accessed
/// information"). Attempts count, refused ones too. A service that is not listed is not allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessLastUsed {
    /// ARN of the identity or policy, or the name where the source gives no ARN.
    pub of: Text,
    /// The tracking period, as far as the source says when it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Every service that is allowed is listed; otherwise this is a page or a selection.
    pub complete: bool,
    pub services: Vec<ServiceLastUsed>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceLastUsed {
    /// The prefix of its actions (`s3`).
    pub service: Text,
    /// Absent: not used in the tracking period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<LastUse>,
    /// The actions that are tracked one by one; the others of the service are not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<ActionLastUsed>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionLastUsed {
    /// Without the service (`GetObject`).
    pub action: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<LastUse>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastUse {
    /// Absent when the source gives it in no readable form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// ARN of the user or role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Text>,
}

impl AccessLastUsed {
    /// Statements that are no more than a part are told apart by the service that they begin with, so
    /// that one page does not displace another.
    pub(super) fn identity(&self) -> Identity {
        let whole = named("AccessLastUsed", &self.of);
        let Some(first) = self.services.first().filter(|_| !self.complete) else { return whole };
        let name = format!("{} from {}", whole.name.raw(), first.service.raw());
        Identity { kind: "AccessLastUsed part".into(), name: name.into(), ..whole }
    }
}

//! One link of a chain before it is counted, and the words that several files share.

use jiff::Timestamp;

use super::actor::{Actor, Platform};
use super::name;
use crate::domain::{AgentKey, EventId, HopState, Principal, RootKind, Text};

/// A link with the record that shows it.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub principal: Principal,
    pub hop: HopState,
    pub because: String,
    pub credential: Option<Text>,
    /// The event that shows the hop, where it is another than the activity itself.
    pub shown_by: Option<(Timestamp, EventId)>,
}

/// A chain as it was walked, from its root.
#[derive(Clone, Debug)]
pub(super) struct Walked {
    pub agent: Option<AgentKey>,
    pub root: RootKind,
    pub steps: Vec<Step>,
    /// Steps that were taken back from the identity that acted.
    pub hops: usize,
}

impl Walked {
    /// A chain that is all beginning.
    pub fn from(agent: Option<AgentKey>, root: RootKind, steps: Vec<Step>) -> Self {
        Self { agent, root, steps, hops: 0 }
    }
}

impl Step {
    pub fn new(principal: Principal, hop: HopState, because: impl Into<String>) -> Self {
        Self { principal, hop, because: because.into(), credential: None, shown_by: None }
    }

    /// The step to the identity that a record names.
    pub fn to(actor: &Actor, hop: HopState, because: impl Into<String>) -> Self {
        let principal = name::principal(actor.platform, &actor.realm, &actor.principal);
        Self { credential: actor.credential.clone(), ..Self::new(principal, hop, because) }
    }

    /// A root that no record shows.
    pub fn unrecorded(missing: impl Into<String>, because: impl Into<String>) -> Self {
        let principal = Principal::Trigger { name: "not recorded".into() };
        Self::new(principal, HopState::Broken { missing: missing.into() }, because)
    }
}

pub(super) fn inferred(rule: &str, confidence: u8) -> HopState {
    HopState::Inferred { rule: rule.into(), confidence }
}

impl Platform {
    /// How an identity is known that nothing but its own record shows.
    pub fn word(self) -> (HopState, &'static str) {
        match self {
            Self::Kubernetes => (HopState::Verified, "the API server authenticated the identity"),
            Self::Aws => (HopState::Verified, "AWS authenticated the identity"),
            Self::WebIdentity => (
                HopState::Verified,
                "the cloud checked a token of the identity when it gave the role",
            ),
            Self::Directory => {
                (HopState::Verified, "the directory vouched for the user when the role was given")
            }
            Self::Google => (HopState::Verified, "Google Cloud authenticated the identity"),
            Self::Entra => (HopState::Verified, "Entra authenticated the identity"),
            Self::Token => {
                (HopState::Asserted, "the claims of a token say so; its signature was not checked")
            }
            Self::Unchecked => (HopState::Asserted, "the record itself names the identity"),
        }
    }
}

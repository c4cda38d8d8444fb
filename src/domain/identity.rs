//! The identity chain: human → agent → sub-agent → service account → role → … → resource.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{AgentKey, EventId, Principal, Text};

/// One chain, from its root to the identity that acted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IdentityChain {
    /// The agent that acted; absent when the records lead to none, or to several without a choice.
    pub agent: Option<AgentKey>,
    pub root: RootKind,
    /// From the root outwards; the first link has no hop before it.
    pub links: Vec<IdentityLink>,
    /// Activity that went over this chain.
    pub events: u64,
    /// When it was used first and last.
    pub first: Option<Timestamp>,
    pub last: Option<Timestamp>,
    /// What the latest activity was on.
    pub resource: Option<Text>,
}

/// A principal and how the chain got to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IdentityLink {
    pub principal: Principal,
    /// How the hop *to* this principal is known. For the first link: how the root is known.
    pub hop: HopState,
    /// Why, in a sentence: the rule, the field, the missing record. Escaped.
    pub because: String,
    /// Ids of credentials with which it acted, the first few of them.
    pub credentials: Vec<Text>,
    /// Events that show the hop, the earliest few of them.
    pub events: Vec<EventId>,
}

/// What stands at the beginning of a chain.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumIter,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum RootKind {
    Human,
    /// A user or key that lives long; whether a person holds it is in no record.
    Account,
    /// The machine, and not one of those that run on it.
    Node,
    Schedule,
    /// A service that calls when something happens.
    Event,
    /// Another organisation, account or issuer.
    Outside,
    /// No record says.
    Unknown,
}

/// How a hop is known (design §3.8). A blank is never filled.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::Display,
)]
#[serde(tag = "state", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum HopState {
    /// Authenticated by that hop's enforcement point, signed, or told by two independent recorders.
    Verified,
    /// Self-reported.
    Asserted,
    /// By a named rule, with a confidence in percent.
    Inferred {
        rule: String,
        confidence: u8,
    },
    Ambiguous {
        candidates: Vec<Principal>,
    },
    /// Two records disagree.
    Contradicted {
        by: String,
    },
    /// The record that would show it is missing; it is named.
    Broken {
        missing: String,
    },
}

impl HopState {
    /// Strength of the hop, weakest 0. A chain is as strong as its weakest link.
    pub fn strength(&self) -> u8 {
        match self {
            Self::Broken { .. } => 0,
            Self::Contradicted { .. } => 1,
            Self::Ambiguous { .. } => 2,
            Self::Inferred { .. } => 3,
            Self::Asserted => 4,
            Self::Verified => 5,
        }
    }
}

impl IdentityLink {
    /// `principal (hop)`, for people.
    pub fn visible(&self) -> String {
        format!("{} ({})", self.principal.visible(), self.hop)
    }
}

impl IdentityChain {
    /// The weakest link; of several, the one nearest to the root.
    pub fn weakest(&self) -> Option<&IdentityLink> {
        self.links.iter().min_by_key(|link| link.hop.strength())
    }
}

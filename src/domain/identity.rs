//! The identity chain: human → agent → sub-agent → service account → role → … → resource.

use serde::{Deserialize, Serialize};

use super::{AgentKey, EventId, Principal};

/// One chain, from its root to the identity that acted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IdentityChain {
    pub agent: AgentKey,
    /// From the root outwards; the first link has no hop before it.
    pub links: Vec<IdentityLink>,
    /// Activity that went over this chain.
    pub events: u64,
}

/// A principal and how the chain got to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IdentityLink {
    pub principal: Principal,
    /// How the hop *to* this principal is known. For the first link: how the root is known.
    pub hop: HopState,
    /// Why, in a sentence: the rule, the field, the missing record. Escaped.
    pub because: String,
    pub events: Vec<EventId>,
}

/// How a hop is known (design §3.8). A blank is never filled.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, strum::Display)]
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

impl IdentityChain {
    /// The weakest link.
    pub fn weakest(&self) -> Option<&IdentityLink> {
        self.links.iter().min_by_key(|link| link.hop.strength())
    }
}

//! Exercises and refusals: capabilities seen used, or refused, with their tallies.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{AgentKey, Capability, EventId, Text};

/// At most this many event ids are kept as samples on an exercise: the first ones and the last.
pub const SAMPLES: usize = 8;

/// One capability of one agent as the operational side shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exercise {
    pub agent: AgentKey,
    pub capability: Capability,
    /// Uses with authorisation allowed. One action seen by several recorders counts once.
    pub count: u64,
    /// Of these, the uses for which an enforcement point recorded that it decided for them.
    pub decided: u64,
    /// Attempts that were denied: no gap, but part of the sequence.
    pub refused: u64,
    /// Neither allowed nor denied as far as the records say.
    pub undecided: u64,
    pub first: Timestamp,
    pub last: Timestamp,
    /// Samples of the evidence, at most [`SAMPLES`].
    pub events: Vec<EventId>,
    /// The identities under which it was done.
    pub principals: Vec<Text>,
    /// The sources that recorded it.
    pub sources: Vec<Text>,
    /// The granting path that the enforcement point itself recorded (the RBAC authorizer's reason).
    pub recorded_routes: Vec<Text>,
    /// Seen only as an aggregate (a learned profile), without single events or their times.
    pub aggregated: bool,
    /// The record could only be tied to a shared identity; these are the candidates.
    pub candidates: Vec<AgentKey>,
}

impl Exercise {
    pub fn is_exercised(&self) -> bool {
        self.count > 0
    }
}

//! A data flow: sensitive data on its way to what sent it.

use serde::{Deserialize, Serialize};

use super::{AgentKey, EventId, EventLink, Text};

/// Sensitive data on its way from a source to what sent it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flow {
    pub source: EventId,
    pub sink: EventId,
    /// What the data is called: `customer data`, `secret`.
    pub label: Text,
    /// Which rule called it so, and why the last event counts as sending.
    pub because: [String; 2],
    /// From the source to the sink; never a value.
    pub path: Vec<EventLink>,
    /// JSON pointers of the sink's arguments that carry data.
    pub carried: Vec<Text>,
    pub boundary: Boundary,
    /// In the order in which the data came to them.
    pub agents: Vec<AgentKey>,
    /// Servers, services and hosts in that order.
    pub systems: Vec<Text>,
    /// From the source to the sink.
    pub seconds: i64,
    /// Percent.
    pub confidence: u8,
}

/// Where data went.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "side", rename_all = "kebab-case")]
pub enum Boundary {
    External {
        destination: Text,
        because: String,
    },
    Internal {
        destination: Text,
        because: String,
    },
    /// The record does not say to whom.
    Unknown,
}

//! A tie between two events: what makes a storyline of single records.

use serde::{Deserialize, Serialize};

use super::EventId;

/// That one event led to, is a part of, or is another record of another event.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EventLink {
    /// The earlier or the outer one.
    pub from: EventId,
    pub to: EventId,
    pub kind: LinkKind,
    /// The rule that ties them, as people read it.
    pub rule: String,
    /// Percent. 100: an exact key, or the record itself says so.
    pub confidence: u8,
}

/// What a link says.
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
pub enum LinkKind {
    /// `from` started or called `to`.
    Delegation,
    /// Two layers saw the same act, or `to` happened inside `from`.
    Correlation,
    /// An argument of `to` has a value that first appeared in `from`.
    Argument,
    /// Data that `from` read left with `to`.
    Flow,
}

//! Two runs side by side, and the state of an agent at an instant.

use jiff::Timestamp;
use serde::Serialize;

use super::{EventId, Lane, Place};

/// Two runs, step by step.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Comparison {
    /// Every step of either run, in an order that both keep.
    pub rows: Vec<ComparisonRow>,
    /// The first row whose steps differ in what was done.
    pub diverges_at: Option<usize>,
    /// The first row whose steps are the same act, with other arguments or another outcome.
    pub differs_at: Option<usize>,
    /// The runs differ so much that the middle of them was not aligned.
    pub cut: bool,
}

/// A step of both runs, or of one of them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ComparisonRow {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<ComparedStep>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub right: Option<ComparedStep>,
    /// What differs although the act is the same, in words. Escaped.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<String>,
}

/// One step of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ComparedStep {
    pub event: EventId,
    pub time: Timestamp,
    pub lane: Lane,
    /// Escaped.
    pub title: String,
}

/// What the state of an agent at an instant is made of.
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
    strum::Display,
    strum::EnumIter,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum StateQuestion {
    /// What its configuration gave it.
    Given,
    /// What it could get by an act: a pod to create, a secret to read.
    CouldReach,
    /// What had come back to it in the run.
    Read,
    /// What it had been allowed.
    Allowed,
    /// What it had been refused.
    Refused,
    /// As whom it had acted, and with which credentials.
    Held,
    /// Which agents it had started or handed over to.
    Started,
}

/// One line of the state of an agent at an instant.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StateLine {
    pub question: StateQuestion,
    /// Escaped. Without evidence: why it is not known.
    pub what: String,
    /// Records that say so; none when the line says what is not recorded.
    pub count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<Timestamp>,
    /// The first few.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<EventId>,
    /// Where it is written: of the first few events, or of the objects that give it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<Place>,
}

impl StateLine {
    /// That nothing says anything of it.
    pub fn not_recorded(question: StateQuestion, why: &str) -> Self {
        let what = format!("not recorded: {why}");
        Self {
            question,
            what,
            count: 0,
            first: None,
            last: None,
            events: Vec::new(),
            places: Vec::new(),
        }
    }

    pub fn is_recorded(&self) -> bool {
        self.count > 0
    }
}

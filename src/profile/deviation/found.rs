//! What is found: a run that deviates, why, and what is to be done with it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{AgentKey, Capability, Discipline, EventId, Text};
use crate::profile::session::Capture;

/// One run that does not fit, or cannot be judged yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deviation {
    pub agent: AgentKey,
    pub discipline: Discipline,
    /// The id of the run; of a shift, the first of its runs.
    pub run: Text,
    /// The first event that deviates.
    pub at: Timestamp,
    /// The end of the run, or of the last run of a shift.
    pub until: Timestamp,
    pub level: Level,
    /// Nats: the sum of the terms and of what is too small to list.
    pub score: f64,
    /// The share of runs at least as unusual, this one counted, in (0, 1].
    pub p: f64,
    /// Earlier runs it was compared with.
    pub n: u64,
    pub terms: Vec<Term>,
    pub signals: Signals,
    /// The capabilities whose use deviates.
    pub capabilities: Vec<Capability>,
    /// One sentence for a reader who is no analyst. Escaped.
    pub sentence: String,
    pub shift: Option<Shift>,
    /// Of sessions: how much of them is recorded, and so what the score could rest on.
    pub capture: Option<Capture>,
}

/// What is to be done with a run.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::Display,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Level {
    /// Too unusual to be chance.
    Alert,
    /// Unusual enough to be looked at.
    Review,
    /// A lasting change: propose a re-baseline.
    Shift,
    /// A kind of work never seen: it cannot be compared.
    Unfamiliar,
    /// The baseline cannot support a statement yet.
    NotConverged,
    Clear,
}

/// One reason for the score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Term {
    /// Escaped.
    pub what: String,
    pub nats: f64,
    pub events: Vec<EventId>,
    /// The capability it is about; none for the schedule or a sum.
    pub capability: Option<Capability>,
}

/// Which of the three signals of Gap 3 are there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signals {
    pub kernel_or_api: bool,
    pub tool_call: bool,
    pub prompt_context: bool,
}

/// A lasting change of what an agent does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shift {
    /// The date from which to take a new baseline.
    pub from: Timestamp,
    pub until: Timestamp,
    pub runs: u64,
}

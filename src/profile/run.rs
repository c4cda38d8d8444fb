//! Runs: one session, trace or day of an agent, with its calls in order.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::argument::Argument;
use super::asked::Asked;
use super::kind::KindId;
use crate::domain::{AgentKey, Effect, EventId, Text};

/// What bounds a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Span {
    /// A session or, without one, a trace: the calls have an order that means something.
    Session,
    /// A day (UTC) of events that name neither; the id is `day:YYYY-MM-DD`.
    Day,
}

/// One run of one agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    pub agent: AgentKey,
    /// The session or trace, or `day:YYYY-MM-DD`.
    pub id: Text,
    pub span: Span,
    /// The trace, when the run is a session that names one.
    pub trace: Option<Text>,
    pub start: Timestamp,
    pub end: Timestamp,
    pub events: u64,
    /// In order of time, at most [`Settings::calls_per_run`](super::Settings::calls_per_run). Of a
    /// day only the first call of each kind on each target is kept.
    pub calls: Vec<Call>,
    /// All calls by kind, the ones that are not kept in order included.
    pub tally: BTreeMap<KindId, Tally>,
    /// The event that shows the prompt context.
    pub prompt: Option<EventId>,
    /// What the run was asked.
    pub asked: Asked,
    /// A kernel or API event of the same host workload falls into the run: by trace or session,
    /// else by containment in time.
    pub kernel_or_api: bool,
    pub amounts: Amounts,
}

/// One call inside a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    pub time: Timestamp,
    pub kind: KindId,
    pub event: EventId,
    pub effect: Option<Effect>,
    /// What it was done to, when that is no part of the kind.
    pub target: Option<Text>,
    /// Names and types of the arguments.
    pub shape: Option<Text>,
    /// Its arguments, in the order of the record; equal ones are kept once.
    pub arguments: Arc<[Argument]>,
    /// Whether arguments come from untrusted content, when the record says so.
    pub from_untrusted: Option<bool>,
    pub refused: bool,
}

/// The calls of one kind in one run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Calls that were not refused.
    pub calls: u64,
    pub refused: u64,
    pub effect: Option<Effect>,
    /// The first one recorded.
    pub sample: EventId,
}

/// The sums of one run that drift with it (requirement S1.10): tokens, output, latency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amounts {
    pub tokens: u64,
    pub bytes: u64,
    /// Nanoseconds inside calls.
    pub busy: u64,
}

/// What is left of the runs of one day that were too many to keep.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EarlierDay {
    pub runs: u64,
    pub tally: BTreeMap<KindId, u64>,
}

impl Run {
    pub fn has_prompt(&self) -> bool {
        self.prompt.is_some()
    }
}

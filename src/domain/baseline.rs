//! The baseline of an agent as both faces show it: how far it is, what was normal and what is, what
//! changed, and which runs do not fit.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{AgentKey, Discipline, EventId, Sufficiency, Text};

/// Everything that was learned of one agent, in one context or in all of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BaselineSheet {
    pub agent: AgentKey,
    /// Environments, tenants and tasks in which it was seen. Escaped.
    pub contexts: Vec<String>,
    /// The one that `then` and `now` are about; all of them when there is none.
    pub context: Option<String>,
    pub then: BaselineWindow,
    pub now: BaselineWindow,
    /// One for each discipline that was observed.
    pub gauges: Vec<Gauge>,
    /// By the time at which they begin.
    pub changes: Vec<BaselineChange>,
    /// The runs that do not fit, the least probable first.
    pub runs: Vec<DeviatingRun>,
    /// What was normal and what is, the largest difference beyond chance first.
    pub aspects: Vec<BaselineAspect>,
    pub transitions: TransitionTable,
    /// Memory in use for this agent, and what it may at most become for each context and week.
    pub bytes: usize,
    pub most_bytes: usize,
}

/// What a side of the comparison was learned from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BaselineWindow {
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
    pub records: u64,
    pub runs: u64,
    pub active_days: usize,
}

/// How far a baseline is from supporting a statement about anomalies (design §3.4).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gauge {
    pub discipline: Discipline,
    pub sufficiency: Sufficiency,
    /// 0 to 1: of what there is least.
    pub share: f64,
    /// What there is least of: `runs: 12 of 19`.
    pub bottleneck: Option<String>,
    /// When days and runs will suffice at the pace so far.
    pub expected: Option<Timestamp>,
    pub cadence: Option<String>,
    /// Escaped.
    pub why: String,
}

/// One statement about the whole of the runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BaselineChange {
    pub kind: ChangeKind,
    /// `None`: of the agent as a whole.
    pub discipline: Option<Discipline>,
    pub at: Timestamp,
    /// Escaped.
    pub sentence: String,
    pub events: Vec<EventId>,
}

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::Display,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum ChangeKind {
    /// Another model, other instructions, tools or image: what they affect begins anew.
    Segment,
    /// A part of the baseline that should not have been learned from.
    Contamination,
    /// A slow change that no single run shows.
    Drift,
    /// Something without precedent in time, volume, destination or order.
    Pattern,
    /// Whether to take a new baseline.
    Proposal,
}

/// One run that does not fit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeviatingRun {
    pub run: Text,
    pub discipline: Discipline,
    pub at: Timestamp,
    /// `alert`, `review`, `shift`, `unfamiliar` or `not-converged`.
    pub level: String,
    /// Nats.
    pub score: f64,
    /// The share of runs at least as unusual, in (0, 1], among `n` earlier ones.
    pub p: f64,
    pub n: u64,
    /// For a reader who is no analyst. Escaped.
    pub sentence: String,
    pub terms: Vec<DeviationTerm>,
}

/// One reason for a score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeviationTerm {
    /// Escaped.
    pub what: String,
    pub nats: f64,
    pub events: Vec<EventId>,
}

/// One aspect of the work, then and now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BaselineAspect {
    pub aspect: String,
    /// 0 to 1, and what chance alone would make of windows of this size; none where one side was not
    /// recorded.
    pub distance: Option<f64>,
    pub by_chance: Option<f64>,
    pub shifts: Vec<AspectShift>,
    /// Escaped.
    pub sentence: String,
}

/// One item whose share changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AspectShift {
    /// What it follows or belongs to; empty where it stands alone.
    pub given: Text,
    pub what: Text,
    pub then: u64,
    pub now: u64,
    /// 0 to 1.
    pub share_then: f64,
    pub share_now: f64,
}

/// Which call follows which, then and now.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TransitionTable {
    /// The titles of rows: `start`, the most frequent kinds, `others`.
    pub before: Vec<Text>,
    /// The titles of columns: `end`, the same kinds, `others`.
    pub after: Vec<Text>,
    /// A row for each of `before`.
    pub rows: Vec<Vec<TransitionCell>>,
    /// Whether counts are exact; beyond a bound they are estimates.
    pub is_exact: bool,
}

/// How often, and which share of its row (0 to 1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TransitionCell {
    pub then: u64,
    pub now: u64,
    pub share_then: f64,
    pub share_now: f64,
}

impl BaselineWindow {
    /// `2026-10-12 to 2026-10-23, 514 records, 79 runs on 10 days`.
    pub fn visible(&self) -> String {
        match (self.from, self.until) {
            (Some(from), Some(until)) => format!(
                "{} to {}, {} records, {} runs on {} days",
                day(from),
                day(until),
                self.records,
                self.runs,
                self.active_days
            ),
            _ => "nothing was recorded".to_owned(),
        }
    }
}

/// The day of an instant, UTC.
pub fn day(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
}

impl Gauge {
    /// `converged`, `63 %`, `contaminated` or `nothing observed`.
    pub fn state(&self) -> String {
        match &self.sufficiency {
            Sufficiency::Converged => "converged".to_owned(),
            Sufficiency::Contaminated { .. } => "contaminated".to_owned(),
            Sufficiency::Empty => "nothing observed".to_owned(),
            Sufficiency::NotConverged { .. } => format!("{:.0} %", self.share * 100.0),
        }
    }

    /// The date that is promised, else the one that is expected.
    pub fn date(&self) -> Option<Timestamp> {
        match &self.sufficiency {
            Sufficiency::NotConverged { until: Some(until), .. } => Some(*until),
            _ => self.expected,
        }
    }
}

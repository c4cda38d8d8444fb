//! The ground truth: what was planted, and what an honest reading of it is.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{Discipline, Plane};

use super::calendar::{Nanos, timestamp};
use super::firm::Agent;

/// The content of `ground-truth.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroundTruth {
    pub format: u32,
    pub seed: u64,
    pub agents: usize,
    pub window: Span,
    pub causes: Vec<Planted>,
    pub ordinary: Ordinary,
}

/// One planted cause and the reading it should get.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Planted {
    pub id: String,
    pub title: String,
    /// `cluster/namespace/workload[/agent]`.
    pub agent: String,
    pub discipline: Discipline,
    pub plane: Plane,
    pub gap: Expected,
    pub pattern: String,
    /// For *can't tell*: why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Text expected inside the finding's anchor or title.
    pub anchor_contains: String,
    pub window: Span,
    pub note: String,
}

/// The reading expected of a cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expected {
    #[serde(rename = "gap-1")]
    Gap1,
    #[serde(rename = "gap-2")]
    Gap2,
    #[serde(rename = "gap-3")]
    Gap3,
    CantTell,
    Breach,
    Compound,
    /// Nothing to find: a finding of any gap type here is a false alarm.
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    pub from: Timestamp,
    pub until: Timestamp,
}

/// What was written besides the causes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ordinary {
    /// Agents that no cause is planted on: any gap read of them is a false alarm.
    pub agents_without_cause: Vec<String>,
    pub runs: u64,
    pub spans: u64,
    pub audit_events: u64,
    pub refused_requests: u64,
    /// The workload behind the spans in `hostile/`: seen, in no registry, in no cluster snapshot.
    pub hostile_agent: String,
    /// Records in `hostile/` that no reader can read, by kind.
    pub malformed_records: u64,
    pub unknown_documents: u64,
}

impl Span {
    pub fn new(from: Nanos, until: Nanos) -> Self {
        Self { from: timestamp(from), until: timestamp(until) }
    }
}

impl Planted {
    /// A planted cause on an agent; the reading is refined by the methods below.
    pub fn new(
        agent: &Agent,
        pattern: &str,
        plane: Plane,
        gap: Expected,
        anchor: impl Into<String>,
        window: Span,
    ) -> Self {
        let anchor = anchor.into();
        let key = agent.key.visible();
        Self {
            id: format!("{pattern}:{}:{anchor}", agent.path()),
            title: String::new(),
            agent: key,
            discipline: plane.discipline(),
            plane,
            gap,
            pattern: pattern.to_owned(),
            reason: None,
            anchor_contains: anchor,
            window,
            note: String::new(),
        }
    }

    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    pub fn because(mut self, reason: &str) -> Self {
        self.reason = Some(reason.to_owned());
        self
    }

    pub fn note(mut self, note: &str) -> Self {
        self.note = note.to_owned();
        self
    }
}

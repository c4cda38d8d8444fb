//! The rows and summaries that the workspace answers with and both faces draw. No behaviour.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::catalog_diff::Change;
use crate::domain::flow::Flow;
use crate::domain::origin::Source;
use crate::domain::{
    Agent, AgentKey, ArgumentOrigin, Bounds, Convergence, DelegationNames, Dispute, Event, EventId,
    Finding, Hop, ObjectRef, Place, Plane, Problem, Route, RouteStep, Ruling, StateLine, Storyline,
    StorylinePath, TagState, Text, TraceRow,
};

/// The head of every screen: what the case holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CaseSummary {
    pub path: String,
    pub generation: u64,
    pub evidence: usize,
    pub records: usize,
    pub events: u64,
    pub agents: usize,
    pub findings: usize,
    /// Findings without an effective tag, stale ones included.
    pub untagged: usize,
    pub disputes: usize,
    /// Records set aside while loading.
    pub problems: usize,
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
}

/// A finding with what the ledger says of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QueueRow {
    pub finding: Finding,
    pub tag: TagState,
    pub notes: Vec<String>,
}

/// Which part of the delegation trees is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TreeFocus {
    #[default]
    All,
    /// Traces in which an agent takes part whose key contains this.
    AgentContaining(String),
    Trace(Text),
}

impl TreeFocus {
    /// The traces in which an agent takes part.
    pub fn of_agent(agent: &AgentKey) -> Self {
        Self::AgentContaining(agent.visible())
    }
}

/// Traces, and what they are called.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TraceList {
    pub traces: Vec<TraceRow>,
    pub names: Arc<DelegationNames>,
    /// What was mended in the traces of the case, in words.
    pub repairs: Vec<String>,
}

/// Where one argument of a call comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OriginRow {
    pub call: EventId,
    pub time: Timestamp,
    pub agent: Option<AgentKey>,
    /// The tool that was called.
    pub action: Text,
    #[serde(flatten)]
    pub argument: ArgumentOrigin<Source>,
}

/// Sensitive data on its way to what sent it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlowRow {
    pub sent: Timestamp,
    /// What the stations of the way did, source and sink included.
    pub steps: Vec<Text>,
    #[serde(flatten)]
    pub flow: Flow,
}

/// One line of the agents screen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgentRow {
    pub agent: Agent,
    pub events: u64,
    pub first: Option<Timestamp>,
    pub last: Option<Timestamp>,
    /// Grants by state.
    pub exercised: usize,
    pub observed_unused: usize,
    pub unobservable: usize,
    /// Grants that reach it over an inherited route.
    pub inherited: usize,
    pub findings: usize,
    /// Whether it has been seen to call sub-agents.
    pub spawns: bool,
    pub convergence: Vec<Convergence>,
}

/// What an agent effectively holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScopeView {
    pub agent: AgentKey,
    /// The instant that this is of; the latest state when there is none.
    pub as_of: Option<Timestamp>,
    pub rows: Vec<ScopeRow>,
    /// How much of the configuration of each plane is loaded, in words.
    pub planes: Vec<(Plane, String)>,
    /// Objects that are named and were not loaded: what they give is not known.
    pub missing: Vec<ObjectRef>,
}

/// The storyline of a scope, with what led to its outcome.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StorylineView {
    /// The scope as it is spelled, names found out. Escaped.
    pub scope: String,
    pub story: Storyline,
    /// The event that the story is about, as far as ties and findings tell.
    pub outcome: Option<u32>,
    /// Positions in the story's links: back from the outcome to what it began with.
    pub chain: Vec<u32>,
    /// The two events between which the path was asked for.
    pub ends: Option<(u32, u32)>,
    pub path: Option<StorylinePath>,
}

/// The state of an agent at an instant.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StateView {
    pub agent: AgentKey,
    pub at: Timestamp,
    /// The run that it was in. Escaped.
    pub scope: String,
    /// Questions that a record answers, of those asked: how complete the reconstruction is.
    pub answered: usize,
    pub asked: usize,
    pub lines: Vec<StateLine>,
}

/// What one route gives.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScopeRow {
    pub plane: Plane,
    /// Whether each hop is attached to the agent itself.
    pub immediate: bool,
    /// It takes an act first: a pod to create, a secret to read.
    pub derived: bool,
    /// What is permitted, in words.
    pub patterns: Vec<String>,
    pub steps: Vec<RouteStep>,
    #[serde(skip_serializing_if = "Bounds::is_empty")]
    pub bounds: Bounds,
    pub enforced: bool,
    pub platform_default: bool,
    pub since: Option<Timestamp>,
    pub granted_by: Option<Text>,
    pub policy: Option<Text>,
}

impl ScopeRow {
    /// `immediate`, `inherited`, `derived`, or that it is no more than a statement.
    pub fn how(&self) -> &'static str {
        match self {
            Self { platform_default: true, .. } => "platform default",
            Self { enforced: false, .. } => "not enforced",
            Self { derived: true, .. } => "derived",
            Self { immediate: true, .. } => "immediate",
            _ => "inherited",
        }
    }

    /// The objects from the agent outwards.
    pub fn route(&self) -> Route {
        let hop = |step: &RouteStep| Hop {
            object: step.object.clone(),
            attachment: step.attachment.clone(),
            place: step.place.clone(),
        };
        Route { hops: self.steps.iter().map(hop).collect() }
    }
}

/// A change of an MCP server's catalog.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CatalogRow {
    pub server: Text,
    /// The client that was shown it, when the record names one.
    pub agent: Option<AgentKey>,
    pub protocol: Option<Text>,
    /// What it is compared with: the pin, or an earlier version. Escaped.
    pub from: String,
    /// Session or release.
    pub to: Text,
    /// Absent when no time was recorded.
    pub at: Option<Timestamp>,
    pub changes: Vec<Change>,
    pub events: Vec<EventId>,
}

/// A model, adapter or index that is declared for an agent, and what it resolved to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ArtifactRow {
    /// `model`, `adapter`, `index`.
    pub kind: String,
    pub name: Text,
    pub digest: Option<Text>,
    /// What declares it, and where.
    pub by: ObjectRef,
    pub place: Place,
    /// What was observed in its place; empty when nothing was.
    pub observed: Vec<ObservedArtifact>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ObservedArtifact {
    pub name: Text,
    /// `same`, `another digest`, `another model`, `unknown`.
    pub resolution: String,
    pub events: u64,
}

/// What the permission rules of an agent's client say of one call.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CallDecision {
    pub agent: AgentKey,
    /// `allow`, `ask` or `deny`; absent when the files do not decide it.
    pub effect: Option<String>,
    /// The rule that decides, as it is written, and the file that it stands in.
    pub rule: Option<String>,
    pub place: Option<Place>,
}

/// A dispute on the docket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DisputeRow {
    pub dispute: Dispute,
    pub title: String,
    pub agent: String,
    pub ruling: Option<Ruling>,
    /// Earlier rulings on like disputes: one line each.
    pub precedents: Vec<String>,
}

/// One page of a search.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SearchPage {
    pub total: usize,
    pub events: Vec<Event>,
}

/// What one load did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LoadReport {
    pub files: Vec<FileReport>,
    /// All problems found, at most a few thousand; the counts per file are complete.
    pub problems: Vec<Problem>,
}

/// What was read from one file: nothing is lost without being counted here.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FileReport {
    pub file: Text,
    pub bytes: u64,
    /// The formats recognised in it, with the number of documents of each.
    pub formats: Vec<(String, u64)>,
    pub documents: u64,
    pub records: u64,
    pub events: u64,
    /// Events that the case already had.
    pub known: u64,
    /// Documents of which something was kept and something was not, or whose format is not known.
    #[serde(default)]
    pub with_problems: u64,
    /// Documents of which nothing was kept.
    pub set_aside: u64,
    /// Problems in the file; the first of them are kept in words.
    #[serde(default)]
    pub problems: u64,
    /// The same bytes are in the case already: nothing was read.
    pub already_loaded: bool,
}

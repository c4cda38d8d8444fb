//! What the workbench asks of the workspace, and of a load under way.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::{oneshot, watch};
use tokio_util::sync::CancellationToken;

use crate::assess::Assessment;
use crate::domain::baseline::BaselineSheet;
use crate::domain::census::Census;
use crate::domain::containment::ContainmentSheet;
use crate::domain::{
    AgentKey, DelegationTree, Event, EventId, FindingId, GoverningRecord, IdentityChain, Place,
    Problem, Record, Text, Verdict,
};
use crate::view::{
    AgentRow, CaseSummary, DisputeRow, QueueRow, ScopeView, SearchPage, StorylineView, TraceList,
    TreeFocus,
};

/// What the workbench asks of the workspace. Runs on worker threads, never on the drawing thread.
pub trait Desk: Send + Sync {
    fn summary(&self) -> Result<CaseSummary, DeskError>;
    fn findings(&self) -> Result<Vec<QueueRow>, DeskError>;
    fn agents(&self) -> Result<Vec<AgentRow>, DeskError>;
    /// Who was active at an instant, or over the whole case.
    fn census(&self, at: Option<Timestamp>) -> Result<Census, DeskError>;
    /// What an agent can still use, at the end of the case; about a finding when one is named.
    fn containment(
        &self,
        agent: &AgentKey,
        finding: Option<FindingId>,
    ) -> Result<ContainmentSheet, DeskError>;
    /// What is normal for an agent, and what does not fit.
    fn baseline(&self, agent: &AgentKey) -> Result<BaselineSheet, DeskError>;
    /// What an agent effectively holds; of the first agent when none is named.
    fn scope(&self, agent: Option<&AgentKey>) -> Result<ScopeView, DeskError>;
    /// The configured record at a place that speaks of an object of this name.
    fn source(&self, place: &Place, name: &Text) -> Result<Option<Record>, DeskError>;
    fn traces(&self, focus: &TreeFocus) -> Result<TraceList, DeskError>;
    /// The delegation tree of one trace.
    fn tree(&self, trace: &Text) -> Result<DelegationTree, DeskError>;
    /// The storyline of a scope, spelled as the command line spells it: `trace:ID`, `finding:ID`.
    fn storyline(&self, scope: &str) -> Result<StorylineView, DeskError>;
    /// The chains of one agent, or all.
    fn chains(&self, agent: Option<&AgentKey>) -> Result<Vec<IdentityChain>, DeskError>;
    fn search(&self, query: &str, offset: usize, limit: usize) -> Result<SearchPage, DeskError>;
    fn event(&self, id: EventId) -> Result<Option<Event>, DeskError>;
    fn disputes(&self) -> Result<Vec<DisputeRow>, DeskError>;
    /// Maturity over the last findings.
    fn assess(&self, last: usize) -> Result<Assessment, DeskError>;
    fn problems(&self) -> Result<Vec<Problem>, DeskError>;
    /// Tags all findings alike. On disk when it returns.
    fn tag(
        &self,
        findings: &[FindingId],
        verdict: Verdict,
        reason: Option<&str>,
    ) -> Result<(), DeskError>;
    fn note(&self, finding: FindingId, text: &str) -> Result<(), DeskError>;
    /// A note on the storyline of a scope, about an instant of it.
    fn note_on_storyline(&self, scope: &str, at: Timestamp, text: &str) -> Result<(), DeskError>;
    /// Retracts the author's latest entry and says what it was. Escaped.
    fn undo(&self) -> Result<String, DeskError>;
    fn rule(&self, draft: &RulingDraft) -> Result<(), DeskError>;
}

/// Why the workspace could not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DeskError {
    /// A lower-case fragment, escaped.
    pub message: String,
    /// What to do about it, a sentence.
    pub hint: Option<String>,
}

impl DeskError {
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }
}

/// A ruling while it is written. Only [`RulingDraft::missing`] nothing can be saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulingDraft {
    pub finding: FindingId,
    pub governing: Option<GoverningRecord>,
    pub resolver: String,
    pub accountability: String,
    pub rationale: String,
    pub conditions: Vec<String>,
    pub review_by: Option<jiff::civil::Date>,
}

impl RulingDraft {
    /// A blank ruling on a finding.
    pub fn of(finding: FindingId) -> Self {
        Self {
            finding,
            governing: None,
            resolver: String::new(),
            accountability: String::new(),
            rationale: String::new(),
            conditions: Vec::new(),
            review_by: None,
        }
    }

    /// The mandatory outputs that are still blank.
    pub fn missing(&self) -> Vec<&'static str> {
        let blank = |text: &str| text.trim().is_empty();
        [
            ("governing record", self.governing.is_none()),
            ("resolver", blank(&self.resolver)),
            ("accountability", blank(&self.accountability)),
        ]
        .into_iter()
        .filter_map(|(name, missing)| missing.then_some(name))
        .collect()
    }
}

/// How far a load has come. Only the latest matters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadProgress {
    /// What is being done now. Escaped.
    pub stage: String,
    pub done: u64,
    pub total: Option<u64>,
    /// `bytes`, `events`, `files`.
    pub unit: &'static str,
}

/// A load that runs while the workbench opens: the first screen shows its progress and then becomes
/// the queue.
pub struct LoadingHandle {
    pub progress: watch::Receiver<LoadProgress>,
    pub outcome: oneshot::Receiver<Result<Arc<dyn Desk>, DeskError>>,
    pub cancel: CancellationToken,
}

//! What the workbench wants done outside: questions to the workspace, waits, the clipboard.

use std::time::Duration;

use jiff::Timestamp;

use super::desk::{Desk, DeskError, RulingDraft};
use super::event::Timer;
use crate::assess::Assessment;
use crate::domain::baseline::BaselineSheet;
use crate::domain::census::Census;
use crate::domain::containment::ContainmentSheet;
use crate::domain::{
    AgentKey, DelegationTree, Event, EventId, FindingId, IdentityChain, Place, Problem, Record,
    Text, Verdict,
};
use crate::view::{
    AgentRow, CaseSummary, DisputeRow, QueueRow, ScopeView, SearchPage, StorylineView, TraceList,
    TreeFocus,
};

/// One thing to be done outside.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Ask the workspace; the answer comes back with the same ticket.
    Ask(Ticket, Request),
    /// Send the timer after this time.
    Wake(Timer, Duration),
    /// Put visible text into the terminal's clipboard.
    Copy(String),
    CancelLoading,
    Quit,
}

/// Ties an answer to its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ticket {
    pub slot: Slot,
    pub generation: u64,
}

/// A question to the workspace, or an entry for its ledger.
#[derive(Clone, Debug, PartialEq, strum::EnumDiscriminants)]
#[strum_discriminants(name(Slot), derive(Hash, PartialOrd, Ord))]
#[strum_discriminants(doc = "The kind of a request: of one kind only the newest counts.")]
pub enum Request {
    Summary,
    Findings,
    Agents,
    Census(Option<Timestamp>),
    Containment(AgentKey, Option<FindingId>),
    Baseline(AgentKey),
    Scope(Option<AgentKey>),
    Traces(TreeFocus),
    Tree(Text),
    Timeline(String),
    Chains(Option<AgentKey>),
    Search {
        query: String,
        offset: usize,
        limit: usize,
    },
    Event(EventId),
    /// The configured record at a place, of an object of this name.
    Source(Place, Text),
    Disputes,
    Assess(usize),
    Problems,
    Tag {
        findings: Vec<FindingId>,
        verdict: Verdict,
        reason: Option<String>,
    },
    Note {
        finding: FindingId,
        text: String,
    },
    NoteOnStoryline {
        scope: String,
        at: Timestamp,
        text: String,
    },
    Undo,
    Rule(RulingDraft),
}

impl Request {
    /// Entries for the ledger are never superseded, and are made one after the other.
    pub fn writes(&self) -> bool {
        matches!(
            self,
            Self::Tag { .. }
                | Self::Note { .. }
                | Self::NoteOnStoryline { .. }
                | Self::Undo
                | Self::Rule(_)
        )
    }

    /// Asks the desk. May take its time: never on the drawing thread.
    pub fn put_to(self, desk: &dyn Desk) -> Result<Answer, DeskError> {
        let written = |()| Answer::Written(None);
        match self {
            Self::Summary => desk.summary().map(Answer::Summary),
            Self::Findings => desk.findings().map(Answer::Findings),
            Self::Agents => desk.agents().map(Answer::Agents),
            Self::Census(at) => desk.census(at).map(|census| Answer::Census(Box::new(census))),
            Self::Containment(agent, finding) => {
                desk.containment(&agent, finding).map(|sheet| Answer::Containment(Box::new(sheet)))
            }
            Self::Baseline(agent) => {
                desk.baseline(&agent).map(|sheet| Answer::Baseline(Box::new(sheet)))
            }
            Self::Scope(agent) => desk.scope(agent.as_ref()).map(Answer::Scope),
            Self::Traces(focus) => desk.traces(&focus).map(Answer::Traces),
            Self::Timeline(scope) => {
                desk.storyline(&scope).map(|story| Answer::Timeline(Box::new(story)))
            }
            Self::Tree(trace) => desk.tree(&trace).map(Answer::Tree),
            Self::Chains(agent) => desk.chains(agent.as_ref()).map(Answer::Chains),
            Self::Search { query, offset, limit } => {
                desk.search(&query, offset, limit).map(Answer::Search)
            }
            Self::Event(id) => desk.event(id).map(|event| Answer::Event(event.map(Box::new))),
            Self::Source(place, name) => {
                desk.source(&place, &name).map(|record| Answer::Source(record.map(Box::new)))
            }
            Self::Disputes => desk.disputes().map(Answer::Disputes),
            Self::Assess(last) => desk.assess(last).map(Answer::Assessment),
            Self::Problems => desk.problems().map(Answer::Problems),
            Self::Tag { findings, verdict, reason } => {
                desk.tag(&findings, verdict, reason.as_deref()).map(written)
            }
            Self::Note { finding, text } => desk.note(finding, &text).map(written),
            Self::NoteOnStoryline { scope, at, text } => {
                desk.note_on_storyline(&scope, at, &text).map(written)
            }
            Self::Undo => desk.undo().map(|said| Answer::Written(Some(said))),
            Self::Rule(draft) => desk.rule(&draft).map(written),
        }
    }
}

/// The workspace's answer.
#[derive(Clone, Debug)]
pub enum Answer {
    Summary(CaseSummary),
    Findings(Vec<QueueRow>),
    Agents(Vec<AgentRow>),
    Census(Box<Census>),
    Containment(Box<ContainmentSheet>),
    Baseline(Box<BaselineSheet>),
    Scope(ScopeView),
    Traces(TraceList),
    Tree(DelegationTree),
    Timeline(Box<StorylineView>),
    Chains(Vec<IdentityChain>),
    Search(SearchPage),
    Event(Option<Box<Event>>),
    Source(Option<Box<Record>>),
    Disputes(Vec<DisputeRow>),
    Assessment(Assessment),
    Problems(Vec<Problem>),
    /// The entry is on disk; what was done, when the workspace says it.
    Written(Option<String>),
}

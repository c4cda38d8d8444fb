//! The workspace as the workbench asks it.

use jiff::Timestamp;

use crate::assess::Assessment;
use crate::domain::baseline::BaselineSheet;
use crate::domain::census::Census;
use crate::domain::containment::ContainmentSheet;
use crate::domain::{
    AgentKey, DelegationTree, Event, EventId, FindingId, IdentityChain, Place, Problem, Record,
    Text, Verdict,
};
use crate::tui::{Desk, DeskError, RulingDraft};
use crate::view::{
    AgentRow, CaseSummary, DisputeRow, QueueRow, ScopeView, SearchPage, StorylineView, TraceList,
    TreeFocus,
};
use crate::workspace::{
    self, BaselineOptions, CensusOptions, ContainmentOptions, Error, ScopeOptions, StorylineAsk,
    StorylineScope, TreeOptions, Workspace,
};

impl From<Error> for DeskError {
    fn from(error: Error) -> Self {
        Self { message: error.message, hint: error.hint }
    }
}

fn scope_called(spelled: &str) -> Result<StorylineScope, DeskError> {
    spelled.parse().map_err(DeskError::new)
}

impl Desk for Workspace {
    fn summary(&self) -> Result<CaseSummary, DeskError> {
        Ok(self.summary()?)
    }

    fn findings(&self) -> Result<Vec<QueueRow>, DeskError> {
        Ok(self.findings()?)
    }

    fn agents(&self) -> Result<Vec<AgentRow>, DeskError> {
        Ok(self.agents()?)
    }

    fn census(&self, at: Option<Timestamp>) -> Result<Census, DeskError> {
        Ok(self.agent_census(CensusOptions { at, ..CensusOptions::default() })?)
    }

    fn containment(
        &self,
        agent: &AgentKey,
        finding: Option<FindingId>,
    ) -> Result<ContainmentSheet, DeskError> {
        let options = ContainmentOptions { at: None, finding };
        Ok(self.containment(Some(&agent.stored()), options)?)
    }

    fn baseline(&self, agent: &AgentKey) -> Result<BaselineSheet, DeskError> {
        Ok(self.baseline(&agent.stored(), &BaselineOptions::default())?)
    }

    fn scope(&self, agent: Option<&AgentKey>) -> Result<ScopeView, DeskError> {
        let agent = match agent {
            Some(agent) => agent.stored(),
            None => match self.agents()?.first() {
                Some(row) => row.agent.key.stored(),
                None => return Err(DeskError::new("no agents are known to this case")),
            },
        };
        Ok(self.scope(&agent, ScopeOptions::default())?)
    }

    fn source(&self, place: &Place, name: &Text) -> Result<Option<Record>, DeskError> {
        Ok(self.record_at(place, name.raw())?)
    }

    fn traces(&self, focus: &TreeFocus) -> Result<TraceList, DeskError> {
        Ok(self.traces(focus)?)
    }

    fn tree(&self, trace: &Text) -> Result<DelegationTree, DeskError> {
        let options = TreeOptions { all_spans: false, most: usize::MAX };
        Ok(self.tree(&TreeFocus::Trace(trace.clone()), options)?.0)
    }

    fn storyline(&self, scope: &str) -> Result<StorylineView, DeskError> {
        Ok(self.storyline(&StorylineAsk::from(scope_called(scope)?))?)
    }

    fn chains(&self, agent: Option<&AgentKey>) -> Result<Vec<IdentityChain>, DeskError> {
        let mut chains = self.chains()?;
        chains.retain(|chain| agent.is_none_or(|only| chain.agent.as_ref() == Some(only)));
        Ok(chains)
    }

    fn search(&self, query: &str, offset: usize, limit: usize) -> Result<SearchPage, DeskError> {
        Ok(self.search(query, offset, limit)?)
    }

    fn event(&self, id: EventId) -> Result<Option<Event>, DeskError> {
        Ok(self.event(id)?)
    }

    fn disputes(&self) -> Result<Vec<DisputeRow>, DeskError> {
        Ok(self.disputes()?)
    }

    fn assess(&self, last: usize) -> Result<Assessment, DeskError> {
        Ok(self.assess(last)?)
    }

    fn problems(&self) -> Result<Vec<Problem>, DeskError> {
        Ok(self.problems()?)
    }

    fn tag(
        &self,
        findings: &[FindingId],
        verdict: Verdict,
        reason: Option<&str>,
    ) -> Result<(), DeskError> {
        Ok(self.tag(findings, verdict, reason)?)
    }

    fn note(&self, finding: FindingId, text: &str) -> Result<(), DeskError> {
        Ok(self.note(finding, text)?)
    }

    fn note_on_storyline(&self, scope: &str, at: Timestamp, text: &str) -> Result<(), DeskError> {
        Ok(self.note_on_storyline(&scope_called(scope)?, at, text)?)
    }

    fn undo(&self) -> Result<String, DeskError> {
        Ok(self.undo()?)
    }

    fn rule(&self, draft: &RulingDraft) -> Result<(), DeskError> {
        Ok(self.rule(&workspace::RulingDraft {
            finding: draft.finding,
            proposer: String::new(),
            governing: draft.governing,
            resolver: draft.resolver.clone(),
            accountability: draft.accountability.clone(),
            rationale: draft.rationale.clone(),
            conditions: draft.conditions.clone(),
            review_by: draft.review_by.map_or_else(String::new, |date| date.to_string()),
        })?)
    }
}

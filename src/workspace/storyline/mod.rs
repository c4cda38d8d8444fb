//! The storyline of an incident, two runs compared, and the state of an agent at an instant.

mod gather;
mod scope;

use jiff::Timestamp;
use rustc_hash::{FxHashMap, FxHashSet};
use strum::IntoEnumIterator;

pub use scope::{Follow, StorylineAsk, StorylineScope};

use super::{Error, ScopeOptions, Workspace};
use crate::case::EventFilter;
use crate::domain::origin::CallOrigins;
use crate::domain::sensitivity::DataRules;
use crate::domain::{
    AgentKey, Attribution, Comparison, Event, EventId, EventLink, FindingId, StateLine,
    StateQuestion, StorylineNote,
};
use crate::lineage::correlate::correlate;
use crate::lineage::flow::flows;
use crate::lineage::origins::origins;
use crate::lineage::storyline::chain::{Ties, outcome_of};
use crate::lineage::storyline::{self, Input, report};
use crate::scope::Estate;
use crate::view::{ScopeRow, StateView, StorylineView};

/// Patterns of one grant that a line names.
const PATTERNS: usize = 4;

impl Workspace {
    /// The storyline of a scope.
    pub fn storyline(&self, ask: &StorylineAsk) -> Result<StorylineView, Error> {
        let estate = self.latest()?;
        let gathered = self.gather(ask, &estate)?;
        let events = gathered.events;
        let posture = self.posture()?;
        let here: FxHashSet<EventId> = events.iter().map(|event| event.id).collect();
        let mut cited: FxHashMap<EventId, Vec<FindingId>> = FxHashMap::default();
        for finding in &posture.findings {
            let events = finding.operational.iter().flat_map(|citation| &citation.events);
            for event in events.filter(|event| here.contains(event)) {
                cited.entry(*event).or_default().push(finding.id);
            }
        }
        let notes = self.notes_on(&gathered.scope, &events)?;
        let links = ties(&events, &estate, &self.case().settings()?.data);
        let story = storyline::build(Input {
            events,
            links,
            cited: &cited,
            notes,
            coverage: &posture.coverage,
            attribution: &estate,
        });
        let search = Ties::of(&story);
        let outcome = outcome_of(&story);
        let chain = outcome.map(|at| search.chain(at)).unwrap_or_default();
        let ends = ask.ends.map(|(from, to)| Ok::<_, Error>((at(&story, from)?, at(&story, to)?)));
        let ends = ends.transpose()?;
        let path = ends.map(|(from, to)| search.path(from, to));
        Ok(StorylineView { scope: gathered.scope.to_string(), story, outcome, chain, ends, path })
    }

    /// The storyline as the report of an incident, in Markdown.
    pub fn storyline_report(&self, view: &StorylineView) -> String {
        let manifest = self.case().manifest().clone();
        let case = format!("{}, generation {}", self.path.display(), manifest.generation);
        let head = report::Head { scope: &view.scope, case: &case, ends: view.ends };
        report::markdown(&head, &view.story)
    }

    /// Two runs, step by step.
    pub fn compare_runs(
        &self,
        left: &StorylineAsk,
        right: &StorylineAsk,
    ) -> Result<Comparison, Error> {
        let estate = self.latest()?;
        let left = self.gather(left, &estate)?.events;
        let right = self.gather(right, &estate)?.events;
        Ok(storyline::compare::compare(left, right))
    }

    /// What an agent had been given, had read, was allowed and refused, as of an instant; in the run
    /// that was going on, unless another scope is named.
    pub fn state_at(
        &self,
        agent: &str,
        at: Timestamp,
        scope: Option<&StorylineScope>,
    ) -> Result<StateView, Error> {
        let agent = self.agent_called(agent)?;
        let estate = self.latest()?;
        let scope = match scope {
            Some(scope) => Some(scope.clone()),
            None => self.run_at(&agent, at, &estate)?,
        };
        let (scope, events) = match scope {
            None => ("no run".to_owned(), Vec::new()),
            Some(scope) => {
                let gathered = self.gather(&scope.into(), &estate)?;
                (gathered.scope.to_string(), gathered.events)
            }
        };
        let mut lines = self.given_at(&agent, at)?;
        lines.extend(storyline::state::state(events, &agent, at, &estate));
        lines.sort_by_key(|line| line.question);
        let is_answered = |question: &StateQuestion| {
            lines.iter().any(|line| line.question == *question && line.is_recorded())
        };
        let answered = StateQuestion::iter().filter(is_answered).count();
        let asked = StateQuestion::iter().count();
        Ok(StateView { agent, at, scope, answered, asked, lines })
    }

    /// The trace or session of the agent's latest act.
    fn run_at(
        &self,
        agent: &AgentKey,
        at: Timestamp,
        estate: &Estate,
    ) -> Result<Option<StorylineScope>, Error> {
        let filter =
            EventFilter { until: Some(at), without_params: true, ..EventFilter::default() };
        let mut latest: Option<(Timestamp, StorylineScope)> = None;
        for event in self.case().events(filter) {
            let event = event?;
            let is_own = event.agent.as_ref().is_some_and(|key| estate.canonical(key) == *agent);
            if !is_own || latest.as_ref().is_some_and(|(time, _)| *time > event.time) {
                continue;
            }
            let run = match (event.trace_id, event.session) {
                (Some(trace), _) => StorylineScope::Trace(trace),
                (None, Some(session)) => StorylineScope::Session(session),
                (None, None) => continue,
            };
            latest = Some((event.time, run));
        }
        Ok(latest.map(|(_, run)| run))
    }

    /// What configuration gave the agent, and what it could get by an act.
    fn given_at(&self, agent: &AgentKey, at: Timestamp) -> Result<Vec<StateLine>, Error> {
        let options = ScopeOptions { as_of: Some(at), derived: true };
        let not_recorded = StateLine::not_recorded;
        let Ok(view) = self.scope(&agent.visible(), options) else {
            let why = "no configuration of the agent is loaded";
            return Ok(vec![
                not_recorded(StateQuestion::Given, why),
                not_recorded(StateQuestion::CouldReach, why),
            ]);
        };
        let mut lines: Vec<StateLine> = view.rows.iter().map(given).collect();
        for (plane, state) in &view.planes {
            if state != "complete" {
                let why = format!("configuration of {plane} is {state}");
                lines.push(not_recorded(StateQuestion::Given, &why));
            }
        }
        if !lines.iter().any(|line| line.question == StateQuestion::CouldReach) {
            let why = "no act is known that would give it more";
            lines.push(not_recorded(StateQuestion::CouldReach, why));
        }
        Ok(lines)
    }

    /// The notes that were written on this scope, or on a trace or session that is part of it.
    fn notes_on(
        &self,
        scope: &StorylineScope,
        events: &[Event],
    ) -> Result<Vec<StorylineNote>, Error> {
        let notes = self.storyline_notes()?;
        if notes.is_empty() {
            return Ok(Vec::new());
        }
        let traces = events.iter().filter_map(|event| event.trace_id.clone());
        let sessions = events.iter().filter_map(|event| event.session.clone());
        let mut parts: FxHashSet<String> = traces
            .map(StorylineScope::Trace)
            .chain(sessions.map(StorylineScope::Session))
            .map(|part| part.to_string())
            .collect();
        parts.insert(scope.to_string());
        let notes = notes.into_iter().filter(|(on, _)| parts.contains(on.raw()));
        Ok(notes.map(|(_, note)| note).collect())
    }

    /// The scope that a note is written on, spelled with names found out.
    pub(super) fn note_scope(&self, scope: &StorylineScope) -> Result<String, Error> {
        Ok(self.gather(&scope.clone().into(), &self.latest()?)?.scope.to_string())
    }
}

/// The ties between the events of one scope that are worked out, besides the parents that spans name:
/// layers that saw the same act, arguments and where they come from, data that left.
fn ties(events: &[Event], estate: &Estate, rules: &DataRules) -> Vec<EventLink> {
    let mut links = correlate(events, estate).links;
    let origins = origins(events, &links);
    let flows = flows(events, &origins, &links, rules);
    links.extend(origins.iter().flat_map(CallOrigins::links));
    links.extend(flows.into_iter().flat_map(|flow| flow.path));
    links
}

fn at(story: &crate::domain::Storyline, event: EventId) -> Result<u32, Error> {
    let at = story.events.iter().position(|other| other.id == event);
    at.and_then(|at| u32::try_from(at).ok())
        .ok_or_else(|| Error::usage(format!("the event {event} is not in the scope")))
}

/// One route as a line.
fn given(row: &ScopeRow) -> StateLine {
    let named: Vec<&str> = row.patterns.iter().take(PATTERNS).map(String::as_str).collect();
    let more = row.patterns.len().saturating_sub(PATTERNS);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let (how, route) = (row.how(), row.route().visible());
    let question = match row.derived {
        true => StateQuestion::CouldReach,
        false => StateQuestion::Given,
    };
    StateLine {
        question,
        what: format!("{}: {}{more} ({how}, {route})", row.plane, named.join(", ")),
        count: row.patterns.len(),
        first: row.since,
        last: None,
        events: Vec::new(),
        places: row.steps.iter().filter_map(|step| step.place.clone()).collect(),
    }
}

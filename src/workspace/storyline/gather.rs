//! The events of a scope: a run, and what other recorders saw of it.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use rustc_hash::{FxHashMap, FxHashSet};

use super::{Follow, StorylineAsk, StorylineScope};
use crate::case::{EventFilter, SearchOptions};
use crate::domain::{AgentKey, Attribution, Event, EventId, FindingId, Text};
use crate::scope::Estate;
use crate::workspace::{Error, Workspace};

/// A story of more events is not told.
const MOST: usize = 200_000;
/// So many runs are looked up one by one; of more the whole case is read.
const FEW: usize = 32;
/// Clocks of two recorders differ by less in most places.
const MARGIN: SignedDuration = SignedDuration::from_secs(1);
/// How much of an agent's work around an event is told.
const AROUND: SignedDuration = SignedDuration::from_mins(10);

/// The events of one scope.
pub struct Gathered {
    /// With names found out: what notes are written on.
    pub scope: StorylineScope,
    pub events: Vec<Event>,
}

/// Traces and sessions.
#[derive(Default)]
struct Runs {
    traces: BTreeSet<Text>,
    sessions: BTreeSet<Text>,
}

impl Runs {
    /// The traces of events, and the sessions of those that are in no trace.
    fn of(events: &[Event]) -> Self {
        let mut runs = Self::default();
        for event in events {
            match (named(&event.trace_id), named(&event.session)) {
                (Some(trace), _) => drop(runs.traces.insert(trace.clone())),
                (None, Some(session)) => drop(runs.sessions.insert(session.clone())),
                (None, None) => {}
            }
        }
        runs
    }

    fn hold(&self, event: &Event) -> bool {
        named(&event.trace_id).is_some_and(|trace| self.traces.contains(trace))
            || named(&event.session).is_some_and(|session| self.sessions.contains(session))
    }
}

fn named(id: &Option<Text>) -> Option<&Text> {
    id.as_ref().filter(|id| !id.is_empty())
}

impl Workspace {
    /// The events of a scope, without order.
    pub(super) fn gather(&self, ask: &StorylineAsk, estate: &Estate) -> Result<Gathered, Error> {
        let (scope, window) = self.resolved(ask)?;
        let mut events = match &scope {
            StorylineScope::All => self.read(window, |_| true)?,
            StorylineScope::Search(query) => self.hits(query, window)?,
            StorylineScope::Agent(name) => {
                let host = self.agent_called(name)?.host();
                let mut hosts = Hosts::new(estate, FxHashSet::from_iter([host]));
                self.read(window, |event| hosts.hold(event))?
            }
            StorylineScope::Trace(trace) => {
                let runs = Runs { traces: [trace.clone()].into(), ..Runs::default() };
                self.with_witnesses(self.of_runs(&runs)?, estate)?
            }
            StorylineScope::Session(session) => {
                let runs = Runs { sessions: [session.clone()].into(), ..Runs::default() };
                self.with_witnesses(self.of_runs(&runs)?, estate)?
            }
            StorylineScope::Finding(id) => {
                let cited = self.cited(id)?;
                let mut events = self.of_runs(&Runs::of(&cited))?;
                events.extend(cited);
                self.with_witnesses(events, estate)?
            }
            StorylineScope::Event(_) | StorylineScope::Named(_) => Vec::new(),
        };
        let (from, until) = (ask.from, ask.until);
        events.retain(|event| {
            from.is_none_or(|from| event.time >= from)
                && until.is_none_or(|until| event.time <= until)
        });
        match events.is_empty() {
            true => Err(Error::usage(format!("no event is in the scope {scope}"))
                .with_hint("`diptych search` finds events with their traces and sessions.")),
            false => Ok(Gathered { scope, events }),
        }
    }

    /// The scope with names found out, and its window.
    fn resolved(&self, ask: &StorylineAsk) -> Result<(StorylineScope, Window), Error> {
        let window = Window { from: ask.from, until: ask.until };
        let event = match &ask.scope {
            StorylineScope::Event(id) => *id,
            StorylineScope::Named(name) => match self.named(name)? {
                StorylineScope::Event(id) => id,
                scope => return Ok((scope, window)),
            },
            StorylineScope::Finding(prefix) => {
                let id = self.finding_called(prefix)?.ok_or_else(|| {
                    Error::usage(format!("no one finding has an id that starts with {prefix}"))
                        .with_hint("`diptych findings` lists the ids.")
                })?;
                return Ok((StorylineScope::Finding(id.to_string()), window));
            }
            scope => return Ok((scope.clone(), window)),
        };
        let event = self
            .event(event)?
            .ok_or_else(|| Error::usage(format!("the case has no event {event}")))?;
        self.followed(&event, ask.follow, window)
    }

    /// The trace, the session or the agent of an event.
    fn followed(
        &self,
        event: &Event,
        follow: Option<Follow>,
        window: Window,
    ) -> Result<(StorylineScope, Window), Error> {
        let asked = |other| follow.is_none_or(|follow| follow == other);
        if let (Some(trace), true) = (named(&event.trace_id), asked(Follow::Trace)) {
            return Ok((StorylineScope::Trace(trace.clone()), window));
        }
        if let (Some(session), true) = (named(&event.session), asked(Follow::Session)) {
            return Ok((StorylineScope::Session(session.clone()), window));
        }
        if let (Some(agent), true) = (&event.agent, asked(Follow::Agent)) {
            let agent = self.latest()?.canonical(agent).visible();
            let around = Window {
                from: window.from.or_else(|| event.time.checked_sub(AROUND).ok()),
                until: window.until.or_else(|| event.time.checked_add(AROUND).ok()),
            };
            return Ok((StorylineScope::Agent(agent), around));
        }
        let what = follow.map_or("trace, session or agent".to_owned(), |what| what.to_string());
        Err(Error::usage(format!("the event {} names no {what}", event.id)))
    }

    /// What has this name.
    fn named(&self, name: &str) -> Result<StorylineScope, Error> {
        if let Some(finding) = self.finding_called(name)? {
            return Ok(StorylineScope::Finding(finding.to_string()));
        }
        if !self.of_trace(&name.into())?.is_empty() {
            return Ok(StorylineScope::Trace(name.into()));
        }
        if !self.of_session(&name.into())?.is_empty() {
            return Ok(StorylineScope::Session(name.into()));
        }
        if let Ok(id) = name.parse::<EventId>()
            && self.event(id)?.is_some()
        {
            return Ok(StorylineScope::Event(id));
        }
        match self.agent_called(name) {
            Ok(agent) => Ok(StorylineScope::Agent(agent.visible())),
            Err(_) => Err(Error::usage(format!("no trace, session, finding, event or agent is called {name}"))
                .with_hint("Spell it trace:ID, session:ID, agent:NAME, finding:ID, event:ID, search:QUERY or all.")),
        }
    }

    /// The finding whose id this begins, when it is one.
    fn finding_called(&self, prefix: &str) -> Result<Option<FindingId>, Error> {
        let posture = self.posture()?;
        let mut found = posture.findings.iter().map(|finding| finding.id);
        let mut found = found.by_ref().filter(|id| id.to_string().starts_with(prefix));
        Ok(match (found.next(), found.next()) {
            (Some(id), None) => Some(id),
            _ => None,
        })
    }

    /// The events that a finding cites.
    fn cited(&self, id: &str) -> Result<Vec<Event>, Error> {
        let posture = self.posture()?;
        let finding = posture.findings.iter().find(|finding| finding.id.to_string() == id);
        let ids: BTreeSet<EventId> = finding
            .into_iter()
            .flat_map(|finding| &finding.operational)
            .flat_map(|citation| citation.events.iter().copied())
            .collect();
        let ids: Vec<EventId> = ids.into_iter().collect();
        Ok(self.case().events_by_ids(&ids)?)
    }

    fn of_runs(&self, runs: &Runs) -> Result<Vec<Event>, Error> {
        if runs.traces.len().saturating_add(runs.sessions.len()) > FEW {
            return self.read(Window::default(), |event| runs.hold(event));
        }
        let mut events = Vec::new();
        for trace in &runs.traces {
            events.extend(self.of_trace(trace)?);
        }
        for session in &runs.sessions {
            events.extend(self.of_session(session)?);
        }
        Ok(events)
    }

    fn of_trace(&self, trace: &Text) -> Result<Vec<Event>, Error> {
        let mut events = self.hits(&quoted("trace", trace), Window::default())?;
        events.retain(|event| event.trace_id.as_ref() == Some(trace));
        Ok(events)
    }

    fn of_session(&self, session: &Text) -> Result<Vec<Event>, Error> {
        let mut events = self.hits(&quoted("session", session), Window::default())?;
        events.retain(|event| event.session.as_ref() == Some(session));
        Ok(events)
    }

    /// With what other recorders, which know of no trace or session, saw of the same instances, or
    /// of the same workloads where they name no instance, meanwhile.
    fn with_witnesses(&self, mut events: Vec<Event>, estate: &Estate) -> Result<Vec<Event>, Error> {
        let Some(first) = events.iter().map(|event| event.time).min() else { return Ok(events) };
        let end = |event: &Event| {
            let lasted = SignedDuration::from_nanos(event.duration.unwrap_or(0).max(0));
            event.time.checked_add(lasted).unwrap_or(event.time)
        };
        let last = events.iter().map(end).max().unwrap_or(first);
        let window =
            Window { from: first.checked_sub(MARGIN).ok(), until: last.checked_add(MARGIN).ok() };
        let instances: FxHashSet<Text> =
            events.iter().filter_map(|event| named(&event.instance)).cloned().collect();
        let acted = events.iter().filter_map(|event| event.agent.as_ref());
        let acted: FxHashSet<&AgentKey> = acted.collect();
        let hosts = acted.into_iter().map(|agent| estate.canonical(agent).host());
        let mut hosts = Hosts::new(estate, hosts.collect());
        let seen = self.read(window, |event| {
            named(&event.trace_id).is_none()
                && named(&event.session).is_none()
                && match named(&event.instance) {
                    Some(instance) => instances.contains(instance),
                    None => hosts.hold(event),
                }
        })?;
        events.extend(seen);
        Ok(events)
    }

    /// The events of a window that are wanted.
    fn read(
        &self,
        window: Window,
        mut is_wanted: impl FnMut(&Event) -> bool,
    ) -> Result<Vec<Event>, Error> {
        let mut events = Vec::new();
        let filter =
            EventFilter { from: window.from, until: window.until, ..EventFilter::default() };
        for event in self.case().events(filter) {
            let event = event?;
            if is_wanted(&event) {
                events.push(event);
            }
            if events.len() > MOST {
                return Err(too_many());
            }
        }
        Ok(events)
    }

    fn hits(&self, query: &str, window: Window) -> Result<Vec<Event>, Error> {
        let page = self.find(
            query,
            SearchOptions {
                limit: MOST,
                offset: 0,
                newest_first: false,
                from: window.from,
                until: window.until,
            },
        )?;
        match page.total > MOST as u64 {
            true => Err(too_many()),
            false => Ok(page.events),
        }
    }
}

fn too_many() -> Error {
    Error::usage(format!("the scope has more than {MOST} events"))
        .with_hint("Narrow it with --from and --until, or to one trace or session.")
}

/// A search for an id, whatever is in it.
fn quoted(field: &str, id: &Text) -> String {
    let id: String = id
        .raw()
        .chars()
        .flat_map(|c| matches!(c, '"' | '\\').then_some('\\').into_iter().chain([c]))
        .collect();
    format!("{field}:\"{id}\"")
}

/// Both ends included.
#[derive(Clone, Copy, Default)]
struct Window {
    from: Option<Timestamp>,
    until: Option<Timestamp>,
}

/// Agent, account and principal of an event.
type Actor = (Option<AgentKey>, Option<Text>, Option<Text>);

/// Workloads, and what tells whether an event is of one of them.
struct Hosts<'a> {
    estate: &'a Estate,
    hosts: FxHashSet<AgentKey>,
    known: FxHashMap<Actor, bool>,
}

impl<'a> Hosts<'a> {
    fn new(estate: &'a Estate, hosts: FxHashSet<AgentKey>) -> Self {
        Self { estate, hosts, known: FxHashMap::default() }
    }

    /// Whether an event is of one of the workloads; of an identity that only they use, if it names no
    /// agent.
    fn hold(&mut self, event: &Event) -> bool {
        let Event { agent, account, principal, .. } = event;
        let named = (agent.clone(), account.clone(), principal.clone());
        let (estate, hosts) = (self.estate, &self.hosts);
        *self.known.entry(named).or_insert_with_key(|named| match named {
            (Some(agent), ..) => hosts.contains(&estate.canonical(agent).host()),
            (None, account, Some(principal)) => {
                let realm = account.clone().unwrap_or_default();
                let agents = estate.agents_of(&realm, principal, None);
                !agents.is_empty() && agents.iter().all(|agent| hosts.contains(&agent.host()))
            }
            _ => false,
        })
    }
}

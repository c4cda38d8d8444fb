//! When agents were there: the runs, sessions, pods and credentials of each, as intervals.
//!
//! One pass over the events in any order. A row is kept for each run, not for each event.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

use jiff::{SignedDuration, Timestamp};
use rustc_hash::{FxHashMap, FxHasher};

use crate::domain::actor::actor;
use crate::domain::configured::Configured;
use crate::domain::{AgentKey, Attribution, Event, EventKind, Text};
use crate::scope::Estate;

/// What a life is of, strongest evidence of activity first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Of {
    Run,
    Session,
    Pod,
    Credential,
}

/// From the first to the last record of a run, session, pod or credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Life {
    pub from: Timestamp,
    pub until: Timestamp,
    /// The end of the agent's own span is recorded.
    pub ended: bool,
    /// Spans are recorded of it, so that an end would be.
    pub has_spans: bool,
}

/// The names by which the agent of an event is found: agent, account, principal, instance, kind.
type ActorKey = (Option<AgentKey>, Option<Text>, Option<Text>, Option<Text>, EventKind);

/// The lives of all agents.
pub struct Lives<'a> {
    estate: &'a Estate,
    actors: FxHashMap<ActorKey, Option<u32>>,
    numbers: BTreeMap<AgentKey, u32>,
    lives: FxHashMap<(u32, Of, u64), Life>,
    /// The first and last event of each agent, by its number.
    seen: Vec<Option<(Timestamp, Timestamp)>>,
    until: Option<Timestamp>,
}

impl<'a> Lives<'a> {
    /// Without events: what is configured of pods.
    pub fn new(estate: &'a Estate) -> Self {
        let mut lives = Self {
            estate,
            actors: FxHashMap::default(),
            numbers: BTreeMap::new(),
            lives: FxHashMap::default(),
            seen: Vec::new(),
            until: None,
        };
        lives.add_pods();
        lives
    }

    /// From the creation of a pod to the snapshot that still shows it running.
    fn add_pods(&mut self) {
        for record in self.estate.records() {
            let Configured::Workload(workload) = &record.body else { continue };
            let phase = workload.status.as_ref().and_then(|status| status.phase.as_ref());
            let runs = phase.is_none_or(|phase| *phase == "Running" || *phase == "Pending");
            let (Some(at), true, true) = (record.at, workload.kind == "Pod", runs) else {
                continue;
            };
            let (namespace, name) = (&workload.meta.namespace, &workload.meta.name);
            let key = AgentKey::new(record.realm.clone(), namespace.clone(), name.clone());
            let agent = self.number(&self.estate.canonical(&key));
            let from = record.provisioning.granted_at.map_or(at, |made| made.min(at));
            self.extend((agent, Of::Pod, digest(name)), from, at);
        }
    }

    pub fn observe(&mut self, event: &Event) {
        // Undated records say nothing about when.
        if event.time == Timestamp::UNIX_EPOCH {
            return;
        }
        let lasted = SignedDuration::from_nanos(event.duration.unwrap_or_default().max(0));
        let (from, until) = (event.time, event.time.saturating_add(lasted).unwrap_or(event.time));
        self.until = self.until.max(Some(until));
        let Some(agent) = self.agent_of(event) else { return };
        if let Some(seen) = self.seen.get_mut(agent as usize) {
            let (first, last) = seen.unwrap_or((from, from));
            *seen = Some((first.min(from), last.max(from)));
        }
        let run = event.trace_id.as_ref().or(event.session.as_ref());
        for (of, id) in [
            (Of::Run, run),
            (Of::Session, event.session.as_ref()),
            (Of::Pod, event.instance.as_ref()),
            (Of::Credential, event.credential_id.as_ref()),
        ] {
            let Some(id) = id else { continue };
            let life = self.extend((agent, of, digest(id)), from, until);
            life.has_spans |= event.span_id.is_some();
            life.ended |= event.kind == EventKind::AgentInvoke && event.duration.is_some();
        }
    }

    fn extend(&mut self, key: (u32, Of, u64), from: Timestamp, until: Timestamp) -> &mut Life {
        let new = Life { from, until, ended: false, has_spans: false };
        let life = self.lives.entry(key).or_insert(new);
        life.from = life.from.min(from);
        life.until = life.until.max(until);
        life
    }

    /// The number of the one agent to which an event is attributed.
    fn agent_of(&mut self, event: &Event) -> Option<u32> {
        let key: ActorKey = match &event.agent {
            Some(agent) => (Some(agent.clone()), None, None, None, event.kind),
            None => (
                None,
                event.account.clone(),
                Some(event.principal.clone()?),
                event.instance.clone(),
                event.kind,
            ),
        };
        if let Some(known) = self.actors.get(&key) {
            return *known;
        }
        let found = actor(event, self.estate).filter(|actor| actor.candidates.is_empty());
        let number = found.map(|actor| self.number(&actor.agent));
        self.actors.insert(key, number);
        number
    }

    fn number(&mut self, agent: &AgentKey) -> u32 {
        if let Some(number) = self.numbers.get(agent) {
            return *number;
        }
        let number = u32::try_from(self.seen.len()).unwrap_or(u32::MAX);
        self.numbers.insert(agent.clone(), number);
        self.seen.push(None);
        number
    }

    /// The end of all records.
    pub(super) fn until(&self) -> Option<Timestamp> {
        self.until
    }

    /// The first and last event of an agent and of the agents inside it.
    pub(super) fn seen(&self, agent: &AgentKey) -> Option<(Timestamp, Timestamp)> {
        self.family(agent)
            .filter_map(|number| self.seen.get(number as usize).copied().flatten())
            .reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)))
    }

    /// An agent and, for a host, the agents inside it: a host stands right before them.
    fn family(&self, agent: &AgentKey) -> impl Iterator<Item = u32> {
        let within = |key: &AgentKey| *key == *agent || key.host() == *agent;
        self.numbers
            .range(agent.clone()..)
            .take_while(move |(key, _)| within(key))
            .map(|(_, number)| *number)
    }

    /// The lives of every agent, by its key.
    pub(super) fn by_agent(&self) -> BTreeMap<&AgentKey, Vec<(Of, Life)>> {
        let keys: FxHashMap<u32, &AgentKey> =
            self.numbers.iter().map(|(key, number)| (*number, key)).collect();
        let mut lives: BTreeMap<&AgentKey, Vec<(Of, Life)>> = BTreeMap::new();
        for ((agent, of, _), life) in &self.lives {
            if let Some(key) = keys.get(agent) {
                lives.entry(key).or_default().push((*of, *life));
            }
        }
        for lives in lives.values_mut() {
            lives.sort_unstable_by_key(|(of, life)| (*of, life.from, life.until, life.ended));
        }
        lives
    }
}

fn digest(text: &Text) -> u64 {
    let mut hasher = FxHasher::default();
    text.hash(&mut hasher);
    hasher.finish()
}

//! Tallies of exercises while they are being observed.

use jiff::Timestamp;

use super::acts::Act;
use crate::domain::exercise::SAMPLES;
use crate::domain::{
    AgentKey, Authorisation, Capability, Event, EventId, EventKind, Exercise, Text,
};

/// Distinct principals, sources and routes kept per exercise.
const DISTINCT: usize = 16;

/// How the RBAC authorizer begins its reason.
const RBAC_REASON: &str = "RBAC:";

/// Sources whose events are learned profiles: aggregates without single acts and their times.
const AGGREGATES: &[&str] = &["kubescape"];

/// One exercise in the making.
#[derive(Clone, Debug)]
pub struct ExerciseTally {
    pub count: u64,
    decided: u64,
    pub refused: u64,
    pub undecided: u64,
    first: Timestamp,
    last: Timestamp,
    events: Vec<EventId>,
    principals: Vec<Text>,
    pub sources: Vec<Text>,
    routes: Vec<Text>,
    aggregated: bool,
}

/// Whether the event is a line of a learned profile. Such an event proves a use, but no run, order
/// or volume.
pub fn is_aggregate(event: &Event) -> bool {
    AGGREGATES.contains(&event.source.raw()) && event.kind != EventKind::Alert
}

/// The authorisation that counts. Advertising, loading and resolving leave no decision: that they
/// happened is the exercise.
pub fn authorisation(event: &Event) -> Authorisation {
    match (event.kind, event.authorisation()) {
        (
            EventKind::Catalog | EventKind::Import | EventKind::ModelLoad,
            Authorisation::Undecided,
        ) => Authorisation::Allowed,
        (_, authorisation) => authorisation,
    }
}

impl ExerciseTally {
    pub fn new(time: Timestamp) -> Self {
        Self {
            count: 0,
            decided: 0,
            refused: 0,
            undecided: 0,
            first: time,
            last: time,
            events: Vec::new(),
            principals: Vec::new(),
            sources: Vec::new(),
            routes: Vec::new(),
            aggregated: true,
        }
    }

    /// Counts one act.
    pub fn count(&mut self, event: &Event) {
        self.admit(event.time, authorisation(event), event.is_decided_for());
        self.aggregated &= is_aggregate(event);
        self.cite(event.id, &event.source);
        remember(&mut self.principals, event.principal.as_ref());
        if event.kind == EventKind::K8sApi {
            let reason = event.justification.as_ref();
            remember(&mut self.routes, reason.filter(|why| why.raw().starts_with(RBAC_REASON)));
        }
    }

    /// Counts an act that was first counted under another capability.
    pub fn readmit(&mut self, act: &Act) {
        self.admit(act.time, act.authorisation, act.decided);
        self.aggregated = false;
        self.cite(act.event, &act.source);
    }

    /// Keeps a record as evidence without counting it.
    pub fn cite(&mut self, event: EventId, source: &Text) {
        match self.events.len() < SAMPLES {
            true => self.events.push(event),
            false => {
                self.events.pop();
                self.events.push(event);
            }
        }
        remember(&mut self.sources, Some(source));
    }

    /// One undecided act turned out to be allowed.
    pub fn settle(&mut self) {
        self.undecided = self.undecided.saturating_sub(1);
        self.count += 1;
    }

    /// Takes one act back.
    pub fn discount(&mut self, act: &Act) {
        let bucket = self.bucket(act.authorisation);
        *bucket = bucket.saturating_sub(1);
        self.decided = self.decided.saturating_sub(u64::from(act.decided));
    }

    pub fn total(&self) -> u64 {
        self.count + self.refused + self.undecided
    }

    pub fn finish(
        self,
        agent: AgentKey,
        capability: Capability,
        candidates: Vec<AgentKey>,
    ) -> Exercise {
        Exercise {
            agent,
            capability,
            count: self.count,
            decided: self.decided,
            refused: self.refused,
            undecided: self.undecided,
            first: self.first,
            last: self.last,
            events: self.events,
            principals: self.principals,
            sources: self.sources,
            recorded_routes: self.routes,
            aggregated: self.aggregated,
            candidates,
        }
    }

    fn admit(&mut self, time: Timestamp, authorisation: Authorisation, decided: bool) {
        *self.bucket(authorisation) += 1;
        self.decided += u64::from(decided);
        self.first = self.first.min(time);
        self.last = self.last.max(time);
    }

    fn bucket(&mut self, authorisation: Authorisation) -> &mut u64 {
        match authorisation {
            Authorisation::Allowed => &mut self.count,
            Authorisation::Refused => &mut self.refused,
            Authorisation::Undecided => &mut self.undecided,
        }
    }
}

/// Adds a value to a short list of distinct ones.
pub fn remember<T: PartialEq + Clone>(list: &mut Vec<T>, value: Option<&T>) {
    if let Some(value) = value
        && list.len() < DISTINCT
        && !list.contains(value)
    {
        list.push(value.clone());
    }
}

//! Events for the tests of this room.

use jiff::{SignedDuration, Timestamp};

use super::acts::Act;
use super::observation::Observation;
use super::observe::Observer;
use super::settings::Settings;
use crate::domain::{
    AgentKey, Attribution, Decision, Digest, Event, EventId, EventKind, Location, Outcome, Place,
    Text,
};

/// Hours from 1970 to the fixture's first day, Monday 2026-03-02.
pub const HOURS_SINCE_EPOCH: f64 = 20_514.0 * 24.0;

/// The fixture's clock: hours after Monday 2026-03-02T00:00Z.
pub fn at(hours: f64) -> Timestamp {
    let seconds = (hours + HOURS_SINCE_EPOCH) * 3600.0;
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs_f64(seconds)
}

pub fn event(id: &str, hours: f64, kind: EventKind) -> Event {
    let place = Place { evidence: Digest::of(b""), file: "fixture".into(), at: Location::Whole };
    Event::new(EventId::of("fixture", &[id]), at(hours), &"otlp".into(), kind, place)
}

pub fn agent() -> AgentKey {
    AgentKey::new("prod", "agents", "desk").with_inner("mail")
}

/// A successful tool call of [`agent`].
pub fn tool(id: &str, hours: f64, name: &str) -> Event {
    let mut event = event(id, hours, EventKind::ToolCall);
    event.agent = Some(agent());
    event.action = Some(name.into());
    event.outcome = Some(Outcome::Success);
    event
}

/// An allowed request of the service account of [`agent`]'s host.
pub fn request(id: &str, hours: f64, verb: &str, resource: &str, object: &str) -> Event {
    let mut event = event(id, hours, EventKind::K8sApi);
    event.source = "k8s-audit".into();
    event.principal = Some("system:serviceaccount:agents:desk".into());
    event.action = Some(verb.into());
    event.target = Some(object.into());
    event.target_kind = Some(resource.into());
    event.decision = Some(Decision::Allow);
    event
}

/// A session of tool calls a minute apart, opened by a prompt.
pub fn session(id: &str, hours: f64, tools: &[&str]) -> Vec<Event> {
    let mut prompt = event(&format!("{id}/prompt"), hours, EventKind::Prompt);
    prompt.agent = Some(agent());
    let calls = tools.iter().enumerate().map(|(number, name)| {
        tool(&format!("{id}/{number}"), hours + (number + 1) as f64 / 60.0, name)
    });
    let mut events: Vec<Event> = std::iter::once(prompt).chain(calls).collect();
    for event in &mut events {
        event.session = Some(id.into());
    }
    events
}

pub fn act(event: &Event) -> Act {
    Act {
        agent: 0,
        capability: 0,
        run: Text::default(),
        event: event.id,
        time: event.time,
        source: event.source.clone(),
        authorisation: event.authorisation(),
        decided: event.is_decided_for(),
    }
}

/// Knows the service accounts `desk` (one agent) and `shared` (two).
pub struct Directory;

impl Attribution for Directory {
    fn canonical(&self, key: &AgentKey) -> AgentKey {
        // Pods `NAME-xxxxx` fold to their workload.
        let name = key.name.raw().split_once("-pod").map_or(key.name.raw(), |(name, _)| name);
        AgentKey { name: name.into(), ..key.clone() }
    }

    fn agents_of(&self, _: &Text, principal: &Text, _: Option<&Text>) -> Vec<AgentKey> {
        let agent = |name: &str| AgentKey::new("prod", "agents", name);
        match principal.raw() {
            "system:serviceaccount:agents:desk" => vec![agent("desk")],
            "system:serviceaccount:agents:shared" => vec![agent("first"), agent("second")],
            _ => Vec::new(),
        }
    }
}

pub fn observe<'a>(
    events: impl IntoIterator<Item = &'a Event>,
    settings: &Settings,
) -> Observation {
    let mut observer = Observer::new(&Directory, settings.clone());
    for event in events {
        observer.observe(event);
    }
    observer.finish()
}

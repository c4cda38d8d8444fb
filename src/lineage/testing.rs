//! Small builders of events for the tests of this room.

use jiff::Timestamp;

use crate::domain::{
    AgentKey, Attribution, Digest, Event, EventId, EventKind, Location, Place, Text,
};

/// Leaves keys as they are.
pub struct AsGiven;

impl Attribution for AsGiven {
    fn canonical(&self, key: &AgentKey) -> AgentKey {
        key.clone()
    }

    fn agents_of(&self, _: &Text, _: &Text, _: Option<&Text>) -> Vec<AgentKey> {
        Vec::new()
    }
}

pub fn event(source: &str, number: u32, kind: EventKind) -> Event {
    let place =
        Place { evidence: Digest::of(b"events"), file: "events".into(), at: Location::Whole };
    let time = Timestamp::from_second(number.into()).expect("a small number");
    let id = EventId::of(source, &[&number.to_string(), &kind.to_string()]);
    Event::new(id, time, &source.into(), kind, place)
}

/// A span that starts at second `number`.
pub fn span(number: u32, kind: EventKind, name: &str, parent: Option<u32>) -> Event {
    let mut span = event("otlp", number, kind);
    span.trace_id = Some("trace".into());
    span.span_id = Some(number.to_string().into());
    span.parent_span_id = parent.map(|parent| parent.to_string().into());
    match kind {
        EventKind::AgentInvoke | EventKind::ModelCall => span.target = Some(name.into()),
        _ => span.action = Some(name.into()),
    }
    span
}

/// Spans written as `NUMBER KIND NAME [under NUMBER]`.
pub fn spans(lines: &[&str]) -> Vec<Event> {
    let read = |line: &&str| {
        let (line, parent) = match line.split_once(" under ") {
            Some((line, parent)) => (line, Some(parent.parse().expect("a number"))),
            None => (*line, None),
        };
        let mut parts = line.splitn(3, ' ');
        let mut part = || parts.next().expect("number, kind and name");
        let number = part().parse().expect("a number");
        let kind = match part() {
            "agent" => EventKind::AgentInvoke,
            "tool" => EventKind::ToolCall,
            "model" => EventKind::ModelCall,
            _ => EventKind::Other,
        };
        span(number, kind, part(), parent)
    };
    lines.iter().map(read).collect()
}

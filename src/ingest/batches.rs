//! Spans of one trace that a file holds in several batches.
//!
//! A span is exported when it ends: a tool call stands in an earlier batch than the agent that it ran
//! under. What an act does not say of itself (its agent, session and user) is taken from its nearest
//! ancestor anywhere in the file. Acts without an agent wait for that until the file ends, or until
//! too many wait.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use crate::domain::coverage::AGENT_FORMATS;
use crate::domain::{Event, EventKind, Text};

/// Spans that are remembered; the oldest are forgotten first.
const REMEMBERED: usize = 100_000;
/// Acts that wait; the oldest goes on as it is known then.
const WAITING: usize = 10_000;
/// Longer chains of ancestors are not followed; cycles end here too.
const DEEPEST: usize = 64;

/// Kinds of event that are the act of an agent.
const ACTS: [EventKind; 7] = [
    EventKind::Prompt,
    EventKind::ModelCall,
    EventKind::ToolCall,
    EventKind::ToolResult,
    EventKind::Handoff,
    EventKind::Catalog,
    EventKind::Guardrail,
];

/// Trace and span.
type SpanKey = (Text, Text);

#[derive(Default)]
pub struct Batches {
    spans: FxHashMap<SpanKey, Known>,
    order: VecDeque<SpanKey>,
    waiting: VecDeque<Event>,
}

/// What a span says to those beneath it.
struct Known {
    parent: Option<Text>,
    agent: Option<Text>,
    session: Option<Text>,
    on_behalf_of: Option<Text>,
}

impl Batches {
    /// Takes in an event; gives back one that need not wait, or can no longer.
    pub fn pass(&mut self, event: Event) -> Option<Event> {
        if !AGENT_FORMATS.contains(&event.source.raw()) {
            return Some(event);
        }
        self.remember(&event);
        if !waits(&event) {
            return Some(event);
        }
        self.waiting.push_back(event);
        match self.waiting.len() > WAITING {
            true => self.waiting.pop_front().map(|oldest| self.resolved(oldest)),
            false => None,
        }
    }

    /// The events that still wait, in the order in which they came.
    pub fn finish(mut self) -> Vec<Event> {
        let waiting = std::mem::take(&mut self.waiting);
        waiting.into_iter().map(|event| self.resolved(event)).collect()
    }

    fn remember(&mut self, event: &Event) {
        let (Some(trace), Some(span)) = (&event.trace_id, &event.span_id) else { return };
        let key = (trace.clone(), span.clone());
        let known = Known {
            parent: event.parent_span_id.clone(),
            agent: event.agent.as_ref().and_then(|agent| agent.inner.clone()),
            session: event.session.clone(),
            on_behalf_of: event.on_behalf_of.clone(),
        };
        if self.spans.insert(key.clone(), known).is_none() {
            self.order.push_back(key);
        }
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.spans.remove(&oldest);
        }
    }

    /// The event with what its ancestors say.
    fn resolved(&self, mut event: Event) -> Event {
        let ancestors = self.ancestors(&event);
        let nearest = |fact: fn(&Known) -> &Option<Text>| {
            ancestors.iter().find_map(|known| fact(known).clone())
        };
        if let Some(inner) = nearest(|known| &known.agent) {
            event.agent.get_or_insert_default().inner = Some(inner);
        }
        event.session = event.session.take().or_else(|| nearest(|known| &known.session));
        event.on_behalf_of =
            event.on_behalf_of.take().or_else(|| nearest(|known| &known.on_behalf_of));
        event
    }

    fn ancestors(&self, event: &Event) -> Vec<&Known> {
        let parent = |span: &Option<Text>| {
            let key = (event.trace_id.clone()?, span.clone()?);
            self.spans.get(&key)
        };
        std::iter::successors(parent(&event.parent_span_id), |known| parent(&known.parent))
            .take(DEEPEST)
            .collect()
    }
}

/// An act that names a parent and not its agent.
fn waits(event: &Event) -> bool {
    ACTS.contains(&event.kind)
        && event.trace_id.is_some()
        && event.parent_span_id.is_some()
        && event.agent.as_ref().is_none_or(|agent| agent.inner.is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{AgentKey, Digest, EventId, Location, Place};

    /// A span of the trace `t`, given as kind, id, parent and inner agent.
    fn span((kind, id, parent, inner): (EventKind, &str, &str, &str)) -> Event {
        let place = Place { evidence: Digest::of(b""), file: "f".into(), at: Location::Whole };
        let some = |text: &str| (!text.is_empty()).then(|| Text::from(text));
        let time = jiff::Timestamp::UNIX_EPOCH;
        let mut event = Event::new(EventId::of("otlp", &[id]), time, &"otlp".into(), kind, place);
        event.trace_id = Some("t".into());
        event.span_id = some(id);
        event.parent_span_id = some(parent);
        event.session = some(inner).map(|_| "c-1".into());
        event.agent = Some(AgentKey { inner: some(inner), ..AgentKey::new("", "", "desk") });
        event
    }

    /// `id inner` of every event, in the order in which they come out.
    fn passed(spans: &[(EventKind, &str, &str, &str)]) -> Vec<String> {
        let mut batches = Batches::default();
        let mut out: Vec<Event> = spans.iter().filter_map(|row| batches.pass(span(*row))).collect();
        out.extend(batches.finish());
        out.iter()
            .map(|event| {
                let inner = event.agent.as_ref().and_then(|agent| agent.inner.clone());
                assert_eq!(event.session.is_some(), inner.is_some());
                let text = |text: Option<Text>| text.unwrap_or_default().raw().to_owned();
                format!("{} {}", text(event.span_id.clone()), text(inner))
            })
            .collect()
    }

    use EventKind::{AgentInvoke, ModelCall, Other, ToolCall};

    #[test]
    fn a_call_waits_for_the_agent_it_ran_under() {
        let rows = [
            (ToolCall, "call", "step", ""),
            (Other, "step", "agent", ""),
            (ModelCall, "alone", "elsewhere", ""),
            (AgentInvoke, "agent", "", "planner"),
            (ToolCall, "root", "", ""),
        ];
        assert_eq!(passed(&rows), ["step ", "agent planner", "root ", "call planner", "alone "]);
    }

    #[test]
    fn cycles_end_and_the_oldest_goes_on() {
        assert_eq!(passed(&[(ToolCall, "a", "b", ""), (ToolCall, "b", "a", "")]), ["a ", "b "]);
        let mut batches = Batches::default();
        let row = (ToolCall, "a", "b", "");
        let passed = (0..WAITING + 3).filter_map(|_| batches.pass(span(row))).count();
        assert_eq!((passed, batches.finish().len()), (3, WAITING));
    }
}

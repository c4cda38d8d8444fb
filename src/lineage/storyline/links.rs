//! Ties between the events of a storyline.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use super::order::positions;
use crate::domain::{
    Event, EventId, EventKind, EventLink, LinkKind, StorylineLink, StorylineSkew, Text,
};

/// The rules, as people read them.
const NAMED_PARENT: &str = "the span names it as its parent";
const SAME_SPAN: &str = "the same span";

/// Kinds of event, the one that says most of a span first.
const TELLING: [EventKind; 4] =
    [EventKind::AgentInvoke, EventKind::Handoff, EventKind::ToolCall, EventKind::ModelCall];

/// Trace and span.
pub type SpanKey<'a> = (&'a str, &'a str);

/// The parents that spans name, and further records of one span.
pub fn parents(events: &[Event]) -> Vec<EventLink> {
    let spans = spans(events);
    let mut links = Vec::new();
    for event in events {
        let told = span(event).and_then(|span| spans.get(&span));
        if let Some(told) = told
            && told.id != event.id
        {
            links.push(exact(told.id, event.id, LinkKind::Correlation, SAME_SPAN));
            continue;
        }
        let named = parent_span(event).and_then(|parent| spans.get(&parent));
        if let Some(parent) = named
            && parent.id != event.id
        {
            links.push(exact(parent.id, event.id, LinkKind::Delegation, NAMED_PARENT));
        }
    }
    links
}

/// The record that says most of each span.
pub fn spans(events: &[Event]) -> FxHashMap<SpanKey<'_>, &Event> {
    let mut spans: FxHashMap<SpanKey<'_>, &Event> = FxHashMap::default();
    for event in events {
        let Some(key) = span(event) else { continue };
        let kept = spans.entry(key).or_insert(event);
        if precedence(event) < precedence(kept) {
            *kept = event;
        }
    }
    spans
}

/// The span that an event names as its parent.
pub fn parent_span(event: &Event) -> Option<SpanKey<'_>> {
    let parent = event.parent_span_id.as_ref().filter(|parent| !parent.is_empty())?;
    Some((trace(event), parent.raw()))
}

fn span(event: &Event) -> Option<SpanKey<'_>> {
    let span = event.span_id.as_ref().filter(|span| !span.is_empty())?;
    Some((trace(event), span.raw()))
}

fn trace(event: &Event) -> &str {
    event.trace_id.as_ref().map_or("", Text::raw)
}

/// Lower is better: the most telling kind, then a record with a duration (a span, not a log line).
fn precedence(event: &Event) -> (usize, bool, EventId) {
    let kind = TELLING.iter().position(|kind| *kind == event.kind).unwrap_or(TELLING.len());
    (kind, event.duration.is_none(), event.id)
}

fn exact(from: EventId, to: EventId, kind: LinkKind, rule: &str) -> EventLink {
    EventLink { from, to, kind, rule: rule.to_owned(), confidence: 100 }
}

/// Ties by positions.
pub struct Ties {
    pub links: Vec<StorylineLink>,
    pub leaving: usize,
}

/// The ties between the events, each kind once between two of them: the surest.
pub fn between(events: &[Event], links: Vec<EventLink>) -> Ties {
    let positions = positions(events);
    let mut ties = Ties { links: Vec::with_capacity(links.len()), leaving: 0 };
    for EventLink { from, to, kind, rule, confidence } in links {
        match (positions.get(&from), positions.get(&to)) {
            (Some(&from), Some(&to)) if from != to => {
                ties.links.push(StorylineLink { from, to, kind, rule, confidence });
            }
            (Some(_), Some(_)) | (None, None) => {}
            _ => ties.leaving += 1,
        }
    }
    ties.links.sort_by(|a, b| {
        let key = |link: &StorylineLink| (link.from, link.to, link.kind, Reverse(link.confidence));
        key(a).cmp(&key(b)).then_with(|| a.rule.cmp(&b.rule))
    });
    ties.links.dedup_by_key(|link| (link.from, link.to, link.kind));
    ties
}

/// Effects that stand before their causes although another clock wrote them.
pub fn skews(events: &[Event], links: &[StorylineLink]) -> Vec<StorylineSkew> {
    let mut skews: FxHashMap<(Clock<'_>, Clock<'_>), (usize, i64)> = FxHashMap::default();
    for link in links {
        let ends = (events.get(link.from as usize), events.get(link.to as usize));
        let (Some(cause), Some(effect)) = ends else { continue };
        let (cause_clock, effect_clock) = (clock(cause), clock(effect));
        if cause.time <= effect.time || cause_clock == effect_clock {
            continue;
        }
        let off = cause.time.as_nanosecond().saturating_sub(effect.time.as_nanosecond());
        let skew = skews.entry((cause_clock, effect_clock)).or_default();
        skew.0 += 1;
        skew.1 = skew.1.max(i64::try_from(off).unwrap_or(i64::MAX));
    }
    let mut skews: Vec<StorylineSkew> = skews
        .into_iter()
        .map(|((cause, effect), (pairs, at_least))| StorylineSkew {
            cause: told(cause),
            effect: told(effect),
            pairs,
            at_least,
        })
        .collect();
    skews.sort_by(|a, b| (&a.cause, &a.effect).cmp(&(&b.cause, &b.effect)));
    skews
}

/// Recorder and instance: what has a clock of its own.
type Clock<'a> = (&'a Text, Option<&'a Text>);

fn clock(event: &Event) -> Clock<'_> {
    (event.recorder.as_ref().unwrap_or(&event.source), event.instance.as_ref())
}

fn told((recorder, instance): Clock<'_>) -> Text {
    match instance {
        Some(instance) => format!("{} at {}", recorder.raw(), instance.raw()).into(),
        None => recorder.clone(),
    }
}

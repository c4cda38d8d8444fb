//! Two runs, step by step: what both did, where they part, and what only one of them did.
//!
//! Steps are the same when they are the same act by structure: agent, kind, action and family of
//! target. Ids and times are passed over; arguments and outcomes of the same step are compared.

mod align;

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;
use serde_json::{Map, Value};

use super::family::family;
use super::{order, words};
use crate::domain::text::visible;
use crate::domain::{ComparedStep, Comparison, ComparisonRow, Event, EventKind, Lane, Text};

/// Characters of a value in the words for a difference.
const VALUE: usize = 80;
/// Kinds of event whose parameters are what was asked for; those of others say where and how it was
/// recorded.
const ASKING: [EventKind; 6] = [
    EventKind::Prompt,
    EventKind::ModelCall,
    EventKind::ToolCall,
    EventKind::AgentInvoke,
    EventKind::Handoff,
    EventKind::CloudApi,
];
/// Differences of one step that are named.
const NAMED: usize = 8;

/// Compares two runs. The order of the events makes no difference.
pub fn compare(left: Vec<Event>, right: Vec<Event>) -> Comparison {
    let (left, right) = (steps(left), steps(right));
    let mut known: FxHashMap<Structure<'_>, u32> = FxHashMap::default();
    let mut number = |event| {
        let next = super::position(known.len());
        *known.entry(structure(event)).or_insert(next)
    };
    let left_numbers: Vec<u32> = left.iter().map(&mut number).collect();
    let right_numbers: Vec<u32> = right.iter().map(&mut number).collect();
    let aligned = align::align(&left_numbers, &right_numbers);
    let mut comparison = Comparison { cut: aligned.cut, ..Comparison::default() };
    for (left_at, right_at) in aligned.steps {
        let left = left_at.and_then(|at| left.get(at));
        let right = right_at.and_then(|at| right.get(at));
        let here = comparison.rows.len();
        let differences = match (left, right) {
            (Some(left), Some(right)) => differences(left, right),
            _ => Vec::new(),
        };
        if left.is_none() || right.is_none() {
            comparison.diverges_at.get_or_insert(here);
        } else if !differences.is_empty() {
            comparison.differs_at.get_or_insert(here);
        }
        comparison.rows.push(ComparisonRow {
            left: left.map(told),
            right: right.map(told),
            differences,
        });
    }
    comparison
}

/// The acts of a run; spans and log lines of no known kind are passed over.
fn steps(events: Vec<Event>) -> Vec<Event> {
    let mut events = order::by_time(events);
    let links = super::links::parents(&events);
    order::break_ties(&mut events, &links);
    events.retain(|event| event.kind != EventKind::Other);
    events
}

/// What a step is, whenever and in whichever run.
type Structure<'a> =
    (Option<&'a str>, EventKind, Option<&'a str>, Option<&'a str>, Option<&'a str>);

fn structure(event: &Event) -> Structure<'_> {
    let agent = event.agent.as_ref().map(|agent| agent.inner.as_ref().unwrap_or(&agent.name));
    (
        agent.map(Text::raw),
        event.kind,
        event.action.as_ref().map(Text::raw),
        event.target_kind.as_ref().map(Text::raw),
        family(event),
    )
}

fn told(event: &Event) -> ComparedStep {
    ComparedStep {
        event: event.id,
        time: event.time,
        lane: Lane::of(event.kind),
        title: words::title(event),
    }
}

/// What differs between two records of the same act.
fn differences(left: &Event, right: &Event) -> Vec<String> {
    let text = |text: &Option<Text>| text.clone().map(|text| Value::from(text.raw()));
    let word = |word: Option<String>| word.map(Value::from);
    let fields = [
        ("target", text(&left.target), text(&right.target)),
        ("model", text(&left.model), text(&right.model)),
        ("principal", text(&left.principal), text(&right.principal)),
        (
            "decision",
            word(left.decision.map(|it| it.to_string())),
            word(right.decision.map(|it| it.to_string())),
        ),
        (
            "outcome",
            word(left.outcome.map(|it| it.to_string())),
            word(right.outcome.map(|it| it.to_string())),
        ),
    ];
    let fields = fields.into_iter().filter_map(|(name, left, right)| differs(name, &left, &right));
    let (left, right) = (arguments(left), arguments(right));
    let names: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
    let arguments = names
        .into_iter()
        .filter_map(|name| differs(name, &left.get(name).cloned(), &right.get(name).cloned()));
    let mut all: Vec<String> = fields.chain(arguments).collect();
    if let Some(more) = all.len().checked_sub(NAMED).filter(|more| *more > 0) {
        all.truncate(NAMED);
        all.push(format!("{more} more"));
    }
    all
}

/// The members of the parameters; the arguments of a call that have other things beside them.
fn arguments(event: &Event) -> Map<String, Value> {
    let params = event.params.as_ref().filter(|_| ASKING.contains(&event.kind));
    let params = params.and_then(|params| serde_json::from_str(params.raw()).ok());
    match params {
        Some(Value::Object(mut members)) => match members.remove("arguments") {
            Some(Value::Object(arguments)) => arguments,
            Some(other) => {
                members.insert("arguments".to_owned(), other);
                members
            }
            None => members,
        },
        _ => Map::new(),
    }
}

fn differs(name: &str, left: &Option<Value>, right: &Option<Value>) -> Option<String> {
    let told = |value: &Option<Value>| match value {
        None => "nothing".to_owned(),
        Some(value) => {
            let written = value.to_string();
            let cut = written.char_indices().nth(VALUE).map(|(end, _)| end);
            match cut.and_then(|end| written.get(..end)) {
                Some(cut) => format!("{}…", visible(cut)),
                None => visible(&written).into_owned(),
            }
        }
    };
    (left != right).then(|| format!("{}: {} ≠ {}", visible(name), told(left), told(right)))
}

#[cfg(test)]
mod tests;

//! Where the arguments of the tool calls of a document's traces come from.
//!
//! A model is told everything again in every call: prompts, instructions, results. What it was told,
//! and what the spans of tools say that they gave back, are the passages of the search.

use std::borrow::Cow;

use jiff::Timestamp;
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;

use super::conversation::messages;
use super::facts::{ARGUMENTS, RESULT};
use super::tree::Tree;
use super::{Operation, Span, operation, prompt, span_events};
use crate::domain::origin::{Call, Passage, search};
use crate::domain::{ArgumentOrigin, Digest, EventId, Origin, Text};
use crate::ingest::operational::origins::{Source, Stated};

const NOT_TOLD: &str = "what the model was told before the call is not in the trace";

/// The origins of the arguments of calls, by the event of the call.
#[derive(Default)]
pub struct Origins {
    calls: FxHashMap<EventId, (usize, Vec<ArgumentOrigin<usize>>)>,
    /// By trace: the sources of its passages.
    sources: Vec<Vec<Source>>,
}

impl Origins {
    pub fn of<'s, 'a>(spans: &'s [Span<'a>], tree: &Tree<'s, 'a>) -> Self {
        let mut traces: FxHashMap<&str, Vec<&'s Span<'a>>> = FxHashMap::default();
        for span in spans {
            let trace = span.trace_id.as_ref().map_or("", Text::raw);
            traces.entry(trace).or_default().push(span);
        }
        let mut origins = Self::default();
        for mut trace in traces.into_values() {
            if trace.iter().any(|span| span.operation == Operation::Tool) {
                trace.sort_by_key(|span| (span.start, span.id));
                origins.add(Trace::of(&trace, tree));
            }
        }
        origins
    }

    /// What to say of the arguments of a call.
    pub fn stated(&self, call: EventId) -> Option<Stated<'_>> {
        let (trace, arguments) = self.calls.get(&call)?;
        let sources = self.sources.get(*trace)?;
        Stated::of(arguments, |place| sources.get(place).cloned().unwrap_or_default())
    }

    fn add(&mut self, trace: Trace<'_>) {
        let mut instants: Vec<Timestamp> = trace.passages.iter().map(|told| told.at).collect();
        instants.sort_unstable();
        instants.dedup();
        let moment = |at: Timestamp| instants.partition_point(|instant| *instant < at);
        let passages: Vec<Passage<'_>> = trace
            .passages
            .iter()
            .map(|told| Passage { moment: moment(told.at), origin: told.origin, text: &told.text })
            .collect();
        let calls: Vec<Call<'_>> = trace
            .calls
            .iter()
            .map(|call| Call {
                moment: moment(call.at),
                arguments: &call.arguments,
                gap: (!call.is_told).then_some(NOT_TOLD),
            })
            .collect();
        let found = search(&calls, &passages);
        let number = self.sources.len();
        self.sources.push(trace.passages.into_iter().map(|told| told.source).collect());
        let events = trace.calls.iter().map(|call| call.event);
        self.calls.extend(events.zip(found.into_iter().map(|found| (number, found))));
    }
}

#[derive(Default)]
struct Trace<'s> {
    passages: Vec<Told<'s>>,
    calls: Vec<Asked>,
}

struct Told<'s> {
    at: Timestamp,
    origin: Origin,
    text: Cow<'s, str>,
    source: Source,
}

struct Asked {
    at: Timestamp,
    event: EventId,
    arguments: Value,
    /// The trace keeps what the model was told that asked for the call.
    is_told: bool,
}

impl<'s> Trace<'s> {
    /// From its spans in the order of their starts.
    fn of<'a>(spans: &[&'s Span<'a>], tree: &Tree<'s, 'a>) -> Self {
        let mut trace = Self::default();
        let mut first_agent = None;
        let mut known: FxHashSet<Digest> = FxHashSet::default();
        // Whether the last model call of each agent keeps what the model was told.
        let mut told: FxHashMap<Option<Cow<'s, str>>, bool> = FxHashMap::default();
        for span in spans {
            let agent = tree.nearest(span, |span| operation::agent(span));
            if first_agent.is_none() {
                first_agent.clone_from(&agent);
            }
            // What the first agent is asked comes from the user, what others are from agents.
            let asker = match agent == first_agent {
                true => Origin::UserInput,
                false => Origin::AgentGenerated,
            };
            match span.operation {
                Operation::Tool => {
                    let is_told = told.get(&agent).copied().unwrap_or(false);
                    trace.tool(span, is_told);
                }
                Operation::Model | Operation::Agent => {
                    let mut messages = messages(span);
                    if messages.is_empty() {
                        let prompt = prompt::last_user_message(span).map(Cow::Owned);
                        messages.extend(prompt.map(|prompt| (Origin::UserInput, prompt)));
                    }
                    if span.operation == Operation::Model {
                        told.insert(agent, !messages.is_empty());
                    }
                    for (origin, text) in messages {
                        if known.insert(Digest::of(text.as_bytes())) {
                            let origin = if origin == Origin::UserInput { asker } else { origin };
                            let source = Source { tool: None, event: Some(span.id) };
                            trace.passages.push(Told { at: span.start, origin, text, source });
                        }
                    }
                }
                _ => {}
            }
        }
        trace
    }

    fn tool(&mut self, span: &'s Span<'_>, is_told: bool) {
        let attributes = &span.attributes;
        let source =
            || Source { tool: operation::tool(span).map(Cow::into_owned), event: Some(span.id) };
        let result = attributes.content(RESULT).or_else(|| span_events::result(span));
        if let Some(text) = result {
            let at = span.end.unwrap_or(span.start);
            let origin = Origin::ToolOutput;
            self.passages.push(Told { at, origin, text, source: source() });
        }
        let raw = attributes.content(ARGUMENTS).or_else(|| span_events::arguments(span));
        let Some(text) = raw else { return };
        if let Ok(arguments) = serde_json::from_str(&text) {
            self.calls.push(Asked { at: span.start, event: span.id, arguments, is_told });
        }
        let origin = Origin::AgentGenerated;
        self.passages.push(Told { at: span.start, origin, text, source: source() });
    }
}

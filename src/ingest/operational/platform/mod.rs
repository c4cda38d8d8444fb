//! Traces as observability platforms export them: each platform's own names for the same spans.
//!
//! A reader per platform turns its records into [`Exported`] spans, whose attributes are spelled in the
//! GenAI conventions where the record does not carry them itself; `genai` maps those to events like the
//! spans of any other encoding. A span that came here from an OpenTelemetry SDK keeps its ids and is the
//! same event as the one read from the SDK's own export.

mod langfuse;
mod langsmith;
mod mlflow;
mod openai_traces;
mod phoenix;
#[cfg(test)]
mod tests;
mod weave;

pub use langfuse::FORMAT as LANGFUSE;
pub use langsmith::FORMAT as LANGSMITH;
pub use mlflow::FORMAT as MLFLOW;
pub use openai_traces::FORMAT as OPENAI_TRACES;
pub use phoenix::FORMAT as PHOENIX;
pub use weave::FORMAT as WEAVE;

use std::borrow::Cow;
use std::rc::Rc;

use jiff::Timestamp;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};

use super::genai::{
    self, Attached, Attributes, Operation, Span, SpanKind, Workload, ids, span_event_id,
};
use crate::domain::{Discipline, ProblemKind, Text};
use crate::ingest::json::Str;
use crate::ingest::members::Members;
use crate::ingest::{Document, Sink};

const SAYS: &[(Discipline, &str)] = &[
    (Discipline::Model, "models called"),
    (Discipline::Behavior, "tool calls, hand-offs and their order"),
];
const COVERAGE: &str = "the instrumented application only, as far as it was sampled and kept";

/// One span of an export.
#[derive(Debug, Default)]
struct Exported<'a> {
    trace_id: Option<Text>,
    span_id: Option<Text>,
    parent_span_id: Option<Text>,
    name: Cow<'a, str>,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
    /// The span failed; the message may be empty.
    error: Option<Cow<'a, str>>,
    attributes: Map<String, Value>,
    resource: Map<String, Value>,
    scope: Option<Cow<'a, str>>,
    /// The record as it stands: its identity when it has no ids.
    json: &'a str,
}

/// What platforms call the operations of the GenAI conventions.
const OPERATIONS: &[(&str, &str)] = &[
    ("generation", "chat"),
    ("response", "chat"),
    ("llm", "chat"),
    ("chat_model", "chat"),
    ("embedding", "embeddings"),
    ("agent", "invoke_agent"),
    ("tool", "execute_tool"),
    ("function", "execute_tool"),
    ("retriever", "retrieval"),
    ("handoff", "handoff"),
    ("guardrail", "run_guardrail"),
];

/// Attributes by which a span says itself what it did.
const STATED: &[&str] = &[
    "gen_ai.operation.name",
    "openinference.span.kind",
    "traceloop.span.kind",
    "llm.request.type",
];

impl<'a> Exported<'a> {
    /// A span with its ids and times; whatever is missing stays so.
    fn new(record: &Members<'a>, json: &'a str, keys: &Keys) -> Self {
        let id = |keys: &[&str], width| ids::normalise(record.raw(keys)?.get(), width);
        Self {
            trace_id: id(keys.trace, ids::TRACE),
            span_id: id(keys.span, ids::SPAN),
            parent_span_id: id(keys.parent, ids::SPAN),
            name: record.text(&["name"]).unwrap_or_default(),
            start: record.time(keys.start),
            end: record.time(keys.end),
            json,
            ..Self::default()
        }
    }

    /// Adds an attribute unless the span carries it.
    fn add(&mut self, key: &str, value: Option<impl Into<Value>>) {
        if let (Some(value), false) = (value, self.attributes.contains_key(key)) {
            self.attributes.insert(key.to_owned(), value.into());
        }
    }

    /// Says what the span did, unless it says so itself.
    fn operation(&mut self, kind: &str) {
        let row = OPERATIONS.iter().find(|(name, _)| kind.eq_ignore_ascii_case(name));
        if !STATED.iter().any(|key| self.attributes.contains_key(*key)) {
            self.add("gen_ai.operation.name", row.map(|(_, operation)| *operation));
        }
    }

    /// Adds what went in and came out, as the record holds it.
    fn contents(&mut self, input: Option<&RawValue>, output: Option<&RawValue>) {
        self.add("input.value", input.and_then(value));
        self.add("output.value", output.and_then(value));
    }

    fn tokens(&mut self, input: Option<u64>, output: Option<u64>) {
        self.add("gen_ai.usage.input_tokens", input);
        self.add("gen_ai.usage.output_tokens", output);
    }
}

/// The names of ids and times in one platform's records.
struct Keys {
    trace: &'static [&'static str],
    span: &'static [&'static str],
    parent: &'static [&'static str],
    start: &'static [&'static str],
    end: &'static [&'static str],
}

fn value(raw: &RawValue) -> Option<Value> {
    serde_json::from_str(raw.get()).ok()
}

/// An object, or a string that holds one.
fn object(raw: Option<&RawValue>) -> Map<String, Value> {
    match raw.and_then(value) {
        Some(Value::Object(members)) => members,
        Some(Value::String(text)) => serde_json::from_str(&text).unwrap_or_default(),
        _ => Map::new(),
    }
}

/// A member of an object as text.
fn text(members: &Map<String, Value>, key: &str) -> Option<String> {
    members.get(key)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Puts one event per span into the sink.
fn emit(
    mut exported: Vec<Exported<'_>>,
    source: &'static str,
    document: &Document<'_>,
    sink: &mut dyn Sink,
) {
    exported.retain(|span| {
        let is_dated = span.start.or(span.end).is_some();
        if !is_dated {
            sink.problem(document.problem(ProblemKind::MissingField, "a span without a time"));
        }
        is_dated
    });
    // Attributes are read as they stand in a document: this is the document.
    let written: Vec<_> = exported
        .iter()
        .filter_map(|span| {
            let attributes = to_raw_value(&span.attributes).ok()?;
            Some((span, attributes, to_raw_value(&span.resource).ok()?))
        })
        .collect();
    let spans: Vec<Span<'_>> = written
        .iter()
        .filter_map(|(span, attributes, resource)| {
            let attributes = Attributes::from_plain(attributes).ok()?;
            let workload = Workload::of(&Attributes::from_plain(resource).ok()?, sink);
            Some(Span {
                id: span_event_id(span.trace_id.as_ref(), span.span_id.as_ref(), span.json),
                name: Str(Cow::Borrowed(&*span.name)),
                kind: SpanKind::Other,
                trace_id: span.trace_id.clone(),
                span_id: span.span_id.clone(),
                parent_span_id: span.parent_span_id.clone(),
                start: span.start.or(span.end)?,
                end: span.end,
                error: span.error.as_deref().map(|error| Str(Cow::Borrowed(error))),
                operation: Operation::of_named(&span.name, &attributes),
                attributes,
                attached: Attached::default(),
                scope: span.scope.as_deref().map(|scope| sink.intern(scope)),
                workload: Rc::new(workload),
            })
        })
        .collect();
    genai::emit(&spans, source, document, sink);
}

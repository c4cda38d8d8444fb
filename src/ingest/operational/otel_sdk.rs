//! Spans as OpenTelemetry SDKs print them (`otel-sdk`): one span of a console exporter, or `{"spans":
//! […]}` as agent libraries save a run. Attributes are plain JSON; ids may be bare 128-bit integers,
//! which no floating-point parser keeps, so they are read from their text.

use std::rc::Rc;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::genai::{self, Attributes, Operation, Span, SpanKind, Workload, ids, span_event_id};
use crate::domain::{Discipline, ProblemKind, text};
use crate::ingest::json::{Integer, Str, nullable};
use crate::ingest::{Document, Format, Shape, Side, Sink};

const ID: &str = "otel-sdk";

pub const FORMAT: Format = Format {
    id: ID,
    title: "OpenTelemetry spans as SDKs print them",
    side: Side::Operational,
    says: &[
        (Discipline::Model, "models called"),
        (Discipline::Behavior, "tool calls, hand-offs and their order"),
    ],
    coverage: "the instrumented workload only; nothing that it does outside its SDK",
    recognises,
    read,
};

fn recognises(shape: &Shape<'_>) -> bool {
    is_single(shape) || (shape.has("spans") && shape.kind.is_none() && shape.api_version.is_none())
}

fn is_single(shape: &Shape<'_>) -> bool {
    ["name", "context", "start_time", "attributes"].iter().all(|key| shape.has(key))
}

#[derive(Deserialize)]
struct Run<'a> {
    #[serde(borrow)]
    spans: Option<Vec<&'a RawValue>>,
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(run) = document.parse::<Run<'_>>(sink) else { return };
    let mut spans = Vec::new();
    let printed = match &run.spans {
        Some(spans) => spans.iter().map(|raw| raw.get()).collect(),
        None => vec![document.json],
    };
    for json in printed {
        match normalise(json, sink) {
            Ok(Some(span)) => spans.push(span),
            Ok(None) => {
                sink.problem(document.problem(ProblemKind::MissingField, "a span without a time"))
            }
            Err(error) => {
                let message = format!("a span: {}", text::visible(&error.to_string()));
                sink.problem(document.problem(ProblemKind::Malformed, message));
            }
        }
    }
    genai::emit(&spans, ID, document, sink);
}

#[derive(Deserialize)]
struct PrintedSpan<'a> {
    #[serde(borrow)]
    name: Option<Str<'a>>,
    #[serde(borrow)]
    kind: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    context: Context<'a>,
    #[serde(borrow)]
    parent: Option<Context<'a>>,
    #[serde(borrow)]
    parent_id: Option<&'a RawValue>,
    #[serde(borrow)]
    start_time: Option<&'a RawValue>,
    #[serde(borrow)]
    end_time: Option<&'a RawValue>,
    #[serde(borrow)]
    status: Option<Status<'a>>,
    #[serde(borrow)]
    attributes: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    resource: Resource<'a>,
}

#[derive(Default, Deserialize)]
struct Context<'a> {
    #[serde(borrow)]
    trace_id: Option<&'a RawValue>,
    #[serde(borrow)]
    span_id: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Status<'a> {
    #[serde(borrow)]
    status_code: Option<Str<'a>>,
    #[serde(borrow)]
    description: Option<Str<'a>>,
}

#[derive(Default, Deserialize)]
struct Resource<'a> {
    #[serde(borrow)]
    attributes: Option<&'a RawValue>,
}

fn normalise<'a>(json: &'a str, sink: &mut dyn Sink) -> serde_json::Result<Option<Span<'a>>> {
    let printed: PrintedSpan<'a> = serde_json::from_str(json)?;
    let plain =
        |raw: Option<&'a RawValue>| raw.map_or(Ok(Attributes::default()), Attributes::from_plain);
    let end = printed.end_time.and_then(time);
    let Some(start) = printed.start_time.and_then(time).or(end) else { return Ok(None) };
    let id = |raw: Option<&RawValue>, width| ids::normalise(raw?.get(), width);
    let trace_id = id(printed.context.trace_id, ids::TRACE);
    let span_id = id(printed.context.span_id, ids::SPAN);
    let parent = printed.parent.and_then(|parent| parent.span_id).or(printed.parent_id);
    let error = printed
        .status
        .filter(|status| {
            status.status_code.as_deref().is_some_and(|code| code.eq_ignore_ascii_case("error"))
        })
        .map(|status| status.description.unwrap_or_default());
    let attributes = plain(printed.attributes)?;
    let workload = Workload::of(&plain(printed.resource.attributes)?, sink);
    Ok(Some(Span {
        id: span_event_id(trace_id.as_ref(), span_id.as_ref(), json),
        trace_id,
        span_id,
        parent_span_id: id(parent, ids::SPAN),
        kind: printed.kind.map_or(SpanKind::Other, |kind| SpanKind::from_json(kind.get())),
        name: printed.name.unwrap_or_default(),
        start,
        end,
        error,
        operation: Operation::of(&attributes),
        attributes,
        scope: None,
        workload: Rc::new(workload),
    }))
}

/// Nanoseconds since the epoch, or RFC 3339.
fn time(raw: &RawValue) -> Option<Timestamp> {
    match serde_json::from_str::<Integer>(raw.get()) {
        Ok(nanoseconds) => nanoseconds.as_time(),
        Err(_) => serde_json::from_str(raw.get()).ok(),
    }
}

#[cfg(test)]
mod tests;

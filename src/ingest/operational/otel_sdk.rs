//! Spans as OpenTelemetry SDKs print them (`otel-sdk`): one span of a console exporter or of a dumped
//! `ReadableSpan`, or `{"spans": […]}` as agent libraries save a run. Attributes are plain JSON; ids may
//! be bare 128-bit integers, which no floating-point parser keeps, so they are read from their text.

mod wire;

use std::rc::Rc;

use self::wire::{PrintedSpan, Run};
use super::genai::{self, Attributes, Operation, Span, Workload, ids, span_event_id};
use crate::domain::{Discipline, ProblemKind, text};
use crate::ingest::{Document, Format, Shape, Side, Sink};

const ID: &str = "otel-sdk";

pub const FORMAT: Format = Format {
    id: ID,
    title: "OpenTelemetry spans as SDKs print them",
    side: Side::Operational,
    says: &[
        (Discipline::Model, "models called, tools offered to them"),
        (Discipline::Behavior, "tool calls, hand-offs and their order, guardrail verdicts"),
    ],
    coverage: "the instrumented workload only; nothing that it does outside its SDK",
    recognises,
    read,
};

/// What one printed span has, in Python's spelling and in JavaScript's, and where an exporter of
/// one's own writes ids and times beside the name.
const SINGLE: &[[&str; 4]] = &[
    ["name", "context", "start_time", "attributes"],
    ["name", "spanContext", "startTime", "attributes"],
    ["trace_id", "span_id", "start_time", "attributes"],
    ["trace_id", "span_id", "start_time_unix_nano", "attributes"],
    ["traceId", "spanId", "startTimeUnixNano", "attributes"],
];
/// Attributes that only a span carries: a document that has them at its top is the attributes of one
/// span without the span.
const BARE: &[&str] = &["gen_ai.operation.name", "openinference.span.kind", "ai.operationId"];

fn recognises(shape: &Shape<'_>) -> bool {
    let is_run = shape.has("spans") && shape.kind.is_none() && shape.api_version.is_none();
    is_run
        || SINGLE.iter().any(|keys| keys.iter().all(|key| shape.has(key)))
        || BARE.iter().any(|key| shape.has(key))
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

fn normalise<'a>(json: &'a str, sink: &mut dyn Sink) -> serde_json::Result<Option<Span<'a>>> {
    let printed: PrintedSpan<'a> = serde_json::from_str(json)?;
    let Some(start) = printed.start().or(printed.end()) else { return Ok(None) };
    let trace_id = printed.trace();
    let span_id = printed.span();
    let parent_span_id = match &printed.parent {
        Some(parent) => parent.span(),
        None => printed.parent_id.and_then(|id| ids::normalise(id.get(), ids::SPAN)),
    };
    let plain = |raw| Option::map_or(raw, Ok(Attributes::default()), Attributes::from_plain);
    let attributes = plain(printed.attributes)?;
    let workload = Workload::of(&plain(printed.resource.attributes)?, sink);
    let (end, kind, attached) = (printed.end(), printed.kind(), printed.attached());
    let name = printed.name.unwrap_or_default();
    Ok(Some(Span {
        id: span_event_id(trace_id.as_ref(), span_id.as_ref(), json),
        trace_id,
        span_id,
        parent_span_id,
        kind,
        start,
        end,
        error: printed.status.and_then(|status| status.error()),
        operation: Operation::of_named(&name, &attributes),
        name,
        attributes,
        attached,
        scope: None,
        workload: Rc::new(workload),
    }))
}

#[cfg(test)]
mod tests;

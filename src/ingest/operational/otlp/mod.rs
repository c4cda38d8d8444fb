//! OTLP JSON (`otlp`): the file exporter's lines, collectors' dumps, request bodies and the answers of
//! trace stores; traces, logs and metrics. The protobuf encoding arrives here as JSON too.
//!
//! Lenient where emitters are known to differ: ids in any spelling, enums as numbers or names, 64-bit
//! integers as strings or numbers, keys in camel or snake case, unknown fields ignored. A span that
//! cannot be read is set aside alone.

mod logs;
mod metrics;
mod wire;

use std::rc::Rc;

use serde::Deserialize;
use serde_json::value::RawValue;

use self::wire::{ExportRequest, ResourceLogs, ResourceSpans, WireSpan};
use super::genai::{self, Operation, Span, Workload, ids, span_event_id};
use crate::domain::{Discipline, ProblemKind, Text, text};
use crate::ingest::{Document, Format, Shape, Side, Sink};

const ID: &str = "otlp";

pub const FORMAT: Format = Format {
    id: ID,
    title: "OpenTelemetry traces and logs (OTLP, JSON or protobuf)",
    side: Side::Operational,
    says: &[
        (Discipline::Model, "models called, tools offered to them"),
        (Discipline::Behavior, "tool calls, hand-offs and their order, guardrail verdicts"),
    ],
    coverage: "the instrumented workload only; nothing that it does outside its SDK; metrics hold no acts",
    recognises,
    read,
};

/// The keys of the signals, in both spellings.
const SIGNALS: &[&str] = &[
    "resourceSpans",
    "resource_spans",
    "resourceLogs",
    "resource_logs",
    "resourceMetrics",
    "resource_metrics",
];
/// Under which Tempo answers a trace, and what must be in there.
const ANSWERS: &[&str] = &["batches", "trace"];
const SCOPES: &[&str] = &["\"scopeSpans\"", "\"scope_spans\"", "\"instrumentationLibrarySpans\""];

fn recognises(shape: &Shape<'_>) -> bool {
    let is_answer = || {
        ANSWERS.iter().any(|key| shape.has(key))
            && SCOPES.iter().any(|scopes| shape.json().contains(scopes))
    };
    SIGNALS.iter().any(|key| shape.has(key)) || is_answer()
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(outer) = document.parse::<ExportRequest<'_>>(sink) else { return };
    let inner = outer.trace.and_then(|trace| serde_json::from_str(trace.get()).ok());
    for request in std::iter::once(outer).chain(inner) {
        spans(&request.resource_spans.unwrap_or_default(), document, sink);
        let logs: Vec<ResourceLogs<'_>> =
            resources(&request.resource_logs.unwrap_or_default(), document, sink);
        logs::read(&logs, document, sink);
        metrics::read(&request.resource_metrics.unwrap_or_default(), document, sink);
    }
}

/// The resources that can be read; the others are problems.
fn resources<'a, T: Deserialize<'a>>(
    raw: &[&'a RawValue],
    document: &Document<'_>,
    sink: &mut dyn Sink,
) -> Vec<T> {
    let mut resources = Vec::new();
    for raw in raw {
        match serde_json::from_str(raw.get()) {
            Ok(resource) => resources.push(resource),
            Err(error) => {
                let message = format!("a resource: {}", text::visible(&error.to_string()));
                sink.problem(document.problem(ProblemKind::Malformed, message));
            }
        }
    }
    resources
}

fn spans(raw: &[&RawValue], document: &Document<'_>, sink: &mut dyn Sink) {
    let mut spans = Vec::new();
    let resources: Vec<ResourceSpans<'_>> = resources(raw, document, sink);
    for resource in &resources {
        let workload = Rc::new(Workload::of(&resource.resource.attributes, sink));
        for scope in resource.scopes() {
            let name = scope.scope.name().map(|name| sink.intern(name));
            for raw in &scope.spans {
                match serde_json::from_str::<WireSpan<'_>>(raw.get()) {
                    Ok(wire) => match normalise(wire, raw.get(), &name, &workload) {
                        Some(span) => spans.push(span),
                        None => sink.problem(
                            document.problem(ProblemKind::MissingField, "a span without a time"),
                        ),
                    },
                    Err(error) => {
                        let message = format!("a span: {}", text::visible(&error.to_string()));
                        sink.problem(document.problem(ProblemKind::Malformed, message));
                    }
                }
            }
        }
    }
    genai::emit(&spans, ID, document, sink);
}

fn normalise<'a>(
    wire: WireSpan<'a>,
    raw: &str,
    scope: &Option<Text>,
    workload: &Rc<Workload>,
) -> Option<Span<'a>> {
    let start = wire.start.and_then(|time| time.as_time());
    let end = wire.end.and_then(|time| time.as_time());
    let trace_id = wire.trace_id.and_then(|id| ids::normalise(id.get(), ids::TRACE));
    let span_id = wire.span_id.and_then(|id| ids::normalise(id.get(), ids::SPAN));
    let attached = wire.attached();
    let kind = wire.kind();
    let name = wire.name.unwrap_or_default();
    Some(Span {
        id: span_event_id(trace_id.as_ref(), span_id.as_ref(), raw),
        trace_id,
        span_id,
        parent_span_id: wire.parent_span_id.and_then(|id| ids::normalise(id.get(), ids::SPAN)),
        kind,
        error: wire.status.and_then(|status| status.error()),
        start: start.or(end)?,
        end,
        operation: Operation::of_named(&name, &wire.attributes),
        name,
        attributes: wire.attributes,
        attached,
        scope: scope.clone(),
        workload: Rc::clone(workload),
    })
}

#[cfg(test)]
mod tests;

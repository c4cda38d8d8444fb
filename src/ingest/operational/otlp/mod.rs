//! OTLP JSON (`otlp`): the file exporter's lines, collectors' dumps and request bodies, traces and logs.
//!
//! Lenient where emitters are known to differ: ids in any spelling, enums as numbers or names, 64-bit
//! integers as strings or numbers, keys in camel or snake case, unknown fields ignored. A span that
//! cannot be read is set aside alone.

mod logs;
mod wire;

use std::rc::Rc;

use self::wire::{ExportRequest, WireSpan};
use super::genai::{self, Operation, Span, Workload, ids, span_event_id};
use crate::domain::{Discipline, ProblemKind, Text, text};
use crate::ingest::{Document, Format, Shape, Side, Sink};

const ID: &str = "otlp";

pub const FORMAT: Format = Format {
    id: ID,
    title: "OpenTelemetry traces and logs (OTLP JSON)",
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
    ["resourceSpans", "resource_spans", "resourceLogs", "resource_logs"]
        .iter()
        .any(|key| shape.has(key))
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(request) = document.parse::<ExportRequest<'_>>(sink) else { return };
    let mut spans = Vec::new();
    for resource in &request.resource_spans {
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
    logs::read(&request.resource_logs, document, sink);
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
    Some(Span {
        id: span_event_id(trace_id.as_ref(), span_id.as_ref(), raw),
        trace_id,
        span_id,
        parent_span_id: wire.parent_span_id.and_then(|id| ids::normalise(id.get(), ids::SPAN)),
        kind: wire.kind(),
        error: wire.status.and_then(|status| status.error()),
        name: wire.name.unwrap_or_default(),
        start: start.or(end)?,
        end,
        operation: Operation::of(&wire.attributes),
        attributes: wire.attributes,
        scope: scope.clone(),
        workload: Rc::clone(workload),
    })
}

#[cfg(test)]
mod tests;

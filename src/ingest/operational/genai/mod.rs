//! Spans of agent software → events, whichever vocabulary and encoding they came in.
//!
//! `otlp` and `otel-sdk` normalise their spans to [`Span`]; this room reads the vocabularies (the GenAI
//! and MCP conventions of OpenTelemetry old and new, OpenInference, Traceloop and what frameworks add of
//! their own: the table is `facts.rs`) and says what each span was: an agent invoked, a tool or model called, a hand-off, a guardrail, or none of these.

mod attached;
mod attributes;
mod conversation;
mod emit;
mod facts;
pub mod guardrail;
pub mod ids;
mod mapping;
mod offered;
mod operation;
mod origins;
mod params;
pub mod prompt;
mod resource;
mod retrieval;
mod sampling;
mod span_events;
#[cfg(test)]
mod tests;
mod transfer;
mod tree;

pub use attached::{Attached, Link, SpanEvent, dropped};
pub use attributes::{Attribute, Attributes, Value};
pub use emit::emit;
pub use mapping::context_alone;
pub use operation::Operation;
pub use resource::Workload;

use std::rc::Rc;

use jiff::Timestamp;

use crate::domain::{EventId, Text};
use crate::ingest::json::Str;

/// One span, normalised. Ids are lower-case hexadecimal.
pub struct Span<'a> {
    pub id: EventId,
    pub name: Str<'a>,
    pub kind: SpanKind,
    pub trace_id: Option<Text>,
    pub span_id: Option<Text>,
    pub parent_span_id: Option<Text>,
    pub start: Timestamp,
    pub end: Option<Timestamp>,
    /// The status is an error; the message may be empty.
    pub error: Option<Str<'a>>,
    pub attributes: Attributes<'a>,
    pub operation: Operation,
    pub attached: Attached<'a>,
    /// The instrumentation that wrote it.
    pub scope: Option<Text>,
    pub workload: Rc<Workload>,
}

/// The identity of a span as an event. The encodings share it, so that a span exported twice in two
/// ways is one event.
pub fn span_event_id(trace_id: Option<&Text>, span_id: Option<&Text>, otherwise: &str) -> EventId {
    match (trace_id, span_id) {
        (Some(trace), Some(span)) => EventId::of("otlp", &[trace.raw(), span.raw()]),
        _ => EventId::of("otlp", &[otherwise]),
    }
}

/// Which side of a call a span was written on, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanKind {
    Client,
    Server,
    Other,
}

impl SpanKind {
    /// From an enum number or name (`2`, `SPAN_KIND_SERVER`, `SpanKind.SERVER`, `server`).
    pub fn from_json(raw: &str) -> Self {
        let name = raw.trim_matches('"');
        let name = name.rsplit(['.', '_']).next().unwrap_or(name);
        match name {
            "2" => Self::Server,
            "3" => Self::Client,
            name if name.eq_ignore_ascii_case("server") => Self::Server,
            name if name.eq_ignore_ascii_case("client") => Self::Client,
            _ => Self::Other,
        }
    }
}

//! One dated JSON-RPC message → one event.

use jiff::Timestamp;

use super::wire::{AnyResult, CallParameters, Message};
use super::{ID, Sighting, names};
use crate::domain::{Digest, Event, EventId, EventKind, Outcome, Text};
use crate::ingest::json;
use crate::ingest::{Document, Sink};

/// Methods of all revisions of the protocol, by what they begin with.
const METHODS: &[&str] = &[
    "initialize",
    "ping",
    "tools/",
    "resources/",
    "prompts/",
    "notifications/",
    "completion/",
    "logging/",
    "sampling/",
    "roots/",
    "elicitation/",
    "server/",
    "subscriptions/",
];

pub fn is_known(method: &str) -> bool {
    METHODS.iter().any(|known| method.starts_with(known))
}

pub fn emit(
    message: &Message<'_>,
    time: Timestamp,
    sighting: &Sighting,
    document: &Document<'_>,
    sink: &mut dyn Sink,
) {
    let source = sink.intern(ID);
    let id = EventId::of(ID, &["message", &time.to_string(), document.json]);
    let mut event = Event::new(id, time, &source, EventKind::Other, document.place());
    event.principal = sighting.principal.clone();
    event.target = Some(sighting.server.clone());
    event.call_id = message.id.map(|id| call_id(document, id.get()));
    match message.method.as_deref() {
        Some(method) => request(method, message, &mut event, sink),
        None => response(message, &mut event, sink),
    }
    sink.event(event);
}

/// JSON-RPC ids count from one in every session, so they join only within their file.
fn call_id(document: &Document<'_>, id: &str) -> Text {
    format!("{}#{}", names::stem(document.source.file.raw()), id.trim_matches('"')).into()
}

fn request(method: &str, message: &Message<'_>, event: &mut Event, sink: &mut dyn Sink) {
    event.action = Some(sink.intern(&format!("mcp {method}")));
    let params = message.params.map(|params| params.get());
    let Some(params) =
        params.and_then(|json| serde_json::from_str::<CallParameters<'_>>(json).ok())
    else {
        return;
    };
    let traceparent = params.meta.as_ref().and_then(|meta| meta.traceparent.as_deref());
    if let Some((trace, parent)) = traceparent.and_then(trace_context) {
        event.trace_id = Some(trace.to_ascii_lowercase().into());
        event.parent_span_id = Some(parent.to_ascii_lowercase().into());
    }
    if let (true, Some(name)) = (method == "tools/call", &params.name) {
        event.kind = EventKind::ToolCall;
        event.action = Some(sink.intern(name));
        event.target_kind = Some(sink.intern("tool"));
        event.params = params.arguments.map(|raw| json::argument(raw.get()));
    } else if let Some(uri) = &params.uri {
        event.params = Some(serde_json::json!({ "uri": &**uri }).to_string().into());
    }
}

/// Trace and parent span of a W3C `traceparent`.
fn trace_context(traceparent: &str) -> Option<(&str, &str)> {
    let mut parts = traceparent.split('-').skip(1);
    let (trace, parent) = (parts.next()?, parts.next()?);
    (trace.len() == 32 && parent.len() == 16).then_some((trace, parent))
}

/// A failed tool and an unknown one are both normal results that say `isError`.
fn response(message: &Message<'_>, event: &mut Event, sink: &mut dyn Sink) {
    event.action = Some(sink.intern("mcp response"));
    if let Some(error) = &message.error {
        event.outcome = Some(Outcome::Failure);
        event.error = error.message.as_deref().map(|text| Text::new(text));
        return;
    }
    event.outcome = Some(Outcome::Success);
    let Some(raw) = message.result else { return };
    let Ok(result) = serde_json::from_str::<AnyResult<'_>>(raw.get()) else { return };
    let named = result.server.as_ref().and_then(|server| server.name.as_deref());
    if let Some(server) = result.meta.as_ref().and_then(|meta| meta.server()).or(named) {
        event.target = Some(sink.intern(server));
    }
    if let Some(content) = result.content {
        event.kind = EventKind::ToolResult;
        event.action = Some(sink.intern("mcp tools/call"));
        event.output_digest = Some(Digest::of(content.get().as_bytes()));
    }
    if result.is_error == Some(true) {
        event.outcome = Some(Outcome::Failure);
        event.error = Some(sink.intern("tool_error"));
    }
}

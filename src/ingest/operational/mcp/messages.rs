//! One dated JSON-RPC message → one event.

use jiff::Timestamp;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::wire::{Answer, Message, Parameters, Peer};
use super::{ID, Sighting};
use crate::domain::{Digest, Event, EventId, EventKind, Outcome, Text};
use crate::ingest::json::{Str, argument};
use crate::ingest::{Document, Sink};

/// The action of an answer until its request is known.
pub const RESPONSE: &str = "mcp response";

/// Methods of all revisions of the protocol, by what they begin with, and who asks.
const METHODS: &[(&str, Option<Peer>)] = &[
    ("initialize", Some(Peer::Client)),
    ("ping", None),
    ("tools/", Some(Peer::Client)),
    ("resources/", Some(Peer::Client)),
    ("prompts/", Some(Peer::Client)),
    ("notifications/initialized", Some(Peer::Client)),
    ("notifications/roots/", Some(Peer::Client)),
    ("notifications/tools/", Some(Peer::Server)),
    ("notifications/resources/", Some(Peer::Server)),
    ("notifications/prompts/", Some(Peer::Server)),
    ("notifications/subscriptions/", Some(Peer::Server)),
    ("notifications/message", Some(Peer::Server)),
    ("notifications/", None),
    ("completion/", Some(Peer::Client)),
    ("logging/", Some(Peer::Client)),
    ("tasks/", None),
    ("sampling/", Some(Peer::Server)),
    ("roots/", Some(Peer::Server)),
    ("elicitation/", Some(Peer::Server)),
    ("server/", Some(Peer::Client)),
    ("subscriptions/", Some(Peer::Client)),
];

fn method(name: &str) -> Option<&'static (&'static str, Option<Peer>)> {
    METHODS.iter().find(|(start, _)| name.starts_with(start))
}

pub fn is_known(name: &str) -> bool {
    method(name).is_some()
}

/// Who sent a message, as its content shows.
pub fn sender(message: &Message<'_>, answer: Option<&Answer<'_>>) -> Option<Peer> {
    match &message.method {
        Some(name) => method(name)?.1,
        None => answer.map(Answer::sender),
    }
}

pub fn emit(
    message: &Message<'_>,
    answer: Option<&Answer<'_>>,
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
    event.call_id = sighting.call.clone();
    let none = Parameters::default();
    match (message.method.as_deref(), answer) {
        (Some(method), _) => {
            request(method, message.params.as_ref().unwrap_or(&none), &mut event, sink);
        }
        (None, Some(answer)) => {
            response(answer, &mut event, sink);
            event.bytes = message.result.map(|result| result.get().len() as u64);
        }
        (None, None) => failure(message, &mut event, sink),
    }
    sink.event(event);
}

fn request(method: &str, params: &Parameters<'_>, event: &mut Event, sink: &mut dyn Sink) {
    event.action = Some(sink.intern(&format!("mcp {method}")));
    let traceparent = params.meta.traceparent.as_deref();
    if let Some((trace, parent)) = traceparent.and_then(trace_context) {
        event.trace_id = Some(trace.to_ascii_lowercase().into());
        event.parent_span_id = Some(parent.to_ascii_lowercase().into());
    }
    if let ("tools/call", Some(name)) = (method, &params.name) {
        event.kind = EventKind::ToolCall;
        event.action = Some(sink.intern(name));
        event.target_kind = Some(sink.intern("tool"));
        event.params = params.arguments.map(|raw| argument(raw.get()));
        return;
    }
    event.params = asked(params);
}

/// What a request asks for: names and numbers, no texts.
fn asked(params: &Parameters<'_>) -> Option<Text> {
    let text = |text: &Option<Str<'_>>| text.as_deref().map(Value::from);
    let raw = |raw: Option<&RawValue>| serde_json::from_str(raw?.get()).ok();
    let client = params.client_info.as_ref().or(params.meta.client_info.as_ref());
    let protocol = text(&params.protocol_version).or_else(|| text(&params.meta.protocol_version));
    let fields = params
        .requested_schema
        .as_ref()
        .map(|schema| schema.properties.keys().map(|name| Value::from(&**name)).collect::<Value>());
    let members = [
        ("name", text(&params.name)),
        ("uri", text(&params.uri)),
        ("cursor", text(&params.cursor)),
        ("protocolVersion", protocol),
        ("client", client.and_then(|client| text(&client.name))),
        ("clientVersion", client.and_then(|client| text(&client.version))),
        ("notifications", raw(params.notifications)),
        ("requestId", raw(params.request_id)),
        ("messages", params.messages.as_ref().map(|messages| json!(messages.len()))),
        ("maxTokens", params.max_tokens.map(Value::from)),
        ("mode", text(&params.mode)),
        ("url", text(&params.url)),
        ("fields", fields),
    ];
    let members: serde_json::Map<String, Value> =
        members.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect();
    (!members.is_empty()).then(|| Value::Object(members).to_string().into())
}

/// Trace and parent span of a W3C `traceparent`.
fn trace_context(traceparent: &str) -> Option<(&str, &str)> {
    let mut parts = traceparent.split('-').skip(1);
    let (trace, parent) = (parts.next()?, parts.next()?);
    (trace.len() == 32 && parent.len() == 16).then_some((trace, parent))
}

/// A failed tool and an unknown one are both normal results that say `isError`.
fn response(answer: &Answer<'_>, event: &mut Event, sink: &mut dyn Sink) {
    event.action = Some(sink.intern(RESPONSE));
    // A request that must be sent again with more has come to nothing yet.
    let is_open = answer.result_type.as_deref() == Some("input_required");
    event.outcome = (!is_open).then_some(Outcome::Success);
    event.model = answer.model.as_deref().map(|model| sink.intern(model));
    if let Some(content) = answer.content {
        event.output_digest = Some(Digest::of(content.get().as_bytes()));
        if answer.sender() == Peer::Server {
            event.kind = EventKind::ToolResult;
            event.action = Some(sink.intern("mcp tools/call"));
        }
    }
    if answer.is_error == Some(true) {
        event.outcome = Some(Outcome::Failure);
        event.error = Some(sink.intern("tool_error"));
    }
    let needed = answer
        .input_requests
        .iter()
        .map(|(name, asked)| json!({ "name": &**name, "method": &*asked.method }));
    let needed: Vec<Value> = needed.collect();
    let members = [
        ("resultType", answer.result_type.as_deref().map(Value::from)),
        ("action", answer.action.as_deref().map(Value::from)),
        ("inputRequests", (!needed.is_empty()).then_some(Value::Array(needed))),
    ];
    let members: serde_json::Map<String, Value> =
        members.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect();
    if !members.is_empty() {
        event.params = Some(Value::Object(members).to_string().into());
    }
}

fn failure(message: &Message<'_>, event: &mut Event, sink: &mut dyn Sink) {
    event.action = Some(sink.intern(RESPONSE));
    event.outcome = Some(Outcome::Failure);
    let Some(error) = &message.error else { return };
    event.error = error.message.as_deref().map(Text::new);
    event.params = error.code.map(|code| json!({ "code": code }).to_string().into());
}

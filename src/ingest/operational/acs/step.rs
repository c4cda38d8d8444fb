//! One step that an agent announces → one event.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{Message, agbom, blank, kept};
use crate::domain::{Digest, Effect, Event, EventKind, Outcome, Text, origin};
use crate::ingest::members::Members;
use crate::ingest::operational::genai::prompt;
use crate::ingest::{Document, Sink, location};

/// How a step becomes an event.
type Fill = fn(&mut Event, &Members<'_>, &mut dyn Sink);

const STEPS: &[(&str, Fill)] = &[
    ("steps/userMessage", user_message),
    ("steps/agentResponse", agent_response),
    ("steps/agentTrigger", agent_trigger),
    ("steps/toolCallRequest", tool_call),
    ("steps/toolCallResult", tool_result),
    ("steps/knowledgeRetrieval", retrieval),
    ("steps/memoryContextRetrieval", retrieval),
    ("steps/memoryStore", memory_store),
    ("steps/subagentStart", subagent_start),
];

/// Payload members of all other steps that are kept: names, kinds and digests.
const KEPT: &[&str] = &[
    "subagent_session_id",
    "outcome",
    "final_chain_hash",
    "reason",
    "skill_id",
    "skill",
    "digest",
    "load_trigger",
    "load_path",
    "triggered_by",
    "trigger_type",
    "change_reason",
    "methods_implemented",
    "profiles_supported",
    "provenance_producer",
];

pub fn emit(
    message: &Message<'_>,
    params: &Members<'_>,
    time: Timestamp,
    document: &Document<'_>,
    sink: &mut dyn Sink,
) {
    let method = message.method.as_deref().unwrap_or_default();
    let request = params.text(&["request_id"]).unwrap_or_else(|| document.json.into());
    let payload = params.object(&["payload"]).unwrap_or_else(|| params.clone());
    let mut event = blank(&["step", &request], time, params, document, sink);
    event.action = Some(sink.intern(method));
    // Announced to a guardian that can stop it.
    event.inline = Some(true);
    match STEPS.iter().find(|(step, _)| *step == method) {
        Some((_, fill)) => fill(&mut event, &payload, sink),
        None if method.starts_with("protocols/MCP/") => mcp(method, &mut event, &payload, sink),
        None => event.params = Some(kept(&payload, KEPT)),
    }
    if method.starts_with("agbom/") {
        agbom::emit(&event, &payload, document, sink);
    }
    // The session is the trace; a step and its result share the id of the request.
    event.trace_id = event.session.clone();
    event.span_id = match event.kind {
        EventKind::Prompt | EventKind::Other => None,
        _ => event.call_id.clone(),
    };
    sink.event(event);
}

fn user_message(event: &mut Event, payload: &Members<'_>, sink: &mut dyn Sink) {
    event.kind = EventKind::Prompt;
    event.action = Some(sink.intern("prompt"));
    event.params = text(payload).map(|text| prompt::describe(&text).into());
}

fn agent_response(event: &mut Event, payload: &Members<'_>, _: &mut dyn Sink) {
    event.output_digest = text(payload).map(|text| Digest::of(text.as_bytes()));
}

/// The texts of a message: `content: [{"type": "text", "value"}]`.
fn text(payload: &Members<'_>) -> Option<String> {
    let parts = payload.list(&["content"]);
    let texts = parts.iter().filter_map(|part| {
        let part = Members::parse(part.get())?;
        part.text(&["value", "text"]).map(|text| text.into_owned())
    });
    let joined = texts.collect::<Vec<_>>().join("\n");
    let plain = || payload.text(&["content", "message"]).map(|text| text.into_owned());
    Some(joined).filter(|text| !text.is_empty()).or_else(plain)
}

fn agent_trigger(event: &mut Event, payload: &Members<'_>, sink: &mut dyn Sink) {
    event.kind = EventKind::AgentInvoke;
    event.action = Some(sink.intern("invoke_agent"));
    event.target = event.agent.as_ref().map(|agent| agent.name.clone());
    event.target_kind = Some(sink.intern("agent"));
    event.params = Some(kept(payload, &["trigger_type"]));
}

fn tool_call(event: &mut Event, payload: &Members<'_>, sink: &mut dyn Sink) {
    let tool = payload.object(&["tool"]).unwrap_or_default();
    event.kind = EventKind::ToolCall;
    event.action = tool.text(&["name"]).map(|name| sink.intern(&name));
    event.target = tool.text(&["server", "provider"]).map(|server| sink.intern(&server));
    event.target_kind = Some(sink.intern("tool"));
    event.params = Some(arguments(payload));
}

/// `{"arguments": {NAME: {"value", "provenance"}}}` → plain arguments with their origins.
fn arguments(payload: &Members<'_>) -> Text {
    let wrapped = payload.object(&["arguments"]).unwrap_or_default();
    let mut plain = Map::new();
    let mut origins = Vec::new();
    for (name, raw) in wrapped.iter() {
        let argument = Members::parse(raw.get()).filter(|argument| argument.has("value"));
        let value = argument.as_ref().and_then(|argument| argument.raw(&["value"])).unwrap_or(raw);
        plain.insert(name.to_owned(), serde_json::from_str(value.get()).unwrap_or_default());
        let provenance = argument.and_then(|argument| argument.object(&["provenance"]));
        if let Some(provenance) = provenance {
            let said = |key: &str| provenance.text(&[key]).map(|text| text.into_owned());
            origins.push(json!({
                "at": format!("/{}", location::step(name)),
                "origin": said("origin"),
                "source_id": said("source_id"),
                "provenance_id": said("provenance_id"),
            }));
        }
    }
    if origins.is_empty() {
        return Value::from(plain).to_string().into();
    }
    let origin = least_trusted(&origins);
    json!({ "arguments": plain, "origin": origin, "origins": origins }).to_string().into()
}

/// One origin for the call; words that the standard does not know count when there are no others.
fn least_trusted(origins: &[Value]) -> Option<String> {
    let stated = || origins.iter().filter_map(|origin| origin.get("origin")?.as_str());
    let known = stated().filter_map(|word| word.parse().ok());
    let least = origin::least_trusted(known).map(|origin| origin.to_string());
    least.or_else(|| stated().next().map(str::to_owned))
}

fn tool_result(event: &mut Event, payload: &Members<'_>, sink: &mut dyn Sink) {
    let tool = payload.object(&["tool"]).unwrap_or_default();
    event.kind = EventKind::ToolResult;
    event.inline = None;
    event.action = tool.text(&["name"]).map(|name| sink.intern(&name));
    event.call_id = payload.text(&["request_id_ref"]).map(Text::new).or(event.call_id.take());
    event.outcome = match payload.text(&["exit_status"]).as_deref() {
        Some("success") => Some(Outcome::Success),
        Some(_) => Some(Outcome::Failure),
        None => None,
    };
    event.error = payload.text(&["error"]).map(Text::new);
    let milliseconds = payload.number(&["duration_ms"]).and_then(|ms| i64::try_from(ms).ok());
    event.duration = milliseconds.and_then(|ms| ms.checked_mul(1_000_000));
    let outputs = payload.raw(&["outputs", "output"]);
    event.output_digest = outputs.map(|outputs| Digest::of(outputs.get().as_bytes()));
}

fn retrieval(event: &mut Event, payload: &Members<'_>, sink: &mut dyn Sink) {
    store(event, payload, Effect::Read, sink);
    event.target_kind = Some(sink.intern("retrieval"));
}

fn memory_store(event: &mut Event, payload: &Members<'_>, sink: &mut dyn Sink) {
    store(event, payload, Effect::Modify, sink);
    event.target_kind = Some(sink.intern("memory"));
}

/// Knowledge and memory are tools of their store's name.
fn store(event: &mut Event, payload: &Members<'_>, effect: Effect, sink: &mut dyn Sink) {
    let source = payload.object(&["source", "memory_store", "store"]).unwrap_or_default();
    let name = source.text(&["name", "id", "type"]);
    let name = name.or_else(|| payload.text(&["source_id", "memory_store", "source"]));
    event.kind = EventKind::ToolCall;
    if let Some(name) = name {
        event.action = Some(sink.intern(&name));
    }
    event.effect = Some(effect);
}

/// The framework states who handed over to whom: an edge on record, not an inferred one.
fn subagent_start(event: &mut Event, payload: &Members<'_>, sink: &mut dyn Sink) {
    let target = payload.text(&["subagent_id", "subagent_agent_id", "subagent_session_id"]);
    event.kind = EventKind::Handoff;
    event.action = Some(sink.intern("handoff"));
    event.target = target.map(|target| sink.intern(&target));
    event.target_kind = Some(sink.intern("agent"));
    event.params = Some(kept(
        payload,
        &["subagent_session_id", "parent_session_id", "parent_step_id", "intent_derivation"],
    ));
}

/// A message of MCP that the framework shows before it is sent.
fn mcp(method: &str, event: &mut Event, payload: &Members<'_>, sink: &mut dyn Sink) {
    let inner = payload.object(&["params"]).unwrap_or_else(|| payload.clone());
    event.target = payload.text(&["server", "server_name"]).map(|server| sink.intern(&server));
    if method.ends_with("tools/call") {
        event.kind = EventKind::ToolCall;
        event.action = inner.text(&["name"]).map(|name| sink.intern(&name));
        event.target_kind = Some(sink.intern("tool"));
        event.params = inner.raw(&["arguments"]).map(|raw| Text::new(raw.get()));
    }
}

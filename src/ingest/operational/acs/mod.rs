//! The Agent Control Standard of OWASP (`acs`, v0.1): what an agent asked its guardian before it acted,
//! and what the guardian answered.
//!
//! Read are JSON-RPC requests and responses, alone or as `.acs/envelopes.jsonl` logs them
//! (`{"recorded_at", "direction", "method", "envelope"}`), and the entries of the audit chain in
//! `.acs/session-context.jsonl`. Hashes and signatures are kept or named, not verified here.

mod agbom;
mod decision;
mod step;

use jiff::Timestamp;

use crate::domain::{AgentKey, Discipline, Event, EventId, EventKind, ProblemKind, Text};
use crate::ingest::members::Members;
use crate::ingest::{Document, Format, Shape, Side, Sink};

const ID: &str = "acs";

pub const FORMAT: Format = Format {
    id: ID,
    title: "Agent Control Standard (OWASP ACS)",
    side: Side::Operational,
    says: &[
        (Discipline::Model, "the bill of materials that the agent declares at run time"),
        (Discipline::Identity, "agent, session and tenant of every step"),
        (
            Discipline::Behavior,
            "steps before they happen, decisions, hand-offs, origins of arguments",
        ),
    ],
    coverage: "the steps that the agent's framework hooks; a guardian that fails lets them pass \
               unless it says otherwise",
    recognises,
    read,
};

const METHODS: &[&str] = &["steps/", "agbom/", "handshake/", "system/ping", "protocols/"];

fn recognises(shape: &Shape<'_>) -> bool {
    if shape.has("entry_hash") {
        return shape.has("step_type");
    }
    let Some(envelope) = (shape.has("jsonrpc") || shape.has("envelope"))
        .then(|| Members::parse(shape.json()))
        .flatten()
        .map(|document| document.object(&["envelope"]).unwrap_or(document))
    else {
        return false;
    };
    match envelope.text(&["method"]) {
        Some(method) => METHODS.iter().any(|known| method.starts_with(known)),
        None => envelope.object(&["result"]).is_some_and(|result| {
            result.has("acs_version")
                || result.has("negotiated_version")
                || (result.has("decision") && (shape.has("envelope") || result.has("request_id")))
        }),
    }
}

/// One message with what its log says around it.
struct Message<'a> {
    envelope: Members<'a>,
    /// The method, of a response the one that it answers.
    method: Option<std::borrow::Cow<'a, str>>,
    time: Option<Timestamp>,
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(outer) = document.parse::<Members<'_>>(sink) else { return };
    if outer.has("entry_hash") {
        return entry(&outer, document, sink);
    }
    let envelope = outer.object(&["envelope"]).unwrap_or_else(|| outer.clone());
    let params = envelope.object(&["params"]).unwrap_or_default();
    let result = envelope.object(&["result"]).unwrap_or_default();
    let stated = params.time(&["timestamp"]).or_else(|| result.time(&["timestamp"]));
    let message = Message {
        method: envelope.text(&["method"]).or_else(|| outer.text(&["method"])),
        time: stated.or_else(|| outer.time(&["recorded_at", "timestamp"])),
        envelope,
    };
    if message.method.as_deref() == Some("system/ping") {
        return;
    }
    let Some(time) = message.time else {
        let text = "a message without a time; log it with the time it was seen";
        return sink.problem(document.problem(ProblemKind::MissingField, text));
    };
    match message.envelope.has("params") {
        true => step::emit(&message, &params, time, document, sink),
        false => decision::emit(&message, &result, time, document, sink),
    }
}

/// An event with who and where, as far as the metadata of a request says.
fn blank(
    key: &[&str],
    time: Timestamp,
    params: &Members<'_>,
    document: &Document<'_>,
    sink: &mut dyn Sink,
) -> Event {
    let source = sink.intern(ID);
    let id = EventId::of(ID, key);
    let mut event = Event::new(id, time, &source, EventKind::Other, document.place());
    let metadata = params.object(&["metadata"]).unwrap_or_default();
    let agent = metadata.text(&["agent_id"]).map(|agent| sink.intern(&agent));
    event.recorder = Some(source);
    event.agent = agent.map(|agent| AgentKey::new("", "", agent));
    event.session = metadata.text(&["session_id"]).map(|session| sink.intern(&session));
    event.on_behalf_of = metadata.text(&["user_id"]).map(|user| sink.intern(&user));
    event.tenant = params.text(&["tenant_id"]).map(|tenant| sink.intern(&tenant));
    event.call_id = params.text(&["request_id"]).map(Text::new);
    event
}

/// One entry of the audit chain: that a step was recorded, and under which hash.
fn entry(entry: &Members<'_>, document: &Document<'_>, sink: &mut dyn Sink) {
    const KEPT: &[&str] = &[
        "entry_id",
        "step_id",
        "entry_hash",
        "previous_hash",
        "request_hash",
        "provenance_summary",
    ];
    let Some(time) = entry.time(&["timestamp"]) else {
        let message = "an entry of the audit chain without a time";
        return sink.problem(document.problem(ProblemKind::MissingField, message));
    };
    let hash = entry.text(&["entry_hash"]).unwrap_or_default();
    let mut event = blank(&["entry", &hash], time, &Members::default(), document, sink);
    event.session = entry.text(&["session_id"]).map(|session| sink.intern(&session));
    event.call_id = entry.text(&["step_id"]).map(Text::new);
    let step = entry.text(&["step_type"]).unwrap_or_default();
    event.action = Some(sink.intern(&format!("chain {step}")));
    event.params = Some(kept(entry, KEPT));
    sink.event(event);
}

/// Members by name, as they stand.
fn kept(members: &Members<'_>, keys: &[&str]) -> Text {
    let value = |key: &str| serde_json::from_str(members.raw(&[key])?.get()).ok();
    let kept: serde_json::Map<String, serde_json::Value> =
        keys.iter().filter_map(|key| Some(((*key).to_owned(), value(key)?))).collect();
    serde_json::Value::from(kept).to_string().into()
}

#[cfg(test)]
mod tests;

//! The Model Context Protocol as it was seen (`mcp`): what servers advertised, and the messages of
//! recorded sessions, in every revision from 2024-11-05 to 2026-07-28.
//!
//! | shape | read as |
//! |---|---|
//! | `{"tools": […]}` and other bare results | the catalog, dated if there is a `capturedAt` |
//! | JSON-RPC messages | the catalog; other messages only with a time |
//! | `{"ts", "dir", "frame"}` and its spellings (`time`, `direction`, `message`, …) | messages, one a line |
//! | `{"capturedAt", "server", "principal", "result"}` | captures of a catalog |
//!
//! A document is read by itself. What only the file as a whole shows (which answer belongs to which
//! request, what a server calls itself, which pages are one list) is joined by [`Exchanges`]. A server
//! that nobody names is named after the file. A catalog without a time is dated to the epoch and says
//! `undated`; its version label, the file's stem, tells it from others.

mod catalog;
mod exchanges;
mod messages;
mod names;
mod wire;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

pub use self::exchanges::Exchanges;
use self::wire::{Answer, Envelope, Message, Peer};
use crate::domain::{Discipline, ProblemKind, Text};
use crate::ingest::json::Str;
use crate::ingest::{Document, Format, Shape, Side, Sink};

const ID: &str = "mcp";

pub const FORMAT: Format = Format {
    id: ID,
    title: "MCP tool catalogs and messages",
    side: Side::Operational,
    says: &[
        (Discipline::Model, "the catalog and instructions as advertised, version by version"),
        (Discipline::Behavior, "tool calls with their outcome, what servers asked of the client"),
    ],
    coverage: "one server as one client saw it; bare messages without a time show no calls",
    recognises,
    read,
};

/// The only keys of a bare list; configurations and manifests that also list tools have others.
const LIST_KEYS: &[&str] = &[
    "tools",
    "prompts",
    "resources",
    "resourceTemplates",
    "nextCursor",
    "ttlMs",
    "cacheScope",
    "resultType",
    "_meta",
    "capturedAt",
    "server",
    "principal",
];

fn recognises(shape: &Shape<'_>) -> bool {
    if shape.has("jsonrpc") {
        return true;
    }
    let has = |keys: &[&str]| keys.iter().any(|key| shape.has(key));
    if has(&["frame", "message", "payload"]) {
        return has(&["ts", "time", "timestamp", "direction", "dir", "from"])
            && is_frame(shape.json());
    }
    let capture = shape.has("result") && shape.has("capturedAt");
    capture || is_message(shape) || is_result(shape)
}

/// Whether a log line holds a JSON-RPC message.
fn is_frame(json: &str) -> bool {
    #[derive(Deserialize)]
    struct Probe<'a> {
        #[serde(borrow)]
        jsonrpc: Str<'a>,
    }
    serde_json::from_str::<Envelope<'_>>(json)
        .ok()
        .and_then(|envelope| serde_json::from_str::<Probe<'_>>(envelope.frame()?).ok())
        .is_some_and(|probe| &*probe.jsonrpc == "2.0")
}

/// Whether it is a message that does not name its protocol, as in some of the specification's own
/// examples.
fn is_message(shape: &Shape<'_>) -> bool {
    shape.has("method")
        && shape.keys.iter().all(|key| ["id", "method", "params"].contains(&key.as_ref()))
        && serde_json::from_str::<Message<'_>>(shape.json())
            .is_ok_and(|message| message.method.is_some_and(|method| messages::is_known(&method)))
}

/// Whether it is a list of what a server has, or any result since 2026-07-28, which says what type it
/// is.
fn is_result(shape: &Shape<'_>) -> bool {
    let may_be_list =
        !shape.keys.is_empty() && shape.keys.iter().all(|key| LIST_KEYS.contains(&key.as_ref()));
    (may_be_list || shape.has("resultType"))
        && serde_json::from_str::<Answer<'_>>(shape.json()).is_ok_and(|answer| {
            let kind = answer.result_type.as_deref();
            (may_be_list && catalog::is_list(&answer))
                || kind.is_some_and(|kind| ["complete", "input_required"].contains(&kind))
        })
}

/// Where and when a message was seen, as far as its document says.
struct Sighting {
    time: Option<Timestamp>,
    server: Text,
    principal: Option<Text>,
    /// The file's stem: the version label of a catalog that has no time.
    label: Text,
    /// Joins a request and its answer.
    call: Option<Text>,
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(envelope) = document.parse::<Envelope<'_>>(sink) else { return };
    let json = envelope.frame().unwrap_or(document.json);
    let message = match serde_json::from_str::<Message<'_>>(json) {
        Ok(message) => message,
        Err(error) => {
            let message = format!("the message: {error}");
            let at = document.at.clone();
            return sink.problem(document.problem_at(at, ProblemKind::Malformed, &message));
        }
    };
    if message.method.as_deref().is_some_and(|method| !messages::is_known(method)) {
        let message = "a JSON-RPC message that is not of the Model Context Protocol";
        return sink.shared_problem(document.problem(ProblemKind::Unsupported, message));
    }
    let is_bare = message.method.is_none() && message.error.is_none() && message.result.is_none();
    let result = message.result.map(RawValue::get).or(is_bare.then_some(json));
    let answer = match result.map(serde_json::from_str::<Answer<'_>>).transpose() {
        Ok(answer) => answer,
        Err(error) => {
            let message = format!("the result: {error}");
            let at = document.at.clone();
            return sink.problem(document.problem_at(at, ProblemKind::Malformed, &message));
        }
    };
    let file = document.source.file.raw();
    let sender = envelope.sender().or_else(|| messages::sender(&message, answer.as_ref()));
    // Whoever recorded it knows better than the server what it is.
    let named = envelope.server.as_deref().filter(|name| !name.is_empty());
    let own = answer.as_ref().and_then(Answer::server);
    let sighting = Sighting {
        time: envelope.time(),
        server: sink.intern(named.or(own).unwrap_or_else(|| names::server(file))),
        principal: envelope.principal.as_deref().map(|name| sink.intern(name)),
        label: sink.intern(names::stem(file)),
        call: message.id.map(|id| call_id(file, id.get(), sender, message.method.is_some())),
    };
    if let Some(answer) = answer.as_ref().filter(|answer| catalog::describes(answer)) {
        return catalog::emit(answer, &sighting, document, sink);
    }
    match sighting.time {
        Some(time) => messages::emit(&message, answer.as_ref(), time, &sighting, document, sink),
        None => {
            let message = "an MCP message without a time; record it with the time it was seen";
            sink.shared_problem(document.problem(ProblemKind::MissingField, message));
        }
    }
}

/// JSON-RPC ids count from one in every session and on each side, so they join only within their file,
/// and requests of the server stand apart.
fn call_id(file: &str, id: &str, sender: Option<Peer>, is_request: bool) -> Text {
    let asked_by = if is_request { sender } else { sender.map(Peer::other) };
    let side = if asked_by == Some(Peer::Server) { "server:" } else { "" };
    format!("{}#{side}{}", names::stem(file), id.trim_matches('"')).into()
}

#[cfg(test)]
mod tests;

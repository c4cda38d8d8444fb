//! The Model Context Protocol as it was seen (`mcp`): tool catalogs that servers advertised, and the
//! messages of recorded sessions.
//!
//! Read are bare `tools/list` results, JSON-RPC messages, frame logs (`{"ts", "dir", "frame"}`, one
//! message a line), and captures `{"capturedAt", "server", "principal", "result"}`. Every document
//! stands alone: a server that does not name itself is named after the file. A catalog without a time is
//! dated to the epoch and says `undated`; its version label, the file's stem, tells it from others.

mod catalog;
mod messages;
mod names;
mod wire;

use jiff::Timestamp;

use self::wire::{Envelope, Message, ToolsResult};
use crate::domain::{Discipline, ProblemKind, Text};
use crate::ingest::{Document, Format, Shape, Side, Sink};

const ID: &str = "mcp";

pub const FORMAT: Format = Format {
    id: ID,
    title: "MCP tool catalogs and messages",
    side: Side::Operational,
    says: &[
        (Discipline::Model, "the catalog as advertised, version by version"),
        (Discipline::Behavior, "tool calls"),
    ],
    coverage: "one server as one client saw it",
    recognises,
    read,
};

/// The only keys of a bare `tools/list` result; configurations and manifests that also list tools have
/// others.
const RESULT_KEYS: &[&str] = &[
    "tools",
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
    let frame = shape.has("frame") && (shape.has("ts") || shape.has("dir"));
    let capture = shape.has("result") && shape.has("capturedAt");
    let bare =
        shape.has("tools") && shape.keys.iter().all(|key| RESULT_KEYS.contains(&key.as_ref()));
    frame || capture || bare || shape.has("jsonrpc")
}

/// Where and when a message was seen, as far as its document says.
struct Sighting {
    time: Option<Timestamp>,
    server: Text,
    principal: Option<Text>,
    /// The file's stem: the version label of a catalog that has no time.
    label: Text,
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(envelope) = document.parse::<Envelope<'_>>(sink) else { return };
    let file = document.source.file.raw();
    let named = envelope.server.as_deref().unwrap_or_else(|| names::server(file));
    let mut sighting = Sighting {
        time: envelope.time(),
        server: sink.intern(named),
        principal: envelope.principal.as_deref().map(|name| sink.intern(name)),
        label: sink.intern(names::stem(file)),
    };
    if envelope.tools.is_some() {
        let result = ToolsResult {
            tools: envelope.tools,
            next_cursor: envelope.next_cursor,
            meta: envelope.meta,
        };
        return catalog::emit(&result, &mut sighting, document, sink);
    }
    let message = match envelope.frame {
        Some(frame) => frame,
        None => Message {
            id: envelope.id,
            method: envelope.method,
            params: envelope.params,
            result: envelope.result,
            error: envelope.error,
        },
    };
    if let Some(result) = message.tools_result() {
        return catalog::emit(&result, &mut sighting, document, sink);
    }
    if message.method.as_deref().is_some_and(|method| !messages::is_known(method)) {
        let message = "a JSON-RPC message that is not of the Model Context Protocol";
        return sink.problem(document.problem(ProblemKind::Unsupported, message));
    }
    match sighting.time {
        Some(time) => messages::emit(&message, time, &sighting, document, sink),
        None => {
            let message = "an MCP message without a time; record it with the time it was seen";
            sink.problem(document.problem(ProblemKind::MissingField, message));
        }
    }
}

#[cfg(test)]
mod tests;

//! Sessions that Codex keeps under `~/.codex/sessions` (`codex`): `{"timestamp", "type", "payload"}`,
//! one record a line.
//!
//! What the user typed is an `event_msg`; messages of role `user` among the `response_item`s also hold
//! what the client adds and are not read. `turn_context` says under which approval and sandbox policy
//! a turn ran. The tool `spawn_agent` starts a session of its own, which its output names.

use super::disk::{self, REFUSALS};
use super::message;
use super::run::{self, Run};
use super::stem;
use super::step::{Step, What};
use crate::domain::{AgentKey, Digest, Discipline, Event, EventId, EventKind, ProblemKind};
use crate::ingest::members::Members;
use crate::ingest::{Document, Format, Shape, Side, Sink};

const ID: &str = "codex";

pub const FORMAT: Format = Format {
    id: ID,
    title: "Codex sessions",
    side: Side::Operational,
    says: &[
        (Discipline::Model, "models called"),
        (Discipline::Identity, "whose machine, which approval and sandbox policy"),
        (Discipline::Behavior, "prompts, tool calls and refusals"),
    ],
    coverage: "one person's sessions, as the client itself wrote them; counters and reasoning are \
               left out",
    recognises,
    read,
};

/// The tool that starts a sub-agent.
const SPAWN: &str = "spawn_agent";

const TYPES: &[&str] = &["session_meta", "response_item", "event_msg", "turn_context", "compacted"];

fn recognises(shape: &Shape<'_>) -> bool {
    ["timestamp", "type", "payload"].iter().all(|key| shape.has(key))
        && Members::parse(shape.json())
            .and_then(|line| line.text(&["type"]))
            .is_some_and(|kind| TYPES.contains(&&*kind))
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(line) = document.parse::<Members<'_>>(sink) else { return };
    let Some(time) = line.time(&["timestamp"]) else {
        let message = "a line without a time";
        return sink.problem(document.problem(ProblemKind::MissingField, message));
    };
    let kind = line.text(&["type"]).unwrap_or_default();
    let payload = line.object(&["payload"]).unwrap_or_default();
    let file = document.source.file.raw();
    let agent = AgentKey::new("", disk::user(file, None), ID);
    let mut steps = Vec::new();
    match &*kind {
        "session_meta" | "turn_context" => {
            let event = setting(&kind, &payload, time, agent, document, sink);
            return sink.event(event);
        }
        "event_msg" if payload.text(&["type"]).as_deref() == Some("user_message") => {
            let what = payload.text(&["message"]).map(What::Prompt);
            let pointer = "/payload".to_owned();
            steps.extend(what.map(|what| Step { time: None, pointer, author: None, what }));
        }
        "response_item" => {
            if let Some(raw) = line.raw(&["payload"]) {
                message::read(raw, "/payload", &mut steps);
            }
            steps.retain(|step| !matches!(step.what, What::Prompt(_)));
        }
        _ => return,
    }
    for step in &mut steps {
        step.time = Some(time);
        match &mut step.what {
            What::Output(output) => judge(output),
            What::Call(call) if call.name == SPAWN => {
                let arguments = call.arguments().unwrap_or_default();
                let kind = Members::parse(arguments.raw()).and_then(|it| it.text(&["agent_type"]));
                let target = kind.map_or_else(|| SPAWN.into(), |kind| kind.into_owned().into());
                step.what = What::Handoff { target, call: std::mem::take(call) };
            }
            _ => {}
        }
    }
    let run = Run {
        source: ID,
        key: Digest::of(document.json.as_bytes()).to_string(),
        session: Some(session(document).to_owned()),
        agent: Some(agent),
        recorder: Some(ID),
        steps,
        ..Run::default()
    };
    run::emit(&run, document, sink);
}

/// Characters of a session's id.
const UUID: usize = 36;

/// The file is named `rollout-TIME-UUID`.
fn session<'d>(document: &'d Document<'_>) -> &'d str {
    let stem = stem(document);
    stem.len().checked_sub(UUID).and_then(|start| stem.get(start..)).unwrap_or(stem)
}

/// The output of a command is text, or JSON text with its exit code.
fn judge(output: &mut super::step::Output<'_>) {
    let parsed = Members::parse(&output.text).unwrap_or_default();
    let code = parsed.object(&["metadata"]).and_then(|metadata| metadata.number(&["exit_code"]));
    let started = parsed.text(&["agent_id"]).filter(|id| id.len() == UUID);
    output.worker = started.map(|id| id.into_owned().into());
    if let Some(code) = code.filter(|code| *code != 0) {
        output.error = Some(format!("exit code {code}").into());
    }
    let is_refused = REFUSALS.iter().any(|phrase| output.text.starts_with(phrase));
    output.refusal = is_refused.then(|| output.text.clone());
}

/// How a session or a turn was set up.
fn setting(
    kind: &str,
    payload: &Members<'_>,
    time: jiff::Timestamp,
    agent: AgentKey,
    document: &Document<'_>,
    sink: &mut dyn Sink,
) -> Event {
    const KEPT: &[&str] = &[
        "cwd",
        "originator",
        "cli_version",
        "source",
        "model_provider",
        "approval_policy",
        "sandbox_policy",
        "model",
        "effort",
    ];
    let id = EventId::of(ID, &[document.json]);
    let source = sink.intern(ID);
    let mut event = Event::new(id, time, &source, EventKind::Other, document.place());
    event.recorder = Some(source);
    event.agent = Some(agent);
    event.session = Some(sink.intern(session(document)));
    event.action = Some(sink.intern(kind));
    event.model = payload.text(&["model"]).map(|model| sink.intern(&model));
    let params = serde_json::Value::from(disk::context(payload, KEPT));
    event.params = Some(params.to_string().into());
    event
}

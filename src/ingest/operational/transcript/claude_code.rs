//! Sessions that Claude Code keeps under `~/.claude/projects` (`claude-code`), one record a line, and
//! the lines that it prints as `stream-json`.
//!
//! A call and its result stand on different lines and join by `call_id`. The tool `Task` (`Agent` in
//! later versions) hands work to a sub-agent, whose own lines carry its `agentId`, which the result of
//! the call names, or the call itself as `parent_tool_use_id`. Older versions mark them as a sidechain
//! and no more. A refusal by the user, a rule or a hook is the result of the call.

use std::borrow::Cow;

use super::chat::order;
use super::disk::{self, REFUSALS};
use super::message;
use super::run::{self, Run};
use super::step::{Answer, Output, Step, What};
use crate::domain::{AgentKey, Discipline, ProblemKind};
use crate::ingest::members::Members;
use crate::ingest::{Document, Format, Shape, Side, Sink};

const ID: &str = "claude-code";

pub const FORMAT: Format = Format {
    id: ID,
    title: "Claude Code sessions",
    side: Side::Operational,
    says: &[
        (Discipline::Model, "models called"),
        (Discipline::Identity, "whose machine, which permission mode"),
        (Discipline::Behavior, "prompts, tool calls, refusals and hand-offs to sub-agents"),
    ],
    coverage: "one person's sessions, as the client itself wrote them; its own bookkeeping lines \
               (titles, snapshots of files, queues) say nothing",
    recognises,
    read,
};

/// Lines without an id of their own, by the key that tells them.
const BOOKKEEPING: &[&str] = &["leafUuid", "isSnapshotUpdate", "operation"];
/// The tools that start a sub-agent.
const HANDOFFS: &[&str] = &["Task", "Agent"];

fn recognises(shape: &Shape<'_>) -> bool {
    let has_session = shape.has("sessionId") || shape.has("session_id");
    let is_line = has_session && (shape.has("uuid") || shape.path.contains("/.claude/projects/"));
    shape.has("type") && (is_line || BOOKKEEPING.iter().any(|key| shape.has(key)))
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(line) = document.parse::<Members<'_>>(sink) else { return };
    let kind = line.text(&["type"]).unwrap_or_default();
    let mut steps = Vec::new();
    match &*kind {
        "user" | "assistant" => {
            let is_read = line
                .raw(&["message"])
                .is_some_and(|message| message::read(message, "/message", &mut steps));
            if !is_read {
                let message = "a line without a message";
                return sink.problem(document.problem(ProblemKind::MissingField, message));
            }
        }
        "result" => steps.extend(line.list(&["permission_denials"]).into_iter().map(denied)),
        _ => return,
    }
    let time = line.time(&["timestamp"]);
    let is_meta = line.flag(&["isMeta"]) == Some(true);
    let result = line.object(&["toolUseResult"]).unwrap_or_default();
    let worker = result.text(&["agentId"]);
    for step in &mut steps {
        step.time = time;
        adapt(step, is_meta, &worker);
    }
    // What the client says in the model's place is no answer of a model.
    steps.retain(|step| !matches!(&step.what, What::Answer(answer) if is_synthetic(answer)));
    let session = line.text(&["sessionId", "session_id"]).unwrap_or_default();
    let id = line.text(&["uuid"]).unwrap_or_else(|| document.json.into());
    let directory = line.text(&["cwd"]);
    let user = disk::user(document.source.file.raw(), directory.as_deref());
    let mut agent = AgentKey::new("", user, ID);
    let is_sidechain = line.flag(&["isSidechain"]) == Some(true);
    let inner = line.text(&["agentId", "parent_tool_use_id"]);
    let inner = inner.or_else(|| is_sidechain.then_some(Cow::Borrowed("sidechain")));
    agent.inner = inner.map(|inner| sink.intern(&inner));
    let run = Run {
        source: ID,
        key: format!("{session}/{id}"),
        session: Some(session.into_owned()),
        agent: Some(agent),
        recorder: Some(ID),
        started: order(&document.at),
        context: disk::context(&line, &["cwd", "gitBranch", "version", "permissionMode"]),
        steps,
        ..Run::default()
    };
    run::emit(&run, document, sink);
}

fn is_synthetic(answer: &Answer<'_>) -> bool {
    answer.model.as_deref() == Some("<synthetic>")
}

/// What only this client means by a step.
fn adapt<'a>(step: &mut Step<'a>, is_meta: bool, worker: &Option<Cow<'a, str>>) {
    match &mut step.what {
        // Written by the client around commands and reminders, not by the user.
        What::Prompt(text) if is_meta => step.what = What::Instructions(std::mem::take(text)),
        What::Call(call) if HANDOFFS.contains(&&*call.name) => {
            let arguments = call.arguments.and_then(|raw| Members::parse(raw.get()));
            let target = arguments.and_then(|arguments| arguments.text(&["subagent_type"]));
            let target = target.unwrap_or_else(|| call.name.clone());
            step.what = What::Handoff { target, call: std::mem::take(call) };
        }
        What::Output(output) => {
            output.worker.clone_from(worker);
            let is_refused = REFUSALS.iter().any(|phrase| output.text.starts_with(phrase));
            output.refusal = is_refused.then(|| output.text.clone());
        }
        _ => {}
    }
}

/// One of the refusals that are summed up at the end of a printed session.
fn denied(raw: &serde_json::value::RawValue) -> Step<'_> {
    let denial = Members::parse(raw.get()).unwrap_or_default();
    let output = Output {
        id: denial.text(&["tool_use_id"]),
        name: denial.text(&["tool_name"]),
        text: REFUSALS.first().copied().unwrap_or_default().into(),
        ..Output::default()
    };
    Step { time: None, pointer: String::new(), author: None, what: What::Output(output) }
}

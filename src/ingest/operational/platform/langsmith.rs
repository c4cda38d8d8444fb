//! LangSmith runs (`langsmith`): one run, a list of them under `runs`, or a tree by `child_runs`.

use super::{COVERAGE, Exported, Keys, SAYS, emit};
use crate::domain::ProblemKind;
use crate::ingest::members::Members;
use crate::ingest::{Document, Format, Shape, Side, Sink};

const ID: &str = "langsmith";

pub const FORMAT: Format = Format {
    id: ID,
    title: "LangSmith runs",
    side: Side::Operational,
    says: SAYS,
    coverage: COVERAGE,
    recognises,
    read,
};

const KEYS: Keys = Keys {
    trace: &["trace_id"],
    span: &["id"],
    parent: &["parent_run_id"],
    start: &["start_time"],
    end: &["end_time"],
};

/// Runs inside runs are followed this deep: each level is parsed once more.
const DEEPEST: usize = 64;

fn recognises(shape: &Shape<'_>) -> bool {
    let is_page = || {
        let page = Members::parse(shape.json()).unwrap_or_default();
        let first = page.list(&["runs"]).first().and_then(|first| Members::parse(first.get()));
        first.is_some_and(|first| first.has("run_type"))
    };
    (shape.has("run_type") && shape.has("id")) || (shape.has("runs") && is_page())
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(members) = document.parse::<Members<'_>>(sink) else { return };
    let mut waiting: Vec<(&str, usize)> = match members.has("run_type") {
        true => vec![(document.json, 0)],
        false => members.list(&["runs"]).iter().map(|raw| (raw.get(), 0)).rev().collect(),
    };
    let mut spans = Vec::new();
    while let Some((json, depth)) = waiting.pop() {
        let Some(run) = Members::parse(json) else { continue };
        let children = run.list(&["child_runs"]);
        if depth < DEEPEST {
            waiting.extend(children.iter().map(|raw| (raw.get(), depth + 1)).rev());
        } else if !children.is_empty() {
            let message = format!("runs inside runs deeper than {DEEPEST} levels");
            sink.problem(document.problem(ProblemKind::Limit, message));
        }
        spans.push(span(&run, json));
    }
    emit(spans, ID, document, sink);
}

fn span<'a>(run: &Members<'a>, json: &'a str) -> Exported<'a> {
    let mut span = Exported::new(run, json, &KEYS);
    let kind = run.text(&["run_type"]).unwrap_or_default();
    span.operation(&kind);
    if kind == "tool" {
        let name = span.name.to_string();
        span.add("gen_ai.tool.name", Some(name));
    }
    span.error = run.text(&["error"]);
    let extra = run.object(&["extra"]).unwrap_or_default();
    let metadata = extra.object(&["metadata"]).unwrap_or_default();
    let invocation = extra.object(&["invocation_params"]).unwrap_or_default();
    let model = metadata.text(&["ls_model_name"]).or_else(|| invocation.text(MODELS));
    span.add("gen_ai.request.model", model);
    span.add("gen_ai.agent.name", metadata.text(&["lc_agent_name", "agent_name"]));
    span.add("session.id", metadata.text(&["thread_id", "session_id", "conversation_id"]));
    span.add("user.id", metadata.text(&["user_id"]));
    let outputs = run.object(&["outputs"]).unwrap_or_default();
    let called = outputs.object(&["output"]).and_then(|output| output.text(&["tool_call_id"]));
    span.add("gen_ai.tool.call.id", called);
    span.contents(run.raw(&["inputs"]), run.raw(&["outputs"]));
    span.tokens(run.number(&["prompt_tokens"]), run.number(&["completion_tokens"]));
    if let Some(project) = run.text(&["session_name", "project_name"]) {
        span.resource.insert("service.name".to_owned(), project.into());
    }
    span
}

const MODELS: &[&str] = &["model", "model_name"];

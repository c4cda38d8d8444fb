//! Runs of the AgentDojo benchmark (`agentdojo`): one conversation with what the benchmark says of it.
//!
//! `utility` and `security` keep the benchmark's meaning: under an attack `security: true` says that the
//! injected goal was *reached*, without one it says nothing.

use serde_json::json;

use super::run::{self, Invocation, Run};
use super::{messages, numbered, part_of_key};
use crate::domain::{AgentKey, Discipline};
use crate::ingest::members::Members;
use crate::ingest::{Document, Format, Shape, Side, Sink};

const ID: &str = "agentdojo";

pub const FORMAT: Format = Format {
    id: ID,
    title: "AgentDojo benchmark runs",
    side: Side::Operational,
    says: &[
        (Discipline::Model, "models called"),
        (Discipline::Behavior, "prompts, tool calls and the origin of their arguments, in order"),
    ],
    coverage: "one run of one task; order, but no times",
    recognises,
    read,
};

const KEYS: &[&str] = &["suite_name", "pipeline_name", "user_task_id", "messages"];

fn recognises(shape: &Shape<'_>) -> bool {
    KEYS.iter().all(|key| shape.has(key))
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(run) = document.parse::<Members<'_>>(sink) else { return };
    let text = |key: &str| run.text(&[key]).unwrap_or_default();
    let (pipeline, suite) = (text("pipeline_name"), text("suite_name"));
    let mut params = serde_json::Map::new();
    for key in ["user_task_id", "injection_task_id", "attack_type", "utility", "security"] {
        let value = run.raw(&[key]).and_then(|raw| serde_json::from_str(raw.get()).ok());
        params.insert(key.to_owned(), value.unwrap_or_default());
    }
    let duration = text("duration").parse::<f64>().ok();
    let key = ["pipeline_name", "suite_name", "user_task_id", "attack_type", "injection_task_id"];
    let steps = messages(&numbered(run.list(&["messages"]), "/messages"), document, sink);
    let run = Run {
        source: ID,
        key: key.map(|key| part_of_key(&text(key))).join("/"),
        agent: Some(AgentKey::new("", &*pipeline, &*suite)),
        recorder: Some(ID),
        model: Some(pipeline),
        invocation: Some(Invocation {
            params: serde_json::Map::from_iter([("benchmark".to_owned(), json!(params))]),
            duration: duration.map(|seconds| (seconds * 1e9) as i64),
            error: run.text(&["error"]).map(|error| error.into_owned()),
        }),
        steps,
        ..Run::default()
    };
    run::emit(&run, document, sink);
}

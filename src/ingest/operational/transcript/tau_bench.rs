//! Trajectories of tau-bench (`tau-bench`): `{"task_id", "trial", "traj", "reward", "info"}`.
//!
//! The user of these conversations is a model too. The file is named after agent and domain.

use serde_json::json;

use super::run::{self, Invocation, Run};
use super::{messages, numbered, part_of_key, stem};
use crate::domain::{AgentKey, Discipline};
use crate::ingest::members::Members;
use crate::ingest::{Document, Format, Shape, Side, Sink};

const ID: &str = "tau-bench";

pub const FORMAT: Format = Format {
    id: ID,
    title: "tau-bench trajectories",
    side: Side::Operational,
    says: &[(
        Discipline::Behavior,
        "prompts, tool calls and the origin of their arguments, in order",
    )],
    coverage: "one trial of one task; order, but no times",
    recognises,
    read,
};

fn recognises(shape: &Shape<'_>) -> bool {
    ["task_id", "trial", "traj"].iter().all(|key| shape.has(key))
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(trial) = document.parse::<Members<'_>>(sink) else { return };
    let mut params = serde_json::Map::new();
    for key in ["task_id", "trial", "reward"] {
        let value = trial.raw(&[key]).and_then(|raw| serde_json::from_str(raw.get()).ok());
        params.insert(key.to_owned(), value.unwrap_or_default());
    }
    let name = stem(document);
    let text = |key: &str| part_of_key(&trial.text(&[key]).unwrap_or_default());
    let run = Run {
        source: ID,
        key: format!("{name}/{}/{}", text("task_id"), text("trial")),
        agent: Some(AgentKey::new("", ID, name)),
        recorder: Some(ID),
        invocation: Some(Invocation {
            params: serde_json::Map::from_iter([("benchmark".to_owned(), json!(params))]),
            ..Invocation::default()
        }),
        steps: messages(&numbered(trial.list(&["traj"]), "/traj"), document, sink),
        ..Run::default()
    };
    run::emit(&run, document, sink);
}

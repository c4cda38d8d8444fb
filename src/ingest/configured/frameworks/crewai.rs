//! CrewAI: `agents.yaml` (role, goal, tools of each agent) and `tasks.yaml` (which agent does what).

use std::collections::BTreeMap;

use serde_json::Value;

use super::tool;
use crate::domain::configured::{AgentDeclaration, Configured};
use crate::domain::{Discipline, ProblemKind, Text};
use crate::ingest::configured::reading::{
    Object, Reading, digest, flag, pointer, text, text_of, texts,
};
use crate::ingest::{Document, Format, Shape, Side, Sink};

pub const FORMAT: Format = Format {
    id: "crewai",
    title: "CrewAI agents and tasks",
    side: Side::Configured,
    says: &[
        (Discipline::Behavior, "tools of agents and of their tasks, and who may delegate"),
        (Discipline::Model, "the language model of an agent"),
    ],
    coverage: "what the files declare; code that builds the crew may add tools",
    recognises,
    read,
};

const FRAMEWORK: &str = "crewai";

/// Both files are maps of names, so that only the values tell what they are.
fn recognises(shape: &Shape<'_>) -> bool {
    let is_named = ["agents", "tasks"].iter().any(|part| shape.file_name.contains(part));
    is_named
        && shape.kind.is_none()
        && !shape.keys.is_empty()
        && serde_json::from_str::<Object>(shape.json())
            .is_ok_and(|root| root.values().all(is_agent) || root.values().all(is_task))
}

fn is_agent(value: &Value) -> bool {
    value.get("role").is_some() && value.get("goal").is_some()
}

fn is_task(value: &Value) -> bool {
    value.get("description").is_some() && value.get("expected_output").is_some()
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some((mut reading, root)) = Reading::begin(document, sink) else { return };
    match root.values().all(is_agent) {
        true => agents(&mut reading, &root),
        false => tasks(&mut reading, &root),
    }
}

fn agents(reading: &mut Reading<'_>, root: &Object) {
    for (name, value) in root {
        let at = pointer("", name);
        let Some(agent) = value.as_object() else {
            reading.problem(&at, ProblemKind::Malformed, "an agent must be an object");
            continue;
        };
        // Which crew an agent joins is code; the others of its file are whom it can reach.
        let delegates = flag(agent, "allow_delegation") == Some(true);
        let others = root.keys().filter(|other| delegates && *other != name);
        let declaration = AgentDeclaration {
            kind: "CrewAI agent".into(),
            framework: Some(FRAMEWORK.into()),
            name: name.as_str().into(),
            purpose: text_of(agent, &["goal", "role"]),
            model: text(agent, "llm"),
            tools: texts(agent, "tools").into_iter().map(tool).collect(),
            delegates_to: others.map(|other| other.as_str().into()).collect(),
            instructions: digest(agent, "backstory"),
            ..AgentDeclaration::default()
        };
        reading.record(&at, Configured::AgentDeclaration(declaration));
    }
}

/// What tasks add to their agents: the tools that only a task has.
fn tasks(reading: &mut Reading<'_>, root: &Object) {
    let mut added: BTreeMap<Text, Vec<Text>> = BTreeMap::new();
    for task in root.values().filter_map(Value::as_object) {
        if let Some(agent) = text(task, "agent") {
            added.entry(agent).or_default().extend(texts(task, "tools"));
        }
    }
    for (agent, tools) in added.into_iter().filter(|(_, tools)| !tools.is_empty()) {
        let declaration = AgentDeclaration {
            kind: "CrewAI tasks of an agent".into(),
            framework: Some(FRAMEWORK.into()),
            name: agent,
            tools: tools.into_iter().map(tool).collect(),
            ..AgentDeclaration::default()
        };
        reading.record("", Configured::AgentDeclaration(declaration));
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use crate::ingest::configured::tests::read_text;

    #[test]
    fn agents_and_tasks() {
        check(
            "config/agents.yaml",
            "
analyst: {role: Analyst, goal: find, backstory: b, tools: [search, read], llm: m, allow_delegation: true}
writer: {role: Writer, goal: write, backstory: b}
",
            &["analyst m [search read] -> [writer]", "writer - [] -> []"],
        );
        check(
            "config/tasks.yaml",
            "
find: {description: d, expected_output: e, agent: analyst, tools: [crawl]}
tell: {description: d, expected_output: e, agent: writer}
",
            &["analyst - [crawl] -> []"],
        );
    }

    #[test]
    fn other_maps_are_not_claimed() {
        for text in ["a: {role: x}\n", "a: 1\n", "a: {role: x, goal: y}\nb: 1\n"] {
            let found = read_text("agents.yaml", text);
            assert_eq!((found.records.len(), found.problems.len()), (0, 1), "{text}");
        }
    }
}

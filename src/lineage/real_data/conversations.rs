//! Conversations of benchmarks: one agent each, with as many model and tool calls under it as the
//! messages hold. And scripts for stand-in models, in which nobody did anything.

use std::path::Path;

use serde_json::Value;

use super::{drawn, files, read, show};
use crate::domain::Event;
use crate::scope::testing::real_data;

/// Answers and the calls in them, counted in the messages themselves.
fn counted(messages: &Value) -> (usize, usize) {
    let messages = messages.as_array().map(Vec::as_slice).unwrap_or_default();
    let answers = messages.iter().filter(|message| message["role"] == "assistant");
    let calls = answers.clone().filter_map(|answer| answer["tool_calls"].as_array());
    (answers.count(), calls.map(Vec::len).sum())
}

/// Whether the tree is one agent with this many models and tools, all directly under it.
#[track_caller]
fn check(events: &[Event], (answers, calls): (usize, usize), file: &Path) {
    let lines = drawn(events, true);
    let times = |line: &str| line.rsplit_once(" ×").and_then(|(_, times)| times.parse().ok());
    let count = |word: &str| -> usize {
        let of_word = lines.iter().filter(|line| line.starts_with(&format!("  {word} ")));
        of_word.map(|line| times(line).unwrap_or(1)).sum()
    };
    let roots = lines.iter().filter(|line| line.starts_with("agent ")).count();
    assert_eq!(
        (roots, count("model"), count("tool")),
        (1, answers, calls),
        "{}: {lines:?}",
        file.display()
    );
}

#[test]
fn runs_of_agentdojo_are_one_agent_each() {
    let mut runs = 0;
    for file in files(&real_data("agentdojo-dev/runs")) {
        let run: Value =
            serde_json::from_slice(&std::fs::read(&file).expect("a readable file")).expect("JSON");
        check(&read(&file), counted(&run["messages"]), &file);
        runs += 1;
    }
    show(&format!("{runs} runs of AgentDojo are one agent with its calls"));
}

#[test]
fn trajectories_of_tau_bench_are_one_agent_each() {
    let mut trajectories = 0;
    for file in files(&real_data("tau-bench")) {
        let listed: Value =
            serde_json::from_slice(&std::fs::read(&file).expect("a readable file")).expect("JSON");
        let events = read(&file);
        for trial in listed.as_array().map(Vec::as_slice).unwrap_or_default() {
            let session = format!("/{}/{}", trial["task_id"], trial["trial"]);
            let is_of_trial = |event: &&Event| {
                event.session.as_ref().is_some_and(|name| name.raw().ends_with(&session))
            };
            let own: Vec<Event> = events.iter().filter(is_of_trial).cloned().collect();
            check(&own, counted(&trial["traj"]), &file);
            trajectories += 1;
        }
    }
    show(&format!("{trajectories} trajectories of tau-bench are one agent with its calls"));
}

#[test]
fn scripts_for_stand_in_models_draw_nothing() {
    let mut scripts = 0;
    for folder in ["go/core/test/e2e/mocks", "go/adk/pkg/agent/testdata"] {
        for file in files(&real_data("k8s-kagent").join(folder)) {
            let name = file.file_name().map(|name| name.to_string_lossy().into_owned());
            if name.is_some_and(|name| name.starts_with("invoke_") || name.starts_with("mock_")) {
                assert_eq!(drawn(&read(&file), true), [""; 0], "{}", file.display());
                scripts += 1;
            }
        }
    }
    show(&format!("{scripts} scripts draw nothing"));
}

//! Stories of real runs: nothing is lost, and two runs part where their own files say.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

use rustc_hash::FxHashMap;
use serde_json::Value;

use super::super::testing::AsGiven;
use super::compare::compare;
use super::{Input, build};
use crate::domain::{Digest, Event, EventKind, Lane, Text};
use crate::ingest::{self, Collected, Source};
use crate::scope::testing::real_data;

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let files = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().flatten();
    let files = files.filter(|entry| entry.file_type().is_file());
    let read = |entry: walkdir::DirEntry| {
        let bytes = std::fs::read(entry.path()).expect("readable");
        (entry.path().to_string_lossy().into_owned(), bytes)
    };
    files.map(read).collect()
}

fn events(name: &str, bytes: &[u8]) -> Vec<Event> {
    let mut sink = Collected::default();
    let source = Source::new(Digest::of(bytes), name);
    ingest::read(&source, &mut { bytes }, &mut sink, &mut |_| ControlFlow::Continue(()));
    sink.events
}

/// Every event of a file in exactly one entry, in order.
#[expect(clippy::print_stderr, reason = "says how many real cases ran")]
#[track_caller]
fn check(folder: &str) {
    let (mut stories, mut told, mut entries) = (0, 0, 0);
    for (name, bytes) in files(&real_data(folder)) {
        let events = events(&name, &bytes);
        let ids: std::collections::BTreeSet<_> = events.iter().map(|event| event.id).collect();
        let story = build(Input {
            events,
            links: Vec::new(),
            cited: &FxHashMap::default(),
            notes: Vec::new(),
            coverage: &[],
            attribution: &AsGiven,
        });
        let mut expanded: Vec<u32> =
            story.entries.iter().flat_map(|entry| entry.body.events()).copied().collect();
        expanded.sort_unstable();
        assert!(expanded.iter().copied().eq(0..super::position(ids.len())), "{name}");
        assert!(story.events.is_sorted_by_key(|event| event.time), "{name}");
        stories += usize::from(!ids.is_empty());
        told += ids.len();
        entries += story.entries.len();
    }
    eprintln!("{folder}: {stories} stories, {told} events in {entries} entries");
}

#[test]
fn stories_of_real_files_lose_nothing() {
    for folder in [
        "agentdojo-dev/runs",
        "tau-bench",
        "otel-langfuse-frameworks",
        "otel-openinference-fixtures",
        "produced-by-sdks",
        "runtime-tetragon",
        "cloudtrail-stratus",
        "k8s-audit-falco",
    ] {
        check(folder);
    }
}

/// The functions that a run calls, as its file says.
fn functions(run: &Value) -> Vec<String> {
    let messages = run["messages"].as_array().into_iter().flatten();
    let calls = messages.flat_map(|message| message["tool_calls"].as_array().into_iter().flatten());
    calls.map(|call| call["function"].as_str().unwrap_or_default().to_owned()).collect()
}

/// A run under attack against the run of the same task without: before they part both called the same
/// functions, and the next are others.
#[expect(clippy::print_stderr, reason = "says how many real cases ran")]
#[test]
fn runs_under_attack_part_from_clean_ones_where_their_files_say() {
    let mut clean: BTreeMap<String, (Vec<String>, Vec<Event>)> = BTreeMap::new();
    let mut attacked = Vec::new();
    for (name, bytes) in files(&real_data("agentdojo-dev/runs")) {
        let Ok(run) = serde_json::from_slice::<Value>(&bytes) else { continue };
        let key = format!("{}/{}/{}", run["pipeline_name"], run["suite_name"], run["user_task_id"]);
        let read = (functions(&run), events(&name, &bytes));
        match run["attack_type"].as_str() {
            None | Some("none") => drop(clean.insert(key, read)),
            Some(_) => attacked.push((key, name, read)),
        }
    }
    let (mut compared, mut parted) = (0, 0);
    for (key, name, (functions, events)) in attacked {
        let Some((clean_functions, clean_events)) = clean.get(&key) else { continue };
        let same = functions.iter().zip(clean_functions).take_while(|(a, b)| a == b).count();
        let calls = |events: &[Event]| -> Vec<Event> {
            events.iter().filter(|event| event.kind == EventKind::ToolCall).cloned().collect()
        };
        let comparison = compare(calls(clean_events), calls(&events));
        let is_same = functions == *clean_functions;
        let parts_at = (!is_same).then_some(same);
        assert_eq!(comparison.diverges_at, parts_at, "{name}");
        // With prompts, model calls and results between them the calls part no later.
        let whole = compare(clean_events.clone(), events);
        let until = whole.diverges_at.unwrap_or(whole.rows.len());
        let tools = whole
            .rows
            .iter()
            .take(until)
            .filter(|row| row.left.as_ref().is_some_and(|step| step.lane == Lane::Tool));
        let named = |id| clean_events.iter().find(|event| event.id == id);
        let called = tools.filter_map(|row| named(row.left.as_ref()?.event));
        let called = called.filter(|event| event.kind == EventKind::ToolCall);
        let called: Vec<&str> =
            called.filter_map(|event| event.action.as_ref().map(Text::raw)).collect();
        assert!(called.len() <= same, "{name}");
        assert!(called.iter().zip(&functions).all(|(a, b)| a == b), "{name}");
        compared += 1;
        parted += usize::from(!is_same);
    }
    eprintln!("agentdojo-dev: {compared} pairs of runs compared, {parted} part in their calls");
}

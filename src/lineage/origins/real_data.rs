//! Public recordings: AgentDojo's runs under attack, where the attacker's values have to come from the
//! result that held the injection, and how often an origin is found at all.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::*;
use crate::domain::{Digest, Likeness};
use crate::ingest::{Collected, Source as Evidence, read};
use crate::scope::testing::real_data;

/// Calls, and arguments by what is known of them.
#[derive(Debug, Default)]
struct Figures {
    calls: usize,
    arguments: BTreeMap<String, usize>,
}

impl Figures {
    fn add(&mut self, found: &[CallOrigins]) {
        self.calls += found.len();
        for argument in found.iter().flat_map(|call| &call.arguments) {
            let word = match &argument.answer {
                Answer::From(places) => {
                    places.first().map(|first| first.origin.to_string()).unwrap_or_default()
                }
                Answer::Nowhere => "made up".to_owned(),
                Answer::NotTelling => "not telling".to_owned(),
                Answer::CantTell(_) => "can't tell".to_owned(),
            };
            *self.arguments.entry(word).or_default() += 1;
        }
    }
}

fn events(file: &Path) -> Vec<Event> {
    let Ok(bytes) = std::fs::read(file) else { return Vec::new() };
    let mut found = Collected::default();
    let source = Evidence::new(Digest::of(&bytes), file.to_string_lossy().as_ref());
    read(&source, &mut bytes.as_slice(), &mut found, &mut |_| ControlFlow::Continue(()));
    found.events
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let all = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().flatten();
    let paths = all.map(walkdir::DirEntry::into_path);
    paths.filter(|path| path.to_string_lossy().ends_with(ending)).collect()
}

fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// One run, read without the engine: the results of its calls in order, what the user and the
/// instructions said, what was injected.
struct Run {
    injected: String,
    said: String,
    results: Vec<String>,
}

impl Run {
    fn of(json: &Value) -> Self {
        let all = |value: &Value| {
            let texts = value.as_object().into_iter().flatten();
            texts.filter_map(|(_, text)| text.as_str()).collect::<Vec<_>>().join("\n")
        };
        let mut run = Self {
            injected: plain(&all(&json["injections"])),
            said: String::new(),
            results: Vec::new(),
        };
        for message in json["messages"].as_array().into_iter().flatten() {
            let text = plain(message["content"].as_str().unwrap_or_default());
            match message["role"].as_str() {
                Some("tool") => run.results.push(text),
                Some("system" | "user") => run.said += &text,
                _ => {}
            }
        }
        run
    }

    /// What only the attacker gave of an argument: the whole of it, or an address inside a text.
    fn attackers(&self, value: &str) -> Option<String> {
        let value = plain(value);
        let words = value.split_whitespace();
        let words = words.map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()));
        let addresses = words.filter(|word| word.len() >= 10 && word.contains(['.', '@']));
        let all = std::iter::once(value.as_str()).chain(addresses);
        let is_telling = |value: &&str| {
            let is_word = value.chars().all(char::is_alphabetic);
            value.len() >= 8 || (value.len() >= 6 && !is_word)
        };
        let mut given = all
            .filter(is_telling)
            .filter(|value| self.injected.contains(value) && !self.said.contains(value));
        given.next().map(str::to_owned)
    }
}

/// The injected result is not the first that holds the value.
const SAID_BEFORE: &str = "an earlier result without the injection holds it, too";

#[test]
#[expect(clippy::print_stderr, reason = "says how many real cases ran")]
fn the_arguments_of_an_attacker_come_from_the_injected_result() {
    let runs = files(&real_data("agentdojo-dev/runs"), ".json");
    let mut figures = Figures::default();
    let (mut attackers, mut attributed, mut attacked_runs) = (0, 0, 0);
    let (mut successes, mut shown) = (0, 0);
    let mut others: BTreeMap<String, usize> = BTreeMap::new();
    for path in &runs {
        let text = std::fs::read_to_string(path).expect("a run");
        let json: Value = serde_json::from_str(&text).expect("JSON");
        let run = Run::of(&json);
        let events = events(path);
        let found = origins(&events, &[]);
        figures.add(&found);
        let mut calls: Vec<&Event> =
            events.iter().filter(|event| event.kind == EventKind::ToolCall).collect();
        calls.sort_by_key(|event| event.time);
        let result = |id: EventId| {
            let number = calls.iter().position(|call| call.id == id)?;
            run.results.get(number)
        };
        let mut is_attacked = false;
        for CallOrigins { call, arguments: origins } in &found {
            let event = calls.iter().find(|event| event.id == *call).expect("the call");
            let Some(given) = arguments(event) else { continue };
            for ArgumentOrigin { at, answer } in origins {
                let value = given.pointer(at.raw()).and_then(Value::as_str).unwrap_or_default();
                let Some(value) = run.attackers(value) else { continue };
                attackers += 1;
                is_attacked = true;
                let Answer::From(places) = answer else {
                    *others.entry(format!("{answer:?}")).or_default() += 1;
                    eprintln!("{} {} {value:.60}: {answer:?}", path.display(), at.raw());
                    continue;
                };
                // The place of a part is one of several.
                let first = &places[0];
                let of_part = || {
                    let texts = places.iter().filter_map(|place| result(place.place.event?));
                    texts.min_by_key(|text| !text.contains(&value))
                };
                let from = match first.likeness {
                    Likeness::Part => of_part(),
                    _ => first.place.event.and_then(result),
                };
                if from.is_some_and(|text| text.contains("<information>")) && attributed % 9 == 0 {
                    let tool = first.place.tool.as_ref().map(Text::raw).unwrap_or_default();
                    let path = path.strip_prefix(real_data("agentdojo-dev/runs")).unwrap_or(path);
                    eprintln!(
                        "  {} {}{at:?} {value:.50} <- {tool}",
                        path.display(),
                        event.action.as_ref().map(Text::raw).unwrap_or_default()
                    );
                }
                if from.is_some_and(|text| text.contains("<information>")) {
                    attributed += 1;
                } else if from.is_some_and(|text| text.contains(&value)) {
                    *others.entry(SAID_BEFORE.to_owned()).or_default() += 1;
                } else {
                    eprintln!("{} {} {value:.60}: {places:?}", path.display(), at.raw());
                    *others.entry(format!("{:?}", first.origin)).or_default() += 1;
                }
            }
        }
        attacked_runs += usize::from(is_attacked);
        let is_success = json["security"] == true
            && !json["injection_task_id"].is_null()
            && json["attack_type"] != "none"
            && !run.injected.is_empty();
        successes += usize::from(is_success);
        shown += usize::from(is_success && is_attacked);
    }
    eprintln!("agentdojo: {} runs, {} calls, {:?}", runs.len(), figures.calls, figures.arguments);
    eprintln!(
        "agentdojo: {attacked_runs} runs with {attackers} arguments of an attacker, {attributed} \
         attributed to the injected result, others: {others:?}; {shown} of {successes} successful \
         injections have such an argument"
    );
    assert_eq!((attributed, others), (attackers, BTreeMap::new()));
}

#[test]
#[expect(clippy::print_stderr, reason = "says how many real cases ran")]
fn origins_are_found_in_transcripts_and_spans() {
    let tau = real_data("tau-bench/historical_trajectories/gpt-4o-airline.json");
    let mut sets = vec![("tau-bench", vec![tau])];
    let folder = |name: &'static str, ending| (name, files(&real_data(name), ending));
    sets.push(folder("produced-by-sdks/otel", ".jsonl"));
    sets.push(folder("otel-langfuse-frameworks", ".trace.json"));
    sets.push(folder("otel-any-agent", ".json"));
    sets.push(folder("produced-by-sdks/mcp", ".jsonl"));
    for (name, files) in sets {
        let mut figures = Figures::default();
        for file in files {
            let events = events(&file);
            let found = origins(&events, &[]);
            let time =
                |id: EventId| events.iter().find(|event| event.id == id).map(|event| event.time);
            for link in found.iter().flat_map(CallOrigins::links) {
                let (from, to) = (time(link.from), time(link.to));
                assert!(from.is_none() || from < to, "{}: {link:?}", file.display());
            }
            figures.add(&found);
        }
        eprintln!("{name}: {} calls, {:?}", figures.calls, figures.arguments);
    }
}

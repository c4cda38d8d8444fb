//! The transcripts: labels beside the runs that the product's own reader and observer make of them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use diptych::domain::{AgentKey, Attribution, Digest, Event, Text};
use diptych::ingest::{self, Collected};
use diptych::profile::{Observation, Observer, Run, Settings};
use serde_json::Value;

use super::capture::Capture;

/// What the benchmark says of a run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label {
    pub suite: String,
    pub pipeline: String,
    pub user_task: String,
    pub injection_task: String,
    pub attack: String,
    pub set: Set,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Set {
    Benign,
    /// Under an attack whose goal was reached.
    Achieved,
    Resisted,
    /// The attacker's goal, asked by the user.
    Authorised,
}

impl Set {
    pub fn word(self) -> &'static str {
        match self {
            Self::Benign => "benign",
            Self::Achieved => "achieved",
            Self::Resisted => "resisted",
            Self::Authorised => "authorised",
        }
    }
}

/// One run with its label.
#[derive(Clone, Debug)]
pub struct Sample {
    pub label: Label,
    pub run: Run,
}

/// All runs of a folder, in the order of their labels.
pub struct Data {
    pub samples: Vec<Sample>,
    pub observation: Observation,
    pub events: Vec<Event>,
}

/// Keys are as the transcripts give them.
struct AsGiven;

impl Attribution for AsGiven {
    fn canonical(&self, key: &AgentKey) -> AgentKey {
        key.clone()
    }

    fn agents_of(&self, _: &Text, _: &Text, _: Option<&Text>) -> Vec<AgentKey> {
        Vec::new()
    }
}

/// Reads every `*.jsonl.zst` below a folder.
pub fn read(folder: &Path, capture: Capture) -> Data {
    let mut labels = BTreeMap::new();
    let mut events = Vec::new();
    for file in files(folder, ".jsonl.zst") {
        let bytes = File::open(&file).expect("a readable file");
        let lines = BufReader::new(zstd::Decoder::new(bytes).expect("zstd")).lines();
        let mut text = String::new();
        for line in lines {
            let mut transcript: Value =
                serde_json::from_str(&line.expect("UTF-8")).expect("one transcript a line");
            let Some(label) = label(&transcript) else { continue };
            labels.insert(session(&transcript), label);
            capture.transcript(&mut transcript);
            text.push_str(&transcript.to_string());
            text.push('\n');
        }
        events.extend(through_the_reader(&file.to_string_lossy(), text.as_bytes()));
    }
    let observation = observe(&events);
    let mut samples = Vec::new();
    for run in observation.runs.values().flatten() {
        if let Some(label) = labels.get(run.id.raw()) {
            let mut run = run.clone();
            capture.run(&mut run);
            samples.push(Sample { label: label.clone(), run });
        }
    }
    samples.sort_by(|a, b| (&a.label, &a.run.id).cmp(&(&b.label, &b.run.id)));
    Data { samples, observation, events }
}

/// The trials of tau-bench: benign, one suite per file.
pub fn read_tau(folder: &Path, capture: Capture) -> Data {
    let mut events = Vec::new();
    for file in files(folder, ".json") {
        let text = std::fs::read(&file).expect("a readable file");
        let mut trials: Value = serde_json::from_slice(&text).expect("JSON");
        for trial in trials.as_array_mut().into_iter().flatten() {
            capture.transcript(trial);
        }
        let text = trials.to_string();
        events.extend(through_the_reader(&file.to_string_lossy(), text.as_bytes()));
    }
    let observation = observe(&events);
    let mut samples = Vec::new();
    for run in observation.runs.values().flatten() {
        let mut parts = run.id.raw().rsplitn(3, '/');
        let (trial, task) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
        let label = Label {
            suite: parts.next().unwrap_or("").to_owned(),
            pipeline: trial.to_owned(),
            user_task: task.to_owned(),
            injection_task: String::new(),
            attack: String::new(),
            set: Set::Benign,
        };
        let mut run = run.clone();
        capture.run(&mut run);
        samples.push(Sample { label, run });
    }
    samples.sort_by(|a, b| (&a.label, &a.run.id).cmp(&(&b.label, &b.run.id)));
    Data { samples, observation, events }
}

pub fn observe(events: &[Event]) -> Observation {
    let settings = Settings { runs_kept: 100_000, ..Settings::default() };
    let mut observer = Observer::new(&AsGiven, settings);
    for event in events {
        observer.observe(event);
    }
    observer.finish()
}

fn through_the_reader(file: &str, mut bytes: &[u8]) -> Vec<Event> {
    let source = ingest::Source::new(Digest::of(bytes), file);
    let mut found = Collected::default();
    ingest::read(&source, &mut bytes, &mut found, &mut |_| ControlFlow::Continue(()));
    found.events
}

fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    walkdir::WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter()
        .flatten()
        .map(walkdir::DirEntry::into_path)
        .filter(|path| path.to_string_lossy().ends_with(end))
        .collect()
}

/// `None` for runs that say nothing: an error, or an attack whose goal is the lack of utility.
fn label(run: &Value) -> Option<Label> {
    let text = |key: &str| run.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (user_task, attack) = (text("user_task_id"), text("attack_type"));
    let achieved = run.get("security").and_then(Value::as_bool).unwrap_or(false);
    if !run.get("error").is_none_or(Value::is_null) || attack.ends_with("dos") {
        return None;
    }
    let set = match (attack.is_empty(), user_task.starts_with("injection_task"), achieved) {
        (true, false, _) => Set::Benign,
        (true, true, _) => Set::Authorised,
        (false, _, true) => Set::Achieved,
        (false, _, false) => Set::Resisted,
    };
    Some(Label {
        suite: text("suite_name"),
        pipeline: text("pipeline_name"),
        user_task,
        injection_task: text("injection_task_id"),
        attack,
        set,
    })
}

/// The id of a run's session, as the reader spells it.
fn session(run: &Value) -> String {
    ["pipeline_name", "suite_name", "user_task_id", "attack_type", "injection_task_id"]
        .map(|key| match run.get(key).and_then(Value::as_str).unwrap_or_default() {
            "" => "none".to_owned(),
            part => part.replace('/', "%2F"),
        })
        .join("/")
}

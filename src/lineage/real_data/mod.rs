//! Trees of real public traces, against drawings made from the records by hand.
//!
//! Each file under `golden/` names the files it was drawn from and what an analyst sees in them. They
//! are checked against the records, never against what the code says.

mod conversations;

use std::path::Path;

use rustc_hash::FxHashSet;

use super::spans::{Names, SpanReader};
use super::testing::AsGiven;
use super::tree::{self, Context, agents_only};
use crate::domain::{DelegationNode, Digest, EdgeBasis, Event, EventKind};
use crate::ingest::{self, Collected, Source};
use crate::scope::testing::real_data;

macro_rules! golden {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("golden/", $name, ".txt")))),*]
    };
}

const DRAWINGS: &[(&str, &str)] = golden![
    "any-agent-langchain",
    "any-agent-openai",
    "any-agent-smolagents",
    "crewai",
    "google-adk",
    "google-gemini",
    "koog",
    "langgraph",
    "openai-agents",
    "openinference-attributes",
    "pydantic-ai",
    "sdk-supervisor",
    "sdk-support-desk",
    "tetragon-golden-signals",
    "tetragon-host-namespace",
    "tetragon-lifecycle",
    "tetragon-testdata",
    "vercel-all-spans",
    "vercel-one-by-one",
    "vertex-ai",
];

/// Folders of which every trace is drawn.
const FOLDERS: &[&str] =
    &["otel-langfuse-frameworks", "otel-any-agent", "otel-openinference-fixtures"];

/// Files in them that are no trace.
const NO_TRACES: &[(&str, &str)] = &[
    ("capture-results.json", "the log of a test run: which functions it called"),
    ("spans-by-operation.json", "the spans of all-spans.json once more, by function: no export"),
];

/// What a drawing says: its files, whether plumbing is in it, and the tree.
struct Drawing {
    files: Vec<&'static str>,
    is_whole: bool,
    tree: Vec<&'static str>,
}

impl Drawing {
    fn parse(text: &'static str) -> Self {
        let (head, tree) = text.split_once("\n\n").unwrap_or((text, ""));
        Self {
            files: head.lines().filter_map(|line| line.strip_prefix("from ")).collect(),
            is_whole: head.lines().any(|line| line == "view all"),
            tree: tree.lines().collect(),
        }
    }
}

fn read(path: &Path) -> Vec<Event> {
    let bytes = std::fs::read(path).expect("a readable file");
    let source = Source::new(Digest::of(&bytes), &*path.to_string_lossy());
    let mut collected = Collected::default();
    let mut go_on = |_| std::ops::ControlFlow::Continue(());
    ingest::read(&source, &mut &*bytes, &mut collected, &mut go_on);
    collected.events
}

/// The nodes of the trees of all events, as a person would note them: a word for the kind, the name,
/// how the edge is known unless it is recorded, and equal lines once with their number.
fn drawn(events: &[Event], is_whole: bool) -> Vec<String> {
    let mut reader = SpanReader::new(&AsGiven);
    let spans = events.iter().filter_map(|event| reader.read(event)).collect();
    let names = reader.names();
    let forest = super::forest(spans, names);
    let context = Context { accounts: &[], cited: &FxHashSet::default() };
    let whole = tree::build(&forest, &context).nodes;
    let nodes = if is_whole { whole } else { agents_only(whole) };
    let mut lines: Vec<(String, usize)> = Vec::new();
    for node in &nodes {
        let line = line(node, names);
        match lines.last_mut().filter(|(last, _)| node.size == 1 && *last == line) {
            Some((_, times)) => *times += 1,
            None => lines.push((line, 1)),
        }
    }
    let shown = |(line, times): (String, usize)| match times {
        1 => line,
        times => format!("{line} ×{times}"),
    };
    lines.into_iter().map(shown).collect()
}

fn line(node: &DelegationNode, names: Names<'_>) -> String {
    let kind = match node.kind {
        EventKind::AgentInvoke => "agent",
        EventKind::ToolCall => "tool",
        EventKind::ModelCall => "model",
        EventKind::Handoff => "handoff",
        EventKind::Exec => "process",
        _ => "·",
    };
    let edge = match node.edge {
        EdgeBasis::Root | EdgeBasis::Recorded => String::new(),
        EdgeBasis::Structural { rule } => format!(" [structural: {rule}]"),
        EdgeBasis::Inferred { rule } => format!(" [inferred: {rule}]"),
        EdgeBasis::Orphan => " (orphan)".to_owned(),
    };
    format!("{}{kind} {}{edge}", "  ".repeat(node.depth as usize), names.raw(node.label))
}

#[test]
fn trees_are_as_drawn() {
    let (mut drawings, mut files, mut nodes) = (0, 0, 0);
    for (name, text) in DRAWINGS {
        let drawing = Drawing::parse(text);
        let paths: Vec<_> = drawing.files.iter().map(|file| real_data(file)).collect();
        if !paths.iter().all(|path| path.exists()) {
            continue;
        }
        let events: Vec<Event> = paths.iter().flat_map(|path| read(path)).collect();
        let found = drawn(&events, drawing.is_whole);
        assert_eq!(found, drawing.tree, "{name}");
        let reversed: Vec<Event> = events.iter().rev().chain(&events).cloned().collect();
        assert_eq!(drawn(&reversed, drawing.is_whole), found, "{name}: order and repetition");
        (drawings, files, nodes) = (drawings + 1, files + paths.len(), nodes + found.len());
    }
    show(&format!("{drawings} drawings of {files} files agree in {nodes} lines"));
}

#[test]
fn every_trace_is_drawn() {
    let drawn: Vec<&str> =
        DRAWINGS.iter().flat_map(|(_, text)| Drawing::parse(text).files).collect();
    for folder in FOLDERS {
        for file in files(&real_data(folder)) {
            let is_drawn = drawn.iter().any(|drawn| file.ends_with(drawn));
            let is_no_trace = NO_TRACES.iter().any(|(name, _)| file.ends_with(name));
            assert!(is_drawn || is_no_trace, "{}", file.display());
        }
    }
}

/// The JSON files of a folder that may not be there.
fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = walkdir::WalkDir::new(folder).into_iter().filter_map(Result::ok);
    let is_json = |path: &Path| path.extension().is_some_and(|kind| kind == "json");
    entries.map(walkdir::DirEntry::into_path).filter(|path| is_json(path)).collect()
}

#[expect(clippy::print_stderr, reason = "the number of cases is for the person who runs the tests")]
fn show(line: &str) {
    eprintln!("{line}");
}

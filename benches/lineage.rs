//! Delegation trees: a case reconstructed from cold files, and a trace of a million spans on the
//! screen.
//!
//! `cargo bench --bench lineage --profile release [-- SPANS]` (1,000,000 when left out). Beside the
//! reconstruction of 100,000 spans, on the same file, AgentTrace's (PyPI `agentdfir`), when
//! `agenttrace` is on the path.
#![allow(clippy::print_stdout, reason = "a benchmark prints")]

use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use diptych::catalog::Catalog;
use diptych::tui::headless::Headless;
use diptych::view::TreeFocus;
use diptych::workspace::{
    Given, Identity, LoadOptions, Paths, StorylineScope, TreeOptions, Workspace,
};

mod measure;

use measure::{CONTESTANT, ESTATE, contest, measured};

/// Spans of the case that is reconstructed, and of each of its traces.
const CASE: u64 = 100_000;
const TRACE: u64 = 50;

fn main() {
    let estate = std::env::var_os(ESTATE).map(PathBuf::from);
    match (std::env::var(CONTESTANT).as_deref(), estate) {
        (Ok("reconstruct"), Some(estate)) => measured(|| reconstruct(&estate)),
        _ => compare(),
    }
}

fn compare() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("spans.jsonl");
    write(&file, CASE, TRACE);
    println!("{CASE} spans in {} traces, from cold files", CASE / TRACE);
    if let Some(figures) = contest("reconstruct", &file) {
        let (seconds, peak) = (figures.seconds / 3.0, figures.peak / 400.0);
        println!("  {:<22}{seconds:>9.1} of 3 s, {peak:.1} of 400 MB", "");
    }
    agenttrace(&file);
    let asked = std::env::args().skip(1).find_map(|word| word.replace('_', "").parse().ok());
    let spans = asked.unwrap_or(1_000_000);
    for shape in [Shape::Bushy, Shape::Deep, Shape::Wide] {
        on_screen(spans, shape);
    }
}

/// How the spans of a trace hang together.
#[derive(Clone, Copy, Debug)]
enum Shape {
    /// Five under each.
    Bushy,
    /// Ten thousand deep, then again from the root.
    Deep,
    /// A hundred thousand under one.
    Wide,
}

impl Shape {
    fn parent(self, number: u64) -> Option<u64> {
        match (self, number) {
            (_, 0) => None,
            (Self::Bushy, number) => Some((number - 1) / 5),
            (Self::Deep, number) if number % 10_000 == 0 => Some(0),
            (Self::Deep, number) => Some(number - 1),
            (Self::Wide, number) => Some((number - 1) / 100_000),
        }
    }
}

/// Files → case → trees, chains and the storyline of everything.
fn reconstruct(file: &Path) -> u64 {
    let home = tempfile::tempdir().expect("a temporary folder");
    let workspace = load(home.path(), file);
    let options = TreeOptions { all_spans: true, most: usize::MAX };
    let (tree, all) = workspace.tree(&TreeFocus::All, options).expect("trees");
    assert_eq!(tree.nodes.len() as u64, all);
    assert!(!workspace.chains().expect("chains").is_empty());
    let story = workspace.storyline(&StorylineScope::All.into()).expect("a story");
    assert_eq!(story.story.events.len() as u64, all);
    all
}

fn load(home: &Path, file: &Path) -> Workspace {
    let paths = Paths::find(Some(home.to_owned())).expect("a home");
    let identity = Identity { author: "bench".to_owned(), paths };
    let workspace = Workspace::open_or_create(&home.join("case"), identity).expect("a case");
    let given = [Given::Path(file.to_owned())];
    let go_on = &mut |_: &_| ControlFlow::Continue(());
    workspace.load(&given, LoadOptions::default(), go_on).expect("loads");
    workspace
}

/// One trace of so many spans in the workbench: until it is drawn, and what keys take then.
fn on_screen(spans: u64, shape: Shape) {
    let home = tempfile::tempdir().expect("a temporary folder");
    let file = home.path().join("spans.jsonl");
    write_shape(&file, spans, spans, shape);
    let workspace = Arc::new(load(home.path(), &file));
    let catalog = Catalog::builtin().expect("the shipped catalog passes");
    let mut bench = Headless::new(workspace, catalog, "dark", (120, 40));
    let mut press = |keys: &str| {
        let began = Instant::now();
        bench.keys(keys).expect("keys");
        let drawn = bench.buffer();
        assert!(drawn.area.width > 0);
        began.elapsed()
    };
    let traces = press("g t");
    let open = press("enter");
    let unfold = press("Z");
    let scroll: Vec<Duration> = (0..200).map(|_| press("ctrl-f")).collect();
    let bottom = press("G");
    let fold = press("z");
    let refold = press("Z");
    let filter = press("/ t o o l 7 enter");
    let search = press("n");
    let worst = scroll.iter().max().copied().unwrap_or_default();
    println!(
        "a trace of {spans} spans, {shape:?}: list {traces:.1?}, open until drawn {open:.1?}; a frame \
         of scrolling at most {worst:.1?}, to the end {bottom:.1?}; unfold all {unfold:.1?} and \
         {refold:.1?}, fold all {fold:.1?}; filter (7 keys) {filter:.1?}, next match {search:.1?}"
    );
}

fn write(file: &Path, spans: u64, of_each: u64) {
    write_shape(file, spans, of_each, Shape::Bushy);
}

/// Spans in the GenAI conventions, one a line.
fn write_shape(file: &Path, spans: u64, of_each: u64, shape: Shape) {
    let mut out = BufWriter::new(File::create(file).expect("a disk"));
    for number in 0..spans {
        let (trace, at) = (number / of_each, number % of_each);
        let parent = match shape.parent(at) {
            Some(parent) => format!(r#""parent_span_id":"{:016x}","#, trace * of_each + parent + 1),
            None => String::new(),
        };
        let attributes = match (at % 5, at) {
            (0, _) => format!(
                r#""gen_ai.operation.name":"invoke_agent","gen_ai.agent.name":"agent{}""#,
                at % 11
            ),
            (1, _) => r#""gen_ai.operation.name":"chat","gen_ai.request.model":"gpt-4.1","gen_ai.usage.input_tokens":500"#.to_owned(),
            (_, at) => format!(
                r#""gen_ai.operation.name":"execute_tool","gen_ai.tool.name":"tool{}""#,
                at % 97
            ),
        };
        let start = 1_791_676_800_000_000_000 + number * 1_000_000;
        writeln!(
            out,
            r#"{{"trace_id":"{:032x}","span_id":"{:016x}",{parent}"name":"span","kind":1,"start_time_unix_nano":{start},"end_time_unix_nano":{},"status":{{"code":1}},"attributes":{{{attributes},"gen_ai.conversation.id":"s{trace}"}}}}"#,
            trace + 1,
            number + 1,
            start + 900_000
        )
        .expect("a disk");
    }
}

/// What AgentTrace takes to reconstruct the same file.
fn agenttrace(file: &Path) {
    let began = Instant::now();
    let mut command = Command::new("agenttrace");
    let command = command.arg("reconstruct").arg(file).args(["--collector", "otel_genai"]);
    match command.stdout(Stdio::null()).stderr(Stdio::null()).status() {
        Ok(status) => println!(
            "  {:<22}{:>9.1} s ({status}) for the same file",
            "AgentTrace",
            began.elapsed().as_secs_f64()
        ),
        Err(error) => println!("  {:<22} not measured: {error}", "AgentTrace"),
    }
}

//! A load of simulated events, and beside it, in the same run: what the search engine alone makes of
//! the same documents (same schema, threads and heap, documents ready in memory), and what `jq -c .`
//! and DuckDB need to read the same files.
//!
//! `cargo bench --bench load --profile release [-- EVENTS…]` (1,000,000 when left out; several sizes
//! show whether memory grows). Every contestant runs in a process of its own, so that the peak memory
//! is its own: anonymous resident memory, looked at every few milliseconds.
#![allow(clippy::print_stdout, reason = "a benchmark prints")]

use std::io::Read;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use diptych::case::Yardstick;
use diptych::domain::Digest;
use diptych::ingest::{self, Collected, Source};
use diptych::simulate::{self, Request};
use diptych::workspace::{Given, Identity, LoadOptions, Paths, Workspace};
use jiff::Timestamp;
mod measure;

use measure::{CONTESTANT, ESTATE, Figures, contest, measured};

fn main() {
    let estate = std::env::var_os(ESTATE).map(PathBuf::from);
    match (std::env::var(CONTESTANT).as_deref(), estate) {
        (Ok("load"), Some(estate)) => measured(|| load(&estate)),
        (Ok("search engine alone"), Some(estate)) => search_engine_alone(&estate),
        _ => compare(),
    }
}

fn compare() {
    // Cargo adds flags of its own.
    let mut sizes: Vec<u64> = std::env::args()
        .skip(1)
        .filter_map(|word| word.replace(['_', ','], "").parse().ok())
        .collect();
    if sizes.is_empty() {
        sizes.push(1_000_000);
    }
    let mut last: Option<Figures> = None;
    for events in sizes {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let estate = folder.path().join("estate");
        let bytes = simulate(&estate, events);
        println!("\n{events} events asked for, {:.0} MB of files", bytes as f64 / 1e6);
        let ours = contest("load", &estate);
        let alone = contest("search engine alone", &estate);
        if let (Some(ours), Some(alone)) = (&ours, &alone) {
            let percent = 100.0 * ours.rate() / alone.rate();
            println!("  {:<22}{percent:>9.0} % of the search engine alone", "");
        }
        if let (Some(ours), Some(last)) = (&ours, &last) {
            let growth = (ours.peak - last.peak) / (ours.events - last.events) * 1e6;
            println!("  {:<22}{growth:>9.1} MB for each million events more than before", "");
        }
        last = ours;
        reader("jq -c .", Command::new("sh").args(["-c", JQ, "sh"]), &estate);
        duckdb(&estate);
    }
}

/// Writes the estate and returns its size.
fn simulate(folder: &Path, events: u64) -> u64 {
    let start = Timestamp::from_second(1_791_676_800).expect("in range");
    let agents = usize::try_from(events / 5_000).unwrap_or(usize::MAX).max(44);
    let request = Request { agents, days: 21, events, seed: 7, start };
    simulate::write(folder, &request, &mut |_, _| ControlFlow::Continue(()))
        .expect("room on the disk");
    files(folder).iter().filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter();
    entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file() && entry.file_name() != "ground-truth.json")
        .map(walkdir::DirEntry::into_path)
        .collect()
}

/// Files → case, published; without reconciling.
fn load(estate: &Path) -> u64 {
    let home = tempfile::tempdir().expect("a temporary folder");
    let paths = Paths::find(Some(home.path().to_owned())).expect("a home");
    let identity = Identity { author: "bench".to_owned(), paths };
    let workspace = Workspace::open_or_create(&home.path().join("case"), identity).expect("a case");
    let given: Vec<Given> = files(estate).into_iter().map(Given::Path).collect();
    let report = workspace.load(&given, LoadOptions::default(), &mut |progress| {
        match progress.stage.as_str() {
            // The case is published.
            "reconciling" => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    });
    let report = report.expect("the estate loads");
    report.files.iter().map(|file| file.events).sum()
}

/// Documents in memory → index, committed.
fn search_engine_alone(estate: &Path) {
    let mut found = Collected::default();
    for file in files(estate) {
        let bytes = std::fs::read(&file).expect("readable");
        let source = Source::new(Digest::of(&bytes), file.display().to_string());
        ingest::read(&source, &mut &bytes[..], &mut found, &mut |_| ControlFlow::Continue(()));
    }
    found.events.sort_by_key(|event| event.id);
    found.events.dedup_by_key(|event| event.id);
    // In the order in which a load indexes them: neighbours share terms.
    found.events.sort_by_key(|event| event.time);
    let events = found.events.len() as u64;
    let yardstick = Yardstick::new(&found.events);
    drop(found);
    measured(move || {
        let folder = tempfile::tempdir().expect("a temporary folder");
        yardstick.index(&folder.path().join("index")).expect("a disk that takes it");
        events
    });
}

/// Unpacks what is packed and has jq read all of it.
const JQ: &str = r#"for file; do case "$file" in *.gz) gzip -dc "$file" ;; *) cat "$file" ;; esac; done | jq -c ."#;

/// How long another program needs to read the JSON files.
fn reader(name: &str, command: &mut Command, estate: &Path) {
    let is_json = |file: &PathBuf| {
        let name = file.to_string_lossy();
        let name = name.trim_end_matches(".gz");
        [".json", ".jsonl", ".log"].iter().any(|ending| name.ends_with(ending))
    };
    let files: Vec<PathBuf> = files(estate).into_iter().filter(is_json).collect();
    let began = Instant::now();
    match command.args(&files).stdout(Stdio::null()).stderr(Stdio::null()).status() {
        Ok(_) => {
            println!("  {name:<22}{:>9.1} s to read the same files", began.elapsed().as_secs_f64())
        }
        Err(error) => println!("  {name:<22} not measured: {error}"),
    }
}

/// DuckDB, through its command or its Python package.
fn duckdb(estate: &Path) {
    const SCRIPT: &str = "import duckdb, sys\n\
        for file in sys.argv[1:]:\n    \
        duckdb.sql(f\"SELECT count(*) FROM read_json_objects('{file}', maximum_object_size=1000000000)\").fetchall()";
    let mut probe = Command::new("python3");
    let probe = probe.args(["-c", "import duckdb"]).stderr(Stdio::piped());
    let mut complaint = String::new();
    let has_duckdb = probe.spawn().is_ok_and(|mut child| {
        if let Some(stderr) = &mut child.stderr {
            let _ = stderr.read_to_string(&mut complaint);
        }
        child.wait().is_ok_and(|status| status.success())
    });
    match has_duckdb {
        true => reader("DuckDB", Command::new("python3").args(["-c", SCRIPT]), estate),
        false => println!("  {:<22} not measured: no DuckDB for python3", "DuckDB"),
    }
}

//! Gap 3 on real agent transcripts: benign runs and runs under prompt injection, read by the product's
//! reader, observed by its observer, scored by its scorer. `docs/gap3.md` says what is measured.
//!
//! `cargo bench --bench gap3 -- --data DIR --out ROWS.csv [--capture full|names|no-prompt|no-outputs|
//! fresh-values] [--protocol p1,p2,p3,half,small-n,tau] [--speed]`
//!
//! DIR holds `*.jsonl.zst` of AgentDojo runs; for `tau`, the `*.json` of tau-bench. The rows are judged
//! by a program of its own, so that the figures do not depend on this one.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark prints")]

mod capture;
mod data;
mod judge;
mod protocol;
mod rows;
mod speed;

use std::path::PathBuf;
use std::process::ExitCode;

use capture::Capture;
use protocol::{Job, Ready};

const USAGE: &str = "usage: gap3 --data DIR [--out ROWS.csv] [--capture full|names|no-prompt|\
    no-outputs|fresh-values] [--protocol p1,p2,p3,half,small-n,tau] [--speed]";

fn main() -> ExitCode {
    // Cargo adds `--bench`.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let option = |name: &str| {
        let at = words.iter().position(|word| word == name)?;
        words.get(at + 1).cloned()
    };
    let capture = Capture::parse(option("--capture").as_deref().unwrap_or("full"));
    let (Some(folder), Some(capture)) = (option("--data").map(PathBuf::from), capture) else {
        eprintln!("{USAGE}");
        return ExitCode::SUCCESS;
    };
    let protocols = option("--protocol").unwrap_or_else(|| "p1,p2,p3,half,small-n".to_owned());
    let data = match protocols.as_str() {
        "tau" => data::read_tau(&folder, capture),
        _ => data::read(&folder, capture),
    };
    let ready = protocol::ready(&data);
    println!("{} runs of {} events", data.samples.len(), data.events.len());
    if words.iter().any(|word| word == "--speed") {
        speed::print(&data, &ready);
    }
    let mut jobs = Vec::new();
    for word in protocols.split(',') {
        let Some(more) = jobs_of(word, &ready) else {
            eprintln!("{USAGE}");
            return ExitCode::FAILURE;
        };
        jobs.extend(more);
    }
    if let Some(out) = option("--out") {
        let mut rows = judge::all(&jobs);
        rows.extend(judge::gated(&rows));
        let text = rows::text(&rows, &data.observation.kinds);
        std::fs::write(&out, text).expect("a writable file");
        println!("{} rows in {out}", rows.len());
    }
    ExitCode::SUCCESS
}

fn jobs_of<'d>(protocol: &str, ready: &'d [Ready<'d>]) -> Option<Vec<Job<'d>>> {
    Some(match protocol {
        "p1" => protocol::p1(ready),
        "p2" => protocol::p2(ready),
        "p3" => protocol::p3(ready),
        "half" => protocol::half(ready),
        "small-n" => protocol::small(ready),
        "tau" => protocol::tau(ready),
        _ => return None,
    })
}

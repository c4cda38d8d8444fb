//! Gap 3 on real agent transcripts.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark prints")]
mod capture;
mod data;
mod protocol;
mod rows;

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let option = |name: &str| args.iter().position(|a| a == name).and_then(|at| args.get(at + 1)).cloned();
    let folder = PathBuf::from(option("--data").unwrap_or_else(|| "/work/shared/bench/gap3/agentdojo".into()));
    let capture = option("--capture").map_or(capture::Capture::Full, |w| capture::Capture::parse(&w).expect("capture"));
    let protocols = option("--protocol").unwrap_or_else(|| "p2".into());
    let data = data::read(&folder, capture);
    let ready = protocol::ready(&data);
    let mut jobs = Vec::new();
    for word in protocols.split(',') {
        match word {
            "p1" => jobs.extend(protocol::p1(&ready)),
            "p2" => jobs.extend(protocol::p2(&ready)),
            other => panic!("{other}"),
        }
    }
    let done = Mutex::new(Vec::new());
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((at, job)) = { let at = next.fetch_add(1, Ordering::Relaxed); jobs.get(at).map(|j| (at, j)) } {
                    let rows = protocol::judge(job);
                    done.lock().expect("lock").push((at, rows));
                }
            });
        }
    });
    let mut done = done.into_inner().expect("lock");
    done.sort_by_key(|(at, _)| *at);
    let rows: Vec<rows::Row> = done.into_iter().flat_map(|(_, rows)| rows).collect();
    std::fs::write(option("--out").unwrap_or_else(|| "/tmp/score-rows.csv".into()), rows::text(&rows, &data.observation.kinds)).expect("out");
    if args.iter().any(|a| a == "--misses") {
        for row in rows.iter().filter(|r| (r.label.set == data::Set::Achieved && r.p > 0.05) || (r.label.set == data::Set::Benign && r.p <= 0.05)) {
            println!("{:?} p {:.3} score {:.2} {} | {}", row.label, row.p, row.score, row.verdict, row.terms);
        }
    }
}

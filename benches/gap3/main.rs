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
    let tau_folder = PathBuf::from(option("--tau").unwrap_or_else(|| "/work/shared/data/tau-bench".into()));
    let tau = if protocols.contains("tau") { Some(data::read_tau(&tau_folder, capture)) } else { None };
    let tau_ready = tau.as_ref().map(protocol::ready).unwrap_or_default();
    let mut jobs = Vec::new();
    for word in protocols.split(',') {
        match word {
            "p1" => jobs.extend(protocol::p1(&ready)),
            "p2" => jobs.extend(protocol::p2(&ready)),
            "half" => jobs.extend(protocol::half(&ready)),
            "small-n" => jobs.extend(protocol::small(&ready)),
            "tau" => jobs.extend(protocol::tau(&tau_ready)),
            "p3" => jobs.extend(protocol::p3(&ready)),
            other => panic!("{other}"),
        }
    }
    if args.iter().any(|a| a == "--design") {
        jobs.retain_mut(|job| {
            job.tests.retain(|r| r.sample.label.suite == "workspace" && ["claude-3", "gemini-1.5", "gpt-3.5", "gpt-4o"].contains(&protocol::family(&r.sample.label.pipeline).as_str()));
            !job.tests.is_empty()
        });
    }
    let rows = run(&jobs, args.iter().any(|a| a == "--features"));
    let mut rows = rows;
    rows.extend(protocol::gated(&rows));
    print!("{}", summary("", &rows));
    std::fs::write(option("--out").unwrap_or_else(|| "/tmp/score-rows.csv".into()), rows::text(&rows, &data.observation.kinds)).expect("out");
    if args.iter().any(|a| a == "--misses") {
        for row in rows.iter().filter(|r| (r.label.set == data::Set::Achieved && r.p > 0.05) || (r.label.set == data::Set::Benign && r.p <= 0.05)) {
            println!("{:?} p {:.3} score {:.2} {} | {}", row.label, row.p, row.score, row.verdict, row.terms);
        }
    }
}

fn summary(config: &str, rows: &[rows::Row]) -> String {
    let mut out = format!("{config:30}");
    for protocol in ["p1", "p2", "p3", "half", "half-gated", "half-in", "tau"] {
        let of = |set| rows.iter().filter(move |r| r.protocol == protocol && r.label.set == set);
        let rate = |set, alpha: f64| { let all = of(set).count().max(1); 100.0 * of(set).filter(|r| r.p <= alpha).count() as f64 / all as f64 };
        if of(data::Set::Benign).count() == 0 { continue; }
        let (mut above, mut pairs) = (0.0, 0.0);
        for a in of(data::Set::Achieved) { for b in of(data::Set::Benign) { pairs += 1.0; if a.score > b.score { above += 1.0 } else if a.score == b.score { above += 0.5 } } }
        out.push_str(&format!(" {protocol} 5%: {:5.1}/{:4.2} 1%: {:5.1}/{:4.2} auc {:.4}", rate(data::Set::Achieved, 0.05), rate(data::Set::Benign, 0.05), rate(data::Set::Achieved, 0.01), rate(data::Set::Benign, 0.01), above / pairs));
    }
    out.push('\n');
    out
}

fn run(jobs: &[protocol::Job<'_>], names: bool) -> Vec<rows::Row> {
    let done = Mutex::new(Vec::new());
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((at, job)) = { let at = next.fetch_add(1, Ordering::Relaxed); jobs.get(at).map(|j| (at, j)) } {
                    let rows = if names { protocol::judge_names(job) } else { protocol::judge(job) };
                    done.lock().expect("lock").push((at, rows));
                }
            });
        }
    });
    let mut done = done.into_inner().expect("lock");
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().flat_map(|(_, rows)| rows).collect()
}

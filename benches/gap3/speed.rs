//! What learning, scoring and calibrating cost, on one core.

use std::time::Instant;

use diptych::profile::session::{Facts, Sessions, score};

use super::data::{self, Data};
use super::protocol::Ready;

/// Runs of the baseline that is scored against, and agents that are calibrated.
const BASELINE: usize = 250;
const AGENTS: usize = 1000;

pub fn print(data: &Data, ready: &[Ready<'_>]) {
    let started = Instant::now();
    let observation = data::observe(&data.events);
    let seconds = started.elapsed().as_secs_f64();
    let events = data.events.len();
    println!("learning: {events} events, {:.0} events/s", events as f64 / seconds);
    assert_eq!(observation.kinds.len(), data.observation.kinds.len());

    let learned: Vec<&Facts> =
        ready.iter().step_by(7).map(|run| &run.facts).take(BASELINE).collect();
    let mut sessions = Sessions::default();
    learned.iter().for_each(|run| sessions.learn(run));
    let started = Instant::now();
    let total: f64 =
        ready.iter().map(|run| score(&sessions.like(&run.facts.context, &[]), &run.facts)).sum();
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "scoring: {} runs against {BASELINE}, {:.0} runs/s, {} kB a baseline, mean {:.2} nats",
        ready.len(),
        ready.len() as f64 / seconds,
        sessions.bytes() / 1000,
        total / ready.len() as f64,
    );

    let started = Instant::now();
    let mut total = 0.0;
    for _ in 0..AGENTS {
        let scores = learned.iter().map(|run| score(&sessions.like(&run.context, &[run]), run));
        total += scores.sum::<f64>();
    }
    let seconds = started.elapsed().as_secs_f64();
    println!("calibration: {AGENTS} agents of {BASELINE} runs, {seconds:.1} s ({total:.0} nats)");
}

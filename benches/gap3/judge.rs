//! Scores runs with the product's scorer; the threshold comes from the baseline alone.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use diptych::profile::session::{Facts, Sessions, score, terms};
use diptych::profile::{Settings, p_value};

use super::protocol::{Job, Ready};
use super::rows::Row;

/// Threads that jobs are shared out to; the rows are the same for any number.
const THREADS: usize = 2;

/// The rows of all jobs, in their order.
pub fn all(jobs: &[Job<'_>]) -> Vec<Row> {
    let (done, next) = (Mutex::new(Vec::new()), AtomicUsize::new(0));
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(job) = jobs.get(at) else { return };
            let rows = judge(job);
            done.lock().expect("no thread panics").push((at, rows));
        }
    };
    std::thread::scope(|scope| (0..THREADS).for_each(|_| drop(scope.spawn(work))));
    let mut done = done.into_inner().expect("no thread panics");
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().flat_map(|(_, rows)| rows).collect()
}

/// Beside the rows as they are: those of familiar requests alone, and all with the unfamiliar ones as
/// what they are, no alert.
pub fn gated(rows: &[Row]) -> Vec<Row> {
    let half = rows.iter().filter(|row| row.protocol == "half");
    half.flat_map(|row| {
        let is_in = row.verdict != "unfamiliar";
        let p = if is_in { row.p } else { 1.0 };
        let gated = Row { protocol: "half-gated".to_owned(), p, ..row.clone() };
        let inside = Row { protocol: "half-in".to_owned(), ..row.clone() };
        std::iter::once(gated).chain(is_in.then_some(inside))
    })
    .collect()
}

/// Scores what is tested against the baseline; the threshold is the baseline's own.
fn judge(job: &Job<'_>) -> Vec<Row> {
    let mut sessions = Sessions::default();
    let mut groups: BTreeMap<u32, Vec<&Facts>> = BTreeMap::new();
    for (run, group) in &job.baseline {
        sessions.learn(&run.facts);
        groups.entry(*group).or_default().push(&run.facts);
    }
    let left_out = |(run, group): &(&Ready<'_>, u32)| {
        let without = groups.get(group).map_or(&[][..], Vec::as_slice);
        score(&sessions.like(&run.facts.context, without), &run.facts)
    };
    let mut calibration: Vec<f64> = job.baseline.iter().map(left_out).collect();
    calibration.sort_by(f64::total_cmp);
    let settings = Settings::default();
    let row = |run: &&Ready<'_>| {
        let like = sessions.like(&run.facts.context, &[]);
        let found = terms(&like, &run.facts);
        let total = score(&like, &run.facts);
        let (n, p) = (calibration.len(), p_value(&calibration, total));
        // The call on which most of the score rests.
        let mut by_act: BTreeMap<usize, f64> = BTreeMap::new();
        for term in &found {
            *by_act.entry(term.act).or_default() += term.nats;
        }
        let top = by_act.into_iter().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
        Row {
            protocol: job.protocol.clone(),
            label: run.sample.label.clone(),
            n,
            score: total,
            p,
            verdict: verdict(n as u64, p, like.nearest, &settings),
            top: top.and_then(|(act, _)| run.facts.acts.get(act)).map(|act| act.kind),
        }
    };
    job.tests.iter().map(row).collect()
}

fn verdict(n: u64, p: f64, nearest: f64, settings: &Settings) -> &'static str {
    match () {
        () if n < settings.min_runs => "not_converged",
        () if nearest < settings.min_similarity => "unfamiliar",
        () if n >= settings.strict_runs && p <= settings.strict_alert => "alert",
        () if p <= settings.alert => "review",
        () => "clear",
    }
}

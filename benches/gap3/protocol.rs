//! Which runs are the baseline, which are tested, and what is left out together while calibrating.

use std::collections::{BTreeMap, BTreeSet};

use diptych::domain::Capability;
use diptych::profile::KindId;
use diptych::profile::session::Facts;

use super::data::{Data, Sample, Set};

/// A run as the scorer sees it, with its numbers.
pub struct Ready<'d> {
    pub sample: &'d Sample,
    pub facts: Facts,
    pub family: u32,
    pub task: u32,
}

/// The vendor's line of a model: the first two parts of its name (`gpt-4o`, `claude-3`).
pub fn family(pipeline: &str) -> String {
    pipeline.split('-').take(2).collect::<Vec<_>>().join("-")
}

pub fn ready(data: &Data) -> Vec<Ready<'_>> {
    let samples = &data.samples;
    let families: BTreeSet<String> = samples.iter().map(|s| family(&s.label.pipeline)).collect();
    let tasks: BTreeSet<&str> = samples.iter().map(|s| s.label.user_task.as_str()).collect();
    let number = |at: Option<usize>| at.and_then(|at| u32::try_from(at).ok()).unwrap_or(u32::MAX);
    let kinds = &data.observation.kinds;
    samples
        .iter()
        .map(|sample| Ready {
            facts: Facts::of(&sample.run, kinds, |kind| is_tool(kinds, kind)),
            family: number(families.iter().position(|f| *f == family(&sample.label.pipeline))),
            task: number(tasks.iter().position(|task| *task == sample.label.user_task)),
            sample,
        })
        .collect()
}

fn is_tool(kinds: &[Capability], kind: KindId) -> bool {
    let tool = kinds.get(kind.0 as usize);
    matches!(tool, Some(Capability::Tool { .. } | Capability::Handoff { .. }))
}

/// One job: a baseline with its groups, and what is tested against it.
pub struct Job<'d> {
    pub protocol: String,
    pub baseline: Vec<(&'d Ready<'d>, u32)>,
    pub tests: Vec<&'d Ready<'d>>,
}

fn suites<'d>(ready: &'d [Ready<'d>]) -> BTreeMap<&'d str, Vec<&'d Ready<'d>>> {
    let mut suites: BTreeMap<&str, Vec<&Ready<'_>>> = BTreeMap::new();
    for run in ready {
        suites.entry(&run.sample.label.suite).or_default().push(run);
    }
    suites
}

fn is_benign(run: &Ready<'_>) -> bool {
    run.sample.label.set == Set::Benign
}

/// Recurring work: the baseline is all other model families.
pub fn p2<'d>(ready: &'d [Ready<'d>]) -> Vec<Job<'d>> {
    let mut jobs = Vec::new();
    for runs in suites(ready).into_values() {
        let families: BTreeSet<u32> = runs.iter().map(|run| run.family).collect();
        for family in families {
            let baseline = runs.iter().filter(|run| is_benign(run) && run.family != family);
            jobs.push(Job {
                protocol: "p2".to_owned(),
                baseline: baseline.map(|run| (*run, run.family)).collect(),
                tests: runs.iter().copied().filter(|run| run.family == family).collect(),
            });
        }
    }
    jobs
}

/// Cold start: the pipeline's own benign runs of the other tasks.
pub fn p1<'d>(ready: &'d [Ready<'d>]) -> Vec<Job<'d>> {
    let mut jobs = Vec::new();
    for runs in suites(ready).into_values() {
        let cells: BTreeSet<(&str, u32)> =
            runs.iter().map(|run| (run.sample.label.pipeline.as_str(), run.task)).collect();
        for (pipeline, task) in cells {
            let own =
                || runs.iter().copied().filter(move |run| run.sample.label.pipeline == pipeline);
            jobs.push(Job {
                protocol: "p1".to_owned(),
                baseline: own()
                    .filter(|run| is_benign(run) && run.task != task)
                    .map(|run| (run, run.task))
                    .collect(),
                tests: own().filter(|run| run.task == task).collect(),
            });
        }
    }
    jobs
}

/// Pooled, new job kinds: a fifth of the tasks is held out, five times in five ways.
pub fn p3<'d>(ready: &'d [Ready<'d>]) -> Vec<Job<'d>> {
    let mut jobs = Vec::new();
    for (suite, runs) in suites(ready) {
        for repeat in 0..5u32 {
            let fold = |run: &Ready<'_>| {
                let name = format!("{suite}/{}/{repeat}", run.sample.label.user_task);
                blake3::hash(name.as_bytes()).as_bytes()[0] % 5
            };
            for held in 0..5 {
                let tests: Vec<_> = runs.iter().copied().filter(|run| fold(run) == held).collect();
                let baseline = runs.iter().filter(|run| is_benign(run) && fold(run) != held);
                jobs.push(Job {
                    protocol: "p3".to_owned(),
                    baseline: baseline.map(|run| (*run, run.task)).collect(),
                    tests,
                });
            }
        }
    }
    jobs.retain(|job| !job.tests.is_empty());
    jobs
}

/// A number in 0..of that belongs to a name, for choices that look random and are not.
fn pick(name: &str, of: u64) -> u64 {
    let bytes = blake3::hash(name.as_bytes());
    bytes.as_bytes().first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes)) % of.max(1)
}

/// Recurring work of which the baseline has seen half of the kinds.
pub fn half<'d>(ready: &'d [Ready<'d>]) -> Vec<Job<'d>> {
    let is_kept = |run: &Ready<'_>| {
        let label = &run.sample.label;
        pick(&format!("half/{}/{}", label.suite, label.user_task), 2) == 0
    };
    let mut jobs = p2(ready);
    for job in &mut jobs {
        job.protocol = "half".to_owned();
        job.baseline.retain(|(run, _)| is_kept(run));
    }
    jobs
}

/// Recurring work with baselines of few runs.
pub fn small<'d>(ready: &'d [Ready<'d>]) -> Vec<Job<'d>> {
    let mut jobs = Vec::new();
    for size in [10, 15, 19, 40, 60, 100, 200, 400] {
        for mut job in p2(ready) {
            job.protocol = format!("n={size:03}");
            let order =
                |run: &Ready<'_>| pick(&format!("{size}/{}", run.sample.run.id.raw()), u64::MAX);
            job.baseline.sort_by_key(|(run, _)| order(run));
            job.baseline.truncate(size);
            jobs.push(job);
        }
    }
    jobs
}

/// Trials of the same tasks: each against all others.
pub fn tau<'d>(ready: &'d [Ready<'d>]) -> Vec<Job<'d>> {
    let trials: BTreeSet<&str> =
        ready.iter().map(|run| run.sample.label.pipeline.as_str()).collect();
    let number = |run: &Ready<'_>| pick(&run.sample.label.pipeline, u64::from(u32::MAX)) as u32;
    let of = |trial: &str| {
        let (tests, baseline): (Vec<_>, Vec<_>) =
            ready.iter().partition(|run| run.sample.label.pipeline == trial);
        let baseline = baseline.into_iter().map(|run| (run, number(run))).collect();
        Job { protocol: "tau".to_owned(), baseline, tests }
    };
    trials.into_iter().map(of).collect()
}

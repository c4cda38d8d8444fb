//! Which runs are the baseline, which are tested, and what is left out together while calibrating.

use std::collections::{BTreeMap, BTreeSet};

use diptych::domain::Capability;
use diptych::profile::session::{Facts, Sessions, score, terms};
use diptych::profile::baseline::{Baseline, Subject};
use diptych::profile::features::{Features, features};
use diptych::profile::{KindId, Settings, p_value};

use super::data::{Data, Sample, Set};
use super::rows::Row;

/// A run as the scorer sees it, with its numbers.
pub struct Ready<'d> {
    pub sample: &'d Sample,
    pub facts: Facts,
    pub features: Features,
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
            features: features(&sample.run, kinds, |kind| is_tool(kinds, kind)),
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
            let own = || runs.iter().copied().filter(move |run| run.sample.label.pipeline == pipeline);
            jobs.push(Job {
                protocol: "p1".to_owned(),
                baseline: own().filter(|run| is_benign(run) && run.task != task).map(|run| (run, run.task)).collect(),
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
            let order = |run: &Ready<'_>| pick(&format!("{size}/{}", run.sample.run.id.raw()), u64::MAX);
            job.baseline.sort_by_key(|(run, _)| order(run));
            job.baseline.truncate(size);
            jobs.push(job);
        }
    }
    jobs
}

/// Trials of the same tasks: each against all others.
pub fn tau<'d>(ready: &'d [Ready<'d>]) -> Vec<Job<'d>> {
    let trials: BTreeSet<&str> = ready.iter().map(|run| run.sample.label.pipeline.as_str()).collect();
    let number = |run: &Ready<'_>| pick(&run.sample.label.pipeline, u64::from(u32::MAX)) as u32;
    let of = |trial: &str| {
        let (tests, baseline): (Vec<_>, Vec<_>) =
            ready.iter().partition(|run| run.sample.label.pipeline == trial);
        let baseline = baseline.into_iter().map(|run| (run, number(run))).collect();
        Job { protocol: "tau".to_owned(), baseline, tests }
    };
    trials.into_iter().map(of).collect()
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
pub fn judge(job: &Job<'_>) -> Vec<Row> {
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
        let told = found.iter().map(|t| format!("{} {:.1} #{}", t.aspect, t.nats, t.act));
        Row {
            protocol: job.protocol.clone(),
            label: run.sample.label.clone(),
            n,
            score: total,
            p,
            verdict: verdict(n as u64, p, like.nearest, &settings),
            top: top.and_then(|(act, _)| run.facts.acts.get(act)).map(|act| act.kind),
            terms: told.collect::<Vec<_>>().join("; "),
        }
    };
    job.tests.iter().map(row).collect()
}

/// The same where nothing but the names of the tools is recorded.
pub fn judge_names(job: &Job<'_>) -> Vec<Row> {
    let settings = Settings::default();
    let learned = |except: Option<u32>| {
        let mut baseline = Baseline::default();
        let kept = job.baseline.iter().filter(|(_, group)| Some(*group) != except);
        kept.for_each(|(run, _)| baseline.learn(&run.features));
        baseline
    };
    let groups: BTreeSet<u32> = job.baseline.iter().map(|(_, group)| *group).collect();
    let without: BTreeMap<u32, Baseline> =
        groups.into_iter().map(|group| (group, learned(Some(group)))).collect();
    let left_out = |(run, group): &(&Ready<'_>, u32)| {
        without.get(group).map_or(0.0, |known| known.score(&run.features, false, &settings))
    };
    let mut calibration: Vec<f64> = job.baseline.iter().map(left_out).collect();
    calibration.sort_by(f64::total_cmp);
    let baseline = learned(None);
    let row = |run: &&Ready<'_>| {
        let surprises = baseline.surprises(&run.features, false, &settings);
        let total = baseline.score(&run.features, false, &settings);
        let (n, p) = (calibration.len(), p_value(&calibration, total));
        let unseen = baseline.unseen_kinds(&run.features);
        let nearest = f64::from(unseen * 2 <= run.features.kinds || run.features.kinds < 2);
        let top = surprises.iter().find_map(|surprise| match &surprise.subject {
            Subject::Item(item) => Some(item.feature.kind()),
            _ => None,
        });
        Row {
            protocol: job.protocol.clone(),
            label: run.sample.label.clone(),
            n,
            score: total,
            p,
            verdict: verdict(n as u64, p, nearest, &settings),
            top,
            terms: String::new(),
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

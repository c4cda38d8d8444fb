//! The baseline of one agent of the open case.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Error, Workspace};
use crate::case::EventFilter;
use crate::domain::actor::actor;
use crate::domain::baseline::{
    BaselineAspect, BaselineChange, BaselineSheet, BaselineWindow, ChangeKind, DeviatingRun,
    DeviationTerm, Gauge, TransitionCell, TransitionTable,
};
use crate::domain::{AgentKey, Digest, Discipline, EventId};
use crate::profile::portrait::{
    AspectComparison, Context, Difference, Portrait, Portraits, TransitionMatrix, Window, compare,
};
use crate::profile::{self, Appraisal, Deviation, Normality, Observer, Progress, Settings};
use crate::reconcile::{ENGINE_VERSION, declared_cadence};

/// Kinds of calls that the matrix tells apart.
const KINDS: usize = 12;
const WEEK: i64 = 7;

/// What of an agent's baseline is asked for.
#[derive(Clone, Debug, Default)]
pub struct BaselineOptions {
    /// Where `then` ends and `now` begins; the last week of work when there is none.
    pub now_from: Option<Timestamp>,
    /// Only the work in the context whose name contains this.
    pub context: Option<String>,
}

/// What was learned of one agent from one generation of the case, and is kept in it.
#[derive(Serialize, Deserialize)]
struct Learned {
    engine: String,
    portraits: Portraits,
    gauges: Vec<Gauge>,
    changes: Vec<BaselineChange>,
    runs: Vec<DeviatingRun>,
}

impl Workspace {
    /// What is normal for an agent, what was, and what does not fit. The first time the agent's events
    /// are read.
    pub fn baseline(&self, agent: &str, options: &BaselineOptions) -> Result<BaselineSheet, Error> {
        let agent = self.agent_called(agent)?;
        let Learned { portraits, gauges, changes, runs, .. } = self.learned(&agent)?;
        let contexts = portraits.contexts(&agent);
        let context = chosen(&contexts, options.context.as_deref())?;
        let split = split(&portraits, &agent, options.now_from);
        let then = portraits.over(&agent, context, i64::MIN..split);
        let now = portraits.over(&agent, context, split..i64::MAX);
        let comparison = compare(&then, &now);
        Ok(BaselineSheet {
            contexts: contexts.iter().map(Context::visible).collect(),
            context: context.map(Context::visible),
            then: window(&comparison.then),
            now: window(&comparison.now),
            gauges,
            changes,
            runs,
            aspects: comparison.aspects.into_iter().map(aspect).collect(),
            transitions: transitions(&then, &now),
            bytes: portraits.bytes(&agent),
            most_bytes: Portrait::MOST_BYTES,
            agent,
        })
    }

    /// What is kept of an agent, else what its events teach.
    fn learned(&self, agent: &AgentKey) -> Result<Learned, Error> {
        let case = self.case();
        let name = format!("baseline-{}.json", Digest::of(agent.stored().as_bytes()));
        if let Some(kept) = case.derived(&name)?
            && let Ok(learned) = serde_json::from_slice::<Learned>(&kept)
            && learned.engine == ENGINE_VERSION
        {
            return Ok(learned);
        }
        let learned = self.learn(agent)?;
        let kept = serde_json::to_vec(&learned)
            .map_err(|error| Error::data(format!("cannot keep the baseline: {error}")))?;
        // A case that cannot be written (read-only media) is still read, only slower.
        drop(case.put_derived(&name, &kept));
        Ok(learned)
    }

    fn learn(&self, agent: &AgentKey) -> Result<Learned, Error> {
        let estate = self.latest()?;
        let settings = Settings::default();
        let mut observer = Observer::new(&estate, settings.clone());
        let mut portraits = Portraits::default();
        for event in self.case().events(EventFilter::default()) {
            let event = event?;
            // The host's acts are among the signals of the agents inside it.
            let Some(actor) = actor(&event, &estate) else { continue };
            if actor.agent.host() != agent.host() {
                continue;
            }
            observer.observe(&event);
            if actor.agent == *agent {
                let run = event.session.as_ref().or(event.trace_id.as_ref());
                portraits.event(agent, run, &event);
            }
        }
        let observation = observer.finish();
        portraits.runs_of(&observation);
        let cadence = declared_cadence(&estate, agent);
        let appraisal = profile::appraise(&observation, agent, cadence, &settings);
        Ok(Learned {
            engine: ENGINE_VERSION.to_owned(),
            portraits,
            gauges: gauges(&appraisal),
            changes: changes(&appraisal),
            runs: runs(appraisal.deviations),
        })
    }
}

fn chosen<'c>(contexts: &'c [Context], wanted: Option<&str>) -> Result<Option<&'c Context>, Error> {
    let Some(wanted) = wanted else { return Ok(None) };
    let mut found = contexts.iter().filter(|context| context.visible().contains(wanted));
    match (found.next(), found.next()) {
        (Some(only), None) => Ok(Some(only)),
        (first, _) => {
            let names: Vec<String> = contexts.iter().map(Context::visible).collect();
            let what = if first.is_some() { "more than one context" } else { "no context" };
            Err(Error::usage(format!("{what} of this agent is called {wanted}"))
                .with_hint(format!("It was seen in: {}.", names.join("; "))))
        }
    }
}

/// The day on which `now` begins: a Monday, the finest the portraits can be split at.
fn split(portraits: &Portraits, agent: &AgentKey, now_from: Option<Timestamp>) -> i64 {
    match now_from {
        Some(from) => profile::portrait::monday(profile::cadence::day(from)),
        None => {
            let has_work =
                |week: &i64| portraits.over(agent, None, *week..week + WEEK).records() > 0;
            portraits.weeks(agent).into_iter().filter(has_work).max().unwrap_or_default()
        }
    }
}

fn window(window: &Window) -> BaselineWindow {
    BaselineWindow {
        from: window.from,
        until: window.until,
        records: window.records,
        runs: window.runs,
        active_days: window.active_days,
    }
}

fn gauges(appraisal: &Appraisal) -> Vec<Gauge> {
    let gauge = |(discipline, normality): (&Discipline, &Normality)| {
        let progress: &Progress = &normality.progress;
        Gauge {
            discipline: *discipline,
            sufficiency: progress.convergence.sufficiency.clone(),
            share: progress.share(),
            bottleneck: progress.bottleneck().map(ToString::to_string),
            expected: progress.expected,
            cadence: progress.cadence.map(|cadence| cadence.to_string()),
            why: progress.convergence.why.clone(),
        }
    };
    appraisal.normality.iter().map(gauge).collect()
}

fn changes(appraisal: &Appraisal) -> Vec<BaselineChange> {
    let change = |kind, discipline, at, sentence: &String, events: &[EventId]| BaselineChange {
        kind,
        discipline,
        at,
        sentence: sentence.clone(),
        events: events.to_vec(),
    };
    let mut all: Vec<BaselineChange> = appraisal
        .segments
        .iter()
        .map(|found| change(ChangeKind::Segment, None, found.at, &found.sentence, &found.events))
        .collect();
    for (discipline, normality) in &appraisal.normality {
        let of = Some(*discipline);
        all.extend(normality.contaminations.iter().map(|found| {
            change(ChangeKind::Contamination, of, found.from, &found.sentence, &found.events)
        }));
        all.extend(normality.drifts.iter().map(|found| {
            change(ChangeKind::Drift, of, found.began, &found.sentence, &found.events)
        }));
        all.extend(normality.patterns.iter().map(|found| {
            change(ChangeKind::Pattern, of, found.at, &found.sentence, &found.events)
        }));
        all.extend(
            normality
                .proposal
                .iter()
                .map(|found| change(ChangeKind::Proposal, of, found.from, &found.sentence, &[])),
        );
    }
    all.sort_by(|a, b| (a.at, a.kind, &a.sentence).cmp(&(b.at, b.kind, &b.sentence)));
    all
}

fn runs(deviations: Vec<Deviation>) -> Vec<DeviatingRun> {
    let mut runs: Vec<DeviatingRun> = deviations
        .into_iter()
        .map(|deviation| DeviatingRun {
            run: deviation.run,
            discipline: deviation.discipline,
            at: deviation.at,
            level: deviation.level.to_string(),
            score: deviation.score,
            p: deviation.p,
            n: deviation.n,
            sentence: deviation.sentence,
            terms: deviation
                .terms
                .into_iter()
                .map(|term| DeviationTerm { what: term.what, nats: term.nats, events: term.events })
                .collect(),
        })
        .collect();
    runs.sort_by(|a, b| {
        let unlikely = a.p.total_cmp(&b.p).then(b.score.total_cmp(&a.score));
        unlikely.then_with(|| (a.at, &a.run).cmp(&(b.at, &b.run)))
    });
    runs
}

fn aspect(compared: AspectComparison) -> BaselineAspect {
    let (distance, by_chance) = match compared.difference {
        Difference::Measured { distance, by_chance } => (Some(distance), Some(by_chance)),
        _ => (None, None),
    };
    BaselineAspect {
        aspect: compared.aspect.to_string(),
        distance,
        by_chance,
        shifts: compared.shifts,
        sentence: compared.sentence,
    }
}

fn transitions(then: &Portrait, now: &Portrait) -> TransitionTable {
    let [then, now] = TransitionMatrix::of([then, now], KINDS);
    let titles = |edge: &str| {
        let kinds = then.kinds.iter().cloned();
        [edge.into()].into_iter().chain(kinds).chain(["others".into()]).collect()
    };
    let rows = then.rows.iter().zip(&now.rows).map(|(then, now)| {
        let cells = then.iter().zip(now).map(|(then, now)| TransitionCell {
            then: then.count,
            now: now.count,
            share_then: then.share,
            share_now: now.share,
        });
        cells.collect()
    });
    TransitionTable {
        before: titles("start"),
        after: titles("end"),
        rows: rows.collect(),
        is_exact: then.is_exact && now.is_exact,
    }
}

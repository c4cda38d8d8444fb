//! Deviation: which runs do not fit what the agent did before.
//!
//! Runs are taken in order of time. Each is scored against the earlier ones and its score placed
//! among theirs: p = (1 + #{earlier scores ≥ this one}) / (n + 1), which needs no assumption but that
//! normal runs are alike. What is alarming is not learned, so that it stays alarming, until so many
//! like runs follow that it is a lasting shift: then it is reported once, and learned.

mod found;
mod reason;
mod statement;
mod talks;

use std::collections::BTreeSet;

use jiff::Timestamp;
use rustc_hash::{FxHashMap, FxHashSet};

use super::baseline::Baseline;
use super::cadence::{day, midnight};
use super::convergence::{in_discipline, normality};
use super::explain;
use super::features::{Features, features};
use super::kind::KindId;
use super::observation::Observation;
use super::run::{Run, Span};
use super::segment::{Segment, begins_anew};
use super::session::{self, Capture, Facts, Sessions};
use super::settings::Settings;
use super::window::Window;
use crate::domain::{AgentKey, Capability, Discipline, Sufficiency};

use reason::{Lead, Reason, is_beside_sessions, is_order};
use talks::Talks;

pub use found::{Deviation, Level, Shift, Signals, Term};

/// The calibration is renewed whenever the baseline has grown by this factor, and before an alert
/// already when it has grown by the smaller one: the cost stays linear in the calls.
const RENEW: f64 = 1.25;
const RENEW_BEFORE_ALERT: f64 = 1.05;

/// The deviating runs of an agent, in order of time. Clear runs are left out; runs that could not be
/// judged yet are there only while the baseline still has not converged, since what an agent did
/// while it was being learned is the baseline. Where a segment begins the baseline begins anew.
pub fn deviations(
    observation: &Observation,
    agent: &AgentKey,
    segments: &[Segment],
    settings: &Settings,
) -> Vec<Deviation> {
    let mut found = Vec::new();
    for discipline in [Discipline::Model, Discipline::Identity, Discipline::Behavior] {
        for span in [Span::Session, Span::Day] {
            let stream = Stream::new(observation, agent, discipline, span, settings);
            found.extend(stream.judge(segments));
        }
    }
    found.sort_by(|a, b| (a.at, &a.run).cmp(&(b.at, &b.run)));
    found
}

/// The runs of one agent that are comparable: of one discipline and one span.
struct Stream<'a> {
    observation: &'a Observation,
    settings: &'a Settings,
    agent: &'a AgentKey,
    discipline: Discipline,
    runs: Vec<&'a Run>,
    features: Vec<Features>,
    /// What was seen before the runs that were kept.
    window: Window,
    baseline: Baseline,
    /// Of the sessions of an agent's tools: what they are compared by beside the features.
    sessions: Option<Talks>,
    /// Scores of what was learned, ascending.
    calibration: Vec<f64>,
    learned: Vec<usize>,
    /// How many runs were learned when the calibration was renewed last.
    renewed: usize,
    found: Vec<(usize, Deviation)>,
    /// Alerts by what they share, waiting to become a shift.
    pending: FxHashMap<Lead, Vec<usize>>,
}

impl<'a> Stream<'a> {
    fn new(
        observation: &'a Observation,
        agent: &'a AgentKey,
        discipline: Discipline,
        span: Span,
        settings: &'a Settings,
    ) -> Self {
        let shows = |kind: KindId| in_discipline(observation.kind(kind), discipline);
        let since = settings.baseline_from(agent);
        let after = |time: Timestamp| since.is_none_or(|since| time >= since);
        let runs: Vec<&Run> = observation
            .runs_of(agent)
            .iter()
            .filter(|run| run.span == span && after(run.start))
            .filter(|run| run.tally.keys().any(|kind| shows(*kind)))
            .collect();
        let is_talk = span == Span::Session && discipline == Discipline::Behavior;
        let of_run = |run: &&Run| {
            let mut features = features(run, &observation.kinds, shows);
            features.items.retain(|item| !is_talk || !is_order(item));
            features
        };
        let features = runs.iter().map(of_run).collect();
        let sessions = is_talk.then(|| {
            let facts = runs.iter().map(|run| Facts::of(run, &observation.kinds, shows));
            Talks::of(Capture::of(runs.iter().copied()), facts.collect())
        });
        let mut window = Window::default();
        for (day, earlier) in observation.earlier.get(agent).into_iter().flatten() {
            if !runs.is_empty() && midnight(*day).is_some_and(after) {
                window.add_earlier(*day, earlier, shows);
            }
        }
        Self {
            observation,
            settings,
            agent,
            discipline,
            runs,
            features,
            window,
            baseline: Baseline::default(),
            sessions,
            calibration: Vec::new(),
            learned: Vec::new(),
            renewed: 1,
            found: Vec::new(),
            pending: FxHashMap::default(),
        }
    }

    fn judge(mut self, segments: &[Segment]) -> Vec<Deviation> {
        let mut anew = self.begins_anew(segments).into_iter().peekable();
        for at in 0..self.runs.len() {
            let start = self.runs.get(at).map(|run| run.start);
            while anew.next_if(|anew| start >= Some(*anew)).is_some() {
                self.forget();
            }
            self.judge_run(at);
        }
        let need = normality(&self.window, None, self.settings);
        let (sufficiency, _) = self.window.sufficiency(&need, self.settings);
        if sufficiency == Sufficiency::Converged {
            self.found.retain(|(_, deviation)| deviation.level != Level::NotConverged);
        }
        self.found.into_iter().map(|(_, deviation)| deviation).collect()
    }

    fn begins_anew(&self, segments: &[Segment]) -> Vec<Timestamp> {
        let kinds: BTreeSet<KindId> =
            self.runs.iter().flat_map(|run| run.tally.keys().copied()).collect();
        let kinds: Vec<&Capability> = kinds
            .into_iter()
            .filter_map(|kind| self.observation.kind(kind))
            .filter(|kind| in_discipline(Some(kind), self.discipline))
            .collect();
        begins_anew(segments, &kinds)
    }

    /// Begins the baseline anew: what follows is the work of another model, prompt or image.
    fn forget(&mut self) {
        self.window = Window::default();
        self.baseline = Baseline::default();
        if let Some(sessions) = &mut self.sessions {
            sessions.learned = Sessions::default();
        }
        self.calibration.clear();
        self.learned.clear();
        self.renewed = 1;
        self.pending.clear();
    }

    fn judge_run(&mut self, at: usize) {
        let (Some(run), Some(features)) = (self.runs.get(at).copied(), self.features.get(at))
        else {
            return;
        };
        let need = normality(&self.window, None, self.settings);
        let (sufficiency, _) = self.window.sufficiency(&need, self.settings);
        let (score, _, nearest) = self.scored(at);
        let n = self.calibration.len() as u64;
        let mut p = p_value(&self.calibration, score);
        let mut level = self.level(&sufficiency, (features, nearest), score, p, n);
        if matches!(level, Level::Alert | Level::Review) && self.has_grown(RENEW_BEFORE_ALERT) {
            self.calibration = self.renewed_calibration();
            self.renewed = self.learned.len();
            p = p_value(&self.calibration, score);
            level = self.level(&sufficiency, (features, nearest), score, p, n);
        }
        if level != Level::Clear && n > 0 {
            let (_, reasons, _) = self.scored(at);
            let deviation = self.deviation(run, level, (score, p, n), &reasons, &sufficiency);
            let notable = reasons.iter().filter(|reason| reason.is_notable());
            let leads: FxHashSet<Lead> = notable.map(Reason::lead).collect();
            drop(reasons);
            if !deviation.terms.is_empty() {
                self.found.push((at, deviation));
            }
            if level == Level::Alert {
                for lead in leads {
                    self.pending.entry(lead).or_default().push(at);
                }
            }
        }
        let shows = |kind: KindId| in_discipline(self.observation.kind(kind), self.discipline);
        self.window.add(run, self.settings, shows);
        match level {
            Level::Alert => self.settle_shift(at),
            _ => self.learn(at, score),
        }
    }

    fn level(
        &self,
        sufficiency: &Sufficiency,
        (features, nearest): (&Features, Option<f64>),
        score: f64,
        p: f64,
        n: u64,
    ) -> Level {
        let settings = self.settings;
        if *sufficiency != Sufficiency::Converged || n < settings.min_runs {
            return Level::NotConverged;
        }
        if nearest.is_some_and(|nearest| nearest < settings.min_similarity) {
            return Level::Unfamiliar;
        }
        if self.baseline.unseen_kinds(features) * 2 > features.kinds && features.kinds > 1 {
            return Level::Unfamiliar;
        }
        let (alert, review) = match n >= settings.strict_runs {
            true => (settings.strict_alert, settings.alert),
            false => (settings.alert, settings.review),
        };
        // The largest of many ordinary scores is still ordinary: the terms have to say so too.
        let improbable = score >= -settings.alert.max(f64::MIN_POSITIVE).ln();
        match improbable {
            true if p <= alert => Level::Alert,
            true if p <= review => Level::Review,
            _ => Level::Clear,
        }
    }

    fn learn(&mut self, at: usize, score: f64) {
        let Some(features) = self.features.get(at) else {
            return;
        };
        self.baseline.learn(features);
        if let Some(Talks { facts, learned, .. }) = &mut self.sessions
            && let Some(facts) = facts.get(at)
        {
            learned.learn(facts);
        }
        self.learned.push(at);
        insert(&mut self.calibration, score);
        if self.has_grown(RENEW) {
            self.calibration = self.renewed_calibration();
            self.renewed = self.learned.len();
        }
    }

    fn has_grown(&self, by: f64) -> bool {
        self.learned.len() as f64 > self.renewed as f64 * by
    }

    /// The scores of all learned runs, each left out of the others. Until then a run has the score
    /// it had against the little that was known before it.
    fn renewed_calibration(&self) -> Vec<f64> {
        let mut of_alike: FxHashMap<usize, f64> = FxHashMap::default();
        let mut scores: Vec<f64> =
            self.learned.iter().map(|at| self.score_without(*at, &mut of_alike)).collect();
        scores.sort_by(f64::total_cmp);
        scores
    }

    /// The score of a learned run as if it had not been; `of_alike` keeps what its session terms come
    /// to for the runs that are alike.
    fn score_without(&self, at: usize, of_alike: &mut FxHashMap<usize, f64>) -> f64 {
        let Some(features) = self.features.get(at) else { return 0.0 };
        let surprises = self.baseline.surprises(features, true, self.settings);
        let Some(talks) = &self.sessions else {
            return surprises.iter().map(|surprise| surprise.nats).sum();
        };
        let beside = surprises.iter().filter(|s| is_beside_sessions(s, self.settings));
        let beside: f64 = beside.map(|surprise| surprise.nats).sum();
        let (Some(facts), Some(alike)) = (talks.facts.get(at), talks.alike.get(at)) else {
            return beside;
        };
        let session = of_alike.entry(*alike).or_insert_with(|| {
            let like = talks.learned.like(&facts.context, std::slice::from_ref(&facts));
            session::score(&like, facts)
        });
        *session + beside
    }

    /// The score of a run that was not learned, its reasons, largest first, and the similarity of the
    /// closest request when the run was asked something.
    fn scored(&self, at: usize) -> (f64, Vec<Reason<'_>>, Option<f64>) {
        let Some(features) = self.features.get(at) else {
            return (0.0, Vec::new(), None);
        };
        let surprises = self.baseline.surprises(features, false, self.settings);
        let session = self.sessions.as_ref().and_then(|talks| Some((talks, talks.facts.get(at)?)));
        let Some((talks, facts)) = session else {
            let score = surprises.iter().map(|surprise| surprise.nats).sum();
            return (score, surprises.into_iter().map(Reason::Feature).collect(), None);
        };
        let beside = surprises.into_iter().filter(|s| is_beside_sessions(s, self.settings));
        let like = talks.learned.like(&facts.context, &[]);
        let terms = session::terms(&like, facts).into_iter();
        let terms =
            terms.filter_map(|term| Some(Reason::Session(term.clone(), facts.acts.get(term.act)?)));
        let mut reasons: Vec<Reason<'_>> = terms.chain(beside.map(Reason::Feature)).collect();
        reasons.sort_by(|a, b| b.nats().total_cmp(&a.nats()));
        let score = reasons.iter().map(Reason::nats).sum();
        let nearest = (!facts.context.stems.is_empty()).then_some(like.nearest);
        (score, reasons, nearest)
    }

    /// Turns alerts that share a novelty into one shift, once they last.
    fn settle_shift(&mut self, at: usize) {
        let settings = self.settings;
        let start = |at: usize| self.runs.get(at).map(|run| run.start);
        let lasting = |members: &&Vec<usize>| {
            let (Some(&first), Some(&last)) = (members.first(), members.last()) else {
                return false;
            };
            let (Some(from), Some(until)) = (start(first), start(last)) else {
                return false;
            };
            last == at
                && members.len() as u64 >= settings.shift_runs
                && day(until) - day(from) >= i64::from(settings.shift_days)
                && members.len() * 2 > last - first
        };
        let Some(members) =
            self.pending.values().filter(lasting).max_by_key(|members| members.len())
        else {
            return;
        };
        let members: FxHashSet<usize> = members.iter().copied().collect();
        for waiting in self.pending.values_mut() {
            waiting.retain(|at| !members.contains(at));
        }
        self.pending.retain(|_, waiting| !waiting.is_empty());
        let (shifted, others): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.found).into_iter().partition(|(at, _)| members.contains(at));
        self.found = others;
        if let Some((first, deviation)) = explain::shift(shifted) {
            let place = self.found.partition_point(|(at, _)| *at < first);
            self.found.insert(place, (first, deviation));
        }
        let mut members: Vec<usize> = members.into_iter().collect();
        members.sort_unstable();
        for at in members {
            let score = self.scored(at).0;
            self.learn(at, score);
        }
    }
}

/// The conformal p-value of a score among calibration scores (ascending), in (0, 1].
pub fn p_value(calibration: &[f64], score: f64) -> f64 {
    // Equal sums differ in their last bits by the order of their terms.
    let below = calibration.partition_point(|other| *other < score - 1e-9);
    let as_unusual = calibration.len() - below;
    (1 + as_unusual) as f64 / (calibration.len() + 1) as f64
}

fn insert(calibration: &mut Vec<f64>, score: f64) {
    let place = calibration.partition_point(|other| *other < score);
    calibration.insert(place, score);
}

#[cfg(test)]
mod tests;

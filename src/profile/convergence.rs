//! Convergence of one agent × discipline × gap × context (design §3.4).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::cadence::{self, Cadence};
use super::contamination::Contamination;
use super::kind::KindId;
use super::observation::Observation;
use super::run::{Run, Span};
use super::settings::Settings;
use super::window::{Need, Part, Window, days_needed, window};
use crate::domain::{AgentKey, Capability, Convergence, Discipline, GapType, Sufficiency};

/// What is asked: whether what was observed of an agent supports a statement.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    pub agent: &'a AgentKey,
    pub discipline: Discipline,
    pub gap: GapType,
    /// The declared rhythm; without it, it is taken from the runs.
    pub cadence: Option<Cadence>,
    /// Only what came later: a segment.
    pub since: Option<Timestamp>,
    /// Only these kinds of calls.
    pub kinds: Option<&'a dyn Fn(&Capability) -> bool>,
    /// Only these runs: a context.
    pub context: Option<&'a dyn Fn(&Run) -> bool>,
}

/// How far a baseline is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    pub convergence: Convergence,
    /// The rhythm, declared or detected.
    pub cadence: Option<Cadence>,
    /// Everything that is needed, with what there is of it.
    pub parts: Vec<Part>,
    /// While it has not converged: when days and runs will suffice at the pace so far. An estimate,
    /// where `Sufficiency::NotConverged::until` is a promise.
    pub expected: Option<Timestamp>,
}

impl Progress {
    /// The gauge, in 0..=1: the share of what there is least of. Full when nothing is asked for.
    pub fn share(&self) -> f64 {
        self.bottleneck().map_or(1.0, Part::share)
    }

    /// What there is least of; nothing when all suffices.
    pub fn bottleneck(&self) -> Option<&Part> {
        let missing = self.parts.iter().filter(|part| part.share() < 1.0);
        missing.min_by(|a, b| a.share().total_cmp(&b.share()))
    }

    /// The same with what contaminates the baseline: when too little is left without it, nothing can
    /// be said.
    pub fn contaminated(mut self, by: &[Contamination], settings: &Settings) -> Self {
        let left = |found: &Contamination| {
            found.runs_left < settings.min_runs || found.days_left < settings.active_days
        };
        if self.convergence.is_converged() && by.iter().any(left) {
            let because: Vec<&str> = by.iter().map(|found| found.sentence.as_str()).collect();
            let because = because.join("; ");
            self.convergence.why.clone_from(&because);
            self.convergence.sufficiency = Sufficiency::Contaminated { because };
        }
        self
    }
}

/// Whether what was observed of `agent` supports a statement about `gap` in `discipline`, when it
/// will, and why. `cadence` is the declared one; without it the rhythm is taken from the runs.
pub fn convergence(
    observation: &Observation,
    agent: &AgentKey,
    discipline: Discipline,
    gap: GapType,
    cadence: Option<Cadence>,
    settings: &Settings,
) -> Convergence {
    let question = Question { cadence, ..Question::new(agent, discipline, gap) };
    progress(observation, &question, settings).convergence
}

impl<'a> Question<'a> {
    /// About all runs and all kinds of a discipline.
    pub fn new(agent: &'a AgentKey, discipline: Discipline, gap: GapType) -> Self {
        Self { agent, discipline, gap, cadence: None, since: None, kinds: None, context: None }
    }

    fn shows(&self, kind: Option<&Capability>) -> bool {
        in_discipline(kind, self.discipline)
            && self.kinds.is_none_or(|wanted| kind.is_some_and(wanted))
    }
}

/// Answers with everything that stands behind it.
///
/// - Gap 2 rests on an exercise, and one suffices.
/// - Gap 1 is a claim of absence: every run of the agent was an occasion to use what it did not.
/// - Gap 3 is a claim of normality: the runs that show the discipline have to be enough of them.
pub fn progress(
    observation: &Observation,
    question: &Question<'_>,
    settings: &Settings,
) -> Progress {
    let Question { agent, discipline, gap, .. } = *question;
    let (window, sessions) = watched(observation, question, settings);
    let need = match (gap, discipline) {
        (GapType::HiddenScope, _) => None,
        (GapType::Latent, Discipline::Model) => {
            Some(one_cycle(&window, question.cadence, settings))
        }
        (GapType::Latent, _) => Some(absence(&window, sessions, question.cadence, settings)),
        (GapType::Anomaly, _) => Some(normality(&window, question.cadence, settings)),
    };
    let (sufficiency, why) = match &need {
        Some(need) => window.sufficiency(need, settings),
        None => hidden_scope(observation, agent, discipline),
    };
    let expected = match (&need, &sufficiency) {
        (Some(need), Sufficiency::NotConverged { .. }) => window.expected(need),
        _ => None,
    };
    Progress {
        cadence: question.cadence.or_else(|| cadence::detect(&window.days)),
        parts: need.map(|need| window.parts(&need, settings)).unwrap_or_default(),
        expected,
        convergence: Convergence {
            agent: agent.clone(),
            discipline,
            gap,
            sufficiency,
            from: window.from,
            until: window.until,
            days: u32::try_from(window.days.len()).unwrap_or(u32::MAX),
            runs: window.runs,
            unseen: window.unseen(settings),
            why,
        },
    }
}

/// The window that a question is about, and whether its runs are sessions.
fn watched(
    observation: &Observation,
    question: &Question<'_>,
    settings: &Settings,
) -> (Window, bool) {
    let agent = question.agent;
    let shows = |kind: KindId| question.shows(observation.kind(kind));
    let in_context = |run: &&Run| question.context.is_none_or(|context| context(run));
    let since = settings.baseline_from(agent).max(question.since);
    // Of the days into which early runs were folded the context is no longer known.
    let earlier = observation.earlier.get(agent).filter(|_| question.context.is_none());
    let has_discipline = |run: &&Run| run.tally.keys().any(|kind| shows(*kind));
    let mut runs: Vec<&Run> = match (question.gap, &agent.inner) {
        // A host works whenever the agents inside it do.
        (GapType::Latent, None) => observation.runs_on(agent).filter(in_context).collect(),
        _ => observation.runs_of(agent).iter().filter(in_context).collect(),
    };
    runs.sort_by_key(|run| run.start);
    if question.gap != GapType::Latent {
        runs.retain(has_discipline);
    }
    let sessions = runs.iter().any(|run| run.span == Span::Session);
    if question.gap != GapType::Latent && sessions {
        runs.retain(|run| run.span == Span::Session);
    }
    (window(earlier, runs, since, settings, shows), sessions)
}

pub fn in_discipline(kind: Option<&Capability>, discipline: Discipline) -> bool {
    kind.is_some_and(|kind| kind.plane().discipline() == discipline)
}

/// What a statement about normality needs: days, runs, and kinds that are nearly all known.
pub fn normality(window: &Window, cadence: Option<Cadence>, settings: &Settings) -> Need {
    let (days, rhythm) = days_needed(&window.days, cadence, settings);
    let cycles = rhythmic(window, cadence).map(|cadence| (cadence, settings.cadence_cycles));
    Need { runs: Some(settings.min_runs), days, cycles, kinds: true, rhythm }
}

/// What a statement about absence needs. Work that does not come in sessions has no runs to count;
/// the longer period holds instead.
fn absence(window: &Window, sessions: bool, cadence: Option<Cadence>, settings: &Settings) -> Need {
    let need = normality(window, cadence, settings);
    match sessions {
        true => need,
        false => Need { runs: None, days: need.days.max(settings.irregular_days), ..need },
    }
}

/// An import can be lazy: what one whole cycle of the work did not load is not loaded.
fn one_cycle(window: &Window, declared: Option<Cadence>, settings: &Settings) -> Need {
    let (_, rhythm) = days_needed(&window.days, declared, settings);
    let cadence = declared.or_else(|| cadence::detect(&window.days));
    let days = cadence.map_or(settings.irregular_days, Cadence::days);
    let cycles = rhythmic(window, declared).map(|cadence| (cadence, 1));
    Need { runs: None, days, cycles, kinds: false, rhythm: format!("one cycle of {rhythm}") }
}

/// A cadence whose cycles are counted: days are their own.
fn rhythmic(window: &Window, declared: Option<Cadence>) -> Option<Cadence> {
    let cadence = declared.or_else(|| cadence::detect(&window.days));
    cadence.filter(|cadence| *cadence != Cadence::Daily)
}

fn hidden_scope(
    observation: &Observation,
    agent: &AgentKey,
    discipline: Discipline,
) -> (Sufficiency, String) {
    let seen = observation.exercises.iter().any(|exercise| {
        exercise.agent == *agent && exercise.capability.plane().discipline() == discipline
    });
    match seen {
        true => (Sufficiency::Converged, "an observed exercise stands by itself".to_owned()),
        false => (Sufficiency::Empty, "no exercise was observed".to_owned()),
    }
}

#[cfg(test)]
mod tests;

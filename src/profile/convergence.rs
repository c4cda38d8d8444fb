//! Convergence of one agent × discipline × gap (design §3.4).

use super::cadence::Cadence;
use super::kind::KindId;
use super::observation::Observation;
use super::run::{Run, Span};
use super::settings::Settings;
use super::window::{Need, Window, days_needed, window};
use crate::domain::{AgentKey, Capability, Convergence, Discipline, GapType, Sufficiency};

/// Whether what was observed of `agent` supports a statement about `gap` in `discipline`, when it
/// will, and why. `cadence` is the declared one; without it the rhythm is taken from the runs.
///
/// - Gap 2 rests on an exercise, and one suffices.
/// - Gap 1 is a claim of absence: every run of the agent was an occasion to use what it did not.
/// - Gap 3 is a claim of normality: the runs that show the discipline have to be enough of them.
pub fn convergence(
    observation: &Observation,
    agent: &AgentKey,
    discipline: Discipline,
    gap: GapType,
    cadence: Option<Cadence>,
    settings: &Settings,
) -> Convergence {
    let shows = |kind: KindId| in_discipline(observation.kind(kind), discipline);
    let since = settings.baseline_from(agent);
    let earlier = observation.earlier.get(agent);
    let (window, sessions) = match gap {
        GapType::Latent => {
            // A host works whenever the agents inside it do.
            let mut runs: Vec<&Run> = match agent.inner {
                None => observation.runs_on(agent).collect(),
                Some(_) => observation.runs_of(agent).iter().collect(),
            };
            let sessions = runs.iter().any(|run| run.span == Span::Session);
            runs.sort_by_key(|run| run.start);
            (window(earlier, runs, since, settings, shows), sessions)
        }
        GapType::HiddenScope | GapType::Anomaly => {
            let runs = observation.runs_of(agent);
            let has_discipline = |run: &&Run| run.tally.keys().any(|kind| shows(*kind));
            let sessions = runs.iter().any(|run| run.span == Span::Session && has_discipline(&run));
            let span = if sessions { Span::Session } else { Span::Day };
            let runs = runs.iter().filter(|run| run.span == span).filter(has_discipline);
            (window(earlier, runs, since, settings, shows), sessions)
        }
    };
    let (sufficiency, why) = match (gap, discipline) {
        (GapType::HiddenScope, _) => hidden_scope(observation, agent, discipline),
        (GapType::Latent, Discipline::Model) => {
            let need = one_cycle(&window, cadence, settings);
            window.sufficiency(&need, settings)
        }
        (GapType::Latent, _) => {
            let need = absence(&window, sessions, cadence, settings);
            window.sufficiency(&need, settings)
        }
        (GapType::Anomaly, _) => {
            let need = normality(&window, cadence, settings);
            window.sufficiency(&need, settings)
        }
    };
    Convergence {
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
    }
}

pub fn in_discipline(kind: Option<&Capability>, discipline: Discipline) -> bool {
    kind.is_some_and(|kind| kind.plane().discipline() == discipline)
}

/// What a statement about normality needs: days, runs, and kinds that are nearly all known.
pub fn normality(window: &Window, cadence: Option<Cadence>, settings: &Settings) -> Need {
    let (days, rhythm) = days_needed(&window.days, cadence, settings);
    Need { runs: Some(settings.min_runs), days, kinds: true, rhythm }
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
    let cadence = declared.or_else(|| super::cadence::detect(&window.days));
    let days = cadence.map_or(settings.irregular_days, Cadence::days);
    Need { runs: None, days, kinds: false, rhythm: format!("one cycle of {rhythm}") }
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

//! Everything that can be said of what is normal for an agent, at once.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::thread;

use jiff::Timestamp;
use strum::IntoEnumIterator;

use super::cadence::Cadence;
use super::contamination::{Contamination, contaminations};
use super::convergence::{Progress, Question, in_discipline, progress};
use super::deviation::{Deviation, Level, Shift, Signals, Term, deviations};
use super::drift::{Drift, drifts};
use super::kind::KindId;
use super::observation::Observation;
use super::pattern::{Pattern, patterns};
use super::rebaseline::{Proposal, Verdict, rebaseline};
use super::run::{Run, Span};
use super::segment::{Segment, begins_anew, segments};
use super::settings::Settings;
use crate::domain::{AgentKey, Capability, Discipline, GapType};

/// What is normal for one agent, how sure that is, and what does not fit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Appraisal {
    /// In order of time; see [`deviations`].
    pub deviations: Vec<Deviation>,
    /// Of each discipline that was observed.
    pub normality: BTreeMap<Discipline, Normality>,
    /// Changes of model, instructions, tools or image.
    pub segments: Vec<Segment>,
}

/// The baseline of one discipline.
#[derive(Clone, Debug, PartialEq)]
pub struct Normality {
    /// How far it is, for a statement about anomalies.
    pub progress: Progress,
    pub contaminations: Vec<Contamination>,
    pub drifts: Vec<Drift>,
    pub patterns: Vec<Pattern>,
    /// After a lasting change.
    pub proposal: Option<Proposal>,
}

/// Appraises every agent that was observed, on all cores. `cadence` is the declared one.
pub fn appraisals(
    observation: &Observation,
    cadence: &(dyn Fn(&AgentKey) -> Option<Cadence> + Sync),
    settings: &Settings,
) -> BTreeMap<AgentKey, Appraisal> {
    let agents: Vec<&AgentKey> = observation.agents.keys().collect();
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let appraised = |agent: &&AgentKey| {
        ((*agent).clone(), appraise(observation, agent, cadence(agent), settings))
    };
    thread::scope(|scope| {
        // Neighbours share a namespace and often their size: each core takes every n-th agent.
        let share = |first: usize| agents.iter().skip(first).step_by(cores).map(appraised);
        let others: Vec<_> =
            (1..cores).map(|first| scope.spawn(move || share(first).collect::<Vec<_>>())).collect();
        let mut all: BTreeMap<AgentKey, Appraisal> = share(0).collect();
        for other in others {
            match other.join() {
                Ok(appraised) => all.extend(appraised),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    })
}

/// Appraises one agent.
pub fn appraise(
    observation: &Observation,
    agent: &AgentKey,
    cadence: Option<Cadence>,
    settings: &Settings,
) -> Appraisal {
    let segments = segments(observation, agent, cadence, settings);
    let mut appraisal = Appraisal {
        deviations: deviations(observation, agent, &segments, settings),
        segments,
        normality: BTreeMap::new(),
    };
    for discipline in Discipline::iter() {
        let shows = |kind: KindId| in_discipline(observation.kind(kind), discipline);
        let runs = comparable(observation, agent, settings, &shows);
        if !runs.is_empty() {
            let normality =
                normality(observation, &runs, &appraisal, discipline, agent, cadence, settings);
            let shift = shift(agent, discipline, &normality, &runs);
            appraisal.normality.insert(discipline, normality);
            let is_known =
                |known: &Deviation| known.level == Level::Shift && known.discipline == discipline;
            if !appraisal.deviations.iter().any(is_known) {
                appraisal.deviations.extend(shift);
            }
        }
    }
    appraisal.deviations.sort_by(|a, b| (a.at, &a.run).cmp(&(b.at, &b.run)));
    appraisal
}

/// A lasting change that drift shows and no run by itself.
fn shift(
    agent: &AgentKey,
    discipline: Discipline,
    normality: &Normality,
    runs: &[&Run],
) -> Option<Deviation> {
    let proposal = normality.proposal.as_ref()?;
    let first = runs.iter().find(|run| run.start >= proposal.from)?;
    if proposal.verdict != Verdict::Propose {
        return None;
    }
    let until = runs.last().map_or(proposal.from, |run| run.end);
    let term = |drift: &Drift| Term {
        what: drift.sentence.clone(),
        nats: -drift.false_alarm.max(f64::MIN_POSITIVE).ln(),
        events: drift.events.clone(),
        capability: None,
    };
    Some(Deviation {
        agent: agent.clone(),
        discipline,
        run: first.id.clone(),
        at: proposal.from,
        until,
        level: Level::Shift,
        score: 0.0,
        p: normality.drifts.iter().map(|drift| drift.false_alarm).fold(1.0, f64::min),
        n: normality.drifts.iter().map(|drift| drift.runs_before).max().unwrap_or(0),
        terms: normality.drifts.iter().map(term).collect(),
        signals: Signals {
            kernel_or_api: first.kernel_or_api,
            tool_call: !first.calls.is_empty(),
            prompt_context: first.has_prompt(),
        },
        capabilities: Vec::new(),
        sentence: proposal.sentence.clone(),
        shift: Some(Shift { from: proposal.from, until, runs: proposal.runs }),
        capture: None,
    })
}

fn normality(
    observation: &Observation,
    runs: &[&Run],
    appraisal: &Appraisal,
    discipline: Discipline,
    agent: &AgentKey,
    cadence: Option<Cadence>,
    settings: &Settings,
) -> Normality {
    let shows = |kind: KindId| in_discipline(observation.kind(kind), discipline);
    let kinds: BTreeSet<KindId> =
        runs.iter().flat_map(|run| run.tally.keys().copied()).filter(|kind| shows(*kind)).collect();
    let kinds: Vec<&Capability> =
        kinds.into_iter().filter_map(|kind| observation.kind(kind)).collect();
    let anew = begins_anew(&appraisal.segments, &kinds);
    let releases: Vec<Timestamp> = appraisal.segments.iter().map(|segment| segment.at).collect();
    let contaminations = contaminations(observation, runs, shows, &releases, settings);
    let drifts = drifts(observation, runs, shows, settings);
    let shifted = appraisal
        .deviations
        .iter()
        .filter(|deviation| deviation.level == Level::Shift && deviation.discipline == discipline);
    let changed = shifted
        .filter_map(|deviation| deviation.shift.as_ref().map(|shift| shift.from))
        .chain(drifts.iter().map(|drift| drift.began))
        .min();
    let since = anew.last().copied();
    let question =
        Question { cadence, since, ..Question::new(agent, discipline, GapType::Anomaly) };
    Normality {
        progress: progress(observation, &question, settings)
            .contaminated(&contaminations, settings),
        patterns: patterns(observation, runs, shows, cadence, settings),
        proposal: changed.map(|from| rebaseline(observation, runs, shows, from, &drifts, settings)),
        contaminations,
        drifts,
    }
}

/// The runs of an agent that are alike: its sessions where it has any, else its days.
fn comparable<'o>(
    observation: &'o Observation,
    agent: &AgentKey,
    settings: &Settings,
    shows: &dyn Fn(KindId) -> bool,
) -> Vec<&'o Run> {
    let since = settings.baseline_from(agent);
    let mut runs: Vec<&Run> = observation
        .runs_of(agent)
        .iter()
        .filter(|run| since.is_none_or(|since| run.start >= since))
        .filter(|run| run.tally.keys().any(|kind| shows(*kind)))
        .collect();
    if runs.iter().any(|run| run.span == Span::Session) {
        runs.retain(|run| run.span == Span::Session);
    }
    runs
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::Event;
    use crate::profile::fixture::{observe, session};

    /// A few weeks of three agents of different habits, and an odd run of one of them.
    fn weeks() -> Vec<Event> {
        let mut events = Vec::new();
        for (name, tools) in [
            ("mail", ["read_inbox", "search_orders", "send_reply"]),
            ("books", ["list_invoices", "get_invoice", "write_report"]),
            ("ops", ["get_status", "restart_service", "get_status"]),
        ] {
            for day in 0..16_u32 {
                for run in 0..3_u32 {
                    let odd = name == "ops" && day == 15 && run == 0;
                    let tools =
                        if odd { ["get_status", "drop_tables", "send_reply"] } else { tools };
                    let hours = f64::from(day) * 24.0 + f64::from(run) + 9.0;
                    let mut of_run = session(&format!("{name}-{day}-{run}"), hours, &tools);
                    for event in &mut of_run {
                        event.agent = event.agent.take().map(|agent| agent.host().with_inner(name));
                    }
                    events.extend(of_run);
                }
            }
        }
        events
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]

        /// Neither the order of the events nor which core appraises an agent makes a difference.
        #[test]
        fn order_and_cores_make_no_difference(events in Just(weeks()).prop_shuffle()) {
            let settings = Settings::default();
            let observation = observe(&events, &settings);
            let all = appraisals(&observation, &|_| None, &settings);
            let straight = observe(&weeks(), &settings);
            prop_assert_eq!(all.len(), straight.agents.len());
            prop_assert!(all.values().any(|appraisal| !appraisal.deviations.is_empty()));
            for (agent, appraisal) in &all {
                prop_assert_eq!(appraisal, &appraise(&straight, agent, None, &settings));
            }
        }
    }
}

//! Segments: what a change of model, prompt, tools or image makes of a baseline.
//!
//! A change opens a new segment for what it affects. The old baseline keeps scoring the rest, so that
//! nobody can blind the detector by changing something. A model that was swapped is one statement, not
//! an anomaly of each run: where the runs before and after used other models is found by Fisher's
//! exact test over all places at which it could have changed, so that models used in turn make none.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::bound::{LnFactorials, Stratum, nats};
use super::cadence::Cadence;
use super::convergence::{Progress, Question, progress};
use super::observation::Observation;
use super::run::Run;
use super::settings::Settings;
use super::setup::Facet;
use crate::domain::{AgentKey, Capability, Discipline, EventId, GapType, Plane, Text};

/// Changes of one facet that are looked for.
const MOST_CHANGES: usize = 64;

/// How probable it may be that a steady mixture of models is taken for a change.
const CHANCE: f64 = 0.01;

/// Tools named in a sentence.
const NAMED: usize = 4;

/// A new segment of an agent's baseline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    pub agent: AgentKey,
    pub facet: Facet,
    /// What it was and became; of tools, those taken away and added (or redefined).
    pub was: Vec<Text>,
    pub became: Vec<Text>,
    /// The first record of the new.
    pub at: Timestamp,
    /// Runs of the agent since.
    pub runs: u64,
    /// What begins anew; all else is scored by the old baseline.
    pub affects: Affected,
    /// How far the new segment is in each discipline that it affects.
    pub progress: Vec<Progress>,
    pub events: Vec<EventId>,
    /// Escaped.
    pub sentence: String,
}

/// The part of a baseline that a change concerns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Affected {
    pub planes: Vec<Plane>,
    /// Only these tools, when it is a change of tools.
    pub tools: Option<BTreeSet<Text>>,
}

impl Affected {
    /// Whether calls of this kind, their order and their amounts begin anew.
    pub fn covers(&self, kind: &Capability) -> bool {
        let is_changed = |tools: &BTreeSet<Text>| match kind {
            Capability::Tool { name, .. } => tools.contains(name),
            _ => true,
        };
        self.planes.contains(&kind.plane()) && self.tools.as_ref().is_none_or(is_changed)
    }

    fn disciplines(&self) -> BTreeSet<Discipline> {
        self.planes.iter().map(|plane| plane.discipline()).collect()
    }
}

/// What a change of each facet affects. What the identity may do does not depend on who thinks: an
/// identity baseline outlives the model and the prompt, and ends with the image alone.
fn affected(facet: Facet, tools: impl Iterator<Item = Text>) -> Affected {
    let planes = match facet {
        Facet::Model => vec![Plane::Tools, Plane::Delegation, Plane::Models],
        Facet::Instructions => vec![Plane::Tools, Plane::Delegation],
        Facet::Tools => vec![Plane::Tools],
        Facet::Image => vec![
            Plane::Kubernetes,
            Plane::Cloud,
            Plane::Network,
            Plane::Files,
            Plane::Processes,
            Plane::Artifacts,
        ],
    };
    Affected { planes, tools: (facet == Facet::Tools).then(|| tools.collect()) }
}

/// The segments of an agent's baseline, oldest first.
pub fn segments(
    observation: &Observation,
    agent: &AgentKey,
    cadence: Option<Cadence>,
    settings: &Settings,
) -> Vec<Segment> {
    let mut changes = models(observation, agent);
    changes.extend(setups(observation, agent));
    changes.extend(tools(observation, agent));
    changes.sort_by_key(|change| (change.at, change.facet));
    let opened = |change: Change| segment(change, observation, agent, cadence, settings);
    changes.into_iter().map(opened).collect()
}

struct Change {
    facet: Facet,
    was: Vec<Text>,
    became: Vec<Text>,
    at: Timestamp,
    events: Vec<EventId>,
}

fn segment(
    Change { facet, was, became, at, events }: Change,
    observation: &Observation,
    agent: &AgentKey,
    cadence: Option<Cadence>,
    settings: &Settings,
) -> Segment {
    let affects = affected(facet, was.iter().chain(&became).cloned());
    let runs = observation.runs_of(agent).iter().filter(|run| run.start >= at).count() as u64;
    let covered = |kind: &Capability| affects.covers(kind);
    let since = |discipline: Discipline| {
        let question = Question {
            cadence,
            since: Some(at),
            kinds: Some(&covered),
            ..Question::new(agent, discipline, GapType::Anomaly)
        };
        progress(observation, &question, settings)
    };
    let progress: Vec<Progress> = affects.disciplines().into_iter().map(since).collect();
    let list = |texts: &[Text]| {
        let mut named: Vec<String> =
            texts.iter().take(NAMED).map(|text| text.visible().into_owned()).collect();
        if texts.len() > NAMED {
            named.push(format!("{} more", texts.len() - NAMED));
        }
        named.join(", ")
    };
    let day = at.strftime("%Y-%m-%d");
    let what = match (facet, was.as_slice(), became.as_slice()) {
        (Facet::Tools, [], new) => format!("tools {} were added or redefined on {day}", list(new)),
        (Facet::Tools, gone, []) => format!("tools {} were taken away on {day}", list(gone)),
        (Facet::Tools, gone, new) => format!(
            "tools {} were taken away and {} added or redefined on {day}",
            list(gone),
            list(new)
        ),
        _ => format!("{facet} changed from {} to {} on {day}", list(&was), list(&became)),
    };
    let noun = if runs == 1 { "run" } else { "runs" };
    let sentence = format!("{what}; {runs} {noun} since");
    Segment {
        agent: agent.clone(),
        facet,
        was,
        became,
        at,
        runs,
        affects,
        progress,
        events,
        sentence,
    }
}

/// Changes of the models that runs used.
fn models(observation: &Observation, agent: &AgentKey) -> Vec<Change> {
    let runs = observation.runs_of(agent);
    let used: Vec<(&Run, Text, EventId)> =
        runs.iter().filter_map(|run| main_model(observation, run)).collect();
    let labels: Vec<&Text> = used.iter().map(|(_, model, _)| model).collect();
    changes(&labels)
        .into_iter()
        .filter_map(|at| {
            let (run, became, event) = used.get(at)?;
            let (_, was, before) = used.get(at.checked_sub(1)?)?;
            Some(Change {
                facet: Facet::Model,
                was: vec![was.clone()],
                became: vec![became.clone()],
                at: run.start,
                events: vec![*before, *event],
            })
        })
        .collect()
}

/// The model that a run called most, by name, with the first event of it.
fn main_model<'a>(observation: &Observation, run: &'a Run) -> Option<(&'a Run, Text, EventId)> {
    let mut calls: BTreeMap<&Text, (u64, EventId)> = BTreeMap::new();
    for (kind, tally) in &run.tally {
        if let Some(Capability::Model { name, .. }) = observation.kind(*kind) {
            let (count, event) = calls.entry(name).or_insert((0, tally.sample));
            *count += tally.calls;
            *event = (*event).min(tally.sample);
        }
    }
    // Of as many calls it is the first by name.
    let (name, (_, event)) = calls
        .into_iter()
        .max_by(|(a, (many, _)), (b, (more, _))| many.cmp(more).then_with(|| b.cmp(a)))?;
    Some((run, name.clone(), event))
}

/// Where a sequence of labels changes for good: the places at which the part before and the part after
/// differ beyond chance (one in a hundred, over all places and labels), each part split again.
fn changes(labels: &[&Text]) -> Vec<usize> {
    let factorials = LnFactorials::up_to(labels.len());
    let mut found = BTreeSet::new();
    let mut parts = vec![(0, labels.len())];
    while let (Some((start, end)), true) = (parts.pop(), found.len() < MOST_CHANGES) {
        let Some(at) = labels.get(start..end).and_then(|part| split(part, &factorials)) else {
            continue;
        };
        found.insert(start + at);
        parts.extend([(start, start + at), (start + at, end)]);
    }
    found.into_iter().collect()
}

fn split(labels: &[&Text], factorials: &LnFactorials) -> Option<usize> {
    let distinct: BTreeSet<&Text> = labels.iter().copied().collect();
    let asked = (labels.len() * distinct.len() * 2).max(1) as f64;
    let least = asked.ln() - CHANCE.ln();
    let mut best: Option<(f64, usize)> = None;
    for label in &distinct {
        let hits = labels.iter().filter(|other| *other == label).count() as u64;
        let mut before = 0;
        for (at, pair) in labels.windows(2).enumerate() {
            let &[last, next] = pair else { continue };
            before += u64::from(last == *label);
            // Only where one label gives way to another can a part begin.
            if last == next {
                continue;
            }
            let inside = at as u64 + 1;
            let stratum = Stratum { runs: labels.len() as u64, hits, inside };
            let nats = nats(&[stratum], before, factorials);
            if nats >= least && best.is_none_or(|(most, _)| nats > most + 1e-9) {
                best = Some((nats, at + 1));
            }
        }
    }
    best.map(|(_, at)| at)
}

/// Changes of instructions and images, which every record of them states.
fn setups(observation: &Observation, agent: &AgentKey) -> Vec<Change> {
    let stated =
        observation.setups.iter().filter(|(key, _)| *key == agent || **key == agent.host());
    stated
        .flat_map(|(_, setups)| setups)
        .flat_map(|(facet, setups)| {
            setups.windows(2).filter_map(|pair| {
                let [was, became] = pair else { return None };
                Some(Change {
                    facet: *facet,
                    was: vec![was.value.clone()],
                    became: vec![became.value.clone()],
                    at: became.at,
                    events: vec![was.event, became.event],
                })
            })
        })
        .collect()
}

/// Changes of the catalogs that the agent was shown. Pages that are missing, and listings without a
/// date, say nothing of when tools came or went.
fn tools(observation: &Observation, agent: &AgentKey) -> Vec<Change> {
    let shown: Vec<_> = observation
        .catalogs
        .iter()
        .filter(|version| {
            version.agent.as_ref() == Some(agent) && !version.goes_on && !version.undated
        })
        .collect();
    let change = |pair: &[&super::CatalogVersion]| {
        let &[was, became] = pair else { return None };
        if !was.is_like(became) {
            return None;
        }
        let missing = |from: &super::CatalogVersion, other: &super::CatalogVersion| -> Vec<Text> {
            let is_known = |tool: &crate::domain::configured::ToolDefinition| {
                other
                    .tools
                    .iter()
                    .any(|known| (&known.name, &known.digest) == (&tool.name, &tool.digest))
            };
            from.tools.iter().filter(|tool| !is_known(tool)).map(|tool| tool.name.clone()).collect()
        };
        let new = missing(became, was);
        let mut gone = missing(was, became);
        gone.retain(|name| !new.contains(name));
        (!gone.is_empty() || !new.is_empty()).then(|| Change {
            facet: Facet::Tools,
            was: gone,
            became: new,
            at: became.at,
            events: was.events.iter().chain(&became.events).take(2).copied().collect(),
        })
    };
    shown.windows(2).filter_map(change).collect()
}

/// When a baseline of these kinds of calls begins anew, oldest first: a change has to affect all of
/// them. What is affected in part is scored by the old baseline.
pub fn begins_anew(segments: &[Segment], kinds: &[&Capability]) -> Vec<Timestamp> {
    let affects_all = |segment: &&Segment| kinds.iter().all(|kind| segment.affects.covers(kind));
    let mut times: Vec<Timestamp> =
        segments.iter().filter(affects_all).map(|segment| segment.at).collect();
    times.sort_unstable();
    times.dedup();
    times
}

#[cfg(test)]
mod tests;

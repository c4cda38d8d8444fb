//! Step 5, pattern: is the use normal for this agent.

use std::collections::BTreeMap;

use super::absence::configured;
use super::draft::Draft;
use super::priority::danger_of;
use super::sides::Sides;
use super::steps::{Path, Stage};
use crate::domain::{
    AgentKey, BehaviouralVerdict, CantTell, Capability, CapabilityLine, Citation, Convergence,
    Discipline, Exercise, GapType, Grant, GrantState, Plane, ProvisioningVerdict, Reading, Signal,
    Sufficiency,
};
use crate::profile::{Deviation, Level};

/// The drafts of every agent that was observed.
pub fn drafts(sides: &Sides<'_>) -> Vec<Draft> {
    let mut drafts: Vec<Draft> = shared_identities(sides);
    for agent in sides.input.observation.agents.keys() {
        if !sides.is_of_interest(agent) {
            continue;
        }
        if let Some(appraisal) = sides.input.appraisals.get(agent) {
            drafts.extend(deviating(sides, agent, &appraisal.deviations));
        }
        for discipline in [Discipline::Identity, Discipline::Behavior] {
            drafts.extend(unsettled(sides, agent, discipline));
        }
    }
    drafts
}

/// One finding per agent, discipline and kind of thing that deviates; the runs inside.
fn deviating(sides: &Sides<'_>, agent: &AgentKey, deviations: &[Deviation]) -> Vec<Draft> {
    let mut groups: BTreeMap<(Plane, String, &'static str), Vec<&Deviation>> = BTreeMap::new();
    for deviation in deviations {
        let Some(kind) = kind(deviation) else { continue };
        let leading = leading(deviation);
        let plane = leading.map_or(Plane::Tools, Capability::plane);
        let anchor = match deviation.level {
            // A lasting shift and an unfamiliar task are about the agent's work, not about one act.
            Level::Shift => "task mix".to_owned(),
            Level::Unfamiliar => "unfamiliar work".to_owned(),
            _ => leading.map_or_else(|| "pattern of use".to_owned(), Capability::family),
        };
        groups.entry((plane, anchor, kind)).or_default().push(deviation);
    }
    groups
        .into_iter()
        .filter_map(|((plane, anchor, kind), group)| {
            draft(sides, agent, plane, anchor, kind, &group)
        })
        .collect()
}

/// The capability that says most of the deviation.
fn leading(deviation: &Deviation) -> Option<&Capability> {
    deviation
        .terms
        .iter()
        .filter(|term| term.capability.is_some())
        .max_by(|a, b| a.nats.total_cmp(&b.nats))
        .and_then(|term| term.capability.as_ref())
        .or(deviation.capabilities.first())
}

/// The signals that are there, and those that are not.
fn signals(deviation: &Deviation) -> (Vec<Signal>, Vec<Signal>) {
    let signals = &deviation.signals;
    [
        (Signal::KernelOrApi, signals.kernel_or_api),
        (Signal::ToolCall, signals.tool_call),
        (Signal::PromptContext, signals.prompt_context),
    ]
    .into_iter()
    .fold((Vec::new(), Vec::new()), |(mut present, mut missing), (signal, is_there)| {
        if is_there {
            present.push(signal)
        } else {
            missing.push(signal)
        }
        (present, missing)
    })
}

fn kind(deviation: &Deviation) -> Option<&'static str> {
    match deviation.level {
        Level::Alert | Level::Unfamiliar => match leading(deviation).map(Capability::plane) {
            Some(Plane::Kubernetes | Plane::Cloud) => Some("privilege-shift"),
            _ => Some("sequence-shift"),
        },
        Level::Shift => Some("shifted-business"),
        Level::Review | Level::Clear | Level::NotConverged => None,
    }
}

fn draft(
    sides: &Sides<'_>,
    agent: &AgentKey,
    plane: Plane,
    anchor: String,
    pattern: &'static str,
    group: &[&Deviation],
) -> Option<Draft> {
    // The strongest run speaks for the group.
    let strongest = group.iter().max_by(|a, b| a.score.total_cmp(&b.score))?;
    let (present, missing) = signals(strongest);
    let (reading, verdict) = match (strongest.level, missing.first()) {
        (Level::Unfamiliar, _) => (Reading::CantTell { why: CantTell::Unfamiliar }, "unfamiliar"),
        (Level::Shift, _) => (
            Reading::CantTell {
                why: CantTell::ContaminatedBaseline {
                    because: format!("the work changed on {}", strongest.at.strftime("%Y-%m-%d")),
                },
            },
            "lasting shift",
        ),
        (_, None) => (Reading::Anomaly { missing: None }, "deviates, three signals"),
        (_, Some(signal)) if present.len() == 2 => {
            (Reading::Anomaly { missing: Some(*signal) }, "deviates, two signals")
        }
        (_, Some(signal)) => (
            Reading::CantTell { why: CantTell::MissingSignal { signal: *signal } },
            "deviates, one signal",
        ),
    };
    let shown: Vec<String> = present.iter().map(Signal::to_string).collect();
    let operational = group
        .iter()
        .take(8)
        .map(|deviation| Citation {
            text: format!(
                "{} (score {:.1} nats, p = {:.3} against {} earlier runs)",
                deviation.sentence, deviation.score, deviation.p, deviation.n
            ),
            places: Vec::new(),
            events: deviation.terms.iter().flat_map(|term| &term.events).copied().take(8).collect(),
        })
        .collect();
    let mut lines: BTreeMap<String, u64> = BTreeMap::new();
    for term in group.iter().flat_map(|deviation| &deviation.terms) {
        *lines.entry(term.what.clone()).or_default() += 1;
    }
    let first = group.iter().map(|deviation| deviation.at).min();
    let last = group.iter().map(|deviation| deviation.at).max();
    let deviates = matches!(strongest.level, Level::Alert);
    Some(Draft {
        agent: agent.clone(),
        discipline: plane.discipline(),
        plane,
        anchor,
        reading,
        pattern,
        subject: subject(strongest),
        configured: permitting(sides, agent, leading(strongest)),
        operational,
        path: Path::default()
            .step(Stage::Records, "loaded", "activity is loaded for this agent")
            .step(Stage::Attribution, "attributed", agent.visible())
            .step(
                Stage::Pattern,
                verdict,
                format!(
                    "{} runs; signals present: {}",
                    group.len(),
                    if shown.is_empty() { "none".to_owned() } else { shown.join(", ") }
                ),
            ),
        capabilities: lines
            .into_iter()
            .map(|(capability, count)| CapabilityLine {
                capability,
                state: GrantState::Exercised,
                count,
                last,
            })
            .collect(),
        danger: group.iter().filter_map(|deviation| leading(deviation).and_then(danger_of)).max(),
        wide: false,
        from: first,
        until: last,
        provisioning: ProvisioningVerdict::InScope,
        behavioural: match deviates {
            true => BehaviouralVerdict::Deviates,
            false => BehaviouralVerdict::NotConverged,
        },
        object: Some(format!("the guardrails of {}", agent.visible())),
    })
}

/// The two strongest reasons, then the run.
fn subject(deviation: &Deviation) -> String {
    let mut terms: Vec<_> = deviation.terms.iter().collect();
    terms.sort_by(|a, b| b.nats.total_cmp(&a.nats));
    match terms.is_empty() {
        true => deviation.sentence.clone(),
        false => {
            let reasons: Vec<&str> = terms.iter().take(2).map(|term| term.what.as_str()).collect();
            format!("{} (run {})", reasons.join("; "), deviation.run.visible())
        }
    }
}

/// What permits the act that says most of the deviation.
fn permitting(sides: &Sides<'_>, agent: &AgentKey, act: Option<&Capability>) -> Vec<Citation> {
    let host = agent.host();
    let grants: Vec<&Grant> = [agent, &host]
        .into_iter()
        .flat_map(|holder| sides.own_grants(holder))
        .copied()
        .filter(|grant| act.is_some_and(|act| grant.permits(act).is_possible()))
        .collect();
    match grants.is_empty() {
        false => configured(&grants),
        true => vec![Citation::new("no loaded grant covers it; scope is a separate reading")],
    }
}

/// What cannot be judged yet, once per agent and discipline. Silence would read as *no anomaly*.
fn unsettled(sides: &Sides<'_>, agent: &AgentKey, discipline: Discipline) -> Option<Draft> {
    let exercises: Vec<&Exercise> = sides
        .exercises_under(agent)
        .into_iter()
        .filter(|exercise| exercise.agent == *agent && exercise.count > 0)
        .filter(|exercise| exercise.capability.plane().discipline() == discipline)
        .collect();
    let convergence = sides.convergence(agent, discipline, GapType::Anomaly);
    let why = match convergence.sufficiency.clone() {
        Sufficiency::Converged => return None,
        Sufficiency::Empty => CantTell::NotConverged {
            until: None,
            condition: "load activity that is recorded run by run".to_owned(),
        },
        Sufficiency::NotConverged { until, condition } => {
            CantTell::NotConverged { until, condition }
        }
        Sufficiency::Contaminated { because } => CantTell::ContaminatedBaseline { because },
    };
    let first = exercises.iter().map(|exercise| exercise.first).min()?;
    let last = exercises.iter().map(|exercise| exercise.last).max();
    let plane = match discipline {
        Discipline::Identity => Plane::Kubernetes,
        Discipline::Model => Plane::Models,
        Discipline::Behavior => Plane::Tools,
    };
    Some(Draft {
        agent: agent.clone(),
        discipline,
        plane,
        anchor: "baseline".to_owned(),
        subject: format!("the {discipline} baseline has not converged: {}", why.label()),
        reading: Reading::CantTell { why },
        pattern: "unsettled-baseline",
        configured: vec![Citation::new("scope is a separate reading")],
        operational: vec![observed(&convergence, exercises.len())],
        path: Path::default()
            .step(Stage::Records, "loaded", "activity is loaded for this agent")
            .step(Stage::Pattern, "not converged", convergence.why.clone()),
        capabilities: Vec::new(),
        danger: None,
        wide: false,
        from: Some(first),
        until: last,
        provisioning: ProvisioningVerdict::InScope,
        behavioural: BehaviouralVerdict::NotConverged,
        object: None,
    })
}

fn observed(convergence: &Convergence, kinds: usize) -> Citation {
    Citation::new(format!(
        "{kinds} kinds of use in {} runs on {} active days; probability of an unseen kind {:.0} %",
        convergence.runs,
        convergence.days,
        convergence.unseen * 100.0
    ))
}

/// Identities that several agents share: whatever their pattern, it belongs to nobody in particular.
fn shared_identities(sides: &Sides<'_>) -> Vec<Draft> {
    let mut shared: BTreeMap<&AgentKey, Vec<&Exercise>> = BTreeMap::new();
    for exercise in &sides.input.observation.exercises {
        if exercise.candidates.len() > 1 {
            shared.entry(&exercise.agent).or_default().push(exercise);
        }
    }
    shared
        .into_iter()
        .filter_map(|(principal, exercises)| {
            let first = exercises.first()?;
            let names: Vec<String> = first.candidates.iter().map(AgentKey::visible).collect();
            let candidates = u32::try_from(names.len()).unwrap_or(u32::MAX);
            Some(Draft {
                agent: principal.clone(),
                discipline: Discipline::Identity,
                plane: first.capability.plane(),
                anchor: "shared identity".to_owned(),
                reading: Reading::CantTell { why: CantTell::AmbiguousIdentity { candidates } },
                pattern: "shared-identity",
                subject: format!("an identity shared by {}", names.join(", ")),
                configured: vec![Citation::new(format!("used by {}", names.join(", ")))],
                operational: exercises
                    .iter()
                    .take(8)
                    .map(|exercise| Citation {
                        text: format!(
                            "{}: {} times",
                            exercise.capability.visible(),
                            exercise.count
                        ),
                        places: Vec::new(),
                        events: exercise.events.clone(),
                    })
                    .collect(),
                path: Path::default()
                    .step(Stage::Records, "loaded", "the identity's use is recorded")
                    .step(
                        Stage::Attribution,
                        "shared identity",
                        format!("one of {}", names.join(", ")),
                    )
                    .step(
                        Stage::Pattern,
                        "ambiguous",
                        "a pattern belongs to nobody in particular here",
                    ),
                capabilities: Vec::new(),
                danger: exercises
                    .iter()
                    .filter_map(|exercise| danger_of(&exercise.capability))
                    .max(),
                wide: false,
                from: exercises.iter().map(|exercise| exercise.first).min(),
                until: exercises.iter().map(|exercise| exercise.last).max(),
                provisioning: ProvisioningVerdict::Unknown,
                behavioural: BehaviouralVerdict::NotConverged,
                object: Some(principal.visible()),
            })
        })
        .collect()
}

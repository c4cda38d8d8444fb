//! Step 2, breach: an exercise against a rule that declares without enforcing. Not a gap, and no
//! reason to stop asking the other questions.

use super::draft::Draft;
use super::sides::Sides;
use super::steps::{Path, Stage};
use crate::domain::configured::PosturePolicy;
use crate::domain::{
    AgentKey, BehaviouralVerdict, Capability, CapabilityLine, Citation, Exercise, GrantState,
    Plane, ProvisioningVerdict, Reading, Record,
};
use crate::profile::Run;

/// The drafts of every agent that has a posture policy.
pub fn drafts(sides: &Sides<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for agent in sides.input.observation.agents.keys() {
        let Some((policy, record)) = sides.input.estate.posture_policy(agent) else { continue };
        let exercises = sides.exercises_under(agent);
        drafts.extend(denied_tools(agent, policy, record, &exercises));
        drafts.extend(tool_calls(sides, agent, policy, record));
        drafts.extend(sub_agents(sides, agent, policy, record));
    }
    drafts
}

fn denied_tools(
    agent: &AgentKey,
    policy: &PosturePolicy,
    record: &Record,
    exercises: &[&Exercise],
) -> Option<Draft> {
    let denied: Vec<&Exercise> = exercises
        .iter()
        .copied()
        .filter(|exercise| {
            exercise.count > 0
                && exercise.agent == *agent
                && matches!(&exercise.capability, Capability::Tool { name, .. } if policy.denied_tools.contains(name))
        })
        .collect();
    let names: Vec<String> = denied.iter().map(|exercise| exercise.capability.visible()).collect();
    let first = denied.iter().map(|exercise| exercise.first).min()?;
    let last = denied.iter().map(|exercise| exercise.last).max()?;
    Some(Draft {
        capabilities: denied
            .iter()
            .map(|exercise| CapabilityLine {
                capability: exercise.capability.visible(),
                state: GrantState::Exercised,
                count: exercise.count,
                last: Some(exercise.last),
            })
            .collect(),
        operational: vec![Citation {
            text: format!("used {}", names.join(", ")),
            places: Vec::new(),
            events: denied
                .iter()
                .flat_map(|exercise| exercise.events.iter().copied())
                .take(8)
                .collect(),
        }],
        from: Some(first),
        until: Some(last),
        ..breach(
            agent,
            record,
            "denied-tool",
            "denied tools",
            format!("used {}, which its posture policy denies", names.join(", ")),
        )
    })
}

fn tool_calls(
    sides: &Sides<'_>,
    agent: &AgentKey,
    policy: &PosturePolicy,
    record: &Record,
) -> Option<Draft> {
    let limit = policy.max_tool_calls_per_run?;
    let runs = sides.input.observation.runs.get(agent)?;
    let calls = |run: &&Run| sides.input.observation.tool_calls(run);
    let over: Vec<&Run> = runs.iter().filter(|run| calls(run) > limit).collect();
    let most = over.iter().map(calls).max()?;
    Some(Draft {
        capabilities: vec![CapabilityLine {
            capability: format!("tool calls per run: {most}, limit {limit}"),
            state: GrantState::Exercised,
            count: over.len() as u64,
            last: over.iter().map(|run| run.end).max(),
        }],
        operational: vec![Citation {
            text: format!("{} runs made more than {limit} tool calls, at most {most}", over.len()),
            places: Vec::new(),
            events: over
                .iter()
                .filter_map(|run| run.calls.first())
                .map(|call| call.event)
                .take(8)
                .collect(),
        }],
        from: over.iter().map(|run| run.start).min(),
        until: over.iter().map(|run| run.end).max(),
        ..breach(
            agent,
            record,
            "exceeded-tool-calls",
            "max_tool_calls_per_run",
            format!("made {most} tool calls in one run, its limit is {limit}"),
        )
    })
}

fn sub_agents(
    sides: &Sides<'_>,
    agent: &AgentKey,
    policy: &PosturePolicy,
    record: &Record,
) -> Option<Draft> {
    let limit = usize::try_from(policy.max_sub_agents?).unwrap_or(usize::MAX);
    let seen = sides.input.observation.agents.get(agent)?;
    if seen.sub_agents.len() <= limit {
        return None;
    }
    let names: Vec<String> = seen.sub_agents.iter().map(AgentKey::visible).collect();
    Some(Draft {
        capabilities: vec![CapabilityLine {
            capability: format!("sub-agents: {}, limit {limit}", seen.sub_agents.len()),
            state: GrantState::Exercised,
            count: seen.sub_agents.len() as u64,
            last: seen.last,
        }],
        operational: vec![Citation::new(format!("called {}", names.join(", ")))],
        from: seen.first,
        until: seen.last,
        ..breach(
            agent,
            record,
            "exceeded-sub-agents",
            "max_sub_agents",
            format!("called {} sub-agents, its limit is {limit}", seen.sub_agents.len()),
        )
    })
}

fn breach(
    agent: &AgentKey,
    record: &Record,
    pattern: &'static str,
    rule: &str,
    subject: String,
) -> Draft {
    Draft {
        agent: agent.clone(),
        discipline: Plane::Tools.discipline(),
        plane: Plane::Tools,
        anchor: format!("posture policy {rule}"),
        reading: Reading::Breach,
        pattern,
        subject,
        configured: vec![Citation {
            text: format!("its posture policy declares {rule}, without enforcing it"),
            places: vec![record.place.clone()],
            events: Vec::new(),
        }],
        operational: Vec::new(),
        path: Path::default()
            .step(Stage::Records, "loaded", "a posture policy is loaded for this agent")
            .step(Stage::Breach, "broken", format!("the rule {rule} was broken")),
        capabilities: Vec::new(),
        danger: None,
        wide: false,
        from: None,
        until: None,
        provisioning: ProvisioningVerdict::OutOfScope,
        behavioural: BehaviouralVerdict::NotConverged,
        object: Some("the enforcement of the posture policy".to_owned()),
    }
}

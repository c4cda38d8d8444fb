//! The work that a step would break: what went over the same identity, server or agent before the
//! incident.

use std::collections::BTreeMap;

use super::Question;
use super::found::{Found, Through};
use super::servers::server_of;
use super::subject::is_same;
use crate::domain::containment::BrokenWork;
use crate::domain::{AgentKey, Exercise};

/// Capabilities named for one agent, and agents that are listed.
const NAMED: usize = 3;
const AGENTS: usize = 20;

/// By agent, the busiest first.
pub(super) fn broken(question: &Question<'_>, found: &Found) -> Vec<BrokenWork> {
    let goes_through = |exercise: &Exercise| match &found.through {
        Through::Principals(names) => exercise
            .principals
            .iter()
            .any(|principal| names.iter().any(|name| is_same(name, principal))),
        Through::Server(server) => {
            server_of(question.estate, exercise).is_some_and(|used| used == *server)
        }
        Through::Agent(agent) => exercise.agent == *agent || exercise.agent.host() == *agent,
        Through::Untold => false,
    };
    let through = match &found.through {
        Through::Principals(names) => {
            names.iter().map(|name| name.visible().into_owned()).collect::<Vec<_>>().join(", ")
        }
        Through::Server(server) => format!("MCP server {}", server.visible()),
        Through::Agent(agent) => format!("agent {agent}"),
        Through::Untold => String::new(),
    };
    let mut agents: BTreeMap<&AgentKey, Vec<&Exercise>> = BTreeMap::new();
    let used =
        question.baseline.iter().filter(|exercise| exercise.count > 0 && !exercise.aggregated);
    for exercise in used.filter(|exercise| goes_through(exercise)) {
        agents.entry(&exercise.agent).or_default().push(exercise);
    }
    let mut work: Vec<BrokenWork> = agents
        .into_iter()
        .map(|(agent, mut exercises)| {
            exercises.sort_by(|a, b| (b.count, &a.capability).cmp(&(a.count, &b.capability)));
            let examples = exercises.iter().take(NAMED);
            BrokenWork {
                agent: agent.clone(),
                through: through.clone(),
                uses: exercises.iter().map(|exercise| exercise.count).sum(),
                capabilities: exercises.len(),
                examples: examples.map(|exercise| exercise.capability.visible()).collect(),
                last: exercises.iter().map(|exercise| exercise.last).max(),
            }
        })
        .collect();
    work.sort_by(|a, b| (b.uses, &a.agent).cmp(&(a.uses, &b.agent)));
    work.truncate(AGENTS);
    work
}

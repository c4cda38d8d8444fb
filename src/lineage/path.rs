//! Delegation paths: the agents over which a span was reached, shared between the spans that were
//! reached over the same ones.

use rustc_hash::FxHashMap;

use super::forest::Forest;
use crate::domain::{AgentKey, EdgeBasis, EdgeRule};

/// A path grows no longer than this; deeper agents take the place of the last one.
const LONGEST: usize = 64;

/// How the path gets to an agent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Arrival {
    /// The record names the agent; nothing before it is known.
    Named,
    /// Span parentage, or what the source says in its place, leads to it.
    Recorded,
    /// A rule leads to it.
    Inferred(EdgeRule),
}

/// A path in [`Paths`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct PathId(u32);

/// Interned paths: equal paths have equal ids.
#[derive(Debug, Default)]
pub(super) struct Paths {
    steps: Vec<Step>,
    known: FxHashMap<Step, PathId>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Step {
    before: Option<PathId>,
    agent: AgentKey,
    arrival: Arrival,
}

impl Paths {
    /// The path of an agent that a record names by itself.
    pub fn start(&mut self, agent: AgentKey) -> PathId {
        self.intern(Step { before: None, agent, arrival: Arrival::Named })
    }

    /// The path of every span, by its number in the forest. `None` above the first agent.
    pub fn of_spans(
        &mut self,
        forest: &Forest<'_>,
        mut agent_of: impl FnMut(usize) -> Option<AgentKey>,
    ) -> Vec<Option<PathId>> {
        let mut paths: Vec<Option<PathId>> = vec![None; forest.spans.len()];
        for at in forest.depth_first() {
            let above = forest.parent(at).and_then(|parent| paths[parent as usize]);
            let at = at as usize;
            paths[at] = match (above, agent_of(at)) {
                (above, None) => above,
                (None, Some(agent)) => Some(self.start(agent)),
                (Some(above), Some(agent)) => {
                    let arrival = match &forest.edges[at] {
                        EdgeBasis::Inferred { rule } => Arrival::Inferred(*rule),
                        _ => Arrival::Recorded,
                    };
                    Some(self.extend(above, agent, arrival))
                }
            };
        }
        paths
    }

    /// The agents of a path from its root, each with how the path gets to it.
    pub fn agents(&self, path: PathId) -> Vec<(&AgentKey, &Arrival)> {
        let mut steps: Vec<_> =
            self.backwards(path).map(|(_, step)| (&step.agent, &step.arrival)).collect();
        steps.reverse();
        steps
    }

    pub fn last(&self, path: PathId) -> Option<&AgentKey> {
        self.steps.get(path.0 as usize).map(|step| &step.agent)
    }

    fn extend(&mut self, above: PathId, agent: AgentKey, arrival: Arrival) -> PathId {
        // Back at an agent that is on the path already: it goes on from there.
        let again = self.backwards(above).find(|(_, step)| {
            // A span of the workload that names no inner agent belongs to the one above it.
            step.agent == agent || agent.inner.is_none() && step.agent.host() == agent
        });
        if let Some((path, _)) = again {
            return path;
        }
        let Some(last) = self.steps.get(above.0 as usize) else { return above };
        let is_its_host = last.agent.inner.is_none() && last.agent == agent.host();
        if is_its_host || self.backwards(above).count() >= LONGEST {
            let step = Step { agent, ..last.clone() };
            return self.intern(step);
        }
        self.intern(Step { before: Some(above), agent, arrival })
    }

    fn backwards(&self, path: PathId) -> impl Iterator<Item = (PathId, &Step)> {
        let step = move |path: PathId| self.steps.get(path.0 as usize).map(|step| (path, step));
        std::iter::successors(step(path), move |(_, last)| step(last.before?))
    }

    fn intern(&mut self, step: Step) -> PathId {
        if let Some(path) = self.known.get(&step) {
            return *path;
        }
        let path = PathId(u32::try_from(self.steps.len()).unwrap_or(u32::MAX));
        self.steps.push(step.clone());
        self.known.insert(step, path);
        path
    }
}

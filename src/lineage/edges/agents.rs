//! Agents as the rules look for them: what runs under which, and which of a name starts when.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use crate::domain::{EventKind, NameId};
use crate::lineage::forest::Forest;
use crate::lineage::spans::Span;

/// The agent that each span runs under; none for those above every agent.
pub fn callers(forest: &Forest<'_>) -> Vec<Option<u32>> {
    let mut callers = vec![None; forest.spans.len()];
    for at in forest.depth_first() {
        let Some(parent) = forest.parent(at) else { continue };
        let above = callers.get(parent as usize).copied().flatten();
        let caller = if is_agent(forest, parent) { Some(parent) } else { above };
        if let Some(place) = callers.get_mut(at as usize) {
            *place = caller;
        }
    }
    callers
}

/// The agents of each trace with their numbers, which are in the order of their starts.
pub fn of_traces<'f>(forest: &'f Forest<'_>) -> impl Iterator<Item = (u32, &'f Span)> {
    (0_u32..).zip(&forest.spans).filter(|(_, span)| span.kind == EventKind::AgentInvoke)
}

/// The agents of each trace by what they are called, earliest first.
pub fn by_name(forest: &Forest<'_>) -> FxHashMap<(NameId, String), VecDeque<u32>> {
    let mut starts: FxHashMap<(NameId, String), VecDeque<u32>> = FxHashMap::default();
    for (at, span) in of_traces(forest) {
        let name = normal(forest.names.raw(span.label));
        starts.entry((span.trace, name)).or_default().push_back(at);
    }
    starts
}

/// Frameworks make tool names of agent names: `Billing Agent` becomes `billing_agent`.
pub fn normal(name: &str) -> String {
    let letter = |c: char| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    name.chars().map(letter).collect()
}

/// The last of these (in the order of their starts) that had started when `at` did, else the first.
pub fn latest(forest: &Forest<'_>, agents: &[u32], at: u32) -> Option<u32> {
    let start = |at: u32| forest.spans.get(at as usize).map(|span| span.start);
    let until = agents.partition_point(|agent| start(*agent) <= start(at));
    let before = agents.get(..until).unwrap_or_default();
    before.last().or(agents.first()).copied().filter(|agent| *agent != at)
}

fn is_agent(forest: &Forest<'_>, at: u32) -> bool {
    forest.spans.get(at as usize).is_some_and(|span| span.kind == EventKind::AgentInvoke)
}

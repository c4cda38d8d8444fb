//! Hand-offs that the span tree does not show.
//!
//! Some frameworks start the next agent beside the one that handed over, not under it; the only
//! evidence is a hand-off record or a call of a tool named `transfer_to_<agent>`, and the order in
//! time. Such edges are inferred and say so. A parent agent that a trace records is never replaced.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use super::forest::Forest;
use crate::domain::{EdgeBasis, Event, EventKind};

/// The rule as people read it on an inferred edge.
pub(super) const RULE: &str = "a hand-off names the agent that starts next in the trace";

/// Hangs agents that were started by a hand-off under the agent that handed over.
pub(super) fn infer(forest: &mut Forest<'_>) {
    let targets: Vec<(u32, String)> =
        (0_u32..).zip(&forest.spans).filter_map(|(at, event)| Some((at, target(event)?))).collect();
    if targets.is_empty() {
        return;
    }
    let callers = callers(forest);
    let mut starts: FxHashMap<(u32, String), VecDeque<u32>> = FxHashMap::default();
    for (at, event) in (0_u32..).zip(&forest.spans) {
        if let (EventKind::AgentInvoke, Some(name), Some(trace)) =
            (event.kind, agent_name(event), forest.traces.get(at as usize))
        {
            starts.entry((*trace, name)).or_default().push_back(at);
        }
    }
    let mut inferred = false;
    for (at, target) in targets {
        let (Some(Some(caller)), Some(trace)) =
            (callers.get(at as usize), forest.traces.get(at as usize))
        else {
            continue;
        };
        let Some(queue) = starts.get_mut(&(*trace, target)) else { continue };
        // Spans are numbered by their start.
        while queue.front().is_some_and(|start| *start < at) {
            queue.pop_front();
        }
        let Some(started) = queue.pop_front() else { continue };
        if callers.get(started as usize) == Some(&None) && started != *caller {
            forest.hang(started, Some(*caller), EdgeBasis::Inferred { rule: RULE.into() });
            inferred = true;
        }
    }
    if inferred {
        forest.break_cycles();
    }
}

/// The agent that each span runs under; none for those above every agent.
fn callers(forest: &Forest<'_>) -> Vec<Option<u32>> {
    let mut callers = vec![None; forest.spans.len()];
    for at in forest.depth_first() {
        let Some(parent) = forest.parent(at) else { continue };
        let is_agent = forest
            .spans
            .get(parent as usize)
            .is_some_and(|span| span.kind == EventKind::AgentInvoke);
        callers[at as usize] = match is_agent {
            true => Some(parent),
            false => callers[parent as usize],
        };
    }
    callers
}

/// The agent that an event hands over to.
fn target(event: &Event) -> Option<String> {
    match event.kind {
        EventKind::Handoff => event.target.as_ref().map(|target| normal(target.raw())),
        EventKind::ToolCall => {
            event.action.as_ref()?.raw().strip_prefix("transfer_to_").map(normal)
        }
        _ => None,
    }
}

fn agent_name(event: &Event) -> Option<String> {
    let inner = event.agent.as_ref().map(|agent| agent.inner.as_ref().unwrap_or(&agent.name));
    event.target.as_ref().or(inner).map(|name| normal(name.raw()))
}

/// Frameworks make tool names of agent names: `Billing Agent` becomes `billing_agent`.
fn normal(name: &str) -> String {
    let letter = |c: char| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    name.chars().map(letter).collect()
}

//! Hand-offs that the span tree does not show.
//!
//! Some frameworks start the next agent beside the one that handed over, not under it; the only
//! evidence is a hand-off record or a call of a tool named `transfer_to_<agent>`, and the order in
//! time. Such edges are inferred and say so. A parent agent that a trace records is never replaced.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use super::forest::Forest;
use super::spans::Span;
use crate::domain::{EdgeBasis, EdgeRule, EventKind, NameId};

/// Hangs agents that were started by a hand-off under the agent that handed over.
pub(super) fn infer(forest: &mut Forest<'_>) {
    let named = (0_u32..).zip(&forest.spans);
    let targets: Vec<(u32, String)> =
        named.filter_map(|(at, span)| Some((at, target(forest, span)?))).collect();
    if targets.is_empty() {
        return;
    }
    let callers = callers(forest);
    let mut starts: FxHashMap<(NameId, String), VecDeque<u32>> = FxHashMap::default();
    for (at, span) in (0_u32..).zip(&forest.spans) {
        if span.kind == EventKind::AgentInvoke {
            let name = normal(forest.names.raw(span.label));
            starts.entry((span.trace, name)).or_default().push_back(at);
        }
    }
    let mut inferred = false;
    for (at, target) in targets {
        let (Some(Some(caller)), Some(span)) =
            (callers.get(at as usize), forest.spans.get(at as usize))
        else {
            continue;
        };
        let Some(queue) = starts.get_mut(&(span.trace, target)) else { continue };
        // Spans of a trace are numbered by their start.
        while queue.front().is_some_and(|start| *start < at) {
            queue.pop_front();
        }
        let Some(started) = queue.pop_front() else { continue };
        if callers.get(started as usize) == Some(&None) && started != *caller {
            let edge = EdgeBasis::Inferred { rule: EdgeRule::HandOff };
            forest.hang(started, Some(*caller), edge);
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

/// The agent that a span hands over to.
fn target(forest: &Forest<'_>, span: &Span) -> Option<String> {
    let label = forest.names.raw(span.label);
    match span.kind {
        EventKind::Handoff => Some(normal(label)),
        EventKind::ToolCall => label.strip_prefix("transfer_to_").map(normal),
        _ => None,
    }
}

/// Frameworks make tool names of agent names: `Billing Agent` becomes `billing_agent`.
fn normal(name: &str) -> String {
    let letter = |c: char| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    name.chars().map(letter).collect()
}

//! Hand-offs that the span tree does not show.
//!
//! Some frameworks start the next agent beside the one that handed over, not under it; the only
//! evidence is a hand-off record or a call of a tool named after the agent, and the order in time.

use super::agents;
use crate::domain::{EdgeBasis, EdgeRule, EventKind};
use crate::lineage::forest::Forest;
use crate::lineage::spans::Span;

/// Beginnings of tools that are named after the agent to which they hand over: OpenAI Agents,
/// LangGraph, AutoGen, and Semantic Kernel with its plugin before it. `transfer_back_to_` returns.
const TOOLS: &[&str] = &["transfer_to_", "handoff_to_", "delegate_to_", "Handoff-transfer_to_"];

/// Hangs agents that were started by a hand-off under the agent that handed over.
pub fn infer(forest: &mut Forest<'_>) -> bool {
    let named = (0_u32..).zip(&forest.spans);
    let targets: Vec<(u32, String)> =
        named.filter_map(|(at, span)| Some((at, target(forest, span)?))).collect();
    if targets.is_empty() {
        return false;
    }
    let callers = agents::callers(forest);
    let mut starts = agents::by_name(forest);
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
        let is_free = callers.get(started as usize) == Some(&None);
        if is_free && started != *caller {
            forest.hang(started, Some(*caller), EdgeBasis::by(EdgeRule::HandOff));
            inferred = true;
        }
    }
    inferred
}

/// The agent that a span hands over to.
fn target(forest: &Forest<'_>, span: &Span) -> Option<String> {
    let label = forest.names.raw(span.label);
    let after = || TOOLS.iter().find_map(|beginning| label.strip_prefix(beginning));
    match span.kind {
        EventKind::Handoff => Some(agents::normal(label)),
        EventKind::ToolCall => after().filter(|name| !name.is_empty()).map(agents::normal),
        _ => None,
    }
}

//! Agents whose records name the agent above them: as the node before them in the graph of agents
//! (OpenInference `graph.node.parent_id`), or as their caller (`gen_ai.caller.name`).

use rustc_hash::FxHashMap;

use super::agents;
use crate::domain::{EdgeBasis, EdgeRule, NameId};
use crate::lineage::forest::Forest;
use crate::lineage::spans::Span;

/// Hangs agents under the agent that their record names.
pub fn infer(forest: &mut Forest<'_>) -> bool {
    let is_named = |span: &Span| span.marks.names_node() || span.marks.names_caller();
    if !forest.spans.iter().any(is_named) {
        return false;
    }
    let callers = agents::callers(forest);
    let mut known: FxHashMap<(NameId, String), Vec<u32>> = FxHashMap::default();
    for (at, span) in agents::of_traces(forest) {
        let label = agents::normal(forest.names.raw(span.label));
        let node = span.alias.map(|node| agents::normal(forest.names.raw(node)));
        let other = node.filter(|node| *node != label);
        for name in std::iter::once(label).chain(other) {
            known.entry((span.trace, name)).or_default().push(at);
        }
    }
    let mut edges: Vec<(u32, u32, EdgeRule)> = Vec::new();
    for (at, span) in agents::of_traces(forest).filter(|(_, span)| is_named(span)) {
        let Some(above) = span.above else { continue };
        let name = agents::normal(forest.names.raw(above));
        let agents = known.get(&(span.trace, name)).map(Vec::as_slice).unwrap_or_default();
        let is_free = callers.get(at as usize) == Some(&None);
        if let (Some(parent), true) = (agents::latest(forest, agents, at), is_free) {
            let rule = if span.marks.names_node() { EdgeRule::GraphNode } else { EdgeRule::Caller };
            edges.push((at, parent, rule));
        }
    }
    for (at, parent, rule) in &edges {
        forest.hang(*at, Some(*parent), EdgeBasis::by(*rule));
    }
    !edges.is_empty()
}

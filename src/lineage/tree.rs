//! The delegation trees of traces, with their roll-ups.

use rustc_hash::FxHashSet;

use super::forest::Forest;
use super::roll_up;
use super::spans::Span;
use crate::domain::{DelegationNode, EdgeBasis, EventId, EventKind, Totals, TraceRow};

/// Kinds of node that people look for in the tree; the rest is plumbing.
pub const SHOWN: [EventKind; 4] =
    [EventKind::AgentInvoke, EventKind::ToolCall, EventKind::ModelCall, EventKind::Handoff];

/// What the roll-ups need beside the spans.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// A number for the account each agent acts as by its configuration, by the agent's number; equal
    /// for equal accounts.
    pub accounts: &'a [Option<u32>],
    /// Events that findings cite.
    pub cited: &'a FxHashSet<EventId>,
}

/// The trees of some traces: the nodes depth first, siblings by start, and a row for each trace.
#[derive(Debug, Default, PartialEq)]
pub struct Trees {
    pub nodes: Vec<DelegationNode>,
    pub traces: Vec<TraceRow>,
}

/// Builds the trees of all traces of the forest.
pub fn build(forest: &Forest<'_>, context: &Context<'_>) -> Trees {
    let order = forest.depth_first();
    let mut positions = vec![0_u32; forest.spans.len()];
    for (position, at) in (0_u32..).zip(&order) {
        positions[*at as usize] = position;
    }
    let mut nodes: Vec<DelegationNode> = Vec::with_capacity(order.len());
    let mut parents: Vec<Option<u32>> = Vec::with_capacity(order.len());
    let mut spans: Vec<Span> = Vec::with_capacity(order.len());
    for at in order {
        let span = forest.spans[at as usize];
        let parent = forest.parent(at).map(|parent| positions[parent as usize]);
        let depth = parent.map_or(0, |parent| nodes[parent as usize].depth.saturating_add(1));
        nodes.push(node(&span, depth, forest.edges[at as usize]));
        parents.push(parent);
        spans.push(span);
    }
    let input = roll_up::Input { spans: &spans, parents: &parents, names: forest.names, context };
    roll_up::nodes(&mut nodes, &input);
    let traces = roll_up::traces(&nodes, &input);
    Trees { nodes, traces }
}

fn node(span: &Span, depth: u32, edge: EdgeBasis) -> DelegationNode {
    DelegationNode {
        depth,
        size: 1,
        edge,
        kind: span.kind,
        agent: span.agent,
        label: span.label,
        event: span.event,
        trace: span.trace,
        start: span.start,
        duration: span.duration,
        own_time: span.duration,
        elapsed: span.end().saturating_sub(span.start),
        outcome: span.outcome,
        totals: Totals::default(),
    }
}

/// The same nodes with agents, tools, models and hand-offs only. Children of what is left out hang
/// under the nearest node that is kept; sums stay, because they were made over the whole tree.
pub fn agents_only(nodes: Vec<DelegationNode>) -> Vec<DelegationNode> {
    if nodes.iter().all(|node| SHOWN.contains(&node.kind)) {
        return nodes;
    }
    let mut kept: Vec<DelegationNode> = Vec::new();
    let mut parents: Vec<Option<u32>> = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    for (position, node) in nodes.iter().enumerate() {
        while open.last().is_some_and(|above| above.end <= position) {
            open.pop();
        }
        let above = open.last();
        let parent = above.and_then(|above| above.kept);
        let edge = match (node.edge, above) {
            (EdgeBasis::Recorded, Some(above)) => above.edge,
            (edge, _) => edge,
        };
        let end = position.saturating_add(node.size as usize);
        if !SHOWN.contains(&node.kind) {
            open.push(Open { end, kept: parent, edge });
            continue;
        }
        let at = u32::try_from(kept.len()).unwrap_or(u32::MAX);
        open.push(Open { end, kept: Some(at), edge: EdgeBasis::Recorded });
        let above = parent.and_then(|parent| kept.get(parent as usize));
        let depth = above.map_or(0, |above| above.depth.saturating_add(1));
        kept.push(DelegationNode { depth, size: 1, edge, ..*node });
        parents.push(parent);
    }
    roll_up::sizes(&mut kept, &parents);
    kept
}

/// A node whose subtree is being walked.
struct Open {
    /// The position behind its subtree.
    end: usize,
    /// The nearest kept node, itself included.
    kept: Option<u32>,
    /// How its children hang under that one.
    edge: EdgeBasis,
}

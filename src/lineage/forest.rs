//! Spans and their parents: joined, orphans found, cycles broken.

use petgraph::algo::kosaraju_scc;
use petgraph::graph::DiGraph;
use rustc_hash::FxHashMap;

use super::repairs::Repairs;
use super::spans::{Names, Span, SpanKey};
use crate::domain::{EdgeBasis, EdgeRule, EventKind, NameId};

/// Kinds of event, the one that says most of a span first.
const TELLING: [EventKind; 4] =
    [EventKind::AgentInvoke, EventKind::Handoff, EventKind::ToolCall, EventKind::ModelCall];

/// One row per span, trace by trace, in the order of their starts, each with its parent. After
/// building there is no cycle.
pub struct Forest<'a> {
    pub spans: Vec<Span>,
    pub parents: Vec<Option<u32>>,
    pub edges: Vec<EdgeBasis>,
    pub repairs: Repairs,
    pub names: Names<'a>,
}

impl<'a> Forest<'a> {
    /// Takes the records of spans in any order; those of a trace must all be there.
    pub fn of(spans: Vec<Span>, names: Names<'a>) -> Self {
        let mut forest = Self {
            spans,
            parents: Vec::new(),
            edges: Vec::new(),
            repairs: Repairs::default(),
            names,
        };
        forest.join();
        forest.find_parents();
        forest.break_cycles();
        forest
    }

    /// One row for each span: several records of it are the same act.
    fn join(&mut self) {
        self.spans
            .sort_unstable_by_key(|span| (span.key, precedence(span), span.start, span.event));
        let repairs = &mut self.repairs;
        self.spans.dedup_by(|next, kept| {
            let is_same = next.key == kept.key;
            // The same event twice (two files) is nothing to mention.
            repairs.joined += u64::from(is_same && next.event != kept.event);
            if is_same {
                kept.absorb(next);
            }
            is_same
        });
        let ranks = self.ranks();
        self.spans.sort_unstable_by_key(|span| (ranks.get(&span.trace), span.start, span.key));
    }

    /// The place of each trace among all: by its first start, then by its name.
    fn ranks(&self) -> FxHashMap<NameId, usize> {
        let mut starts: FxHashMap<NameId, i64> = FxHashMap::default();
        for span in &self.spans {
            let start = starts.entry(span.trace).or_insert(span.start);
            *start = span.start.min(*start);
        }
        let mut traces: Vec<(NameId, i64)> = starts.into_iter().collect();
        traces.sort_unstable_by_key(|(trace, start)| (*start, self.names.raw(*trace)));
        traces.into_iter().enumerate().map(|(rank, (trace, _))| (trace, rank)).collect()
    }

    fn find_parents(&mut self) {
        let numbered = (0_u32..).zip(&self.spans).map(|(number, span)| (span.key, number));
        let by_span: FxHashMap<SpanKey, u32> = numbered.collect();
        for span in &mut self.spans {
            let parent = span.parent.and_then(|parent| by_span.get(&parent).copied());
            if parent.is_none() && span.marks.is_linked() {
                // A link is no claim that the other span is there.
                span.parent = None;
            }
            self.parents.push(parent);
            self.edges.push(match (span.parent, parent) {
                (None, _) => EdgeBasis::Root,
                (Some(_), Some(_)) if span.marks.is_linked() => EdgeBasis::by(EdgeRule::Link),
                (Some(_), Some(_)) if span.marks.is_process() => EdgeBasis::by(EdgeRule::Process),
                (Some(_), Some(_)) => EdgeBasis::Recorded,
                (Some(_), None) => EdgeBasis::Orphan,
            });
            if span.parent.is_some() && parent.is_none() {
                self.repairs.orphans.add(span.event);
            }
        }
    }

    /// Cuts every cycle before its earliest span.
    pub fn break_cycles(&mut self) {
        let order = self.depth_first();
        if order.len() == self.spans.len() {
            return;
        }
        let mut reached = vec![false; self.spans.len()];
        order.iter().for_each(|at| reached[*at as usize] = true);
        let mut graph: DiGraph<u32, ()> = DiGraph::new();
        let mut nodes = FxHashMap::default();
        for at in (0_u32..).zip(&reached).filter(|(_, reached)| !**reached).map(|(at, _)| at) {
            nodes.insert(at, graph.add_node(at));
        }
        for (at, node) in &nodes {
            if let Some(parent) = self.parent(*at).and_then(|parent| nodes.get(&parent)) {
                graph.add_edge(*parent, *node, ());
            }
        }
        let mut first_of_cycles: Vec<u32> = kosaraju_scc(&graph)
            .into_iter()
            .filter_map(|component| {
                let members = component.iter().filter_map(|node| graph.node_weight(*node).copied());
                let first = members.min()?;
                (component.len() > 1 || self.parent(first) == Some(first)).then_some(first)
            })
            .collect();
        first_of_cycles.sort_unstable();
        for first in first_of_cycles {
            self.hang(first, None, EdgeBasis::Orphan);
            self.repairs.cut.add(self.spans[first as usize].event);
        }
    }

    pub fn parent(&self, at: u32) -> Option<u32> {
        self.parents.get(at as usize).copied().flatten()
    }

    /// Gives a span another parent.
    pub fn hang(&mut self, at: u32, parent: Option<u32>, edge: EdgeBasis) {
        if let (Some(old), Some(old_edge)) =
            (self.parents.get_mut(at as usize), self.edges.get_mut(at as usize))
        {
            *old = parent;
            *old_edge = edge;
        }
    }

    /// Every span that a root leads to, parents before children, siblings by start, traces apart.
    pub fn depth_first(&self) -> Vec<u32> {
        let children = Children::of(&self.parents);
        let roots = (0_u32..).zip(&self.parents).filter(|(_, parent)| parent.is_none());
        let mut stack: Vec<u32> = roots.map(|(at, _)| at).collect();
        stack.reverse();
        let mut order = Vec::with_capacity(self.spans.len());
        while let Some(at) = stack.pop() {
            order.push(at);
            stack.extend(children.of_node(at).iter().rev());
        }
        order
    }
}

/// The children of every node in one list: those of node `n` stand between two starts.
struct Children {
    starts: Vec<u32>,
    list: Vec<u32>,
}

impl Children {
    fn of(parents: &[Option<u32>]) -> Self {
        let mut starts = vec![0_u32; parents.len() + 1];
        for parent in parents.iter().flatten() {
            starts[*parent as usize + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        let mut list = vec![0; starts.last().copied().unwrap_or(0) as usize];
        for (at, parent) in (0_u32..).zip(parents) {
            if let Some(parent) = parent {
                let slot = &mut next[*parent as usize];
                list[*slot as usize] = at;
                *slot += 1;
            }
        }
        Self { starts, list }
    }

    fn of_node(&self, at: u32) -> &[u32] {
        let at = at as usize;
        match (self.starts.get(at), self.starts.get(at + 1)) {
            (Some(from), Some(until)) => &self.list[*from as usize..*until as usize],
            _ => &[],
        }
    }
}

/// Lower is better: the most telling kind, then a record with a duration (a span, not a log line).
fn precedence(span: &Span) -> (usize, bool) {
    let kind = TELLING.iter().position(|kind| *kind == span.kind).unwrap_or(TELLING.len());
    (kind, span.duration.is_none())
}

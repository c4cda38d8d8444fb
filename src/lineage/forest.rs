//! Spans and their parents: joined, orphans found, cycles broken.

use petgraph::algo::kosaraju_scc;
use petgraph::graph::DiGraph;
use rustc_hash::FxHashMap;

use crate::domain::{EdgeBasis, Event, EventKind};

/// Kinds of event, the one that says most of a span first.
const TELLING: [EventKind; 4] =
    [EventKind::AgentInvoke, EventKind::Handoff, EventKind::ToolCall, EventKind::ModelCall];

/// How many examples a repair names.
const EXAMPLES: usize = 3;

/// One event per span, in the order of their starts, each with its parent. After building there is no
/// cycle.
#[derive(Debug, Default)]
pub(super) struct Forest<'a> {
    pub spans: Vec<&'a Event>,
    pub parents: Vec<Option<u32>>,
    pub edges: Vec<EdgeBasis>,
    /// The trace of each span, numbered by first start.
    pub traces: Vec<u32>,
    pub repairs: Vec<String>,
}

impl<'a> Forest<'a> {
    /// Events without a span are left out.
    pub fn of(events: impl IntoIterator<Item = &'a Event>) -> Self {
        let mut forest = Self::default();
        forest.join(events);
        forest.find_parents();
        forest.break_cycles();
        forest
    }

    /// One event for each span: several records of it are the same act.
    fn join(&mut self, events: impl IntoIterator<Item = &'a Event>) {
        let mut by_span: FxHashMap<(&str, &str), usize> = FxHashMap::default();
        let mut joined = 0_u64;
        for event in events {
            let Some(key) = span_key(event) else { continue };
            match by_span.get(&key).and_then(|at| self.spans.get_mut(*at)) {
                Some(kept) => {
                    // The same event twice (two files) is nothing to mention.
                    joined += u64::from(kept.id != event.id);
                    if precedence(event) < precedence(kept) {
                        *kept = event;
                    }
                }
                None => {
                    by_span.insert(key, self.spans.len());
                    self.spans.push(event);
                }
            }
        }
        if joined > 0 {
            self.repairs.push(format!("{joined} further records of spans were joined to them"));
        }
        self.spans.sort_by_cached_key(|event| (event.time, span_key(event), event.id));
    }

    fn find_parents(&mut self) {
        let mut by_span: FxHashMap<(&str, &str), u32> = FxHashMap::default();
        for (number, event) in (0_u32..).zip(&self.spans) {
            by_span.extend(span_key(event).map(|key| (key, number)));
        }
        let mut traces: FxHashMap<&str, u32> = FxHashMap::default();
        let mut orphans = Mended::default();
        for event in &self.spans {
            let trace = trace(event);
            let next = u32::try_from(traces.len()).unwrap_or(u32::MAX);
            self.traces.push(*traces.entry(trace).or_insert(next));
            let named = event.parent_span_id.as_ref().filter(|parent| !parent.is_empty());
            let parent = named.and_then(|parent| by_span.get(&(trace, parent.raw())).copied());
            self.parents.push(parent);
            self.edges.push(match (named, parent) {
                (None, _) => EdgeBasis::Root,
                (Some(_), Some(_)) => EdgeBasis::Recorded,
                (Some(_), None) => EdgeBasis::Orphan,
            });
            if named.is_some() && parent.is_none() {
                orphans.add(event);
            }
        }
        self.repairs.extend(orphans.tell("name a parent that is not there"));
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
        let mut cut = Mended::default();
        for first in first_of_cycles {
            self.hang(first, None, EdgeBasis::Orphan);
            cut.add(self.spans[first as usize]);
        }
        self.repairs.extend(cut.tell("were in a cycle, which was cut before them"));
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
        let mut stack: Vec<u32> = (0_u32..)
            .zip(&self.parents)
            .filter(|(_, parent)| parent.is_none())
            .map(|(at, _)| at)
            .collect();
        stack.sort_by_key(|at| std::cmp::Reverse((self.traces.get(*at as usize).copied(), *at)));
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

/// Mended spans: how many, and a few of them by name.
#[derive(Default)]
struct Mended {
    count: u64,
    examples: Vec<String>,
}

impl Mended {
    fn add(&mut self, event: &Event) {
        self.count += 1;
        if self.examples.len() < EXAMPLES {
            let span = event.span_id.clone().unwrap_or_default();
            self.examples.push(span.visible().into_owned());
        }
    }

    fn tell(self, what: &str) -> Option<String> {
        let more = if self.count > EXAMPLES as u64 { ", …" } else { "" };
        (self.count > 0)
            .then(|| format!("{} spans {what}: {}{more}", self.count, self.examples.join(", ")))
    }
}

fn trace(event: &Event) -> &str {
    event.trace_id.as_ref().map_or("", |trace| trace.raw())
}

fn span_key(event: &Event) -> Option<(&str, &str)> {
    let span = event.span_id.as_ref()?;
    Some((trace(event), span.raw()))
}

/// Lower is better: the most telling kind, then a record with a duration (a span, not a log line).
fn precedence(event: &Event) -> (usize, bool) {
    let kind = TELLING.iter().position(|kind| *kind == event.kind).unwrap_or(TELLING.len());
    (kind, event.duration.is_none())
}

//! Traces that are one: a link or a started session leads from one into the other. They make one tree,
//! under the name of the trace that comes before all others.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::domain::{EventKind, NameId};
use crate::lineage::spans::{Names, Span};

/// Which traces are one with which, as far as they are tied. Built from all spans of a case, it tells
/// which traces must be together before their forest is made.
#[derive(Debug, Default)]
pub struct Units {
    traces: FxHashSet<NameId>,
    /// From a trace that another led to, to that other.
    ties: Vec<(NameId, NameId)>,
}

impl Units {
    /// Takes note of where a span leads.
    pub fn observe(&mut self, span: &Span) {
        self.traces.insert(span.trace);
        if let Some(above) =
            span.above.filter(|above| span.marks.is_linked() && *above != span.trace)
        {
            self.ties.push((span.trace, above));
        }
        let started = span.alias.filter(|_| span.kind != EventKind::AgentInvoke);
        self.ties.extend(started.filter(|it| *it != span.trace).map(|it| (it, span.trace)));
    }

    /// The name of the unit of each trace that is tied to another.
    pub fn names(&self, names: Names<'_>) -> FxHashMap<NameId, NameId> {
        let is_tie =
            |(from, to): &&(NameId, NameId)| self.traces.contains(from) && self.traces.contains(to);
        let mut above: FxHashMap<NameId, NameId> = FxHashMap::default();
        let mut led_to: FxHashSet<NameId> = FxHashSet::default();
        for (from, to) in self.ties.iter().filter(is_tie) {
            led_to.insert(*from);
            let (from, to) = (top(&mut above, *from), top(&mut above, *to));
            if from != to {
                above.insert(from, to);
            }
        }
        let tied: Vec<NameId> =
            self.ties.iter().filter(is_tie).flat_map(|(from, to)| [*from, *to]).collect();
        let mut first: FxHashMap<NameId, NameId> = FxHashMap::default();
        let rank = |trace: NameId| (led_to.contains(&trace), names.raw(trace));
        for trace in &tied {
            let unit = first.entry(top(&mut above, *trace)).or_insert(*trace);
            if rank(*trace) < rank(*unit) {
                *unit = *trace;
            }
        }
        let unit = |trace: NameId| Some((trace, *first.get(&top(&mut above, trace))?));
        tied.into_iter().filter_map(unit).collect()
    }
}

/// The top of the set that a trace is in; the way there is shortened (union-find by halving).
fn top(above: &mut FxHashMap<NameId, NameId>, mut trace: NameId) -> NameId {
    while let Some(parent) = above.get(&trace).copied() {
        let next = above.get(&parent).copied().unwrap_or(parent);
        above.insert(trace, next);
        trace = next;
    }
    trace
}

/// Puts the spans of tied traces into one.
pub fn unite(spans: &mut [Span], names: Names<'_>) {
    let mut units = Units::default();
    spans.iter().for_each(|span| units.observe(span));
    if units.ties.is_empty() {
        return;
    }
    let units = units.names(names);
    for span in spans {
        span.trace = units.get(&span.trace).copied().unwrap_or(span.trace);
    }
}

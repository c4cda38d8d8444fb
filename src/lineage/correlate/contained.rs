//! Ties by containment in time on one instance of one agent.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::exact::{MOST, Processes, when};
use super::keys::NONE;
use super::row::{Mark, Row, Rows};
use super::rules::{How, RuleId};
use super::spans::Spans;
use super::ties::Ties;
use crate::domain::EventId;

/// The rules of containment in the order in which they are asked: a tool call before a model call.
const ASKED: [RuleId; 4] = [
    RuleId::KernelInCall,
    RuleId::KubernetesInCall,
    RuleId::CloudInCall,
    RuleId::NetworkInModelCall,
];

/// Ties what happened on an instance to the call that was open on it.
pub(super) fn tie(rows: &Rows, spans: &Spans, processes: &Processes, ties: &mut Ties<'_>) {
    let has_moment = |row: &Row| row.place != NONE && !row.is(Mark::NoMoment);
    let numbered = (0_u32..).zip(&rows.rows);
    let mut order: Vec<u32> =
        numbered.filter(|(_, row)| has_moment(row)).map(|(number, _)| number).collect();
    // Of the same moment, the start of a process comes before what it does.
    order.sort_unstable_by_key(|number| {
        rows.get(*number).map(|row| (row.place, row.start, !row.is(Mark::Exec), row.id))
    });
    let place = |number: &u32| rows.get(*number).map(|row| row.place);
    for instance in order.chunk_by(|a, b| place(a) == place(b)) {
        for rule in ASKED {
            sweep(instance, rule, rows, spans, processes, ties);
        }
    }
}

/// A call that may be open, the first to end on top of the heap.
type Open = Reverse<(i64, EventId, u32)>;

/// Goes through the rows of one instance in the order of time.
fn sweep(
    instance: &[u32],
    id: RuleId,
    rows: &Rows,
    spans: &Spans,
    processes: &Processes,
    ties: &mut Ties<'_>,
) {
    let rule = id.rule();
    let How::Contained { skew } = rule.how else { return };
    let with_row = |number: &u32| Some((*number, rows.get(*number)?));
    let mut calls = instance
        .iter()
        .filter_map(with_row)
        .filter(|(number, row)| {
            let is_call = row.layer.is_some_and(|layer| rule.from.contains(&layer));
            is_call && row.is(Mark::Ends) && !spans.is_echo(*number)
        })
        .peekable();
    let mut open: BinaryHeap<Open> = BinaryHeap::new();
    for (number, row) in instance.iter().filter_map(with_row) {
        let is_asked = row.layer.is_some_and(|layer| rule.to.contains(&layer));
        if !is_asked || ties.is_in_call(number) || ties.is_several(number) {
            continue;
        }
        let at = row.start;
        while let Some((call, row)) =
            calls.next_if(|(_, call)| call.start.saturating_sub(skew) <= at)
        {
            open.push(Reverse((row.end, row.id, call)));
        }
        while open.peek().is_some_and(|Reverse((end, ..))| end.saturating_add(skew) < at) {
            open.pop();
        }
        // Whose process was started in a call, belongs to that call when time alone does not tell.
        let started_in = || {
            let exec = processes.start_of(number).filter(|_| id == RuleId::KernelInCall)?;
            let call = ties.call_of(exec)?;
            let is_here = |other| rows.get(other).is_some_and(|other| other.place == row.place);
            (is_here(exec) && is_here(call)).then_some(call)
        };
        match containing(at, &open, rows, spans) {
            Containing::One { call, skewed } => ties.tie(call, number, id, skewed),
            Containing::None => {
                if let Some(call) = started_in() {
                    ties.tie(call, number, RuleId::StartedInCall, false);
                }
            }
            Containing::Several(calls) => match started_in() {
                Some(call) if calls.is_empty() || calls.contains(&call) => {
                    ties.tie(call, number, RuleId::StartedInCall, false);
                }
                _ => ties.several(number, calls, id),
            },
        }
    }
}

enum Containing {
    None,
    One {
        call: u32,
        skewed: bool,
    },
    /// The candidates; none when there are too many to tell.
    Several(Vec<u32>),
}

/// The calls that were open at a moment; when none was, those that were within the skew of clocks. A
/// call inside another one, as their spans tell, is meant before the outer one.
fn containing(at: i64, open: &BinaryHeap<Open>, rows: &Rows, spans: &Spans) -> Containing {
    if open.len() > MOST {
        return Containing::Several(Vec::new());
    }
    let all: Vec<(u32, &Row)> =
        open.iter().filter_map(|Reverse((.., call))| Some((*call, rows.get(*call)?))).collect();
    let strict: Vec<_> =
        all.iter().filter(|(_, call)| call.start <= at && at <= call.end).copied().collect();
    let skewed = strict.is_empty();
    let mut calls = if skewed { all } else { strict };
    if calls.len() > 1 {
        let outer: Vec<u32> = calls.iter().flat_map(|(call, _)| spans.above(*call)).collect();
        calls.retain(|(call, _)| !outer.contains(call));
    }
    calls.sort_by_key(|(_, call)| when(call));
    match calls.as_slice() {
        [] => Containing::None,
        [(call, _)] => Containing::One { call: *call, skewed },
        several => Containing::Several(several.iter().map(|(call, _)| *call).collect()),
    }
}

/// Ties the records of two recorders about one connection: each the only one of its recorder about
/// that destination within the skew of their clocks.
pub(super) fn tie_connections(rows: &Rows, ties: &mut Ties<'_>) {
    let How::Contained { skew } = RuleId::SameConnection.rule().how else { return };
    for (records, _) in rows.identifiers.connections.groups() {
        let mut seen: Vec<(u32, &Row)> = records
            .iter()
            .filter_map(|key| Some((key.row, rows.get(key.row)?)))
            .filter(|(_, row)| !row.is(Mark::NoMoment))
            .collect();
        seen.sort_by_key(|(_, row)| when(row));
        let near = |a: &Row, b: &Row| b.start.saturating_sub(a.start) <= skew;
        for (at, pair) in seen.array_windows().enumerate() {
            let [(first, a), (second, b)] = pair;
            let is_free = |other: Option<&(u32, &Row)>, of: &Row| {
                other.is_none_or(|(_, other)| !near(other, of) && !near(of, other))
            };
            let before = at.checked_sub(1).and_then(|before| seen.get(before));
            let is_pair = a.has_other_source(b) && near(a, b);
            if is_pair && is_free(before, a) && is_free(seen.get(at + 2), b) {
                ties.tie(*first, *second, RuleId::SameConnection, false);
            }
        }
    }
}

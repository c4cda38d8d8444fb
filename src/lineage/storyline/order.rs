//! The order of the story: by time; at one instant causes before their effects, then by recorder.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

use rustc_hash::FxHashMap;

use super::position;
use crate::domain::{Event, EventId, EventLink};

/// Every event once, by time, then recorder, so that the order of the input makes no difference.
pub fn by_time(mut events: Vec<Event>) -> Vec<Event> {
    // Ids tell equal events apart, and a stable order would need half as much memory again.
    events.sort_unstable_by(|a, b| {
        (a.time, &a.source, &a.recorder, a.id).cmp(&(b.time, &b.source, &b.recorder, b.id))
    });
    // The same event has the same time, source and id.
    events.dedup_by(|a, b| a.id == b.id);
    events
}

/// Where each event stands.
pub fn positions(events: &[Event]) -> FxHashMap<EventId, u32> {
    events.iter().enumerate().map(|(at, event)| (event.id, position(at))).collect()
}

/// Puts causes before effects among events of one instant.
pub fn break_ties(events: &mut Vec<Event>, links: &[EventLink]) {
    let instants = instants(events);
    if instants.is_empty() {
        return;
    }
    let positions = positions(events);
    let mut tied: Vec<(u32, u32)> = links
        .iter()
        .filter_map(|link| Some((*positions.get(&link.from)?, *positions.get(&link.to)?)))
        .filter(|(from, to)| {
            let time = |at: &u32| events.get(*at as usize).map(|event| event.time);
            from != to && time(from) == time(to)
        })
        .collect();
    tied.sort_unstable();
    tied.dedup();
    if tied.is_empty() {
        return;
    }
    let mut order: Vec<u32> = (0..position(events.len())).collect();
    for instant in instants {
        let first = position(instant.start);
        let until = position(instant.end);
        let own = tied.partition_point(|(from, _)| *from < first)
            ..tied.partition_point(|(from, _)| *from < until);
        if let (Some(slots), Some(own)) = (order.get_mut(instant), tied.get(own))
            && !own.is_empty()
        {
            slots.copy_from_slice(&causal(first, slots.len(), own));
        }
    }
    let mut taken: Vec<Option<Event>> = events.drain(..).map(Some).collect();
    events.extend(order.iter().filter_map(|at| taken.get_mut(*at as usize)?.take()));
}

/// Stretches of several events of one instant.
fn instants(events: &[Event]) -> Vec<Range<usize>> {
    let mut start = 0;
    let mut instants = Vec::new();
    for run in events.chunk_by(|a, b| a.time == b.time) {
        if run.len() > 1 {
            instants.push(start..start + run.len());
        }
        start += run.len();
    }
    instants
}

/// The `count` positions from `first` on, each after everything that leads to it. Where ties go in a
/// circle the earliest position goes first.
fn causal(first: u32, count: usize, tied: &[(u32, u32)]) -> Vec<u32> {
    let index = |at: u32| at.saturating_sub(first) as usize;
    let mut causes = vec![0_u32; count];
    for (_, to) in tied {
        if let Some(causes) = causes.get_mut(index(*to)) {
            *causes += 1;
        }
    }
    let is_free = |causes: &[u32], at: usize| causes.get(at) == Some(&0);
    let mut free: BinaryHeap<Reverse<usize>> =
        (0..count).filter(|at| is_free(&causes, *at)).map(Reverse).collect();
    let mut placed = vec![false; count];
    let mut order = Vec::with_capacity(count);
    let mut rest = 0..count;
    while order.len() < count {
        let next = match free.pop() {
            Some(Reverse(next)) => Some(next),
            None => rest.find(|at| placed.get(*at) == Some(&false)),
        };
        let Some(next) = next else { break };
        let Some(seen) = placed.get_mut(next) else { break };
        if std::mem::replace(seen, true) {
            continue;
        }
        let at = first.saturating_add(position(next));
        order.push(at);
        let from = tied.partition_point(|(from, _)| *from < at);
        for (_, to) in tied.iter().skip(from).take_while(|(from, _)| *from == at) {
            let to = index(*to);
            if let Some(causes) = causes.get_mut(to) {
                *causes = causes.saturating_sub(1);
                if *causes == 0 {
                    free.push(Reverse(to));
                }
            }
        }
    }
    order
}

//! The identity chains of a whole case, in bounded memory: spans are taken in batches, and a trace that
//! may go on in the next batch waits for it.

use jiff::{SignedDuration, Timestamp};
use rustc_hash::FxHashSet;

use super::Error;
use crate::case::{Case, EventFilter};
use crate::domain::{Event, IdentityChain, Text};
use crate::lineage::chain::{ChainFocus, Chains};
use crate::scope::Estate;

/// Spans in memory at a time, at most, but for those of traces that go on.
const BATCH: usize = 200_000;

/// A trace with an event this close to the end of its batch is taken to go on.
const GOES_ON: SignedDuration = SignedDuration::from_mins(10);

/// The chains of all events, the busiest first.
pub fn chains(case: &Case, estate: &Estate) -> Result<Vec<IdentityChain>, Error> {
    let mut chains = Chains::new(estate, ChainFocus::All);
    let mut spans: Vec<Event> = Vec::new();
    for event in case.events(EventFilter::default()) {
        let event = event?;
        chains.observe(&event);
        if event.span_id.is_some() {
            spans.push(Event { params: None, ..event });
            if spans.len().is_multiple_of(BATCH) {
                let waiting = take_open_traces(&mut spans);
                chains.add_spans(&spans);
                spans = waiting;
            }
        }
    }
    chains.add_spans(&spans);
    let mut chains = chains.finish();
    chains.sort_by_key(|chain| std::cmp::Reverse(chain.events));
    Ok(chains)
}

/// Moves the events of traces that may go on out of the batch.
fn take_open_traces(batch: &mut Vec<Event>) -> Vec<Event> {
    let Some(end) = batch.iter().map(|event| event.time).max() else { return Vec::new() };
    let edge = end.checked_sub(GOES_ON).unwrap_or(Timestamp::MIN);
    let open: FxHashSet<Text> = batch
        .iter()
        .filter(|event| event.time >= edge)
        .filter_map(|event| event.trace_id.clone())
        .collect();
    let goes_on = |event: &mut Event| event.trace_id.as_ref().is_some_and(|id| open.contains(id));
    let waiting: Vec<Event> = batch.extract_if(.., goes_on).collect();
    // A trace that fills a whole batch is cut, lest it be carried along for ever.
    match waiting.len() < BATCH {
        true => waiting,
        false => {
            batch.extend(waiting);
            Vec::new()
        }
    }
}

//! The identity chains of a whole case, in bounded memory: events are taken in batches, and a trace
//! that may go on in the next batch waits for it.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rustc_hash::FxHashSet;

use super::Error;
use crate::case::{Case, EventFilter};
use crate::domain::{Digest, Event, IdentityChain, Text, digest_of};
use crate::lineage;
use crate::scope::Estate;

/// Events in memory at a time, at most, but for those of traces that go on.
const BATCH: usize = 200_000;

/// A trace with an event this close to the end of its batch is taken to go on.
const GOES_ON: SignedDuration = SignedDuration::from_mins(10);

/// The chains of all events, the busiest first.
pub fn chains(case: &Case, estate: &Estate) -> Result<Vec<IdentityChain>, Error> {
    let mut merged: BTreeMap<Digest, IdentityChain> = BTreeMap::new();
    let mut batch: Vec<Event> = Vec::new();
    for event in case.events(EventFilter { without_params: true, ..EventFilter::default() }) {
        batch.push(event?);
        if batch.len().is_multiple_of(BATCH) {
            let waiting = take_open_traces(&mut batch);
            merge(&mut merged, lineage::chain::build(&batch, estate));
            batch = waiting;
        }
    }
    merge(&mut merged, lineage::chain::build(&batch, estate));
    let mut chains: Vec<IdentityChain> = merged.into_values().collect();
    chains.sort_by(|a, b| b.events.cmp(&a.events).then_with(|| a.agent.cmp(&b.agent)));
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

/// The same chain in two batches is one chain.
fn merge(merged: &mut BTreeMap<Digest, IdentityChain>, chains: Vec<IdentityChain>) {
    for chain in chains {
        let links: Vec<_> = chain.links.iter().map(|link| (&link.principal, &link.hop)).collect();
        let key = digest_of(&(chain.agent.stored(), links));
        match merged.get_mut(&key) {
            Some(known) => known.events += chain.events,
            None => {
                merged.insert(key, chain);
            }
        }
    }
}

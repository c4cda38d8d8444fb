//! The same models in another order.

use std::collections::{BTreeMap, BTreeSet};

use super::super::observation::Observation;
use super::super::run::{Run, Span};
use super::super::settings::Settings;
use super::{Pattern, What};
use crate::domain::{Capability, EventId};

/// Sessions that load or call known models in an order that none of the earlier sessions with the
/// same models showed.
pub fn load_order(observation: &Observation, runs: &[&Run], settings: &Settings) -> Vec<Pattern> {
    let mut found = Vec::new();
    let mut known: BTreeMap<BTreeSet<&Capability>, (u64, BTreeSet<Vec<&Capability>>)> =
        BTreeMap::new();
    for run in runs.iter().filter(|run| run.span == Span::Session) {
        let (order, events) = order(observation, run);
        if order.len() < 2 {
            continue;
        }
        let (compared, orders) = known.entry(order.iter().copied().collect()).or_default();
        if *compared >= settings.min_runs && !orders.contains(&order) {
            let names: Vec<String> = order.iter().map(|model| model.visible()).collect();
            found.push(Pattern {
                what: What::LoadOrder(order.iter().map(|model| (*model).clone()).collect()),
                run: Some(run.id.clone()),
                at: run.start,
                compared: *compared,
                events,
                sentence: format!(
                    "run {}: {}; {compared} earlier runs used the same models in {} other order{}",
                    run.id.visible(),
                    names.join(", then "),
                    orders.len(),
                    if orders.len() == 1 { "" } else { "s" },
                ),
            });
        }
        *compared += 1;
        orders.insert(order);
    }
    found
}

/// The distinct models of a run in the order of their first calls, with these calls.
fn order<'a>(observation: &'a Observation, run: &Run) -> (Vec<&'a Capability>, Vec<EventId>) {
    let mut models: Vec<&Capability> = Vec::new();
    let mut events = Vec::new();
    for call in &run.calls {
        if let Some(model @ Capability::Model { .. }) = observation.kind(call.kind)
            && !models.contains(&model)
        {
            models.push(model);
            events.push(call.event);
        }
    }
    (models, events)
}

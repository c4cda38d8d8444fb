//! Destinations that are new to an agent whose destinations are known.

use std::collections::BTreeMap;

use super::super::kind::KindId;
use super::super::observation::Observation;
use super::super::run::Run;
use super::super::settings::Settings;
use super::super::window::unseen_mass;
use super::{Pattern, What};
use crate::domain::Capability;

/// First uses of a destination (a host, another agent), once enough runs had destinations and the
/// Good–Turing probability of a new one was low.
pub fn destinations(
    observation: &Observation,
    runs: &[&Run],
    shows: impl Fn(KindId) -> bool,
    settings: &Settings,
) -> Vec<Pattern> {
    let mut found = Vec::new();
    // In how many runs each was used.
    let mut known: BTreeMap<Capability, u64> = BTreeMap::new();
    let (mut compared, mut uses) = (0, 0);
    for run in runs {
        let shown = run.tally.iter().filter(|(kind, _)| shows(**kind));
        // Ports and protocols of one host are one destination.
        let here: BTreeMap<Capability, _> = shown
            .filter_map(|(kind, tally)| {
                Some((destination(observation.kind(*kind)?)?, tally.sample))
            })
            .collect();
        let once = known.values().filter(|runs| **runs == 1).count() as u64;
        let unseen = unseen_mass(once, uses);
        for (destination, event) in &here {
            if !known.contains_key(destination)
                && compared >= settings.min_runs
                && unseen <= settings.max_unseen
            {
                found.push(Pattern {
                    what: What::Destination(destination.clone()),
                    run: Some(run.id.clone()),
                    at: run.start,
                    compared,
                    events: vec![*event],
                    sentence: format!(
                        "{} is new: {compared} earlier runs used {} destinations, and a new one was \
                         expected with a probability of {:.1} %",
                        destination.visible(),
                        known.len(),
                        unseen * 100.0
                    ),
                });
            }
        }
        compared += u64::from(!here.is_empty());
        uses += here.len() as u64;
        for destination in here.into_keys() {
            *known.entry(destination).or_default() += 1;
        }
    }
    found
}

fn destination(kind: &Capability) -> Option<Capability> {
    match kind {
        Capability::Egress { host, protocol, .. } => {
            Some(Capability::Egress { host: host.clone(), port: None, protocol: protocol.clone() })
        }
        Capability::Handoff { .. } => Some(kind.clone()),
        _ => None,
    }
}

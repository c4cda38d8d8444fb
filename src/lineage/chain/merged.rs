//! Chains that read the same are one chain, whichever credentials they went over.

use std::cmp::Reverse;

use jiff::Timestamp;
use rustc_hash::FxHashMap;

use super::step::{Step, Walked};
use super::tally::{Few, Tally};
use crate::domain::{
    AgentKey, EventId, HopState, IdentityChain, IdentityLink, Principal, RootKind, Text,
};

/// Chains with their activity.
#[derive(Default)]
pub(super) struct Merged(FxHashMap<Reading, Records>);

/// What people read of a chain, and what tells it from every other.
#[derive(PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Reading {
    agent: Option<AgentKey>,
    root: RootKind,
    links: Vec<(Principal, HopState, String)>,
}

/// What was recorded of a chain.
#[derive(Default)]
struct Records {
    tally: Tally,
    links: Vec<LinkRecords>,
}

#[derive(Default)]
struct LinkRecords {
    credentials: Few<Text>,
    events: Few<(Timestamp, EventId)>,
}

impl Merged {
    pub fn add(&mut self, walked: Walked, tally: Tally) {
        let Walked { agent, root, steps, .. } = walked;
        let shown: Vec<_> =
            steps.iter().map(|step| (step.credential.clone(), step.shown_by)).collect();
        let link = |step: Step| (step.principal, step.hop, step.because);
        let links = steps.into_iter().map(link).collect();
        let records = self.0.entry(Reading { agent, root, links }).or_default();
        records.links.resize_with(shown.len(), LinkRecords::default);
        for (link, (credential, event)) in records.links.iter_mut().zip(shown) {
            credential.into_iter().for_each(|credential| link.credentials.add(credential));
            match event {
                Some(event) => link.events.add(event),
                None => tally.samples.iter().for_each(|sample| link.events.add(*sample)),
            }
        }
        records.tally.add(tally);
    }

    /// By agent, the busiest first; those without an agent last.
    pub fn chains(self) -> Vec<IdentityChain> {
        let mut chains: Vec<(Reading, Records)> = self.0.into_iter().collect();
        chains.sort_by(|(one, one_has), (other, other_has)| {
            let place = (one.agent.is_none(), &one.agent, Reverse(one_has.tally.events), one);
            place.cmp(&(
                other.agent.is_none(),
                &other.agent,
                Reverse(other_has.tally.events),
                other,
            ))
        });
        chains.into_iter().map(|(reading, records)| chain(reading, records)).collect()
    }
}

fn chain(reading: Reading, records: Records) -> IdentityChain {
    let link = |((principal, hop, because), records): (_, LinkRecords)| {
        // What the configuration tells, and what is missing, no event shows.
        let is_shown =
            matches!(hop, HopState::Verified | HopState::Asserted | HopState::Contradicted { .. });
        let events = records.events.into_iter().filter(|_| is_shown).map(|(_, id)| id).collect();
        let credentials = records.credentials.into_iter().collect();
        IdentityLink { principal, hop, because, credentials, events }
    };
    let Tally { events, first, last, resource, .. } = records.tally;
    IdentityChain {
        agent: reading.agent,
        root: reading.root,
        links: reading.links.into_iter().zip(records.links).map(link).collect(),
        events,
        first,
        last,
        resource: resource.map(|(_, _, resource)| resource),
    }
}

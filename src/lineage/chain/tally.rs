//! Activity in bounded memory: how much of it, when, on what, and a few examples, whatever the order
//! in which it is counted.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::domain::exercise::SAMPLES;
use crate::domain::{EventId, Text};

/// The smallest few of many values.
#[derive(Clone, Debug)]
pub(super) struct Few<T>(BTreeSet<T>);

impl<T> Default for Few<T> {
    fn default() -> Self {
        Self(BTreeSet::new())
    }
}

impl<T: Ord> Few<T> {
    pub fn add(&mut self, value: T) {
        let is_full = self.0.len() >= SAMPLES;
        if is_full && self.0.last().is_some_and(|last| *last <= value) {
            return;
        }
        self.0.insert(value);
        if self.0.len() > SAMPLES {
            self.0.pop_last();
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }

    pub fn into_iter(self) -> impl Iterator<Item = T> {
        self.0.into_iter()
    }
}

/// What went over one chain.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub events: u64,
    pub first: Option<Timestamp>,
    /// The latest event that names what it is on, and what that is.
    pub resource: Option<(Timestamp, EventId, Text)>,
    pub last: Option<Timestamp>,
    /// The earliest events.
    pub samples: Few<(Timestamp, EventId)>,
}

impl Tally {
    /// One event: when it was, which it is, and what it was on.
    pub fn count(&mut self, time: Timestamp, event: EventId, target: Option<Text>) {
        let resource = target.map(|target| (time, event, target));
        let mut samples = Few::default();
        samples.add((time, event));
        let (first, last) = (Some(time), Some(time));
        self.add(Self { events: 1, first, last, resource, samples });
    }

    pub fn add(&mut self, other: Self) {
        self.events += other.events;
        self.first = [self.first, other.first].into_iter().flatten().min();
        self.last = self.last.max(other.last);
        self.resource = self.resource.take().max(other.resource);
        other.samples.into_iter().for_each(|sample| self.samples.add(sample));
    }
}

//! Patterns of schedule, volume, destination and load order: what a run does that no earlier one did,
//! once enough of them were seen for that to mean something.
//!
//! Each is a small function over the runs of one agent, oldest first; a run is compared with the
//! earlier ones only.

mod cadence;
mod destination;
mod load_order;
mod schedule;
mod volume;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::cadence::Cadence;
use super::kind::KindId;
use super::observation::Observation;
use super::run::Run;
use super::settings::Settings;
use super::statistic::Statistic;
use crate::domain::{Capability, EventId, Text};

pub use cadence::cadence;
pub use destination::destinations;
pub use load_order::load_order;
pub use schedule::schedule;
pub use volume::volume;

/// Events cited per pattern.
const CITED: usize = 3;

/// One thing without precedent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pattern {
    pub what: What,
    /// The run; none for work that did not happen.
    pub run: Option<Text>,
    pub at: Timestamp,
    /// Earlier runs (bursts of work, for a cadence) that it was compared with.
    pub compared: u64,
    pub events: Vec<EventId>,
    /// Escaped.
    pub sentence: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// At an hour of the day (UTC), the neighbouring ones included, or on a weekday (Monday is 0)
    /// never worked.
    Hour(u8),
    Weekday(u8),
    /// Work that was due and did not come, and work that came twice in a cycle.
    Missed(Cadence),
    Doubled(Cadence),
    /// Far above the average of the earlier runs that show it.
    Volume {
        statistic: Statistic,
        value: f64,
        mean: f64,
    },
    Destination(Capability),
    /// Models loaded or called in an order never seen of just these models.
    LoadOrder(Vec<Capability>),
}

/// All patterns of an agent's runs, by time.
pub fn patterns(
    observation: &Observation,
    runs: &[&Run],
    shows: impl Fn(KindId) -> bool,
    declared: Option<Cadence>,
    settings: &Settings,
) -> Vec<Pattern> {
    let mut found = schedule(runs, settings);
    found.extend(cadence(runs, observation.until, declared, settings));
    found.extend(volume(observation, runs, &shows, settings));
    found.extend(destinations(observation, runs, &shows, settings));
    found.extend(load_order(observation, runs, settings));
    found.sort_by(|a, b| (a.at, &a.run, &a.sentence).cmp(&(b.at, &b.run, &b.sentence)));
    found
}

/// The first events of a run.
fn first_events(run: &Run) -> Vec<EventId> {
    run.calls.iter().take(CITED).map(|call| call.event).collect()
}

#[cfg(test)]
mod tests;

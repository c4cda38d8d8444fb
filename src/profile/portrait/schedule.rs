//! When an agent is active: hours of the week, and how much on each day. All in UTC.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::quantiles::Quantiles;
use crate::profile::cadence::{self, Cadence, day};

/// The latest days that are kept; of earlier ones only the hours of the week remain.
pub const DAYS: usize = 1024;

const HOURS: usize = 24;
const WEEKDAYS: usize = 7;

/// Counts of records by weekday (Monday first) and hour, and of the latest days.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    hours: [[u64; HOURS]; WEEKDAYS],
    days: BTreeMap<i64, Day>,
}

/// How much there was on a day. Runs and their calls belong to the day on which the run started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    pub records: u64,
    pub runs: u64,
    pub calls: u64,
}

impl Day {
    fn merge(&mut self, other: &Self) {
        self.records = self.records.saturating_add(other.records);
        self.runs = self.runs.saturating_add(other.runs);
        self.calls = self.calls.saturating_add(other.calls);
    }
}

impl Schedule {
    /// One record.
    pub fn record(&mut self, time: Timestamp) {
        let hour = time.as_second().div_euclid(3600).rem_euclid(HOURS as i64) as usize;
        // 1970-01-01 was a Thursday.
        let weekday = (day(time) + 3).rem_euclid(WEEKDAYS as i64) as usize;
        if let Some(count) = self.hours.get_mut(weekday).and_then(|hours| hours.get_mut(hour)) {
            *count = count.saturating_add(1);
        }
        self.day(day(time), &Day { records: 1, ..Day::default() });
    }

    /// Adds to a day.
    pub fn day(&mut self, number: i64, much: &Day) {
        self.days.entry(number).or_default().merge(much);
        while self.days.len() > DAYS {
            self.days.pop_first();
        }
    }

    pub fn merge(&mut self, other: &Self) {
        for (count, further) in self.hours.iter_mut().flatten().zip(other.hours.iter().flatten()) {
            *count = count.saturating_add(*further);
        }
        for (number, much) in &other.days {
            self.day(*number, much);
        }
    }

    /// Records by weekday (Monday first) and hour.
    pub fn hours(&self) -> &[[u64; HOURS]; WEEKDAYS] {
        &self.hours
    }

    /// By day since 1970.
    pub fn days(&self) -> &BTreeMap<i64, Day> {
        &self.days
    }

    pub fn cadence(&self) -> Option<Cadence> {
        cadence::detect(&self.days.keys().copied().collect::<BTreeSet<i64>>())
    }

    /// How one of the counts is distributed over the days that have it.
    pub fn volume(&self, of: impl Fn(&Day) -> u64) -> Quantiles {
        let mut volume = Quantiles::default();
        self.days.values().map(of).filter(|count| *count > 0).for_each(|count| volume.add(count));
        volume
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::fixture::at;
    use super::*;

    #[test]
    fn the_first_hour_of_the_week_is_on_monday() {
        let mut schedule = Schedule::default();
        for hours in [0.0, 0.5, 25.0, 6.0 * 24.0 + 23.9] {
            schedule.record(at(hours));
        }
        let hours = schedule.hours();
        assert_eq!((hours[0][0], hours[1][1], hours[6][23]), (2, 1, 1));
        assert_eq!(schedule.volume(|day| day.records).count(), 3);
    }

    #[test]
    fn the_latest_days_are_kept_in_any_order() {
        let days: Vec<i64> = (0..3000).map(|day| day * 7 % 3001).collect();
        let (mut upwards, mut downwards) = (Schedule::default(), Schedule::default());
        let much = Day { records: 1, runs: 2, calls: 3 };
        days.iter().for_each(|day| upwards.day(*day, &much));
        days.iter().rev().for_each(|day| downwards.day(*day, &much));
        assert_eq!(upwards, downwards);
        assert_eq!(upwards.days().len(), DAYS);
        assert!(upwards.days().keys().all(|day| *day >= 3001 - DAYS as i64 - 1));
    }
}

//! Cadence: how often an agent's work comes round.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A regular rhythm of work.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumIter,
    strum::EnumString,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Cadence {
    Daily,
    Weekly,
    Monthly,
    Quarterly,
}

/// Each cadence with the length of its cycle and the distances between bursts of work that show it.
const CADENCES: &[(Cadence, u32, std::ops::RangeInclusive<i64>)] = &[
    (Cadence::Daily, 1, 1..=1),
    (Cadence::Weekly, 7, 6..=8),
    (Cadence::Monthly, 31, 26..=35),
    (Cadence::Quarterly, 92, 85..=98),
];

/// On at least this share of its days routine work is active: working days alone are 5 of 7.
const ROUTINE: f64 = 0.6;

/// Of the distances between bursts, at least this share has to fit.
const FITTING: f64 = 0.75;

impl Cadence {
    /// Days in one cycle.
    pub fn days(self) -> u32 {
        CADENCES.iter().find(|(cadence, ..)| *cadence == self).map_or(1, |(_, days, _)| *days)
    }
}

/// The day of an instant, counted from 1970-01-01 in UTC.
pub fn day(time: Timestamp) -> i64 {
    time.as_second().div_euclid(86_400)
}

/// The first instant of a day.
pub fn midnight(day: i64) -> Option<Timestamp> {
    Timestamp::from_second(day.checked_mul(86_400)?).ok()
}

/// The cadence that the active days show, if they show one. Days in a row are one burst of work;
/// two distances between bursts are the least that makes a rhythm.
pub fn detect(active: &BTreeSet<i64>) -> Option<Cadence> {
    let (first, last) = (*active.first()?, *active.last()?);
    if active.len() >= 3 && !is_irregular(active.len(), first, last) {
        return Some(Cadence::Daily);
    }
    let distances = distances(&bursts(active));
    if distances.len() < 2 {
        return None;
    }
    CADENCES.iter().skip(1).find_map(|(cadence, _, fitting)| {
        let fit = distances.iter().filter(|distance| fitting.contains(distance)).count();
        (fit as f64 >= FITTING * distances.len() as f64).then_some(*cadence)
    })
}

/// The first days of the bursts of work: days in a row are one burst.
pub fn bursts(active: &BTreeSet<i64>) -> Vec<i64> {
    let mut starts = Vec::new();
    let mut previous = None;
    for &day in active {
        if previous.is_none_or(|previous| day - previous > 1) {
            starts.push(day);
        }
        previous = Some(day);
    }
    starts
}

fn distances(starts: &[i64]) -> Vec<i64> {
    starts.iter().zip(starts.iter().skip(1)).map(|(a, b)| b - a).collect()
}

/// The longest distance between two bursts that still fits a cadence, in days.
pub fn tolerated(cadence: Cadence) -> i64 {
    let known = CADENCES.iter().find(|(known, ..)| *known == cadence);
    known.map_or(1, |(.., fitting)| *fitting.end())
}

/// How many whole cycles of a cadence the active days show: from one burst to the next one that is as
/// far off as the cadence says.
pub fn cycles(active: &BTreeSet<i64>, cadence: Cadence) -> u32 {
    let fitting =
        CADENCES.iter().find(|(known, ..)| *known == cadence).map(|(.., fitting)| fitting);
    let distances = distances(&bursts(active));
    let fit = distances.iter().filter(|d| fitting.is_some_and(|fitting| fitting.contains(d)));
    u32::try_from(fit.count()).unwrap_or(u32::MAX)
}

/// Whether work on `active` of the days from `first` to `last` leaves more gaps than routine does.
pub fn is_irregular(active: usize, first: i64, last: i64) -> bool {
    (active as f64) < ROUTINE * (last - first + 1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(days: impl IntoIterator<Item = i64>, expected: Option<Cadence>) {
        assert_eq!(detect(&days.into_iter().collect()), expected);
    }

    #[test]
    fn rhythms_are_recognised() {
        check(0..10, Some(Cadence::Daily));
        check((0..21).filter(|day| day % 7 < 5), Some(Cadence::Daily));
        check([0, 7, 14, 21], Some(Cadence::Weekly));
        check([0, 1, 7, 8, 14, 15], Some(Cadence::Weekly));
        check([0, 31, 59, 90], Some(Cadence::Monthly));
        check([0, 90, 181, 273], Some(Cadence::Quarterly));
    }

    #[test]
    fn no_rhythm_is_claimed_without_one() {
        check([], None);
        check([5], None);
        check([0, 7], None);
        check([0, 3, 17, 19, 40], None);
    }

    #[test]
    fn cycles_are_counted_from_burst_to_burst() {
        // January, February and March 31: two months, though only 59 days.
        assert_eq!(cycles(&[0, 31, 59].into(), Cadence::Monthly), 2);
        assert_eq!(cycles(&[0, 1, 7, 8].into(), Cadence::Weekly), 1);
        assert_eq!(cycles(&[0, 90, 181].into(), Cadence::Quarterly), 2);
        assert_eq!(cycles(&[].into(), Cadence::Weekly), 0);
    }

    #[test]
    fn declared_cadences_parse() {
        assert_eq!("quarterly".parse(), Ok(Cadence::Quarterly));
        assert!("sometimes".parse::<Cadence>().is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_days_are_answered(days in proptest::collection::btree_set(-1_000_000i64..1_000_000, 0..40)) {
            let _ = detect(&days);
        }
    }
}

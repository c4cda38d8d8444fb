//! How different two distributions are, and how different they would be by chance alone.
//!
//! For items the total variation: the share of occurrences that would have to be other ones to make
//! the two alike. For sizes the Kolmogorov–Smirnov distance: the largest difference between the shares
//! below any size. Both lie between 0 and 1 and are a largest difference in probability, the one over
//! all sets, the other over all thresholds, so they can stand in one list.
//!
//! Two samples of the same distribution differ, too, the more the smaller they are. What is expected of
//! independent draws is given beside the distance; calls of one run are not quite independent, so it is
//! rather too small.

use std::collections::BTreeMap;
use std::f64::consts::PI;

use serde::Serialize;

use super::quantiles::Quantiles;
use crate::domain::Text;

/// What there is to say of then and now.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Difference {
    Measured {
        /// 0 (alike) to 1 (nothing in common).
        distance: f64,
        /// The distance to expect where nothing has changed.
        by_chance: f64,
    },
    /// Nothing was recorded then that could be compared with.
    OnlyNow,
    /// Recorded then. Nothing is recorded now, which is not the same as zero.
    OnlyThen,
    /// Both recorded, and none of what they say is about the same: other tools, other models.
    NothingInCommon,
    NotRecorded,
}

impl Difference {
    /// How much of the distance chance does not explain; `None` without a distance.
    pub fn excess(&self) -> Option<f64> {
        match self {
            Self::Measured { distance, by_chance } => Some(distance - by_chance),
            _ => None,
        }
    }
}

/// Counts of one item then and now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// What it is given; cells are compared with those of the same.
    pub given: Text,
    pub what: Text,
    pub then: u64,
    pub now: u64,
}

/// Sums of a group of cells.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sums {
    pub then: u64,
    pub now: u64,
}

impl Sums {
    /// Shares of a cell in its group.
    pub fn shares(self, cell: &Cell) -> (f64, f64) {
        let share = |count: u64, sum: u64| if sum == 0 { 0.0 } else { count as f64 / sum as f64 };
        (share(cell.then, self.then), share(cell.now, self.now))
    }

    fn is_common(self) -> bool {
        self.then > 0 && self.now > 0
    }

    pub fn all(self) -> u64 {
        self.then.saturating_add(self.now)
    }
}

/// The sums of the groups.
pub fn groups(cells: &[Cell]) -> BTreeMap<Text, Sums> {
    let mut groups: BTreeMap<Text, Sums> = BTreeMap::new();
    for cell in cells {
        let sums = groups.entry(cell.given.clone()).or_default();
        sums.then = sums.then.saturating_add(cell.then);
        sums.now = sums.now.saturating_add(cell.now);
    }
    groups
}

/// The total variation inside each group that both have, averaged by the sizes of the groups.
pub fn of_items(cells: &[Cell], groups: &BTreeMap<Text, Sums>) -> Difference {
    let sums = |of: fn(&Sums) -> u64| groups.values().map(of).fold(0, u64::saturating_add);
    match (sums(|sums| sums.then), sums(|sums| sums.now)) {
        (0, 0) => return Difference::NotRecorded,
        (_, 0) => return Difference::OnlyThen,
        (0, _) => return Difference::OnlyNow,
        _ => {}
    }
    let common: f64 =
        groups.values().filter(|sums| sums.is_common()).map(|sums| sums.all() as f64).sum();
    if common == 0.0 {
        return Difference::NothingInCommon;
    }
    let (mut distance, mut by_chance) = (0.0, 0.0);
    for cell in cells {
        let Some(sums) = groups.get(&cell.given).copied().filter(|sums| sums.is_common()) else {
            continue;
        };
        let weight = sums.all() as f64 / common;
        let (then, now) = sums.shares(cell);
        let pooled = (cell.then as f64 + cell.now as f64) / sums.all() as f64;
        let variance = pooled * (1.0 - pooled) * (1.0 / sums.then as f64 + 1.0 / sums.now as f64);
        distance += weight * (then - now).abs() / 2.0;
        // The mean of the absolute value of a normal variable.
        by_chance += weight * (variance.max(0.0) * 2.0 / PI).sqrt() / 2.0;
    }
    Difference::Measured { distance: distance.min(1.0), by_chance: by_chance.min(1.0) }
}

/// The Kolmogorov–Smirnov distance.
pub fn of_sizes(then: &Quantiles, now: &Quantiles) -> Difference {
    /// Mean of the Kolmogorov distribution, √(π/2)·ln 2.
    const MEAN: f64 = 0.868_731_16;
    let (n, m) = (then.count() as f64, now.count() as f64);
    if n == 0.0 || m == 0.0 {
        return match (n > 0.0, m > 0.0) {
            (true, _) => Difference::OnlyThen,
            (_, true) => Difference::OnlyNow,
            _ => Difference::NotRecorded,
        };
    }
    let (mut below_then, mut below_now, mut distance) = (0.0, 0.0, 0.0f64);
    for (further_then, further_now) in then.side_by_side(now) {
        below_then += further_then as f64;
        below_now += further_now as f64;
        distance = distance.max((below_then / n - below_now / m).abs());
    }
    Difference::Measured { distance, by_chance: (MEAN * (1.0 / n + 1.0 / m).sqrt()).min(1.0) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cell((given, what, then, now): (&str, &str, u64, u64)) -> Cell {
        Cell { given: given.into(), what: what.into(), then, now }
    }

    fn items(cells: &[(&str, &str, u64, u64)]) -> Difference {
        let cells: Vec<Cell> = cells.iter().copied().map(cell).collect();
        of_items(&cells, &groups(&cells))
    }

    #[track_caller]
    fn check(cells: &[(&str, &str, u64, u64)], expected: f64) {
        let found = items(cells);
        let is_expected = |distance: f64| (distance - expected).abs() < 1e-12;
        let as_expected =
            matches!(found, Difference::Measured { distance, .. } if is_expected(distance));
        assert!(as_expected, "{found:?} is not {expected}");
    }

    #[test]
    fn distances_by_hand() {
        check(&[("", "a", 5, 50), ("", "b", 5, 50)], 0.0);
        check(&[("", "a", 10, 0), ("", "b", 0, 10)], 1.0);
        check(&[("", "a", 8, 5), ("", "b", 2, 5)], 0.3);
        // Inside groups: the first changes fully, the second, three times as large, not at all; a
        // group that only one of them has says nothing.
        check(&[("x", "a", 10, 0), ("x", "b", 0, 10), ("y", "a", 30, 30), ("z", "a", 0, 9)], 0.25);
    }

    #[test]
    fn absent_is_not_zero() {
        for (cells, expected) in [
            (&[("", "a", 3, 0)][..], Difference::OnlyThen),
            (&[("", "a", 0, 3)], Difference::OnlyNow),
            (&[], Difference::NotRecorded),
            (&[("x", "a", 3, 0), ("y", "a", 0, 3)], Difference::NothingInCommon),
        ] {
            assert_eq!(items(cells), expected);
        }
        let none = Quantiles::default();
        assert_eq!(of_sizes(&none, &none), Difference::NotRecorded);
    }

    proptest! {
        /// Two samples of one distribution: the distance is on average what chance is said to make.
        #[test]
        fn chance_is_what_samples_differ_by(seed in any::<u64>()) {
            const DRAWS: u64 = 400;
            let draw = |number: u64| {
                let mixed = super::super::hash::Hash { high: seed, low: 0 }.mixed(number);
                mixed as f64 / u64::MAX as f64
            };
            let (mut sum_items, mut chance_items) = (0.0, 0.0);
            let (mut sum_sizes, mut chance_sizes) = (0.0, 0.0);
            for round in 0..40 {
                let mut counts = [(0u64, 0u64); 8];
                let (mut then, mut now) = (Quantiles::default(), Quantiles::default());
                for number in 0..DRAWS {
                    let value = draw(round * DRAWS + number);
                    // Item 0 half of the time, item 1 a quarter, …
                    let item = ((-value.log2()) as usize).min(7);
                    let size = (value * 1e9) as u64;
                    if number % 4 == 0 {
                        counts[item].0 += 1;
                        then.add(size);
                    } else {
                        counts[item].1 += 1;
                        now.add(size);
                    }
                }
                let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
                let cells: Vec<Cell> = names.iter().zip(counts)
                    .map(|(name, (then, now))| cell(("", name, then, now))).collect();
                if let Difference::Measured { distance, by_chance } = of_items(&cells, &groups(&cells)) {
                    sum_items += distance;
                    chance_items += by_chance;
                }
                if let Difference::Measured { distance, by_chance } = of_sizes(&then, &now) {
                    sum_sizes += distance;
                    chance_sizes += by_chance;
                }
            }
            prop_assert!((sum_items / chance_items - 1.0f64).abs() < 0.3, "{sum_items} {chance_items}");
            prop_assert!((sum_sizes / chance_sizes - 1.0f64).abs() < 0.3, "{sum_sizes} {chance_sizes}");
        }
    }
}

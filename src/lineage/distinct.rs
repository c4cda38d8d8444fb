//! How many different values stand in each of many ranges.

use std::ops::Range;

use rustc_hash::FxHashMap;

/// For each range of positions the number of different values in it. `O((n + r) log n)`: values are
/// walked from left to right, each counted at its latest place only, and ranges are asked when the
/// walk is at their end (offline range counting over a Fenwick tree).
pub(super) fn in_ranges(values: &[Option<u32>], ranges: &[Range<u32>]) -> Vec<u32> {
    let mut asked: Vec<u32> = (0_u32..).take(ranges.len()).collect();
    asked.sort_unstable_by_key(|range| ranges[*range as usize].end);
    let mut counts = vec![0; ranges.len()];
    let mut latest: FxHashMap<u32, usize> = FxHashMap::default();
    let mut marked = Fenwick::new(values.len());
    let mut walked = 0;
    for range in asked {
        let Range { start, end } = ranges[range as usize];
        let end = (end as usize).min(values.len());
        while walked < end {
            if let Some(value) = values[walked] {
                if let Some(earlier) = latest.insert(value, walked) {
                    marked.add(earlier, -1);
                }
                marked.add(walked, 1);
            }
            walked += 1;
        }
        let inside = marked.sum(end) - marked.sum((start as usize).min(end));
        counts[range as usize] = u32::try_from(inside).unwrap_or(0);
    }
    counts
}

/// Sums of a prefix under changes (P. Fenwick, "A new data structure for cumulative frequency
/// tables", 1994).
struct Fenwick {
    sums: Vec<i64>,
}

impl Fenwick {
    fn new(positions: usize) -> Self {
        Self { sums: vec![0; positions + 1] }
    }

    fn add(&mut self, position: usize, change: i64) {
        let mut at = position + 1;
        while let Some(sum) = self.sums.get_mut(at) {
            *sum += change;
            at += at & at.wrapping_neg();
        }
    }

    /// Over the positions before this one.
    fn sum(&self, position: usize) -> i64 {
        let mut at = position;
        let mut sum = 0;
        while at > 0 {
            sum += self.sums.get(at).copied().unwrap_or(0);
            at &= at - 1;
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn as_many_as_a_set_holds(
            values in proptest::collection::vec(proptest::option::of(0_u32..6), 0..30),
            ranges in proptest::collection::vec((0_u32..35, 0_u32..35), 0..20),
        ) {
            let ranges: Vec<_> = ranges.into_iter().map(|(a, b)| a.min(b)..a.max(b)).collect();
            let in_set = |range: &Range<u32>| {
                let (from, until) = (range.start as usize, (range.end as usize).min(values.len()));
                let values = values.get(from.min(until)..until).unwrap_or_default();
                values.iter().flatten().collect::<std::collections::HashSet<_>>().len() as u32
            };
            let expected: Vec<u32> = ranges.iter().map(in_set).collect();
            prop_assert_eq!(in_ranges(&values, &ranges), expected);
        }
    }
}

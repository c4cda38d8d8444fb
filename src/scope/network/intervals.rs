//! Sets of whole numbers as intervals: ports and addresses are held in ranges, never one by one.

/// A set of whole numbers: inclusive intervals, sorted, with at least one number between two.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Intervals(Vec<(u128, u128)>);

impl Intervals {
    /// The numbers from `first` to `last`, both included; none when `last` is the smaller one.
    pub fn of(first: u128, last: u128) -> Self {
        Self(if first <= last { vec![(first, last)] } else { Vec::new() })
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn contains(&self, number: u128) -> bool {
        let after = self.0.partition_point(|&(first, _)| first <= number);
        after.checked_sub(1).and_then(|at| self.0.get(at)).is_some_and(|&(_, last)| number <= last)
    }

    pub fn iter(&self) -> impl Iterator<Item = (u128, u128)> {
        self.0.iter().copied()
    }

    pub fn union(&self, other: &Self) -> Self {
        let mut all: Vec<_> = self.iter().chain(other.iter()).collect();
        all.sort_unstable();
        let mut joined: Vec<(u128, u128)> = Vec::with_capacity(all.len());
        for (first, last) in all {
            match joined.last_mut() {
                Some(before) if first <= before.1.saturating_add(1) => {
                    before.1 = before.1.max(last);
                }
                _ => joined.push((first, last)),
            }
        }
        Self(joined)
    }

    pub fn intersection(&self, other: &Self) -> Self {
        let (mut mine, mut theirs) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut common = Vec::new();
        while let (Some(one), Some(two)) = (mine.peek(), theirs.peek()) {
            let (first, last) = (one.0.max(two.0), one.1.min(two.1));
            if first <= last {
                common.push((first, last));
            }
            match one.1 < two.1 {
                true => mine.next(),
                false => theirs.next(),
            };
        }
        Self(common)
    }

    pub fn difference(&self, other: &Self) -> Self {
        let mut left = Vec::new();
        let mut holes = other.0.iter().peekable();
        for &(mut first, last) in &self.0 {
            while holes.next_if(|hole| hole.1 < first).is_some() {}
            let mut open = true;
            // A hole may reach into the next interval, so it is only looked at here.
            for hole in holes.clone().take_while(|hole| hole.0 <= last) {
                if first < hole.0 {
                    left.push((first, hole.0 - 1));
                }
                match hole.1 < last {
                    true => first = hole.1 + 1,
                    false => open = false,
                }
            }
            if open {
                left.push((first, last));
            }
        }
        Self(left)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn interval() -> impl Strategy<Value = Intervals> {
        let one =
            (0u128..40, 0u128..12).prop_map(|(first, more)| Intervals::of(first, first + more));
        prop::collection::vec(one, 0..5)
            .prop_map(|all| all.iter().fold(Intervals::default(), |set, one| set.union(one)))
    }

    fn members(set: &Intervals) -> BTreeSet<u128> {
        set.iter().flat_map(|(first, last)| first..=last).collect()
    }

    fn is_normal(set: &Intervals) -> bool {
        set.0.iter().all(|(first, last)| first <= last)
            && set.0.windows(2).all(|pair| pair[0].1 + 1 < pair[1].0)
    }

    proptest! {
        #[test]
        fn operations_agree_with_sets(one in interval(), two in interval(), number in 0u128..60) {
            let (mine, theirs) = (members(&one), members(&two));
            let found = [one.union(&two), one.intersection(&two), one.difference(&two)];
            prop_assert_eq!(members(&found[0]), &mine | &theirs);
            prop_assert_eq!(members(&found[1]), &mine & &theirs);
            prop_assert_eq!(members(&found[2]), &mine - &theirs);
            prop_assert!(found.iter().all(is_normal), "{:?}", found);
            prop_assert_eq!(one.contains(number), mine.contains(&number));
        }
    }

    #[test]
    fn the_last_number_has_no_successor() {
        let end = Intervals::of(u128::MAX, u128::MAX);
        let all = Intervals::of(0, u128::MAX);
        assert_eq!(all.union(&end), all);
        assert_eq!(all.difference(&end), Intervals::of(0, u128::MAX - 1));
        assert!(end.difference(&all).is_empty());
    }
}

//! Quantiles of an amount: DDSketch (Masson, Rim, Lee: *DDSketch: A Fast and Fully-Mergeable
//! Quantile Sketch with Relative-Error Guarantees*, PVLDB 12(12), 2019).
//!
//! Counts in buckets whose width grows with the amount. Merging adds counts, so it is commutative and
//! associative to the bit; a t-digest's merge depends on the order of its parts. Of the paper's ways
//! to number buckets this is the fast one (§4): the exponent of two, and inside it a linear division.
//! It needs whole numbers only, and all 64 bits fit into [`BUCKETS`], so nothing is ever collapsed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Equal parts of every power of two.
const PARTS: u64 = 1 << PART_BITS;
const PART_BITS: u32 = 6;

/// Largest relative error of a quantile: half a bucket over its lower end.
pub const RELATIVE_ERROR: f64 = 1.0 / (2 * PARTS) as f64;

/// Buckets that 64-bit numbers can fall into.
pub const BUCKETS: usize = 3776;

/// How an amount is distributed. Zero is an amount; what was not recorded is not added.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quantiles {
    buckets: BTreeMap<u16, u64>,
    count: u64,
    sum: u64,
    least: Option<u64>,
    most: Option<u64>,
}

impl Quantiles {
    pub fn add(&mut self, amount: u64) {
        let bucket = self.buckets.entry(bucket(amount)).or_default();
        *bucket = bucket.saturating_add(1);
        self.count = self.count.saturating_add(1);
        self.sum = self.sum.saturating_add(amount);
        self.extend(amount, amount);
    }

    pub fn merge(&mut self, other: &Self) {
        for (bucket, count) in &other.buckets {
            let known = self.buckets.entry(*bucket).or_default();
            *known = known.saturating_add(*count);
        }
        self.count = self.count.saturating_add(other.count);
        self.sum = self.sum.saturating_add(other.sum);
        if let (Some(least), Some(most)) = (other.least, other.most) {
            self.extend(least, most);
        }
    }

    fn extend(&mut self, least: u64, most: u64) {
        self.least = Some(self.least.map_or(least, |known| known.min(least)));
        self.most = Some(self.most.map_or(most, |known| known.max(most)));
    }

    /// Amounts added.
    pub fn count(&self) -> u64 {
        self.count
    }

    pub fn most(&self) -> Option<u64> {
        self.most
    }

    /// Exact, as long as the sum fits into 64 bits.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum as f64 / self.count as f64)
    }

    /// The lower `q`-quantile (0 to 1), within [`RELATIVE_ERROR`] of the true one.
    pub fn quantile(&self, q: f64) -> Option<u64> {
        let (least, most) = (self.least?, self.most?);
        let rank = (q.clamp(0.0, 1.0) * self.count.saturating_sub(1) as f64) as u64;
        let mut below = 0u64;
        for (bucket, count) in &self.buckets {
            below = below.saturating_add(*count);
            if below > rank {
                return Some(middle(*bucket).clamp(least, most.max(least)));
            }
        }
        Some(most)
    }

    /// Bucket by bucket upwards, the counts of both.
    pub fn side_by_side<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = (u64, u64)> + 'a {
        let buckets: std::collections::BTreeSet<u16> =
            self.buckets.keys().chain(other.buckets.keys()).copied().collect();
        let count = |of: &Self, bucket| of.buckets.get(&bucket).copied().unwrap_or(0);
        buckets.into_iter().map(move |bucket| (count(self, bucket), count(other, bucket)))
    }

    /// Buckets in use.
    pub fn buckets(&self) -> usize {
        self.buckets.len()
    }
}

/// The bucket of an amount; below `2 * PARTS` every amount has its own.
fn bucket(amount: u64) -> u16 {
    let exponent = 63u32.saturating_sub(amount.leading_zeros());
    let shift = exponent.saturating_sub(PART_BITS);
    (u64::from(shift) * PARTS + (amount >> shift)) as u16
}

/// The middle of a bucket.
fn middle(bucket: u16) -> u64 {
    let bucket = u64::from(bucket);
    let shift = (bucket / PARTS).saturating_sub(1).min(57);
    let lower = (bucket - shift * PARTS) << shift;
    lower.saturating_add(((1 << shift) - 1) / 2)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn amounts() -> impl Strategy<Value = Vec<u64>> {
        let amount = prop_oneof![0u64..200, 0u64..2_000_000, any::<u64>()];
        proptest::collection::vec(amount, 1..200)
    }

    fn sketch(amounts: &[u64]) -> Quantiles {
        let mut sketch = Quantiles::default();
        amounts.iter().for_each(|amount| sketch.add(*amount));
        sketch
    }

    #[test]
    fn the_largest_amount_has_the_last_bucket() {
        assert_eq!(usize::from(bucket(u64::MAX)) + 1, BUCKETS);
        assert_eq!(sketch(&[u64::MAX, u64::MAX]).quantile(1.0), Some(u64::MAX));
    }

    #[test]
    fn nothing_has_no_quantile() {
        assert_eq!((Quantiles::default().quantile(0.5), Quantiles::default().mean()), (None, None));
    }

    proptest! {
        /// Theorem of the paper (§2.1): every quantile within the relative error.
        #[test]
        fn quantiles_are_within_the_relative_error(mut amounts in amounts(), q in 0.0f64..=1.0) {
            let sketch = sketch(&amounts);
            amounts.sort_unstable();
            let exact = amounts[(q * (amounts.len() - 1) as f64) as usize] as f64;
            let estimate = sketch.quantile(q).expect("there are amounts") as f64;
            prop_assert!((estimate - exact).abs() <= RELATIVE_ERROR * exact, "{estimate} {exact}");
        }

        #[test]
        fn buckets_hold_their_own_middle(amount in any::<u64>()) {
            prop_assert_eq!(bucket(middle(bucket(amount))), bucket(amount));
        }

        #[test]
        fn merging_is_learning_from_the_union(left in amounts(), right in amounts()) {
            let mut merged = sketch(&right);
            merged.merge(&sketch(&left));
            let mut union = left;
            union.extend(right);
            prop_assert_eq!(merged, sketch(&union));
        }
    }
}

//! How often each item occurred: exact up to [`KEPT`] different items, a sketch beyond.
//!
//! The usual bounded top lists (space-saving, Misra–Gries) depend on the order of what they see. This
//! one does not. Beyond [`KEPT`], counts go to a [`CountMin`] and the number of items to a
//! [`Distinct`], and the items still named are a sample in which frequent ones stay: every occurrence
//! draws a number from its hash, an item has the smallest one of its occurrences, and the [`KEPT`]
//! items with the smallest numbers are kept (bottom-k: Cohen, Kaplan: *Summarizing data using
//! bottom-k sketches*, PODC 2007). That set is the same in any order, since an item that belongs to
//! it at the end belonged to it ever since its smallest number came. It is a draw without replacement
//! by frequency: an item with a share p of all is lost with a probability of at most (1 − p)^KEPT,
//! 0.6 % for a share of 2 %, 0.0002 % for 5 %.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::count_min::{COUNTERS, CountMin};
use super::distinct::{Distinct, REGISTERS};
use super::hash::Hash;
use crate::domain::{Digest, Text};

/// Different items that are counted exactly, and named beyond that.
pub const KEPT: usize = 256;

/// Bytes of a name; longer ones end in their digest.
pub const LONGEST: usize = 160;

/// Something that is counted, and the one of which it is one of the possible outcomes: after which
/// call it came, of which argument it is the type. Empty when there is nothing to be told apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Item {
    pub given: Text,
    pub what: Text,
}

impl Item {
    pub fn new(given: Text, what: Text) -> Self {
        Self { given: bounded(given), what: bounded(what) }
    }

    pub fn plain(what: Text) -> Self {
        Self::new(Text::default(), what)
    }

    fn hash(&self) -> Hash {
        Hash::of(&[&self.given, &self.what])
    }
}

/// A name short enough to be kept.
fn bounded(name: Text) -> Text {
    /// Room for the digest.
    const BEGINNING: usize = LONGEST - 16;
    if name.raw().len() <= LONGEST {
        return name;
    }
    let end = (0..=BEGINNING).rev().find(|end| name.raw().is_char_boundary(*end)).unwrap_or(0);
    let beginning = name.raw().get(..end).unwrap_or_default();
    format!("{beginning}…{}", Digest::of(name.raw().as_bytes()).short()).into()
}

/// Occurrences of one item from one record or run.
#[derive(Clone, Copy, Debug)]
pub struct Occurrence {
    /// Of the record or run: any number that looks random.
    pub seed: u64,
    pub times: u64,
    pub first: Timestamp,
    pub last: Timestamp,
}

/// What is known of one item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    pub times: u64,
    pub first: Timestamp,
    pub last: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Kept {
    rank: u64,
    /// Until there were too many items.
    #[serde(skip_serializing_if = "Option::is_none")]
    exact: Option<Count>,
}

/// What takes the place of exact counts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Overflow {
    counts: CountMin,
    distinct: Distinct,
    /// The largest rank kept, and so the smallest that does not get in any more.
    bar: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Frequencies {
    total: u64,
    #[serde(with = "rows")]
    kept: BTreeMap<Item, Kept>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    overflow: Option<Box<Overflow>>,
}

impl Frequencies {
    /// Heap of one kept item at most, and of the sketches: for the bound of a portrait.
    pub const MOST_BYTES: usize =
        KEPT * (Self::ROW + 2 * LONGEST) + COUNTERS * 8 + REGISTERS + size_of::<Overflow>();
    /// A row of the tree, with the third of its nodes that may be empty, and two counters of texts.
    const ROW: usize = (size_of::<Item>() + size_of::<Kept>()) * 3 / 2 + 2 * 16;

    pub fn add(&mut self, item: Item, occurrence: Occurrence) {
        let Occurrence { seed, times, first, last } = occurrence;
        if times == 0 {
            return;
        }
        self.total = self.total.saturating_add(times);
        let hash = item.hash();
        // The smallest of n draws is to one draw about as one over n is to one.
        let rank = hash.mixed(seed) / times;
        match &mut self.overflow {
            Some(overflow) => {
                overflow.counts.add(hash, times);
                overflow.distinct.add(hash);
                self.rank(item, rank);
            }
            None => {
                self.count(item, rank, Count { times, first, last });
                self.trim();
            }
        }
    }

    pub fn merge(&mut self, other: &Self) {
        self.total = self.total.saturating_add(other.total);
        if other.overflow.is_some() {
            self.give_up_exactness();
        }
        for (item, kept) in &other.kept {
            match (&mut self.overflow, &kept.exact) {
                (None, Some(count)) => self.count(item.clone(), kept.rank, count.clone()),
                (Some(overflow), Some(count)) => {
                    overflow.counts.add(item.hash(), count.times);
                    overflow.distinct.add(item.hash());
                    self.rank(item.clone(), kept.rank);
                }
                (_, None) => self.rank(item.clone(), kept.rank),
            }
        }
        if let (Some(overflow), Some(further)) = (&mut self.overflow, &other.overflow) {
            overflow.counts.merge(&further.counts);
            overflow.distinct.merge(&further.distinct);
        }
        self.trim();
    }

    /// All occurrences of all items.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Different items: exact up to [`KEPT`], else within a few percent.
    pub fn distinct(&self) -> u64 {
        let kept = self.kept.len() as u64;
        self.overflow.as_ref().map_or(kept, |overflow| overflow.distinct.estimate().max(kept))
    }

    /// Whether counts are exact and all items are named.
    pub fn is_exact(&self) -> bool {
        self.overflow.is_none()
    }

    /// How often an item occurred; beyond [`KEPT`] items perhaps a little less.
    pub fn times(&self, item: &Item) -> u64 {
        match &self.overflow {
            Some(overflow) => overflow.counts.estimate(item.hash()),
            None => self.count_of(item).map_or(0, |count| count.times),
        }
    }

    /// Count, first and last occurrence, while they are exact.
    pub fn count_of(&self, item: &Item) -> Option<&Count> {
        self.kept.get(item)?.exact.as_ref()
    }

    /// The named items, in the order of their names.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.kept.keys()
    }

    /// The most frequent of the named items.
    pub fn most_frequent(&self, most: usize) -> Vec<(&Item, u64)> {
        let mut items: Vec<_> = self.items().map(|item| (item, self.times(item))).collect();
        items.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
        items.truncate(most);
        items
    }

    /// Bytes on the heap, about.
    pub fn bytes(&self) -> usize {
        let names: usize =
            self.items().map(|item| item.given.raw().len() + item.what.raw().len()).sum();
        let sketches =
            self.overflow.as_ref().map_or(0, |_| COUNTERS * 8 + REGISTERS + size_of::<Overflow>());
        self.kept.len() * Self::ROW + names + sketches
    }

    fn count(&mut self, item: Item, rank: u64, count: Count) {
        let kept = self.kept.entry(item).or_insert(Kept { rank, exact: None });
        kept.rank = kept.rank.min(rank);
        match &mut kept.exact {
            None => kept.exact = Some(count),
            Some(known) => {
                known.times = known.times.saturating_add(count.times);
                known.first = known.first.min(count.first);
                known.last = known.last.max(count.last);
            }
        }
    }

    /// Lets an item in by its rank, beyond exactness.
    fn rank(&mut self, item: Item, rank: u64) {
        let full = self.kept.len() >= KEPT;
        let bar = self.overflow.as_ref().map_or(u64::MAX, |overflow| overflow.bar);
        if full && rank > bar {
            return;
        }
        let kept = self.kept.entry(item).or_insert(Kept { rank, exact: None });
        kept.rank = kept.rank.min(rank);
        self.trim();
    }

    /// Keeps the items with the smallest ranks, when there are too many.
    fn trim(&mut self) {
        if self.kept.len() > KEPT {
            self.give_up_exactness();
            while self.kept.len() > KEPT {
                let last = self.kept.iter().max_by_key(|(item, kept)| (kept.rank, *item));
                let Some((last, _)) = last else { break };
                let last = last.clone();
                self.kept.remove(&last);
            }
        }
        if let Some(overflow) = &mut self.overflow {
            overflow.bar = self.kept.values().map(|kept| kept.rank).max().unwrap_or(u64::MAX);
        }
    }

    fn give_up_exactness(&mut self) {
        if self.overflow.is_some() {
            return;
        }
        let mut overflow = Box::<Overflow>::default();
        for (item, kept) in &mut self.kept {
            if let Some(count) = kept.exact.take() {
                overflow.counts.add(item.hash(), count.times);
                overflow.distinct.add(item.hash());
            }
        }
        overflow.bar = self.kept.values().map(|kept| kept.rank).max().unwrap_or(u64::MAX);
        self.overflow = Some(overflow);
    }
}

/// Maps by item are written as lists of pairs: JSON has no keys but strings.
mod rows {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serializer};

    use super::{Item, Kept};

    pub fn serialize<S: Serializer>(
        rows: &BTreeMap<Item, Kept>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(rows)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<Item, Kept>, D::Error> {
        Ok(Vec::<(Item, Kept)>::deserialize(deserializer)?.into_iter().collect())
    }
}

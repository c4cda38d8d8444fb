//! The record itself: its fields, its bound in memory, merging and the format in which it is stored.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::frequencies::Frequencies;
use super::part::{Amount, Part};
use super::quantiles::{BUCKETS, Quantiles};
use super::schedule::{DAYS, Day, Schedule};

/// Version of the stored form. Raise it whenever a part, a hash or a bucket changes its meaning:
/// portraits of two versions cannot be merged.
pub const FORMAT: u32 = 1;

/// What is normal for one agent in one context over a window.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Portrait {
    format: Format,
    pub(super) records: u64,
    pub(super) runs: u64,
    pub(super) window: Option<(Timestamp, Timestamp)>,
    pub(super) frequencies: BTreeMap<Part, Frequencies>,
    pub(super) amounts: BTreeMap<Amount, Quantiles>,
    pub(super) schedule: Schedule,
}

impl Portrait {
    /// The most memory that a portrait takes, in bytes, whatever it learns.
    pub const MOST_BYTES: usize = size_of::<Self>()
        + PARTS * (Frequencies::MOST_BYTES + size_of::<(Part, Frequencies)>())
        + AMOUNTS * (BUCKETS * BUCKET + size_of::<(Amount, Quantiles)>())
        + DAYS * DAY;

    /// Records it was learned from.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Runs it was learned from.
    pub fn runs(&self) -> u64 {
        self.runs
    }

    /// From the first to the last thing learned.
    pub fn window(&self) -> Option<(Timestamp, Timestamp)> {
        self.window
    }

    /// `None`: nothing was recorded that would tell.
    pub fn frequencies(&self, part: Part) -> Option<&Frequencies> {
        self.frequencies.get(&part)
    }

    /// `None`: nothing was recorded that would tell.
    pub fn amount(&self, amount: Amount) -> Option<Quantiles> {
        let volume = match amount {
            Amount::CallsPerDay => self.schedule.volume(|day| day.calls),
            Amount::RunsPerDay => self.schedule.volume(|day| day.runs),
            _ => return self.amounts.get(&amount).cloned(),
        };
        (volume.count() > 0).then_some(volume)
    }

    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// Adds what another portrait learned from other records and runs. The result is the portrait
    /// of both, to the bit.
    pub fn merge(&mut self, other: &Self) {
        self.records = self.records.saturating_add(other.records);
        self.runs = self.runs.saturating_add(other.runs);
        if let Some((from, until)) = other.window {
            self.extend(from, until);
        }
        for (part, frequencies) in &other.frequencies {
            self.frequencies.entry(*part).or_default().merge(frequencies);
        }
        for (amount, quantiles) in &other.amounts {
            self.amounts.entry(*amount).or_default().merge(quantiles);
        }
        self.schedule.merge(&other.schedule);
    }

    /// Memory in use, in bytes, about.
    pub fn bytes(&self) -> usize {
        let frequencies: usize = self.frequencies.values().map(Frequencies::bytes).sum();
        let buckets: usize = self.amounts.values().map(Quantiles::buckets).sum();
        let maps = self.frequencies.len() * size_of::<(Part, Frequencies)>()
            + self.amounts.len() * size_of::<(Amount, Quantiles)>();
        let days = self.schedule.days().len() * DAY;
        size_of::<Self>() + frequencies + buckets * BUCKET + maps + days
    }

    pub(super) fn extend(&mut self, from: Timestamp, until: Timestamp) {
        let (first, last) = self.window.unwrap_or((from, until));
        self.window = Some((first.min(from), last.max(until)));
    }
}

/// Of [`Part`] and of the sketched [`Amount`]s; a test counts them.
const PARTS: usize = 15;
const AMOUNTS: usize = 9;
/// A bucket and a day in their trees, of whose nodes a third may be empty.
const BUCKET: usize = size_of::<(u64, u64)>() * 3 / 2;
const DAY: usize = size_of::<(i64, Day)>() * 3 / 2;

/// Writes [`FORMAT`] and refuses to read any other.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Format;

impl Serialize for Format {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(FORMAT)
    }
}

impl<'de> Deserialize<'de> for Format {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u32::deserialize(deserializer)? {
            FORMAT => Ok(Self),
            other => Err(serde::de::Error::custom(format!(
                "this baseline has format {other}, not {FORMAT}: it has to be learned anew"
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator;

    use super::*;

    #[test]
    fn the_bound_counts_every_part() {
        let of_days = [Amount::CallsPerDay, Amount::RunsPerDay];
        let sketched = Amount::iter().filter(|amount| !of_days.contains(amount));
        assert_eq!((Part::iter().count(), sketched.count()), (PARTS, AMOUNTS));
    }

    #[test]
    fn another_format_is_refused() {
        let written = serde_json::to_string(&Portrait::default()).expect("JSON");
        let read = serde_json::from_str::<Portrait>(&written).expect("its own format");
        assert_eq!(read, Portrait::default());
        let later = written.replace("\"format\":1", "\"format\":2");
        let error = serde_json::from_str::<Portrait>(&later).expect_err("a later format");
        assert!(error.to_string().contains("learned anew"), "{error}");
    }
}

//! The baseline of one agent: how often each feature occurred, and how surprising a run is.
//!
//! A run's score is a sum of surprises in nats, each the negative logarithm of a smoothed share of
//! earlier runs, each with the evidence that caused it. Novelty costs what the baseline says it
//! costs: where new objects are everyday (a controller that touches new pods), one more is cheap.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::features::{Amount, Feature, Features, Group, Item};
use super::settings::Settings;

/// The hour and the weekday tell something after this many days.
const SCHEDULE_DAYS: i64 = 14;

/// Smaller ratios to the average are everyday.
const NOTABLE_RATIO: f64 = 2.0;

/// A rare tool that only reads weighs this much of one that writes: agents look around.
const READ_WEIGHT: f64 = 0.5;

/// Counts over earlier runs.
#[derive(Clone, Default)]
pub struct Baseline {
    runs: u64,
    features: FxHashMap<Feature, u64>,
    groups: FxHashMap<Group, GroupCounts>,
    amounts: FxHashMap<Amount, (u64, f64)>,
    hours: [u64; 24],
    weekdays: [u64; 7],
    span: Option<(i64, i64)>,
}

#[derive(Clone, Copy, Default)]
struct GroupCounts {
    /// Runs that show any feature of the group.
    runs: u64,
    /// Features that occurred in exactly one run.
    singletons: u64,
}

/// One term of a score.
#[derive(Clone, Debug)]
pub struct Surprise<'f> {
    pub subject: Subject<'f>,
    pub nats: f64,
    /// In how many of the comparable earlier runs it occurred.
    pub seen: u64,
    pub of: u64,
}

/// What is surprising.
#[derive(Clone, Debug)]
pub enum Subject<'f> {
    Item(&'f Item),
    Amount { amount: Amount, value: f64, mean: f64 },
    Hour(usize),
    Weekday(usize),
}

/// Terms of which only the largest counts, so that a long run is not unusual for its length.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Family {
    Reads,
    Refusals,
    Next,
    Later,
    Targets,
    Shapes,
    Untrusted,
    Volume,
    Schedule,
}

/// How surprising it is that a run shows something of which `seen` out of `of` runs did.
pub fn rarity(seen: u64, of: u64) -> f64 {
    (logarithm(2 * of + 2) - logarithm(2 * seen + 1)).max(0.0)
}

/// The natural logarithm of halves, looked up where it is needed again and again.
fn logarithm(halves: u64) -> f64 {
    static KNOWN: LazyLock<Vec<f64>> =
        LazyLock::new(|| (0..8192).map(|halves| (f64::from(halves) / 2.0).ln()).collect());
    let known = usize::try_from(halves).ok().and_then(|halves| KNOWN.get(halves));
    known.copied().unwrap_or_else(|| (halves as f64 / 2.0).ln())
}

impl Baseline {
    /// Runs learned.
    pub fn runs(&self) -> u64 {
        self.runs
    }

    pub fn learn(&mut self, run: &Features) {
        self.runs += 1;
        let mut shown = rustc_hash::FxHashSet::default();
        for Item { feature, .. } in &run.items {
            let group = feature.group();
            let seen = self.features.entry(feature.clone()).or_default();
            *seen += 1;
            let counts = self.groups.entry(group).or_default();
            match *seen {
                1 => counts.singletons += 1,
                2 => counts.singletons = counts.singletons.saturating_sub(1),
                _ => {}
            }
            if shown.insert(group) {
                counts.runs += 1;
            }
        }
        for &(amount, value) in &run.amounts {
            let (runs, sum) = self.amounts.entry(amount).or_default();
            *runs += 1;
            *sum += value;
        }
        if let Some(hour) = run.hour.and_then(|hour| self.hours.get_mut(hour)) {
            *hour += 1;
        }
        if let Some(weekday) = self.weekdays.get_mut(run.weekday) {
            *weekday += 1;
        }
        let (first, last) = self.span.unwrap_or((run.day, run.day));
        self.span = Some((first.min(run.day), last.max(run.day)));
    }

    /// The sum of the surprises of a run.
    pub fn score(&self, run: &Features, own: bool, settings: &Settings) -> f64 {
        self.surprises(run, own, settings).iter().map(|surprise| surprise.nats).sum()
    }

    /// What is surprising about a run, largest first. `own` says that the run itself was learned: it
    /// is left out, as if it had not been.
    pub fn surprises<'f>(
        &self,
        run: &'f Features,
        own: bool,
        settings: &Settings,
    ) -> Vec<Surprise<'f>> {
        let own = u64::from(own);
        let mut terms = Vec::new();
        let mut largest: FxHashMap<Family, Surprise<'f>> = FxHashMap::default();
        let mut keep_largest = |family, surprise: Surprise<'f>| {
            let known = largest.entry(family).or_insert_with(|| surprise.clone());
            if surprise.nats > known.nats {
                *known = surprise;
            }
        };
        for item in &run.items {
            let mut surprise = self.surprise_of(item, own);
            let family = match item.feature {
                Feature::Kind(_) if item.writes => {
                    terms.push(surprise);
                    continue;
                }
                Feature::Kind(_) => Family::Reads,
                Feature::Refused(_) => Family::Refusals,
                Feature::Next(..) => Family::Next,
                Feature::Later(..) => Family::Later,
                Feature::Target(..) => Family::Targets,
                Feature::Shape(..) => Family::Shapes,
                Feature::Untrusted(_, true) => Family::Untrusted,
                Feature::Untrusted(_, false) => continue,
            };
            if !item.writes && !matches!(family, Family::Refusals | Family::Untrusted) {
                surprise.nats *= READ_WEIGHT;
            }
            keep_largest(family, surprise);
        }
        for &(amount, value) in &run.amounts {
            if let Some(surprise) = self.volume(amount, value, own, settings) {
                keep_largest(Family::Volume, surprise);
            }
        }
        for surprise in self.schedule(run, own) {
            keep_largest(Family::Schedule, surprise);
        }
        terms.extend(largest.into_values());
        terms.retain(|surprise| surprise.nats > 0.0);
        terms.sort_by(|a, b| b.nats.total_cmp(&a.nats));
        terms
    }

    /// How many kinds of the run were never seen before.
    pub fn unseen_kinds(&self, run: &Features) -> usize {
        let is_kind = |item: &&Item| matches!(item.feature, Feature::Kind(_));
        let unseen = |item: &&Item| !self.features.contains_key(&item.feature);
        run.items.iter().filter(is_kind).filter(unseen).count()
    }

    fn surprise_of<'f>(&self, item: &'f Item, own: u64) -> Surprise<'f> {
        let group = item.feature.group();
        let counts = self.groups.get(&group).copied().unwrap_or_default();
        let total = self.features.get(&item.feature).copied().unwrap_or(0);
        let seen = total.saturating_sub(own);
        // Without the run itself, what it alone showed was never seen, and what it and one other
        // run showed was seen once.
        let singletons = match (own, total) {
            (1, 1) => counts.singletons.saturating_sub(1),
            (1, 2) => counts.singletons + 1,
            _ => counts.singletons,
        };
        let of = match group {
            // Every run could have shown a call or a refusal.
            Group::Kinds | Group::Refusals => self.runs,
            _ => counts.runs,
        }
        .saturating_sub(own);
        // Nothing seen before is rarer than something new.
        let novelty = rarity(singletons, of);
        let nats = if seen == 0 { novelty } else { rarity(seen, of).min(novelty) };
        Surprise { subject: Subject::Item(item), nats, seen, of }
    }

    /// A volume far above the average of earlier runs.
    fn volume<'f>(
        &self,
        amount: Amount,
        value: f64,
        own: u64,
        settings: &Settings,
    ) -> Option<Surprise<'f>> {
        let (runs, sum) = self.amounts.get(&amount).copied().unwrap_or_default();
        let runs = runs.saturating_sub(own);
        let sum = if own == 1 { sum - value } else { sum };
        if runs == 0 || sum <= 0.0 {
            return None;
        }
        let mean = sum / runs as f64;
        let ratio = value / mean;
        if ratio < NOTABLE_RATIO {
            return None;
        }
        let unprecedented = if ratio >= settings.volume_factor { rarity(0, runs) } else { 0.0 };
        let nats = ratio.ln() + unprecedented;
        Some(Surprise { subject: Subject::Amount { amount, value, mean }, nats, seen: 0, of: runs })
    }

    /// Work at an hour or on a day of the week without work so far, against the busiest ones.
    fn schedule<'f>(&self, run: &Features, own: u64) -> Vec<Surprise<'f>> {
        if self.span.is_none_or(|(first, last)| last - first + 1 < SCHEDULE_DAYS) {
            return Vec::new();
        }
        let around = |hour: usize| -> u64 {
            [hour + 23, hour, hour + 1].iter().filter_map(|hour| self.hours.get(hour % 24)).sum()
        };
        let against = |seen: u64, most: u64| {
            ((most as f64 + 0.5) / (seen.saturating_sub(own) as f64 + 0.5)).ln()
        };
        let surprise = |subject, nats, seen: u64| Surprise {
            subject,
            nats,
            seen: seen.saturating_sub(own),
            of: self.runs.saturating_sub(own),
        };
        let busiest_hour = (0..24).map(around).max().unwrap_or(0);
        let busiest_day = self.weekdays.iter().max().copied().unwrap_or(0);
        let weekday = self.weekdays.get(run.weekday).copied().unwrap_or(0);
        let mut terms =
            vec![surprise(Subject::Weekday(run.weekday), against(weekday, busiest_day), weekday)];
        if let Some(hour) = run.hour {
            let seen = around(hour);
            terms.push(surprise(Subject::Hour(hour), against(seen, busiest_hour), seen));
        }
        terms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn rarity_is_a_surprise(seen in 0u64..1_000_000, more in 0u64..1_000_000) {
            let nats = rarity(seen, seen + more);
            proptest::prop_assert!(nats.is_finite() && nats >= 0.0);
            proptest::prop_assert!(rarity(seen + 1, seen + more + 1) <= nats + 1e-9 || more == 0);
        }
    }
}

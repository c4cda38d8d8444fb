//! What earlier sessions showed, by what they were asked.

use rustc_hash::FxHashMap;

use super::facts::{Context, Facts, Shown};

/// How many runs of the whole baseline weigh as one run that was asked the very same. Small: what
/// the like were asked says more than what all others were.
const PRIOR: f64 = 0.25;

/// Contexts that weigh less are strangers.
const LEAST_WEIGHT: f64 = 0.0025;

/// The least weight of a stem, so that prompts of nothing but common words are still comparable.
const LEAST_STEM: f64 = 0.05;

/// The baseline of one agent's sessions.
#[derive(Clone, Debug, Default)]
pub struct Sessions {
    runs: u64,
    /// Each with the number of its runs.
    contexts: Vec<(Context, u64)>,
    numbers: FxHashMap<Context, usize>,
    /// The contexts in which a stem occurs.
    stems: FxHashMap<u32, Vec<usize>>,
    /// In how many runs of which context, ascending by context.
    shown: FxHashMap<Shown, Vec<(usize, u64)>>,
    values: Values,
}

/// How often values recur.
#[derive(Clone, Copy, Debug, Default)]
struct Values {
    /// Values of runs, each once a run.
    occurrences: u64,
    /// Values that occurred in one run only.
    singles: u64,
}

impl Values {
    /// The share that recurs: what a value that was not seen before tells.
    fn recurring(self) -> f64 {
        match self.occurrences {
            0 => 0.0,
            all => 1.0 - (self.singles.min(all) as f64 / all as f64),
        }
    }
}

/// The baseline as it looks to one run: the closer what was asked, the more a run weighs.
pub struct Likeness<'b> {
    sessions: &'b Sessions,
    /// Runs that are taken as not learned, with their weights.
    without: Vec<(&'b Facts, f64)>,
    /// By context.
    weights: Vec<f64>,
    total: f64,
    runs: u64,
    /// The share of values that recur, in 0..=1: where every run has values of its own, a new one
    /// tells nothing.
    pub recurring: f64,
    /// Similarity of the closest context, in 0..=1.
    pub nearest: f64,
}

/// How surprising it is that a run shows something.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rarity {
    pub nats: f64,
    /// Earlier runs that showed it, out of how many.
    pub seen: u64,
    pub of: u64,
    /// The share of those that were asked alike, in 0..=1.
    pub among_alike: f64,
}

impl Sessions {
    /// Runs learned.
    pub fn runs(&self) -> u64 {
        self.runs
    }

    /// Bytes that this holds, about: what is shown weighs most.
    pub fn bytes(&self) -> usize {
        let entries: usize = self.shown.values().map(Vec::len).sum();
        let stems: usize = self.contexts.iter().map(|(context, _)| context.stems.len()).sum();
        entries * 16 + self.shown.len() * 56 + stems * 16 + self.contexts.len() * 96
    }

    pub fn learn(&mut self, run: &Facts) {
        self.runs += 1;
        let number = match self.numbers.get(&run.context) {
            Some(number) => *number,
            None => self.open(&run.context),
        };
        if let Some((_, runs)) = self.contexts.get_mut(number) {
            *runs += 1;
        }
        for shown in &run.shown {
            let counts = self.shown.entry(*shown).or_default();
            match counts.binary_search_by_key(&number, |(context, _)| *context) {
                Ok(at) => counts.get_mut(at).into_iter().for_each(|(_, count)| *count += 1),
                Err(at) => counts.insert(at, (number, 1)),
            }
            if let Shown::Value(_) = shown {
                self.values.occurrences += 1;
                match counts.iter().map(|(_, runs)| runs).sum() {
                    1u64 => self.values.singles += 1,
                    2 => self.values.singles = self.values.singles.saturating_sub(1),
                    _ => {}
                }
            }
        }
    }

    fn open(&mut self, context: &Context) -> usize {
        let number = self.contexts.len();
        self.contexts.push((context.clone(), 0));
        self.numbers.insert(context.clone(), number);
        for stem in &context.stems {
            self.stems.entry(*stem).or_default().push(number);
        }
        number
    }

    /// The baseline as it looks to a run, without some of the runs learned.
    pub fn like<'b>(&'b self, context: &Context, without: &[&'b Facts]) -> Likeness<'b> {
        let similarities = self.similarities(context);
        let weight = |similarity: &f64| {
            Some(similarity * similarity).filter(|weight| *weight > LEAST_WEIGHT).unwrap_or(0.0)
        };
        let weights: Vec<f64> = similarities.iter().map(weight).collect();
        let mut left: Vec<u64> = self.contexts.iter().map(|(_, runs)| *runs).collect();
        let without = without.iter().filter_map(|facts| {
            let number = *self.numbers.get(&facts.context)?;
            let left = left.get_mut(number)?;
            *left = left.saturating_sub(1);
            Some((*facts, weights.get(number).copied().unwrap_or(0.0)))
        });
        let without: Vec<(&Facts, f64)> = without.collect();
        let present = || left.iter().zip(&weights).zip(&similarities).filter(|((n, _), _)| **n > 0);
        Likeness {
            sessions: self,
            total: present().map(|((runs, weight), _)| *runs as f64 * weight).sum(),
            runs: self.runs.saturating_sub(without.len() as u64),
            recurring: self.values_without(&without).recurring(),
            nearest: present().map(|(_, similarity)| *similarity).fold(0.0, f64::max),
            without,
            weights,
        }
    }

    /// How often values recur in what is left.
    fn values_without(&self, without: &[(&Facts, f64)]) -> Values {
        let mut values = self.values;
        let mut taken: FxHashMap<Shown, u64> = FxHashMap::default();
        let shown = without.iter().flat_map(|(facts, _)| &facts.shown);
        for value in shown.filter(|shown| matches!(shown, Shown::Value(_))) {
            let taken = taken.entry(*value).or_default();
            *taken += 1;
            let counts = self.shown.get(value).into_iter().flatten();
            let all: u64 = counts.map(|(_, runs)| runs).sum();
            values.occurrences = values.occurrences.saturating_sub(1);
            match all.saturating_sub(*taken) {
                0 => values.singles = values.singles.saturating_sub(1),
                1 => values.singles += 1,
                _ => {}
            }
        }
        values
    }

    /// Of each context: the share of stems in common, rare ones counting more (Jaccard, weighted by
    /// inverse document frequency). The context itself counts as known, so that learning it does not
    /// change what the stems weigh.
    fn similarities(&self, context: &Context) -> Vec<f64> {
        let own = f64::from(!self.numbers.contains_key(context));
        let all = self.contexts.len() as f64 + own;
        let is_own = |stem: &u32| context.stems.binary_search(stem).is_ok();
        let weight = |stem: &u32| {
            let known = self.stems.get(stem).map_or(0, Vec::len) as f64;
            let known = if is_own(stem) { known + own } else { known };
            ((all + 1.0) / (known - 0.5).max(0.5)).ln().max(LEAST_STEM)
        };
        let sum = |stems: &[u32]| stems.iter().map(weight).sum::<f64>();
        let mut shared = vec![0.0; self.contexts.len()];
        for stem in &context.stems {
            let weight = weight(stem);
            for other in self.stems.get(stem).into_iter().flatten() {
                shared.get_mut(*other).into_iter().for_each(|shared| *shared += weight);
            }
        }
        let whole = sum(&context.stems);
        let similarity = |(shared, (other, _)): (f64, &(Context, u64))| match shared > 0.0 {
            true if other.stems == context.stems => 1.0,
            true => (shared / (whole + sum(&other.stems) - shared)).clamp(0.0, 1.0),
            false => f64::from(other == context),
        };
        shared.into_iter().zip(&self.contexts).map(similarity).collect()
    }
}

impl Likeness<'_> {
    /// Earlier runs that are compared.
    pub fn runs(&self) -> u64 {
        self.runs
    }

    pub fn rarity(&self, shown: Shown) -> Rarity {
        let (mut weight, mut seen) = (0.0, 0);
        for (context, runs) in self.sessions.shown.get(&shown).into_iter().flatten() {
            weight += self.weights.get(*context).copied().unwrap_or(0.0) * *runs as f64;
            seen += runs;
        }
        for (_, own) in self.without.iter().filter(|(facts, _)| facts.shows(shown)) {
            weight -= own;
            seen = seen.saturating_sub(1);
        }
        let weight = weight.clamp(0.0, self.total);
        let backoff = ((seen as f64 + 0.5) / (self.runs as f64 + 1.0)).min(1.0);
        let share = (weight + PRIOR * backoff) / (self.total + PRIOR);
        let among_alike = if self.total > 0.0 { weight / self.total } else { 0.0 };
        Rarity { nats: -share.min(1.0).ln(), seen, of: self.runs, among_alike }
    }
}

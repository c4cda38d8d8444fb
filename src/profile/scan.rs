//! The search for the period of consecutive days that differs most from the rest.

use std::collections::BTreeSet;

use super::bound::{LnFactorials, Stratum, nats};
use super::statistic::{Series, is_weekend};

/// Shares of the values that lie below the thresholds at which "more" begins.
const LEVELS: [f64; 5] = [0.1, 0.25, 0.5, 0.75, 0.9];

/// Up to this many days every length of a period is tried, beyond in steps of a quarter.
const EVERY_LENGTH: usize = 30;

/// From this many weeks on each day of the week is compared with its like; before only workdays with
/// workdays and weekends with weekends.
const WEEKS: i64 = 3;

/// The days of the week.
const STRATA: usize = 7;

/// Periods per question whose probability is computed: those that differ most by a rough measure.
const CANDIDATES: usize = 8;

/// By so many nats a period of one day less is preferred, so that rounding does not choose.
const PREFERENCE: f64 = 1e-6;

/// What is compared: runs or days, in order of time, each with its day and what it is comparable to.
pub struct Sample {
    days: Vec<i64>,
    strata: Vec<usize>,
}

/// Runs of a period that show something, against all runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Split {
    /// Runs inside the period, and those of them that show it.
    pub inside: u64,
    pub hits_inside: u64,
    /// The same over all runs, the period included.
    pub runs: u64,
    pub hits: u64,
}

impl Split {
    pub fn share_inside(&self) -> f64 {
        share(self.hits_inside, self.inside)
    }

    pub fn share_outside(&self) -> f64 {
        share(self.hits.saturating_sub(self.hits_inside), self.runs.saturating_sub(self.inside))
    }
}

fn share(part: u64, of: u64) -> f64 {
    part as f64 / of.max(1) as f64
}

/// A period that differs from the rest.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Which of the series.
    pub series: usize,
    /// "More" is more than this.
    pub above: f64,
    /// First and last day.
    pub from: i64,
    pub until: i64,
    pub split: Split,
    /// Evidence, less what the search for it costs.
    pub nats: f64,
    pub false_alarm: f64,
    /// All days that look like the period, inside it and outside.
    pub days: BTreeSet<i64>,
    /// What followed does not differ from it, or nothing followed.
    pub goes_on: bool,
}

impl Sample {
    /// Runs by their days, ascending.
    pub fn of_runs(days: Vec<i64>) -> Self {
        let weeks = match (days.first(), days.last()) {
            (Some(first), Some(last)) => (last - first + 1) / 7,
            _ => 0,
        };
        let stratum = |day: &i64| match weeks >= WEEKS {
            true => usize::try_from(day.rem_euclid(7)).unwrap_or(0),
            false => usize::from(is_weekend(*day)),
        };
        Self { strata: days.iter().map(stratum).collect(), days }
    }

    /// Days, all alike.
    pub fn of_days(days: Vec<i64>) -> Self {
        Self { strata: vec![0; days.len()], days }
    }
}

/// For each series and threshold the period that differs most, where that is no chance: all of them
/// together with a probability of at most `alarm`.
pub fn scan(sample: &Sample, series: &[Series], alarm: f64) -> Vec<Difference> {
    let blocks = blocks(&sample.days);
    let questions: Vec<(usize, f64)> = series
        .iter()
        .enumerate()
        .flat_map(|(at, series)| {
            thresholds(&series.values).into_iter().map(move |above| (at, above))
        })
        .collect();
    let windows = windows(blocks.len());
    // Each is asked in two directions.
    let asked = (windows.len() * questions.len()).max(1) as f64 * 2.0;
    let cost = asked.ln();
    let least = cost - alarm.max(f64::MIN_POSITIVE).ln();
    let factorials = LnFactorials::up_to(sample.days.len());
    let ask = |&(at, above): &(usize, f64)| {
        let counts = Counts::new(sample, &blocks, &series.get(at)?.values, above);
        let (nats, period) = counts.most(&windows, least, &factorials)?;
        // The design effect can only lower it.
        let split = (nats >= least).then(|| counts.split(period))?;
        let nats = nats / counts.design_effect(period) - cost;
        let false_alarm = (-nats).exp();
        (false_alarm <= alarm).then(|| Difference {
            series: at,
            above,
            from: blocks.get(period.0).map_or(0, |block| block.day),
            until: blocks.get(period.1).map_or(0, |block| block.day),
            days: counts.like(&split),
            goes_on: counts.goes_on(period, alarm, &factorials),
            split,
            nats,
            false_alarm,
        })
    };
    questions.iter().filter_map(ask).collect()
}

/// The runs of one day.
struct Block {
    day: i64,
    runs: std::ops::Range<usize>,
}

fn blocks(days: &[i64]) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for (at, day) in days.iter().enumerate() {
        match blocks.last_mut() {
            Some(last) if last.day == *day => last.runs.end = at + 1,
            _ => blocks.push(Block { day: *day, runs: at..at + 1 }),
        }
    }
    blocks
}

/// Periods of at most half of the days, by their first and last block.
fn windows(blocks: usize) -> Vec<Period> {
    let mut windows = Vec::new();
    let mut length = 1;
    while length <= blocks / 2 {
        windows.extend((0..=blocks - length).map(|from| (from, from + length - 1)));
        length += if length < EVERY_LENGTH { 1 } else { length / 4 };
    }
    windows
}

/// Thresholds that split the values: between nothing and something, and at the levels.
pub fn thresholds(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (Some(least), Some(most)) = (sorted.first().copied(), sorted.last().copied()) else {
        return Vec::new();
    };
    let at = |level: f64| sorted.get((level * sorted.len() as f64) as usize).copied();
    let levels = LEVELS.into_iter().filter_map(at);
    let mut thresholds: Vec<f64> = std::iter::once(0.0)
        .chain(levels)
        .filter(|above| *above >= least && *above < most)
        .collect();
    thresholds.sort_by(f64::total_cmp);
    thresholds.dedup();
    thresholds
}

/// First and last block.
type Period = (usize, usize);

/// Runs and hits by stratum before each block, and at the end of all: those of every period follow.
struct Counts<'a> {
    blocks: &'a [Block],
    sums: Vec<[(u64, u64); STRATA]>,
}

impl<'a> Counts<'a> {
    fn new(sample: &Sample, blocks: &'a [Block], values: &[f64], above: f64) -> Self {
        let mut sum = [(0, 0); STRATA];
        let mut sums = vec![sum];
        for block in blocks {
            for at in block.runs.clone() {
                let stratum = sample.strata.get(at).and_then(|stratum| sum.get_mut(*stratum));
                if let (Some((runs, hits)), Some(value)) = (stratum, values.get(at)) {
                    *runs += 1;
                    *hits += u64::from(*value > above);
                }
            }
            sums.push(sum);
        }
        Self { blocks, sums }
    }

    /// Runs and hits by stratum between two blocks.
    fn between(&self, (from, until): Period) -> [(u64, u64); STRATA] {
        let at = |at: usize| self.sums.get(at).copied().unwrap_or_default();
        let (start, mut end) = (at(from), at(until + 1));
        for (end, start) in end.iter_mut().zip(start) {
            *end = (end.0 - start.0, end.1 - start.1);
        }
        end
    }

    fn all(&self) -> [(u64, u64); STRATA] {
        self.sums.last().copied().unwrap_or_default()
    }

    fn split(&self, period: Period) -> Split {
        let sum = |strata: [(u64, u64); STRATA]| {
            strata.into_iter().fold((0, 0), |sum, (runs, hits)| (sum.0 + runs, sum.1 + hits))
        };
        let ((inside, hits_inside), (runs, hits)) = (sum(self.between(period)), sum(self.all()));
        Split { inside, hits_inside, runs, hits }
    }

    fn strata(&self, period: Period) -> [Stratum; STRATA] {
        let mut strata = [Stratum::default(); STRATA];
        let counts = self.all().into_iter().zip(self.between(period));
        for (stratum, ((runs, hits), (inside, _))) in strata.iter_mut().zip(counts) {
            *stratum = Stratum { runs, hits, inside };
        }
        strata
    }

    /// The period that differs most, with its nats. Days without anything to compare cost nothing:
    /// of two periods that differ as much it is the shorter one.
    fn most(&self, windows: &[Period], least: f64, ln: &LnFactorials) -> Option<(f64, Period)> {
        let short = |period: &Period| (period.1 - period.0) as f64 * PREFERENCE;
        let rough = windows.iter().map(|period| (self.rough(*period) - short(period), *period));
        // The normal distribution overrates rare hits; it underrates none by as much as half.
        let mut rough: Vec<(f64, Period)> =
            rough.filter(|(rough, _)| *rough >= least / 2.0).collect();
        rough.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        let candidates = rough.into_iter().take(CANDIDATES).map(|(_, period)| {
            let nats = nats(&self.strata(period), self.split(period).hits_inside, ln);
            (nats - short(&period), period)
        });
        candidates.max_by(|a, b| a.0.total_cmp(&b.0))
    }

    /// Roughly the nats of a period, by the statistic of Cochran, Mantel and Haenszel. The larger part
    /// is the norm and has none.
    fn rough(&self, period: Period) -> f64 {
        let (mut all, mut inside, mut difference, mut variance) = (0, 0, 0.0, 0.0);
        let counts = self.all().into_iter().zip(self.between(period));
        for ((runs, hits), (runs_inside, hits_inside)) in counts {
            let stratum = Stratum { runs, hits, inside: runs_inside };
            all += runs;
            inside += runs_inside;
            difference += hits_inside as f64 - stratum.expected();
            variance += stratum.variance();
        }
        match inside * 2 <= all && variance > 0.0 {
            true => difference * difference / variance / 2.0,
            false => 0.0,
        }
    }

    /// Whether what follows the period does not differ from it: it may not be over.
    fn goes_on(&self, (from, until): Period, alarm: f64, ln: &LnFactorials) -> bool {
        let Some(last) = self.blocks.len().checked_sub(1).filter(|last| *last > until) else {
            return true;
        };
        let (both, inside) = (self.split((from, last)), self.split((from, until)));
        let stratum = Stratum { runs: both.inside, hits: both.hits_inside, inside: inside.inside };
        (-nats(&[stratum], inside.hits_inside, ln)).exp() > alarm
    }

    /// By how much the shares of days vary more than those of as many independent runs would,
    /// outside the period; at least 1.
    fn design_effect(&self, period: Period) -> f64 {
        // What is usual outside, by stratum.
        let mut usual = [0.0; STRATA];
        let outside = self.all().into_iter().zip(self.between(period));
        for (usual, ((runs, hits), (inside, hits_inside))) in usual.iter_mut().zip(outside) {
            *usual = share(hits - hits_inside, runs - inside);
        }
        let (mut squares, mut days) = (0.0, 0.0);
        for at in (0..self.blocks.len()).filter(|at| !(period.0..=period.1).contains(at)) {
            let (mut hits, mut expected, mut variance) = (0.0, 0.0, 0.0);
            for ((runs, shown), usual) in self.between((at, at)).into_iter().zip(usual) {
                hits += shown as f64;
                expected += runs as f64 * usual;
                variance += runs as f64 * usual * (1.0 - usual);
            }
            if variance > 0.0 {
                squares += (hits - expected).powi(2) / variance;
                days += 1.0;
            }
        }
        if days > 1.0 { f64::max(squares / (days - 1.0), 1.0) } else { 1.0 }
    }

    /// Days whose share is nearer to that of the period than to the rest.
    fn like(&self, split: &Split) -> BTreeSet<i64> {
        let (inside, outside) = (split.share_inside(), split.share_outside());
        let is_like = |at: usize| {
            let share = self.split((at, at)).share_inside();
            (share - inside).abs() < (share - outside).abs()
        };
        let days = self.blocks.iter().enumerate().filter(|(at, _)| is_like(*at));
        days.map(|(_, block)| block.day).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_odd_days_are_found_to_the_day() {
        let days: Vec<i64> = (0..20).flat_map(|day| [day; 5]).collect();
        let values: Vec<f64> = days.iter().map(|day| f64::from((6..9).contains(day))).collect();
        let series = Series { statistic: super::super::Statistic::Calls, values };
        let found = scan(&Sample::of_runs(days), &[series], 0.005);
        let [difference] = found.as_slice() else { unreachable!("{found:?}") };
        assert_eq!((difference.from, difference.until), (6, 8));
        assert_eq!((difference.split.inside, difference.split.hits_inside), (15, 15));
        assert_eq!(difference.days, (6..9).collect());
    }

    #[test]
    fn thresholds_split() {
        assert_eq!(thresholds(&[1.0, 1.0, 1.0]), Vec::<f64>::new());
        assert_eq!(thresholds(&[0.0, 0.0, 1.0]), [0.0]);
        assert_eq!(thresholds(&[1.0, 2.0, 3.0, 4.0]), [1.0, 2.0, 3.0]);
    }
}

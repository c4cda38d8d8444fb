//! Then and now: what was, what is, and how different that is.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use strum::IntoEnumIterator;

use super::distance::{self, Cell, Difference};
use super::frequencies::{Frequencies, Item};
use super::part::{Amount, Part};
use super::quantiles::Quantiles;
use super::record::Portrait;
use super::schedule::Schedule;
use super::sentence::sentence;
use crate::domain::Text;
use crate::domain::baseline::AspectShift;
use crate::profile::Cadence;

/// Shifts that are named for each aspect.
const SHIFTS: usize = 12;

/// Two portraits of one agent side by side.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    pub then: Window,
    pub now: Window,
    /// Largest difference beyond chance first; what cannot be compared last.
    pub aspects: Vec<AspectComparison>,
}

/// What a portrait was learned from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Window {
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
    pub records: u64,
    pub runs: u64,
    pub active_days: usize,
    pub cadence: Option<Cadence>,
    /// Memory in use, and what it may at most become.
    pub bytes: usize,
    pub most_bytes: usize,
}

/// What two portraits are compared in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Aspect {
    Items(Part),
    Sizes(Amount),
    /// Hours of the week.
    Hours,
}

/// One aspect then and now.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AspectComparison {
    pub aspect: Aspect,
    /// `None`: nothing was recorded that would tell.
    pub then: Option<Side>,
    pub now: Option<Side>,
    pub difference: Difference,
    /// The items that changed, most important first.
    pub shifts: Vec<AspectShift>,
    /// For people, escaped.
    pub sentence: String,
}

/// The figures of one of the two.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    Items {
        /// Occurrences.
        total: u64,
        distinct: u64,
        /// Beyond a bound, the number of different items and the counts of each are estimates.
        is_exact: bool,
    },
    Sizes {
        count: u64,
        median: u64,
        /// 95 % are at most this.
        high: u64,
        most: u64,
        mean: f64,
    },
}

impl fmt::Display for Aspect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Items(part) => part.fmt(f),
            Self::Sizes(amount) => amount.fmt(f),
            Self::Hours => f.write_str("hours"),
        }
    }
}

impl Serialize for Aspect {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Window {
    pub fn of(portrait: &Portrait) -> Self {
        Self {
            from: portrait.window().map(|(from, _)| from),
            until: portrait.window().map(|(_, until)| until),
            records: portrait.records(),
            runs: portrait.runs(),
            active_days: portrait.schedule().days().len(),
            cadence: portrait.schedule().cadence(),
            bytes: portrait.bytes(),
            most_bytes: Portrait::MOST_BYTES,
        }
    }
}

/// Compares an earlier portrait of an agent with a later one.
pub fn compare(then: &Portrait, now: &Portrait) -> Comparison {
    let items = Part::iter().map(|part| of_part(part, then, now));
    let sizes = Amount::iter().map(|amount| of_amount(amount, then, now));
    let hours = [of_hours(then.schedule(), now.schedule())];
    let mut aspects: Vec<AspectComparison> = items.chain(sizes).chain(hours).collect();
    aspects.sort_by(|one, other| by_difference(&one.difference, &other.difference));
    Comparison { then: Window::of(then), now: Window::of(now), aspects }
}

/// Largest excess first, then new, gone, incomparable and never recorded.
fn by_difference(one: &Difference, other: &Difference) -> Ordering {
    let class = |difference: &Difference| match difference {
        Difference::Measured { .. } => 0,
        Difference::OnlyNow => 1,
        Difference::OnlyThen => 2,
        Difference::NothingInCommon => 3,
        Difference::NotRecorded => 4,
    };
    let excess = |difference: &Difference| difference.excess().unwrap_or(0.0);
    class(one).cmp(&class(other)).then_with(|| excess(other).total_cmp(&excess(one)))
}

impl AspectComparison {
    fn new(
        aspect: Aspect,
        (then, now): (Option<Side>, Option<Side>),
        difference: Difference,
        shifts: Vec<AspectShift>,
    ) -> Self {
        let mut comparison =
            Self { aspect, then, now, difference, shifts, sentence: String::new() };
        comparison.sentence = sentence(&comparison);
        comparison
    }

    fn of_cells(aspect: Aspect, sides: (Option<Side>, Option<Side>), cells: &[Cell]) -> Self {
        let groups = distance::groups(cells);
        let difference = distance::of_items(cells, &groups);
        let mut shifts: Vec<(f64, AspectShift)> = Vec::new();
        for cell in cells {
            let sums = groups.get(&cell.given).copied().unwrap_or_default();
            let (share_then, share_now) = sums.shares(cell);
            let weight = (share_then - share_now).abs() * sums.all() as f64;
            if weight > 0.0 {
                let Cell { given, what, then, now } = cell.clone();
                shifts
                    .push((weight, AspectShift { given, what, then, now, share_then, share_now }));
            }
        }
        shifts.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        let shifts = shifts.into_iter().map(|(_, shift)| shift).take(SHIFTS).collect();
        Self::new(aspect, sides, difference, shifts)
    }
}

fn of_part(part: Part, then: &Portrait, now: &Portrait) -> AspectComparison {
    let nothing = Frequencies::default();
    let (then, now) = (then.frequencies(part), now.frequencies(part));
    let side = |of: &Frequencies| Side::Items {
        total: of.total(),
        distinct: of.distinct(),
        is_exact: of.is_exact(),
    };
    let sides = (then.map(side), now.map(side));
    let cells = cells(part, then.unwrap_or(&nothing), now.unwrap_or(&nothing));
    AspectComparison::of_cells(Aspect::Items(part), sides, &cells)
}

/// The named items of both, and what is left of either. What is left cannot be told apart, so the
/// distance is at least what it says.
fn cells(part: Part, then: &Frequencies, now: &Frequencies) -> Vec<Cell> {
    let named: BTreeSet<&Item> = then.items().chain(now.items()).collect();
    let mut cells: Vec<Cell> = Vec::new();
    for item in named {
        let (given, what) = match part.is_conditional() || item.given.is_empty() {
            true => (item.given.clone(), item.what.clone()),
            false => {
                (Text::default(), format!("{} → {}", item.given.raw(), item.what.raw()).into())
            }
        };
        cells.push(Cell { given, what, then: then.times(item), now: now.times(item) });
    }
    let all_named = then.is_exact() && now.is_exact();
    if !part.is_conditional() && !all_named {
        let rest = |of: &Frequencies, named: fn(&Cell) -> u64| {
            of.total().saturating_sub(cells.iter().map(named).fold(0, u64::saturating_add))
        };
        let (then, now) = (rest(then, |cell| cell.then), rest(now, |cell| cell.now));
        cells.push(Cell { given: Text::default(), what: "all others".into(), then, now });
    }
    cells
}

fn of_amount(amount: Amount, then: &Portrait, now: &Portrait) -> AspectComparison {
    let (then, now) = (then.amount(amount), now.amount(amount));
    let difference =
        distance::of_sizes(&then.clone().unwrap_or_default(), &now.clone().unwrap_or_default());
    let side = |of: Quantiles| {
        Some(Side::Sizes {
            count: of.count(),
            median: of.quantile(0.5)?,
            high: of.quantile(0.95)?,
            most: of.most()?,
            mean: of.mean()?,
        })
    };
    let sides = (then.and_then(side), now.and_then(side));
    AspectComparison::new(Aspect::Sizes(amount), sides, difference, Vec::new())
}

fn of_hours(then: &Schedule, now: &Schedule) -> AspectComparison {
    const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let mut cells: Vec<Cell> = Vec::new();
    for (weekday, (then, now)) in WEEKDAYS.iter().zip(then.hours().iter().zip(now.hours())) {
        for (hour, (then, now)) in then.iter().zip(now).enumerate() {
            let what = format!("{weekday} {hour:02}:00").into();
            cells.push(Cell { given: Text::default(), what, then: *then, now: *now });
        }
    }
    let side = |of: &Schedule| {
        let hours = || of.hours().iter().flatten().copied();
        let total = hours().fold(0, u64::saturating_add);
        let distinct = hours().filter(|count| *count > 0).count() as u64;
        (total > 0).then_some(Side::Items { total, distinct, is_exact: true })
    };
    AspectComparison::of_cells(Aspect::Hours, (side(then), side(now)), &cells)
}

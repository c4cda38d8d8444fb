//! What is measured of every run, so that many runs can be compared with many others: amounts, uses of
//! a kind or a target, the time of day.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::cadence::day;
use super::kind::{KindId, on_target};
use super::observation::Observation;
use super::run::{Run, Span};
use crate::domain::{Capability, EventId, Plane};

/// Kinds, and targets, that are measured: those that most runs show.
const MOST_SHOWN: usize = 32;

/// Hours of one band of the day.
const BAND: u8 = 3;

/// Events that stand for a sum.
const SAMPLES: usize = 3;

/// One number per run, or per day.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Statistic {
    Calls,
    /// Calls that leave the host: to other hosts and to the cloud.
    ExternalCalls,
    Refusals,
    Tokens,
    Bytes,
    /// Nanoseconds inside calls.
    Busy,
    /// Seconds from the first to the last event.
    Duration,
    /// Distinct kinds of calls.
    Kinds,
    /// Calls of one kind.
    Kind(Capability),
    /// Whether one target was used: 1 or 0.
    Target(Capability),
    /// Whether the run began inside the three hours from this one on, UTC: 1 or 0.
    From(u8),
    /// Runs per day.
    Runs,
}

/// A statistic over runs (or days), in their order.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    pub statistic: Statistic,
    pub values: Vec<f64>,
}

impl Statistic {
    /// For people, escaped.
    pub fn visible(&self) -> String {
        match self {
            Self::Calls => "calls per run".to_owned(),
            Self::ExternalCalls => "external calls per run".to_owned(),
            Self::Refusals => "refusals per run".to_owned(),
            Self::Tokens => "tokens per run".to_owned(),
            Self::Bytes => "bytes per run".to_owned(),
            Self::Busy => "nanoseconds inside calls per run".to_owned(),
            Self::Duration => "seconds per run".to_owned(),
            Self::Kinds => "distinct kinds of calls per run".to_owned(),
            Self::Kind(kind) => format!("calls of {} per run", kind.visible()),
            Self::Target(target) => format!("the share of runs with {}", target.visible()),
            Self::From(hour) => {
                format!("the share of runs from {hour:02}:00 to {:02}:00 UTC", hour + BAND)
            }
            Self::Runs => "runs per day".to_owned(),
        }
    }

    /// The events of a run that show it.
    pub fn events(&self, run: &Run, observation: &Observation) -> Vec<EventId> {
        let is = |kind: KindId, wanted: &Capability| observation.kind(kind) == Some(wanted);
        match self {
            Self::Kind(wanted) => {
                let shown = run.tally.iter().filter(|(kind, _)| is(**kind, wanted));
                shown.map(|(_, tally)| tally.sample).collect()
            }
            Self::Target(wanted) => {
                let shown = run.calls.iter().filter(|call| {
                    observation
                        .kind(call.kind)
                        .is_some_and(|kind| on_target(kind, call.target.as_ref()) == *wanted)
                });
                shown.take(SAMPLES).map(|call| call.event).collect()
            }
            _ => run.calls.iter().take(SAMPLES).map(|call| call.event).collect(),
        }
    }
}

/// Measures what runs show of the kinds in `shows`. What is the same in all of them is left out. Which
/// kinds and targets are measured depends on the runs as a set and not on their order, so that the
/// tests that assume exchangeable runs may use it.
pub fn measure(
    observation: &Observation,
    runs: &[&Run],
    shows: impl Fn(KindId) -> bool,
) -> Vec<Series> {
    let mut series = amounts(runs, &shows);
    let leaves = |kind: KindId| {
        let plane = observation.kind(kind).map(Capability::plane);
        shows(kind) && matches!(plane, Some(Plane::Network | Plane::Cloud))
    };
    series.push(Series {
        statistic: Statistic::ExternalCalls,
        values: runs.iter().map(|run| calls_of(run, leaves)).collect(),
    });
    series.extend(hours(runs));
    let calls = runs.iter().map(|run| {
        let shown = run.tally.iter().filter(|(kind, _)| shows(**kind));
        let counted = shown.filter_map(|(kind, tally)| {
            Some((observation.kind(*kind)?.clone(), (tally.calls + tally.refused) as f64))
        });
        counted.collect()
    });
    series.extend(most_shown(calls.collect(), Statistic::Kind));
    let targets = runs.iter().map(|run| {
        let shown = run.calls.iter().filter(|call| shows(call.kind));
        let targets = shown.filter_map(|call| Some((call.kind, call.target.as_ref()?)));
        let distinct: BTreeSet<_> = targets.collect();
        let named = distinct.into_iter().filter_map(|(kind, target)| {
            Some((on_target(observation.kind(kind)?, Some(target)), 1.0))
        });
        named.collect()
    });
    series.extend(most_shown(targets.collect(), Statistic::Target));
    series.retain(|series| series.values.iter().any(|value| Some(value) != series.values.first()));
    series
}

fn amounts(runs: &[&Run], shows: impl Fn(KindId) -> bool) -> Vec<Series> {
    let of = |statistic: Statistic, value: &dyn Fn(&Run) -> f64| Series {
        statistic,
        values: runs.iter().map(|run| value(run)).collect(),
    };
    vec![
        of(Statistic::Calls, &|run| calls_of(run, &shows)),
        of(Statistic::Refusals, &|run| {
            let shown = run.tally.iter().filter(|(kind, _)| shows(**kind));
            shown.map(|(_, tally)| tally.refused as f64).sum()
        }),
        of(Statistic::Tokens, &|run| run.amounts.tokens as f64),
        of(Statistic::Bytes, &|run| run.amounts.bytes as f64),
        of(Statistic::Busy, &|run| run.amounts.busy as f64),
        of(Statistic::Duration, &|run| {
            run.end.as_second().saturating_sub(run.start.as_second()) as f64
        }),
        of(Statistic::Kinds, &|run| run.tally.keys().filter(|kind| shows(**kind)).count() as f64),
    ]
}

/// Calls of the kinds in `shows`, the refused ones included.
fn calls_of(run: &Run, shows: impl Fn(KindId) -> bool) -> f64 {
    let shown = run.tally.iter().filter(|(kind, _)| shows(**kind));
    shown.map(|(_, tally)| (tally.calls + tally.refused) as f64).sum()
}

/// The bands of the day; runs that last a day have none.
fn hours(runs: &[&Run]) -> Vec<Series> {
    let hour = |run: &Run| {
        let start = run.start.to_zoned(TimeZone::UTC).hour();
        (run.span == Span::Session).then(|| u8::try_from(start).unwrap_or(0))
    };
    let started: Vec<Option<u8>> = runs.iter().map(|run| hour(run)).collect();
    let bands = (0..24).step_by(usize::from(BAND));
    let band = |from: u8| Series {
        statistic: Statistic::From(from),
        values: started
            .iter()
            .map(|hour| f64::from(hour.is_some_and(|hour| (from..from + BAND).contains(&hour))))
            .collect(),
    };
    bands.map(band).collect()
}

/// One series for each of the capabilities that most runs show.
fn most_shown(
    runs: Vec<BTreeMap<Capability, f64>>,
    statistic: fn(Capability) -> Statistic,
) -> Vec<Series> {
    let mut shown: BTreeMap<&Capability, usize> = BTreeMap::new();
    for capability in runs.iter().flat_map(BTreeMap::keys) {
        *shown.entry(capability).or_default() += 1;
    }
    let mut order: Vec<(&Capability, usize)> = shown.into_iter().collect();
    order.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    order
        .into_iter()
        .take(MOST_SHOWN)
        .map(|(capability, _)| Series {
            statistic: statistic(capability.clone()),
            values: runs.iter().map(|run| run.get(capability).copied().unwrap_or(0.0)).collect(),
        })
        .collect()
}

/// Whether a day is a Saturday or Sunday: 1970-01-01 was a Thursday.
pub fn is_weekend(day: i64) -> bool {
    (day + 3).rem_euclid(7) >= 5
}

/// Days with the runs on each, ascending: the days without any between them included where work is
/// daily, since then a day without work tells something.
pub fn runs_by_day(runs: &[&Run], fill: bool) -> Vec<(i64, f64)> {
    let mut days: BTreeMap<i64, f64> = BTreeMap::new();
    for run in runs {
        *days.entry(day(run.start)).or_default() += 1.0;
    }
    if let (true, Some((&first, _)), Some((&last, _))) =
        (fill, days.first_key_value(), days.last_key_value())
    {
        // A bound against dates that are centuries apart.
        for day in first..=last.min(first.saturating_add(3660)) {
            days.entry(day).or_default();
        }
    }
    days.into_iter().collect()
}

/// The runs of each day against the mean of its like, workdays or weekends.
pub fn against_weekday(days: &[(i64, f64)]) -> Vec<f64> {
    let mean = |weekend: bool| {
        let alike = days.iter().filter(|(day, _)| is_weekend(*day) == weekend);
        let (sum, count) =
            alike.fold((0.0, 0.0), |(sum, count), (_, runs)| (sum + runs, count + 1.0));
        if sum > 0.0 { sum / count } else { 1.0 }
    };
    let (workday, weekend) = (mean(false), mean(true));
    let against =
        |(day, runs): &(i64, f64)| runs / if is_weekend(*day) { weekend } else { workday };
    days.iter().map(against).collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{self, agent, observe};
    use super::super::settings::Settings;
    use super::*;

    #[test]
    fn what_varies_is_measured_whatever_the_order_of_events() {
        let mut events = fixture::session("a", 9.0, &["search", "reply"]);
        events.extend(fixture::session("b", 33.0, &["search", "search", "reply"]));
        events.extend(fixture::session("c", 56.0, &["search", "search", "export"]));
        let measured = |events: &[crate::domain::Event]| {
            let observation = observe(events, &Settings::default());
            let runs: Vec<&Run> = observation.runs_of(&agent()).iter().collect();
            measure(&observation, &runs, |_| true)
        };
        let forwards = measured(&events);
        events.reverse();
        assert_eq!(forwards, measured(&events));
        let tool =
            |name: &str| Statistic::Kind(Capability::Tool { server: None, name: name.into() });
        let values = |statistic: &Statistic| {
            let found = forwards.iter().find(|series| series.statistic == *statistic);
            found.map(|series| series.values.as_slice())
        };
        assert_eq!(values(&Statistic::Calls), Some([2.0, 3.0, 3.0].as_slice()));
        assert_eq!(values(&tool("search")), Some([1.0, 2.0, 2.0].as_slice()));
        assert_eq!(values(&tool("export")), Some([0.0, 0.0, 1.0].as_slice()));
        assert_eq!(values(&Statistic::From(6)), Some([0.0, 0.0, 1.0].as_slice()));
        assert_eq!(values(&Statistic::Tokens), None, "nothing is said of what never varies");
    }

    #[test]
    fn weekends() {
        // 2026-03-02, day 20514, is a Monday.
        let weekend: Vec<bool> = (20_514..20_521).map(is_weekend).collect();
        assert_eq!(weekend, [false, false, false, false, false, true, true]);
    }
}

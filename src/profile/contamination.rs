//! Contamination: whether a baseline was learned over a period that was not normal.
//!
//! Periods that people declared are looked up. One that nobody declared is searched for: every
//! period of consecutive days is compared with the rest of the baseline, weekday with weekday, by the
//! share of runs that show something ([`bound`](super::bound)). The probability of chance is multiplied
//! by all comparisons made (Bonferroni), so that steady work is called contaminated with a probability of
//! at most [`Settings::false_alarm`]. Runs of one day can be more alike than others; then each counts
//! for less (the design effect of Rao and Scott, 1981). What comes round every week or month is a
//! rhythm, and what goes on to the end is a change of the work and no episode: see
//! [`drifts`](super::drifts).

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::cadence::{self, Cadence, day, midnight};
use super::drift::{probability, short};
use super::kind::KindId;
use super::observation::Observation;
use super::run::Run;
use super::scan::{Difference, Sample, scan};
use super::settings::Settings;
use super::statistic::{Series, Statistic, measure, runs_by_day};
use crate::domain::{EventId, text};

/// Periods named at most: more of them are the norm.
const MOST: usize = 3;

/// Runs cited as evidence.
const CITED: usize = 3;

/// A release this many days before the period, or inside it, is taken for its cause.
const CAUSE_DAYS: i64 = 1;

/// A part of the baseline that should not have been learned from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contamination {
    pub because: Because,
    /// The period; both days included where it was searched for.
    pub from: Timestamp,
    pub until: Timestamp,
    /// Runs inside it, and of how many.
    pub runs: u64,
    pub of: u64,
    /// What would be left without it.
    pub runs_left: u64,
    pub days_left: u32,
    /// At most this probable in steady work; 0 for what was declared.
    pub false_alarm: f64,
    pub events: Vec<EventId>,
    /// Escaped.
    pub sentence: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Because {
    /// A person declared an incident, a migration or another unusual period. Escaped.
    Declared(String),
    /// The runs differ from those before and after; `release` is a change of model, prompt, tools or
    /// image at its beginning.
    Differs {
        statistic: Statistic,
        /// Runs (days) that show more than this ...
        above: f64,
        /// ... inside the period and outside, as shares.
        inside: f64,
        outside: f64,
        release: Option<Timestamp>,
    },
}

/// What contaminates the baseline that these runs make, oldest first. `releases` are known changes of
/// the agent.
pub fn contaminations(
    observation: &Observation,
    runs: &[&Run],
    shows: impl Fn(KindId) -> bool,
    releases: &[Timestamp],
    settings: &Settings,
) -> Vec<Contamination> {
    let mut found = declared(runs, settings);
    // Two searches, half of the false alarms each.
    let alarm = settings.false_alarm / 2.0;
    let inside = |contamination: &Contamination, run: &Run| {
        (contamination.from..contamination.until).contains(&run.start)
    };
    while found.len() < MOST {
        let rest: Vec<&Run> = runs
            .iter()
            .filter(|run| !found.iter().any(|contamination| inside(contamination, run)))
            .copied()
            .collect();
        let by_run = by_run(observation, &rest, &shows, alarm);
        let excluded = |day: i64| {
            let start = midnight(day);
            found.iter().any(|known| start.is_some_and(|at| at >= known.from && at < known.until))
        };
        let by_day = by_day(&rest, excluded, alarm);
        let best =
            by_run.into_iter().chain(by_day).max_by(|(a, _), (b, _)| a.nats.total_cmp(&b.nats));
        let Some((difference, statistic)) = best else { break };
        match contamination(observation, (runs, &rest), &difference, statistic, releases) {
            Some(contamination) => found.push(contamination),
            None => break,
        }
    }
    found.sort_by_key(|contamination| contamination.from);
    found
}

fn declared(runs: &[&Run], settings: &Settings) -> Vec<Contamination> {
    let of = |period: &super::UnusualPeriod| {
        let is_inside = |run: &&&Run| (period.from..=period.until).contains(&run.start);
        let inside: Vec<&Run> = runs.iter().filter(is_inside).copied().collect();
        let first = inside.first()?;
        let because = text::visible(&period.because).into_owned();
        let (runs_left, days_left) = left(runs, |run| !is_inside(&run));
        let sentence = format!(
            "contaminated: {} of {} runs fall into a period declared unusual ({because}); {runs_left} \
             runs on {days_left} days are left without it",
            inside.len(),
            runs.len(),
        );
        Some(Contamination {
            because: Because::Declared(because),
            from: period.from,
            until: period.until,
            runs: inside.len() as u64,
            of: runs.len() as u64,
            runs_left,
            days_left,
            false_alarm: 0.0,
            events: first.calls.first().map(|call| call.event).into_iter().collect(),
            sentence,
        })
    };
    settings.unusual_periods.iter().filter_map(of).collect()
}

/// The surest episode in what runs show.
fn by_run(
    observation: &Observation,
    runs: &[&Run],
    shows: impl Fn(KindId) -> bool,
    alarm: f64,
) -> Option<(Difference, Statistic)> {
    let series = measure(observation, runs, shows);
    let days: Vec<i64> = runs.iter().map(|run| day(run.start)).collect();
    best(Sample::of_runs(days), series, alarm)
}

/// The surest episode in how many runs there are a day.
fn by_day(
    runs: &[&Run],
    excluded: impl Fn(i64) -> bool,
    alarm: f64,
) -> Option<(Difference, Statistic)> {
    let active = runs.iter().map(|run| day(run.start)).collect();
    let fill = cadence::detect(&active) == Some(Cadence::Daily);
    // Weekends are days of their own, as often as there is any work on them.
    let mut days = runs_by_day(runs, fill);
    days.retain(|(day, _)| !excluded(*day));
    let values = super::statistic::against_weekday(&days);
    let series = Series { statistic: Statistic::Runs, values };
    best(Sample::of_days(days.into_iter().map(|(day, _)| day).collect()), vec![series], alarm)
}

/// The surest difference that is an episode: no rhythm, not still going on.
fn best(sample: Sample, series: Vec<Series>, alarm: f64) -> Option<(Difference, Statistic)> {
    let mut differences = scan(&sample, &series, alarm);
    differences.retain(|difference| !difference.goes_on && !is_rhythm(&difference.days));
    let surest = differences.into_iter().max_by(|a, b| a.nats.total_cmp(&b.nats))?;
    let statistic = series.get(surest.series)?.statistic.clone();
    Some((surest, statistic))
}

/// Whether the days that look like the period come round.
fn is_rhythm(days: &BTreeSet<i64>) -> bool {
    matches!(cadence::detect(days), Some(Cadence::Weekly | Cadence::Monthly | Cadence::Quarterly))
}

fn contamination(
    observation: &Observation,
    (all, rest): (&[&Run], &[&Run]),
    difference: &Difference,
    statistic: Statistic,
    releases: &[Timestamp],
) -> Option<Contamination> {
    let (from, until) = (midnight(difference.from)?, midnight(difference.until.checked_add(1)?)?);
    let period = difference.from..=difference.until;
    let is_inside = |run: &&&Run| period.contains(&day(run.start));
    let inside: Vec<&Run> = rest.iter().filter(is_inside).copied().collect();
    let near = from.checked_sub(SignedDuration::from_hours(24 * CAUSE_DAYS)).unwrap_or(from);
    let release = releases.iter().find(|release| (near..until).contains(release)).copied();
    let (runs_left, days_left) = left(all, |run| !is_inside(&run));
    let split = &difference.split;
    let mut sentence = format!(
        "contaminated: from {} to {} {} were above {} in {:.0} % of cases, otherwise in {:.0} %; by \
         chance with a probability of at most {}",
        from.strftime("%Y-%m-%d"),
        until.checked_sub(SignedDuration::from_secs(1)).unwrap_or(until).strftime("%Y-%m-%d"),
        statistic.visible(),
        short(difference.above),
        split.share_inside() * 100.0,
        split.share_outside() * 100.0,
        probability(difference.false_alarm),
    );
    if let Some(release) = release {
        sentence += &format!("; it began with the change of {}", release.strftime("%Y-%m-%d"));
    }
    sentence += &format!("; {runs_left} runs on {days_left} days are left without it");
    let events = inside.iter().flat_map(|run| statistic.events(run, observation)).take(CITED);
    Some(Contamination {
        events: events.collect(),
        because: Because::Differs {
            statistic,
            above: difference.above,
            inside: split.share_inside(),
            outside: split.share_outside(),
            release,
        },
        from,
        until,
        runs: inside.len() as u64,
        of: all.len() as u64,
        runs_left,
        days_left,
        false_alarm: difference.false_alarm,
        sentence,
    })
}

/// Runs and active days that stay.
fn left(runs: &[&Run], stays: impl Fn(&&Run) -> bool) -> (u64, u32) {
    let stay = runs.iter().filter(|run| stays(run));
    let days: Vec<i64> = stay.map(|run| day(run.start)).collect();
    let distinct: BTreeSet<&i64> = days.iter().collect();
    (days.len() as u64, u32::try_from(distinct.len()).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests;

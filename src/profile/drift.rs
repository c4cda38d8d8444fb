//! Drift: a slow change that no single run shows.
//!
//! Every statistic of the runs feeds a conformal test martingale ([`martingale`](super::martingale)),
//! workdays and weekends apart. Together they raise a false alarm with a probability of at most
//! [`Settings::false_alarm`] over the whole stream, however long it is. The same function compares
//! sessions with sessions or the runs of one tenant or context: it looks at the runs it is given.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::cadence::{self, Cadence, day, midnight};
use super::kind::KindId;
use super::martingale::{climb, fortunes, places};
use super::observation::Observation;
use super::random::Random;
use super::recent::key;
use super::run::Run;
use super::settings::Settings;
use super::statistic::{Series, Statistic, is_weekend, measure, runs_by_day};
use crate::domain::EventId;

/// Runs cited as evidence.
const CITED: usize = 3;

/// One statistic that changed for good or is still changing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    pub statistic: Statistic,
    /// When it began, as far as can be told.
    pub began: Timestamp,
    /// From when on it was beyond doubt.
    pub certain: Timestamp,
    /// Means before and since it began.
    pub before: f64,
    pub since: f64,
    /// Runs (days, for runs per day) before and since.
    pub runs_before: u64,
    pub runs_since: u64,
    /// At most this probable without any change, all statistics looked at considered.
    pub false_alarm: f64,
    /// Of the runs that show it most.
    pub events: Vec<EventId>,
    /// Escaped.
    pub sentence: String,
}

/// The drifts of these runs, the surest first. Runs are given oldest first.
pub fn drifts(
    observation: &Observation,
    runs: &[&Run],
    shows: impl Fn(KindId) -> bool,
    settings: &Settings,
) -> Vec<Drift> {
    let series = measure(observation, runs, shows);
    let days = daily(runs);
    let tests = series.len() + usize::from(days.is_some());
    let starts: Vec<Timestamp> = runs.iter().map(|run| run.start).collect();
    let seeds: Vec<u64> = runs.iter().map(|run| key(&run.id)).collect();
    let mut found: Vec<Drift> = series
        .into_iter()
        .filter_map(|series| {
            let (mut drift, began) = drift(&series, &starts, &seeds, tests, settings)?;
            drift.events = evidence(observation, runs, &series, began, drift.since > drift.before);
            Some(drift)
        })
        .collect();
    if let Some((series, starts)) = days {
        let seeds: Vec<u64> = starts.iter().map(|start| key(&start.as_second())).collect();
        found.extend(drift(&series, &starts, &seeds, tests, settings).map(|(drift, _)| drift));
    }
    found.sort_by(|a, b| {
        a.false_alarm.total_cmp(&b.false_alarm).then_with(|| a.statistic.cmp(&b.statistic))
    });
    found
}

/// Runs per day, for work that is daily.
fn daily(runs: &[&Run]) -> Option<(Series, Vec<Timestamp>)> {
    let active = runs.iter().map(|run| day(run.start)).collect();
    let is_daily = cadence::detect(&active) == Some(Cadence::Daily);
    // The last day may not be over.
    let mut days = runs_by_day(runs, is_daily);
    days.pop();
    let starts: Option<Vec<Timestamp>> = days.iter().map(|(day, _)| midnight(*day)).collect();
    let values = days.into_iter().map(|(_, runs)| runs).collect();
    Some((Series { statistic: Statistic::Runs, values }, starts.filter(|_| is_daily)?))
}

/// The drift of one series out of `tests`, and the number of the run at which it began.
fn drift(
    series: &Series,
    starts: &[Timestamp],
    seeds: &[u64],
    tests: usize,
    settings: &Settings,
) -> Option<(Drift, usize)> {
    let weekends: Vec<bool> = starts.iter().map(|start| is_weekend(day(*start))).collect();
    // By name, so that a new statistic changes nothing for the others.
    let salt = key(&series.statistic.visible());
    let ties: Vec<f64> = seeds.iter().map(|seed| Random::new(seed ^ salt).uniform()).collect();
    let tests = (tests as f64).ln();
    let threshold = tests - settings.false_alarm.max(f64::MIN_POSITIVE).ln();
    let course = fortunes(&places(&series.values, &weekends, &ties));
    let climb = climb(&course, threshold)?;
    let (earlier, later) = series.values.split_at_checked(climb.began)?;
    let (before, since) = (mean(earlier)?, mean(later)?);
    let (began, certain) = (*starts.get(climb.began)?, *starts.get(climb.reached)?);
    let false_alarm = (tests - climb.peak).exp().min(1.0);
    let unit = if series.statistic == Statistic::Runs { "days" } else { "runs" };
    let sentence = format!(
        "{} went from {} to {} around {}: {} {unit} before, {} since; by chance with a probability \
         of at most {}",
        series.statistic.visible(),
        short(before),
        short(since),
        began.strftime("%Y-%m-%d"),
        earlier.len(),
        later.len(),
        probability(false_alarm),
    );
    let drift = Drift {
        statistic: series.statistic.clone(),
        began,
        certain,
        before,
        since,
        runs_before: earlier.len() as u64,
        runs_since: later.len() as u64,
        false_alarm,
        events: Vec::new(),
        sentence,
    };
    Some((drift, climb.began))
}

/// Events of the runs since `began` that show the change most.
fn evidence(
    observation: &Observation,
    runs: &[&Run],
    series: &Series,
    began: usize,
    rises: bool,
) -> Vec<EventId> {
    let mut since: Vec<(f64, &Run)> =
        series.values.iter().zip(runs).skip(began).map(|(value, run)| (*value, *run)).collect();
    since.sort_by(|(a, _), (b, _)| if rises { b.total_cmp(a) } else { a.total_cmp(b) });
    let most = since.into_iter().take(CITED);
    most.flat_map(|(_, run)| series.statistic.events(run, observation)).collect()
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// A number as people read it.
pub fn short(value: f64) -> String {
    match value.abs() {
        large if large >= 100.0 => format!("{value:.0}"),
        small if small < 1.0 => format!("{value:.2}"),
        _ => format!("{value:.1}"),
    }
}

/// A small probability as people read it.
pub fn probability(value: f64) -> String {
    match value {
        tiny if tiny < 1e-6 => "0.0001 %".to_owned(),
        small if small < 1e-3 => format!("{:.4} %", value * 100.0),
        _ => format!("{:.1} %", value * 100.0),
    }
}

#[cfg(test)]
mod tests;

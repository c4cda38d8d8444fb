//! The observation window: how long, how often and how completely an agent was watched.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;

use jiff::{SignedDuration, Timestamp};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::cadence::{self, Cadence, day, midnight};
use super::kind::KindId;
use super::run::{EarlierDay, Run};
use super::settings::Settings;
use crate::domain::Sufficiency;

/// A window that grows run by run, in order of time, so that it can be asked at every run.
#[derive(Default)]
pub struct Window {
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
    pub days: BTreeSet<i64>,
    pub runs: u64,
    /// Runs inside a declared unusual period, and what it was.
    unusual: u64,
    because: Option<String>,
    kinds: FxHashMap<KindId, u64>,
    singletons: u64,
    calls: u64,
    /// The unseen mass at the end of the last active days.
    masses: VecDeque<f64>,
}

/// What a statement needs of its window.
pub struct Need {
    /// `None` when no count of runs is asked for: the work does not come in runs.
    pub runs: Option<u64>,
    pub days: u32,
    /// Whether kinds of calls have to be known nearly completely.
    pub kinds: bool,
    /// So many whole cycles are as good as the days, however short the months were.
    pub cycles: Option<(Cadence, u32)>,
    /// Why so many days, for the explanation.
    pub rhythm: String,
}

/// One thing that a window needs, and how much of it there is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    pub requirement: Requirement,
    pub have: f64,
    pub need: f64,
}

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::Display,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Requirement {
    /// Days from the first to the last observation, both counted.
    Days,
    /// Whole cycles of a cadence, instead of days.
    Cycles,
    Runs,
    ActiveDays,
    /// The probability that the next call is of an unseen kind: less is more.
    KnownKinds,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { requirement, have, need } = self;
        match requirement {
            Requirement::KnownKinds => write!(
                f,
                "{:.0} % of calls are of kinds seen once, at most {:.0} % may be",
                have * 100.0,
                need * 100.0
            ),
            _ => write!(f, "{have:.0} of {need:.0} {}", requirement.to_string().replace('-', " ")),
        }
    }
}

impl Part {
    /// How much of it is there, in 0..=1.
    pub fn share(&self) -> f64 {
        let share = match self.requirement {
            Requirement::KnownKinds if self.have <= self.need => 1.0,
            Requirement::KnownKinds => self.need / self.have,
            _ if self.need <= 0.0 => 1.0,
            _ => self.have / self.need,
        };
        share.clamp(0.0, 1.0)
    }
}

/// The Good–Turing estimate of the probability that the next call is of a kind never seen: the
/// share of calls whose kind was seen exactly once. Without calls everything is unseen.
pub fn unseen_mass(singletons: u64, calls: u64) -> f64 {
    match calls {
        0 => 1.0,
        _ => (singletons as f64 / calls as f64).clamp(0.0, 1.0),
    }
}

/// How many days the rhythm of the work asks for: two cycles of a cadence, longer where it is
/// irregular.
pub fn days_needed(
    days: &BTreeSet<i64>,
    declared: Option<Cadence>,
    settings: &Settings,
) -> (u32, String) {
    let detected = cadence::detect(days);
    match (declared.or(detected), days.first(), days.last()) {
        (Some(Cadence::Daily), ..) => (settings.min_days, "daily work".to_owned()),
        (Some(cadence), ..) => {
            let cycles = settings.cadence_cycles.saturating_mul(cadence.days());
            let told = if declared.is_some() { "declared" } else { "detected" };
            let rhythm = format!("{} cycles of {told} {cadence} work", settings.cadence_cycles);
            (cycles.max(settings.min_days), rhythm)
        }
        (None, Some(&first), Some(&last))
            if days.len() >= 2 && cadence::is_irregular(days.len(), first, last) =>
        {
            (settings.irregular_days.max(settings.min_days), "irregular work".to_owned())
        }
        _ => (settings.min_days, "routine work".to_owned()),
    }
}

impl Window {
    pub fn add(&mut self, run: &Run, settings: &Settings, counts: impl Fn(KindId) -> bool) {
        if let Some(period) = settings.unusual(run.start) {
            self.unusual += 1;
            self.because.get_or_insert_with(|| period.because.clone());
        }
        let calls = run.tally.iter().map(|(kind, tally)| (*kind, tally.calls + tally.refused));
        self.extend(run.start, run.end, 1, calls.filter(|(kind, _)| counts(*kind)));
    }

    pub fn add_earlier(&mut self, day: i64, earlier: &EarlierDay, counts: impl Fn(KindId) -> bool) {
        if let Some(start) = midnight(day) {
            let calls = earlier.tally.iter().map(|(kind, calls)| (*kind, *calls));
            self.extend(start, start, earlier.runs, calls.filter(|(kind, _)| counts(*kind)));
        }
    }

    fn extend(
        &mut self,
        start: Timestamp,
        end: Timestamp,
        runs: u64,
        calls: impl Iterator<Item = (KindId, u64)>,
    ) {
        self.from = Some(self.from.map_or(start, |from| from.min(start)));
        self.until = Some(self.until.map_or(end, |until| until.max(end)));
        self.runs += runs;
        for (kind, count) in calls {
            self.calls += count;
            let total = self.kinds.entry(kind).or_default();
            self.singletons -= u64::from(*total == 1);
            *total += count;
            self.singletons += u64::from(*total == 1);
        }
        // A new active day opens its own entry; more work on the same day replaces it.
        if !self.days.insert(day(start)) {
            self.masses.pop_back();
        }
        self.masses.push_back(unseen_mass(self.singletons, self.calls));
    }

    /// The unseen mass on the last active days, the worst of them.
    pub fn unseen(&self, settings: &Settings) -> f64 {
        let days = settings.active_days.max(1) as usize;
        // No call at all over n runs: the rule of succession.
        if self.calls == 0 {
            return 1.0 / (self.runs as f64 + 1.0);
        }
        self.masses.iter().rev().take(days).copied().fold(0.0, f64::max)
    }

    /// Days from the first to the last observation, both counted.
    pub fn elapsed(&self) -> i64 {
        match (self.from, self.until) {
            (Some(from), Some(until)) => day(until) - day(from) + 1,
            _ => 0,
        }
    }

    /// What is needed, and what is there.
    pub fn parts(&self, need: &Need, settings: &Settings) -> Vec<Part> {
        let part = |requirement, have, need| Part { requirement, have, need };
        let days = part(Requirement::Days, self.elapsed() as f64, f64::from(need.days));
        let cycles = need.cycles.map(|(cadence, cycles)| {
            let seen = cadence::cycles(&self.days, cadence);
            part(Requirement::Cycles, f64::from(seen), f64::from(cycles))
        });
        // Days and cycles are two ways to the same end.
        let time = match cycles {
            Some(cycles) if cycles.share() > days.share() => cycles,
            _ => days,
        };
        let mut parts = vec![time];
        if let Some(runs) = need.runs {
            parts.push(part(Requirement::Runs, self.runs as f64, runs as f64));
        }
        if need.kinds {
            let active = f64::from(settings.active_days);
            parts.push(part(Requirement::ActiveDays, self.days.len() as f64, active));
            parts.push(part(Requirement::KnownKinds, self.unseen(settings), settings.max_unseen));
        }
        parts
    }

    /// When what is missing in days and runs will be there, if the work goes on at its pace so far.
    pub fn expected(&self, need: &Need) -> Option<Timestamp> {
        let (from, elapsed) = (self.from?, self.elapsed().max(1) as f64);
        let runs = need.runs.map_or(0.0, |runs| runs as f64 / self.runs.max(1) as f64 * elapsed);
        let days = f64::max(runs.ceil(), f64::from(need.days));
        // Beyond a century nobody waits.
        let span = (days < 36_500.0).then(|| SignedDuration::from_hours(24 * days as i64))?;
        from.checked_add(span).ok()
    }

    /// Whether the window suffices, and why.
    pub fn sufficiency(&self, need: &Need, settings: &Settings) -> (Sufficiency, String) {
        let Some(from) = self.from else {
            return (Sufficiency::Empty, "nothing was observed".to_owned());
        };
        if self.unusual * 2 > self.runs {
            let because = self.because.clone().unwrap_or_default();
            let because = crate::domain::text::visible(&because).into_owned();
            let why = format!("{} of {} runs fall into: {because}", self.unusual, self.runs);
            return (Sufficiency::Contaminated { because }, why);
        }
        let is_cycled = need
            .cycles
            .is_some_and(|(cadence, cycles)| cadence::cycles(&self.days, cadence) >= cycles);
        let days_missing = match is_cycled {
            true => 0,
            false => (i64::from(need.days) - self.elapsed()).max(0),
        };
        let active_missing = match need.kinds {
            true => u64::from(settings.active_days).saturating_sub(self.days.len() as u64),
            false => 0,
        };
        let runs_missing = need.runs.map_or(0, |runs| runs.saturating_sub(self.runs));
        let unseen = self.unseen(settings);
        let unknown = need.kinds && unseen > settings.max_unseen;

        let mut missing = Vec::new();
        if days_missing > 0 {
            missing.push(count(days_missing, "more day"));
        }
        if runs_missing > 0 {
            missing.push(count(i64::try_from(runs_missing).unwrap_or(i64::MAX), "more run"));
        }
        if active_missing > 0 && days_missing == 0 {
            let active = i64::try_from(active_missing).unwrap_or(i64::MAX);
            missing.push(count(active, "more active day"));
        }
        if unknown {
            missing.push(format!(
                "{:.0} % of calls are of kinds seen once, at most {:.0} % may be",
                unseen * 100.0,
                settings.max_unseen * 100.0
            ));
        }
        let watched = format!(
            "{} over {} ({}), unseen kinds {:.1} %",
            count(i64::try_from(self.runs).unwrap_or(i64::MAX), "run"),
            count(self.elapsed(), "day"),
            need.rhythm,
            unseen * 100.0
        );
        if missing.is_empty() {
            return (Sufficiency::Converged, watched);
        }
        let condition = missing.join(", ");
        // A date is promised only when time alone, at the pace so far, brings what is missing.
        let pace = self.runs as f64 / self.elapsed().max(1) as f64;
        let timely = need.runs.is_none_or(|runs| pace * f64::from(need.days) >= runs as f64);
        let span = SignedDuration::from_hours(24 * i64::from(need.days));
        let until = (days_missing > 0 && timely).then(|| from.checked_add(span).ok()).flatten();
        let why = format!("{watched}; missing: {condition}");
        (Sufficiency::NotConverged { until, condition }, why)
    }
}

/// A window over earlier days and runs, all of them.
pub fn window<'a>(
    earlier: Option<&BTreeMap<i64, EarlierDay>>,
    runs: impl IntoIterator<Item = &'a Run>,
    since: Option<Timestamp>,
    settings: &Settings,
    counts: impl Fn(KindId) -> bool,
) -> Window {
    let mut window = Window::default();
    let after = |time: Timestamp| since.is_none_or(|since| time >= since);
    for (day, earlier) in earlier.into_iter().flatten() {
        if midnight(*day).is_some_and(after) {
            window.add_earlier(*day, earlier, &counts);
        }
    }
    for run in runs.into_iter().filter(|run| after(run.start)) {
        window.add(run, settings, &counts);
    }
    window
}

fn count(number: i64, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn the_unseen_mass_is_a_probability(singletons: u64, calls: u64) {
            let mass = unseen_mass(singletons, calls);
            proptest::prop_assert!((0.0..=1.0).contains(&mass));
        }
    }

    #[test]
    fn the_unseen_mass_is_the_share_of_singletons() {
        assert_eq!(unseen_mass(0, 0), 1.0);
        assert_eq!(unseen_mass(1, 20), 0.05);
    }
}

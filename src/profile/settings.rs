//! The numbers of convergence and deviation (design §3.4), as a case may set them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::AgentKey;

/// What a baseline has to have before it may speak, and when a run counts as unusual. All of it can
/// be set in the case's settings file; missing fields keep these defaults.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Days of observation before routine work counts as known.
    pub min_days: u32,
    /// The same for work that is irregular.
    pub irregular_days: u32,
    /// Runs before an alert is possible: with fewer no p-value can reach 5 %.
    pub min_runs: u64,
    /// Largest Good–Turing probability that the next call is of an unseen kind.
    pub max_unseen: f64,
    /// Active days on which that probability has to hold.
    pub active_days: u32,
    /// Cycles of a weekly, monthly or quarterly cadence that have to be seen.
    pub cadence_cycles: u32,
    /// From this multiple of the historical average on, a volume is unprecedented.
    pub volume_factor: f64,
    /// Largest p-value of an alert, and of a review, below [`Settings::strict_runs`].
    pub alert: f64,
    pub review: f64,
    /// With this many earlier runs the largest p-value of an alert becomes `strict_alert`, and what
    /// was an alert becomes a review.
    pub strict_runs: u64,
    pub strict_alert: f64,
    /// Requests less similar than this to every earlier one are unfamiliar, in 0..=1.
    pub min_similarity: f64,
    /// A lasting shift: this many like deviations, over at least this many days.
    pub shift_runs: u64,
    pub shift_days: u32,
    /// Probability with which an agent's steady work is reported as contaminated, and as drifting,
    /// at most: one in a hundred, so that a report is worth the reading.
    pub false_alarm: f64,
    /// Distinct object names kept per agent, verb, resource and namespace.
    pub names_kept: usize,
    /// Distinct paths, destinations and cloud resources kept per agent and kind.
    pub distinct_kept: usize,
    /// Calls kept in order per run; the tallies count all of them.
    pub calls_per_run: usize,
    /// Calls kept in order over the whole observation.
    pub calls_kept: usize,
    /// Most recent runs kept per agent; earlier ones are folded into days.
    pub runs_kept: usize,
    /// Known unusual periods (incidents, releases, migrations): what was learned mostly inside one
    /// is contaminated.
    pub unusual_periods: Vec<UnusualPeriod>,
    /// Agents whose baseline starts anew, by stored agent key: what came before is not learned from.
    pub rebaseline: BTreeMap<String, Timestamp>,
}

/// A period whose behaviour is not the agent's normal one, as a person declared it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnusualPeriod {
    pub from: Timestamp,
    pub until: Timestamp,
    pub because: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            min_days: 7,
            irregular_days: 14,
            min_runs: 19,
            max_unseen: 0.05,
            active_days: 3,
            cadence_cycles: 2,
            volume_factor: 10.0,
            alert: 0.05,
            review: 0.15,
            strict_runs: 99,
            strict_alert: 0.01,
            min_similarity: 0.6,
            shift_runs: 10,
            shift_days: 3,
            false_alarm: 0.01,
            names_kept: 64,
            distinct_kept: 1024,
            calls_per_run: 4096,
            calls_kept: 2_000_000,
            runs_kept: 2000,
            unusual_periods: Vec::new(),
            rebaseline: BTreeMap::new(),
        }
    }
}

impl Settings {
    /// Where the agent's baseline starts, when a ruling set it anew.
    pub fn baseline_from(&self, agent: &AgentKey) -> Option<Timestamp> {
        self.rebaseline.get(&agent.stored()).copied()
    }

    /// The declared unusual period that covers an instant.
    pub fn unusual(&self, time: Timestamp) -> Option<&UnusualPeriod> {
        self.unusual_periods.iter().find(|period| (period.from..=period.until).contains(&time))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_sets_what_it_names_and_nothing_else() {
        let settings: Settings = toml::from_str(
            "min_days = 10\n\
             [[unusual_periods]]\n\
             from = \"2026-03-01T00:00:00Z\"\n\
             until = \"2026-03-05T00:00:00Z\"\n\
             because = \"migration\"\n",
        )
        .expect("valid settings");
        assert_eq!(settings.min_days, 10);
        assert_eq!(settings.min_runs, Settings::default().min_runs);
        let inside = "2026-03-02T00:00:00Z".parse().expect("a time");
        assert_eq!(
            settings.unusual(inside).map(|period| period.because.as_str()),
            Some("migration")
        );
        assert!(toml::from_str::<Settings>("min_dayz = 1").is_err(), "a misspelled key is refused");
    }
}

//! Volumes far above the historical average (requirement S1.17).

use super::super::drift::short;
use super::super::kind::KindId;
use super::super::observation::Observation;
use super::super::run::Run;
use super::super::settings::Settings;
use super::super::statistic::{Statistic, measure};
use super::{Pattern, What};

/// Runs with [`Settings::volume_factor`] times the average of the earlier runs that show the same: of
/// calls, external calls, calls of one kind, refusals, tokens, bytes and time inside calls. What is too much is not averaged,
/// so that the next burst is measured against the same average.
pub fn volume(
    observation: &Observation,
    runs: &[&Run],
    shows: impl Fn(KindId) -> bool,
    settings: &Settings,
) -> Vec<Pattern> {
    let mut found = Vec::new();
    for series in measure(observation, runs, shows) {
        if !is_volume(&series.statistic) {
            continue;
        }
        let (mut compared, mut sum) = (0u64, 0.0);
        for (value, run) in series.values.iter().copied().zip(runs) {
            if value <= 0.0 {
                continue;
            }
            let mean = sum / compared.max(1) as f64;
            if compared < settings.min_runs || value < settings.volume_factor * mean {
                compared += 1;
                sum += value;
                continue;
            }
            let statistic = series.statistic.clone();
            found.push(Pattern {
                run: Some(run.id.clone()),
                at: run.start,
                compared,
                events: statistic.events(run, observation),
                sentence: format!(
                    "run {}: {} {}, {} times the average of {} over {compared} earlier runs",
                    run.id.visible(),
                    statistic.visible(),
                    short(value),
                    short(value / mean),
                    short(mean),
                ),
                what: What::Volume { statistic, value, mean },
            });
        }
    }
    found
}

fn is_volume(statistic: &Statistic) -> bool {
    matches!(
        statistic,
        Statistic::Calls
            | Statistic::ExternalCalls
            | Statistic::Refusals
            | Statistic::Kind(_)
            | Statistic::Tokens
            | Statistic::Bytes
            | Statistic::Busy
    )
}

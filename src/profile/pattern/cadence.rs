//! Work that did not come when it was due, or came twice.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::super::cadence::{Cadence, bursts, day, detect, midnight, tolerated};
use super::super::run::Run;
use super::super::settings::Settings;
use super::{Pattern, What, first_events};

/// Cycles missed and doubled: between the runs, and up to the end of the observation. The cadence is
/// the declared one or that of the runs.
pub fn cadence(
    runs: &[&Run],
    until: Option<Timestamp>,
    declared: Option<Cadence>,
    settings: &Settings,
) -> Vec<Pattern> {
    let days: BTreeSet<i64> = runs.iter().map(|run| day(run.start)).collect();
    let Some(cadence) = declared.or_else(|| detect(&days)) else { return Vec::new() };
    let (starts, longest) = match cadence {
        // Of daily work every day is a burst; weekends and holidays are known from its earlier pauses.
        Cadence::Daily => (days.iter().copied().collect(), None),
        _ => (bursts(&days), Some(tolerated(cadence))),
    };
    let mut found = Vec::new();
    let mut pause = i64::from(settings.active_days);
    let end = until.map(day).filter(|end| days.last().is_some_and(|last| end > last));
    let next = starts.iter().skip(1).copied().map(Some).chain([None]);
    for (seen, (&start, next)) in starts.iter().zip(next).enumerate() {
        let (Some(end), compared) = (next.or(end), seen as u64 + 1) else { continue };
        let (most, distance) = (longest.unwrap_or(pause), end - start);
        pause = pause.max(distance);
        if compared < u64::from(settings.cadence_cycles) {
            continue;
        }
        if distance > most {
            let due = start.saturating_add(i64::from(cadence.days()));
            found.extend(midnight(due).map(|at| Pattern {
                what: What::Missed(cadence),
                run: None,
                at,
                compared,
                events: Vec::new(),
                sentence: format!(
                    "{cadence} work was due around {} and did not come: {distance} days without any, \
                     at most {most} after {compared} times before",
                    at.strftime("%Y-%m-%d")
                ),
            }));
        } else if next.is_some() && longest.is_some() && distance * 2 < i64::from(cadence.days()) {
            let again = runs.iter().find(|run| day(run.start) == end);
            found.extend(again.map(|run| Pattern {
                what: What::Doubled(cadence),
                run: Some(run.id.clone()),
                at: run.start,
                compared,
                events: first_events(run),
                sentence: format!(
                    "{cadence} work came again on {}, {distance} days after the last time",
                    run.start.strftime("%Y-%m-%d")
                ),
            }));
        }
    }
    found
}

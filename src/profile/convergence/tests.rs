use super::super::contamination::contaminations;
use super::super::fixture::{agent, at};
use super::super::settings::UnusualPeriod;
use super::super::simulated::{Habits, STEADY, observed, runs};
use super::super::window::Requirement;
use super::*;

fn asked(observation: &Observation, cadence: Option<Cadence>) -> Progress {
    let agent = agent();
    let question =
        Question { cadence, ..Question::new(&agent, Discipline::Behavior, GapType::Anomaly) };
    progress(observation, &question, &Settings::default())
}

/// (days, runs a day): the share of the gauge and what it waits for.
#[track_caller]
fn check(days: i64, runs: u32, share: f64, bottleneck: Option<Requirement>) {
    let observation = observed(0..days, true, 1, |_| Habits { runs, ..STEADY });
    let progress = asked(&observation, None);
    assert!((progress.share() - share).abs() < 1e-9, "{progress:#?}");
    assert_eq!(progress.bottleneck().map(|part| part.requirement), bottleneck, "{progress:#?}");
    assert_eq!(progress.convergence.is_converged(), bottleneck.is_none(), "{progress:#?}");
}

/// Seven days and nineteen runs (design §3.4).
#[test]
fn the_gauge_shows_what_is_missing_most() {
    check(3, 8, 3.0 / 7.0, Some(Requirement::Days));
    check(8, 2, 16.0 / 19.0, Some(Requirement::Runs));
    check(10, 6, 1.0, None);
}

/// The runs of one day every so many days.
fn every(distances: &[i64]) -> Observation {
    let last = distances.last().copied().unwrap_or(0);
    observed(0..last + 1, true, 1, |day| Habits {
        runs: if distances.contains(&day) { 8 } else { 0 },
        ..STEADY
    })
}

#[test]
fn two_cycles_of_a_rhythm_suffice_however_short_the_months() {
    for (days, cadence) in [
        (&[0, 7, 14][..], Cadence::Weekly),
        (&[0, 31, 59], Cadence::Monthly),
        (&[0, 90, 181], Cadence::Quarterly),
    ] {
        let progress = asked(&every(days), None);
        assert_eq!(progress.cadence, Some(cadence));
        assert!(progress.convergence.is_converged(), "{progress:#?}");
        let early = asked(&every(days.get(..2).unwrap_or_default()), Some(cadence));
        assert!(!early.convergence.is_converged(), "{early:#?}");
    }
}

#[test]
fn a_context_is_asked_by_itself() {
    let observation = observed(0..14, true, 1, |_| STEADY);
    let agent = agent();
    let few = |run: &Run| run.id.raw().ends_with("-0");
    let question = Question {
        context: Some(&few),
        ..Question::new(&agent, Discipline::Behavior, GapType::Anomaly)
    };
    let progress = progress(&observation, &question, &Settings::default());
    assert_eq!(progress.convergence.runs, 14);
    assert_eq!(progress.bottleneck().map(|part| part.requirement), Some(Requirement::Runs));
    // One run a day: nineteen of them on the nineteenth day.
    let start = observation.from.expect("runs");
    let days = progress.expected.expect("an estimate").duration_since(start).as_hours() / 24;
    assert_eq!(days, 19);
}

#[test]
fn what_is_left_without_an_unusual_period_decides() {
    let observation = observed(0..10, true, 1, |_| Habits { runs: 3, ..STEADY });
    let settings = |from: f64| Settings {
        unusual_periods: vec![UnusualPeriod {
            from: at(from * 24.0),
            until: at(240.0),
            because: "migration".to_owned(),
        }],
        ..Settings::default()
    };
    let contaminated = |from: f64| {
        let settings = settings(from);
        let found = contaminations(&observation, &runs(&observation), |_| true, &[], &settings);
        let agent = agent();
        let question = Question::new(&agent, Discipline::Behavior, GapType::Anomaly);
        let progress = progress(&observation, &question, &settings).contaminated(&found, &settings);
        matches!(progress.convergence.sufficiency, Sufficiency::Contaminated { .. })
    };
    // Without three days 21 runs are left of 30, without five 15.
    assert!(!contaminated(7.0));
    assert!(contaminated(5.0));
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(48))]
    #[test]
    fn more_runs_never_lower_the_gauge_of_runs(days in 1i64..12, runs in 0u32..5, more in 0u32..3, seed: u64) {
        let part = |runs: u32| {
            let progress = asked(&observed(0..days, true, seed, |_| Habits { runs, ..STEADY }), None);
            let part = progress.parts.iter().find(|part| part.requirement == Requirement::Runs);
            part.map_or(0.0, Part::share)
        };
        proptest::prop_assert!(part(runs + more) >= part(runs));
    }
}

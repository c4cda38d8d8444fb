use super::super::fixture::at;
use super::super::settings::UnusualPeriod;
use super::super::simulated::{Habits, STEADY, observed, runs, tool};
use super::*;

fn found(observation: &Observation, settings: &Settings) -> Vec<Contamination> {
    contaminations(observation, &runs(observation), |_| true, &[], settings)
}

/// Its name, its days, how often it is drawn, whether weekends are worked, and what is done.
type Work<'a> = (&'a str, i64, u64, bool, &'a dyn Fn(i64) -> Habits);

/// The promise: steady work is called contaminated once in a hundred times at most.
#[test]
fn steady_work_is_not_contaminated() {
    let weekly = |day: i64| match day.rem_euclid(7) {
        5 | 6 => Habits { tokens: 300.0, runs: 2, ..STEADY },
        // A report every Monday.
        0 => Habits { kinds: [1.0, 0.8, 0.5, 0.3, 0.1, 0.9], ..STEADY },
        _ => STEADY,
    };
    // The first of the month is busy with other work.
    let monthly = |day: i64| match day.rem_euclid(30) {
        0 => Habits { kinds: [0.1, 0.1, 0.0, 0.0, 0.5, 1.0], ..STEADY },
        _ => STEADY,
    };
    // Days that differ among each other for no reason.
    let moody = |day: i64| Habits { tokens: 600.0 + ((day * 7919) % 11) as f64 * 80.0, ..STEADY };
    let works: [Work<'_>; 5] = [
        ("two weeks", 14, 400, false, &|_| STEADY),
        ("weeks with weekends", 28, 200, true, &weekly),
        ("working weeks", 42, 100, false, &weekly),
        ("months", 100, 40, true, &monthly),
        ("moods", 30, 200, true, &moody),
    ];
    for (name, days, streams, weekends, habits) in works {
        let alarms: Vec<Contamination> = (0..streams)
            .flat_map(|seed| {
                let observation = observed(0..days, weekends, seed, habits);
                found(&observation, &Settings::default()).into_iter().next()
            })
            .collect();
        // One in a hundred, and three standard deviations.
        let most = 0.01 * streams as f64 + 3.0 * (0.0099 * streams as f64).sqrt();
        assert!(
            alarms.len() as f64 <= most,
            "{name}: {} of {streams}: {:#?}",
            alarms.len(),
            alarms.first()
        );
    }
}

/// An episode of these habits from day 10 of 28 on, that nobody declared.
#[track_caller]
fn check(days: i64, habits: Habits, is_right: impl Fn(&Statistic) -> bool) {
    let seeds = 20;
    let mut missed = Vec::new();
    for seed in 0..seeds {
        let usual = |day: i64| if (10..10 + days).contains(&day) { habits } else { STEADY };
        let observation = observed(0..28, true, seed, usual);
        let found = found(&observation, &Settings::default());
        let right = found.iter().find(|contamination| {
            let Because::Differs { statistic, .. } = &contamination.because else { return false };
            let off = |time: Timestamp, hours: f64| {
                (time.as_second() - at(hours).as_second()).abs() <= 86_400
            };
            is_right(statistic)
                && off(contamination.from, 240.0)
                && off(contamination.until, (10 + days) as f64 * 24.0)
                && contamination.false_alarm <= 0.01
                && contamination.runs + contamination.runs_left == contamination.of
        });
        if right.is_none() {
            missed.push((seed, found));
        }
    }
    assert!(missed.len() <= 2, "{missed:#?}");
}

#[test]
fn an_undeclared_episode_is_found() {
    // Another tool, another target, ten times the tokens, nightly work, thrice as many runs.
    let kinds = [1.0, 0.8, 0.5, 0.3, 0.1, 0.7];
    check(4, Habits { kinds, ..STEADY }, |found| {
        *found == Statistic::Kind(tool(5))
            || *found == Statistic::Target(tool(5))
            || *found == Statistic::Kinds
    });
    check(4, Habits { tokens: 10_000.0, ..STEADY }, |found| *found == Statistic::Tokens);
    check(4, Habits { hour: 0.0, ..STEADY }, |found| matches!(found, Statistic::From(_)));
    // A day has one number of runs: of fewer days than these no test could say so much.
    check(8, Habits { runs: 18, ..STEADY }, |found| *found == Statistic::Runs);
}

#[test]
fn a_lasting_change_is_no_episode() {
    for seed in 0..20 {
        let habits = |day: i64| Habits { tokens: if day < 20 { 1000.0 } else { 9000.0 }, ..STEADY };
        let found = found(&observed(0..28, true, seed, habits), &Settings::default());
        assert_eq!(found, [], "seed {seed}");
    }
}

#[test]
fn declared_periods_are_named_with_what_is_left() {
    let period = UnusualPeriod {
        from: at(24.0),
        until: at(72.0),
        because: "incident \u{1b}[31m42".to_owned(),
    };
    let settings = Settings { unusual_periods: vec![period], ..Settings::default() };
    let observation = observed(0..14, true, 1, |_| STEADY);
    let found = found(&observation, &settings);
    let [contamination] = found.as_slice() else { unreachable!("{found:#?}") };
    assert_eq!(contamination.because, Because::Declared("incident \\e[31m42".to_owned()));
    let figures = (contamination.runs, contamination.of, contamination.runs_left);
    assert_eq!((figures, contamination.days_left), ((12, 84, 72), 12));
    assert_eq!(
        contamination.sentence,
        "contaminated: 12 of 84 runs fall into a period declared unusual (incident \\e[31m42); \
         72 runs on 12 days are left without it"
    );
}

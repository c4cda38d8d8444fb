use super::super::fixture::{self, agent, observe};
use super::*;
use crate::domain::{Event, EventKind, Outcome};

/// `days` of sessions at nine and ten on working days, each with these acts.
fn usual(days: u32, acts: &[(EventKind, &str)]) -> Vec<Event> {
    let working = (0..days).filter(|day| day % 7 < 5);
    let starts = working.flat_map(|day| [9.0, 10.0].map(|hour| f64::from(day) * 24.0 + hour));
    starts.flat_map(|hours| run(&format!("usual-{hours}"), hours, acts)).collect()
}

fn run(id: &str, hours: f64, acts: &[(EventKind, &str)]) -> Vec<Event> {
    let act = |(number, (kind, target)): (usize, &(EventKind, &str))| {
        let start = hours + number as f64 / 3600.0;
        let mut event = fixture::event(&format!("{id}/{number}"), start, *kind);
        event.agent = Some(agent());
        event.session = Some(id.into());
        event.outcome = Some(Outcome::Success);
        match kind {
            EventKind::ToolCall => event.action = Some((*target).into()),
            _ => event.target = Some((*target).into()),
        }
        event
    };
    acts.iter().enumerate().map(act).collect()
}

/// The sentences of the patterns, and the check that each cites an event of its run.
#[track_caller]
fn check(events: &[Event], declared: Option<Cadence>, expected: &[&str]) {
    let settings = Settings::default();
    let mut reversed = events.to_vec();
    reversed.reverse();
    for events in [events, &reversed] {
        let observation = observe(events, &settings);
        // Network events belong to the host; its runs are asked with those of the agent.
        let runs: Vec<&Run> = match observation.runs_of(&agent()) {
            [] => observation.runs_of(&agent().host()).iter().collect(),
            runs => runs.iter().collect(),
        };
        let found = patterns(&observation, &runs, |_| true, declared, &settings);
        let sentences: Vec<&str> = found.iter().map(|pattern| pattern.sentence.as_str()).collect();
        assert_eq!(sentences, expected);
        for pattern in &found {
            assert!(pattern.run.is_none() || !pattern.events.is_empty(), "{pattern:#?}");
        }
    }
}

const TOOLS: &[(EventKind, &str)] =
    &[(EventKind::ToolCall, "search"), (EventKind::ToolCall, "reply")];

#[test]
fn usual_work_has_no_pattern() {
    check(&usual(28, TOOLS), None, &[]);
    check(&usual(28, TOOLS), Some(Cadence::Daily), &[]);
}

#[test]
fn runs_at_times_never_worked() {
    let mut events = usual(26, TOOLS);
    // The fourth Saturday, at three in the morning.
    events.extend(run("night", 26.0 * 24.0 + 3.0, TOOLS));
    check(
        &events,
        None,
        &[
            "run night began at 2026-03-28 03:00 UTC; none of 40 earlier runs over 26 days began \
             on Saturdays",
            "run night began at 2026-03-28 03:00 UTC; none of 40 earlier runs over 26 days began \
             within an hour of that time of day",
        ],
    );
    // In the first days nothing is known of the schedule.
    let mut events = usual(5, TOOLS);
    events.extend(run("night", 5.0 * 24.0 + 3.0, TOOLS));
    check(&events, None, &[]);
}

/// Requirement S1.17: "10x more external API calls than historical average".
#[test]
fn ten_times_more_external_api_calls_than_historical_average() {
    let api = (EventKind::Egress, "api.example.com:443/tcp");
    let usual = usual(21, &[api, api]);
    let burst = |calls: usize| {
        let mut events = usual.clone();
        events.extend(run("burst", 21.0 * 24.0 + 9.0, &vec![api; calls]));
        events
    };
    check(&burst(19), None, &[]);
    check(
        &burst(20),
        None,
        &[
            "run burst: calls of egress: api.example.com:443/tcp per run 20.0, 10.0 times the average \
             of 2.0 over 30 earlier runs",
            "run burst: calls per run 20.0, 10.0 times the average of 2.0 over 30 earlier runs",
            "run burst: external calls per run 20.0, 10.0 times the average of 2.0 over 30 earlier runs",
        ],
    );
}

#[test]
fn a_new_destination_of_a_known_agent() {
    let api = (EventKind::Egress, "api.example.com:443/tcp");
    let mut events = usual(21, &[api]);
    let acts = [api, (EventKind::Egress, "paste.example.net:443/tcp")];
    events.extend(run("leak", 21.0 * 24.0 + 9.0, &acts));
    check(
        &events,
        None,
        &[
            "egress: paste.example.net/tcp is new: 30 earlier runs used 1 destinations, and a new one \
           was expected with a probability of 0.0 %",
        ],
    );
}

#[test]
fn the_same_models_in_another_order() {
    let (small, large) = ((EventKind::ModelLoad, "small"), (EventKind::ModelLoad, "large"));
    let mut events = usual(21, &[small, large]);
    events.extend(run("odd", 21.0 * 24.0 + 9.0, &[large, small]));
    check(
        &events,
        None,
        &[
            "run odd: model: large, then model: small; 30 earlier runs used the same models in 1 other \
           order",
        ],
    );
}

#[test]
fn work_that_is_missed_or_doubled() {
    let weekly = |days: &[u32]| -> Vec<Event> {
        let hours = days.iter().map(|day| f64::from(*day) * 24.0 + 9.0);
        hours.flat_map(|hours| run(&format!("r{hours}"), hours, TOOLS)).collect()
    };
    check(&weekly(&[0, 7, 14, 21]), None, &[]);
    check(
        &weekly(&[0, 7, 14, 28, 35, 42, 49, 56]),
        None,
        &[
            "weekly work was due around 2026-03-23 and did not come: 14 days without any, at most 8 \
           after 3 times before",
        ],
    );
    check(
        &weekly(&[0, 7, 14, 17, 24, 31, 38]),
        None,
        &["weekly work came again on 2026-03-19, 3 days after the last time"],
    );
    // Up to the end of the observation: another agent still works.
    let mut events = weekly(&[0, 7, 14]);
    let mut other = fixture::event("other", 40.0 * 24.0, EventKind::ToolCall);
    other.agent = Some(agent().host().with_inner("other"));
    events.push(other);
    check(
        &events,
        Some(Cadence::Weekly),
        &[
            "weekly work was due around 2026-03-23 and did not come: 26 days without any, at most 8 \
           after 3 times before",
        ],
    );
}

use super::super::fixture::{self, agent, at, observe};
use super::super::{Affected, Cadence, Facet, convergence};
use super::*;
use crate::domain::{Event, GapType, Outcome, Plane};

/// The everyday sessions of the mail desk, a few kinds of work in turn.
const ROUTINE: &[&[&str]] = &[
    &["read_inbox", "search_orders", "send_reply"],
    &["read_inbox", "search_orders", "search_orders", "send_reply"],
    &["read_inbox", "get_customer", "search_orders", "send_reply"],
    &["read_inbox", "get_customer", "export_report"],
    &["read_inbox", "fetch_page", "send_reply"],
];

/// `days` of routine, five sessions a day from nine in the morning on.
fn routine(days: u32) -> Vec<Event> {
    let mut events = Vec::new();
    for day in 0..days {
        for (number, tools) in ROUTINE.iter().enumerate() {
            let hours = f64::from(day) * 24.0 + 9.0 + number as f64;
            events.extend(fixture::session(&format!("d{day}-{number}"), hours, tools));
        }
    }
    events
}

fn judged(events: &[Event]) -> Vec<Deviation> {
    let settings = Settings::default();
    deviations(&observe(events, &settings), &agent(), &[], &settings)
}

#[track_caller]
fn find<'d>(deviations: &'d [Deviation], run: &str) -> &'d Deviation {
    deviations
        .iter()
        .find(|deviation| deviation.run == run)
        .unwrap_or_else(|| unreachable!("no deviation of {run} among {deviations:#?}"))
}

#[test]
fn routine_raises_no_alert() {
    let found = judged(&routine(21));
    assert!(found.iter().all(|deviation| deviation.level != Level::Alert), "{found:#?}");
}

/// Requirement S0.17: every tool is permitted and known, the sequence is not. The page that was
/// fetched told the agent to export the customers.
#[test]
fn an_injected_sequence_of_permitted_tools_alerts() {
    let mut events = routine(14);
    let tools = ["read_inbox", "fetch_page", "get_customer", "export_report", "send_reply"];
    events.extend(fixture::session("injected", 14.0 * 24.0 + 10.0, &tools));
    let found = judged(&events);
    let injected = find(&found, "injected");
    assert_eq!(injected.level, Level::Alert, "{injected:#?}");
    assert!(injected.p <= 0.05 && injected.n >= 19);
    assert!(injected.sentence.contains("export_report"), "{}", injected.sentence);
    assert!(injected.terms.iter().all(|term| !term.events.is_empty()), "{injected:#?}");
    let expected = Signals { kernel_or_api: false, tool_call: true, prompt_context: true };
    assert_eq!(injected.signals, expected);

    // A request of the host's service account inside the run completes the three signals.
    let during = 14.0 * 24.0 + 10.0 + 2.5 / 60.0;
    events.push(fixture::request("api", during, "list", "secrets", "agents/"));
    let signals = find(&judged(&events), "injected").signals;
    assert!(signals.kernel_or_api && signals.tool_call && signals.prompt_context);
}

/// Requirement S0.18: the work changed for good. One report, not one alert per run.
#[test]
fn a_lasting_change_of_work_is_one_shift() {
    let mut events = routine(14);
    for day in 14..24 {
        for number in 0..4 {
            let id = format!("new-{day}-{number}");
            let hours = f64::from(day) * 24.0 + 9.0 + f64::from(number);
            let tools = ["read_inbox", "get_customer", "search_orders", "issue_refund"];
            events.extend(fixture::session(&id, hours, &tools));
        }
    }
    let found = judged(&events);
    let shifts: Vec<_> = found.iter().filter(|d| d.level == Level::Shift).collect();
    assert_eq!(shifts.len(), 1, "{found:#?}");
    let shift = shifts.first().and_then(|deviation| deviation.shift.as_ref()).expect("a shift");
    assert_eq!(day(shift.from), day(at(14.0 * 24.0)));
    assert!(shift.runs >= 10);
    assert!(found.iter().all(|deviation| deviation.level != Level::Alert), "{found:#?}");
}

/// Requirement S1.17: ten times more external API calls than the historical average.
#[test]
fn ten_times_the_calls_alert() {
    let mut events = routine(14);
    let tools: Vec<&str> =
        std::iter::once("read_inbox").chain(std::iter::repeat_n("search_orders", 15)).collect();
    events.extend(fixture::session("burst", 14.0 * 24.0 + 10.0, &tools));
    let found = judged(&events);
    let burst = find(&found, "burst");
    assert_eq!(burst.level, Level::Alert, "{burst:#?}");
    assert!(burst.terms.iter().any(|term| term.what.contains("times the average")), "{burst:#?}");
}

/// Requirement S2.21: on day 3 there is no verdict, and the date on which there will be one.
#[test]
fn day_three_is_not_converged_with_its_date() {
    let mut events = routine(3);
    events.extend(fixture::session("odd", 60.0, &["read_inbox", "export_report", "send_reply"]));
    let settings = Settings::default();
    let observation = observe(&events, &settings);
    let state = convergence(
        &observation,
        &agent(),
        Discipline::Behavior,
        GapType::Anomaly,
        None,
        &settings,
    );
    let Sufficiency::NotConverged { until: Some(until), .. } = state.sufficiency else {
        unreachable!("{state:#?}");
    };
    assert_eq!(day(until), day(at(0.0)) + 7);
    let found = deviations(&observation, &agent(), &[], &settings);
    let odd = find(&found, "odd");
    assert_eq!(odd.level, Level::NotConverged);
    assert!(odd.sentence.contains("cannot be judged before 2026-03-09"), "{}", odd.sentence);
}

#[test]
fn few_runs_never_alert_however_long_they_took() {
    let mut events = Vec::new();
    for day in 0..15 {
        let id = format!("d{day}");
        events.extend(fixture::session(&id, f64::from(day) * 24.0, &["read_inbox", "send_reply"]));
    }
    events.extend(fixture::session("odd", 400.0, &["drop_tables", "send_reply", "read_inbox"]));
    let found = judged(&events);
    assert!(found.iter().all(|deviation| deviation.level == Level::NotConverged), "{found:#?}");
}

#[test]
fn another_kind_of_work_is_unfamiliar() {
    let mut events = routine(14);
    let tools = ["read_inbox", "plan_route", "book_hotel", "book_flight"];
    events.extend(fixture::session("travel", 14.0 * 24.0 + 10.0, &tools));
    assert_eq!(find(&judged(&events), "travel").level, Level::Unfamiliar);
}

/// The daily API activity of a host workload, over a month of routine.
fn month_of_requests() -> Vec<Event> {
    let mut events = Vec::new();
    for day in 0..30 {
        for number in 0..20 {
            let id = format!("{day}-{number}");
            let hours = f64::from(day) * 24.0 + f64::from(number) / 4.0 + 8.0;
            // Every day brings new pods, which is no news.
            let pod = format!("agents/worker-{day}-{number}");
            events.push(fixture::request(&id, hours, "get", "pods", &pod));
            events.push(fixture::request(
                &format!("l{id}"),
                hours,
                "list",
                "configmaps",
                "agents/",
            ));
        }
    }
    events
}

fn judged_requests(more: Vec<Event>) -> Vec<Deviation> {
    let events: Vec<Event> = month_of_requests().into_iter().chain(more).collect();
    let settings = Settings::default();
    deviations(&observe(&events, &settings), &agent().host(), &[], &settings)
}

#[test]
fn identity_deviates_by_first_use_refusals_and_volume() {
    assert_eq!(judged_requests(Vec::new()), [], "routine is clear");

    let day = 30.0 * 24.0 + 9.0;
    let secret = fixture::request("x", day, "get", "secrets", "agents/billing-db");
    let found = judged_requests(vec![secret.clone()]);
    let first_use = find(&found, "day:2026-04-01");
    assert_eq!((first_use.level, first_use.discipline), (Level::Alert, Discipline::Identity));
    assert_eq!(first_use.capabilities, [secret.capability().expect("a request")]);

    let mut refused = fixture::request("r", day, "list", "configmaps", "agents/");
    refused.decision = Some(crate::domain::Decision::Deny);
    let found = judged_requests(vec![refused]);
    assert!(find(&found, "day:2026-04-01").sentence.contains("was refused"), "{found:#?}");

    let burst = (0..400).map(|number| {
        let hours = day + f64::from(number) / 1000.0;
        fixture::request(&format!("b{number}"), hours, "list", "configmaps", "agents/")
    });
    let found = judged_requests(burst.collect());
    let burst = find(&found, "day:2026-04-01");
    assert!(burst.sentence.contains("20 times the average of 30 earlier runs"), "{found:#?}");
}

#[test]
fn untrusted_arguments_and_new_shapes_are_named() {
    let with_params = |mut events: Vec<Event>, params: &str| {
        for event in events.iter_mut().filter(|event| event.action == Some("send_reply".into())) {
            event.params = Some(params.into());
        }
        events
    };
    let usual = r#"{"arguments":{"to":"a@b.ch"},"origin":"user_input"}"#;
    let odd = r#"{"arguments":{"to":"a@b.ch","bcc":"x@y.ru"},"origin":"tool_output"}"#;
    let mut events = with_params(routine(14), usual);
    let session = fixture::session("odd", 14.0 * 24.0 + 10.0, ROUTINE[0]);
    events.extend(with_params(session, odd));
    let found = judged(&events);
    let odd = find(&found, "odd");
    assert_eq!(odd.level, Level::Alert);
    let told: String = odd.terms.iter().map(|term| term.what.as_str()).collect();
    assert!(told.contains("untrusted content") && told.contains("bcc:email"), "{told}");
}

#[test]
fn rebaseline_and_unusual_periods_are_honoured() {
    let events = routine(14);
    let mut settings = Settings::default();
    let state = |settings: &Settings| {
        let observation = observe(&events, settings);
        let gap = GapType::Anomaly;
        convergence(&observation, &agent(), Discipline::Behavior, gap, None, settings).sufficiency
    };
    assert_eq!(state(&settings), Sufficiency::Converged);
    settings.rebaseline.insert(agent().stored(), at(12.0 * 24.0));
    assert!(matches!(state(&settings), Sufficiency::NotConverged { .. }));
    settings.rebaseline.clear();
    settings.unusual_periods.push(super::super::UnusualPeriod {
        from: at(0.0),
        until: at(10.0 * 24.0),
        because: "migration".to_owned(),
    });
    assert_eq!(state(&settings), Sufficiency::Contaminated { because: "migration".to_owned() });
}

#[test]
fn a_cadence_asks_for_two_cycles() {
    let settings = Settings::default();
    let observation = observe(&routine(14), &settings);
    let state = |cadence, gap, discipline| {
        convergence(&observation, &agent(), discipline, gap, cadence, &settings).sufficiency
    };
    let (latent, behavior) = (GapType::Latent, Discipline::Behavior);
    assert_eq!(state(None, latent, behavior), Sufficiency::Converged);
    assert!(matches!(
        state(Some(Cadence::Monthly), latent, behavior),
        Sufficiency::NotConverged { until: Some(_), .. }
    ));
    assert_eq!(state(Some(Cadence::Weekly), latent, Discipline::Model), Sufficiency::Converged);
    assert_eq!(state(None, GapType::HiddenScope, behavior), Sufficiency::Converged);
    assert_eq!(state(None, GapType::Anomaly, Discipline::Identity), Sufficiency::Empty);
    let nobody = AgentKey::new("", "", "nobody");
    let empty = convergence(&observation, &nobody, behavior, latent, None, &settings);
    assert_eq!(empty.sufficiency, Sufficiency::Empty);
}

#[test]
fn equal_scores_are_equally_unusual() {
    assert_eq!(p_value(&[], 1.0), 1.0);
    assert_eq!(p_value(&[1.0; 19], 1.0), 1.0);
    assert_eq!(p_value(&[1.0; 19], 2.0), 0.05);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(32))]

    #[test]
    fn p_is_a_probability(mut scores in proptest::collection::vec(-1e9f64..1e9, 0..50), score: f64) {
        scores.sort_by(f64::total_cmp);
        let p = p_value(&scores, score);
        proptest::prop_assert!(p > 0.0 && p <= 1.0);
    }

    #[test]
    fn any_events_are_judged_alike_in_any_order(
        seeds in proptest::collection::vec((0u32..40, 0u32..60, 0u8..8, 0u8..4, proptest::bool::ANY), 0..120)
    ) {
        let mut events: Vec<Event> = seeds
            .iter()
            .enumerate()
            .map(|(number, (day, minute, kind, session, fails))| {
                let hours = f64::from(*day) * 24.0 + f64::from(*minute) / 60.0;
                let name = format!("tool_{kind}");
                let mut event = match kind % 3 {
                    0 => fixture::request(&number.to_string(), hours, "get", "pods", &name),
                    _ => fixture::tool(&number.to_string(), hours, &name),
                };
                if *session > 0 {
                    event.session = Some(format!("{day}-{session}").into());
                }
                if *fails {
                    event.outcome = Some(Outcome::Failure);
                }
                event
            })
            .collect();
        let settings = Settings { min_runs: 3, ..Settings::default() };
        let forwards = observe(&events, &settings);
        for agent in forwards.agents.keys() {
            for deviation in deviations(&forwards, agent, &[], &settings) {
                proptest::prop_assert!(deviation.p > 0.0 && deviation.p <= 1.0);
                proptest::prop_assert!(deviation.score.is_finite() && deviation.score >= 0.0);
            }
            for discipline in [Discipline::Model, Discipline::Identity, Discipline::Behavior] {
                for gap in [GapType::Latent, GapType::HiddenScope, GapType::Anomaly] {
                    let state = convergence(&forwards, agent, discipline, gap, None, &settings);
                    proptest::prop_assert!((0.0..=1.0).contains(&state.unseen));
                }
            }
        }
        let counts = |observation: &Observation| -> Vec<(String, u64, u64, u64)> {
            let row = |e: &crate::domain::Exercise| {
                (e.capability.visible(), e.count, e.refused, e.undecided)
            };
            observation.exercises.iter().map(row).collect()
        };
        events.reverse();
        proptest::prop_assert_eq!(counts(&forwards), counts(&observe(&events, &settings)));
    }
}

/// Design §3.4: a change of model begins the baseline of its tools anew, and no other.
#[test]
fn a_change_of_model_begins_anew_what_it_affects() {
    let mut events = routine(14);
    let tools = ["read_inbox", "fetch_page", "get_customer", "export_report", "send_reply"];
    events.extend(fixture::session("injected", 14.0 * 24.0 + 10.0, &tools));
    let settings = Settings::default();
    let observation = observe(&events, &settings);
    let level = |planes: &[Plane]| {
        let segment = Segment {
            agent: agent(),
            facet: Facet::Model,
            was: vec!["gpt-4.1".into()],
            became: vec!["opus".into()],
            at: at(13.0 * 24.0),
            runs: 6,
            affects: Affected { planes: planes.to_vec(), tools: None },
            progress: Vec::new(),
            events: Vec::new(),
            sentence: String::new(),
        };
        let found = deviations(&observation, &agent(), &[segment], &settings);
        find(&found, "injected").level
    };
    assert_eq!(level(&[Plane::Tools, Plane::Delegation, Plane::Models]), Level::NotConverged);
    assert_eq!(level(&[Plane::Kubernetes]), Level::Alert);
}

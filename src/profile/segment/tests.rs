use super::super::convergence::progress;
use super::super::fixture::{self, agent, at, observe};
use super::super::kind::KindId;
use super::super::random::Random;
use super::super::setup::Setup;
use super::super::simulated::{STEADY, observed};
use super::*;

/// Steady work over these days, every run with one call of the model that `model` names.
fn with_models(days: i64, model: impl Fn(usize, &mut Random) -> &'static str) -> Observation {
    let mut observation = observed(0..days, true, 7, |_| STEADY);
    let mut random = Random::new(7);
    let mut names: Vec<&str> = Vec::new();
    let first = observation.kinds.len();
    for (number, run) in observation.runs.values_mut().flatten().enumerate() {
        let name = model(number, &mut random);
        let at = names.iter().position(|known| *known == name).unwrap_or_else(|| {
            names.push(name);
            names.len() - 1
        });
        let event = EventId::of("model", &[run.id.raw()]);
        let kind = KindId(u32::try_from(first + at).expect("few"));
        let tally = super::super::run::Tally { calls: 2, refused: 0, effect: None, sample: event };
        run.tally.insert(kind, tally);
    }
    let models =
        names.into_iter().map(|name| Capability::Model { name: name.into(), digest: None });
    observation.kinds.extend(models);
    observation
}

/// The sentences of the segments.
#[track_caller]
fn check(observation: &Observation, expected: &[&str]) -> Vec<Segment> {
    let found = segments(observation, &agent(), None, &Settings::default());
    let sentences: Vec<&str> = found.iter().map(|segment| segment.sentence.as_str()).collect();
    assert_eq!(sentences, expected);
    found
}

#[test]
fn a_model_swap_is_one_statement() {
    let swapped = with_models(20, |run, _| if run < 106 { "gpt-4.1" } else { "opus" });
    let found =
        check(&swapped, &["model changed from gpt-4.1 to opus on 2026-03-19; 14 runs since"]);
    let [segment] = found.as_slice() else { unreachable!("{found:#?}") };
    // Tools and models begin anew; what the identity may do does not.
    let secret = Capability::Kubernetes {
        verb: "get".into(),
        group: "".into(),
        resource: "secrets".into(),
        namespace: None,
        name: None,
    };
    let tool = super::super::simulated::tool(0);
    assert_eq!((segment.affects.covers(&tool), segment.affects.covers(&secret)), (true, false));
    assert_eq!(begins_anew(&found, &[&tool]), [segment.at]);
    assert_eq!(begins_anew(&found, &[&tool, &secret]), []);
    let behavior =
        segment.progress.iter().find(|p| p.convergence.discipline == Discipline::Behavior);
    assert_eq!(behavior.map(|progress| progress.convergence.runs), Some(14));
    assert!(behavior.is_some_and(|progress| progress.expected.is_some()));
    // There and back again, and none at all.
    check(
        &with_models(20, |run, _| if (40..80).contains(&run) { "b" } else { "a" }),
        &[
            "model changed from a to b on 2026-03-08; 80 runs since",
            "model changed from b to a on 2026-03-15; 40 runs since",
        ],
    );
    check(&with_models(20, |run, _| if run == 60 { "b" } else { "a" }), &[]);
}

/// A router that picks a model for each run is no change.
#[test]
fn models_used_in_turn_are_no_change() {
    for share in [0.1, 0.5] {
        let mixed = with_models(30, |_, random| if random.uniform() < share { "b" } else { "a" });
        check(&mixed, &[]);
    }
}

#[test]
fn steady_mixtures_are_split_in_at_most_one_of_a_hundred() {
    let (a, b) = (Text::from("a"), Text::from("b"));
    let streams = 2000;
    let alarms = (0..streams).filter(|seed| {
        let mut random = Random::new(*seed);
        let share = random.uniform();
        let labels: Vec<&Text> =
            (0..80).map(|_| if random.uniform() < share { &a } else { &b }).collect();
        !changes(&labels).is_empty()
    });
    // One in a hundred, and three standard deviations.
    assert!(alarms.count() <= 33);
}

#[test]
fn instructions_and_images_open_segments_of_what_they_affect() {
    let mut observation = observed(0..14, true, 1, |_| STEADY);
    let setup = |hours: f64, value: &str| Setup {
        at: at(hours),
        event: EventId::of("setup", &[value]),
        value: value.into(),
    };
    let facets = BTreeMap::from([
        (Facet::Instructions, vec![setup(0.0, "v1"), setup(240.0, "v2")]),
        (Facet::Image, vec![setup(0.0, "sha256:a"), setup(264.0, "sha256:b")]),
    ]);
    observation.setups.insert(agent(), facets);
    let found = check(
        &observation,
        &[
            "instructions changed from v1 to v2 on 2026-03-12; 24 runs since",
            "image changed from sha256:a to sha256:b on 2026-03-13; 18 runs since",
        ],
    );
    let disciplines: Vec<Vec<Discipline>> = found
        .iter()
        .map(|segment| segment.progress.iter().map(|p| p.convergence.discipline).collect())
        .collect();
    let all = vec![Discipline::Model, Discipline::Identity, Discipline::Behavior];
    assert_eq!(disciplines, [vec![Discipline::Behavior], all]);
}

#[test]
fn only_the_tools_that_changed_begin_anew() {
    let mut events = fixture::session("work", 9.0, &["search", "reply"]);
    for (hours, tools) in
        [(1.0, &[("search", "1"), ("reply", "1")][..]), (30.0, &[("search", "2"), ("export", "1")])]
    {
        for (name, digest) in tools {
            let mut event =
                fixture::event(&format!("{hours}{name}"), hours, crate::domain::EventKind::Catalog);
            event.agent = Some(agent());
            event.session = Some(hours.to_string().as_str().into());
            event.action = Some((*name).into());
            event.target = Some("desk".into());
            event.target_kind = Some((*digest).into());
            events.push(event);
        }
    }
    events.extend(fixture::session("later", 33.0, &["search"]));
    let found = check(
        &observe(&events, &Settings::default()),
        &[
            "tools reply were taken away and export, search added or redefined on 2026-03-03; 1 run since",
        ],
    );
    let covers = |name: &str| {
        let tool = Capability::Tool { server: None, name: name.into() };
        found.iter().any(|segment| segment.affects.covers(&tool))
    };
    assert!(covers("search") && covers("export") && !covers("other"));
}

#[test]
fn the_old_baseline_keeps_what_did_not_change() {
    let swapped = with_models(20, |run, _| if run < 106 { "a" } else { "b" });
    let agent = agent();
    let question = Question::new(&agent, Discipline::Behavior, GapType::Anomaly);
    assert!(progress(&swapped, &question, &Settings::default()).convergence.is_converged());
}

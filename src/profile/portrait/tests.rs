//! A portrait as a whole: merging, order, its bound, and what comparing finds.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::domain::{Capability, Event, EventId, EventKind, Text};
use crate::profile::fixture::{self, agent, at, observe, session, tool};
use crate::profile::portrait::count_min::OVERESTIMATE;
use crate::profile::portrait::distinct::STANDARD_ERROR;
use crate::profile::portrait::frequencies::{KEPT, Occurrence};
use crate::profile::portrait::hash::Hash;
use crate::profile::{Amounts, Call, KindId, Run, Settings, Span, Tally};

/// Numbers that look random.
fn draw(seed: u64, number: u64) -> u64 {
    Hash { high: seed, low: 0 }.mixed(number)
}

/// Events of every kind that tells something, over a vocabulary of `names`.
fn events(seed: u64, count: u64, names: u64) -> Vec<Event> {
    let kinds = [
        EventKind::ToolCall,
        EventKind::ModelCall,
        EventKind::Egress,
        EventKind::IdentityHop,
        EventKind::K8sApi,
    ];
    let event = |number: u64| {
        let drawn = |what: u64| draw(seed, number * 16 + what);
        let name = |what: u64| Some(Text::from(format!("n{}", drawn(what) % names)));
        let kind = kinds[(drawn(0) % 5) as usize];
        let hours = (drawn(1) % 5000) as f64 / 10.0;
        let mut event = fixture::event(&format!("{seed}/{number}"), hours, kind);
        (event.action, event.target, event.model) = (name(2), name(3), name(4));
        (event.principal, event.on_behalf_of) = (name(5), name(6));
        event.credential_id = name(7);
        event.tokens_in = (drawn(8) % 2 == 0).then(|| drawn(9) % 10_000);
        event.bytes = Some(drawn(10) % 10_000);
        event.duration = Some((drawn(11) % 10_000_000) as i64);
        event.params = Some(
            format!(
                r#"{{"arguments":{{"a{}":1}},"origins":[{{"at":"/a","origin":"tool_output","tool":"t{}"}}]}}"#,
                drawn(12) % names,
                drawn(13) % names
            )
            .into(),
        );
        event
    };
    (0..count).map(event).collect()
}

fn kinds(names: u64) -> Vec<Capability> {
    (0..names)
        .map(|number| match number % 7 {
            6 => Capability::Model { name: format!("m{number}").into(), digest: None },
            0 => Capability::Tool { server: None, name: format!("send_{number}").into() },
            _ => Capability::Tool { server: None, name: format!("get_{number}").into() },
        })
        .collect()
}

fn run(seed: u64, number: u64, calls: &[(u64, u64)]) -> Run {
    let start = at((draw(seed, number) % 500) as f64);
    let mut tally: BTreeMap<KindId, Tally> = BTreeMap::new();
    let sample = EventId::of("run", &[&number.to_string()]);
    let calls = calls.iter().map(|(kind, target)| {
        let kind = KindId(*kind as u32);
        let counted =
            tally.entry(kind).or_insert(Tally { calls: 0, refused: 0, effect: None, sample });
        counted.calls += 1;
        Call {
            time: start,
            kind,
            event: sample,
            effect: None,
            target: Some(format!("t{target}").into()),
            shape: None,
            arguments: Default::default(),
            from_untrusted: None,
            refused: false,
        }
    });
    let calls: Vec<Call> = calls.collect();
    Run {
        agent: agent(),
        id: format!("{seed}/{number}").into(),
        span: Span::Session,
        trace: None,
        start,
        end: start,
        events: calls.len() as u64,
        calls,
        tally,
        prompt: number.is_multiple_of(2).then_some(sample),
        asked: Default::default(),
        kernel_or_api: false,
        amounts: Amounts::default(),
    }
}

fn runs(seed: u64, count: u64, names: u64) -> Vec<Run> {
    let calls = |number: u64| -> Vec<(u64, u64)> {
        let length = draw(seed, number) % 6;
        let call = |call: u64| {
            let drawn = draw(seed ^ 1, number * 8 + call);
            (drawn % names, (drawn >> 32) % names)
        };
        (0..length).map(call).collect()
    };
    (0..count).map(|number| run(seed, number, &calls(number))).collect()
}

fn learned<'a>(
    events: impl IntoIterator<Item = &'a Event>,
    runs: impl IntoIterator<Item = &'a Run>,
    kinds: &[Capability],
) -> Portrait {
    let vocabulary = Vocabulary::new(kinds);
    let mut portrait = Portrait::default();
    events.into_iter().for_each(|event| portrait.learn_event(event));
    runs.into_iter().for_each(|run| portrait.learn_run(run, &vocabulary));
    portrait
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// With few names everything is exact, with many everything overflows.
    #[test]
    fn merging_in_any_order_is_learning_from_the_union(
        seed in any::<u64>(),
        count in 0u64..1500,
        names in prop_oneof![Just(4u64), Just(40), Just(2000)],
        parts in 1u64..5,
    ) {
        let (mut events, mut runs) = (events(seed, count, names), runs(seed, count / 4, names));
        let kinds = kinds(names);
        let whole = learned(&events, &runs, &kinds);
        let part = |id: &[u8], wanted: u64| {
            id.iter().fold(seed, |mixed, byte| draw(mixed, u64::from(*byte))) % parts == wanted
        };
        let mut portraits: Vec<Portrait> = (0..parts).map(|wanted| learned(
            events.iter().filter(|event| part(event.id.as_bytes(), wanted)),
            runs.iter().filter(|run| part(run.id.raw().as_bytes(), wanted)),
            &kinds,
        )).collect();
        let mut backwards = Portrait::default();
        portraits.iter().rev().for_each(|portrait| backwards.merge(portrait));
        prop_assert_eq!(&backwards, &whole);
        let mut forwards = portraits.remove(0);
        portraits.iter().for_each(|portrait| forwards.merge(portrait));
        prop_assert_eq!(&forwards, &whole);

        events.sort_by_key(|event| event.id);
        runs.reverse();
        prop_assert_eq!(&learned(&events, &runs, &kinds), &whole);

        let written = serde_json::to_string(&whole).expect("JSON");
        let read: Portrait = serde_json::from_str(&written).expect("its own JSON");
        prop_assert_eq!(&read, &whole);
        prop_assert_eq!(serde_json::to_string(&read).expect("JSON"), written);
    }

    #[test]
    fn counts_are_exact_or_within_the_bounds_of_the_papers(seed in any::<u64>(), names in 1u64..1500) {
        let mut frequencies = Frequencies::default();
        let mut exact: BTreeMap<Item, u64> = BTreeMap::new();
        let once = |seed| Occurrence { seed, times: 1, first: at(0.0), last: at(0.0) };
        // A fifth of all is one item, the rest is spread evenly.
        let total = 5 * names;
        for number in 0..total {
            let name = if number % 5 == 0 { 0 } else { number % names };
            let item = Item::plain(format!("{seed}/{name}").into());
            *exact.entry(item.clone()).or_default() += 1;
            frequencies.add(item, once(draw(seed, number)));
        }
        let is_exact = exact.len() <= KEPT;
        prop_assert_eq!(frequencies.is_exact(), is_exact);
        prop_assert_eq!(frequencies.total(), total);
        let distinct = exact.len() as f64;
        let error = (frequencies.distinct() as f64 - distinct).abs();
        let allowed = if is_exact { 0.0 } else { 5.0 * STANDARD_ERROR * distinct };
        prop_assert!(error <= allowed);
        let most = frequencies.most_frequent(1).first().map(|(item, _)| (*item).clone());
        let expected = exact.iter().max_by_key(|(_, times)| **times).map(|(item, _)| item.clone());
        // With a share of a fifth it is lost once in 10^24.
        prop_assert!(most == expected || names < 20);
        let mut beyond = 0;
        for item in frequencies.items() {
            let (estimate, times) = (frequencies.times(item), exact[item]);
            prop_assert!(estimate >= times && (!is_exact || estimate == times));
            beyond += usize::from((estimate - times) as f64 > OVERESTIMATE * total as f64);
        }
        prop_assert!(beyond as f64 <= 0.05 * KEPT as f64, "{beyond}");
    }
}

#[test]
fn memory_is_bounded_whatever_comes() {
    let mut flood = events(7, 30_000, 1_000_000);
    for (number, event) in flood.iter_mut().enumerate() {
        let long = |what: &str| Some(Text::from(format!("{number}{what}").repeat(60)));
        (event.action, event.target, event.model) = (long("a"), long("é"), long("m"));
        (event.principal, event.credential_id) = (long("p"), long("c"));
        event.bytes = Some(draw(1, number as u64));
    }
    let portrait = learned(&flood, &runs(7, 5000, 5000), &kinds(5000));
    assert!(portrait.bytes() <= Portrait::MOST_BYTES, "{}", portrait.bytes());
    assert!(portrait.bytes() > Portrait::MOST_BYTES / 8, "the bound says something");
    let credentials = portrait.frequencies(Part::Credentials).expect("credentials");
    assert!(credentials.distinct() > 25_000 && credentials.items().count() == KEPT);
}

fn listed(portrait: &Portrait, part: Part) -> String {
    let frequencies = portrait.frequencies(part).expect("something recorded");
    let items = frequencies.items().map(|item| {
        format!("{}>{}={}", item.given.raw(), item.what.raw(), frequencies.times(item))
    });
    items.collect::<Vec<_>>().join(" ").replace("tool: ", "")
}

#[test]
fn a_run_tells_its_order_by_hand() {
    let tools = |names: &[&str]| -> Vec<Capability> {
        let tool = |name: &&str| Capability::Tool { server: None, name: (*name).into() };
        names.iter().map(tool).collect()
    };
    let kinds = tools(&["get_a", "get_b", "send_c"]);
    let run = run(1, 0, &[(0, 1), (1, 1), (0, 2), (2, 1)]);
    let portrait = learned(&[], [&run], &kinds);
    for (part, expected) in [
        (Part::Calls, ">get_a=2 >get_b=1 >send_c=1"),
        (Part::Runs, ">get_a=1 >get_b=1 >send_c=1"),
        (Part::Transitions, ">get_a=1 get_a>get_b=1 get_a>send_c=1 get_b>get_a=1 send_c>=1"),
        (Part::EarlierThanWrites, "send_c>get_a=1 send_c>get_b=1"),
        (Part::Targets, "get_a>t1=1 get_a>t2=1 get_b>t1=1 send_c>t1=1"),
        (Part::Prompts, "get_a>with a prompt=2 get_b>with a prompt=1 send_c>with a prompt=1"),
    ] {
        assert_eq!(listed(&portrait, part), expected, "{part}");
    }
    let median = |amount| portrait.amount(amount).and_then(|of| of.quantile(0.5));
    assert_eq!(median(Amount::CallsPerRun), Some(4));
    assert_eq!(median(Amount::WritesPerRun), Some(1));
    assert_eq!(median(Amount::TokensIn), None, "not recorded is not zero");

    let [matrix] = TransitionMatrix::of([&portrait], 2);
    assert_eq!(matrix.kinds.len(), 2);
    let counts: Vec<Vec<u64>> =
        matrix.rows.iter().map(|row| row.iter().map(|cell| cell.count).collect()).collect();
    // Rows start, get_a, get_b, others; columns end, get_a, get_b, others.
    assert_eq!(counts, [[0, 1, 0, 0], [0, 0, 1, 1], [0, 1, 0, 0], [1, 0, 0, 0]]);
}

/// Days of three sessions each, which call `tools`.
fn days(first: u64, count: u64, tools: &[&str]) -> Portrait {
    let mut events = Vec::new();
    for day in first..first + count {
        for hour in [9.0, 11.0, 15.0] {
            events.extend(session(&format!("{day}/{hour}"), day as f64 * 24.0 + hour, tools));
        }
    }
    let observation = observe(&events, &Settings::default());
    learned(&events, observation.runs_of(&agent()), &observation.kinds)
}

fn first(comparison: &Comparison) -> &AspectComparison {
    comparison.aspects.first().expect("aspects are never missing")
}

#[test]
fn the_same_work_is_as_before() {
    let (then, now) = (days(0, 14, &["read", "send"]), days(14, 14, &["read", "send"]));
    let comparison = compare(&then, &now);
    for aspect in &comparison.aspects {
        assert!(aspect.difference.excess().is_none_or(|excess| excess <= 0.0), "{aspect:?}");
    }
    assert_eq!((comparison.then.active_days, comparison.then.runs), (14, 42));
}

/// Requirement S1.17: ten times as many calls as the historical average.
#[test]
fn ten_times_the_volume_comes_first() {
    let then = days(0, 28, &["read", "send"]);
    let now = days(28, 7, &["read", "send"].repeat(10));
    let comparison = compare(&then, &now);
    let volume =
        comparison.aspects.iter().find(|of| of.aspect == Aspect::Sizes(Amount::CallsPerDay));
    let volume = volume.expect("the volume is compared");
    assert!(volume.sentence.contains("on average 10.0 times"), "{}", volume.sentence);
    assert!(volume.difference.excess() > Some(0.5), "{volume:?}");
    let named = [Amount::CallsPerDay, Amount::CallsPerRun, Amount::WritesPerRun].map(Aspect::Sizes);
    assert!(named.contains(&first(&comparison).aspect), "{:?}", first(&comparison));
}

#[test]
fn new_tools_and_silence_are_told_apart() {
    let (then, now) = (days(0, 14, &["read", "send"]), days(14, 14, &["read", "export"]));
    let comparison = compare(&then, &now);
    let of = |aspect| comparison.aspects.iter().find(|of| of.aspect == aspect).expect("compared");
    let calls = of(Aspect::Items(Part::Calls));
    assert!(
        matches!(calls.difference, Difference::Measured { distance, .. } if (distance - 0.5).abs() < 1e-9)
    );
    assert!(calls.sentence.contains("export") || calls.sentence.contains("send"), "{calls:?}");
    let tokens = of(Aspect::Sizes(Amount::TokensIn));
    assert_eq!(tokens.difference, Difference::NotRecorded);
    let comparison = compare(&then, &Portrait::default());
    let calls = comparison.aspects.iter().find(|of| of.aspect == Aspect::Items(Part::Calls));
    assert_eq!(calls.map(|of| of.difference), Some(Difference::OnlyThen));
}

#[test]
fn contexts_and_weeks_are_kept_apart_and_put_together() {
    let (mut one, mut other) = (Portraits::default(), Portraits::default());
    for number in 0u32..40 {
        let mut event = tool(&number.to_string(), f64::from(number) * 12.0, "read");
        event.tenant = Some(if number % 2 == 0 { "acme" } else { "umbrella" }.into());
        event.session = Some(number.to_string().into());
        let half = if number % 3 == 0 { &mut one } else { &mut other };
        half.event(&agent(), event.session.as_ref(), &event);
    }
    one.merge(&other);
    let contexts = one.contexts(&agent());
    assert_eq!(contexts.len(), 2);
    assert_eq!(one.weeks(&agent()).len(), 3);
    let records = |context| one.over(&agent(), context, i64::MIN..i64::MAX).records();
    assert_eq!((records(contexts.first()), records(None)), (20, 40));
    let written = serde_json::to_string(&one).expect("JSON");
    let read: Portraits = serde_json::from_str(&written).expect("its own JSON");
    assert_eq!(serde_json::to_string(&read).expect("JSON"), written);
    assert_eq!(read.over(&agent(), None, i64::MIN..i64::MAX).records(), 40);
}

#[test]
fn credentials_that_pass_are_counted_by_their_kind() {
    let mut portrait = Portrait::default();
    for credential in ["JTI=1", "JTI=2", "ASIAXYZ", "AKIAXYZ"] {
        let mut event = fixture::event(credential, 1.0, EventKind::K8sApi);
        event.credential_id = Some(credential.into());
        portrait.learn_event(&event);
    }
    let credentials = portrait.frequencies(Part::Credentials).expect("credentials");
    let shown: Vec<(&str, u64)> = credentials
        .most_frequent(4)
        .into_iter()
        .map(|(item, times)| (item.what.raw(), times))
        .collect();
    assert_eq!(shown, [("issued token", 2), ("AKIAXYZ", 1), ("session key", 1)]);
}

/// Requirement S1.10: each of the four families of drift is told, and it alone.
#[test]
fn each_family_of_drift_is_told() {
    let work = |tool: &str, latency: i64, tokens: u64, output: u64| {
        let mut portrait = Portrait::default();
        for number in 0..200_u32 {
            let hours = f64::from(number) * 2.0;
            let spread = u64::from(number % 7);
            let mut call = fixture::tool(&format!("t{number}"), hours, tool);
            call.bytes = Some(output + spread);
            let mut model = fixture::event(&format!("m{number}"), hours, EventKind::ModelCall);
            model.duration = Some(latency + i64::from(number % 7));
            model.tokens_out = Some(tokens + spread);
            model.bytes = Some(output + spread);
            portrait.learn_event(&call);
            portrait.learn_event(&model);
        }
        let observation = observe(&session(tool, 1.0, &[tool]), &Settings::default());
        let vocabulary = Vocabulary::new(&observation.kinds);
        observation.runs_of(&agent()).iter().for_each(|run| portrait.learn_run(run, &vocabulary));
        portrait
    };
    let check = |now: Portrait, expected: Aspect| {
        let comparison = compare(&work("read", 1_000, 100, 5_000), &now);
        assert_eq!(first(&comparison).aspect, expected, "{:?}", first(&comparison));
        assert!(first(&comparison).difference.excess() > Some(0.3), "{:?}", first(&comparison));
    };
    check(work("read", 3_000, 100, 5_000), Aspect::Sizes(Amount::ModelLatency));
    check(work("read", 1_000, 300, 5_000), Aspect::Sizes(Amount::TokensOut));
    check(work("read", 1_000, 100, 9_000), Aspect::Sizes(Amount::OutputSize));
    let tools = compare(&work("read", 1_000, 100, 5_000), &work("send", 1_000, 100, 5_000));
    let calls = tools.aspects.iter().find(|of| of.aspect == Aspect::Items(Part::Calls));
    assert!(calls.is_some_and(|calls| calls.difference.excess() > Some(0.3)), "{calls:?}");
}

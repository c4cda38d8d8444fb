//! Order, acts, activities, gaps and chains, on stories written as lines.

use std::collections::BTreeSet;

use jiff::Timestamp;
use proptest::prelude::*;

use super::chain::{Ties, outcome_of};
use super::testing::{Given, covers, lines, told};
use crate::domain::{
    Coverage, EntryBody, FindingId, Plane, Storyline, StorylineNote, StorylinePath,
};

/// The story reads so, and in whatever order its events come.
#[track_caller]
fn check(given: &Given, expected: &[&str]) {
    let story = given.story();
    assert_eq!(lines(&story), expected);
    let mut reversed = Given {
        events: given.events.iter().rev().cloned().collect(),
        links: given.links.iter().rev().cloned().collect(),
        cited: given.cited.clone(),
        notes: given.notes.iter().rev().cloned().collect(),
        coverage: given.coverage.clone(),
    };
    assert_eq!(reversed.story(), story);
    reversed.events.extend(given.events.iter().cloned());
    assert_eq!(reversed.story(), story, "the same event twice is one");
}

#[test]
fn events_go_by_time_and_at_one_instant_causes_go_first() {
    check(&Given::of(&["2 exec b", "1 file a", "3 egress c"], &[]), &["a", "b", "c"]);
    // At one instant the recorder decides, unless a tie does.
    let lines = ["1 exec z from a-sensor", "1 tool_call y from z-sensor"];
    check(&Given::of(&lines, &[]), &["z", "y"]);
    check(&Given::of(&lines, &["1 correlation 0"]), &["y", "  z"]);
    // A parent goes before its child.
    check(
        &Given::of(&["1 tool_call y span 1 under 9", "1 agent_invoke x span 9"], &[]),
        &["x", "y"],
    );
    // Ties in a circle are no reason to lose an event.
    check(
        &Given::of(
            &["1 exec x from a", "1 file y from b", "1 egress z from c"],
            &["0 flow 1", "1 flow 0", "2 flow 0"],
        ),
        &["z !linked", "x !linked", "y !linked"],
    );
}

#[test]
fn what_happened_in_a_call_stands_below_it() {
    check(
        &Given::of(
            &[
                "1 agent_invoke a span 1 lasts 60",
                "2 tool_call delegate span 2 under 1 lasts 50",
                "3 agent_invoke b as b span 3 under 2",
                "4 tool_call read as b span 4 under 3",
                "5 exec cat as b",
                "6 egress connect x:443/tcp",
                "7 tool_call write span 5 under 1",
            ],
            &["3 correlation 4"],
        ),
        &["a", "delegate", "  b", "  read", "    cat", "connect x:443/tcp", "write"],
    );
    // A process that a process in the call started is in the call; the use of a credential that was
    // issued in it is not.
    check(
        &Given::of(
            &[
                "1 tool_call run",
                "2 exec sh",
                "3 exec curl",
                "4 identity_hop issue",
                "5 cloud_api s3:GetObject",
            ],
            &["0 correlation 1", "1 correlation 2", "0 correlation 3", "3 correlation 4"],
        ),
        &["run", "  sh", "  curl", "  issue", "s3:GetObject"],
    );
}

#[test]
fn runs_of_similar_events_are_one_activity() {
    // The same folder is one family, another is not; other lanes do not end a run.
    check(
        &Given::of(
            &[
                "1 file read /a/1",
                "2 file read /a/2",
                "3 egress connect x:1/tcp",
                "4 file read /a/1",
                "5 file read /b/1",
                "6 egress connect x:2/tcp",
                "7 file write /b/2",
            ],
            &[],
        ),
        &["read ×3: /a/1, /a/2", "connect ×2: x:1/tcp, x:2/tcp", "read /b/1", "write /b/2"],
    );
    // A prompt is a turning point, and so is a long pause; another actor has runs of its own.
    check(
        &Given::of(
            &[
                "1 exec ls",
                "2 exec ls as b",
                "3 exec ls",
                "4 prompt ask",
                "5 exec ls",
                "6 exec ls",
                "700 exec ls",
            ],
            &[],
        ),
        &["ls ×2", "ls", "ask", "ls ×2", "ls"],
    );
    // What is refused, cited or tied by data never hides among what is not.
    let mut given = Given::of(
        &[
            "1 exec ls",
            "2 exec ls refused",
            "3 exec ls refused",
            "4 exec ls",
            "5 exec ls",
            "6 exec ls",
        ],
        &["4 flow 5"],
    );
    check(&given, &["ls", "ls ×2 !refused", "ls", "ls ×2 !linked"]);
    let finding: FindingId = "00000000000000aa".parse().expect("an id");
    given.cited.insert(given.events[3].id, vec![finding]);
    check(&given, &["ls", "ls ×2 !refused", "ls !cited", "ls ×2 !linked"]);
    // What happened in calls that are one activity stands below it, in runs of its own.
    check(
        &Given::of(
            &["1 tool_call get", "2 k8s_api get n/x", "3 tool_call get", "4 k8s_api get n/y"],
            &["0 correlation 1", "2 correlation 3"],
        ),
        &["get ×2", "  get ×2: n/x, n/y"],
    );
}

#[test]
fn what_is_missing_is_said() {
    check(
        &Given::of(
            &["1 tool_call a span 1 under 9", "2 tool_call b span 2 under 9", "3 exec c"],
            &[],
        ),
        &["-- missing-parent", "a", "b", "c"],
    );
    // Nothing at all between two tied events; a call that goes on explains the silence.
    let silent = ["1 tool_call a", "500 tool_call b"];
    check(&Given::of(&silent, &["0 argument 1"]), &["a !linked", "-- stretch", "b !linked"]);
    check(&Given::of(&silent, &[]), &["a", "b"]);
    let busy = ["1 tool_call a lasts 480", "500 tool_call b"];
    check(&Given::of(&busy, &["0 argument 1"]), &["a !linked", "b !linked"]);
}

#[test]
fn coverage_says_who_should_have_spoken() {
    let statement = |source, plane, seconds| vec![covers(source, plane, seconds)];
    let partial = |missed: &str| {
        let whole = covers("otlp", Plane::Tools, (0, 1000));
        Coverage { partial: true, missed: vec![missed.into()], ..whole }
    };
    let lines = [
        "1 tool_call a",
        "100 exec ls from falco",
        "200 egress connect x from falco",
        "300 file read /x from falco",
        "400 tool_call b",
    ];
    let given = |coverage| Given { coverage, ..Given::of(&lines, &[]) };
    let plain = ["a", "ls", "connect x", "read /x", "b"];
    check(&given(Vec::new()), &plain);
    check(
        &given(statement("otlp", Plane::Tools, (0, 1000))),
        &["a", "-- silent", "ls", "connect x", "read /x", "b"],
    );
    // A log of an API says nothing by its silence.
    check(&given(statement("k8s-audit", Plane::Kubernetes, (0, 1000))), &plain);
    // Who did not record cannot have fallen silent.
    check(
        &given(statement("otlp", Plane::Tools, (0, 50))),
        &["a", "-- uncovered", "ls", "connect x", "read /x", "b"],
    );
    check(
        &given(statement("otlp", Plane::Tools, (390, 1000))),
        &["-- uncovered", "a", "ls", "connect x", "read /x", "b"],
    );
    check(&given(vec![partial("sampled")]), &["-- missed", "a", "ls", "connect x", "read /x", "b"]);
}

#[test]
fn lanes_that_nobody_watches_are_named() {
    let story = Given {
        coverage: vec![covers("hubble", Plane::Network, (0, 9))],
        ..Given::of(&["1 tool_call a"], &[])
    }
    .story();
    let missing: Vec<&str> = story
        .entries
        .iter()
        .filter_map(|entry| match &entry.body {
            EntryBody::Gap { missing, .. } => Some(missing.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(missing, ["no source covers these lanes: agent, model, process, kubernetes, cloud"]);
}

#[test]
fn notes_stand_at_the_instant_that_they_are_about() {
    let note = |second: i64, text: &str| StorylineNote {
        at: Timestamp::from_second(second).expect("a small number"),
        author: "anna".into(),
        text: text.into(),
    };
    let given = Given {
        notes: vec![note(9, "last"), note(2, "it begins\nhere")],
        ..Given::of(&["1 exec ls", "2 exec ls", "3 exec ls"], &[])
    };
    check(&given, &["ls", "\"it begins\\nhere\" anna", "ls ×2", "\"last\" anna"]);
}

#[test]
fn clocks_that_disagree_are_said() {
    let given = Given::of(
        &["5 tool_call a", "3 exec b from falco", "4 exec c from falco", "6 exec d from falco"],
        &["0 correlation 1", "0 correlation 2", "0 correlation 3"],
    );
    let told: Vec<_> = given
        .story()
        .skews
        .iter()
        .map(|skew| (skew.cause.clone(), skew.effect.clone(), skew.pairs, skew.at_least))
        .collect();
    assert_eq!(told, [("otlp".into(), "falco".into(), 2, 2_000_000_000)]);
    // One recorder has one clock.
    assert_eq!(Given::of(&["5 exec a", "3 exec b"], &["0 flow 1"]).story().skews, []);
}

/// Each tie of a path or chain as `from>to`, by the actions of its ends.
fn drawn(story: &Storyline, links: &[u32]) -> String {
    let action = |at: u32| {
        let event = story.event(at).expect("an event of the story");
        event.action.as_ref().map_or("", |action| action.raw())
    };
    let told = links.iter().filter_map(|at| story.link(*at));
    told.map(|link| format!("{}>{}", action(link.from), action(link.to)))
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn paths_are_unbroken_or_name_the_first_missing_tie() {
    let lines = ["1 prompt a", "2 tool_call b", "3 tool_call c", "4 tool_call d", "5 tool_call e"];
    let check = |ties: &[&str], expected: &str, missing: Option<&str>| {
        let story = Given::of(&lines, ties).story();
        match (Ties::of(&story).path(0, 4), missing) {
            (StorylinePath::Unbroken { links }, None) => {
                assert_eq!(drawn(&story, &links), expected)
            }
            (StorylinePath::Broken { links, missing: told, .. }, Some(missing)) => {
                assert_eq!(drawn(&story, &links), expected);
                assert_eq!(told, missing);
            }
            (path, _) => unreachable!("{path:?}"),
        }
    };
    check(&["0 argument 1", "1 argument 3", "3 flow 4", "0 argument 2"], "a>b b>d d>e", None);
    check(&["0 flow 4", "0 argument 1", "1 argument 4"], "a>e", None);
    check(&[], "", Some("nothing ties “a” to “e”"));
    check(&["0 argument 1", "3 flow 4"], "a>b", Some("nothing ties “b” to “d”"));
    // A tie goes one way.
    check(&["0 argument 1", "4 flow 1"], "a>b", Some("nothing ties “b” to “e”"));
    check(&["0 argument 1", "1 argument 0"], "a>b", Some("nothing ties “b” to “e”"));
}

#[test]
fn the_chain_follows_the_most_telling_ties() {
    let lines = ["1 prompt a", "2 agent_invoke b", "3 tool_call c", "4 tool_call d", "5 exec e"];
    let check = |ties: &[&str], expected: &str| {
        let story = Given::of(&lines, ties).story();
        let end = outcome_of(&story).expect("an outcome");
        assert_eq!(drawn(&story, &Ties::of(&story).chain(end)), expected);
    };
    check(
        &["0 correlation 1", "1 delegation 2", "1 delegation 3", "2 argument 3", "3 correlation 4"],
        "a>b b>c c>d",
    );
    check(&["2 argument 3", "3 argument 2"], "c>d");
    check(&["1 flow 3", "2 flow 3", "3 flow 4"], "c>d d>e");
}

/// Every event of the story in exactly one entry, and the entries expand to all events in order.
fn expanded(story: &Storyline) -> Vec<u32> {
    let mut all: Vec<u32> =
        story.entries.iter().flat_map(|entry| entry.body.events()).copied().collect();
    all.sort_unstable();
    all
}

#[test]
fn a_hundred_thousand_events_are_told() {
    const MANY: u32 = 100_000;
    let kinds = ["tool_call", "exec", "file", "k8s_api"];
    let lines: Vec<String> = (0..MANY)
        .map(|n| {
            let kind = kinds[n as usize % kinds.len()];
            format!("{} {kind} act{} /folder/{n} span {n} under {}", n / 7, n % 3, n / 2)
        })
        .collect();
    let events = (0..).zip(&lines).map(|(n, line)| told(n, line)).collect();
    let given = Given { events, ..Given::default() };
    let story = given.story();
    assert_eq!(expanded(&story).len(), MANY as usize);
    let ties = Ties::of(&story);
    assert!(matches!(ties.path(0, MANY - 1), StorylinePath::Unbroken { .. }));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn stories_lose_nothing_whatever_the_order(
        drawn in proptest::collection::vec((0_u8..6, 0_usize..5, 0_u8..3, 0_u8..4), 0..24),
        ties in proptest::collection::vec((0_usize..24, 0_usize..24, 0_usize..4), 0..24),
        turn in 0_usize..24,
    ) {
        const KINDS: [&str; 5] = ["tool_call", "exec", "file", "prompt", "egress"];
        const TIES: [&str; 4] = ["argument", "flow", "correlation", "delegation"];
        let lines: Vec<String> = drawn
            .iter()
            .map(|(time, kind, target, span)| {
                format!("{time} {} act /x/{target} span {span} under {target}", KINDS[*kind])
            })
            .collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let ties: Vec<String> = ties
            .iter()
            .filter(|(from, to, _)| *from < lines.len() && *to < lines.len())
            .map(|(from, to, kind)| format!("{from} {} {to}", TIES[*kind]))
            .collect();
        let mut given = Given::of(&lines, &ties.iter().map(String::as_str).collect::<Vec<_>>());
        let story = given.story();
        // Nothing is lost, nothing is told twice.
        let all: Vec<u32> = (0..u32::try_from(lines.len()).expect("few")).collect();
        prop_assert_eq!(expanded(&story), all);
        let told: BTreeSet<_> = story.events.iter().map(|event| event.id).collect();
        prop_assert_eq!(told, given.events.iter().map(|event| event.id).collect());
        // Whatever the order of the input.
        let middle = turn.min(given.events.len());
        given.events.rotate_left(middle);
        let middle = turn.min(given.links.len());
        given.links.rotate_left(middle);
        prop_assert_eq!(&given.story(), &story);
        // Subtrees are stretches of the list.
        for (at, entry) in story.entries.iter().enumerate() {
            let below = &story.entries[at + 1..at + entry.size as usize];
            prop_assert!(below.iter().all(|below| below.depth > entry.depth));
        }
        // Entries of one depth in one subtree go by time, but for what waits in an activity.
        prop_assert!(story.events.is_sorted_by_key(|event| event.time));
        // Paths are real paths of ties.
        let search = Ties::of(&story);
        for from in 0..story.events.len().min(4) {
            for to in 0..story.events.len() {
                let (from, to) = (u32::try_from(from).expect("few"), u32::try_from(to).expect("few"));
                let (links, end) = match search.path(from, to) {
                    StorylinePath::Unbroken { links } => (links, to),
                    StorylinePath::Broken { links, reached, .. } => (links, reached),
                };
                let mut at = from;
                for link in links {
                    let link = story.link(link).expect("a tie of the story");
                    prop_assert_eq!(link.from, at);
                    at = link.to;
                }
                prop_assert_eq!(at, end);
            }
        }
    }
}

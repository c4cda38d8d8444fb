//! What is tied, what is not and why, and that no order of events and no other instance matters.

use proptest::prelude::*;

use super::testing::{ByName, at, event, events, id, name_of, rule_of, shown};
use super::*;
use crate::domain::coverage::CoverageScope;
use crate::domain::{AgentKey, NotJoined, Plane, RecordLayer};

/// The links as `FROM RULE TO CONFIDENCE` and what is ambiguous as `EVENT? CANDIDATE… CONFIDENCE`.
#[track_caller]
fn check(lines: &[&str], expected: &[&str]) {
    let mut all = events(lines);
    let found = correlate(&all, &ByName);
    let links = found.links.iter().map(|link| shown(lines, link));
    let ambiguous = found.ambiguous.iter().map(|tie| {
        let candidates: Vec<_> = tie.candidates.iter().map(|one| name_of(lines, *one)).collect();
        format!("{}? {} {}", name_of(lines, tie.event), candidates.join(" "), tie.confidence)
    });
    let mut found_lines: Vec<String> = links.chain(ambiguous).collect();
    found_lines.sort();
    let mut expected: Vec<&str> = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(found_lines, expected);
    all.reverse();
    all.extend(events(lines));
    assert_eq!(correlate(&all, &ByName), found, "neither order nor repetition matters");
}

#[test]
fn what_happens_on_the_instance_belongs_to_the_call_that_is_open_there() {
    check(
        &[
            "t tool 1000..2000 on=pod-1",
            "before exec 800 on=pod-1",
            "first exec 1000 on=pod-1",
            "file file 1500 on=pod-1",
            "net egress 2000 on=pod-1",
            "alert alert 1500 on=pod-1",
            "k8s k8s 1400..1450 on=pod-1 as=sa-desk",
            "after exec 2200 on=pod-1",
        ],
        &[
            "t kernel-in-call first 85",
            "t kernel-in-call file 85",
            "t kernel-in-call net 85",
            "t kernel-in-call alert 85",
            "t kubernetes-in-call k8s 85",
        ],
    );
}

#[test]
fn other_instances_agents_and_realms_are_never_tied() {
    check(
        &[
            "t tool 1000..2000 on=pod-1",
            "pod exec 1500 on=pod-2",
            "unnamed exec 1500",
            "agent exec 1500 on=pod-1 agent=mail",
            "realm exec 1500 on=pod-1 agent=other/desk",
            "nobody exec 1500 on=pod-1 agent=-",
            "shared k8s 1500 on=pod-1 as=sa-shared",
            "person k8s 1500 on=pod-1 as=alice",
        ],
        &[],
    );
}

#[test]
fn several_open_calls_are_candidates_and_no_tie() {
    check(
        &[
            "t tool 1000..2000 on=pod-1",
            "u tool 1400..3000 on=pod-1",
            "both exec 1500 on=pod-1",
            "one exec 2500 on=pod-1",
        ],
        &["both? t u 42", "u kernel-in-call one 85"],
    );
}

#[test]
fn a_call_inside_another_as_their_spans_tell_is_meant_before_it() {
    let spans = [
        "t tool 1000..2000 on=pod-1 trace=1 span=a",
        "http other 1100..1900 on=pod-1 trace=1 span=b under=a",
        "u tool 1200..1800 on=pod-1 trace=1 span=c under=b",
        "in exec 1500 on=pod-1",
        "out exec 1150 on=pod-1",
    ];
    check(&spans, &["t beneath-span u 100", "u kernel-in-call in 85", "t kernel-in-call out 85"]);
}

#[test]
fn skewed_clocks_are_tolerated_at_a_price() {
    check(
        &[
            "t tool 1000..2000 on=pod-1",
            "early exec 990 on=pod-1",
            "too-early exec 989 on=pod-1",
            "late k8s 2100 on=pod-1 as=sa-desk",
            "too-late k8s 2101 on=pod-1 as=sa-desk",
        ],
        &["t kernel-in-call early 60", "t kubernetes-in-call late 60"],
    );
    // Who strictly contains it comes before who is near.
    check(
        &[
            "t tool 1000..2000 on=pod-1",
            "u tool 2012..3000 on=pod-1",
            "in exec 1995 on=pod-1",
            "between exec 2005 on=pod-1",
        ],
        &["t kernel-in-call in 85", "between? t u 42"],
    );
}

#[test]
fn a_call_without_an_end_contains_nothing() {
    check(&["t tool 1000 on=pod-1", "e exec 1000 on=pod-1"], &[]);
}

#[test]
fn what_a_process_does_after_the_call_belongs_to_the_call_that_started_it() {
    check(
        &[
            "t tool 1000..2000 on=pod-1",
            "sh exec 1500 on=pod-1 process=1",
            "curl exec 2500 on=pod-1 process=2 started_by=1",
            "net egress 2600 on=pod-1 process=2",
            "else egress 2600 on=pod-2 process=2",
            "u tool 3000..4000 on=pod-1",
            "now file 3500 on=pod-1 process=2",
        ],
        &[
            "t kernel-in-call sh 85",
            "sh parent-process curl 100",
            "t started-in-call curl 60",
            "curl same-process net 100",
            "t started-in-call net 60",
            "curl same-process else 100",
            "curl same-process now 100",
            "u kernel-in-call now 85",
        ],
    );
    // It also tells which of two open calls is meant.
    check(
        &[
            "t tool 1000..2000 on=pod-1",
            "sh exec 1100 on=pod-1 process=1",
            "u tool 1400..3000 on=pod-1",
            "both file 1500 on=pod-1 process=1",
        ],
        &["t kernel-in-call sh 85", "sh same-process both 100", "t started-in-call both 60"],
    );
}

#[test]
fn records_beneath_a_span_belong_to_its_call_as_far_as_the_next_agent() {
    check(
        &[
            "t tool 1000..2000 trace=1 span=a",
            "http other 1100..1900 trace=1 span=b under=a",
            "gcp cloud 1200 as=sa-desk trace=1 under=b",
            "late cloud 9000 as=sa-desk trace=1 under=b",
            "sub agent 1200..1800 trace=1 span=c under=a",
            "other cloud 1300 as=sa-desk trace=1 under=c",
            "elsewhere cloud 1300 as=sa-desk trace=2 under=b",
            "said guardrail 1100 trace=1 under=a",
        ],
        &["t beneath-span gcp 100", "t beneath-span late 100", "t beneath-span said 100"],
    );
}

#[test]
fn prompts_and_results_lead_to_the_model_call_that_was_given_them() {
    check(
        &[
            "p prompt 1000 trace=1 under=m",
            "m model 1000..1500 trace=1 span=m",
            "t tool 1600..1700 trace=1 span=t call=call_1",
            "r result 1800 trace=1 under=n call=call_1",
            "n model 1800..1900 trace=1 span=n",
        ],
        &[
            "p given-to-model m 100",
            "m asked-by-model t 75",
            "r given-to-model n 100",
            "t same-call r 100",
            "p prompt-before n 80",
        ],
    );
}

#[test]
fn call_ids_tie_within_a_trace_or_a_session() {
    check(
        &[
            "t tool 1000..2000 trace=1 call=call_1",
            "r result 2000 trace=1 call=call_1",
            "d decision 1000 trace=1 call=call_1 agent=-",
            "u tool 1000..2000 session=s call=call_1",
            "s decision 1500 session=s call=call_1",
        ],
        // All are of one capture; the nearer scope decides.
        &["t same-call r 100", "t same-call d 100", "u same-call s 100"],
    );
    // A session that starts again counts from one again: the result ends its call.
    check(
        &[
            "t tool 1000..2000 call=1",
            "r result 2000 call=1",
            "u tool 3000..4000 call=1",
            "s result 4000 call=1",
            "lost result 4500 call=1",
        ],
        &["t same-call r 100", "u same-call s 100", "lost? t u 50"],
    );
}

#[test]
fn credentials_tie_their_issue_to_their_use_and_tell_whose_they_are() {
    let key = "ASIAEXAMPLEKEY000001";
    let next = "ASIAEXAMPLEKEY000002";
    check(
        &[
            "t tool 1000..9000 on=pod-1",
            &format!("pod hop 2000 agent=- issues={key} pod_of=sa-desk,pod-1"),
            &format!("role hop 3000 agent=- uses={key} issues={next}"),
            &format!("read cloud 4500 agent=- uses={next}"),
            &format!("early cloud 200 agent=- uses={next}"),
            "anyone cloud 4500 agent=- uses=ASIAEXAMPLEKEY000003",
        ],
        &[
            "pod issued-credential role 100",
            "role issued-credential read 100",
            "role issued-credential early 100",
            "t cloud-in-call pod 75",
            "t cloud-in-call role 75",
            "t cloud-in-call read 75",
            "t cloud-in-call early 50",
        ],
    );
    // A short identifier is one of its account.
    check(
        &[
            "a hop 1000 agent=- issues=7 account=1",
            "b cloud 2000 agent=- uses=7 account=1",
            "c cloud 2000 agent=- uses=7 account=2",
        ],
        &["a issued-credential b 100"],
    );
}

#[test]
fn request_ids_tie_within_one_account() {
    check(
        &[
            "start cloud 1000 agent=- request=r account=1",
            "done cloud 2000 agent=- request=r account=1",
            "other cloud 2000 agent=- request=r account=2",
        ],
        &["start same-request done 95"],
    );
}

#[test]
fn two_recorders_of_one_connection_are_tied() {
    check(
        &[
            "kernel egress 1000 on=pod-1 to=example.com:443/tcp source=tetragon",
            "flow egress 1020 on=pod-1 to=example.com:443/tcp source=hubble",
            "pod egress 1010 on=pod-2 to=example.com:443/tcp source=hubble",
            "host egress 1010 on=pod-1 to=example.org:443/tcp source=hubble",
        ],
        &["kernel same-connection flow 80"],
    );
    // Three at a time: nothing tells which two are one.
    check(
        &[
            "a egress 1000 on=pod-1 to=example.com:443/tcp source=tetragon",
            "b egress 1020 on=pod-1 to=example.com:443/tcp source=hubble",
            "c egress 1030 on=pod-1 to=example.com:443/tcp source=hubble",
        ],
        &[],
    );
}

#[test]
fn connections_during_a_model_call_are_its_own_when_no_tool_call_is_open() {
    check(
        &[
            "m model 1000..2000 on=pod-1",
            "api egress 1100 on=pod-1",
            "exec exec 1100 on=pod-1",
            "t tool 1500..1800 on=pod-1",
            "tool egress 1600 on=pod-1",
        ],
        &["m network-in-model-call api 75", "t kernel-in-call tool 85"],
    );
}

#[test]
fn the_last_answer_asked_for_the_tool_call() {
    check(
        &[
            "p prompt 1000 session=s",
            "m model 1100..1200 session=s",
            "t tool 1300..1400 session=s",
            "u tool 1300..1400 session=s",
            "n model 1500..1600 session=s",
            "v tool 1700..1800 session=s inner=other",
            "w tool 1700..1800 session=other",
        ],
        &[
            "p prompt-before m 80",
            "p prompt-before n 80",
            "m asked-by-model t 75",
            "m asked-by-model u 75",
        ],
    );
    // A prompt may be held by the record of an earlier model call.
    check(
        &[
            "m model 1100..1200 trace=1 prompt=d",
            "n model 1300..1400 trace=1",
            "o model 1500..1600 trace=2",
        ],
        &["m prompt-before n 80"],
    );
    // Two answers awaited at once by agents of one name.
    check(
        &[
            "m model 1100..1300 session=s",
            "n model 1200..1400 session=s",
            "t tool 1500..1600 session=s",
        ],
        &["t? m n 37"],
    );
    // A library's call inside a framework's call is the same call.
    check(
        &[
            "m model 1100..1400 trace=1 span=a",
            "n model 1200..1300 trace=1 span=b under=a",
            "t tool 1500..1600 trace=1 span=c",
        ],
        &["m beneath-span n 100", "m asked-by-model t 75"],
    );
}

/// The report over these events, with tool calls of `desk` covered from 0 s to 5 s.
fn report(lines: &[&str], partial: bool) -> CorrelationReport {
    let statement = |plane, scope| Coverage {
        source: "otlp".into(),
        plane,
        scope,
        from: at(0),
        until: at(5000),
        acts: Vec::new(),
        partial,
        missed: Vec::new(),
    };
    let desk = AgentKey::new("prod", "agents", "desk");
    let coverage = [
        statement(Plane::Tools, CoverageScope::Workload { agent: desk }),
        statement(Plane::Kubernetes, CoverageScope::Realm { realm: "prod".into() }),
    ];
    let finish = |events: &[Event]| {
        let mut correlator = Correlator::new(&ByName);
        events.iter().for_each(|event| correlator.observe(event));
        correlator.finish(&coverage)
    };
    let mut all = events(lines);
    let found = finish(&all);
    all.reverse();
    assert_eq!(finish(&all), found, "the order of events does not matter");
    found
}

#[test]
fn whatever_is_not_joined_says_why() {
    #[track_caller]
    fn check(line: &str, partial: bool, expected: NotJoined) {
        let lines = ["t tool 1000..2000 on=pod-1", "u tool 1500..1600 on=pod-1", line];
        let joins = report(&lines, partial).joins.layers;
        let layer = RecordLayer::of(event(line).kind);
        let join = joins.iter().find(|join| Some(join.layer) == layer).expect("its layer");
        assert_eq!(join.joined_events(), 0, "{join:?}");
        let [rest] = join.rest.as_slice() else { unreachable!("one reason: {join:?}") };
        assert_eq!((rest.why, rest.examples.as_slice()), (expected, &[id("x")][..]), "{line}");
    }
    check("x exec 3000 on=pod-1", false, NotJoined::NoCallOpen);
    check("x exec 3000 on=pod-1", true, NotJoined::PartlyRecorded);
    check("x exec 3000 on=pod-2", false, NotJoined::OtherInstance);
    check("x exec 3000", false, NotJoined::NoInstance);
    check("x exec 9000 on=pod-1", false, NotJoined::OutsideRecording);
    check("x exec 3000 on=pod-1 agent=mail", false, NotJoined::NobodyRecorded);
    check("x exec 3000 on=pod-1 agent=-", false, NotJoined::NoAgent);
    check("x k8s 3000 on=pod-1 as=alice", false, NotJoined::NoAgent);
    check("x k8s 3000 on=pod-1 as=sa-shared", false, NotJoined::SharedIdentity);
    check("x exec 1550 on=pod-1", false, NotJoined::Several);
    check("x file 1550 on=pod-1 source=kubescape", false, NotJoined::NoMoment);
    check("x result 3000", false, NotJoined::NoIdentifier);
    check("x result 3000 call=9", false, NotJoined::NoCounterpart);
    check("x hop 3000", false, NotJoined::NoIdentifier);
    check("x hop 3000 issues=9", false, NotJoined::NoCounterpart);
    check("x model 3000", false, NotJoined::NoConversation);
    check("x model 3000 trace=1", false, NotJoined::NothingBefore);
    check("x prompt 3000 trace=1", false, NotJoined::NothingAfter);
}

#[test]
fn the_join_rate_is_told_by_layer_and_by_agent() {
    let lines = [
        "t tool 1000..2000 on=pod-1 trace=1",
        "a exec 1500 on=pod-1",
        "b exec 1050 on=pod-1",
        "c exec 995 on=pod-1",
        "d exec 1500 on=pod-1 agent=mail",
        "m model 500..900 trace=1 prompt=d",
    ];
    let joins = report(&lines, false).joins;
    let kernel =
        joins.layers.iter().find(|join| join.layer == RecordLayer::Kernel).expect("kernel");
    assert_eq!((kernel.events, kernel.joined_events(), kernel.rate()), (4, 3, Some(75)));
    let by: Vec<_> = kernel.joined.iter().map(|by| (by.to, by.confidence, by.events)).collect();
    assert_eq!(by, [(RecordLayer::ToolCall, 85, 2), (RecordLayer::ToolCall, 60, 1)]);
    let agents: Vec<_> = joins
        .agents
        .iter()
        .map(|join| {
            let agent = join.agent.as_ref().map_or("-", |agent| agent.name.raw());
            (agent, join.layer, join.events, join.joined_events())
        })
        .collect();
    assert_eq!(
        agents,
        [
            ("desk", RecordLayer::ModelCall, 1, 1),
            ("desk", RecordLayer::ToolCall, 1, 1),
            ("desk", RecordLayer::Kernel, 3, 3),
            ("mail", RecordLayer::Kernel, 1, 0),
        ]
    );
}

#[test]
fn acts_without_a_counterpart_in_a_log_of_credentials() {
    let lines = [
        "rest tool 1000..2000 on=pod-1 to=crm",
        "list k8s 1500 on=pod-1 as=sa-desk",
        "rag tool 2500..2600 on=pod-1 kind=retrieval to=index",
        "hand handoff 2700 to=mail",
        "mail tool 3000..3100 on=pod-1 to=mail",
        "late tool 9000..9100 on=pod-1 to=mail",
        "local tool 3200..3300 on=pod-1",
        "told tool 3400..3500 on=pod-1 trace=1 span=a",
        "wire tool 3410..3490 agent=- trace=1 under=a to=docs",
        "net egress 3050 on=pod-1 to=mail.example:25/tcp",
        "profile egress 3050 source=kubescape to=mail.example:25/tcp",
        "anonymous k8s 3050 on=pod-1 account=prod",
        "person k8s 3050 as=alice",
    ];
    let gaps = report(&lines, false).credentials;
    let told: Vec<String> = gaps
        .iter()
        .map(|gap| {
            let names = |ids: &[EventId]| {
                let names: Vec<_> = ids.iter().map(|id| name_of(&lines, *id)).collect();
                names.join(",")
            };
            let recorded: Vec<_> =
                gap.recorded.iter().map(|(by, n)| format!("{n} {by:?}")).collect();
            format!(
                "{:?} {}: {} | silent {} | unobservable {} | without moment {}",
                gap.act,
                gap.events,
                recorded.join(","),
                names(&gap.silent_examples),
                names(&gap.unobservable_examples),
                gap.without_moment
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "ServerToolCall 4: 1 Tied | silent mail,told | unobservable late | without moment 0",
            "ToolCall 1:  | silent local | unobservable  | without moment 0",
            "Retrieval 1:  | silent rag | unobservable  | without moment 0",
            "Handoff 1:  | silent hand | unobservable  | without moment 0",
            "Egress 2:  | silent net | unobservable  | without moment 1",
            "KubernetesRequest 2: 1 Authenticated | silent anonymous | unobservable  | without moment 0",
        ]
    );
}

/// Events of two realms, agents and pods in a short time, with identifiers that repeat.
fn anything() -> impl Strategy<Value = Vec<Event>> {
    const KINDS: &[&str] =
        &["tool", "model", "prompt", "result", "exec", "file", "egress", "k8s", "cloud", "hop"];
    let one = (
        prop::sample::select(KINDS),
        (0_i64..300, 0_i64..100),
        (
            prop::sample::select(["prod", "other"].as_slice()),
            prop::sample::select(["desk", "mail"].as_slice()),
        ),
        (prop::option::of(0..2), prop::option::of(0..3), prop::option::of(0..3)),
        (prop::option::of(0..3), prop::option::of(0..2)),
    );
    prop::collection::vec(one, 0..40).prop_map(|all| {
        let all = all.into_iter().enumerate();
        all.map(
            |(n, (kind, (start, length), (realm, name), (pod, call, span), (under, session)))| {
                let mut line =
                    format!("e{n} {kind} {start}..{} agent={realm}/{name}", start + length);
                line += &format!(" trace={realm}{}", n % 2);
                line += &pod.map_or(String::new(), |pod| format!(" on=pod-{pod}"));
                line += &call.map_or(String::new(), |call| format!(" call={call}"));
                line += &span.map_or(String::new(), |span| format!(" span={span}"));
                line += &under.map_or(String::new(), |under| format!(" under={under}"));
                line += &session.map_or(String::new(), |session| format!(" session={session}"));
                line +=
                    &call.map_or(String::new(), |call| format!(" to=host-{call} uses=key-{call}"));
                event(&line)
            },
        )
        .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn neither_order_nor_repetition_changes_the_answer(
        (given, shuffled) in anything().prop_flat_map(|events| {
            let twice: Vec<Event> = events.iter().chain(&events).cloned().collect();
            (Just(events), Just(twice).prop_shuffle())
        }),
    ) {
        prop_assert_eq!(correlate(&given, &ByName), correlate(&shuffled, &ByName));
        let report = |events: &[Event]| {
            let mut correlator = Correlator::new(&ByName);
            events.iter().for_each(|event| correlator.observe(event));
            correlator.finish(&[])
        };
        let told = report(&given);
        prop_assert_eq!(&told, &report(&shuffled));
        // Every record of a layer is joined or says why not.
        for join in told.joins.layers.iter().chain(&told.joins.agents) {
            let rest: u64 = join.rest.iter().map(|rest| rest.events).sum();
            prop_assert_eq!(join.events, join.joined_events() + rest);
        }
        let layers = given.iter().filter(|event| RecordLayer::of(event.kind).is_some()).count();
        let counted: u64 = told.joins.layers.iter().map(|join| join.events).sum();
        prop_assert_eq!(counted, layers as u64);
    }

    #[test]
    fn ties_never_cross_instances_agents_or_realms(events in anything()) {
        let found = correlate(&events, &ByName);
        let event = |id| events.iter().find(|event| event.id == id).expect("of the scope");
        let place = |event: &Event| (event.agent.as_ref().map(AgentKey::host), event.instance.clone());
        for link in &found.links {
            let rule = rule_of(&link.rule);
            let (from, to) = (event(link.from), event(link.to));
            prop_assert_ne!(from.id, to.id);
            match (rule.how, rule.id) {
                (How::Contained { skew }, _) => {
                    prop_assert!(from.instance.is_some());
                    prop_assert_eq!(place(from), place(to), "{}", rule.id);
                    let apart = from.time.as_nanosecond() - to.time.as_nanosecond();
                    prop_assert!(rule.id == RuleId::StartedInCall || apart <= i128::from(skew));
                }
                (How::Ordered, _) => {
                    prop_assert_eq!(&from.trace_id, &to.trace_id);
                    prop_assert!(from.time <= to.time);
                }
                (How::Exact, RuleId::SameCall) => {
                    prop_assert_eq!(&from.call_id, &to.call_id);
                    let same_scope = from.trace_id == to.trace_id
                        || (from.session.is_some() && from.session == to.session)
                        || from.evidence.evidence == to.evidence.evidence;
                    prop_assert!(same_scope);
                }
                (How::Exact, RuleId::BeneathSpan | RuleId::GivenToModel) => {
                    prop_assert_eq!(&from.trace_id, &to.trace_id);
                }
                (How::Exact, _) => {}
            }
        }
        // Whoever is ambiguous has candidates of its own instance, or of its own conversation.
        for tie in &found.ambiguous {
            prop_assert!(tie.candidates.len() != 1);
            let rule = rule_of(&tie.rule);
            for candidate in &tie.candidates {
                let (candidate, event) = (event(*candidate), event(tie.event));
                if matches!(rule.how, How::Contained { .. }) {
                    prop_assert_eq!(place(candidate), place(event));
                }
            }
        }
    }
}

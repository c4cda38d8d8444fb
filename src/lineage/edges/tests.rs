//! Each rule on the smallest records that need it, and what holds of all of them.

use proptest::prelude::*;
use rustc_hash::FxHashSet;

use crate::domain::{AgentKey, EdgeBasis, EdgeRule, Event, EventKind, Text};
use crate::lineage::spans::SpanReader;
use crate::lineage::testing::{AsGiven, event, span};
use crate::lineage::tree::{self, Context};

/// Each node as its name, with `~` and the rule's name when a rule hung it, indented by depth.
fn drawn(events: &[Event]) -> Vec<String> {
    let mut reader = SpanReader::new(&AsGiven);
    let rows = events.iter().filter_map(|event| reader.read(event)).collect();
    let names = reader.names();
    let forest = crate::lineage::forest(rows, names);
    let context = Context { accounts: &[], cited: &FxHashSet::default() };
    let nodes = tree::build(&forest, &context).nodes;
    let line = |node: &crate::domain::DelegationNode| {
        let edge = match node.edge {
            EdgeBasis::Root | EdgeBasis::Recorded => String::new(),
            EdgeBasis::Structural { rule } | EdgeBasis::Inferred { rule } => format!(" ~{rule:?}"),
            EdgeBasis::Orphan => " (orphan)".to_owned(),
        };
        format!("{}{}{edge}", "  ".repeat(node.depth as usize), names.raw(node.label))
    };
    nodes.iter().map(line).collect()
}

#[track_caller]
fn check(events: &[Event], expected: &[&str]) {
    assert_eq!(drawn(events), expected);
    let twice: Vec<Event> = events.iter().rev().chain(events).cloned().collect();
    assert_eq!(drawn(&twice), expected, "order and repetition");
}

fn agent(number: u32, name: &str, parent: Option<u32>) -> Event {
    span(number, EventKind::AgentInvoke, name, parent)
}

fn tool(number: u32, name: &str, parent: Option<u32>) -> Event {
    span(number, EventKind::ToolCall, name, parent)
}

fn with(mut event: Event, params: &str) -> Event {
    event.params = Some(params.into());
    event
}

fn in_trace(mut event: Event, trace: &str) -> Event {
    event.trace_id = Some(trace.into());
    event
}

/// A step of session `session`, of its agent `desk` or an agent inside it.
fn step(number: u32, kind: EventKind, name: &str, session: &str, inner: &str) -> Event {
    let mut step = in_trace(span(number, kind, name, None), session);
    step.source = "claude-code".into();
    step.session = step.trace_id.clone();
    let key = AgentKey::new("", "ana", "desk");
    step.agent = Some(if inner.is_empty() { key } else { key.with_inner(inner) });
    step
}

/// The result of the call `call`, which names what it started.
fn result(number: u32, call: u32, started: &str, session: &str) -> Event {
    let mut result = step(number, EventKind::ToolResult, "", session, "");
    result.span_id = Some(call.to_string().into());
    (result.target, result.target_kind) = (Some(started.into()), Some("agent".into()));
    result
}

#[test]
fn a_link_leads_into_another_trace() {
    let link = r#"{"links":[{"trace":"trace","span":"1"}]}"#;
    let worker = in_trace(with(agent(2, "worker", None), link), "later");
    let inside = in_trace(tool(3, "read", Some(2)), "later");
    check(
        &[agent(1, "planner", None), worker.clone(), inside],
        &["planner", "  worker ~Link", "    read"],
    );
    check(&[worker], &["worker"]);
    // Which of several is the one that started it is not said, and a parent id counts more.
    let two = r#"{"links":[{"trace":"trace","span":"1"},{"trace":"trace","span":"2"}]}"#;
    let batch = in_trace(with(agent(3, "batch", None), two), "later");
    check(&[agent(1, "a", None), agent(2, "b", None), batch], &["a", "b", "batch"]);
    let nested = with(agent(3, "c", Some(2)), link);
    check(&[agent(1, "a", None), agent(2, "b", None), nested], &["a", "b", "  c"]);
    // What a model wrote as arguments is no link.
    let forged = in_trace(with(tool(2, "read", None), link), "later");
    check(&[agent(1, "planner", None), forged], &["planner", "read"]);
}

#[test]
fn the_graph_of_agents_and_callers_name_who_is_above() {
    let writer = with(agent(3, "writer", Some(1)), r#"{"graph_node":"n2","graph_parent":"n1"}"#);
    let planner = with(agent(2, "planner", Some(1)), r#"{"graph_node":"n1"}"#);
    check(
        &[span(1, EventKind::Other, "crew", None), planner, writer],
        &["crew", "  planner", "    writer ~GraphNode"],
    );
    let called = with(agent(2, "writer", None), r#"{"caller":"planner"}"#);
    check(&[agent(1, "planner", None), called.clone()], &["planner", "  writer ~Caller"]);
    // The caller that is named is not there.
    check(&[agent(1, "boss", None), called], &["boss", "writer"]);
}

#[test]
fn hand_offs_of_every_framework() {
    let handed = |tool_name: &str| {
        let events = [
            span(1, EventKind::Other, "run", None),
            agent(2, "Triage", Some(1)),
            tool(3, tool_name, Some(2)),
            agent(4, "Billing Agent", Some(1)),
        ];
        drawn(&events).last().cloned()
    };
    for tool in
        ["transfer_to_billing_agent", "handoff_to_billing_agent", "delegate_to_billing_agent"]
    {
        assert_eq!(handed(tool).as_deref(), Some("    Billing Agent ~HandOff"), "{tool}");
    }
    for tool in ["transfer_back_to_billing_agent", "transfer_to_", "billing_agent", "transfer_to_x"]
    {
        assert_eq!(handed(tool).as_deref(), Some("  Billing Agent"), "{tool}");
    }
}

#[test]
fn steps_of_a_conversation_are_their_agents() {
    let model = step(1, EventKind::ModelCall, "m", "s", "");
    let call = step(2, EventKind::ToolCall, "Read", "s", "");
    check(&[model, call], &["desk", "  m ~Step", "  Read ~Step"]);
    // With a record of the agent none is implied.
    let run = step(1, EventKind::AgentInvoke, "desk", "s", "");
    check(&[run, step(2, EventKind::ToolCall, "Read", "s", "")], &["desk", "  Read ~Step"]);
}

#[test]
fn sub_agents_are_under_the_call_that_started_them() {
    let task = step(2, EventKind::Handoff, "reviewer", "s", "");
    let by_result = [
        step(1, EventKind::ModelCall, "m", "s", ""),
        task.clone(),
        step(3, EventKind::ToolCall, "Grep", "s", "a1"),
        result(4, 2, "a1", "s"),
    ];
    let tree = ["desk", "  m ~Step", "  reviewer ~Step", "    a1 ~Started", "      Grep ~Step"];
    check(&by_result, &tree);
    // The session ended before the result: it stays a sidechain of its session.
    check(
        &by_result[..3],
        &["desk", "  m ~Step", "  reviewer ~Step", "  a1 ~Sidechain", "    Grep ~Step"],
    );
    // The lines of the sub-agent name the call.
    check(
        &[task, step(3, EventKind::ToolCall, "Grep", "s", "2")],
        &["desk", "  reviewer ~Step", "    2 ~Started", "      Grep ~Step"],
    );
    // The sub-agent has a session of its own.
    let elsewhere = step(3, EventKind::ToolCall, "shell", "s2", "");
    check(
        &[step(2, EventKind::ToolCall, "spawn", "s", ""), elsewhere, result(4, 2, "s2", "s")],
        &["desk", "  spawn ~Step", "    desk ~Started", "      shell ~Step"],
    );
}

#[test]
fn processes_are_under_their_parents() {
    let exec = |number: u32, path: &str, id: &str, parent: &str, pod: &str| {
        let mut exec = event("tetragon", number, EventKind::Exec);
        (exec.span_id, exec.instance) = (Some(id.into()), Some(pod.into()));
        exec.parent_span_id = (!parent.is_empty()).then(|| parent.into());
        (exec.action, exec.target) = (Some("exec".into()), Some(path.into()));
        exec
    };
    check(
        &[
            exec(1, "/bin/sh", "e1", "", "desk-1"),
            exec(2, "/usr/bin/curl", "e2", "e1", "desk-1"),
            exec(3, "/bin/sh", "e3", "e0", "desk-2"),
        ],
        &["/bin/sh", "  /usr/bin/curl ~Process", "/bin/sh (orphan)"],
    );
}

#[test]
fn every_rule_is_in_the_table() {
    use strum::IntoEnumIterator;
    for rule in EdgeRule::iter() {
        assert!((1..=100).contains(&rule.confidence()), "{rule:?}");
        assert!(!rule.needs().is_empty() && !rule.to_string().is_empty(), "{rule:?}");
        let is_structural = matches!(EdgeBasis::by(rule), EdgeBasis::Structural { .. });
        assert_eq!(is_structural, rule.confidence() == 100, "{rule:?}");
    }
}

/// A record of anything that a rule looks at, of a few traces and sessions.
fn any_event(prefix: &'static str) -> impl Strategy<Value = Event> {
    let kinds = prop_oneof![
        Just(EventKind::AgentInvoke),
        Just(EventKind::ToolCall),
        Just(EventKind::Handoff),
        Just(EventKind::ToolResult),
        Just(EventKind::Other),
    ];
    let name = prop_oneof![Just("a"), Just("b"), Just("transfer_to_a"), Just("transfer_to_b")];
    let number = 0_u32..8;
    (kinds, name, number.clone(), proptest::option::of(number), 0_u8..3, 0_u8..4, 0_u8..5).prop_map(
        move |(kind, name, number, parent, trace, session, says)| {
            let trace = format!("{prefix}{trace}");
            let mut event = in_trace(span(number, kind, name, parent), &trace);
            event.id = crate::domain::EventId::of(
                &trace,
                &[&format!("{kind}{name}{number}{parent:?}{session}{says}")],
            );
            event.source = "claude-code".into();
            event.agent = Some(match session {
                0 => AgentKey::new("", "", format!("{prefix}d")),
                _ => AgentKey::new("", "", format!("{prefix}d")).with_inner(number.to_string()),
            });
            event.session = (session < 2).then(|| Text::from(&*trace));
            let other = format!("{prefix}{}", says % 3);
            event.params = match says {
                0 => {
                    Some(format!(r#"{{"links":[{{"trace":"{other}","span":"{number}"}}]}}"#).into())
                }
                1 => Some(r#"{"graph_node":"a","graph_parent":"b"}"#.into()),
                2 => Some(r#"{"caller":"a"}"#.into()),
                _ => None,
            };
            if kind == EventKind::ToolResult {
                event.target =
                    Some(if says == 3 { other.into() } else { number.to_string().into() });
                event.target_kind = Some("agent".into());
            }
            event
        },
    )
}

fn events(prefix: &'static str) -> impl Strategy<Value = Vec<Event>> {
    proptest::collection::vec(any_event(prefix), 0..14)
}

proptest! {
    #[test]
    fn order_and_repetition_change_nothing(events in events("t"), seed in 0_usize..14) {
        let tree = drawn(&events);
        let mut turned = events.clone();
        turned.rotate_left(seed.min(events.len()));
        turned.reverse();
        turned.extend_from_slice(&events[..seed.min(events.len())]);
        prop_assert_eq!(drawn(&turned), tree);
    }

    #[test]
    fn an_unrelated_trace_changes_nothing_in_another(events in events("t"), others in events("u")) {
        let alone = drawn(&events);
        let mut both = events.clone();
        both.extend(others.clone());
        let mut together = drawn(&both);
        for line in alone.iter().chain(&drawn(&others)) {
            let place = together.iter().position(|other| other == line);
            prop_assert!(place.is_some(), "{} is gone", line);
            together.remove(place.unwrap_or_default());
        }
        prop_assert_eq!(together, Vec::<String>::new());
    }

    #[test]
    fn no_cycle_survives(events in events("t")) {
        let mut reader = SpanReader::new(&AsGiven);
        let rows = events.iter().filter_map(|event| reader.read(event)).collect();
        let forest = crate::lineage::forest(rows, reader.names());
        prop_assert_eq!(forest.depth_first().len(), forest.spans.len());
    }
}

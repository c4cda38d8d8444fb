//! Trees as they are drawn, and their sums against brute force.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use proptest::prelude::*;
use rustc_hash::FxHashSet;

use super::repairs::Repairs;
use super::spans::SpanReader;
use super::testing::{AsGiven, span, spans};
use super::tree::{self, Context, agents_only};
use crate::domain::{
    Decision, DelegationNode, DelegationTree, EdgeBasis, Effect, Event, EventId, EventKind, NameId,
    Outcome, Totals,
};

/// The trees of all events, and what was mended.
fn build<'a>(events: impl IntoIterator<Item = &'a Event>) -> (DelegationTree, Repairs) {
    let mut reader = SpanReader::new(&AsGiven);
    let rows = events.into_iter().filter_map(|event| reader.read(event)).collect();
    let forest = super::forest(rows, reader.names());
    let context = Context { accounts: &[], cited: &FxHashSet::default() };
    let nodes = tree::build(&forest, &context).nodes;
    let repairs = forest.repairs;
    let names = Arc::new(reader.into_names());
    (DelegationTree { nodes, names, repairs: Vec::new() }, repairs)
}

/// Each node as `label edge`, indented by depth.
fn drawn(tree: &DelegationTree) -> Vec<String> {
    let line = |node: &DelegationNode| {
        let edge = match node.edge {
            EdgeBasis::Root | EdgeBasis::Recorded => "",
            EdgeBasis::Structural { .. } => " (structural)",
            EdgeBasis::Inferred { .. } => " (inferred)",
            EdgeBasis::Orphan => " (orphan)",
        };
        format!("{}{}{edge}", "  ".repeat(node.depth as usize), tree.label(node).visible())
    };
    tree.nodes.iter().map(line).collect()
}

#[track_caller]
fn check(events: &[Event], expected: &[&str]) {
    assert_eq!(drawn(&build(events).0), expected);
    // The order in which events arrive makes no difference.
    assert_eq!(drawn(&build(events.iter().rev()).0), expected);
}

#[test]
fn spans_nest_as_recorded_and_siblings_follow_their_start() {
    check(
        &spans(&[
            "3 agent researcher under 2",
            "1 agent planner",
            "4 tool read under 3",
            "2 model gpt under 1",
            "5 tool write under 1",
        ]),
        &["planner", "  gpt", "    researcher", "      read", "  write"],
    );
}

#[test]
fn orphans_stand_at_the_root_of_their_trace() {
    check(
        &spans(&["1 agent a", "2 tool t under 9", "3 tool u under 2"]),
        &["a", "t (orphan)", "  u"],
    );
}

#[test]
fn cycles_are_cut_before_their_earliest_span() {
    let events = spans(&[
        "1 tool a under 3",
        "2 tool b under 1",
        "3 tool c under 2",
        "4 tool d under 4",
        "5 tool e under 3",
    ]);
    check(&events, &["a (orphan)", "  b", "    c", "      e", "d (orphan)"]);
    let repairs = build(&events).1;
    assert_eq!(repairs.cut.examples, [events[0].id, events[3].id]);
    assert_eq!((repairs.cut.count, repairs.orphans.count, repairs.joined), (2, 0, 0));
}

#[test]
fn several_records_of_one_span_are_one_node() {
    let events = spans(&["1 other log", "1 agent a", "2 tool t under 1"]);
    check(&events, &["a", "  t"]);
}

#[test]
fn hand_offs_without_parentage_are_inferred() {
    let openai = spans(&[
        "1 other workflow",
        "2 agent triage under 1",
        "3 tool transfer_to_billing_agent under 2",
        "4 agent Billing Agent under 1",
        "5 tool refund under 4",
    ]);
    check(
        &openai,
        &[
            "workflow",
            "  triage",
            "    transfer_to_billing_agent",
            "    Billing Agent (inferred)",
            "      refund",
        ],
    );
    // A recorded parent agent is not replaced, nor an agent that started before.
    let nested = spans(&[
        "1 agent boss",
        "2 agent a under 1",
        "3 tool transfer_to_b under 2",
        "4 agent b under 1",
    ]);
    check(&nested, &["boss", "  a", "    transfer_to_b", "  b"]);
    let before = spans(&["1 agent b", "2 agent a", "3 tool transfer_to_b under 2"]);
    check(&before, &["b", "a", "  transfer_to_b"]);
}

#[test]
fn totals_count_each_act_once() {
    let mut events = spans(&[
        "1 agent planner",
        "2 model gpt under 1",
        "3 tool search under 1",
        "4 tool search under 3",
        "5 agent worker under 3",
        "6 tool search under 5",
    ]);
    for (at, tokens) in [(0, 100), (1, 100)] {
        events[at].tokens_in = Some(tokens);
    }
    events[5].outcome = Some(Outcome::Failure);
    let (tree, _) = build(&events);
    let totals: Vec<_> = tree
        .nodes
        .iter()
        .map(|node| {
            let Totals { tool_calls, model_calls, sub_agents, errors, tokens, .. } = node.totals;
            (node.size, tool_calls, model_calls, sub_agents, errors, tokens)
        })
        .collect();
    assert_eq!(
        totals,
        [
            (6, 2, 1, 1, 1, 100),
            (1, 0, 1, 0, 0, 100),
            (4, 2, 0, 1, 1, 0),
            (1, 0, 0, 0, 0, 0),
            (2, 1, 0, 0, 1, 0),
            (1, 1, 0, 0, 1, 0),
        ]
    );
}

#[test]
fn plumbing_is_left_out_and_its_children_hang_higher() {
    let (tree, _) = build(&spans(&[
        "1 other http",
        "2 agent planner under 1",
        "3 other queue under 2",
        "4 tool read under 3",
        "5 other lost under 9",
        "6 tool write under 5",
    ]));
    let shown = DelegationTree { nodes: agents_only(tree.nodes.clone()), ..tree };
    assert_eq!(drawn(&shown), ["planner", "  read", "write (orphan)"]);
    assert_eq!(shown.nodes.iter().map(|node| node.size).collect::<Vec<_>>(), [2, 1, 1]);
}

#[test]
fn chains_and_stars_of_many_spans() {
    const MANY: u32 = 100_000;
    for deep in [true, false] {
        let events: Vec<Event> = (0..MANY)
            .map(|n| {
                span(
                    n,
                    EventKind::ToolCall,
                    &n.to_string(),
                    match (n, deep) {
                        (0, _) => None,
                        (n, true) => Some(n - 1),
                        (_, false) => Some(0),
                    },
                )
            })
            .collect();
        let (tree, _) = build(&events);
        let depth = tree.nodes.iter().map(|node| node.depth).max();
        assert_eq!(depth, Some(if deep { MANY - 1 } else { 1 }));
        let first = tree.nodes.first().expect("there are spans");
        assert_eq!((first.size, first.totals.tool_calls), (MANY, MANY));
        assert_eq!(agents_only(tree.nodes.clone()), tree.nodes);
    }
}

#[test]
fn a_cycle_of_many_spans_is_cut() {
    let events: Vec<Event> =
        (0..20_000).map(|n| span(n, EventKind::Other, "x", Some((n + 19_999) % 20_000))).collect();
    let (tree, repairs) = build(&events);
    assert_eq!(tree.nodes.len(), 20_000);
    assert_eq!(repairs.cut.count, 1);
}

proptest! {
    #[test]
    fn any_parentage_gives_a_tree_of_all_spans(parents in proptest::collection::vec(
        proptest::option::of(0_u32..40), 0..40,
    )) {
        let kinds = [EventKind::AgentInvoke, EventKind::ToolCall, EventKind::Other];
        let events: Vec<Event> = (0_u32..)
            .zip(&parents)
            .map(|(n, parent)| {
                let name = if n % 3 == 1 { "transfer_to_a" } else { "a" };
                span(n, kinds[n as usize % 3], name, *parent)
            })
            .collect();
        let (tree, _) = build(&events);
        prop_assert_eq!(tree.nodes.len(), events.len());
        let mut ends: Vec<usize> = Vec::new();
        for (at, node) in tree.nodes.iter().enumerate() {
            while ends.last().is_some_and(|end| *end <= at) {
                ends.pop();
            }
            prop_assert_eq!(node.depth as usize, ends.len());
            ends.push(at + node.size as usize);
        }
    }

    #[test]
    fn sums_equal_brute_force(rows in proptest::collection::vec(
        (proptest::option::of(0_u32..30), 0_usize..4, 0_u8..4, 0_i64..9, 0_u64..5), 1..30,
    )) {
        let kinds =
            [EventKind::AgentInvoke, EventKind::ToolCall, EventKind::ModelCall, EventKind::Other];
        let events: Vec<Event> = (0_u32..)
            .zip(&rows)
            .map(|(n, (parent, kind, flags, seconds, tokens))| {
                let name = ["a", "b"][n as usize % 2];
                let mut event = span(n, kinds[*kind], name, *parent);
                event.outcome = (flags & 1 == 1).then_some(Outcome::Failure);
                event.decision = (flags & 2 == 2).then_some(Decision::Deny);
                event.effect = (flags & 1 == 0).then_some(Effect::Send);
                event.duration = Some(seconds * 1_000_000_000);
                event.tokens_in = Some(*tokens);
                event.cost = Some(*tokens * 7);
                event
            })
            .collect();
        let by_id: HashMap<EventId, &Event> =
            events.iter().map(|event| (event.id, event)).collect();
        let (tree, _) = build(&events);
        for at in 0..tree.nodes.len() {
            let expected = brute_force(&tree, &by_id, at);
            let node = &tree.nodes[at];
            prop_assert_eq!((node.totals, node.elapsed, node.own_time), expected, "node {}", at);
        }
    }
}

/// The totals, the time from start to last end, and the own time of a node, by looking at every node
/// below it.
fn brute_force(
    tree: &DelegationTree,
    events: &HashMap<EventId, &Event>,
    at: usize,
) -> (Totals, i64, Option<i64>) {
    let node = tree.nodes[at];
    let below = || at..at + node.size as usize;
    let parent_of = |child: usize| {
        (0..child).rev().find(|above| tree.nodes[*above].depth < tree.nodes[child].depth)
    };
    let is_echo = |call: usize| {
        let around = std::iter::successors(parent_of(call), |above| parent_of(*above))
            .take_while(|above| tree.nodes[*above].kind != EventKind::AgentInvoke)
            .find(|above| tree.nodes[*above].kind == EventKind::ToolCall);
        tree.nodes[call].kind == EventKind::ToolCall
            && around.is_some_and(|around| tree.nodes[around].label == tree.nodes[call].label)
    };
    let count = |counts: &dyn Fn(usize, &DelegationNode, &Event) -> bool| {
        below().filter(|at| counts(*at, &tree.nodes[*at], events[&tree.nodes[*at].event])).count()
            as u32
    };
    let kind = |kind| count(&|at, node, _| node.kind == kind && !is_echo(at));
    let is_shown = |node: &DelegationNode| tree::SHOWN.contains(&node.kind);
    let called: HashSet<NameId> = below()
        .filter(|at| tree.nodes[*at].kind == EventKind::ToolCall)
        .map(|at| tree.nodes[at].label)
        .collect();
    let children: Vec<usize> = (at + 1..at + node.size as usize)
        .filter(|child| tree.nodes[*child].depth == node.depth + 1)
        .collect();
    let sums = children.iter().map(|child| brute_force(tree, events, *child).0);
    let (tokens, cost) =
        sums.fold((0, 0), |sum, totals| (sum.0 + totals.tokens, sum.1 + totals.cost));
    let own = events[&node.event];
    let totals = Totals {
        tool_calls: kind(EventKind::ToolCall),
        model_calls: kind(EventKind::ModelCall),
        sub_agents: kind(EventKind::AgentInvoke) - u32::from(node.kind == EventKind::AgentInvoke),
        errors: count(&|at, node, event| {
            is_shown(node) && event.outcome == Some(Outcome::Failure) && !is_echo(at)
        }),
        denied: count(&|at, _, event| event.decision == Some(Decision::Deny) && !is_echo(at)),
        sends: count(&|at, _, event| event.effect == Some(Effect::Send) && !is_echo(at)),
        tools: called.len() as u32,
        tokens: tokens.max(own.tokens_in.unwrap_or(0)),
        cost: cost.max(own.cost.unwrap_or(0)),
        ..Totals::default()
    };
    let second = |nanoseconds: i64| nanoseconds / 1_000_000_000;
    let end = |node: &DelegationNode| node.start + node.duration.unwrap_or(0);
    let elapsed = below().map(|at| end(&tree.nodes[at])).max().map(|end| end - node.start);
    let is_busy = |moment: &i64| {
        let is_under_way = |child: &&usize| {
            let child = &tree.nodes[**child];
            second(child.start) <= *moment && *moment < second(end(child))
        };
        children.iter().any(|child| is_under_way(&child))
    };
    let seconds = second(node.start)..second(end(&node));
    let own_seconds = seconds.filter(|moment| !is_busy(moment)).count() as i64;
    (totals, elapsed.unwrap_or(0), Some(own_seconds * 1_000_000_000))
}

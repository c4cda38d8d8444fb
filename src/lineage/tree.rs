//! The delegation tree with its roll-ups.

use rustc_hash::FxHashMap;

use super::forest::Forest;
use super::handoff;
use crate::domain::{
    AgentKey, Attribution, Authorisation, DelegationNode, DelegationTree, EdgeBasis, Event,
    EventKind, Outcome, Text, Totals,
};

/// Kinds of node that people look for in the tree; the rest is plumbing.
const SHOWN: [EventKind; 4] =
    [EventKind::AgentInvoke, EventKind::ToolCall, EventKind::ModelCall, EventKind::Handoff];

/// Builds the tree of all traces: depth first, siblings by start. Events may come in any order.
pub fn build<'a>(
    events: impl IntoIterator<Item = &'a Event>,
    attribution: &dyn Attribution,
) -> DelegationTree {
    let mut forest = Forest::of(events);
    handoff::infer(&mut forest);
    let order = forest.depth_first();
    let mut positions = vec![0_usize; forest.spans.len()];
    for (position, at) in order.iter().enumerate() {
        positions[*at as usize] = position;
    }
    let mut keys = Keys { attribution, known: FxHashMap::default() };
    let mut nodes: Vec<DelegationNode> = Vec::with_capacity(order.len());
    let mut parents: Vec<Option<usize>> = Vec::with_capacity(order.len());
    for at in order {
        let event = forest.spans[at as usize];
        let parent = forest.parent(at).map(|parent| positions[parent as usize]);
        let depth = parent.map_or(0, |parent| nodes[parent].depth.saturating_add(1));
        let edge = forest.edges[at as usize].clone();
        nodes.push(node(event, depth, edge, &mut keys));
        parents.push(parent);
    }
    drop_echoes(&mut nodes, &parents);
    roll_up(&mut nodes, &parents);
    DelegationTree { nodes, repairs: forest.repairs }
}

/// The same tree with agents, tools, models and hand-offs only. Children of what is left out hang
/// under the nearest node that is kept; sums stay, because they were made over the whole tree.
pub fn agents_only(tree: &DelegationTree) -> DelegationTree {
    let mut nodes: Vec<DelegationNode> = Vec::new();
    let mut parents: Vec<Option<usize>> = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    for (position, node) in tree.nodes.iter().enumerate() {
        while open.last().is_some_and(|above| above.end <= position) {
            open.pop();
        }
        let above = open.last();
        let parent = above.and_then(|above| above.kept);
        let edge = match (&node.edge, above) {
            (EdgeBasis::Recorded, Some(above)) => above.edge.clone(),
            (edge, _) => edge.clone(),
        };
        let end = position.saturating_add(node.size as usize);
        if !SHOWN.contains(&node.kind) {
            open.push(Open { end, kept: parent, edge });
            continue;
        }
        open.push(Open { end, kept: Some(nodes.len()), edge: EdgeBasis::Recorded });
        let depth = parent.map_or(0, |parent| nodes[parent].depth.saturating_add(1));
        nodes.push(DelegationNode { depth, size: 1, edge, ..node.clone() });
        parents.push(parent);
    }
    sum_sizes(&mut nodes, &parents);
    DelegationTree { nodes, repairs: tree.repairs.clone() }
}

/// A node whose subtree is being walked.
struct Open {
    /// The position behind its subtree.
    end: usize,
    /// The nearest kept node, itself included.
    kept: Option<usize>,
    /// How its children hang under that one.
    edge: EdgeBasis,
}

/// Keys as the case uses them. A trace names few agents and names them often.
struct Keys<'a> {
    attribution: &'a dyn Attribution,
    known: FxHashMap<&'a AgentKey, AgentKey>,
}

impl<'a> Keys<'a> {
    fn canonical(&mut self, key: &'a AgentKey) -> AgentKey {
        self.known.entry(key).or_insert_with(|| self.attribution.canonical(key)).clone()
    }
}

fn node<'a>(event: &'a Event, depth: u32, edge: EdgeBasis, keys: &mut Keys<'a>) -> DelegationNode {
    DelegationNode {
        depth,
        size: 1,
        edge,
        kind: event.kind,
        agent: event.agent.as_ref().map(|key| keys.canonical(key)),
        label: label(event),
        event: Some(event.id),
        trace: event.trace_id.clone(),
        start: Some(event.time),
        duration: event.duration,
        outcome: event.outcome,
        totals: own_totals(event),
    }
}

fn label(event: &Event) -> Text {
    let agent = event.agent.as_ref().map(|agent| agent.inner.as_ref().unwrap_or(&agent.name));
    let named = match event.kind {
        EventKind::AgentInvoke => event.target.as_ref().or(agent),
        EventKind::ModelCall => event.target.as_ref().or(event.model.as_ref()),
        EventKind::Handoff => event.target.as_ref(),
        _ => None,
    };
    let name = named.or(event.action.as_ref()).filter(|name| !name.is_empty());
    name.cloned().unwrap_or_else(|| Text::from(<&'static str>::from(event.kind)))
}

fn own_totals(event: &Event) -> Totals {
    let is_shown = SHOWN.contains(&event.kind);
    Totals {
        tool_calls: u64::from(event.kind == EventKind::ToolCall),
        model_calls: u64::from(event.kind == EventKind::ModelCall),
        sub_agents: 0,
        errors: u64::from(is_shown && event.outcome == Some(Outcome::Failure)),
        denied: u64::from(event.authorisation() == Authorisation::Refused),
        tokens: event.tokens_in.unwrap_or(0).saturating_add(event.tokens_out.unwrap_or(0)),
        findings: 0,
    }
}

/// A call that runs inside a call of the same tool, with no agent between, is the same call told by
/// another layer (framework, MCP client, MCP server): it counts once.
fn drop_echoes(nodes: &mut [DelegationNode], parents: &[Option<usize>]) {
    let mut calls: Vec<Option<usize>> = vec![None; nodes.len()];
    for at in 0..nodes.len() {
        let around = parents[at].and_then(|parent| calls[parent]);
        calls[at] = match nodes[at].kind {
            EventKind::AgentInvoke => None,
            EventKind::ToolCall => Some(at),
            _ => around,
        };
        let is_echo = nodes[at].kind == EventKind::ToolCall
            && around.is_some_and(|call| nodes[call].label == nodes[at].label);
        if is_echo {
            nodes[at].totals = Totals { tokens: nodes[at].totals.tokens, ..Totals::default() };
        }
    }
}

/// Sums from the leaves upwards: children come after their parents.
fn roll_up(nodes: &mut [DelegationNode], parents: &[Option<usize>]) {
    let mut tokens_below = vec![0_u64; nodes.len()];
    for at in (0..nodes.len()).rev() {
        // What an agent or a wrapper says of tokens is the sum over what it did, not more of them.
        nodes[at].totals.tokens = nodes[at].totals.tokens.max(tokens_below[at]);
        let Some(parent) = parents[at] else { continue };
        let totals = nodes[at].totals;
        tokens_below[parent] = tokens_below[parent].saturating_add(totals.tokens);
        nodes[parent].totals.add(&Totals { tokens: 0, ..totals });
        nodes[parent].totals.sub_agents += u64::from(nodes[at].kind == EventKind::AgentInvoke);
    }
    sum_sizes(nodes, parents);
}

fn sum_sizes(nodes: &mut [DelegationNode], parents: &[Option<usize>]) {
    for at in (0..nodes.len()).rev() {
        if let Some(parent) = parents[at] {
            nodes[parent].size = nodes[parent].size.saturating_add(nodes[at].size);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{AsGiven, span, spans};
    use super::*;

    /// Each node as `label edge`, indented by depth.
    fn drawn(tree: &DelegationTree) -> Vec<String> {
        let line = |node: &DelegationNode| {
            let edge = match &node.edge {
                EdgeBasis::Root | EdgeBasis::Recorded => "",
                EdgeBasis::Inferred { .. } => " (inferred)",
                EdgeBasis::Orphan => " (orphan)",
            };
            format!("{}{}{edge}", "  ".repeat(node.depth as usize), node.label.visible())
        };
        tree.nodes.iter().map(line).collect()
    }

    #[track_caller]
    fn check(events: &[Event], expected: &[&str]) {
        let tree = build(events, &AsGiven);
        assert_eq!(drawn(&tree), expected);
        // The order in which events arrive makes no difference.
        let reversed = build(events.iter().rev(), &AsGiven);
        assert_eq!(reversed.nodes, tree.nodes);
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
        let repairs = build(&events, &AsGiven).repairs;
        assert_eq!(repairs, ["2 spans were in a cycle, which was cut before them: 1, 4"]);
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
        let tree = build(&events, &AsGiven);
        let totals: Vec<_> = tree
            .nodes
            .iter()
            .map(|node| {
                let Totals { tool_calls, model_calls, sub_agents, errors, tokens, .. } =
                    node.totals;
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
        let tree = build(
            &spans(&[
                "1 other http",
                "2 agent planner under 1",
                "3 other queue under 2",
                "4 tool read under 3",
                "5 other lost under 9",
                "6 tool write under 5",
            ]),
            &AsGiven,
        );
        let shown = agents_only(&tree);
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
            let tree = build(&events, &AsGiven);
            let depth = tree.nodes.iter().map(|node| node.depth).max();
            assert_eq!(depth, Some(if deep { MANY - 1 } else { 1 }));
            let first = tree.nodes.first().expect("there are spans");
            assert_eq!((first.size, first.totals.tool_calls), (MANY, u64::from(MANY)));
            assert_eq!(agents_only(&tree).nodes, tree.nodes);
        }
    }

    #[test]
    fn a_cycle_of_many_spans_is_cut() {
        let events: Vec<Event> = (0..20_000)
            .map(|n| span(n, EventKind::Other, "x", Some((n + 19_999) % 20_000)))
            .collect();
        let tree = build(&events, &AsGiven);
        assert_eq!(tree.nodes.len(), 20_000);
        assert_eq!(tree.repairs.len(), 1);
    }

    proptest::proptest! {
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
            let tree = build(&events, &AsGiven);
            proptest::prop_assert_eq!(tree.nodes.len(), events.len());
            let mut ends: Vec<usize> = Vec::new();
            for (at, node) in tree.nodes.iter().enumerate() {
                while ends.last().is_some_and(|end| *end <= at) {
                    ends.pop();
                }
                proptest::prop_assert_eq!(node.depth as usize, ends.len());
                ends.push(at + node.size as usize);
            }
        }
    }
}

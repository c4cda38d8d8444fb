//! Sums over subtrees. Nodes stand in depth-first order, so that children come after their parents
//! and a subtree is a range.

use rustc_hash::FxHashMap;

use super::distinct;
use super::spans::{Names, Span};
use super::tree::{Context, SHOWN};
use crate::domain::{
    AgentId, AgentKey, DelegationNode, EdgeBasis, Effect, EventKind, Outcome, Totals, TraceRow,
};

/// What nodes are made of, by their positions.
pub(super) struct Input<'a> {
    pub spans: &'a [Span],
    pub parents: &'a [Option<u32>],
    pub names: Names<'a>,
    pub context: &'a Context<'a>,
}

/// Fills in the sizes, times and totals of nodes.
pub(super) fn nodes(nodes: &mut [DelegationNode], input: &Input<'_>) {
    own_times(nodes, input.parents);
    let callers = callers(nodes, input.parents);
    let echoes = echoes(nodes, input.parents);
    for (at, span) in input.spans.iter().enumerate() {
        let caller = callers[at].map(|caller| &input.spans[caller as usize]);
        nodes[at].totals = own_totals(span, caller, echoes[at], input);
    }
    sum(nodes, input.parents);
    sizes(nodes, input.parents);
    let ranges: Vec<std::ops::Range<u32>> =
        (0_u32..).zip(nodes.iter()).map(|(at, node)| at..at.saturating_add(node.size)).collect();
    let (tools, targets) = (tools(input.spans), targets(input.spans));
    let counts = distinct::in_ranges(&tools, &ranges).into_iter();
    for ((node, tools), targets) in
        nodes.iter_mut().zip(counts).zip(distinct::in_ranges(&targets, &ranges))
    {
        node.totals.tools = tools;
        node.totals.targets = targets;
    }
}

/// A row for each trace, in the order of their nodes.
pub(super) fn traces(nodes: &[DelegationNode], input: &Input<'_>) -> Vec<TraceRow> {
    let mut rows: Vec<TraceRow> = Vec::new();
    for (at, node) in nodes.iter().enumerate() {
        if rows.last().is_none_or(|row| row.trace != node.trace) {
            rows.push(first_row(at as u64, node));
        }
        let Some(row) = rows.last_mut() else { continue };
        let has_agent = row.kind == EventKind::AgentInvoke;
        if !has_agent && node.kind == EventKind::AgentInvoke {
            (row.label, row.kind) = (node.label, node.kind);
        }
        row.agent = row.agent.or(node.agent);
        row.nodes = row.nodes.saturating_add(1);
        row.mended += u32::from(node.edge == EdgeBasis::Orphan);
        if node.depth == 0 {
            let end = (row.start.saturating_add(row.elapsed))
                .max(node.start.saturating_add(node.elapsed));
            row.start = row.start.min(node.start);
            row.elapsed = end.saturating_sub(row.start);
            row.roots = row.roots.saturating_add(1);
            row.totals.add(&node.totals);
        }
    }
    let ranges: Vec<std::ops::Range<u32>> = rows
        .iter()
        .map(|row| u32::try_from(row.first).unwrap_or(u32::MAX))
        .zip(&rows)
        .map(|(first, row)| first..first.saturating_add(row.nodes))
        .collect();
    let tools = distinct::in_ranges(&tools(input.spans), &ranges);
    let targets = distinct::in_ranges(&targets(input.spans), &ranges);
    for ((row, tools), targets) in rows.iter_mut().zip(tools).zip(targets) {
        (row.totals.tools, row.totals.targets) = (tools, targets);
    }
    rows
}

fn first_row(first: u64, node: &DelegationNode) -> TraceRow {
    TraceRow {
        trace: node.trace,
        first,
        nodes: 0,
        roots: 0,
        mended: 0,
        label: node.label,
        kind: node.kind,
        agent: None,
        start: node.start,
        elapsed: node.elapsed,
        totals: Totals::default(),
    }
}

/// Sums from the leaves upwards.
fn sum(nodes: &mut [DelegationNode], parents: &[Option<u32>]) {
    let mut below = vec![(0_u64, 0_u64); nodes.len()];
    for at in (0..nodes.len()).rev() {
        // What an agent or a wrapper says of tokens and cost is the sum over what it did, not more.
        let (tokens, cost) = below[at];
        let totals = &mut nodes[at].totals;
        totals.tokens = totals.tokens.max(tokens);
        totals.cost = totals.cost.max(cost);
        let totals = *totals;
        let (kind, end) = (nodes[at].kind, nodes[at].start.saturating_add(nodes[at].elapsed));
        let Some(parent) = parents[at].map(|parent| parent as usize) else { continue };
        below[parent].0 = below[parent].0.saturating_add(totals.tokens);
        below[parent].1 = below[parent].1.saturating_add(totals.cost);
        let above = &mut nodes[parent];
        above.totals.add(&Totals { tokens: 0, cost: 0, ..totals });
        above.totals.sub_agents += u32::from(kind == EventKind::AgentInvoke);
        above.elapsed = above.elapsed.max(end.saturating_sub(above.start));
    }
}

/// Counts the nodes of subtrees.
pub(super) fn sizes(nodes: &mut [DelegationNode], parents: &[Option<u32>]) {
    for at in (0..nodes.len()).rev() {
        if let Some(parent) = parents[at] {
            nodes[parent as usize].size =
                nodes[parent as usize].size.saturating_add(nodes[at].size);
        }
    }
}

/// Takes the time in which children were under way from what their parents took.
fn own_times(nodes: &mut [DelegationNode], parents: &[Option<u32>]) {
    // Siblings come in the order of their starts, so that their union grows at its end.
    let mut covered_until: Vec<i64> = nodes.iter().map(|node| node.start).collect();
    for at in 0..nodes.len() {
        let Some(parent) = parents[at].map(|parent| parent as usize) else { continue };
        let (start, duration) = (nodes[at].start, nodes[at].duration.unwrap_or(0).max(0));
        let above = &mut nodes[parent];
        let (Some(own), Some(whole)) = (above.own_time, above.duration) else { continue };
        let from = start.max(covered_until[parent]);
        let until = start.saturating_add(duration).min(above.start.saturating_add(whole));
        if until > from {
            above.own_time = Some(own.saturating_sub(until.saturating_sub(from)).max(0));
            covered_until[parent] = until;
        }
    }
}

/// The agent that each node runs under; none for those above every agent.
fn callers(nodes: &[DelegationNode], parents: &[Option<u32>]) -> Vec<Option<u32>> {
    let mut callers: Vec<Option<u32>> = vec![None; nodes.len()];
    for at in 0..nodes.len() {
        callers[at] = parents[at].and_then(|parent| {
            match nodes[parent as usize].kind == EventKind::AgentInvoke {
                true => Some(parent),
                false => callers[parent as usize],
            }
        });
    }
    callers
}

/// A call that runs inside a call of the same tool, with no agent between, is the same call told by
/// another layer (framework, MCP client, MCP server): it counts once.
fn echoes(nodes: &[DelegationNode], parents: &[Option<u32>]) -> Vec<bool> {
    let mut calls: Vec<Option<usize>> = vec![None; nodes.len()];
    let mut echoes = vec![false; nodes.len()];
    for at in 0..nodes.len() {
        let around = parents[at].and_then(|parent| calls[parent as usize]);
        let is_call = nodes[at].kind == EventKind::ToolCall;
        echoes[at] = is_call && around.is_some_and(|call| nodes[call].label == nodes[at].label);
        calls[at] = match nodes[at].kind {
            EventKind::AgentInvoke => None,
            EventKind::ToolCall => Some(at),
            _ => around,
        };
    }
    echoes
}

fn own_totals(span: &Span, caller: Option<&Span>, is_echo: bool, input: &Input<'_>) -> Totals {
    let findings = u32::from(input.context.cited.contains(&span.event));
    let (tokens, cost) = (span.tokens, span.cost);
    if is_echo {
        return Totals { findings, tokens, cost, ..Totals::default() };
    }
    let is = |kind| u32::from(span.kind == kind);
    let does = |effect| u32::from(span.effect == Some(effect));
    let is_shown = SHOWN.contains(&span.kind);
    let caller = caller.filter(|_| span.kind == EventKind::AgentInvoke);
    Totals {
        tool_calls: is(EventKind::ToolCall),
        model_calls: is(EventKind::ModelCall),
        errors: u32::from(is_shown && span.outcome == Some(Outcome::Failure)),
        denied: u32::from(span.is_denied != 0),
        findings,
        reads: does(Effect::Read),
        modifies: does(Effect::Modify),
        triggers: does(Effect::Trigger),
        sends: does(Effect::Send),
        inherited: u32::from(caller.is_some_and(|caller| shares_identity(span, caller, input))),
        crossings: u32::from(caller.is_some_and(|caller| is_elsewhere(span, caller, input))),
        tokens,
        cost,
        ..Totals::default()
    }
}

/// Whether an agent acts as the one that called it: by the identity that both records name, else by
/// the account that the configuration gives to both.
fn shares_identity(span: &Span, caller: &Span, input: &Input<'_>) -> bool {
    let account = |agent: Option<AgentId>| {
        agent.and_then(|agent| *input.context.accounts.get(agent.0 as usize)?)
    };
    match (span.principal, caller.principal) {
        (Some(own), Some(callers)) => own == callers,
        _ => account(span.agent).is_some_and(|own| account(caller.agent) == Some(own)),
    }
}

/// Whether an agent runs in another namespace, cluster or organisation than the one that called it.
fn is_elsewhere(span: &Span, caller: &Span, input: &Input<'_>) -> bool {
    let place = |span: &Span| {
        let agent: &AgentKey = input.names.agent(span.agent?)?;
        Some((agent.realm.clone(), agent.space.clone()))
    };
    matches!((place(span), place(caller)), (Some(own), Some(callers)) if own != callers)
}

/// The tool of each call, as a small number.
fn tools(spans: &[Span]) -> Vec<Option<u32>> {
    let is_call = |span: &&Span| span.kind == EventKind::ToolCall;
    spans.iter().map(|span| Some(span).filter(is_call).map(|span| span.label.0)).collect()
}

/// The target of each act, as a small number. Agents and models are counted on their own.
fn targets(spans: &[Span]) -> Vec<Option<u32>> {
    let mut numbers: FxHashMap<u64, u32> = FxHashMap::default();
    let mut number = |target| {
        let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        *numbers.entry(target).or_insert(next)
    };
    let is_act = |span: &Span| span.kind == EventKind::ToolCall || !SHOWN.contains(&span.kind);
    spans.iter().map(|span| span.target.filter(|_| is_act(span)).map(&mut number)).collect()
}

//! `diptych tree`.

use jiff::Timestamp;
use serde::Serialize;

use super::Global;
use super::output::{self, Row};
use crate::domain::amounts;
use crate::domain::{
    AgentKey, Budget, DelegationNode, DelegationTree, EdgeBasis, EventId, EventKind, Outcome, Text,
    Totals, TraceRow,
};
use crate::view::{TraceList, TreeFocus};
use crate::workspace::{Error, TreeOptions};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Every edge is recorded, structural or inferred, with its rule. The figures are sums over the branch:
calls of tools and models, different targets, errors, refusals, findings, tokens, cost. `took` is as
recorded, `own` without the time in which children were under way. `27/25` is more than the posture
policy of the agent allows in a run. As JSON there are also effects,
inherited identities and crossed boundaries.

Examples:
  diptych tree --traces
  diptych tree --trace 1cbddfcb0a469988de93c17a0747513b
  diptych tree --agent outreach --all-spans --limit 200")]
pub struct Args {
    /// Only runs of agents whose key contains this.
    #[arg(long)]
    agent: Option<String>,
    /// Only this trace.
    #[arg(long, conflicts_with = "agent")]
    trace: Option<String>,
    /// Every span, plumbing included, in place of agents, tools and models.
    #[arg(long)]
    all_spans: bool,
    /// A line for each trace in place of its tree.
    #[arg(long, conflicts_with = "all_spans")]
    traces: bool,
    /// At most this many lines.
    #[arg(long, default_value_t = 1000)]
    limit: usize,
}

/// One node, as a row.
#[derive(Serialize)]
struct NodeRow<'a> {
    depth: u32,
    /// Nodes in the subtree.
    size: u32,
    label: &'a Text,
    kind: EventKind,
    #[serde(flatten)]
    edge: EdgeBasis,
    agent: Option<&'a AgentKey>,
    trace: &'a Text,
    event: EventId,
    start: Timestamp,
    /// Nanoseconds: as recorded, without the time of children, and to the last end below.
    duration: Option<i64>,
    own_time: Option<i64>,
    elapsed: i64,
    outcome: Option<Outcome>,
    totals: Totals,
    budget: Budget,
}

impl<'a> NodeRow<'a> {
    fn of(tree: &'a DelegationTree, node: &'a DelegationNode) -> Self {
        Self {
            depth: node.depth,
            size: node.size,
            label: tree.label(node),
            kind: node.kind,
            edge: node.edge,
            agent: tree.agent(node),
            trace: tree.trace(node),
            event: node.event,
            start: node.start(),
            duration: node.duration,
            own_time: node.own_time,
            elapsed: node.elapsed,
            outcome: node.outcome,
            totals: node.totals,
            budget: tree.budget(node),
        }
    }
}

impl Row for NodeRow<'_> {
    const COLUMNS: &'static [&'static str] = &[
        "node", "kind", "edge", "agents", "tools", "targets", "models", "errors", "denied",
        "findings", "tokens", "cost", "took", "own", "start",
    ];

    fn cells(&self) -> Vec<String> {
        let edge = match self.edge {
            EdgeBasis::Root => "root".to_owned(),
            EdgeBasis::Recorded => "recorded".to_owned(),
            EdgeBasis::Structural { rule } => format!("structural ({rule})"),
            EdgeBasis::Inferred { rule } => {
                format!("inferred, {} % ({rule})", rule.confidence())
            }
            EdgeBasis::Orphan => "orphan".to_owned(),
        };
        let totals = &self.totals;
        vec![
            format!("{}{}", "· ".repeat((self.depth as usize).min(40)), self.label.visible()),
            self.kind.to_string(),
            edge,
            amounts::of_budget(totals.sub_agents.into(), self.budget.sub_agents),
            amounts::of_budget(totals.tool_calls.into(), self.budget.tool_calls),
            totals.targets.to_string(),
            totals.model_calls.to_string(),
            totals.errors.to_string(),
            totals.denied.to_string(),
            totals.findings.to_string(),
            totals.tokens.to_string(),
            amounts::dollars(totals.cost),
            amounts::took(self.duration.unwrap_or(self.elapsed)),
            self.own_time.map_or_else(String::new, amounts::took),
            self.start.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        ]
    }
}

/// One trace, as a row.
#[derive(Serialize)]
struct TraceSummary<'a> {
    trace: &'a Text,
    start: Timestamp,
    label: &'a Text,
    agent: Option<&'a AgentKey>,
    nodes: u32,
    roots: u32,
    mended: u32,
    /// Nanoseconds.
    elapsed: i64,
    totals: Totals,
}

impl Row for TraceSummary<'_> {
    const COLUMNS: &'static [&'static str] = &[
        "trace",
        "start",
        "begins with",
        "agent",
        "nodes",
        "mended",
        "agents",
        "tools",
        "errors",
        "denied",
        "findings",
        "tokens",
        "took",
    ];

    fn cells(&self) -> Vec<String> {
        let totals = &self.totals;
        vec![
            self.trace.visible().into_owned(),
            self.start.strftime("%Y-%m-%d %H:%M:%S").to_string(),
            self.label.visible().into_owned(),
            self.agent.map(AgentKey::visible).unwrap_or_default(),
            self.nodes.to_string(),
            self.mended.to_string(),
            totals.sub_agents.to_string(),
            totals.tool_calls.to_string(),
            totals.errors.to_string(),
            totals.denied.to_string(),
            totals.findings.to_string(),
            totals.tokens.to_string(),
            amounts::took(self.elapsed),
        ]
    }
}

pub fn run(global: &Global, args: &Args) -> Result<u8, Error> {
    let workspace = global.workspace()?;
    let focus = match (&args.agent, &args.trace) {
        (Some(agent), _) => TreeFocus::AgentContaining(agent.clone()),
        (None, Some(trace)) => TreeFocus::Trace(Text::new(trace)),
        (None, None) => TreeFocus::All,
    };
    if args.traces {
        return traces(global, &workspace.traces(&focus)?, args.limit);
    }
    let options = TreeOptions { all_spans: args.all_spans, most: args.limit };
    let (tree, all) = workspace.tree(&focus, options)?;
    let shown = tree.nodes.get(..args.limit.min(tree.nodes.len())).unwrap_or_default();
    let rows: Vec<NodeRow<'_>> = shown.iter().map(|node| NodeRow::of(&tree, node)).collect();
    output::rows(global.format, &rows)?;
    if rows.len() == args.limit {
        output::note(&format!("the first {} of {all} spans; --limit shows more", rows.len()));
    }
    for repair in &tree.repairs {
        output::note(repair);
    }
    Ok(0)
}

fn traces(global: &Global, list: &TraceList, limit: usize) -> Result<u8, Error> {
    let row = |row| summary(list, row);
    let rows: Vec<TraceSummary<'_>> = list.traces.iter().take(limit).map(row).collect();
    output::rows(global.format, &rows)?;
    if rows.len() < list.traces.len() {
        let all = list.traces.len();
        output::note(&format!("the first {} of {all} traces; --limit shows more", rows.len()));
    }
    Ok(0)
}

fn summary<'a>(list: &'a TraceList, row: &TraceRow) -> TraceSummary<'a> {
    TraceSummary {
        trace: list.names.name(row.trace),
        start: row.start(),
        label: list.names.name(row.label),
        agent: list.names.agent(row.agent),
        nodes: row.nodes,
        roots: row.roots,
        mended: row.mended,
        elapsed: row.elapsed,
        totals: row.totals,
    }
}

//! `diptych tree` and `diptych chain`.

use serde::Serialize;

use super::Global;
use super::output::{self, Format, Row};
use crate::domain::{DelegationNode, EdgeBasis, HopState, IdentityChain, Text};
use crate::workspace::{Error, TreeFocus};

#[derive(Debug, clap::Args)]
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
    /// At most this many lines.
    #[arg(long, default_value_t = 1000)]
    limit: usize,
}

#[derive(Debug, clap::Args)]
pub struct ChainArgs {
    /// Only chains of agents whose key contains this.
    #[arg(long)]
    agent: Option<String>,
}

impl Row for DelegationNode {
    const COLUMNS: &'static [&'static str] =
        &["node", "kind", "edge", "agents", "tools", "models", "errors", "tokens", "start"];

    fn cells(&self) -> Vec<String> {
        let edge = match &self.edge {
            EdgeBasis::Root => "root".to_owned(),
            EdgeBasis::Recorded => "recorded".to_owned(),
            EdgeBasis::Inferred { rule } => format!("inferred ({rule})"),
            EdgeBasis::Orphan => "orphan".to_owned(),
        };
        vec![
            format!("{}{}", "· ".repeat((self.depth as usize).min(40)), self.label.visible()),
            self.kind.to_string(),
            edge,
            self.totals.sub_agents.to_string(),
            self.totals.tool_calls.to_string(),
            self.totals.model_calls.to_string(),
            self.totals.errors.to_string(),
            self.totals.tokens.to_string(),
            self.start
                .map_or_else(String::new, |start| start.strftime("%Y-%m-%d %H:%M:%S").to_string()),
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
    let tree = workspace.tree(&focus, args.all_spans)?;
    let shown = tree.nodes.get(..args.limit.min(tree.nodes.len())).unwrap_or_default();
    output::rows(global.format, shown)?;
    if shown.len() < tree.nodes.len() {
        output::note(&format!("{} of {} nodes; --limit shows more", shown.len(), tree.nodes.len()));
    }
    for repair in &tree.repairs {
        output::note(repair);
    }
    Ok(0)
}

/// One hop of a chain, as a row.
#[derive(Serialize)]
struct HopRow<'a> {
    chain: usize,
    agent: String,
    principal: String,
    hop: &'a HopState,
    because: &'a str,
    events: u64,
}

impl Row for HopRow<'_> {
    const COLUMNS: &'static [&'static str] =
        &["chain", "agent", "principal", "hop", "because", "events"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.chain.to_string(),
            self.agent.clone(),
            self.principal.clone(),
            self.hop.to_string(),
            self.because.to_owned(),
            self.events.to_string(),
        ]
    }
}

pub fn chain(global: &Global, args: &ChainArgs) -> Result<u8, Error> {
    let mut chains: Vec<IdentityChain> = global.workspace()?.chains()?;
    chains.retain(|chain| {
        args.agent.as_ref().is_none_or(|only| chain.agent.visible().contains(only))
    });
    if matches!(global.format, Format::Json) {
        output::value(global.format, &chains, |_| String::new())?;
        return Ok(0);
    }
    let rows: Vec<HopRow<'_>> = chains
        .iter()
        .enumerate()
        .flat_map(|(number, chain)| {
            chain.links.iter().map(move |link| HopRow {
                chain: number + 1,
                agent: chain.agent.visible(),
                principal: link.principal.visible(),
                hop: &link.hop,
                because: &link.because,
                events: chain.events,
            })
        })
        .collect();
    output::rows(global.format, &rows)?;
    Ok(0)
}

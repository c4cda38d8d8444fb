//! `diptych tree`.

use super::Global;
use super::output::{self, Row};
use crate::domain::{DelegationNode, EdgeBasis, Text};
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

//! `diptych agents`.

use super::Global;
use super::output::{self, Row};
use crate::view::AgentRow;
use crate::workspace::Error;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only agents that were observed and are not registered.
    #[arg(long)]
    shadow: bool,
}

impl Row for AgentRow {
    const COLUMNS: &'static [&'static str] = &[
        "agent",
        "registered",
        "owner",
        "evidence",
        "identity",
        "spawns",
        "events",
        "exercised",
        "unused",
        "unobservable",
        "inherited",
        "findings",
    ];

    fn cells(&self) -> Vec<String> {
        let identity = self.agent.principals.first().map_or_else(String::new, |p| p.visible());
        vec![
            self.agent.key.visible(),
            if self.agent.registered { "yes" } else { "no" }.to_owned(),
            self.agent
                .owner
                .as_ref()
                .map_or_else(String::new, |owner| owner.visible().into_owned()),
            self.agent.evidence.first().map_or_else(String::new, ToString::to_string),
            identity,
            if self.spawns { "yes" } else { "no" }.to_owned(),
            self.events.to_string(),
            self.exercised.to_string(),
            self.observed_unused.to_string(),
            self.unobservable.to_string(),
            self.inherited.to_string(),
            self.findings.to_string(),
        ]
    }
}

pub fn run(global: &Global, args: &Args) -> Result<u8, Error> {
    let mut rows = global.workspace()?.agents()?;
    rows.retain(|row| !args.shadow || (!row.agent.registered && row.events > 0));
    output::rows(global.format, &rows)?;
    Ok(0)
}

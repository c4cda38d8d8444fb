//! `diptych catalogs`.

use super::Global;
use super::output::{self, Row};
use crate::domain::catalog_diff::Change;
use crate::view::CatalogRow;
use crate::workspace::Error;

/// Changes of one row beyond this are counted in tables.
const CHANGES: usize = 6;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Every row is one change: against what is pinned or declared for the server, or against what the same
client was shown before in the same revision of the protocol.

Examples:
  diptych catalogs
  diptych catalogs github --format json")]
pub struct Args {
    /// Only this MCP server.
    server: Option<String>,
}

impl Row for CatalogRow {
    const COLUMNS: &'static [&'static str] =
        &["server", "client", "protocol", "from", "to", "at", "changes"];

    fn cells(&self) -> Vec<String> {
        let mut changes: Vec<String> =
            self.changes.iter().take(CHANGES).map(Change::visible).collect();
        if self.changes.len() > CHANGES {
            changes.push(format!("{} more", self.changes.len() - CHANGES));
        }
        vec![
            self.server.visible().into_owned(),
            self.agent.as_ref().map_or_else(String::new, |agent| agent.visible()),
            self.protocol.as_ref().map_or_else(String::new, |named| named.visible().into_owned()),
            self.from.clone(),
            self.to.visible().into_owned(),
            self.at.map(|at| at.to_string()).unwrap_or_default(),
            changes.join("; "),
        ]
    }
}

pub fn run(global: &Global, args: &Args) -> Result<u8, Error> {
    let rows = global.workspace()?.catalogs(args.server.as_deref())?;
    output::rows(global.format, &rows)?;
    Ok(0)
}

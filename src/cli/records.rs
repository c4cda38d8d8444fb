//! `diptych records`: what was read of the configured side.

use serde::Serialize;

use super::Global;
use super::output::{self, Row};
use crate::domain::Record;
use crate::workspace::Error;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Lists every configured record, those of documents in no known format included. TEXT is looked for in
everything a record says.

Examples:
  diptych records
  diptych records --kind ClusterRole
  diptych records secrets --format json")]
pub struct Args {
    /// Only records that say this, in any case.
    text: Option<String>,
    /// Only records of this kind: Deployment, Role, McpServer, unknown, …
    #[arg(long)]
    kind: Option<String>,
}

/// One record, with the object that it speaks of.
#[derive(Serialize)]
struct RecordRow {
    kind: String,
    #[serde(flatten)]
    record: Record,
}

impl Row for RecordRow {
    const COLUMNS: &'static [&'static str] =
        &["kind", "realm", "namespace", "name", "at", "owner", "place"];

    fn cells(&self) -> Vec<String> {
        let identity = self.record.body.identity();
        let place = &self.record.place;
        vec![
            self.kind.clone(),
            self.record.realm.raw().to_owned(),
            identity.namespace.raw().to_owned(),
            identity.name.raw().to_owned(),
            self.record.at.map(|at| at.to_string()).unwrap_or_default(),
            self.record.provisioning.owner.as_ref().map_or("", |owner| owner.raw()).to_owned(),
            format!("{}{}", place.file.raw(), place.at),
        ]
    }
}

pub fn run(global: &Global, args: &Args) -> Result<u8, Error> {
    let wanted = args.text.as_ref().map(|text| text.to_lowercase());
    let mut rows: Vec<RecordRow> = Vec::new();
    for record in global.workspace()?.records()? {
        let kind = record.body.identity().kind.raw().to_owned();
        let is_kind = args.kind.as_ref().is_none_or(|only| only.eq_ignore_ascii_case(&kind));
        let row = RecordRow { kind, record };
        if is_kind && wanted.as_ref().is_none_or(|wanted| says(&row, wanted)) {
            rows.push(row);
        }
    }
    output::rows(global.format, &rows)?;
    Ok(0)
}

fn says(row: &RecordRow, wanted: &str) -> bool {
    serde_json::to_string(row).is_ok_and(|json| json.to_lowercase().contains(wanted))
}

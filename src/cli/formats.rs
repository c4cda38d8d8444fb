//! `diptych formats`: what is read, and what it contributes to which discipline.

use serde::Serialize;

use super::Global;
use super::output::{self, Row};
use crate::workspace::{self, Error, Format};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
The id is what `diptych load --as` takes and what events carry as their source.

Examples:
  diptych formats
  diptych formats --format json")]
pub struct Args {}

/// One row of the table of formats.
#[derive(Serialize)]
struct FormatRow {
    id: &'static str,
    panel: String,
    title: &'static str,
    contributes: Vec<Contribution>,
    coverage: &'static str,
}

#[derive(Serialize)]
struct Contribution {
    discipline: String,
    what: &'static str,
}

impl From<&'static Format> for FormatRow {
    fn from(format: &'static Format) -> Self {
        let contribution = |(discipline, what): &(crate::domain::Discipline, &'static str)| {
            Contribution { discipline: discipline.to_string(), what }
        };
        Self {
            id: format.id,
            panel: format.side.to_string(),
            title: format.title,
            contributes: format.says.iter().map(contribution).collect(),
            coverage: format.coverage,
        }
    }
}

impl Row for FormatRow {
    const COLUMNS: &'static [&'static str] = &["id", "panel", "format", "contributes", "coverage"];

    fn cells(&self) -> Vec<String> {
        let contributes: Vec<String> = self
            .contributes
            .iter()
            .map(|contribution| format!("{}: {}", contribution.discipline, contribution.what))
            .collect();
        vec![
            self.id.to_owned(),
            self.panel.clone(),
            self.title.to_owned(),
            contributes.join("; "),
            self.coverage.to_owned(),
        ]
    }
}

pub fn run(global: &Global, _: &Args) -> Result<u8, Error> {
    let rows: Vec<FormatRow> = workspace::formats().map(FormatRow::from).collect();
    output::rows(global.format, &rows)?;
    Ok(0)
}

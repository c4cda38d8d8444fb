//! `diptych baseline`.

use jiff::Timestamp;
use serde::Serialize;

use super::Global;
use super::output::{self, Format, Row};
use super::scope::instant;
use crate::domain::Text;
use crate::domain::baseline::{
    BaselineAspect, BaselineChange, BaselineSheet, DeviatingRun, DeviationTerm, Gauge,
    TransitionCell, day,
};
use crate::workspace::{BaselineOptions, Error};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
What is normal for an agent: how far its baseline is in each discipline, what changed, which runs do
not fit and why, and what is now beside what was. A score is a sum of surprises in nats; p is the
share of runs at least as unusual, this one counted, so with n earlier runs it is never below
1/(n + 1).

Examples:
  diptych baseline billing
  diptych baseline billing --now-from 2026-10-12
  diptych baseline billing --run 1cbddfcb0a469988
  diptych baseline billing --transitions
  diptych baseline billing --context production --format json")]
pub struct Args {
    /// The agent: its key, or a part of it that names only one.
    agent: String,
    /// Where now begins: the Monday on or before this day (UTC), in place of the last week of work.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    now_from: Option<Timestamp>,
    /// Only in the context (environment, tenant, task) whose name contains this.
    #[arg(long)]
    context: Option<String>,
    /// The terms of the score of the run whose id begins with this.
    #[arg(long, value_name = "ID")]
    run: Option<String>,
    /// Which call follows which, then and now.
    #[arg(long, conflicts_with = "run")]
    transitions: bool,
    /// At most this many runs that do not fit.
    #[arg(long, default_value_t = 20)]
    limit: usize,
}

impl Row for Gauge {
    const COLUMNS: &'static [&'static str] =
        &["discipline", "baseline", "missing most", "expected", "rhythm", "why"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.discipline.to_string(),
            self.state(),
            self.bottleneck.clone().unwrap_or_default(),
            self.date().map_or_else(String::new, day),
            self.cadence.clone().unwrap_or_default(),
            self.why.clone(),
        ]
    }
}

impl Row for BaselineChange {
    const COLUMNS: &'static [&'static str] = &["since", "what", "discipline", "statement"];

    fn cells(&self) -> Vec<String> {
        vec![
            day(self.at),
            self.kind.to_string(),
            self.discipline.map_or_else(String::new, |discipline| discipline.to_string()),
            self.sentence.clone(),
        ]
    }
}

impl Row for DeviatingRun {
    const COLUMNS: &'static [&'static str] =
        &["run", "at", "level", "discipline", "p", "earlier", "nats", "why"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.run.visible().into_owned(),
            self.at.strftime("%Y-%m-%d %H:%M").to_string(),
            self.level.clone(),
            self.discipline.to_string(),
            format!("{:.4}", self.p),
            self.n.to_string(),
            format!("{:.1}", self.score),
            self.sentence.clone(),
        ]
    }
}

impl Row for DeviationTerm {
    const COLUMNS: &'static [&'static str] = &["nats", "what", "events"];

    fn cells(&self) -> Vec<String> {
        let events: Vec<String> = self.events.iter().map(ToString::to_string).collect();
        vec![format!("{:.1}", self.nats), self.what.clone(), events.join(" ")]
    }
}

impl Row for BaselineAspect {
    const COLUMNS: &'static [&'static str] = &["aspect", "differs", "by chance", "then and now"];

    fn cells(&self) -> Vec<String> {
        let percent = |share: Option<f64>| {
            share.map_or("-".to_owned(), |share| format!("{:.0} %", share * 100.0))
        };
        vec![
            self.aspect.clone(),
            percent(self.distance),
            percent(self.by_chance),
            self.sentence.clone(),
        ]
    }
}

/// One call after another, as a row.
#[derive(Serialize)]
struct Transition<'a> {
    before: &'a Text,
    after: &'a Text,
    #[serde(flatten)]
    cell: TransitionCell,
}

impl Row for Transition<'_> {
    const COLUMNS: &'static [&'static str] =
        &["after", "comes", "then", "now", "share then", "share now"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.before.visible().into_owned(),
            self.after.visible().into_owned(),
            self.cell.then.to_string(),
            self.cell.now.to_string(),
            format!("{:.0} %", self.cell.share_then * 100.0),
            format!("{:.0} %", self.cell.share_now * 100.0),
        ]
    }
}

pub fn run(global: &Global, args: &Args) -> Result<u8, Error> {
    let options = BaselineOptions { now_from: args.now_from, context: args.context.clone() };
    let mut sheet = global.workspace()?.baseline(&args.agent, &options)?;
    if let Some(id) = &args.run {
        return of_run(global.format, &sheet, id);
    }
    if args.transitions {
        return output::rows(global.format, &transitions(&sheet)).map(|()| 0);
    }
    sheet.runs.truncate(args.limit);
    match global.format {
        Format::Table => table(&sheet)?,
        Format::Csv => output::rows(Format::Csv, &sheet.aspects)?,
        format => output::value(format, &sheet, |_| String::new())?,
    }
    Ok(0)
}

fn of_run(format: Format, sheet: &BaselineSheet, id: &str) -> Result<u8, Error> {
    let run = sheet.runs.iter().find(|run| run.run.raw().starts_with(id)).ok_or_else(|| {
        Error::usage(format!("no run that deviates has an id that begins with {id}"))
            .with_hint(format!("`diptych baseline {}` lists them.", sheet.agent.visible()))
    })?;
    if format == Format::Table {
        output::line(&run.sentence)?;
    }
    output::rows(format, &run.terms).map(|()| 0)
}

fn transitions(sheet: &BaselineSheet) -> Vec<Transition<'_>> {
    let table = &sheet.transitions;
    let rows = table.before.iter().zip(&table.rows).flat_map(|(before, row)| {
        let cells = table.after.iter().zip(row).filter(|(_, cell)| cell.then + cell.now > 0);
        cells.map(move |(after, cell)| Transition { before, after, cell: *cell })
    });
    rows.collect()
}

fn table(sheet: &BaselineSheet) -> Result<(), Error> {
    let context = sheet.context.as_deref().unwrap_or("all contexts");
    output::line(&format!("{}, {context}", sheet.agent.visible()))?;
    output::line(&format!("then: {}\nnow:  {}", sheet.then.visible(), sheet.now.visible()))?;
    output::line(&format!(
        "{} kB are kept of it, at most {} kB for each context and week",
        sheet.bytes.div_ceil(1000),
        sheet.most_bytes.div_ceil(1000)
    ))?;
    output::rows(Format::Table, &sheet.gauges)?;
    if !sheet.changes.is_empty() {
        output::rows(Format::Table, &sheet.changes)?;
    }
    match sheet.runs.is_empty() {
        true => output::line("No run stands out, as far as the baselines above can say.")?,
        false => output::rows(Format::Table, &sheet.runs)?,
    }
    output::rows(Format::Table, &sheet.aspects)
}

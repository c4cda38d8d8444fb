//! `diptych load`, `diptych case` and `diptych problems`.

use std::cell::Cell;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::Global;
use super::output::{self, Format, Row};
use crate::domain::Problem;
use crate::view::{CaseSummary, FileReport};
use crate::workspace::{self, Error, Given, LoadOptions, Progress, Workspace};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
The format is found out from the content, record by record; `diptych formats` lists what is read.

Examples:
  diptych --case ./incident load ./manifests audit.log.gz traces.jsonl.zst
  kubectl get pods,roles,rolebindings -A -o json | diptych --case ./incident load -
  diptych load --as cloudtrail export-of-our-siem.jsonl
  diptych load --in-steps /archive/2026")]
pub struct Args {
    /// Files, folders, or - for standard input.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Read everything as this format instead of finding out from the content; `diptych formats`
    /// lists them.
    #[arg(long = "as", value_name = "FORMAT", value_parser = format_named)]
    read_as: Option<&'static workspace::Format>,
    /// Publish after every few hundred megabytes: a load that is stopped keeps what it has, and the
    /// same command goes on from there.
    #[arg(long)]
    in_steps: bool,
}

fn format_named(id: &str) -> Result<&'static workspace::Format, String> {
    workspace::format(id).ok_or_else(|| {
        let ids: Vec<&str> = workspace::formats().map(|format| format.id).collect();
        format!("no such format; one of {}", ids.join(", "))
    })
}

#[derive(Debug, clap::Args)]
pub struct CaseArgs {
    /// Also what was read from each file.
    #[arg(long)]
    files: bool,
}

impl Row for FileReport {
    const COLUMNS: &'static [&'static str] = &[
        "file",
        "formats",
        "documents",
        "records",
        "events",
        "known",
        "with problems",
        "set aside",
    ];

    fn cells(&self) -> Vec<String> {
        let formats: Vec<String> =
            self.formats.iter().map(|(format, count)| format!("{format} {count}")).collect();
        vec![
            self.file.raw().to_owned(),
            if self.already_loaded { "already loaded".to_owned() } else { formats.join(", ") },
            self.documents.to_string(),
            self.records.to_string(),
            self.events.to_string(),
            self.known.to_string(),
            self.with_problems.to_string(),
            self.set_aside.to_string(),
        ]
    }
}

impl Row for Problem {
    const COLUMNS: &'static [&'static str] = &["kind", "file", "place", "problem"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.kind.to_string(),
            self.file.raw().to_owned(),
            self.at.to_string(),
            self.message.clone(),
        ]
    }
}

pub fn run(global: &Global, args: &Args) -> Result<u8, Error> {
    let workspace = global.workspace_or_new()?;
    let given = args
        .paths
        .iter()
        .map(|path| match path.as_os_str() == "-" {
            true => Given::StandardInput,
            false => Given::Path(path.clone()),
        })
        .collect();
    let options = LoadOptions { read_as: args.read_as, in_steps: args.in_steps };
    load_into(global, &workspace, given, options)
}

/// Loads, showing progress on standard error, and prints what was read from each file.
pub fn load_into(
    global: &Global,
    workspace: &Workspace,
    given: Vec<Given>,
    options: LoadOptions,
) -> Result<u8, Error> {
    let bar = LoadBar::new();
    let report = workspace.load(&given, options, &mut |progress| bar.show(progress));
    bar.finish();
    let report = report?;
    output::rows(global.format, &report.files)?;
    let total = |count: fn(&FileReport) -> u64| report.files.iter().map(count).sum::<u64>();
    output::note(&format!(
        "{} files: {} records and {} events kept, {} events known before; of {} documents {} were kept \
         with a problem and {} set aside",
        report.files.len(),
        total(|file| file.records),
        total(|file| file.events),
        total(|file| file.known),
        total(|file| file.documents),
        total(|file| file.with_problems),
        total(|file| file.set_aside),
    ));
    if total(|file| file.problems) > 0 {
        output::note("`diptych problems` says what was set aside and why");
    }
    Ok(0)
}

/// The progress of a load on standard error, with rate and remaining time; silent without a terminal.
pub struct LoadBar {
    bar: ProgressBar,
    shown: Cell<Shape>,
}

#[derive(Clone, Copy, PartialEq)]
enum Shape {
    Spinner,
    Bytes,
    Count,
}

impl Shape {
    fn style(self) -> ProgressStyle {
        let template = match self {
            Self::Spinner => "{spinner} {elapsed} {msg}",
            Self::Bytes => {
                "{spinner} {elapsed} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left  {msg}"
            }
            Self::Count => "{spinner} {elapsed} {human_pos} of {human_len}  {msg}",
        };
        ProgressStyle::with_template(template)
            .unwrap_or_else(|_| ProgressStyle::default_spinner())
            .tick_chars("-\\|/ ")
    }
}

/// A spinner on standard error; silent without a terminal.
pub fn spinner() -> ProgressBar {
    let bar = ProgressBar::new_spinner().with_style(Shape::Spinner.style());
    bar.enable_steady_tick(Duration::from_millis(250));
    bar
}

impl LoadBar {
    pub fn new() -> Self {
        Self { bar: spinner(), shown: Cell::new(Shape::Spinner) }
    }

    pub fn show(&self, progress: &Progress) -> ControlFlow<()> {
        let shape = match (progress.total, progress.unit) {
            (None, _) => Shape::Spinner,
            (Some(_), "bytes") => Shape::Bytes,
            (Some(_), _) => Shape::Count,
        };
        if self.shown.replace(shape) != shape {
            self.bar.set_style(shape.style());
        }
        if let Some(total) = progress.total {
            self.bar.set_length(total);
        }
        self.bar.set_position(progress.done);
        self.bar.set_message(progress.label());
        ControlFlow::Continue(())
    }

    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

pub fn problems(global: &Global) -> Result<u8, Error> {
    output::rows(global.format, &global.workspace()?.problems()?)?;
    Ok(0)
}

/// The case and its files.
#[derive(Serialize)]
struct Contents {
    summary: CaseSummary,
    files: Vec<FileReport>,
}

pub fn case(global: &Global, args: &CaseArgs) -> Result<u8, Error> {
    let workspace = global.workspace()?;
    let summary = workspace.summary()?;
    let files = if args.files { workspace.file_reports()? } else { Vec::new() };
    if args.files && matches!(global.format, Format::Table | Format::Csv) {
        output::rows(global.format, &files)?;
        return Ok(0);
    }
    output::value(global.format, &Contents { summary, files }, |contents| {
        describe(&contents.summary)
    })?;
    Ok(0)
}

/// The case in a few lines.
pub fn describe(summary: &CaseSummary) -> String {
    let window = match (summary.from, summary.until) {
        (Some(from), Some(until)) => {
            format!("{} to {}", from.strftime("%Y-%m-%d %H:%M"), until.strftime("%Y-%m-%d %H:%M"))
        }
        _ => "no activity".to_owned(),
    };
    format!(
        "case      {}\nwindow    {window} UTC\nevidence  {} files, {} configured records, {} events\n\
         agents    {}\nfindings  {}, {} of them untagged\ndisputes  {}\nset aside {}",
        crate::domain::text::visible(&summary.path),
        summary.evidence,
        summary.records,
        summary.events,
        summary.agents,
        summary.findings,
        summary.untagged,
        summary.disputes,
        summary.problems,
    )
}

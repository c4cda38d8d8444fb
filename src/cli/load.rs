//! `diptych load`, `diptych case` and `diptych problems`.

use std::path::PathBuf;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::Global;
use super::output::{self, Format, Row};
use crate::domain::Problem;
use crate::view::{CaseSummary, FileReport};
use crate::workspace::{Error, Given, Workspace};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
What is read: Kubernetes manifests and lists, Kubernetes audit logs, OTLP JSON and other GenAI
traces, Kubescape profiles, MCP catalogs and client configurations, posture policies, agent
registries. The format is found out from the content.

Examples:
  diptych --case ./incident load ./manifests audit.log.gz traces.jsonl.zst
  kubectl get pods,roles,rolebindings -A -o json | diptych --case ./incident load -")]
pub struct Args {
    /// Files, folders, or - for standard input.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub struct CaseArgs {
    /// Also what was read from each file.
    #[arg(long)]
    files: bool,
}

impl Row for FileReport {
    const COLUMNS: &'static [&'static str] =
        &["file", "formats", "documents", "records", "events", "known", "set aside"];

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
    load_into(global, &workspace, given)
}

/// Loads, showing progress on standard error, and prints what was read from each file.
pub fn load_into(global: &Global, workspace: &Workspace, given: Vec<Given>) -> Result<u8, Error> {
    let bar = spinner();
    let report = workspace.load(&given, &mut |progress| {
        bar.set_message(progress.visible());
        std::ops::ControlFlow::Continue(())
    });
    bar.finish_and_clear();
    let report = report?;
    output::rows(global.format, &report.files)?;
    let total = |count: fn(&FileReport) -> u64| report.files.iter().map(count).sum::<u64>();
    output::note(&format!(
        "{} files: {} records and {} events kept, {} events known before, {} documents set aside",
        report.files.len(),
        total(|file| file.records),
        total(|file| file.events),
        total(|file| file.known),
        total(|file| file.set_aside),
    ));
    if total(|file| file.set_aside) > 0 {
        output::note("`diptych problems` says what was set aside and why");
    }
    Ok(0)
}

/// A spinner on standard error; silent without a terminal.
pub fn spinner() -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {elapsed} {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
        .tick_chars("-\\|/ ");
    let bar = ProgressBar::new_spinner().with_style(style);
    bar.enable_steady_tick(Duration::from_millis(250));
    bar
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

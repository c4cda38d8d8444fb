//! `diptych contain`.

use std::path::PathBuf;

use jiff::Timestamp;

use super::Global;
use super::output::{self, Format, Row};
use super::scope::instant;
use crate::domain::FindingId;
use crate::domain::containment::{ContainmentSheet, ContainmentStep};
use crate::workspace::{ContainmentOptions, Error, containment_document};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Lists what the agent can still use: network, MCP servers, credentials, sessions, sub-agents, the
workload itself; for each since when, when it ends, how that is known, the command that revokes it,
what that does not do, what survives it and which work it breaks. Commands are shown and never run.

Examples:
  diptych contain billing
  diptych contain billing --at 2026-10-20T09:00:00Z
  diptych contain --finding 1f3a5c7e9b0d2f46 --export containment.md
  diptych contain arn:aws:iam::123456789012:user/ci --format json")]
pub struct Args {
    /// The agent: its key, or a part of it that names only one; or a principal as records spell it.
    #[arg(required_unless_present = "finding")]
    agent: Option<String>,
    /// At this instant or day (UTC), in place of the end of the case.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    at: Option<Timestamp>,
    /// The finding that the incident is about: its agent, and work before its window.
    #[arg(long, value_name = "ID")]
    finding: Option<FindingId>,
    /// Write the sheet to this file as Markdown.
    #[arg(long, value_name = "FILE.md")]
    export: Option<PathBuf>,
}

impl Row for ContainmentStep {
    const COLUMNS: &'static [&'static str] = &[
        "step",
        "phase",
        "what",
        "id",
        "holder",
        "since",
        "last used",
        "ends",
        "known",
        "command",
        "survives",
        "breaks",
    ];

    fn cells(&self) -> Vec<String> {
        let access = &self.access;
        let time = |time: Option<Timestamp>| time.map(|time| time.to_string()).unwrap_or_default();
        let commands: Vec<String> =
            self.revocation.commands.iter().map(|command| command.shown()).collect();
        let uses: u64 = self.breaks.iter().map(|work| work.uses).sum();
        vec![
            self.number.to_string(),
            self.phase.to_string(),
            access.kind.to_string(),
            access.id.visible().into_owned(),
            access.holder.visible(),
            time(access.since),
            time(access.last_used),
            access.expiry.visible(),
            access.known.to_string(),
            commands.join("; "),
            survivors(self),
            format!("{uses} uses of {} agents", self.breaks.len()),
        ]
    }
}

pub fn run(global: &Global, args: &Args) -> Result<u8, Error> {
    let options = ContainmentOptions { at: args.at, finding: args.finding };
    let sheet = global.workspace()?.containment(args.agent.as_deref(), options)?;
    match global.format {
        Format::Csv => output::rows(global.format, &sheet.steps)?,
        format => output::value(format, &sheet, human)?,
    }
    if let Some(path) = &args.export {
        std::fs::write(path, containment_document(&sheet))
            .map_err(|error| Error::data(format!("cannot write {}: {error}", path.display())))?;
        output::note(&format!("written to {}", path.display()));
    }
    Ok(0)
}

/// The sheet as a person reads it on a terminal.
fn human(sheet: &ContainmentSheet) -> String {
    let mut lines = vec![format!(
        "{} can still use {} things as of {}. Nothing here has been run.",
        sheet.agent,
        sheet.steps.len(),
        sheet.at
    )];
    let mut phase = None;
    for step in &sheet.steps {
        if phase != Some(step.phase) {
            phase = Some(step.phase);
            lines.push(format!(
                "\n{}, {}",
                step.phase.to_string().to_uppercase(),
                step.phase.because()
            ));
        }
        lines.extend(block(step));
    }
    if !sheet.ended.is_empty() {
        lines.push("\nNOT LISTED".to_owned());
    }
    for ended in &sheet.ended {
        let last = ended.last.map(|last| format!(", the last at {last}")).unwrap_or_default();
        lines.push(format!("  {} × {}: {}{last}", ended.count, ended.kind, ended.because));
    }
    if !sheet.unknown.is_empty() {
        lines.push("\nNOT KNOWN".to_owned());
        lines.extend(sheet.unknown.iter().map(|unknown| format!("  {unknown}")));
    }
    lines.join("\n")
}

fn block(step: &ContainmentStep) -> Vec<String> {
    let access = &step.access;
    let time = |time: Option<Timestamp>| {
        time.map_or_else(|| "not recorded".to_owned(), |time| time.to_string())
    };
    let mut lines = vec![
        format!("\n{:>3}. {}: {}", step.number, access.kind, access.id.visible()),
        format!(
            "     since {}, last used {}, ends {}",
            time(access.since),
            time(access.last_used),
            access.expiry.visible()
        ),
        format!("     {}: {}", access.known, access.because),
    ];
    let commands = step.revocation.commands.iter();
    lines.extend(commands.map(|command| format!("     $ {}", command.shown())));
    lines.push(format!("     does      {}", step.revocation.does));
    lines.push(format!("     does not  {}", step.revocation.does_not));
    let survivors = survivors(step);
    if !survivors.is_empty() {
        lines.push(format!("     survives  {survivors}"));
    }
    lines.extend(step.breaks.iter().map(|work| format!("     breaks    {}", work.visible())));
    lines.push(format!("     see       {}", step.revocation.reference.url));
    lines
}

/// What survives a step, in a line.
fn survivors(step: &ContainmentStep) -> String {
    let survives = &step.survives;
    let mut parts: Vec<String> = survives.notes.clone();
    if !survives.steps.is_empty() {
        let steps: Vec<String> = survives.steps.iter().map(ToString::to_string).collect();
        parts.push(format!("steps {}", steps.join(", ")));
    }
    parts.extend(
        survives.routes.iter().map(|route| format!("{} by {}", route.capability, route.route)),
    );
    if survives.more_routes > 0 {
        parts.push(format!("{} more capabilities by other routes", survives.more_routes));
    }
    parts.join("; ")
}

//! `diptych tag`, `diptych note` and `diptych undo`: what an analyst decides, into the ledger.

use super::{Global, findings, output};
use crate::domain::Verdict;
use crate::workspace::Error;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  diptych tag gap-2 3fa9c0
  diptych tag cant-tell 3fa9c0 81be22 --reason 'no audit log for this cluster yet'")]
pub struct Args {
    /// gap-1, gap-2, gap-3 or cant-tell.
    verdict: Verdict,
    /// Finding ids, or their unique beginnings.
    #[arg(required = true)]
    findings: Vec<String>,
    /// Why; required where the verdict differs from the reading.
    #[arg(long)]
    reason: Option<String>,
}

#[derive(Debug, clap::Args)]
pub struct NoteArgs {
    /// The finding's id, or its unique beginning.
    finding: String,
    text: String,
}

pub fn run(global: &Global, args: &Args) -> Result<u8, Error> {
    let workspace = global.workspace()?;
    let ids: Vec<_> = args
        .findings
        .iter()
        .map(|prefix| findings::one(&workspace, prefix).map(|row| row.finding.id))
        .collect::<Result<_, _>>()?;
    workspace.tag(&ids, args.verdict, args.reason.as_deref())?;
    output::note(&format!("tagged {} findings {}", ids.len(), args.verdict));
    Ok(0)
}

pub fn note(global: &Global, args: &NoteArgs) -> Result<u8, Error> {
    let workspace = global.workspace()?;
    let finding = findings::one(&workspace, &args.finding)?.finding.id;
    workspace.note(finding, &args.text)?;
    output::note("noted");
    Ok(0)
}

pub fn undo(global: &Global) -> Result<u8, Error> {
    output::note(&global.workspace()?.undo()?);
    Ok(0)
}

//! `diptych ledger`.

use serde::Serialize;

use super::Global;
use super::output::{self, Row};
use crate::domain::text::visible;
use crate::ledger::{Body, Entry, Fault, Recorded, Verification};
use crate::workspace::{Error, ErrorKind};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Check every entry, signature and link; names the entry that does not hold
    Verify,
    /// The entries, oldest first
    Log,
    /// Your verification key
    Key,
}

/// One entry, as a row.
#[derive(Serialize)]
struct EntryRow<'a> {
    hash: String,
    entry: &'a Entry,
}

impl Row for EntryRow<'_> {
    const COLUMNS: &'static [&'static str] = &["at", "author", "number", "entry", "what"];

    fn cells(&self) -> Vec<String> {
        let (kind, what) = match &self.entry.body {
            Body::Tag(tag) => ("tag", format!("{} {}: {}", tag.finding, tag.verdict, tag.reason)),
            Body::Note { finding, text } => ("note", format!("{finding}: {}", text.visible())),
            Body::StorylineNote { scope, about, text } => {
                let said = format!("{} at {about}: {}", scope.visible(), text.visible());
                ("storyline note", said)
            }
            Body::Retract { entry, reason } => {
                ("retract", format!("{entry}: {}", reason.visible()))
            }
            Body::Ruling { ruling, .. } => (
                "ruling",
                format!(
                    "{}: {} governs, {} accountable",
                    ruling.finding,
                    ruling.governing,
                    ruling.accountability.visible()
                ),
            ),
        };
        vec![
            self.entry.at.strftime("%Y-%m-%d %H:%M:%S").to_string(),
            self.entry.author.raw().to_owned(),
            self.entry.sequence.to_string(),
            kind.to_owned(),
            what,
        ]
    }
}

pub fn run(global: &Global, args: &Args) -> Result<u8, Error> {
    let workspace = global.workspace()?;
    match args.command {
        Command::Verify => {
            let verification = workspace.verify_ledger()?;
            output::value(global.format, &verification, describe)?;
            match verification.is_sound() {
                true => Ok(0),
                false => Ok(Error::new(ErrorKind::Ledger, "").exit_code()),
            }
        }
        Command::Log => {
            let entries = workspace.entries()?;
            let rows: Vec<EntryRow<'_>> = entries
                .iter()
                .map(|Recorded { hash, entry }| EntryRow { hash: hash.to_string(), entry })
                .collect();
            output::rows(global.format, &rows)?;
            Ok(0)
        }
        Command::Key => {
            output::line(&workspace.verification_key()?)?;
            Ok(0)
        }
    }
}

fn describe(verification: &Verification) -> String {
    let mut lines: Vec<String> = verification.faults.iter().map(fault).collect();
    lines.push(match verification.is_sound() {
        true => format!("{} entries verified: all is well", verification.entries),
        false => {
            format!("{} faults in {} entries", verification.faults.len(), verification.entries)
        }
    });
    lines.join("\n")
}

/// `FAULT ada-1f.jsonl:2 entry 1 (edited): …`, escaped.
fn fault(fault: &Fault) -> String {
    let line = fault.line.map_or_else(String::new, |line| format!(":{line}"));
    let entry = match (fault.sequence, fault.entry) {
        (Some(sequence), Some(hash)) => format!(" entry {sequence} ({hash})"),
        (Some(sequence), None) => format!(" entry {sequence}"),
        (None, Some(hash)) => format!(" entry {hash}"),
        (None, None) => String::new(),
    };
    let text = format!("FAULT {}{line}{entry} {}: {}", fault.log, fault.kind, fault.message);
    visible(&text).into_owned()
}

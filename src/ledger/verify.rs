//! Reading a ledger back, and finding what was tampered with.
//!
//! Three things hold a log together: each entry's signature, its link to the entry before it, and the
//! checkpoints. Signatures find edits, links and sequence numbers find removals, insertions and
//! reordering, checkpoints find truncation and the replacement of the whole log; the last only
//! against a checkpoint that the tamperer could not reach, the witness.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use serde::Serialize;

use super::faults::Faults;
use super::{EntryHash, LedgerError, Recorded, checkpoint, scan};

const LOG: &str = ".jsonl";
const CHECKPOINT: &str = ".checkpoint";

/// The result of reading all logs of a ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verification {
    pub logs: Vec<LogSummary>,
    /// Soundly signed entries.
    pub entries: u64,
    pub faults: Vec<Fault>,
}

/// One author's log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LogSummary {
    pub log: String,
    /// The author's public key; absent when no entry carries the key that the file is named after.
    pub key: Option<String>,
    /// Soundly signed entries.
    pub entries: u64,
    /// How many entries the checkpoint beside the log covers, and the one at the witness.
    pub sealed: Option<u64>,
    pub witnessed: Option<u64>,
}

/// One thing that is wrong, and the entry it is wrong with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The file.
    pub log: String,
    /// One-based.
    pub line: Option<u64>,
    /// The entry's place in the log, from zero.
    pub sequence: Option<u64>,
    pub entry: Option<EntryHash>,
    pub kind: FaultKind,
    pub message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum FaultKind {
    Edited,
    Removed,
    Reordered,
    Truncated,
    Substituted,
    BadSignature,
    /// The remains of a write that was interrupted and never acknowledged. No tampering.
    Torn,
}

impl Verification {
    /// Whether every acknowledged entry is there as it was written.
    pub fn is_sound(&self) -> bool {
        self.faults.iter().all(|fault| fault.kind == FaultKind::Torn)
    }
}

/// Checks every log of a ledger folder against itself, its checkpoint, and the copy of the checkpoint
/// in `witness`.
pub fn verify(folder: &Path, witness: Option<&Path>) -> Result<Verification, LedgerError> {
    walk(folder, witness, &mut |_| {})
}

/// All soundly signed entries of all authors, oldest first, and what is wrong with the rest. An entry
/// that nobody signed never counts.
pub fn read(
    folder: &Path,
    witness: Option<&Path>,
) -> Result<(Vec<Recorded>, Verification), LedgerError> {
    let mut entries = Vec::new();
    let verification = walk(folder, witness, &mut |recorded| entries.push(recorded))?;
    entries.sort_by_cached_key(|Recorded { entry, .. }| {
        (entry.at, entry.author_key.clone(), entry.sequence)
    });
    Ok((entries, verification))
}

fn walk(
    folder: &Path,
    witness: Option<&Path>,
    keep: &mut dyn FnMut(Recorded),
) -> Result<Verification, LedgerError> {
    let mut stems = stems(folder, &[LOG, CHECKPOINT])?;
    if let Some(witness) = witness {
        stems.append(&mut self::stems(witness, &[CHECKPOINT])?);
    }
    let mut verification = Verification::default();
    for stem in stems {
        let (summary, faults) = examine(folder, witness, &stem, keep)?;
        verification.entries += summary.entries;
        verification.logs.push(summary);
        verification.faults.extend(faults);
    }
    Ok(verification)
}

/// The names of authors' files in a folder, without these extensions. A folder that is not there has
/// none.
fn stems(folder: &Path, extensions: &[&str]) -> Result<BTreeSet<String>, LedgerError> {
    let listed = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        listed => listed.map_err(LedgerError::io("list", folder))?,
    };
    let mut stems = BTreeSet::new();
    for file in listed {
        let name = file.map_err(LedgerError::io("list", folder))?.file_name();
        let name = name.to_string_lossy();
        stems.extend(extensions.iter().find_map(|end| name.strip_suffix(end)).map(str::to_owned));
    }
    Ok(stems)
}

/// Reads one author's log and holds it against its checkpoints.
fn examine(
    folder: &Path,
    witness: Option<&Path>,
    stem: &str,
    keep: &mut dyn FnMut(Recorded),
) -> Result<(LogSummary, Vec<Fault>), LedgerError> {
    let note = |folder: &Path| {
        let path = folder.join(format!("{stem}{CHECKPOINT}"));
        checkpoint::read(&path).map_err(LedgerError::io("read", &path))
    };
    let (beside, witnessed) = (note(folder)?, witness.map(note).transpose()?.flatten());
    let path = folder.join(format!("{stem}{LOG}"));
    let sizes: Vec<u64> =
        [&beside, &witnessed].into_iter().flatten().filter_map(|note| claimed(note)).collect();
    let scanned = match scan::scan(&path, stem, &sizes, keep) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        scanned => Some(scanned.map_err(LedgerError::io("read", &path))?),
    };

    let mut faults = Faults { log: format!("{stem}{LOG}"), found: Vec::new() };
    let mut summary = LogSummary { log: faults.log.clone(), ..LogSummary::default() };
    let Some(scanned) = scanned else {
        faults.push(
            FaultKind::Removed,
            None,
            None,
            "the whole log is gone; its checkpoint is there",
        );
        return Ok((summary, faults.found));
    };
    let Some(key) = &scanned.key else {
        match sizes.iter().max() {
            _ if !scanned.lines.is_empty() => faults.push(
                FaultKind::Substituted,
                Some(1),
                Some(0),
                "no entry is signed with the key that the log is named after",
            ),
            Some(sealed) => {
                let message = format!("a checkpoint seals {sealed} entries, the log has none");
                faults.push(FaultKind::Truncated, None, Some(0), message);
            }
            // An interrupted first write leaves no entry, and nothing that could be missing.
            None if scanned.torn => faults.torn(0),
            None => {}
        }
        return Ok((summary, faults.found));
    };
    summary.key = Some(key.to_string());
    summary.entries = scanned.lines.iter().filter(|line| line.signed.is_ok()).count() as u64;
    let end = faults.of_lines(&scanned);
    summary.sealed = faults.of_checkpoint("beside the log", beside.as_deref(), key, &scanned, end);
    if witness.is_some() && witnessed.is_some() {
        let at = "at the witness";
        summary.witnessed = faults.of_checkpoint(at, witnessed.as_deref(), key, &scanned, end);
    }
    if scanned.torn {
        faults.torn(end);
    }
    Ok((summary, faults.found))
}

/// The size that a checkpoint claims, before anybody knows whose it is.
fn claimed(note: &str) -> Option<u64> {
    note.lines().nth(1)?.parse().ok()
}

//! Reading a log: every line hashed, its signature checked, and parsed. Signatures are checked in
//! batches on all cores; only a batch that fails is gone through one by one.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;
use std::thread;

use ed25519_dalek::Signature;
use serde::Deserialize;

use super::entry::{self, FORMAT};
use super::lines::{Line, Lines};
use super::tree::{NodeHash, RightEdge, leaf};
use super::{Entry, EntryHash, Recorded, VerifierKey};

/// Lines held in memory at once.
const CHUNK: usize = 2048;
/// Signatures checked together. Larger batches gain little and cost cache.
const BATCH: usize = 1024;

/// A log as it stands on disk.
#[derive(Default)]
pub(super) struct Scanned {
    /// The key that the file is named after; absent when no entry carries it.
    pub key: Option<VerifierKey>,
    pub lines: Vec<ScannedLine>,
    /// The roots of the tree at the sizes asked for, as far as the log reaches.
    pub roots: Vec<(u64, NodeHash)>,
    /// Bytes after the last newline.
    pub torn: bool,
}

pub(super) struct ScannedLine {
    pub hash: EntryHash,
    /// Place and predecessor, as the author signed them.
    pub signed: Result<(u64, EntryHash), Flaw>,
}

/// Why a line is not a signed entry of its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    Unreadable,
    BadSignature,
    AnotherAuthor,
}

/// Reads the log at `path`, named `stem` after its author's key. Hands every soundly signed entry to
/// `keep`.
pub(super) fn scan(
    path: &Path,
    stem: &str,
    sizes: &[u64],
    keep: &mut dyn FnMut(Recorded),
) -> io::Result<Scanned> {
    let mut scanned = Scanned::default();
    let mut edge = RightEdge::default();
    let mut lines = Lines(BufReader::with_capacity(1 << 16, File::open(path)?));
    loop {
        let mut chunk: Vec<Line> = lines.by_ref().take(CHUNK).collect::<io::Result<_>>()?;
        if let Some(Line::Torn(_)) = chunk.last() {
            scanned.torn = true;
            chunk.pop();
        }
        if chunk.is_empty() {
            return Ok(scanned);
        }
        if scanned.key.is_none() {
            scanned.key = chunk.iter().find_map(|line| key_named(line, stem));
        }
        for (leaf, hash, entry) in examine_on_all_cores(&chunk, scanned.key.as_ref()) {
            edge.push(leaf);
            if sizes.contains(&edge.size()) {
                scanned.roots.push((edge.size(), edge.root()));
            }
            let signed = entry.map(|entry| {
                let signed = (entry.sequence, entry.previous);
                keep(Recorded { hash, entry });
                signed
            });
            scanned.lines.push(ScannedLine { hash, signed });
        }
    }
}

/// The key of a line, if the file is named after it.
fn key_named(line: &Line, stem: &str) -> Option<VerifierKey> {
    #[derive(Deserialize)]
    struct Signer {
        author_key: String,
    }
    let Line::Complete(bytes) = line else {
        return None;
    };
    let signer: Signer = serde_json::from_slice(bytes).ok()?;
    signer.author_key.parse().ok().filter(|key: &VerifierKey| key.stem() == stem)
}

type Examined = (NodeHash, EntryHash, Result<Entry, Flaw>);

fn examine_on_all_cores(chunk: &[Line], key: Option<&VerifierKey>) -> Vec<Examined> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let share = chunk.len().div_ceil(cores).max(BATCH);
    if chunk.len() <= share {
        return examine(chunk, key);
    }
    thread::scope(|scope| {
        let shares: Vec<_> =
            chunk.chunks(share).map(|share| scope.spawn(move || examine(share, key))).collect();
        shares
            .into_iter()
            .flat_map(|share| share.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

fn examine(lines: &[Line], key: Option<&VerifierKey>) -> Vec<Examined> {
    let name = key.map(ToString::to_string);
    lines.chunks(BATCH).flat_map(|batch| examine_batch(batch, key.zip(name.as_deref()))).collect()
}

fn examine_batch(lines: &[Line], key: Option<(&VerifierKey, &str)>) -> Vec<Examined> {
    let mut examined = Vec::with_capacity(lines.len());
    let (mut places, mut messages, mut signatures) = (Vec::new(), Vec::new(), Vec::new());
    for line in lines {
        let bytes: &[u8] = match line {
            Line::Complete(bytes) => bytes,
            Line::TooLong | Line::Torn(_) => &[],
        };
        let entry = parse(bytes, key).map(|(entry, message, signature)| {
            places.push(examined.len());
            messages.push(message);
            signatures.push(signature);
            entry
        });
        examined.push((leaf(bytes), EntryHash::of(bytes), entry));
    }
    let Some((key, _)) = key else {
        return examined;
    };
    let views: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
    if !key.verifies_all(&views, &signatures) {
        for ((place, message), signature) in places.into_iter().zip(views).zip(&signatures) {
            if !key.verifies(message, signature)
                && let Some((_, _, entry)) = examined.get_mut(place)
            {
                *entry = Err(Flaw::BadSignature);
            }
        }
    }
    examined
}

fn parse(
    line: &[u8],
    key: Option<(&VerifierKey, &str)>,
) -> Result<(Entry, Vec<u8>, Signature), Flaw> {
    let (message, signature) = entry::signed(line).ok_or(Flaw::Unreadable)?;
    let entry: Entry = serde_json::from_slice(line).map_err(|_| Flaw::Unreadable)?;
    match key {
        _ if entry.format != FORMAT => Err(Flaw::Unreadable),
        Some((key, name)) if entry.author_key == name && entry.author == *key.name() => {
            Ok((entry, message, signature))
        }
        _ => Err(Flaw::AnotherAuthor),
    }
}

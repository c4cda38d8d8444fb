//! Judging one log: by its lines, by their order and links, and by its checkpoints.

use std::collections::{BTreeMap, BTreeSet};

use super::checkpoint::Checkpoint;
use super::scan::{Flaw, Scanned};
use super::{EntryHash, Fault, FaultKind, VerifierKey};

/// The faults of one log.
pub(super) struct Faults {
    pub log: String,
    pub found: Vec<Fault>,
}

impl Faults {
    pub fn push(
        &mut self,
        kind: FaultKind,
        line: Option<usize>,
        sequence: Option<u64>,
        message: impl Into<String>,
    ) {
        self.found.push(Fault {
            log: self.log.clone(),
            line: line.map(|line| line as u64),
            sequence,
            entry: None,
            kind,
            message: message.into(),
        });
    }

    pub fn torn(&mut self, end: u64) {
        let message = "the last write was interrupted; it was never acknowledged";
        self.push(FaultKind::Torn, None, Some(end), message);
    }

    /// Judges the lines by themselves and by each other. Returns the number of entries that the log
    /// shows traces of.
    pub fn of_lines(&mut self, scanned: &Scanned) -> u64 {
        let first = self.found.len();
        let mut sound: BTreeMap<u64, usize> = BTreeMap::new();
        let mut in_file_order = Vec::new();
        for (index, line) in scanned.lines.iter().enumerate() {
            let Ok((sequence, _)) = line.signed else {
                continue;
            };
            match sound.get(&sequence).and_then(|&other| scanned.lines.get(other)) {
                None => {
                    sound.insert(sequence, index);
                    in_file_order.push(sequence);
                }
                Some(other) if other.hash == line.hash => self.push(
                    FaultKind::Reordered,
                    Some(index + 1),
                    Some(sequence),
                    "the entry is there twice",
                ),
                Some(_) => self.push(
                    FaultKind::Substituted,
                    Some(index + 1),
                    Some(sequence),
                    "the author signed two different entries for this place",
                ),
            }
        }
        let damaged = self.of_damaged_lines(scanned, &sound);
        self.of_order(&in_file_order, &sound);
        self.of_gaps(&sound, &damaged);
        self.of_links(scanned, &sound);
        for fault in self.found.iter_mut().skip(first) {
            let line = fault.line.and_then(|line| usize::try_from(line).ok());
            let line = line.and_then(|line| scanned.lines.get(line.checked_sub(1)?));
            fault.entry = line.map(|line| line.hash);
        }
        self.found.sort_by_key(|fault| (fault.sequence, fault.line));
        let last = sound.keys().chain(&damaged).max();
        last.map_or(0, |last| last.saturating_add(1))
    }

    /// Lines that carry no sound signature. What they were is told by their place: they follow the
    /// entry before them. Returns their sequence numbers.
    fn of_damaged_lines(
        &mut self,
        scanned: &Scanned,
        sound: &BTreeMap<u64, usize>,
    ) -> BTreeSet<u64> {
        let mut damaged = BTreeSet::new();
        let mut next = 0_u64;
        for (index, line) in scanned.lines.iter().enumerate() {
            let flaw = match line.signed {
                Ok((sequence, _)) => {
                    next = sequence.saturating_add(1);
                    continue;
                }
                Err(flaw) => flaw,
            };
            // A line that was broken in two is one entry: the second half has no place of its own.
            if sound.contains_key(&next) && damaged.contains(&next.saturating_sub(1)) {
                next = next.saturating_sub(1);
            }
            let following = sound.get(&next.saturating_add(1));
            let linked = following
                .and_then(|&index| scanned.lines.get(index)?.signed.ok())
                .is_some_and(|(_, previous)| previous == line.hash);
            let (kind, message) = match flaw {
                Flaw::AnotherAuthor => {
                    (FaultKind::Substituted, "the entry is not of this log's author")
                }
                // The next entry was made on these very bytes: they were not changed since.
                _ if linked => {
                    (FaultKind::BadSignature, "the entry was written with a wrong signature")
                }
                Flaw::Unreadable => (FaultKind::Edited, "the line is no longer an entry"),
                Flaw::BadSignature => {
                    (FaultKind::Edited, "the entry is not what its author signed")
                }
            };
            self.push(kind, Some(index + 1), Some(next), message);
            damaged.insert(next);
            next = next.saturating_add(1);
        }
        damaged
    }

    /// Sound entries that do not stand where their sequence number puts them.
    fn of_order(&mut self, in_file_order: &[u64], sound: &BTreeMap<u64, usize>) {
        for (there, (&expected, _)) in in_file_order.iter().zip(sound) {
            if *there != expected {
                let line = sound.get(there).map(|index| index + 1);
                self.push(FaultKind::Reordered, line, Some(*there), "the entry was moved");
            }
        }
    }

    fn of_gaps(&mut self, sound: &BTreeMap<u64, usize>, damaged: &BTreeSet<u64>) {
        let present: BTreeSet<u64> = sound.keys().chain(damaged).copied().collect();
        let mut next = 0_u64;
        for sequence in present {
            if sequence > next {
                let line = sound.get(&sequence).map(|index| index + 1);
                let message = match sequence - next {
                    1 => format!("entry {next} is missing"),
                    _ => format!("entries {next} to {} are missing", sequence - 1),
                };
                self.push(FaultKind::Removed, line, Some(next), message);
            }
            next = sequence.saturating_add(1);
        }
    }

    /// Sound neighbours that are not linked: one of them was replaced by another signed entry.
    fn of_links(&mut self, scanned: &Scanned, sound: &BTreeMap<u64, usize>) {
        let mut before: Option<(u64, usize)> = None;
        for (&sequence, &index) in sound {
            let line = scanned.lines.get(index);
            let previous = line.and_then(|line| line.signed.ok()).map(|(_, previous)| previous);
            let (expected, place) = match before {
                None if sequence == 0 => (Some(EntryHash::ZERO), (0, index)),
                Some((last, at)) if last.checked_add(1) == Some(sequence) => {
                    (scanned.lines.get(at).map(|line| line.hash), (last, at))
                }
                _ => (previous, (sequence, index)),
            };
            if expected != previous {
                let message = "the entry after it was made on another entry in this place";
                self.push(FaultKind::Substituted, Some(place.1 + 1), Some(place.0), message);
            }
            before = Some((sequence, index));
        }
    }

    /// Holds the log against one checkpoint. Returns the size that it seals, if it is genuine.
    pub fn of_checkpoint(
        &mut self,
        which: &str,
        note: Option<&str>,
        key: &VerifierKey,
        scanned: &Scanned,
        end: u64,
    ) -> Option<u64> {
        let Some(note) = note else {
            let message = format!("there is no checkpoint {which}");
            self.push(FaultKind::Removed, None, None, message);
            return None;
        };
        let checkpoint = match Checkpoint::open(note, key) {
            Ok(checkpoint) => checkpoint,
            Err(error) => {
                let message = format!("the checkpoint {which} is not genuine: {error}");
                self.push(FaultKind::BadSignature, None, None, message);
                return None;
            }
        };
        let root = scanned.roots.iter().find(|(size, _)| *size == checkpoint.size);
        if checkpoint.size > end {
            let message = format!(
                "the checkpoint {which} seals {} entries, the log has {end}",
                checkpoint.size
            );
            self.push(FaultKind::Truncated, None, Some(end), message);
        } else if self.found.is_empty() && root.is_none_or(|(_, root)| *root != checkpoint.root) {
            // When single entries are wrong already, the root says nothing new.
            let message = format!("the entries are not those that the checkpoint {which} seals");
            self.push(FaultKind::Substituted, None, None, message);
        }
        Some(checkpoint.size)
    }
}

//! What holds for the ledger as a whole: what was written comes back, and nothing that was tampered
//! with passes.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use jiff::Timestamp;
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::domain::{AgentKey, Digest, Discipline, FindingId, Plane};

fn key(author: &str) -> AuthorKey {
    let mut seed = [0; 32];
    seed.iter_mut().zip(author.bytes()).for_each(|(seed, byte)| *seed = byte);
    AuthorKey::from_seed(author, seed).expect("a name")
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("in range")
}

fn note(text: &str) -> Body {
    let agent = AgentKey::new("prod", "agents", "billing");
    let finding = FindingId::of(&agent, Discipline::Identity, Plane::Kubernetes, "anchor");
    Body::Note { finding, text: text.into() }
}

fn storyline_note(text: &str) -> Body {
    Body::StorylineNote { scope: "trace:4bf92f".into(), about: at(7), text: text.into() }
}

fn context() -> Context {
    let finding = Some(Digest::of(b"reading"));
    Context { generation: u64::MAX, snapshot: None, finding, engine: "0.1.0".to_owned() }
}

/// A ledger folder with its witness.
struct Scratch {
    folder: TempDir,
}

impl Scratch {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    /// A ledger in which anna wrote `count` notes, on a finding and on a storyline in turns.
    fn with_notes(count: usize) -> Self {
        let scratch = Self::new();
        let mut anna = scratch.open("anna");
        for number in 0..count {
            let write = if number % 2 == 0 { note } else { storyline_note };
            anna.append(at(1), context(), write(&format!("note {number}"))).expect("appended");
        }
        scratch
    }

    fn ledger(&self) -> PathBuf {
        self.folder.path().join("ledger")
    }

    fn witness(&self) -> PathBuf {
        self.folder.path().join("witness")
    }

    fn open(&self, author: &str) -> Ledger {
        Ledger::open(&self.ledger(), key(author), Some(&self.witness())).expect("opened")
    }

    fn log(&self, extension: &str) -> PathBuf {
        self.ledger().join(key("anna").verifier().stem() + extension)
    }

    fn verify(&self) -> Verification {
        verify(&self.ledger(), Some(&self.witness())).expect("readable")
    }
}

fn read_file(path: &Path) -> Vec<u8> {
    fs::read(path).expect("readable")
}

/// The kind and place of each fault.
fn faults(verification: &Verification) -> Vec<(FaultKind, Option<u64>)> {
    verification.faults.iter().map(|fault| (fault.kind, fault.sequence)).collect()
}

const NOTES: usize = 9;

/// The bytes of a log of [`NOTES`] entries and its checkpoint, written once.
static WRITTEN: LazyLock<(Vec<u8>, Vec<u8>)> = LazyLock::new(|| {
    let scratch = Scratch::with_notes(NOTES);
    (read_file(&scratch.log(".jsonl")), read_file(&scratch.log(".checkpoint")))
});

/// The faults of the same log with other bytes on disk.
fn faults_of(log: &[u8]) -> Vec<(FaultKind, Option<u64>)> {
    let scratch = Scratch::new();
    scratch.open("anna");
    fs::write(scratch.log(".jsonl"), log).expect("written");
    fs::write(scratch.log(".checkpoint"), &WRITTEN.1).expect("written");
    let verification = verify(&scratch.ledger(), None).expect("readable");
    let tampered = log != WRITTEN.0;
    assert_eq!(verification.is_sound(), !tampered, "{verification:#?}");
    // Nothing is ever appended to a log that is not what its checkpoint sealed.
    assert_eq!(scratch.open("anna").append(at(2), context(), note("next")).is_err(), tampered);
    faults(&verification)
}

fn lines() -> Vec<&'static [u8]> {
    WRITTEN.0.split_inclusive(|&byte| byte == b'\n').collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_changed_byte_is_found_and_the_entry_named(at in any::<prop::sample::Index>(), xor in 1_u8..) {
        let mut log = WRITTEN.0.clone();
        let at = at.index(log.len());
        log[at] ^= xor;
        let entry = WRITTEN.0[..at].iter().filter(|&&byte| byte == b'\n').count() as u64;
        let found = faults_of(&log);
        prop_assert!(found.iter().any(|(_, named)| *named == Some(entry)), "entry {} not in {:?}", entry, found);
        // A newline belongs to two entries; any other change touches only one.
        if WRITTEN.0[at] != b'\n' {
            prop_assert!(found.iter().all(|(_, named)| *named == Some(entry)), "{:?}", found);
        }
    }

    #[test]
    fn a_cut_is_found_and_the_first_lost_entry_named(at in any::<prop::sample::Index>()) {
        let log = &WRITTEN.0[..at.index(WRITTEN.0.len())];
        let lost = log.iter().filter(|&&byte| byte == b'\n').count() as u64;
        let found = faults_of(log);
        prop_assert!(found.contains(&(FaultKind::Truncated, Some(lost))), "{:?}", found);
    }

    #[test]
    fn a_removed_entry_is_named(removed in 0..NOTES) {
        let mut lines = lines();
        lines.remove(removed);
        let kind = if removed == NOTES - 1 { FaultKind::Truncated } else { FaultKind::Removed };
        prop_assert_eq!(faults_of(&lines.concat()), [(kind, Some(removed as u64))]);
    }

    #[test]
    fn swapped_entries_are_named(a in 0..NOTES, b in 0..NOTES) {
        let mut lines = lines();
        lines.swap(a, b);
        let expected: Vec<_> = [a.min(b), a.max(b)].map(|at| (FaultKind::Reordered, Some(at as u64))).into();
        let found = faults_of(&lines.concat());
        prop_assert_eq!(found, if a == b { Vec::new() } else { expected });
    }

    #[test]
    fn a_repeated_entry_is_named(entry in 0..NOTES, after in 0..NOTES) {
        let mut lines = lines();
        lines.insert(after, lines[entry]);
        prop_assert!(faults_of(&lines.concat()).contains(&(FaultKind::Reordered, Some(entry as u64))));
    }

    #[test]
    fn a_line_is_the_canonical_form_of_its_entry(text in "\\PC*|.*", second in 0_i64..4_000_000_000) {
        let link = entry::Link { sequence: u64::MAX, previous: EntryHash::ZERO, at: at(second) };
        let (recorded, line) = entry::seal(&key("anna"), link, context(), note(&text)).expect("short");
        let read: Entry = serde_json::from_slice(&line).expect("JSON");
        prop_assert_eq!(&read, &recorded.entry);
        prop_assert_eq!(serde_json_canonicalizer::to_vec(&read).expect("JSON"), line.clone());
        let (message, signature) = entry::signed(&line).expect("signed");
        prop_assert!(key("anna").verifier().verifies(&message, &signature));
    }
}

#[test]
fn a_line_broken_in_two_is_one_damaged_entry() {
    for entry in 0..NOTES {
        let start: usize = lines()[..entry].iter().map(|line| line.len()).sum();
        let mut log = WRITTEN.0.clone();
        log[start + 50] = b'\n';
        let edited = (FaultKind::Edited, Some(entry as u64));
        let last = entry == NOTES - 1;
        let found = faults_of(&log);
        assert_eq!(found.first(), Some(&edited), "{found:?}");
        // Nothing follows the last entry that would show how many lines it should have been.
        assert!(last || found == [edited, edited], "{found:?}");
    }
}

#[test]
fn what_was_written_comes_back_in_order() {
    let scratch = Scratch::new();
    let (mut anna, mut ben) = (scratch.open("anna"), scratch.open("ben"));
    let mut written = Vec::new();
    written.extend(anna.append(at(10), context(), note("first")).expect("appended").entries);
    written.extend(ben.append(at(20), context(), note("second")).expect("appended").entries);
    let two = vec![(context(), note("third")), (context(), storyline_note("fourth"))];
    // Anna's clock was set back; her entries stay in order all the same.
    let back = anna.append_all(at(5), two).expect("appended").entries;
    assert!(back.iter().all(|recorded| recorded.entry.at > at(10)));
    written.splice(1..1, back);
    let (read, verification) = read(&scratch.ledger(), Some(&scratch.witness())).expect("readable");
    assert_eq!(read, written);
    assert_eq!((verification.entries, faults(&verification)), (4, vec![]));
    let sealed: Vec<_> = verification.logs.iter().map(|log| (log.sealed, log.witnessed)).collect();
    assert_eq!(sealed, [(Some(3), Some(3)), (Some(1), Some(1))]);
}

#[test]
fn two_processes_of_one_author_append_to_one_log() {
    let scratch = Scratch::new();
    let (mut screen, mut command) = (scratch.open("anna"), scratch.open("anna"));
    for number in 0..3 {
        screen.append(at(number), context(), note("screen")).expect("appended");
        command.append(at(number), context(), note("command")).expect("appended");
    }
    let verification = scratch.verify();
    assert_eq!((verification.entries, faults(&verification)), (6, vec![]));
}

#[test]
fn an_interrupted_write_is_moved_aside_and_is_no_tampering() {
    let scratch = Scratch::with_notes(3);
    let whole = read_file(&scratch.log(".jsonl"));
    fs::write(scratch.log(".jsonl"), [&whole, &whole[..100]].concat()).expect("written");
    let verification = scratch.verify();
    assert!(verification.is_sound());
    assert_eq!(faults(&verification), [(FaultKind::Torn, Some(3))]);

    let appended = scratch.open("anna").append(at(9), context(), note("next")).expect("appended");
    assert_eq!(appended.torn, Some(scratch.log(".torn")));
    assert_eq!(read_file(&scratch.log(".torn")), [&whole[..100], b"\n"].concat());
    assert_eq!(faults(&scratch.verify()), []);
}

#[test]
fn an_entry_that_outran_its_checkpoint_is_kept() {
    let scratch = Scratch::with_notes(2);
    let older = read_file(&scratch.log(".checkpoint"));
    scratch.open("anna").append(at(9), context(), note("third")).expect("appended");
    for folder in [scratch.ledger(), scratch.witness()] {
        let name = key("anna").verifier().stem() + ".checkpoint";
        fs::write(folder.join(name), &older).expect("written");
    }
    assert_eq!(faults(&scratch.verify()), []);
    scratch.open("anna").append(at(9), context(), note("fourth")).expect("appended");
    assert_eq!(scratch.verify().entries, 4);
}

#[test]
fn a_log_rolled_back_with_its_checkpoint_is_found_by_the_witness() {
    let scratch = Scratch::with_notes(2);
    let older = [".jsonl", ".checkpoint"].map(|file| read_file(&scratch.log(file)));
    scratch.open("anna").append(at(9), context(), note("unwanted")).expect("appended");
    for (file, content) in [".jsonl", ".checkpoint"].into_iter().zip(older) {
        fs::write(scratch.log(file), content).expect("written");
    }
    assert_eq!(faults(&verify(&scratch.ledger(), None).expect("readable")), []);
    assert_eq!(faults(&scratch.verify()), [(FaultKind::Truncated, Some(2))]);
    let refused = scratch.open("anna").append(at(10), context(), note("next"));
    assert!(matches!(refused, Err(LedgerError::Truncated { found: 2, sealed: 3, .. })));
}

#[test]
fn a_log_replaced_as_a_whole_is_found_by_the_witness() {
    let (scratch, other) = (Scratch::with_notes(2), Scratch::new());
    for text in ["another", "history", "altogether"] {
        other.open("anna").append(at(3), context(), note(text)).expect("appended");
    }
    for file in [".jsonl", ".checkpoint"] {
        fs::copy(other.log(file), scratch.log(file)).expect("copied");
    }
    assert_eq!(faults(&verify(&scratch.ledger(), None).expect("readable")), []);
    assert_eq!(faults(&scratch.verify()), [(FaultKind::Substituted, None)]);

    for file in [".jsonl", ".checkpoint"] {
        fs::remove_file(scratch.log(file)).expect("removed");
    }
    assert_eq!(faults(&scratch.verify()), [(FaultKind::Removed, None)]);
}

#[test]
fn an_entry_replaced_by_its_own_author_is_named() {
    let scratch = Scratch::with_notes(3);
    let log = read_file(&scratch.log(".jsonl"));
    let lines: Vec<&[u8]> = log.split_inclusive(|&byte| byte == b'\n').collect();
    let first: Entry = serde_json::from_slice(lines[0]).expect("JSON");
    let previous = EntryHash::of(lines[0].trim_ascii_end());
    let link = entry::Link { sequence: 1, previous, at: first.at };
    let (_, forged) = entry::seal(&key("anna"), link, context(), note("forged")).expect("short");
    let replaced = [lines[0], &forged, b"\n", lines[2]].concat();
    fs::write(scratch.log(".jsonl"), replaced).expect("written");
    assert_eq!(faults(&scratch.verify()), [(FaultKind::Substituted, Some(1))]);
}

#[test]
fn a_changed_or_missing_checkpoint_is_found() {
    let scratch = Scratch::with_notes(2);
    let note = read_file(&scratch.log(".checkpoint"));
    for at in 0..note.len() {
        let mut changed = note.clone();
        changed[at] ^= 1;
        fs::write(scratch.log(".checkpoint"), changed).expect("written");
        assert_eq!(faults(&scratch.verify()), [(FaultKind::BadSignature, None)], "byte {at}");
    }
    fs::remove_file(scratch.log(".checkpoint")).expect("removed");
    assert_eq!(faults(&scratch.verify()), [(FaultKind::Removed, None)]);
}

#[test]
fn a_stranger_cannot_write_into_a_log() {
    let scratch = Scratch::with_notes(2);
    let mut mallory = scratch.open("mallory");
    mallory.append(at(1), context(), note("mine")).expect("appended");
    let path = scratch.ledger().join(key("mallory").verifier().stem() + ".jsonl");
    let foreign = read_file(&path);
    let log = [read_file(&scratch.log(".jsonl")), foreign].concat();
    fs::write(scratch.log(".jsonl"), log).expect("written");
    assert_eq!(faults(&scratch.verify()), [(FaultKind::Substituted, Some(2))]);
    let (read, _) = read(&scratch.ledger(), None).expect("readable");
    assert_eq!(read.len(), 3, "the foreign entry counts only in its own log");
}

#[test]
fn an_entry_that_is_too_long_is_refused_and_nothing_is_written() {
    let scratch = Scratch::with_notes(1);
    let long = "x".repeat(lines::LIMIT);
    let refused = scratch.open("anna").append(at(2), context(), note(&long));
    assert!(matches!(refused, Err(LedgerError::EntryTooLong { .. })));
    assert_eq!(scratch.verify().entries, 1);
}

#[test]
fn a_folder_that_is_not_there_holds_nothing() {
    let nowhere = Path::new("no/such/folder");
    assert_eq!(verify(nowhere, Some(nowhere)).expect("nothing to read"), Verification::default());
}

//! A load: new evidence, the events and statements read from it, and their publication.
//!
//! Everything is written to the staging folder first. [`Load::commit`] moves it to its place,
//! commits the index and then renames the manifest: before that rename the case is as it was, after
//! it everything is there. A load that is dropped or killed leaves files that no manifest lists;
//! the next writer sweeps them.

#[cfg(test)]
mod tests;

use std::fs::{self, File, TryLockError};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use jiff::Timestamp;
use rustc_hash::FxHashSet;

use super::columns::nanoseconds;
use super::error::{AtPath, CaseError};
use super::evidence::{self, EvidenceReader, Kept};
use super::files::{
    EVENTS, EVIDENCE, LOCK, RECORDS, STAGING, create_file, create_folder, names, remove_folder,
    sync_folder,
};
use super::index::{Indexer, RowLocation};
use super::known::Known;
use super::manifest::{Evidence, Manifest, Part};
use super::mask_key;
use super::parts::{self, GROUP_ROWS, PART_ROWS, PartWriter};
use super::progress::{Report, Stage, report};
use super::records::{FileReport, Statement, StatementWriter};
use crate::domain::{Coverage, Event, EventId, Problem, ProblemKind, Record, Snapshot, Text};
use crate::ingest::Sink;
use crate::ingest::mask::Masker;

/// Text of the events that wait to be sorted and written, at most: with [`PART_ROWS`] it bounds the
/// memory of a load, of which two parts are held at a time.
const PART_TEXT: usize = 64 << 20;

/// Rows of the first part of a load.
const FIRST_PART_ROWS: usize = 2 * GROUP_ROWS;

/// How to load.
#[derive(Clone, Debug, Default)]
pub struct LoadSettings {
    /// When the evidence is loaded, to be written beside it.
    pub at: Option<Timestamp>,
}

/// What a load has taken so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoadCounts {
    pub events: u64,
    /// Events that were left out because the case, or this load, already had them.
    pub known: u64,
    pub records: u64,
    pub problems: u64,
}

/// The only writer of a case, from `Case::begin_load` to [`Load::commit`].
pub struct Load {
    root: PathBuf,
    base: Manifest,
    settings: LoadSettings,
    evidence: Vec<Evidence>,
    /// Ids of the case's and this load's events, read when first needed.
    known: Option<Known>,
    waiting: Vec<Event>,
    waiting_text: usize,
    writer: Writer,
    statements: Option<StatementWriter>,
    counts: LoadCounts,
    /// A sink cannot fail, so the first failure waits here for the commit.
    failure: Option<CaseError>,
    /// Locked for as long as this load lives.
    _lock: File,
}

/// Who holds the index: this thread until the first part is complete, then the thread that writes.
enum Writer {
    Idle(Box<Indexer>),
    Running { parts: SyncSender<Vec<Event>>, thread: JoinHandle<Result<Written, CaseError>> },
    Gone,
}

struct Written {
    parts: Vec<Part>,
    indexer: Box<Indexer>,
}

impl Load {
    pub(super) fn begin(
        root: &Path,
        settings: LoadSettings,
        to: Report<'_>,
    ) -> Result<Self, CaseError> {
        let lock = lock(root)?;
        let base = Manifest::read(root)?;
        sweep(root, &base)?;
        let staging = root.join(STAGING);
        for folder in [EVIDENCE, EVENTS, RECORDS] {
            create_folder(&staging.join(folder))?;
        }
        let indexer = Box::new(Indexer::open(root, &base, to)?);
        Ok(Self {
            root: root.to_owned(),
            base,
            settings,
            evidence: Vec::new(),
            known: None,
            waiting: Vec::new(),
            waiting_text: 0,
            writer: Writer::Idle(indexer),
            statements: None,
            counts: LoadCounts::default(),
            failure: None,
            _lock: lock,
        })
    }

    /// Keeps evidence byte for byte. When the result says that it is known, there is nothing to
    /// read; otherwise read it from [`Load::open_evidence`] into this load.
    pub fn keep(&mut self, name: &str, mut bytes: impl Read) -> Result<Kept, CaseError> {
        let folder = self.root.join(STAGING).join(EVIDENCE);
        let (digest, bytes) = evidence::store(&folder, &mut bytes)?;
        let staged = self.evidence.iter().any(|evidence| evidence.digest == digest);
        let in_case = self.base.has_evidence(&digest);
        if in_case {
            let path = evidence::path(&folder, &digest);
            fs::remove_file(&path).at(&path)?;
        }
        let known = in_case || staged;
        if !known {
            let (name, loaded_at) = (Text::new(name), self.settings.at);
            self.evidence.push(Evidence { digest, name, bytes, loaded_at });
        }
        Ok(Kept { digest, bytes, known })
    }

    /// The raw bytes of evidence that this load or the case keeps.
    pub fn open_evidence(
        &self,
        digest: &crate::domain::Digest,
    ) -> Result<EvidenceReader, CaseError> {
        let folders = [self.root.join(STAGING).join(EVIDENCE), self.root.join(EVIDENCE)];
        evidence::open(&folders, digest)
    }

    /// What masks secrets in this case.
    pub fn masker(&self) -> Result<Masker, CaseError> {
        mask_key::masker(&self.root)
    }

    /// Says what came of reading one piece of evidence.
    pub fn file_report(&mut self, report: FileReport) {
        self.state(&Statement::File(report));
    }

    pub fn counts(&self) -> LoadCounts {
        self.counts
    }

    /// What has gone wrong in taking events and statements, if anything: the load cannot be
    /// committed any more.
    pub fn failure(&self) -> Option<&CaseError> {
        self.failure.as_ref()
    }

    /// Publishes the load: all of it, or, on any error, nothing. A load that brings nothing new
    /// leaves the generation as it is.
    pub fn commit(mut self, to: Report<'_>) -> Result<Manifest, CaseError> {
        let Some((manifest, indexer)) = self.prepare(to)? else {
            return Ok(self.base.clone());
        };
        manifest.write(&self.root)?;
        // The load is published: what fails from here on is tidied up by the next writer.
        let _ = indexer.finish();
        Ok(manifest)
    }

    /// Does everything but rename the manifest; `None` when there is nothing new.
    fn prepare(&mut self, to: Report<'_>) -> Result<Option<(Manifest, Box<Indexer>)>, CaseError> {
        report(to, Stage::Writing, 0, self.counts.events)?;
        let Written { parts, mut indexer } = self.finish_events()?;
        report(to, Stage::Writing, self.counts.events, self.counts.events)?;
        let records = self.statements.take().map(StatementWriter::finish).transpose()?;
        if parts.is_empty() && records.is_none() && self.evidence.is_empty() {
            return Ok(None);
        }
        let mut manifest = self.base.clone();
        manifest.generation += 1;
        manifest.next_part += parts.len() as u32;
        manifest.evidence.append(&mut self.evidence);
        manifest.parts.extend(parts);
        manifest.records.extend(records);
        self.place_files(&manifest)?;
        report(to, Stage::Publishing, self.counts.events, self.counts.events)?;
        indexer.commit(manifest.generation)?;
        Ok(Some((manifest, indexer)))
    }

    /// Leaves the case as it was. Dropping the load does the same.
    pub fn cancel(self) {
        drop(self);
    }

    /// Writes what is waiting and gets the index back from the thread that writes.
    fn finish_events(&mut self) -> Result<Written, CaseError> {
        self.flush();
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        match std::mem::replace(&mut self.writer, Writer::Gone) {
            Writer::Idle(indexer) => Ok(Written { parts: Vec::new(), indexer }),
            Writer::Running { parts, thread } => {
                drop(parts);
                joined(thread)
            }
            Writer::Gone => Err(writer_gone(&self.root)),
        }
    }

    /// Moves the staged files of this load to where the manifest says they are.
    fn place_files(&self, manifest: &Manifest) -> Result<(), CaseError> {
        let staging = self.root.join(STAGING);
        let listed = manifest.evidence.get(self.base.evidence.len()..).unwrap_or_default();
        for evidence in listed {
            let from = evidence::path(&staging.join(EVIDENCE), &evidence.digest);
            evidence::publish(&from, &evidence::path(&self.root.join(EVIDENCE), &evidence.digest))?;
        }
        sync_folder(&self.root.join(EVIDENCE))?;
        let parts = manifest.parts.get(self.base.parts.len()..).unwrap_or_default();
        let records = manifest.records.get(self.base.records.len()..).unwrap_or_default();
        let parts = parts.iter().map(|part| (EVENTS, &part.file));
        for (folder, file) in parts.chain(records.iter().map(|records| (RECORDS, &records.file))) {
            let to = self.root.join(folder).join(file);
            evidence::publish(&staging.join(folder).join(file), &to)?;
        }
        Ok(())
    }

    /// Whether the event is new to the case and to this load.
    fn is_new(&mut self, id: EventId) -> Result<bool, CaseError> {
        let known = match &mut self.known {
            Some(known) => known,
            none => {
                let mut known = Known::new(&self.root.join(STAGING));
                let mut failure = None;
                parts::ids(&self.root, &self.base, |id| {
                    failure = known.insert(id).err().or(failure.take());
                })?;
                if let Some(failure) = failure {
                    return Err(failure);
                }
                none.insert(known)
            }
        };
        known.insert(id)
    }

    /// Rows of the next part. The first ones are small: writing begins while the first file is
    /// still being read, and little is left to write when the last one ends.
    fn part_rows(&self) -> usize {
        let quarter = usize::try_from(self.counts.events / 4).unwrap_or(PART_ROWS);
        quarter.clamp(FIRST_PART_ROWS, PART_ROWS)
    }

    /// Hands the waiting events to the thread that writes, which is started by the first.
    fn flush(&mut self) {
        if self.waiting.is_empty() || self.failure.is_some() {
            return;
        }
        let events = std::mem::take(&mut self.waiting);
        self.waiting_text = 0;
        if let Err(error) = self.hand_over(events) {
            self.failure = Some(error);
        }
    }

    fn hand_over(&mut self, events: Vec<Event>) -> Result<(), CaseError> {
        let (parts, thread) = match std::mem::replace(&mut self.writer, Writer::Gone) {
            Writer::Gone => return Err(writer_gone(&self.root)),
            Writer::Running { parts, thread } => (parts, thread),
            Writer::Idle(indexer) => {
                // No queue: one part is collected while one is written, never more.
                let (parts, received) = sync_channel(0);
                let folder = self.root.join(STAGING).join(EVENTS);
                let (generation, first) = (self.base.generation + 1, self.base.next_part);
                let thread = thread::Builder::new()
                    .name("load".to_owned())
                    .spawn(move || write_parts(received, &folder, generation, first, indexer))
                    .at(&self.root)?;
                (parts, thread)
            }
        };
        match parts.send(events) {
            Ok(()) => {
                self.writer = Writer::Running { parts, thread };
                Ok(())
            }
            // The thread has ended early, so it has an error to tell.
            Err(_) => Err(joined(thread).err().unwrap_or_else(|| writer_gone(&self.root))),
        }
    }

    fn state(&mut self, statement: &Statement) {
        if self.failure.is_some() {
            return;
        }
        let folder = self.root.join(STAGING).join(RECORDS);
        let written = match &mut self.statements {
            Some(writer) => writer.write(statement),
            none => StatementWriter::create(&folder, self.base.generation + 1)
                .and_then(|writer| none.insert(writer).write(statement)),
        };
        self.failure = written.err();
    }
}

impl Sink for Load {
    fn event(&mut self, event: Event) {
        if self.failure.is_some() {
            return;
        }
        if nanoseconds(event.time).is_none() {
            let place = event.evidence;
            let message = format!("time {} is outside the years 1677 to 2262", event.time);
            let kind = ProblemKind::MissingField;
            self.problem(Problem { kind, file: place.file, at: place.at, message });
            return;
        }
        match self.is_new(event.id) {
            Ok(true) => self.counts.events += 1,
            Ok(false) => {
                self.counts.known += 1;
                return;
            }
            Err(error) => {
                self.failure = Some(error);
                return;
            }
        }
        self.waiting_text += [&event.params, &event.error, &event.justification, &event.target]
            .into_iter()
            .flatten()
            .map(|text| text.raw().len())
            .sum::<usize>();
        self.waiting.push(event);
        if self.waiting.len() >= self.part_rows() || self.waiting_text >= PART_TEXT {
            self.flush();
        }
    }

    fn record(&mut self, record: Record) {
        self.counts.records += 1;
        self.state(&Statement::Record(Box::new(record)));
    }

    fn snapshot(&mut self, snapshot: Snapshot) {
        self.state(&Statement::Snapshot(snapshot));
    }

    fn coverage(&mut self, coverage: Coverage) {
        self.state(&Statement::Coverage(coverage));
    }

    fn problem(&mut self, problem: Problem) {
        self.counts.problems += 1;
        self.state(&Statement::Problem(problem));
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        // The thread ends before the lock does: no other writer may meet it.
        if let Writer::Running { parts, thread } = std::mem::replace(&mut self.writer, Writer::Gone)
        {
            drop(parts);
            let _ = joined(thread);
        }
        // What cannot be removed now is swept by the next writer.
        let _ = remove_folder(&self.root.join(STAGING));
    }
}

/// Writes each batch as one part, sorted by time, and indexes it.
fn write_parts(
    batches: Receiver<Vec<Event>>,
    folder: &Path,
    generation: u64,
    first: u32,
    indexer: Box<Indexer>,
) -> Result<Written, CaseError> {
    let mut parts = Vec::new();
    for (number, mut events) in (first..).zip(batches) {
        events.sort_by_key(|event| event.time);
        let name = format!("{generation}-{}.parquet", number - first);
        let mut part = PartWriter::create(folder.join(name))?;
        let mut rows = 0..;
        // The index works on one group while the next one is written.
        for group in events.chunks(GROUP_ROWS) {
            part.write(group)?;
            for (event, row) in group.iter().zip(&mut rows) {
                indexer.add(event, RowLocation { part: number, row })?;
            }
        }
        parts.push(part.finish(number, generation)?);
    }
    Ok(Written { parts, indexer })
}

fn joined(thread: JoinHandle<Result<Written, CaseError>>) -> Result<Written, CaseError> {
    let panicked = |_| {
        let source = std::io::Error::other("the thread that writes has panicked");
        Err(CaseError::Io { path: PathBuf::from(EVENTS), source })
    };
    thread.join().unwrap_or_else(panicked)
}

fn writer_gone(root: &Path) -> CaseError {
    let source = std::io::Error::other("this load has failed before");
    CaseError::Io { path: root.to_owned(), source }
}

/// Takes the data lock of a case, which ends with the file's handle or the process.
pub(super) fn lock(root: &Path) -> Result<File, CaseError> {
    let path = root.join(LOCK);
    let file = create_file(&path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(CaseError::Busy { path: root.to_owned() }),
        Err(TryLockError::Error(error)) => Err(error).at(&path),
    }
}

/// Removes what no manifest lists: the remains of loads that did not end.
fn sweep(root: &Path, manifest: &Manifest) -> Result<(), CaseError> {
    remove_folder(&root.join(STAGING))?;
    let parts = manifest.parts.iter().map(|part| part.file.clone()).collect();
    let records = manifest.records.iter().map(|records| records.file.clone()).collect();
    sweep_folder(&root.join(EVENTS), &parts)?;
    sweep_folder(&root.join(RECORDS), &records)?;
    let folder = root.join(EVIDENCE);
    let evidence =
        manifest.evidence.iter().map(|evidence| format!("{}.zst", evidence.digest)).collect();
    for shelf in names(&folder)? {
        sweep_folder(&folder.join(shelf), &evidence)?;
    }
    Ok(())
}

fn sweep_folder(folder: &Path, listed: &FxHashSet<String>) -> Result<(), CaseError> {
    for name in names(folder)? {
        if !listed.contains(&name) {
            let path = folder.join(name);
            fs::remove_file(&path).at(&path)?;
        }
    }
    Ok(())
}

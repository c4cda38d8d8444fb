//! Parts: Parquet files of events in the order of time, written once and read by row groups.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::mpsc::sync_channel;
use std::thread;

use jiff::Timestamp;
use polars::io::SerReader;
use polars::io::parquet::metadata::FileMetadataRef;
use polars::io::parquet::read::{ParallelStrategy, ParquetReader};
use polars::io::parquet::write::{BatchedWriter, ParquetCompression, ParquetWriter};
use polars::polars_utils::compression::ZstdLevel;
use polars::prelude::{DataFrame, PolarsError};

use super::columns;
use super::error::{AtPath, CaseError};
use super::files::{Digesting, EVENTS, create_file};
use super::manifest::{Manifest, Part};
use crate::domain::{AgentKey, Event, EventId, EventKind};

/// Rows of a row group: what is decoded to show one event of it.
pub(super) const GROUP_ROWS: usize = 8192;

/// Rows of a part. A part is sorted in memory before it is written, so this bounds a load's memory.
pub(super) const PART_ROWS: usize = 16 * GROUP_ROWS;

type Output = Digesting<BufWriter<File>>;

/// Writes one part, row group by row group. Events are handed over in the order of time.
pub(super) struct PartWriter {
    path: PathBuf,
    parquet: BatchedWriter<SharedOutput>,
    output: SharedOutput,
    rows: u32,
    window: Option<(Timestamp, Timestamp)>,
}

impl PartWriter {
    pub(super) fn create(path: PathBuf) -> Result<Self, CaseError> {
        let file = create_file(&path)?;
        let output = SharedOutput::new(Digesting::new(BufWriter::new(file)));
        let schema = columns::from_events(&[]).map_err(|error| failed(&path, error))?;
        let level = ZstdLevel::try_new(1).map_err(|error| failed(&path, error))?;
        let parquet = ParquetWriter::new(output.clone())
            .with_compression(ParquetCompression::Zstd(Some(level)))
            .set_parallel(false)
            .batched(schema.schema())
            .map_err(|error| failed(&path, error))?;
        Ok(Self { path, parquet, output, rows: 0, window: None })
    }

    /// Writes at most [`GROUP_ROWS`] events as one row group.
    pub(super) fn write(&mut self, events: &[Event]) -> Result<(), CaseError> {
        let frame = columns::from_events(events).map_err(|error| failed(&self.path, error))?;
        self.parquet.write_batch(&frame).map_err(|error| failed(&self.path, error))?;
        self.rows += events.len() as u32;
        if let (Some(first), Some(last)) = (events.first(), events.last()) {
            let from = self.window.map_or(first.time, |(from, _)| from);
            self.window = Some((from, last.time));
        }
        Ok(())
    }

    /// Ends the part, makes it durable and describes it.
    pub(super) fn finish(self, number: u32, generation: u64) -> Result<Part, CaseError> {
        self.parquet.finish().map_err(|error| failed(&self.path, error))?;
        drop(self.parquet);
        let (buffer, digest, _) = self.output.take().at(&self.path)?.finish();
        let file = buffer.into_inner().map_err(|error| error.into_error()).at(&self.path)?;
        file.sync_all().at(&self.path)?;
        let (from, until) = self.window.unwrap_or_default();
        let name = self.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Part { number, generation, file: name, rows: self.rows, digest, from, until })
    }
}

/// Reads one part.
#[derive(Clone)]
pub(super) struct PartReader {
    path: PathBuf,
    metadata: FileMetadataRef,
    pub(super) rows: usize,
}

impl PartReader {
    pub(super) fn open(root: &Path, part: &Part) -> Result<Self, CaseError> {
        let path = root.join(EVENTS).join(&part.file);
        let mut reader = ParquetReader::new(File::open(&path).at(&path)?);
        let metadata =
            reader.get_metadata().map_err(|error| CaseError::damaged(&path, error))?.clone();
        if metadata.num_rows != part.rows as usize {
            return Err(CaseError::damaged(&path, "not the rows that the manifest lists"));
        }
        Ok(Self { path, metadata, rows: part.rows as usize })
    }

    /// Reads `length` rows from `start`; some columns only, when they are named.
    pub(super) fn read(
        &self,
        start: usize,
        length: usize,
        only: Option<&[&str]>,
    ) -> Result<DataFrame, CaseError> {
        let mut reader = ParquetReader::new(File::open(&self.path).at(&self.path)?);
        reader.set_metadata(self.metadata.clone());
        reader
            .with_slice(Some((start, length)))
            .with_columns(only.map(|names| names.iter().map(|&name| name.to_owned()).collect()))
            .read_parallel(ParallelStrategy::None)
            .finish()
            .map_err(|error| CaseError::damaged(&self.path, error))
    }

    pub(super) fn events(&self, start: usize, length: usize) -> Result<Vec<Event>, CaseError> {
        let frame = self.read(start, length, None)?;
        columns::to_events(&frame).map_err(|error| CaseError::damaged(&self.path, error))
    }

    fn damaged(&self, error: columns::ColumnError) -> CaseError {
        CaseError::damaged(&self.path, error)
    }
}

/// Reads the ids of all events of a case, part by part.
pub(super) fn ids(
    root: &Path,
    manifest: &Manifest,
    mut take: impl FnMut(EventId),
) -> Result<(), CaseError> {
    for part in &manifest.parts {
        let reader = PartReader::open(root, part)?;
        let frame = reader.read(0, reader.rows, Some(&["id"]))?;
        columns::ids(&frame)
            .map_err(|error| reader.damaged(error))?
            .into_iter()
            .for_each(&mut take);
    }
    Ok(())
}

/// Which events to read, and how much of them.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    /// Both ends included.
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
    /// Empty: all kinds.
    pub kinds: Vec<EventKind>,
    pub agent: Option<AgentKey>,
    /// Leaves `params` unread, which most analyses do not need and which is most of the bytes.
    pub without_params: bool,
}

impl EventFilter {
    fn is_open(&self) -> bool {
        self.from.is_none() && self.until.is_none() && self.kinds.is_empty() && self.agent.is_none()
    }

    fn overlaps(&self, part: &Part) -> bool {
        self.from.is_none_or(|from| part.until >= from)
            && self.until.is_none_or(|until| part.from <= until)
    }

    fn accepts(&self, event: &Event) -> bool {
        self.from.is_none_or(|from| event.time >= from)
            && self.until.is_none_or(|until| event.time <= until)
            && (self.kinds.is_empty() || self.kinds.contains(&event.kind))
            && self.agent.as_ref().is_none_or(|agent| event.agent.as_ref() == Some(agent))
    }
}

/// Row groups that are decoded ahead of whoever takes the events.
const AHEAD: usize = 1;

type Group = Result<Vec<Event>, CaseError>;

/// The events of a case, streamed: a few row groups are in memory at a time, the next one decoded by
/// a thread of its own while the last one is worked on. Parts come in the order in which they were
/// loaded; inside a part events come in the order of time.
pub struct Events {
    groups: Box<dyn Iterator<Item = Group> + Send>,
    ready: std::vec::IntoIter<Event>,
}

impl Events {
    pub(super) fn new(root: &Path, manifest: &Manifest, filter: EventFilter) -> Self {
        let parts = manifest.parts.iter().filter(|part| filter.overlaps(part)).cloned();
        let parts: Vec<Part> = parts.collect();
        let rows: usize = parts.iter().map(|part| part.rows as usize).sum();
        let groups = Groups {
            root: root.to_owned(),
            parts: parts.into_iter(),
            filter,
            reader: None,
            next_row: 0,
        };
        let groups = match rows > GROUP_ROWS {
            true => ahead(groups),
            false => Box::new(groups),
        };
        Self { groups, ready: Vec::new().into_iter() }
    }
}

impl Iterator for Events {
    type Item = Result<Event, CaseError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(event) = self.ready.next() {
                return Some(Ok(event));
            }
            match self.groups.next()? {
                Ok(events) => self.ready = events.into_iter(),
                Err(error) => {
                    // One error ends the stream: what follows would be a silent gap.
                    self.groups = Box::new(std::iter::empty());
                    return Some(Err(error));
                }
            }
        }
    }
}

/// Lets a thread decode; it ends when its groups are no longer taken.
fn ahead(groups: Groups) -> Box<dyn Iterator<Item = Group> + Send> {
    let (sender, receiver) = sync_channel(AHEAD);
    let here = groups.clone();
    let decode = move || {
        for group in groups {
            if sender.send(group).is_err() {
                return;
            }
        }
    };
    match thread::Builder::new().name("events".to_owned()).spawn(decode) {
        Ok(_) => Box::new(receiver.into_iter()),
        Err(_) => Box::new(here),
    }
}

/// Decodes row group after row group.
#[derive(Clone)]
struct Groups {
    root: PathBuf,
    filter: EventFilter,
    parts: std::vec::IntoIter<Part>,
    reader: Option<PartReader>,
    next_row: usize,
}

impl Groups {
    /// Decodes the next row group; `None` at the end.
    fn advance(&mut self) -> Result<Option<Vec<Event>>, CaseError> {
        let reader = match &self.reader {
            Some(reader) if self.next_row < reader.rows => reader,
            _ => match self.parts.next() {
                None => return Ok(None),
                Some(part) => {
                    self.next_row = 0;
                    self.reader.insert(PartReader::open(&self.root, &part)?)
                }
            },
        };
        let (start, length) = (self.next_row, GROUP_ROWS.min(reader.rows - self.next_row));
        self.next_row += length;
        let names = reader.metadata.schema_descr.fields().iter().map(|field| field.name());
        let names: Vec<&str> = names
            .filter(|name| !(self.filter.without_params && columns::LARGE.contains(name)))
            .collect();
        let frame = reader.read(start, length, Some(&names))?;
        let mut events = columns::to_events(&frame).map_err(|error| reader.damaged(error))?;
        if !self.filter.is_open() {
            events.retain(|event| self.filter.accepts(event));
        }
        Ok(Some(events))
    }
}

impl Iterator for Groups {
    type Item = Group;

    fn next(&mut self) -> Option<Group> {
        self.advance().transpose()
    }
}

fn failed(path: &Path, error: PolarsError) -> CaseError {
    match error {
        PolarsError::IO { error, .. } => CaseError::Io {
            path: path.to_owned(),
            source: std::io::Error::new(error.kind(), error),
        },
        error => CaseError::damaged(path, error),
    }
}

/// The Parquet writer owns its output and does not give it back; this keeps a second handle on it.
#[derive(Clone)]
struct SharedOutput(std::sync::Arc<Mutex<Option<Output>>>);

impl SharedOutput {
    fn new(output: Output) -> Self {
        Self(std::sync::Arc::new(Mutex::new(Some(output))))
    }

    fn with<T>(&self, act: impl FnOnce(&mut Output) -> std::io::Result<T>) -> std::io::Result<T> {
        let mut output = self.0.lock().map_err(|_| std::io::Error::other("a writer panicked"))?;
        output.as_mut().map_or_else(|| Err(std::io::Error::other("already finished")), act)
    }

    fn take(&self) -> std::io::Result<Output> {
        let mut output = self.0.lock().map_err(|_| std::io::Error::other("a writer panicked"))?;
        output.take().ok_or_else(|| std::io::Error::other("already finished"))
    }
}

impl Write for SharedOutput {
    fn write(&mut self, buffer: &[u8]) -> std::io::Result<usize> {
        self.with(|output| output.write(buffer))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.with(|output| output.flush())
    }
}

//! Loading: evidence into the case, through the readers, published at once or not at all.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::thread;

use jiff::Timestamp;

use super::given::{Given, Piece, pieces};
use super::read_ahead::{Next, Reading, pass_on};
use super::{Error, ErrorKind, Workspace};
use crate::case::{self, Load, LoadSettings};
use crate::domain::text::visible;
use crate::domain::{Digest, Location, Problem, ProblemKind, Text};
use crate::ingest::{Format, Sink, Source};
use crate::view::{FileReport, LoadReport};

/// Bytes after which a load in steps publishes what it has.
const STEP: u64 = 256 << 20;

/// How to load.
#[derive(Clone, Copy, Default)]
pub struct LoadOptions {
    /// Read everything as this format, where an analyst knows better than detection.
    pub read_as: Option<&'static Format>,
    /// Publish after every few hundred megabytes: a load that is stopped keeps what it has published
    /// and goes on from there when it is given the same evidence again.
    pub in_steps: bool,
}

/// What a load is at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// `reading 3/7`, `writing events`, `reconciling`, …
    pub stage: String,
    /// What is being read.
    pub file: String,
    pub done: u64,
    /// Absent when it cannot be known.
    pub total: Option<u64>,
    /// What is counted: `bytes` or `events`.
    pub unit: &'static str,
}

impl Progress {
    /// What is being done, without the figures. Escaped.
    pub fn label(&self) -> String {
        format!("{} {}", self.stage, visible(&self.file)).trim_end().to_owned()
    }
}

impl From<case::Progress> for Progress {
    fn from(progress: case::Progress) -> Self {
        Self {
            stage: progress.stage.to_string(),
            file: String::new(),
            done: progress.done,
            total: (progress.total > 0).then_some(progress.total),
            unit: "events",
        }
    }
}

/// Told how far a load is; breaking cancels it.
pub type Report<'a> = &'a mut dyn FnMut(&Progress) -> ControlFlow<()>;

impl Workspace {
    /// Loads everything given as one load (or in steps): either all of it is in the case afterwards,
    /// or the case is as before. Then reads the case anew.
    pub fn load(
        &self,
        given: &[Given],
        options: LoadOptions,
        report: Report<'_>,
    ) -> Result<LoadReport, Error> {
        let pieces = pieces(given)?;
        let mut progress = Bytes::of(&pieces);
        let mut loaded = LoadReport::default();
        let mut rest = pieces.as_slice();
        while !rest.is_empty() {
            let (step, later) = rest.split_at(step(rest, options));
            self.load_step(step, options, &mut progress, &mut loaded, report)?;
            rest = later;
        }
        self.reopen()?;
        if let ControlFlow::Break(()) =
            report(&Progress { stage: "reconciling".to_owned(), ..Progress::default() })
        {
            // The load is published; the reading is made when it is asked for.
            return Ok(loaded);
        }
        self.posture()?;
        Ok(loaded)
    }

    fn load_step(
        &self,
        pieces: &[Piece<'_>],
        options: LoadOptions,
        progress: &mut Bytes,
        loaded: &mut LoadReport,
        report: Report<'_>,
    ) -> Result<(), Error> {
        let settings = LoadSettings { at: Some(Timestamp::now()) };
        let mut load =
            self.case().begin_load(settings, &mut |progress| report(&Progress::from(progress)))?;
        read_all(&mut load, pieces, options, progress, loaded, report)?;
        load.commit(&mut |progress: case::Progress| report(&Progress::from(progress)))?;
        Ok(())
    }
}

/// How many pieces the next step takes.
fn step(pieces: &[Piece<'_>], options: LoadOptions) -> usize {
    let mut bytes = 0;
    let fits = |piece: &&Piece<'_>| {
        let fits = !options.in_steps || bytes < STEP;
        bytes += piece.bytes().unwrap_or(STEP);
        fits
    };
    pieces.iter().take_while(fits).count().max(1)
}

/// How many bytes there are to read, and how many have been read.
struct Bytes {
    pieces: usize,
    finished: usize,
    done: u64,
    total: Option<u64>,
}

impl Bytes {
    fn of(pieces: &[Piece<'_>]) -> Self {
        let total = pieces.iter().map(Piece::bytes).sum();
        Self { pieces: pieces.len(), finished: 0, done: 0, total }
    }

    fn report(&self, file: &Text, read: u64, report: Report<'_>) -> Result<(), Error> {
        let progress = Progress {
            stage: format!("reading {}/{}", self.finished + 1, self.pieces),
            file: file.raw().to_owned(),
            done: self.done + read,
            total: self.total,
            unit: "bytes",
        };
        match report(&progress) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Error::new(ErrorKind::Cancelled, "cancelled")
                .with_hint("The case is as it was before the load, or as its last step left it.")),
        }
    }

    fn finish(&mut self, bytes: u64) {
        self.finished += 1;
        self.done += bytes;
    }
}

/// A piece of evidence in the load: kept, and read unless it was known.
struct Ahead<'scope> {
    report: FileReport,
    evidence: Option<Digest>,
    reading: Option<Reading<'scope>>,
}

/// Reads the pieces, several at a time, into the load in their order.
fn read_all(
    load: &mut Load,
    pieces: &[Piece<'_>],
    options: LoadOptions,
    progress: &mut Bytes,
    loaded: &mut LoadReport,
    report: Report<'_>,
) -> Result<(), Error> {
    let at_a_time = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let mut ahead: VecDeque<Ahead<'_>> = VecDeque::new();
        let mut read = || -> Result<(), Error> {
            let mut pieces = pieces.iter();
            loop {
                while ahead.len() < at_a_time
                    && let Some(piece) = pieces.next()
                {
                    progress.report(&Text::from(piece.name()), 0, report)?;
                    let begun = begin(load, piece, options, |source, evidence| {
                        Reading::begin(scope, source, evidence)
                    })?;
                    ahead.push_back(begun);
                }
                let Some(first) = ahead.front() else { return Ok(()) };
                let known_before = load.counts().known;
                if let Some(reading) = &first.reading {
                    take(reading, &first.report.file, load, progress, report)?;
                }
                let Some(first) = ahead.pop_front() else { return Ok(()) };
                let file = end(load, first, known_before)?;
                progress.finish(file.bytes);
                loaded.files.push(file);
            }
        };
        let outcome = read();
        // Readers that nobody listens to any more end by themselves.
        ahead.iter().filter_map(|ahead| ahead.reading.as_ref()).for_each(Reading::stop);
        drop(ahead);
        outcome
    })
}

/// Keeps one piece of evidence and begins to read it. One that cannot be opened is set aside.
fn begin<'scope>(
    load: &mut Load,
    piece: &Piece<'_>,
    options: LoadOptions,
    read: impl FnOnce(Source, case::EvidenceReader) -> Reading<'scope>,
) -> Result<Ahead<'scope>, Error> {
    let name = Text::from(piece.name());
    let mut report = FileReport { file: name.clone(), ..FileReport::default() };
    let mut bytes = match piece.open() {
        Ok(bytes) => bytes,
        Err(error) => {
            load.problem(Problem {
                kind: ProblemKind::Unreadable,
                file: name,
                at: Location::Whole,
                message: format!("cannot be opened: {error}"),
            });
            report.set_aside = 1;
            report.problems = 1;
            return Ok(Ahead { report, evidence: None, reading: None });
        }
    };
    let kept = load.keep(name.raw(), &mut bytes)?;
    report.bytes = kept.bytes;
    report.already_loaded = kept.known;
    if kept.known {
        return Ok(Ahead { report, evidence: None, reading: None });
    }
    let source = Source {
        masker: load.masker()?,
        read_as: options.read_as,
        ..Source::new(kept.digest, name)
    };
    let evidence = load.open_evidence(&kept.digest)?;
    Ok(Ahead { report, evidence: Some(kept.digest), reading: Some(read(source, evidence)) })
}

/// Takes everything that is read of one piece into the load.
fn take(
    reading: &Reading<'_>,
    file: &Text,
    load: &mut Load,
    progress: &Bytes,
    report: Report<'_>,
) -> Result<(), Error> {
    loop {
        match reading.next() {
            Next::Batch(batch) => pass_on(batch, load),
            Next::Nothing => {}
            Next::End => return Ok(()),
        }
        if load.failure().is_some() {
            // The commit says what it is.
            reading.stop();
        }
        progress.report(file, reading.bytes(), report)?;
    }
}

/// Says what came of one piece.
fn end(load: &mut Load, ahead: Ahead<'_>, known_before: u64) -> Result<FileReport, Error> {
    let mut file = ahead.report;
    let Some(reading) = ahead.reading else { return Ok(file) };
    let Some(counts) = reading.counts() else {
        let what = format!("the reader of {} broke down", visible(file.file.raw()));
        return Err(Error::new(ErrorKind::Internal, what)
            .with_hint("Load the rest without this file, and report the file as a defect."));
    };
    let known = load.counts().known - known_before;
    file.documents = counts.documents;
    file.formats = counts.formats.iter().map(|(id, count)| ((*id).to_owned(), *count)).collect();
    file.records = counts.records;
    file.events = counts.events.saturating_sub(known);
    file.known = known;
    file.with_problems = counts.with_problems;
    file.set_aside = counts.set_aside;
    file.problems = counts.problems;
    if let Some(evidence) = ahead.evidence {
        load.file_report(stored(evidence, &file));
    }
    Ok(file)
}

fn stored(evidence: Digest, file: &FileReport) -> case::FileReport {
    case::FileReport {
        evidence,
        file: file.file.clone(),
        bytes: file.bytes,
        documents: file.documents,
        formats: file.formats.iter().cloned().collect(),
        records: file.records,
        events: file.events,
        known: file.known,
        with_problems: file.with_problems,
        set_aside: file.set_aside,
        problems: file.problems,
    }
}

/// A stored report as both faces show it.
pub fn file_report(stored: case::FileReport) -> FileReport {
    FileReport {
        file: stored.file,
        bytes: stored.bytes,
        formats: stored.formats.into_iter().collect(),
        documents: stored.documents,
        records: stored.records,
        events: stored.events,
        known: stored.known,
        with_problems: stored.with_problems,
        set_aside: stored.set_aside,
        problems: stored.problems,
        already_loaded: false,
    }
}

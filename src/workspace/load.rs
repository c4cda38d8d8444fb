//! Loading: evidence into the case, through the readers, published at once or not at all.

use std::ops::ControlFlow;

use jiff::Timestamp;

use super::given::{Given, Piece, pieces};
use super::{Error, ErrorKind, Workspace};
use crate::case::{self, Load, LoadSettings};
use crate::domain::text::visible;
use crate::domain::{Location, Problem, ProblemKind, Text};
use crate::ingest::{self, Sink, Source};
use crate::view::{FileReport, LoadReport};

/// What a load is at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// `reading`, `writing events`, `reconciling`, …
    pub stage: String,
    /// What is being read.
    pub file: String,
    pub done: u64,
    /// Absent when it cannot be known.
    pub total: Option<u64>,
}

impl Progress {
    /// What is being done, without the figures. Escaped.
    pub fn label(&self) -> String {
        format!("{} {}", self.stage, visible(&self.file)).trim_end().to_owned()
    }

    /// One line for a progress display. Escaped.
    pub fn visible(&self) -> String {
        match self.total {
            Some(total) => format!("{} {} of {total}", self.label(), self.done),
            None => format!("{} {}", self.label(), self.done),
        }
    }
}

impl From<case::Progress> for Progress {
    fn from(progress: case::Progress) -> Self {
        Self {
            stage: progress.stage.to_string(),
            file: String::new(),
            done: progress.done,
            total: (progress.total > 0).then_some(progress.total),
        }
    }
}

/// Told how far a load is; breaking cancels it.
pub type Report<'a> = &'a mut dyn FnMut(&Progress) -> ControlFlow<()>;

impl Workspace {
    /// Loads everything given as one load: either all of it is in the case afterwards, or the case is
    /// as before. Then reads the case anew.
    pub fn load(&self, given: &[Given], report: Report<'_>) -> Result<LoadReport, Error> {
        let pieces = pieces(given)?;
        let settings = LoadSettings { at: Some(Timestamp::now()) };
        let mut load =
            self.case().begin_load(settings, &mut |progress| report(&Progress::from(progress)))?;
        let mut loaded = LoadReport::default();
        for (number, piece) in pieces.iter().enumerate() {
            let mut progress = Progress {
                stage: format!("reading {}/{}", number + 1, pieces.len()),
                file: piece.name(),
                ..Progress::default()
            };
            loaded.files.push(read(&mut load, piece, &mut |bytes| {
                progress.done = bytes;
                report(&progress)
            })?);
        }
        load.commit(&mut |progress: case::Progress| report(&Progress::from(progress)))?;
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
}

fn cancelled() -> Error {
    Error::new(ErrorKind::Cancelled, "cancelled")
        .with_hint("The case is as it was before the load.")
}

/// Keeps one piece of evidence and reads it. A piece that cannot be opened is set aside and counted.
fn read(
    load: &mut Load,
    piece: &Piece<'_>,
    report: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<FileReport, Error> {
    let name = Text::from(piece.name());
    let mut file = FileReport { file: name.clone(), ..FileReport::default() };
    let mut bytes = match piece.open() {
        Ok(bytes) => bytes,
        Err(error) => {
            load.problem(Problem {
                kind: ProblemKind::Unreadable,
                file: name,
                at: Location::Whole,
                message: format!("cannot be opened: {error}"),
            });
            file.set_aside = 1;
            return Ok(file);
        }
    };
    if report(0).is_break() {
        return Err(cancelled());
    }
    let kept = load.keep(name.raw(), &mut bytes)?;
    file.bytes = kept.bytes;
    if kept.known {
        file.already_loaded = true;
        return Ok(file);
    }
    let source = Source { evidence: kept.digest, file: name, masker: load.masker()? };
    let mut evidence = load.open_evidence(&kept.digest)?;
    let known_before = load.counts().known;
    let mut stopped = false;
    let counts = ingest::read(&source, &mut evidence, load, &mut |bytes| {
        let flow = report(bytes);
        stopped |= flow.is_break();
        flow
    });
    if stopped {
        return Err(cancelled());
    }
    let known = load.counts().known - known_before;
    file.documents = counts.documents;
    file.formats = counts.formats.iter().map(|(id, count)| ((*id).to_owned(), *count)).collect();
    file.records = counts.records;
    file.events = counts.events.saturating_sub(known);
    file.known = known;
    file.set_aside = counts.set_aside;
    load.file_report(case::FileReport {
        evidence: kept.digest,
        file: source.file,
        bytes: file.bytes,
        documents: file.documents,
        formats: file.formats.iter().cloned().collect(),
        records: file.records,
        events: file.events,
        known: file.known,
        set_aside: file.set_aside,
    });
    Ok(file)
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
        set_aside: stored.set_aside,
        already_loaded: false,
    }
}

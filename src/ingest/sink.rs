//! What readers are given and where they put what they read.

use jiff::Timestamp;

use super::Format;
use super::mask::Masker;
use crate::domain::configured::{Configured, Provisioning};
use crate::domain::text::visible;
use crate::domain::{
    Coverage, Digest, Event, Location, Place, Problem, ProblemKind, Record, Snapshot, Text,
};

/// The piece of evidence being read.
#[derive(Clone, Debug)]
pub struct Source {
    pub evidence: Digest,
    /// The name under which it was loaded.
    pub file: Text,
    /// Masks what looks like a secret, under the case's key.
    pub masker: Masker,
    /// The format to read every document as, where an analyst knows better than detection.
    pub read_as: Option<&'static Format>,
}

impl Source {
    /// A piece of evidence whose formats are detected, masked under the key that everybody knows.
    pub fn new(evidence: Digest, file: impl Into<Text>) -> Self {
        Self { evidence, file: file.into(), masker: Masker::default(), read_as: None }
    }
}

/// One JSON document inside the evidence.
pub struct Document<'a> {
    pub source: &'a Source,
    /// Where the document stands in the evidence.
    pub at: Location,
    /// The document's JSON text, already known to be well-formed.
    pub json: &'a str,
}

impl Document<'_> {
    /// The place of this document.
    pub fn place(&self) -> Place {
        Place {
            evidence: self.source.evidence,
            file: self.source.file.clone(),
            at: self.at.clone(),
        }
    }

    /// Masks what looks like a secret. Events and records are masked on their way to the sink; this
    /// is for command lines and addresses of the configured side, where more looks like one.
    pub fn masker(&self) -> &Masker {
        &self.source.masker
    }

    /// A record of the part of this document at `at`, with nothing known of when it was configured
    /// and by whom.
    pub fn record(&self, at: Location, body: Configured) -> Record {
        Record {
            realm: Text::default(),
            at: None,
            provisioning: Provisioning::default(),
            place: Place { at, ..self.place() },
            body,
        }
    }

    /// A problem at this document.
    pub fn problem(&self, kind: ProblemKind, message: impl Into<String>) -> Problem {
        Problem {
            kind,
            file: self.source.file.clone(),
            at: self.at.clone(),
            message: message.into(),
        }
    }

    /// A problem at a part of this document. `message` may quote evidence: it is made visible.
    pub fn problem_at(&self, at: Location, kind: ProblemKind, message: &str) -> Problem {
        Problem { at, ..self.problem(kind, visible(message)) }
    }

    /// Deserialises the document, or puts a `Malformed` problem into the sink.
    pub fn parse<'b, T: serde::Deserialize<'b>>(&'b self, sink: &mut dyn Sink) -> Option<T> {
        match serde_json::from_str(self.json) {
            Ok(value) => Some(value),
            Err(error) => {
                sink.problem(self.problem(ProblemKind::Malformed, visible(&error.to_string())));
                None
            }
        }
    }
}

/// Where readers put what they read. Implemented by the case (streaming to columns) and by
/// [`Collected`] (in memory, for tests and small uses).
pub trait Sink {
    fn event(&mut self, event: Event);
    fn record(&mut self, record: Record);
    fn snapshot(&mut self, snapshot: Snapshot);
    fn coverage(&mut self, coverage: Coverage);
    fn problem(&mut self, problem: Problem);

    /// Says that a document holds `count` parts that are not read, and what they are. Over a file the
    /// same parts are one problem.
    fn unread(&mut self, document: &Document<'_>, what: &'static str, count: u64) {
        let message = format!("{count} {what}");
        self.problem(document.problem(ProblemKind::Unsupported, message));
    }

    /// A problem that many documents of one file may share: it is kept once, with their number.
    fn shared_problem(&mut self, problem: Problem) {
        self.problem(problem);
    }

    /// The same string as one shared allocation, for values that repeat (verbs, names, users).
    fn intern(&mut self, raw: &str) -> Text {
        Text::new(raw)
    }
}

/// A sink that keeps everything in memory.
#[derive(Debug, Default)]
pub struct Collected {
    pub events: Vec<Event>,
    pub records: Vec<Record>,
    pub snapshots: Vec<Snapshot>,
    pub coverage: Vec<Coverage>,
    pub problems: Vec<Problem>,
    interned: rustc_hash::FxHashSet<Text>,
}

impl Collected {
    /// Everything collected so far; what is shared stays to be shared.
    pub fn take(&mut self) -> Self {
        let interned = std::mem::take(&mut self.interned);
        let taken = std::mem::take(self);
        self.interned = interned;
        taken
    }
}

impl Sink for Collected {
    fn event(&mut self, event: Event) {
        self.events.push(event);
    }

    fn record(&mut self, record: Record) {
        self.records.push(record);
    }

    fn snapshot(&mut self, snapshot: Snapshot) {
        self.snapshots.push(snapshot);
    }

    fn coverage(&mut self, coverage: Coverage) {
        self.coverage.push(coverage);
    }

    fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    fn intern(&mut self, raw: &str) -> Text {
        if let Some(text) = self.interned.get(raw) {
            return text.clone();
        }
        let text = Text::new(raw);
        if raw.len() <= LONGEST_INTERNED {
            if self.interned.len() >= MOST_INTERNED {
                self.interned.clear();
            }
            self.interned.insert(text.clone());
        }
        text
    }
}

/// Values longer than this rarely repeat.
const LONGEST_INTERNED: usize = 256;

/// Different values to share at a time.
const MOST_INTERNED: usize = 1 << 18;

/// The earliest and latest time of a stream of events: the window of a coverage statement.
#[derive(Clone, Copy, Debug, Default)]
pub struct Window {
    pub span: Option<(Timestamp, Timestamp)>,
}

impl Window {
    pub fn include(&mut self, time: Timestamp) {
        self.span = Some(match self.span {
            Some((from, until)) => (from.min(time), until.max(time)),
            None => (time, time),
        });
    }
}

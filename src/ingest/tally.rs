//! The sink between formats and the case: counts what passes and keeps problems to a readable number.

use std::collections::{BTreeMap, BTreeSet};

use super::batches::Batches;
use super::coverage::Observed;
use super::operational::Exchanges;
use super::{Document, Sink, Source};
use crate::domain::{Coverage, Event, Location, Problem, ProblemKind, Record, Snapshot, Text};

/// Problems of one file that are kept in words; the rest is counted.
const PROBLEMS_KEPT: u64 = 1000;
/// Documents in no known format that are kept in words.
const UNKNOWN_KEPT: u64 = 5;
/// Kinds of objects that are named when they are not read; more are counted together.
const KINDS_NAMED: usize = 100;

pub struct Tally<'a> {
    source: &'a Source,
    sink: &'a mut dyn Sink,
    pub records: u64,
    pub events: u64,
    /// Statements of coverage and snapshots.
    statements: u64,
    /// Every problem, kept in words or not.
    pub problems: u64,
    /// Problems that are kept in words.
    listed: u64,
    unknown: u64,
    /// Documents that are known and hold nothing that is read.
    unread: u64,
    /// Problems that documents share: where first, and how many.
    shared: BTreeMap<(ProblemKind, String), (Location, u64)>,
    /// What was said to be missing from the file as a whole.
    missing: BTreeSet<String>,
    /// Parts that are not read: where first, and how many.
    unread_parts: BTreeMap<&'static str, (Location, u64)>,
    batches: Batches,
    observed: Observed,
    exchanges: Exchanges,
}

impl<'a> Tally<'a> {
    pub fn new(source: &'a Source, sink: &'a mut dyn Sink) -> Self {
        Self {
            source,
            sink,
            records: 0,
            events: 0,
            statements: 0,
            problems: 0,
            listed: 0,
            unknown: 0,
            unread: 0,
            shared: BTreeMap::new(),
            missing: BTreeSet::new(),
            unread_parts: BTreeMap::new(),
            batches: Batches::default(),
            observed: Observed::default(),
            exchanges: Exchanges::new(source.file.raw()),
        }
    }

    /// Everything that was kept so far.
    pub fn kept(&self) -> u64 {
        self.records + self.events + self.statements
    }

    /// Problems that lost something this program would have read.
    pub fn lost(&self) -> u64 {
        self.problems - self.unread
    }

    /// A document that no format recognises.
    pub fn unknown(&mut self, at: Location) {
        self.unknown += 1;
        match self.unknown <= UNKNOWN_KEPT {
            true => self.problem(self.new_problem(
                ProblemKind::UnknownFormat,
                at,
                "the document is in no format that is read".to_owned(),
            )),
            false => self.problems += 1,
        }
    }

    /// A Kubernetes object of a kind that is not read. `kind` is visible text.
    pub fn unread_kind(&mut self, kind: &str, at: Location) {
        let reason = format!("objects of kind {kind} are not read");
        let key = (ProblemKind::Unsupported, reason.clone());
        match self.shared.contains_key(&key) || self.shared.len() < KINDS_NAMED {
            true => self.unread_document(reason, at),
            false => self.unread_document("objects of other kinds are not read".to_owned(), at),
        }
    }

    /// A document that is known and holds nothing that is read, for this reason.
    pub fn unread_document(&mut self, reason: String, at: Location) {
        self.unread += 1;
        self.shared_problem(self.new_problem(ProblemKind::Unsupported, at, reason));
    }

    /// Says what was only counted, and what the file could have shown.
    pub fn finish(&mut self, partial: bool) {
        for event in std::mem::take(&mut self.batches).finish() {
            self.deliver(event);
        }
        for (what, (at, count)) in std::mem::take(&mut self.unread_parts) {
            let message = format!("{count} {what}");
            self.problem(self.new_problem(ProblemKind::Unsupported, at, message));
        }
        for ((kind, message), (at, count)) in std::mem::take(&mut self.shared) {
            let message = match count {
                1 => message,
                _ => format!("{message}; the first of {count}"),
            };
            self.keep(self.new_problem(kind, at, message));
        }
        if self.unknown > UNKNOWN_KEPT {
            let more = self.unknown - UNKNOWN_KEPT;
            let message = format!("{more} more documents are in no format that is read");
            self.keep(self.new_problem(ProblemKind::UnknownFormat, Location::Whole, message));
        }
        if self.listed > PROBLEMS_KEPT {
            let more = self.listed - PROBLEMS_KEPT;
            let message = format!("{more} more problems in this file are not listed");
            self.sink.problem(self.new_problem(ProblemKind::Limit, Location::Whole, message));
        }
        let listed = self.exchanges.finish(&mut |event| self.sink.event(event));
        let observed = std::mem::take(&mut self.observed).statements(partial);
        listed.into_iter().chain(observed).for_each(|coverage| self.sink.coverage(coverage));
    }

    pub fn new_problem(&self, kind: ProblemKind, at: Location, message: String) -> Problem {
        Problem { kind, file: self.source.file.clone(), at, message }
    }

    fn deliver(&mut self, event: Event) {
        self.observed.include(&event);
        self.exchanges.pass(event, &mut |event| self.sink.event(event));
    }

    fn keep(&mut self, problem: Problem) {
        self.listed += 1;
        if self.listed <= PROBLEMS_KEPT {
            self.sink.problem(problem);
        }
    }
}

impl Sink for Tally<'_> {
    fn event(&mut self, mut event: Event) {
        self.events += 1;
        self.source.masker.event(&mut event);
        if let Some(event) = self.batches.pass(event) {
            self.deliver(event);
        }
    }

    fn record(&mut self, mut record: Record) {
        self.records += 1;
        self.source.masker.record(&mut record);
        self.sink.record(record);
    }

    fn snapshot(&mut self, snapshot: Snapshot) {
        self.statements += 1;
        self.sink.snapshot(snapshot);
    }

    fn coverage(&mut self, coverage: Coverage) {
        self.statements += 1;
        self.observed.stated(&coverage);
        if !self.observed.missed(&coverage) {
            self.sink.coverage(coverage);
        }
    }

    /// What the file as a whole lacks, every document of it may say: once is enough.
    fn problem(&mut self, problem: Problem) {
        let is_general = (problem.kind, &problem.at) == (ProblemKind::Incomplete, &Location::Whole);
        if is_general && !self.missing.insert(problem.message.clone()) {
            return;
        }
        self.problems += 1;
        self.keep(problem);
    }

    fn unread(&mut self, document: &Document<'_>, what: &'static str, count: u64) {
        self.unread_parts.entry(what).or_insert_with(|| (document.at.clone(), 0)).1 += count;
    }

    fn shared_problem(&mut self, problem: Problem) {
        self.problems += 1;
        let key = (problem.kind, problem.message);
        self.shared.entry(key).or_insert((problem.at, 0)).1 += 1;
    }

    fn intern(&mut self, raw: &str) -> Text {
        self.sink.intern(raw)
    }
}

//! The sink between formats and the case: counts what passes and keeps problems to a readable number.

use std::collections::BTreeMap;

use super::coverage::Observed;
use super::operational::Exchanges;
use super::{Sink, Source};
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
    /// Every problem, kept in words or not.
    pub problems: u64,
    kept: u64,
    unknown: u64,
    /// Kinds that are not read: where first, and how many.
    unread_kinds: BTreeMap<String, (Location, u64)>,
    /// Problems that documents share, in the same way.
    shared: BTreeMap<(ProblemKind, String), (Location, u64)>,
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
            problems: 0,
            kept: 0,
            unknown: 0,
            unread_kinds: BTreeMap::new(),
            shared: BTreeMap::new(),
            observed: Observed::default(),
            exchanges: Exchanges::new(source.file.raw()),
        }
    }

    /// Problems that lost something this program would have read.
    pub fn lost(&self) -> u64 {
        self.problems - self.unread_kinds.values().map(|(_, count)| count).sum::<u64>()
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
    pub fn unread_kind(&mut self, kind: String, at: Location) {
        self.problems += 1;
        let kind =
            match self.unread_kinds.contains_key(&kind) || self.unread_kinds.len() < KINDS_NAMED {
                true => kind,
                false => "other kinds".to_owned(),
            };
        self.unread_kinds.entry(kind).or_insert((at, 0)).1 += 1;
    }

    /// Says what was only counted, and what the file could have shown.
    pub fn finish(&mut self, partial: bool) {
        for (kind, (at, count)) in std::mem::take(&mut self.unread_kinds) {
            let message = match count {
                1 => format!("objects of kind {kind} are not read"),
                _ => format!("objects of kind {kind} are not read; the first of {count}"),
            };
            self.keep(self.new_problem(ProblemKind::Unsupported, at, message));
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
        if self.kept > PROBLEMS_KEPT {
            let more = self.kept - PROBLEMS_KEPT;
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

    fn keep(&mut self, problem: Problem) {
        self.kept += 1;
        if self.kept <= PROBLEMS_KEPT {
            self.sink.problem(problem);
        }
    }
}

impl Sink for Tally<'_> {
    fn event(&mut self, mut event: Event) {
        self.events += 1;
        self.source.masker.event(&mut event);
        self.observed.include(&event);
        self.exchanges.pass(event, &mut |event| self.sink.event(event));
    }

    fn record(&mut self, mut record: Record) {
        self.records += 1;
        self.source.masker.record(&mut record);
        self.sink.record(record);
    }

    fn snapshot(&mut self, snapshot: Snapshot) {
        self.sink.snapshot(snapshot);
    }

    fn coverage(&mut self, coverage: Coverage) {
        self.sink.coverage(coverage);
    }

    fn problem(&mut self, problem: Problem) {
        self.problems += 1;
        self.keep(problem);
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

//! Reading evidence on worker threads, ahead of the one thread that writes the case.
//!
//! Each piece of evidence is read by one worker, which hands on what it finds in batches through a
//! bounded channel; as many pieces as there are cores are read at a time. The writer takes the batches
//! of one piece after the other, in the order in which the pieces were given, so that what a load
//! keeps does not depend on how fast each was read.

use std::io::Read;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{Scope, ScopedJoinHandle};
use std::time::Duration;

use crate::domain::{Coverage, Event, Problem, Record, Snapshot, Text};
use crate::ingest::{self, Collected, ReadCounts, Sink, Source};

/// Events, records and problems of one batch.
const BATCH: usize = 512;
/// Batches that wait for the writer, of each piece.
const WAITING: usize = 8;
/// How often the progress of a reader that finds nothing is looked at.
const GLANCE: Duration = Duration::from_millis(100);

/// One piece of evidence that is being read.
pub struct Reading<'scope> {
    batches: Receiver<Collected>,
    counts: ScopedJoinHandle<'scope, ReadCounts>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    bytes: AtomicU64,
    stop: AtomicBool,
}

/// Whether a batch came, and if not, why.
pub enum Next {
    Batch(Collected),
    /// Nothing yet: time to show progress.
    Nothing,
    End,
}

impl<'scope> Reading<'scope> {
    /// Begins to read `evidence` on a thread of its own.
    pub fn begin<'env>(
        scope: &'scope Scope<'scope, 'env>,
        source: Source,
        mut evidence: impl Read + Send + 'scope,
    ) -> Self {
        let (sender, batches) = sync_channel(WAITING);
        let shared = Arc::new(Shared::default());
        let of_reader = Arc::clone(&shared);
        let counts = scope.spawn(move || {
            let mut sink = Batching { sender, batch: Collected::default(), shared: &of_reader };
            let counts = ingest::read(&source, &mut evidence, &mut sink, &mut |bytes| {
                of_reader.bytes.store(bytes, Ordering::Relaxed);
                match of_reader.stop.load(Ordering::Relaxed) {
                    true => ControlFlow::Break(()),
                    false => ControlFlow::Continue(()),
                }
            });
            sink.send();
            counts
        });
        Self { batches, counts, shared }
    }

    /// Bytes read so far, as loaded.
    pub fn bytes(&self) -> u64 {
        self.shared.bytes.load(Ordering::Relaxed)
    }

    pub fn next(&self) -> Next {
        match self.batches.recv_timeout(GLANCE) {
            Ok(batch) => Next::Batch(batch),
            Err(RecvTimeoutError::Timeout) => Next::Nothing,
            Err(RecvTimeoutError::Disconnected) => Next::End,
        }
    }

    /// Lets the reader end without its batches being taken.
    pub fn stop(&self) {
        self.shared.stop.store(true, Ordering::Relaxed);
    }

    /// What was read, once [`Next::End`] was seen. A reader that died has read nothing.
    pub fn counts(self) -> Option<ReadCounts> {
        self.counts.join().ok()
    }
}

/// Collects what a reader finds and sends it a batch at a time.
struct Batching<'a> {
    sender: SyncSender<Collected>,
    batch: Collected,
    shared: &'a Shared,
}

impl Batching<'_> {
    fn send_when_full(&mut self) {
        let batch = &self.batch;
        if batch.events.len() + batch.records.len() + batch.problems.len() >= BATCH {
            self.send();
        }
    }

    fn send(&mut self) {
        let full = self.batch.take();
        // Nobody takes the batches any more: the reader stops at its next look.
        if self.sender.send(full).is_err() {
            self.shared.stop.store(true, Ordering::Relaxed);
        }
    }
}

impl Sink for Batching<'_> {
    fn event(&mut self, event: Event) {
        self.batch.event(event);
        self.send_when_full();
    }

    fn record(&mut self, record: Record) {
        self.batch.record(record);
        self.send_when_full();
    }

    fn snapshot(&mut self, snapshot: Snapshot) {
        self.batch.snapshot(snapshot);
    }

    fn coverage(&mut self, coverage: Coverage) {
        self.batch.coverage(coverage);
    }

    fn problem(&mut self, problem: Problem) {
        self.batch.problem(problem);
        self.send_when_full();
    }

    fn intern(&mut self, raw: &str) -> Text {
        self.batch.intern(raw)
    }
}

/// Puts a batch into another sink.
pub fn pass_on(batch: Collected, sink: &mut dyn Sink) {
    batch.events.into_iter().for_each(|event| sink.event(event));
    batch.records.into_iter().for_each(|record| sink.record(record));
    batch.snapshots.into_iter().for_each(|snapshot| sink.snapshot(snapshot));
    batch.coverage.into_iter().for_each(|coverage| sink.coverage(coverage));
    batch.problems.into_iter().for_each(|problem| sink.problem(problem));
}

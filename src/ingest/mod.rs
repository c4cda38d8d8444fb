//! Bytes → records, events, coverage and problems.
//!
//! Reading has two layers. A *container* (`container.rs`) turns the bytes of one piece of evidence
//! into JSON documents, whatever they were wrapped in: gzip or zstd, JSON Lines, concatenated or
//! single JSON, JSON with comments, multi-document YAML, TOML, Markdown with front matter. A *format* (`format.rs`, one file each under
//! `configured/` and `operational/`) recognises a document by its shape and reads it into a [`Sink`].
//! Lists (`kind: List`, `EventList`) are documents whose items are documents (`list.rs`), envelopes
//! (`envelope/`) documents that hold others, as logs travel. Between the two, `intake.rs` routes documents to formats and accounts for every one of them.
//!
//! No reader may panic, hang or use memory without a bound. A malformed record becomes a
//! [`Problem`](crate::domain::Problem) and the rest is read.

#[cfg(test)]
mod altered;
mod batches;
pub mod configured;
mod container;
mod coverage;
mod cyclonedx;
mod detect;
mod doubts;
mod envelope;
pub mod format;
mod intake;
pub mod json;
mod known;
mod list;
pub mod location;
pub mod mask;
pub mod members;
pub mod operational;
mod recognise;
pub mod sink;
mod tally;
#[cfg(test)]
mod tests;
pub mod time;
pub mod tool_definition;
mod unknown;

use std::collections::BTreeMap;
use std::io::Read;
use std::ops::ControlFlow;

pub use container::{Limits, Swell};
pub use format::{Format, Shape, Side};
pub use sink::{Collected, Document, Sink, Source};

/// The format of this id.
pub fn format(id: &str) -> Option<&'static Format> {
    formats().find(|format| format.id == id)
}

/// Every format that is read, in the order in which they are asked.
pub fn formats() -> impl Iterator<Item = &'static Format> {
    [configured::FORMATS, operational::FORMATS, configured::LAST].into_iter().flatten()
}

/// What one piece of evidence held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadCounts {
    /// Bytes as loaded, before decompression.
    pub bytes: u64,
    /// Documents, the items of lists one by one, malformed ones included. Each was read by a format
    /// or set aside.
    pub documents: u64,
    /// Documents read, by format id.
    pub formats: BTreeMap<&'static str, u64>,
    pub records: u64,
    pub events: u64,
    /// Documents of which something was kept and something was not, or whose format is not known.
    pub with_problems: u64,
    /// Documents of which nothing was kept.
    pub set_aside: u64,
    /// Problems found: whole documents and parts of documents. Many of one kind may share one
    /// message.
    pub problems: u64,
}

/// Reads one piece of evidence into `sink`.
///
/// `bytes` are as loaded, maybe compressed. `progress` is told how many of them have been read and
/// may break off; what was read until then is in the sink, a document cut by it as a problem.
pub fn read(
    source: &Source,
    bytes: &mut dyn Read,
    sink: &mut dyn Sink,
    progress: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> ReadCounts {
    read_within(source, bytes, &Limits::default(), sink, progress)
}

/// The same within other bounds.
pub fn read_within(
    source: &Source,
    bytes: &mut dyn Read,
    limits: &Limits,
    sink: &mut dyn Sink,
    progress: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> ReadCounts {
    let path = intake::plain_path(source.file.raw());
    let mut intake = intake::Intake::new(source, path.clone(), sink);
    let ended = container::documents(bytes, &path, limits, progress, &mut |piece| {
        intake.piece(piece);
    });
    intake.finish(ended)
}

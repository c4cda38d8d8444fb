//! Bytes → records, events, coverage and problems.
//!
//! Reading has two layers. A *container* (`container.rs`) turns the bytes of one piece of evidence
//! into JSON documents, whatever they were wrapped in: gzip or zstd, JSON Lines, concatenated or
//! single JSON, JSON with comments, multi-document YAML. A *format* (`format.rs`, one file each under
//! `configured/` and `operational/`) recognises a document by its shape and reads it into a [`Sink`].
//! Lists (`kind: List`, `EventList`) are documents whose items are documents.
//!
//! No reader may panic, hang or use memory without a bound. A malformed record becomes a
//! [`Problem`](crate::domain::Problem) and the rest is read.

pub mod format;
pub mod sink;

pub use format::{Format, Shape, Side};
pub use sink::{Collected, Document, Sink, Source};

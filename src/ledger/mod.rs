//! Decisions → a signed, hash-linked log (design §3.9).
//!
//! Every author has one append-only file of entries, `<author>-<key id>.jsonl`, one canonical JSON
//! (RFC 8785) entry a line. An entry is linked to the one before it by SHA-256 and signed with the
//! author's Ed25519 key. The entries are the leaves of an RFC 6962 tree whose head is a C2SP signed
//! note beside the log, with a copy outside the case: a chain alone falls to truncation and to the
//! replacement of the whole log. Copies of a case merge by a union of files.
//!
//! | file | subject |
//! |---|---|
//! | [`key`] | author keys and their text forms |
//! | [`entry`] | what is written, and how it is signed |
//! | [`note`], [`checkpoint`], [`tree`] | the C2SP and RFC 6962 forms |
//! | [`log`] | appending |
//! | [`verify`](mod@verify), `scan`, `faults` | reading back, and finding what was tampered with |
//! | [`tagging`] | from a verdict to a tag |
//! | [`standing`](mod@standing) | what all entries together say of each finding |
//!
//! Deliberately absent: a clock (the caller says when) and the meaning of rulings (`arbitrate`).

pub mod checkpoint;
pub mod entry;
mod error;
mod faults;
mod files;
#[cfg(test)]
pub(crate) mod fixture;
pub mod key;
mod lines;
pub mod log;
pub mod note;
mod scan;
pub mod standing;
pub mod tagging;
#[cfg(test)]
mod tests;
pub mod tree;
pub mod verify;

pub use entry::{Body, Context, Entry, EntryHash, Recorded};
pub use error::LedgerError;
pub use key::{AuthorKey, VerifierKey};
pub use log::{Appended, Ledger};
pub use standing::{FindingStanding, Standing, standing};
pub use tagging::tag;
pub use verify::{Fault, FaultKind, LogSummary, Verification, read, verify};

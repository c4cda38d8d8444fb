//! What can go wrong in the ledger, where, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use crate::domain::{Reading, Verdict};

#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    #[error("cannot {action} {}: {source}", path.display())]
    Io { action: &'static str, path: PathBuf, source: io::Error },
    #[error("`{}` cannot be an author name", crate::domain::text::visible(name))]
    AuthorName { name: String },
    #[error("{} holds no author key", path.display())]
    KeyMalformed { path: PathBuf },
    #[error("{} can be read by other users", path.display())]
    KeyExposed { path: PathBuf },
    #[error("the entry is longer than {limit} bytes")]
    EntryTooLong { limit: usize },
    #[error("{} is damaged: {what}", path.display())]
    Damaged { path: PathBuf, what: String },
    #[error("{} holds {found} entries, its checkpoint says {sealed}", path.display())]
    Truncated { path: PathBuf, found: u64, sealed: u64 },
    #[error("{verdict} differs from the reading ({}) and has no reason", reading.label())]
    ReasonMissing { verdict: Verdict, reading: Reading },
}

impl LedgerError {
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }

    /// What the reader of the error can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Io { .. } => "Check that the folder exists, is yours and has room.",
            Self::AuthorName { .. } => {
                "Use letters, digits, `.`, `_`, `@` and `-`, at most 64 bytes, a letter or digit first."
            }
            Self::KeyMalformed { .. } => {
                "If it was never used to sign, remove it and a new key is made; else restore it from a backup."
            }
            Self::KeyExposed { .. } => {
                "Run `chmod 600` on it; if others had access, make a new key."
            }
            Self::EntryTooLong { .. } => "Shorten the text, and cite long material as evidence.",
            Self::Damaged { .. } | Self::Truncated { .. } => {
                "Nothing was written. Verify the ledger to see what is wrong, and restore the log from a copy."
            }
            Self::ReasonMissing { .. } => {
                "Say in a sentence what the engine did not know or got wrong."
            }
        }
    }
}

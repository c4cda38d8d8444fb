//! What can go wrong with a case: a kind, a place and a hint.

use std::io;
use std::path::{Path, PathBuf};

use crate::domain::{Digest, text};

/// Why an operation on a case failed. The message names the place, [`CaseError::hint`] the way out.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    #[error("{}: no case here", shown(path))]
    NotACase { path: PathBuf },
    #[error("{}: something is already here", shown(path))]
    Exists { path: PathBuf },
    #[error("{}: made by a newer diptych (format {found}, this one reads {known})", shown(path))]
    Newer { path: PathBuf, found: u32, known: u32 },
    #[error("{}: damaged: {what}", shown(path))]
    Damaged { path: PathBuf, what: String },
    #[error("{}: another load is under way", shown(path))]
    Busy { path: PathBuf },
    #[error("{}: {source}", shown(path))]
    Io { path: PathBuf, source: io::Error },
    #[error("{}: the search index is behind the case", shown(path))]
    IndexBehind { path: PathBuf },
    #[error("{}: search index: {what}", shown(path))]
    Index { path: PathBuf, what: String },
    #[error("cannot read the search: {what}")]
    Search { what: String, fields: String },
    #[error("cannot run the analysis: {what}")]
    Sql { what: String },
    #[error("no evidence {digest} in this case")]
    UnknownEvidence { digest: Digest },
    #[error("cancelled")]
    Cancelled,
}

impl CaseError {
    /// What to do about it, in a sentence.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NotACase { .. } => "Name a case folder, or load evidence to make one.",
            Self::Exists { .. } => "Choose another folder, or open the case that is there.",
            Self::Newer { .. } => "Update diptych to open it.",
            Self::Damaged { .. } => {
                "Restore the named file from a copy, or load the evidence into a new case."
            }
            Self::Busy { .. } => "Wait for it to finish. Tagging and reading go on meanwhile.",
            Self::Io { source, .. } => match source.kind() {
                io::ErrorKind::PermissionDenied => "Check who owns the folder.",
                io::ErrorKind::StorageFull => "Free some space and load again: nothing was lost.",
                _ => return None,
            },
            Self::IndexBehind { .. } | Self::Index { .. } => {
                "Rebuild the index: it is derived from the events and nothing is lost."
            }
            Self::Search { fields, .. } => {
                return Some(format!(
                    "Words are joined by AND; quote a phrase; end a word with * for a prefix. \
                     Quote text that contains a colon. Fields: {fields}."
                ));
            }
            Self::Sql { .. } => "The only table is events.",
            Self::UnknownEvidence { .. } | Self::Cancelled => return None,
        };
        Some(hint.to_owned())
    }

    pub(super) fn damaged(path: &Path, what: impl std::fmt::Display) -> Self {
        let what = text::visible(&what.to_string()).into_owned();
        Self::Damaged { path: path.to_owned(), what }
    }

    pub(super) fn index(path: &Path, what: impl std::fmt::Display) -> Self {
        let what = text::visible(&what.to_string()).into_owned();
        Self::Index { path: path.to_owned(), what }
    }
}

/// Ties an input or output error to the path it happened at.
pub(super) trait AtPath<T> {
    fn at(self, path: &Path) -> Result<T, CaseError>;
}

impl<T> AtPath<T> for io::Result<T> {
    fn at(self, path: &Path) -> Result<T, CaseError> {
        self.map_err(|source| CaseError::Io { path: path.to_owned(), source })
    }
}

fn shown(path: &Path) -> String {
    text::visible(&path.to_string_lossy()).into_owned()
}

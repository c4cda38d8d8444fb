//! The manifest: the one small file whose rename publishes a load.
//!
//! What it does not list is no part of the case. A reader keeps the manifest it opened and thereby
//! the generation it sees.

use std::fs;
use std::io;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::error::{AtPath, CaseError};
use super::files::{MANIFEST, write_atomically};
use crate::domain::{Digest, Text};

/// The version of the case on disk that this program writes, and the newest it reads.
pub const FORMAT: u32 = 1;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    /// Tells this case from every other, wherever it is moved: 16 random hexadecimal digits.
    pub id: String,
    /// Counts the loads. The search index carries the generation it was committed for.
    pub generation: u64,
    /// The number of the next part: numbers are never used twice.
    pub next_part: u32,
    pub evidence: Vec<Evidence>,
    pub parts: Vec<Part>,
    pub records: Vec<RecordFile>,
}

/// A piece of evidence, kept byte for byte under its digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    pub digest: Digest,
    /// The name under which it was first loaded.
    pub name: Text,
    pub bytes: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loaded_at: Option<Timestamp>,
}

/// A Parquet file of events in the order of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub number: u32,
    pub generation: u64,
    pub file: String,
    pub rows: u32,
    pub digest: Digest,
    /// Times of the first and the last event.
    pub from: Timestamp,
    pub until: Timestamp,
}

/// A file of configured records and what else was said while loading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordFile {
    pub file: String,
    pub digest: Digest,
    pub records: u64,
    pub snapshots: u64,
    pub coverage: u64,
    pub problems: u64,
    pub files: u64,
}

impl Manifest {
    pub(super) fn empty() -> Self {
        Self {
            format: FORMAT,
            id: format!("{:016x}", getrandom::u64().unwrap_or_default()),
            generation: 0,
            next_part: 0,
            evidence: Vec::new(),
            parts: Vec::new(),
            records: Vec::new(),
        }
    }

    pub fn events(&self) -> u64 {
        self.parts.iter().map(|part| u64::from(part.rows)).sum()
    }

    pub fn configured_records(&self) -> u64 {
        self.records.iter().map(|file| file.records).sum()
    }

    pub fn problems(&self) -> u64 {
        self.records.iter().map(|file| file.problems).sum()
    }

    /// The times of the first and the last event.
    pub fn window(&self) -> Option<(Timestamp, Timestamp)> {
        let from = self.parts.iter().map(|part| part.from).min()?;
        let until = self.parts.iter().map(|part| part.until).max()?;
        Some((from, until))
    }

    pub fn has_evidence(&self, digest: &Digest) -> bool {
        self.evidence.iter().any(|evidence| evidence.digest == *digest)
    }

    pub(super) fn read(root: &Path) -> Result<Self, CaseError> {
        let path = root.join(MANIFEST);
        let bytes = match fs::read(&path) {
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                return Err(CaseError::NotACase { path: root.to_owned() });
            }
            bytes => bytes.at(&path)?,
        };
        // The format is read alone first: a newer manifest may have another shape.
        let version: Version =
            serde_json::from_slice(&bytes).map_err(|error| CaseError::damaged(&path, error))?;
        if version.format > FORMAT {
            return Err(CaseError::Newer { path, found: version.format, known: FORMAT });
        }
        let manifest: Self =
            serde_json::from_slice(&bytes).map_err(|error| CaseError::damaged(&path, error))?;
        // A case comes from somebody else: its manifest may not lead outside its folder.
        let files = manifest.parts.iter().map(|part| &part.file);
        let mut files = files.chain(manifest.records.iter().map(|file| &file.file));
        match files.find(|file| !is_plain_name(file)) {
            Some(file) => Err(CaseError::damaged(&path, format!("{file}: not a file name"))),
            None => Ok(manifest),
        }
    }

    pub(super) fn write(&self, root: &Path) -> Result<(), CaseError> {
        let path = root.join(MANIFEST);
        let bytes =
            serde_json::to_vec_pretty(self).map_err(|error| CaseError::damaged(&path, error))?;
        write_atomically(&path, &bytes)
    }
}

#[derive(Deserialize)]
struct Version {
    format: u32,
}

fn is_plain_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
        && !name.starts_with('.')
        && !name.is_empty()
}

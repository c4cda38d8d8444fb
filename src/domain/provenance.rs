//! Where something was read, and what could not be read.

use serde::{Deserialize, Serialize};

use super::{Digest, Text};

/// A place in a piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Place {
    /// Digest of the evidence, as kept in the case.
    pub evidence: Digest,
    /// The name under which it was loaded: a path, `-`, or a pulled address.
    pub file: Text,
    pub at: Location,
}

/// Where in the evidence.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Location {
    Whole,
    /// One-based line of a line-oriented format.
    Line(u64),
    /// Half-open byte range.
    Bytes {
        start: u64,
        end: u64,
    },
    /// JSON pointer (RFC 6901) into a JSON or YAML document; the document's number in front when
    /// there are several, as in `2#/items/0`.
    Pointer(Text),
}

/// One thing that was set aside or could not be relied on, with its place. Loss is never silent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    pub kind: ProblemKind,
    pub file: Text,
    pub at: Location,
    /// What is wrong and what to do about it, in a sentence fragment. Quotes of evidence inside it
    /// are already visible text.
    pub message: String,
}

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::Display,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum ProblemKind {
    /// The file could not be opened or decompressed.
    Unreadable,
    /// No reader recognises the content.
    UnknownFormat,
    /// A record is not well-formed.
    Malformed,
    /// A record is well-formed but of a kind that is not read yet.
    Unsupported,
    /// A required field is missing or has an impossible value.
    MissingField,
    /// A limit on depth, length, size or count was hit.
    Limit,
    /// The export lacks what it claims to contain (an empty spec from a list call).
    Incomplete,
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Whole => Ok(()),
            Self::Line(line) => write!(f, ":{line}"),
            Self::Bytes { start, end } => write!(f, ":bytes {start}-{end}"),
            Self::Pointer(pointer) => write!(f, ":{}", pointer.visible()),
        }
    }
}

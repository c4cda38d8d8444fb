//! Entries: what is written, in which canonical form, and what the signature covers.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::Signature;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{AuthorKey, LedgerError, lines};
use crate::domain::{Digest, FindingId, Ruling, Tag, Text};

pub const FORMAT: u32 = 1;
/// Keeps a signature over an entry from being taken for a signature over anything else.
const DOMAIN: &[u8] = b"diptych-ledger-v1\0";
/// The end of every line: `,"signature":"` + 88 characters of base64 + `"}`. The signature is the
/// last member in canonical order, so what it covers is the line without it, byte for byte: the
/// bytes are verified as they stand and only then parsed.
const SIGNATURE_MEMBER: &[u8] = b",\"signature\":\"";
const SIGNATURE_DIGITS: usize = 88;

/// One decision of one author.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub format: u32,
    pub author: Text,
    /// The author's public key in its text form.
    pub author_key: String,
    /// The place in the author's log, from zero.
    #[serde(with = "decimal")]
    pub sequence: u64,
    /// The entry before it in the author's log; zeros for the first.
    pub previous: EntryHash,
    pub at: Timestamp,
    pub context: Context,
    pub body: Body,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    signature: String,
}

/// What the author saw: enough to reconstruct it, and to say whether it would read differently now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Context {
    /// Generation of the case.
    #[serde(with = "decimal")]
    pub generation: u64,
    /// Digest of the configured snapshot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<Digest>,
    /// [`Finding::reading_digest`](crate::domain::Finding::reading_digest) of the finding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding: Option<Digest>,
    /// Version of the engine that made the reading.
    pub engine: String,
}

/// What was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Body {
    Tag(Tag),
    Note {
        finding: FindingId,
        text: Text,
    },
    /// On a storyline: the scope that it was written on, as it is spelled, and the instant that it is
    /// about.
    StorylineNote {
        scope: Text,
        about: Timestamp,
        text: Text,
    },
    /// Takes back an earlier entry of the same author. Nothing is deleted.
    Retract {
        entry: EntryHash,
        reason: Text,
    },
    Ruling {
        ruling: Ruling,
        /// The rulings that the resolver knew of and replaces with this one.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        supersedes: Vec<EntryHash>,
    },
}

/// An entry with the hash that names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    pub hash: EntryHash,
    pub entry: Entry,
}

/// SHA-256 of an entry's canonical bytes, signature included. Written as [`Digest`] is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EntryHash(Digest);

impl EntryHash {
    pub const ZERO: Self = Self(Digest::from_bytes([0; 32]));

    pub fn of(line: &[u8]) -> Self {
        Self(Digest::from_bytes(Sha256::digest(line).into()))
    }
}

impl fmt::Display for EntryHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for EntryHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where a new entry goes.
#[derive(Clone, Copy)]
pub(super) struct Link {
    pub sequence: u64,
    pub previous: EntryHash,
    pub at: Timestamp,
}

/// Signs a decision; the result is the entry and its line, without the newline.
pub(super) fn seal(
    key: &AuthorKey,
    link: Link,
    context: Context,
    body: Body,
) -> Result<(Recorded, Vec<u8>), LedgerError> {
    let too_long = || LedgerError::EntryTooLong { limit: lines::LIMIT };
    let mut entry = Entry {
        format: FORMAT,
        author: key.verifier().name().into(),
        author_key: key.verifier().to_string(),
        sequence: link.sequence,
        previous: link.previous,
        at: link.at,
        context,
        body,
        signature: String::new(),
    };
    // An entry has string keys and finite integers only, so that writing it as JSON cannot fail but
    // for want of memory.
    let mut line = serde_json_canonicalizer::to_vec(&entry).map_err(|_| too_long())?;
    line.pop();
    entry.signature = STANDARD.encode(key.sign(&covered(&line)));
    line.extend_from_slice(SIGNATURE_MEMBER);
    line.extend_from_slice(entry.signature.as_bytes());
    line.extend_from_slice(b"\"}");
    match line.len() <= lines::LIMIT {
        true => Ok((Recorded { hash: EntryHash::of(&line), entry }, line)),
        false => Err(too_long()),
    }
}

/// The signature at the end of a line and the message it is over.
pub(super) fn signed(line: &[u8]) -> Option<(Vec<u8>, Signature)> {
    let rest = line.strip_suffix(b"\"}")?;
    let (rest, digits) = rest.split_at_checked(rest.len().checked_sub(SIGNATURE_DIGITS)?)?;
    let rest = rest.strip_suffix(SIGNATURE_MEMBER)?;
    let signature = STANDARD.decode(digits).ok()?;
    Some((covered(rest), Signature::from_slice(&signature).ok()?))
}

/// The signed message of a line that was cut before its signature member.
fn covered(cut: &[u8]) -> Vec<u8> {
    [DOMAIN, cut, b"}"].concat()
}

/// 64-bit numbers as decimal strings: RFC 8785 numbers are exact only to 2^53.
mod decimal {
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    pub fn serialize<S: Serializer>(number: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(number)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        let digits = String::deserialize(deserializer)?;
        digits.parse().map_err(de::Error::custom)
    }
}

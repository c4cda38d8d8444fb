//! Checkpoints (C2SP tlog-checkpoint v1.0.0): the signed head of one author's log.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::note::{self, NoteError};
use super::tree::{NodeHash, RightEdge};
use super::{AuthorKey, EntryHash, VerifierKey, files};

/// A checkpoint is four short lines; anything much longer is something else.
const FILE_LIMIT: u64 = 64 * 1024;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    pub origin: String,
    pub size: u64,
    pub root: NodeHash,
}

impl Checkpoint {
    /// The head of the log whose first entry is `genesis`. The origin names that entry, so that one
    /// author's logs in two cases are two logs: a key must never sign inconsistent trees under one
    /// origin.
    pub(super) fn of(edge: &RightEdge, key: &VerifierKey, genesis: EntryHash) -> Self {
        let genesis: String = genesis.to_string().chars().take(16).collect();
        let origin = format!("diptych/{}/{genesis}", key.name());
        Self { origin, size: edge.size(), root: edge.root() }
    }

    pub fn sign(&self, key: &AuthorKey) -> String {
        let root = STANDARD.encode(self.root);
        note::sign(&format!("{}\n{}\n{root}\n", self.origin, self.size), key)
    }

    /// The checkpoint in a note that `key` signed. Lines after the third are extensions, which the
    /// specification allows and nothing here needs.
    pub fn open(note: &str, key: &VerifierKey) -> Result<Self, NoteError> {
        let mut lines = note::open(note, key)?.lines();
        let mut next = || lines.next().ok_or(NoteError::Malformed);
        let (origin, size, root) = (next()?.to_owned(), next()?, next()?);
        let root = STANDARD.decode(root).map_err(|_| NoteError::Malformed)?;
        Ok(Self {
            origin,
            size: size.parse().map_err(|_| NoteError::Malformed)?,
            root: root.try_into().map_err(|_| NoteError::Malformed)?,
        })
    }
}

/// The text of the checkpoint at `path`, if there is one.
pub(super) fn read(path: &Path) -> io::Result<Option<String>> {
    let mut text = Vec::new();
    match fs::File::open(path) {
        Ok(file) => file.take(FILE_LIMIT).read_to_end(&mut text)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    // What is not UTF-8 is no note: the replacement characters make the signature fail.
    Ok(Some(String::from_utf8_lossy(&text).into_owned()))
}

pub(super) fn write(path: &Path, note: &str) -> io::Result<()> {
    files::replace(path, note.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::super::tree::leaf;
    use super::*;

    #[test]
    fn a_checkpoint_opens_as_it_was_signed() {
        let key = AuthorKey::from_seed("anna", [7; 32]).expect("a name");
        let mut edge = RightEdge::default();
        edge.push(leaf(b"one"));
        let signed = Checkpoint::of(&edge, key.verifier(), EntryHash::of(b"one"));
        let note = signed.sign(&key);
        assert!(note.starts_with("diptych/anna/7692c3ad3540bb80\n1\n"), "{note}");
        assert_eq!(Checkpoint::open(&note, key.verifier()), Ok(signed));
        let stranger = AuthorKey::from_seed("anna", [8; 32]).expect("a name");
        assert!(Checkpoint::open(&note, stranger.verifier()).is_err());
    }
}

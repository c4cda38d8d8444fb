//! The table of formats: how a document is recognised and who reads it.

use std::borrow::Cow;
use std::cell::Cell;

use super::{Document, Sink};
use crate::domain::Discipline;

/// On which panel of the diptych a format stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
#[strum(serialize_all = "kebab-case")]
pub enum Side {
    Configured,
    Operational,
}

/// One format that is read. Adding a format means adding one file and one row.
pub struct Format {
    /// Stable id, kebab-case; the `source` of its events.
    pub id: &'static str,
    pub title: &'static str,
    pub side: Side,
    /// What it says to each discipline, in a fragment: the rows of `diptych formats`.
    pub says: &'static [(Discipline, &'static str)],
    /// What it would have recorded and what it cannot show, in a fragment.
    pub coverage: &'static str,
    /// Whether a document has this format's shape.
    pub recognises: fn(&Shape<'_>) -> bool,
    /// Reads one document. Problems go into the sink; nothing panics.
    pub read: fn(&Document<'_>, &mut dyn Sink),
}

impl std::fmt::Debug for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id)
    }
}

/// What a document looks like from outside: enough to recognise its format without reading it.
#[derive(Clone, Debug, Default)]
pub struct Shape<'a> {
    /// `kind`, when it is a string.
    pub kind: Option<Cow<'a, str>>,
    /// `apiVersion`, when it is a string.
    pub api_version: Option<Cow<'a, str>>,
    /// The top-level keys of an object, in order; empty for arrays and scalars.
    pub keys: Vec<Cow<'a, str>>,
    /// The file's base name, for formats that are told apart by nothing else.
    pub file_name: &'a str,
    /// The whole path, with forward slashes.
    pub path: &'a str,
    pub(super) json: &'a str,
    pub(super) looked_into: Cell<bool>,
}

impl<'a> Shape<'a> {
    /// The document's text, for a value that must be looked into. Keys come first: they are cheap,
    /// and the next document with the same keys need not be looked at again.
    pub fn json(&self) -> &'a str {
        self.looked_into.set(true);
        self.json
    }

    /// Whether anybody needed more than the outside.
    pub(super) fn was_looked_into(&self) -> bool {
        self.looked_into.get()
    }

    pub fn has(&self, key: &str) -> bool {
        self.keys.iter().any(|present| present == key)
    }

    /// Whether `apiVersion` is of this API group (`rbac.authorization.k8s.io`; empty for core).
    pub fn in_group(&self, group: &str) -> bool {
        self.api_version.as_deref().is_some_and(|version| match version.split_once('/') {
            Some((found, _)) => found == group,
            None => group.is_empty(),
        })
    }

    pub fn is_kind(&self, kind: &str) -> bool {
        self.kind.as_deref() == Some(kind)
    }
}

//! The parts of one answer on their way to the sink.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::domain::configured::{Configured, Provisioning, Snapshot};
use crate::domain::text::visible;
use crate::domain::{Location, Place, Problem, ProblemKind, Record, Text};
use crate::ingest::{Document, Sink, location};

/// A document whose parts become records, each at its place.
pub struct Parts<'a> {
    pub document: &'a Document<'a>,
    pub sink: &'a mut dyn Sink,
    /// Account, project or subscription of all parts.
    pub realm: Text,
    /// When the configuration was seen to stand so, for parts that say nothing themselves.
    pub at: Option<Timestamp>,
    /// How many parts were lost.
    pub lost: u64,
}

impl<'a> Parts<'a> {
    pub fn new(document: &'a Document<'a>, sink: &'a mut dyn Sink) -> Self {
        Self { document, sink, realm: Text::default(), at: None, lost: 0 }
    }

    /// Deserialises the items of a list one by one, each with its JSON pointer; a malformed one is
    /// lost alone.
    pub fn items<'b, T: Deserialize<'b>>(
        &mut self,
        under: &str,
        items: &[&'b RawValue],
    ) -> Vec<(String, T)> {
        let mut read = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let pointer = format!("{under}/{index}");
            match serde_json::from_str(item.get()) {
                Ok(item) => read.push((pointer, item)),
                Err(error) => self.problem(&pointer, ProblemKind::Malformed, &error.to_string()),
            }
        }
        read
    }

    /// One record; its pointer is empty for the document as a whole.
    pub fn record(&mut self, pointer: &str, provisioning: Provisioning, body: Configured) {
        let place = self.place(pointer);
        let (realm, at) = (self.realm.clone(), self.at);
        self.sink.record(Record { realm, at, provisioning, place, body });
    }

    /// A part that is lost. The message may quote evidence.
    pub fn problem(&mut self, pointer: &str, kind: ProblemKind, message: &str) {
        self.lost += 1;
        let problem = self.document.problem(kind, visible(message));
        self.sink.problem(Problem { at: self.location(pointer), ..problem });
    }

    /// Whether the records of a kind are all there are.
    pub fn snapshot(&mut self, pointer: &str, kind: &str, namespace: &Text, complete: bool) {
        let place = self.place(pointer);
        self.sink.snapshot(Snapshot {
            realm: self.realm.clone(),
            object_kind: kind.into(),
            namespace: Some(namespace.clone()),
            at: self.at,
            complete,
            place,
        });
    }

    fn place(&self, pointer: &str) -> Place {
        Place { at: self.location(pointer), ..self.document.place() }
    }

    fn location(&self, pointer: &str) -> Location {
        match pointer.is_empty() {
            true => self.document.at.clone(),
            false => location::beneath(&self.document.at, pointer),
        }
    }
}

/// What a command was asked about, when its answer does not say: the rest of a file name that begins
/// with the command, as in `get-role-policy.planner.json`. A path of the object keeps its slashes out
/// of file names, so only names can be given like this.
pub fn asked_about<'a>(file: &'a str, command: &str) -> Option<&'a str> {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let (_, rest) = name.split_once(command)?;
    let rest = ["gz", "zst", "json", "jsonl", "yaml", "yml"].iter().fold(rest, |rest, ending| {
        rest.strip_suffix(ending).and_then(|r| r.strip_suffix('.')).unwrap_or(rest)
    });
    let rest = rest.trim_matches(['.', '_', '-', ' ']);
    (!rest.is_empty() && rest.len() < 128).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_says_what_was_asked() {
        for (file, expected) in [
            ("d/get-role-policy.planner.json", Some("planner")),
            ("iam.get-role-policy_my.role.json.gz", Some("my.role")),
            ("get-role-policy.json", None),
            ("planner.json", None),
        ] {
            assert_eq!(asked_about(file, "get-role-policy"), expected, "{file}");
        }
    }
}

//! What is wrong inside an object that is kept nevertheless.

use crate::domain::{Place, Problem, ProblemKind};
use crate::ingest::{Document, Sink, location};

/// Parts of an object that its own API would refuse or that are not understood: each a JSON pointer
/// and a reason in visible text. The object is kept, with what is not understood marked as unknown.
#[derive(Debug, Default)]
pub struct Doubts(Vec<(String, String)>);

impl Doubts {
    pub fn add(&mut self, pointer: impl Into<String>, reason: impl Into<String>) {
        self.0.push((pointer.into(), reason.into()));
    }

    /// Adds every reason whose condition holds.
    pub fn add_if(&mut self, pointer: &str, found: &[(bool, &str)]) {
        for (_, reason) in found.iter().filter(|(holds, _)| *holds) {
            self.add(pointer, *reason);
        }
    }

    /// Puts them into the sink as problems beneath the document.
    pub fn report(self, document: &Document<'_>, sink: &mut dyn Sink) {
        let Place { file, at, .. } = document.place();
        for (pointer, message) in self.0 {
            let at = location::beneath(&at, &pointer);
            let kind = ProblemKind::MissingField;
            sink.problem(Problem { kind, file: file.clone(), at, message });
        }
    }
}

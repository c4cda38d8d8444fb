//! What a document holds of a conversation: the messages so far, the answers, and the objects around
//! them.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::super::message;
use crate::ingest::members::{self, Members};

/// Lists of what was said before the answer, and of the answers.
const HISTORIES: &[&str] = &["messages", "input", "contents"];
const ANSWERS: &[&str] = &["choices", "candidates", "output"];
/// Standing instructions outside the messages.
const INSTRUCTIONS: &[&str] = &["system", "instructions", "systemInstruction"];
/// Objects inside which request, response and state stand in a log record.
const WRAPPERS: &[&str] = &[
    "request",
    "values",
    "info",
    "response",
    "body",
    "input",
    "output",
    "inputBodyJson",
    "outputBodyJson",
];
const DEEPEST: usize = 3;

/// One message with its pointer.
pub type Placed<'a> = (String, &'a RawValue);

#[derive(Debug, Default)]
pub struct Found<'a> {
    pub instructions: Option<&'a RawValue>,
    pub history: Vec<Placed<'a>>,
    pub answers: Vec<Placed<'a>>,
    /// The objects looked into, the innermost first.
    around: Vec<Members<'a>>,
}

impl<'a> Found<'a> {
    pub fn in_document(json: &'a str) -> Self {
        let mut found = Self::default();
        if let Some(members) = Members::parse(json) {
            found.look_into(members, "", 0);
        }
        found
    }

    pub fn is_empty(&self) -> bool {
        self.history.is_empty() && self.answers.is_empty()
    }

    /// The first of `keys` that the outermost object holds that holds any.
    pub fn text(&self, keys: &[&str]) -> Option<Cow<'a, str>> {
        self.around.iter().rev().find_map(|members| {
            members.text(keys).or_else(|| members.object(&["metadata"])?.text(keys))
        })
    }

    /// The objects around the messages, the outermost first.
    pub fn around(&self) -> impl Iterator<Item = &Members<'a>> {
        self.around.iter().rev()
    }

    fn look_into(&mut self, members: Members<'a>, pointer: &str, depth: usize) {
        let place = |key: &str| format!("{pointer}/{key}");
        if self.answers.is_empty() {
            self.answers = answers(&members, pointer);
        }
        for key in HISTORIES {
            let list = members.list(&[key]);
            if self.history.is_empty() && list.first().is_some_and(|first| message::is_item(first))
            {
                self.history = numbered(list, &place(key));
            }
        }
        // A bare string is a prompt only beside an answer.
        let prompt = members.raw(&["input"]).filter(|raw| members::text(raw).is_some());
        if let (true, false, Some(prompt)) =
            (self.history.is_empty(), self.answers.is_empty(), prompt)
        {
            self.history.push((place("input"), prompt));
        }
        self.instructions = self.instructions.or(members.raw(INSTRUCTIONS));
        for key in WRAPPERS.iter().filter(|_| depth < DEEPEST) {
            let Some(raw) = members.raw(&[key]) else { continue };
            if self.answers.is_empty() && message::is_message(raw.get()) {
                self.answers.push((place(key), raw));
            }
            if let Some(inner) = Members::parse(raw.get()) {
                self.look_into(inner, &place(key), depth + 1);
            }
        }
        self.around.push(members);
    }
}

pub fn numbered<'a>(list: Vec<&'a RawValue>, pointer: &str) -> Vec<Placed<'a>> {
    let placed = list.into_iter().enumerate();
    placed.map(|(index, raw)| (format!("{pointer}/{index}"), raw)).collect()
}

/// The answers of a response: `choices[].message`, `candidates[].content`, `output[]` or
/// `output.message`.
fn answers<'a>(members: &Members<'a>, pointer: &str) -> Vec<Placed<'a>> {
    let converse = members.object(&["output"]).and_then(|output| output.raw(&["message"]));
    if let Some(message) = converse.filter(|message| message::is_message(message.get())) {
        return vec![(format!("{pointer}/output/message"), message)];
    }
    let mut found = Vec::new();
    for key in ANSWERS {
        for (place, raw) in numbered(members.list(&[key]), &format!("{pointer}/{key}")) {
            let choice = Members::parse(raw.get()).unwrap_or_default();
            let inner = ["message", "content"].into_iter().find_map(|name| {
                let inner = choice.raw(&[name]).filter(|raw| message::is_message(raw.get()))?;
                Some((format!("{place}/{name}"), inner))
            });
            match inner {
                Some(placed) => found.push(placed),
                None if *key == "output" && message::is_item(raw) => found.push((place, raw)),
                None => {}
            }
        }
    }
    found
}

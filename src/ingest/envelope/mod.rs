//! Envelopes: documents that hold other documents.
//!
//! Logs seldom travel as they were written: a trail comes in files of records, a log service puts its
//! batch around them, a store answers with hits, a shipper with one message each. [`ENVELOPES`] says
//! for every such wrapper where the documents lie in it; the intake then routes them like the items
//! of a list. Only what no format claims is taken for an envelope.
//!
//! The place of an inner document is the JSON pointer to it. Where a string holds the document as
//! text, the pointer goes on inside that text; where it holds several, their number stands behind `#`.

mod token;
mod walk;

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Deserializer;
use serde_json::value::RawValue;

pub use self::token::tokens;
use self::walk::{Leaf, member, walk};
use super::Shape;
use super::list::{Item, with_members};
use crate::domain::ProblemKind;

/// One kind of wrapper.
struct Envelope {
    title: &'static str,
    /// The top-level keys it is recognised by.
    keys: &'static [&'static str],
    /// Where the documents are: names of members, `*` for each element of an array.
    documents: &'static [&'static str],
    /// Its members that say something about the documents; they are written into those that do not
    /// have them.
    inherited: &'static [&'static str],
    /// Its keys are so common that it is one only when there is a document in it.
    is_common: bool,
}

const fn row(
    title: &'static str,
    keys: &'static [&'static str],
    documents: &'static [&'static str],
) -> Envelope {
    Envelope { title, keys, documents, inherited: &[], is_common: false }
}

const fn about(envelope: Envelope, inherited: &'static [&'static str]) -> Envelope {
    Envelope { inherited, ..envelope }
}

const fn common(envelope: Envelope) -> Envelope {
    Envelope { is_common: true, ..envelope }
}

/// The wrappers, in the order in which they are tried.
const ENVELOPES: &[Envelope] = &[
    row("a CloudTrail log file", &["Records"], &["Records/*"]),
    row("an answer to lookup-events", &["Events"], &["Events/*/CloudTrailEvent"]),
    row("an EventBridge event", &["detail-type", "detail"], &["detail"]),
    about(
        row("a batch of CloudWatch Logs", &["logEvents"], &["logEvents/*/message"]),
        &["logGroup"],
    ),
    common(row("an answer of CloudWatch Logs", &["events"], &["events/*/message"])),
    row("an SNS notification", &["TopicArn", "Message"], &["Message"]),
    row("an SQS message", &["messageId", "body"], &["body"]),
    common(row("a batch of Azure logs", &["records"], &["records/*"])),
    about(
        row("an AKS diagnostic record", &["category", "properties"], &["properties/log"]),
        &["resourceId", "time"],
    ),
    common(row("a list of GCP log entries", &["entries"], &["entries/*"])),
    row("the answers to several searches", &["responses"], &["responses/*"]),
    row("the answer to a search", &["hits"], &["hits/hits/*/_source"]),
    row("the answer to a search", &["num_hits", "hits"], &["hits/*"]),
    row("a stored document", &["_source"], &["_source"]),
    row("a Splunk result", &["result"], &["result/_raw"]),
    common(row("a list of Splunk results", &["results"], &["results/*/_raw"])),
    row("a Splunk event", &["event", "sourcetype"], &["event"]),
    row("a container's log line", &["log", "stream"], &["log"]),
    row("a recorded exchange", &["request", "response"], &["request/body", "response/body"]),
    row("the answer of a token endpoint", &["access_token", "token_type"], &["access_token"]),
    about(
        row("a signed statement (DSSE)", &["payload", "payloadType", "signatures"], &["payload"]),
        &["signatures"],
    ),
    common(row("an event with its original", &["event"], &["event/original"])),
    common(row("a log message", &["message"], &["message"])),
];

/// A piece of what an envelope holds.
#[derive(Debug)]
pub enum Content<'a> {
    Document(Item<'a>),
    /// What is at this pointer is no document, and why.
    Other {
        pointer: String,
        kind: ProblemKind,
        message: String,
    },
}

/// An envelope with what it holds.
#[derive(Debug)]
pub struct Opened<'a> {
    /// What it is, with its article, for messages.
    pub title: &'static str,
    pub contents: Vec<Content<'a>>,
}

/// Takes a document apart, if it is an envelope.
pub fn open<'a>(shape: &Shape<'a>) -> Option<Opened<'a>> {
    let has_all = |envelope: &&Envelope| envelope.keys.iter().all(|key| shape.has(key));
    ENVELOPES.iter().filter(has_all).find_map(|envelope| {
        Some(Opened { title: envelope.title, contents: envelope.open(shape.json())? })
    })
}

/// Whether the document is the action line in front of a document of a bulk request. It says where
/// the document goes, and nothing of what happened.
pub fn is_bulk_action(shape: &Shape<'_>) -> bool {
    #[derive(Deserialize)]
    struct Target {
        #[serde(rename = "_index")]
        index: Option<serde::de::IgnoredAny>,
        #[serde(rename = "_id")]
        id: Option<serde::de::IgnoredAny>,
    }
    let [action] = shape.keys.as_slice() else { return false };
    matches!(&**action, "create" | "index" | "update" | "delete")
        && member(shape.json(), action)
            .and_then(|target| serde_json::from_str::<Target>(target.get()).ok())
            .is_some_and(|target| target.index.is_some() || target.id.is_some())
}

impl Envelope {
    /// Takes the envelope apart. `None` when its documents are not where they should be.
    fn open<'a>(&self, json: &'a str) -> Option<Vec<Content<'a>>> {
        let mut leaves = Vec::new();
        let mut is_there = false;
        for path in self.documents {
            let steps: Vec<&str> = path.split('/').collect();
            is_there |= walk(json, &steps, String::new(), &mut leaves);
        }
        if !is_there {
            return None;
        }
        let inherited: Vec<(&str, &str)> = self
            .inherited
            .iter()
            .filter_map(|key| Some((*key, member(json, key)?.get())))
            .collect();
        let mut contents = Vec::new();
        for leaf in leaves {
            self.contents(leaf, &inherited, &mut contents);
        }
        let has_document = contents.iter().any(|it| matches!(it, Content::Document(_)));
        (has_document || !self.is_common).then_some(contents)
    }

    fn contents<'a>(
        &self,
        leaf: Leaf<'a>,
        inherited: &[(&str, &str)],
        contents: &mut Vec<Content<'a>>,
    ) {
        let Leaf { pointer, json } = leaf;
        match json.as_bytes() {
            b"null" | b"\"\"" | b"[]" | b"{}" => {}
            [b'{' | b'[', ..] => {
                let json = with_members(json, inherited);
                contents.push(Content::Document(Item { pointer, json }));
            }
            _ => match serde_json::from_str::<String>(json) {
                Ok(text) => self.text(&text, &pointer, inherited, contents),
                Err(_) => contents.push(self.other(pointer, "a bare value")),
            },
        }
    }

    /// What a string holds: documents one after another, a token, a document in Base64, or words.
    fn text(
        &self,
        text: &str,
        pointer: &str,
        inherited: &[(&str, &str)],
        contents: &mut Vec<Content<'_>>,
    ) {
        let text = text.trim_ascii();
        if text.starts_with(['{', '[']) {
            return documents(text, pointer, inherited, contents);
        }
        let decoded = token::claims(text).or_else(|| token::base64_document(text));
        contents.push(match decoded {
            Some(json) => Content::Document(Item {
                pointer: pointer.to_owned(),
                json: Cow::Owned(with_members(&json, inherited).into_owned()),
            }),
            None => self.other(pointer.to_owned(), "text and no record"),
        });
    }

    fn other(&self, pointer: String, what: &str) -> Content<'static> {
        let message = format!("{} that holds {what}", self.title);
        Content::Other { pointer, kind: ProblemKind::UnknownFormat, message }
    }
}

/// The documents in a text of JSON: one, or one after another as in a bulk request.
fn documents(
    text: &str,
    pointer: &str,
    inherited: &[(&str, &str)],
    contents: &mut Vec<Content<'_>>,
) {
    let item = |pointer: String, json: &RawValue| {
        let json = Cow::Owned(with_members(json.get(), inherited).into_owned());
        Content::Document(Item { pointer, json })
    };
    if let Ok(only) = serde_json::from_str::<&RawValue>(text) {
        return contents.push(item(pointer.to_owned(), only));
    }
    let stream = Deserializer::from_str(text).into_iter::<&RawValue>();
    for (number, document) in (1..).zip(stream) {
        let pointer = format!("{pointer}#{number}");
        match document {
            Ok(json) => contents.push(item(pointer, json)),
            Err(_) => {
                let kind = ProblemKind::Malformed;
                let message = "the text is no JSON from here on".to_owned();
                return contents.push(Content::Other { pointer, kind, message });
            }
        }
    }
}

#[cfg(test)]
mod tests;

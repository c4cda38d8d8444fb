//! What readers of free-form configuration files share: looking into JSON objects that people wrote,
//! and placing what is found.

use std::fmt;
use std::marker::PhantomData;

use jiff::Timestamp;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};

use crate::domain::configured::{Configured, Provisioning};
use crate::domain::text::visible;
use crate::domain::{Digest, Place, Problem, ProblemKind, Record, Text};
use crate::ingest::container::front_matter::{BODY, BODY_IS_CUT};
use crate::ingest::intake::plain_path;
use crate::ingest::{Document, Sink, location};

pub type Object = Map<String, Value>;

/// An object whose members stay in the order of the text.
pub struct Ordered<T>(pub Vec<(String, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ordered<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(OrderedVisitor(PhantomData))
    }
}

struct OrderedVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for OrderedVisitor<T> {
    type Value = Ordered<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Ordered(members))
    }
}

/// A document and where what is read of it goes. Places are JSON pointers into the document.
pub struct Reading<'a> {
    pub document: &'a Document<'a>,
    pub sink: &'a mut dyn Sink,
}

impl<'a> Reading<'a> {
    /// The document's object, or a problem.
    pub fn begin(document: &'a Document<'a>, sink: &'a mut dyn Sink) -> Option<(Self, Object)> {
        let root = document.parse(sink)?;
        Some((Self { document, sink }, root))
    }

    /// The file's path with forward slashes, without the ending of a compressed file.
    pub fn path(&self) -> String {
        plain_path(self.document.source.file.raw())
    }

    pub fn record(&mut self, pointer: &str, body: Configured) {
        self.record_of(pointer, None, Provisioning::default(), body);
    }

    /// A record whose source says when it stood so, or who provisioned it.
    pub fn record_of(
        &mut self,
        pointer: &str,
        at: Option<Timestamp>,
        provisioning: Provisioning,
        body: Configured,
    ) {
        let place =
            Place { at: location::beneath(&self.document.at, pointer), ..self.document.place() };
        self.sink.record(Record { realm: Text::default(), at, provisioning, place, body });
    }

    pub fn problem(&mut self, pointer: &str, kind: ProblemKind, message: &str) {
        let at = location::beneath(&self.document.at, pointer);
        let message = visible(message).into_owned();
        self.sink.problem(Problem { at, ..self.document.problem(kind, message) });
    }

    /// The digest of the text after the front matter. A text that was cut has none, and says so.
    pub fn instructions(&mut self, root: &Object) -> Option<Digest> {
        if root.contains_key(BODY_IS_CUT) {
            let message = "the instructions are too long to be digested";
            self.problem(&pointer("", BODY), ProblemKind::Limit, message);
            return None;
        }
        digest(root, BODY)
    }

    /// A command line with its secrets masked.
    pub fn command_line(&self, command: &str) -> Text {
        self.document.masker().command_line(command.split_whitespace()).into()
    }
}

/// A string that is not empty.
pub fn text(object: &Object, key: &str) -> Option<Text> {
    let text = object.get(key)?.as_str()?.trim();
    (!text.is_empty()).then(|| text.into())
}

/// The first of several keys that holds a string.
pub fn text_of(object: &Object, keys: &[&str]) -> Option<Text> {
    keys.iter().find_map(|key| text(object, key))
}

pub fn flag(object: &Object, key: &str) -> Option<bool> {
    object.get(key)?.as_bool()
}

/// The strings of a list, or the one string that stands in its place.
pub fn texts(object: &Object, key: &str) -> Vec<Text> {
    match object.get(key) {
        Some(Value::String(only)) if !only.is_empty() => vec![only.as_str().into()],
        Some(Value::Array(items)) => {
            items.iter().filter_map(Value::as_str).map(Text::from).collect()
        }
        _ => Vec::new(),
    }
}

pub fn object<'a>(parent: &'a Object, key: &str) -> Option<&'a Object> {
    parent.get(key)?.as_object()
}

/// The members of the object under `key`; none when there is no object.
pub fn members<'a>(parent: &'a Object, key: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    object(parent, key).into_iter().flatten()
}

/// The elements of the list under `key` with their indexes; none when there is no list.
pub fn items<'a>(parent: &'a Object, key: &str) -> impl Iterator<Item = (usize, &'a Value)> {
    parent.get(key).and_then(Value::as_array).into_iter().flatten().enumerate()
}

/// The names under which something is set, without their values.
pub fn names(parent: &Object, key: &str) -> Vec<Text> {
    members(parent, key).map(|(name, _)| name.as_str().into()).collect()
}

/// The digest of a text.
pub fn digest(object: &Object, key: &str) -> Option<Digest> {
    Some(Digest::of(object.get(key)?.as_str()?.as_bytes()))
}

/// The pointer of a member (RFC 6901).
pub fn pointer(parent: &str, key: &str) -> String {
    format!("{parent}/{}", location::step(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_another_type_count_as_absent() {
        let Value::Object(root) = serde_json::json!({
            "a": " x ", "b": 1, "c": ["y", 2, "z"], "d": "only", "e": {"k": 1}, "f": "",
        }) else {
            unreachable!("an object")
        };
        assert_eq!(
            (text(&root, "a"), text(&root, "b"), text(&root, "f")),
            (Some("x".into()), None, None)
        );
        assert_eq!(texts(&root, "c"), ["y", "z"]);
        assert_eq!((texts(&root, "d").len(), texts(&root, "e").len()), (1, 0));
        assert_eq!(text_of(&root, &["b", "d"]), Some("only".into()));
        assert_eq!(names(&root, "e"), ["k"]);
        assert_eq!((members(&root, "c").count(), items(&root, "c").count()), (0, 3));
    }

    #[test]
    fn members_can_keep_their_order() {
        let Ordered(members) = serde_json::from_str::<Ordered<u8>>(r#"{"b":1,"a":2,"b":3}"#)
            .unwrap_or_else(|error| unreachable!("{error}"));
        assert_eq!(members, [("b".into(), 1), ("a".into(), 2), ("b".into(), 3)]);
    }

    #[test]
    fn pointers_are_escaped() {
        assert_eq!(pointer("/mcpServers", "a/b~c"), "/mcpServers/a~1b~0c");
    }
}

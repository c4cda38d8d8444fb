//! From the top of a document to the places where an envelope keeps its documents.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::ingest::json::Str;

/// JSON text with its pointer.
#[derive(Debug)]
pub struct Leaf<'a> {
    pub pointer: String,
    pub json: &'a str,
}

/// The member of this name of a JSON object.
pub fn member<'a>(json: &'a str, name: &str) -> Option<&'a RawValue> {
    let members: BTreeMap<Str<'a>, &'a RawValue> = serde_json::from_str(json).ok()?;
    members.into_iter().find_map(|(key, value)| (*key == *name).then_some(value))
}

/// Follows `steps` and collects what is there; says whether the way was there. An array is on the way
/// when it is empty or one of its elements is; an element that is not is itself collected, so that
/// nothing is lost.
pub fn walk<'a>(
    json: &'a str,
    steps: &[&str],
    pointer: String,
    leaves: &mut Vec<Leaf<'a>>,
) -> bool {
    match steps {
        [] => {
            leaves.push(Leaf { pointer, json });
            true
        }
        ["*", rest @ ..] => {
            let Ok(elements) = serde_json::from_str::<Vec<&'a RawValue>>(json) else {
                return false;
            };
            let mut is_there = elements.is_empty();
            for (index, element) in elements.into_iter().enumerate() {
                let pointer = format!("{pointer}/{index}");
                match walk(element.get(), rest, pointer.clone(), leaves) {
                    true => is_there = true,
                    false => leaves.push(Leaf { pointer, json: element.get() }),
                }
            }
            is_there
        }
        [name, rest @ ..] => {
            let Some(value) = member(json, name) else { return false };
            walk(value.get(), rest, format!("{pointer}/{name}"), leaves)
        }
    }
}

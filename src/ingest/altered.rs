//! Documents that are nearly what a reader expects, for property tests: any value in them may be
//! any other.

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;

use super::configured::tests::read_text;
use super::location;

/// Any small JSON value.
fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop::num::f64::NORMAL.prop_map(Value::from),
        "[a-zA-Z0-9:/.*é_ -]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-zA-Z]{0,8}", inner, 0..4)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

/// One of the seeds with up to three of its values replaced; `kept` are top-level members that are
/// not, so that the document is still recognised.
pub fn altered(
    seeds: &'static [&'static str],
    kept: &'static [&'static str],
) -> impl Strategy<Value = String> {
    let edits = prop::collection::vec((any::<Index>(), any_value()), 1..4);
    (prop::sample::select(seeds), edits).prop_map(move |(seed, edits)| {
        let mut document: Value = serde_json::from_str(seed).expect("seeds are JSON");
        for (place, value) in edits {
            let mut places = Vec::new();
            for (key, member) in document.as_object().into_iter().flatten() {
                if !kept.contains(&key.as_str()) {
                    collect(&format!("/{key}"), member, &mut places);
                }
            }
            if !places.is_empty()
                && let Some(found) = document.pointer_mut(place.get::<String>(&places))
            {
                *found = value;
            }
        }
        document.to_string()
    })
}

/// The pointers of a value and of everything in it.
fn collect(pointer: &str, value: &Value, places: &mut Vec<String>) {
    places.push(pointer.to_owned());
    match value {
        Value::Array(items) => items.iter().enumerate().for_each(|(index, item)| {
            collect(&format!("{pointer}/{index}"), item, places);
        }),
        Value::Object(members) => members.iter().for_each(|(key, member)| {
            let key = location::step(key);
            collect(&format!("{pointer}/{key}"), member, places);
        }),
        _ => {}
    }
}

/// Reads a document: it must come out as something, and every record must survive storage.
pub fn check_read(text: &str) -> Result<(), TestCaseError> {
    let found = read_text("file.json", text);
    let is_accounted =
        !(found.records.is_empty() && found.events.is_empty() && found.problems.is_empty());
    prop_assert!(is_accounted, "nothing came of {text}");
    check_stored(text)
}

/// Reads a document, which may say nothing: every record must survive storage.
pub fn check_stored(text: &str) -> Result<(), TestCaseError> {
    for record in &read_text("file.json", text).records {
        let stored = serde_json::to_string(record).expect("serialises");
        let restored = serde_json::from_str(&stored).ok();
        prop_assert_eq!(restored.as_ref(), Some(record), "{}", stored);
    }
    Ok(())
}

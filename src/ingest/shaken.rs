//! Documents of a known shape with some of their values replaced by any others: what every reader
//! must survive, and what its records must come back from as they went.

use proptest::prelude::*;
use serde_json::Value;

use super::configured::tests::read_text;
use crate::domain::configured::Configured;

/// Any small JSON value.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-9.5..9.5_f64).prop_map(Value::from),
        "[a-z/:*é{}.-]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{0,4}", inner, 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// One of `seeds` with up to three of its values replaced.
pub fn shaken(seeds: &'static [&'static str]) -> impl Strategy<Value = String> {
    let edits = prop::collection::vec((any::<prop::sample::Index>(), any_json()), 0..4);
    (prop::sample::select(seeds), edits).prop_map(|(seed, edits)| {
        let mut document: Value = serde_json::from_str(seed).expect(seed);
        for (at, replacement) in edits {
            let place = at.index(count(&document));
            replace(&mut document, &mut { place }, &replacement);
        }
        document.to_string()
    })
}

fn children(value: &mut Value) -> Vec<&mut Value> {
    match value {
        Value::Array(items) => items.iter_mut().collect(),
        Value::Object(members) => members.values_mut().collect(),
        _ => Vec::new(),
    }
}

fn count(value: &Value) -> usize {
    1 + children(&mut value.clone()).into_iter().map(|child| count(child)).sum::<usize>()
}

/// Replaces the value that comes after `skipped` others, parents before children.
fn replace(value: &mut Value, skipped: &mut usize, replacement: &Value) -> bool {
    if *skipped == 0 {
        *value = replacement.clone();
        return true;
    }
    *skipped -= 1;
    children(value).into_iter().any(|child| replace(child, skipped, replacement))
}

/// Reads a document; its records are the same after they went through JSON.
#[track_caller]
pub fn check(document: &str) {
    for record in read_text("shaken.json", document).records {
        let json = serde_json::to_string(&record.body).expect("records are JSON");
        let back: Configured = serde_json::from_str(&json).expect(&json);
        assert_eq!(back, record.body, "{json}");
    }
}

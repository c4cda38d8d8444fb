//! Lists: documents whose items are documents.
//!
//! Typed lists (`RoleBindingList`), `kind: List` and `EventList` as the Kubernetes API and kubectl
//! write them, and JSON arrays of objects. Items of a typed list carry neither `kind` nor
//! `apiVersion` on the wire; they inherit them.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::detect::{TopKeys, TopLevel};

/// One item with its JSON pointer inside the list.
#[derive(Debug)]
pub struct Item<'a> {
    pub pointer: String,
    pub json: Cow<'a, str>,
}

/// What a list says about itself.
#[derive(Debug, Default, PartialEq)]
pub struct Listing {
    /// It was answered by the API, not written by hand.
    pub from_api: bool,
    /// It is one page of several and not the last.
    pub continues: bool,
}

#[derive(Deserialize)]
struct List<'a> {
    #[serde(default)]
    metadata: Option<ListMetadata>,
    #[serde(borrow, default)]
    items: Option<Vec<&'a RawValue>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListMetadata {
    resource_version: Option<String>,
    #[serde(rename = "continue")]
    next: Option<String>,
    remaining_item_count: Option<u64>,
}

/// Takes a Kubernetes list apart. `None` when `items` or `metadata` are not what a list has.
pub fn unfold<'a>(json: &'a str, keys: &TopKeys<'_>) -> Option<(Listing, Vec<Item<'a>>)> {
    let item_kind = keys.items_kind()?;
    let list: List<'a> = serde_json::from_str(json).ok()?;
    let metadata = list.metadata.unwrap_or_default();
    let listing = Listing {
        from_api: metadata.resource_version.is_some(),
        continues: metadata.next.is_some_and(|next| !next.is_empty())
            || metadata.remaining_item_count.is_some_and(|count| count > 0),
    };
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let (kind, api_version) =
        (quoted(item_kind), quoted(keys.api_version.as_deref().unwrap_or_default()));
    let inherited: &[(&str, &str)] = match item_kind {
        "" => &[],
        _ => &[("kind", &kind), ("apiVersion", &api_version)],
    };
    let items = list.items.unwrap_or_default().into_iter().enumerate();
    let items = items.map(|(index, item)| Item {
        pointer: format!("/items/{index}"),
        json: with_members(item.get(), inherited),
    });
    Some((listing, items.collect()))
}

/// Takes a JSON array apart when it holds objects.
pub fn unfold_array(json: &str) -> Option<Vec<Item<'_>>> {
    let items: Vec<&RawValue> = serde_json::from_str(json).ok()?;
    if !items.iter().all(|item| item.get().starts_with('{')) {
        return None;
    }
    let items = items.into_iter().enumerate();
    Some(
        items
            .map(|(index, item)| Item { pointer: format!("/{index}"), json: item.get().into() })
            .collect(),
    )
}

/// The item with these members written into it, unless it has them. Values are JSON text.
pub fn with_members<'a>(item: &'a str, members: &[(&str, &str)]) -> Cow<'a, str> {
    let (Some(rest), false) = (item.strip_prefix('{'), members.is_empty()) else {
        return Cow::Borrowed(item);
    };
    let Ok(TopLevel::Object(top)) = serde_json::from_str(item) else {
        return Cow::Borrowed(item);
    };
    let missing = members.iter().filter(|(key, _)| !top.keys.iter().any(|present| present == key));
    let added: Vec<String> = missing.map(|(key, json)| format!("\"{key}\":{json}")).collect();
    match (added.is_empty(), top.keys.is_empty()) {
        (true, _) => Cow::Borrowed(item),
        (false, true) => Cow::Owned(format!("{{{}{rest}", added.join(","))),
        (false, false) => Cow::Owned(format!("{{{},{rest}", added.join(","))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, from_api: bool, continues: bool, expected: &[(&str, &str)]) {
        let Ok(TopLevel::Object(keys)) = serde_json::from_str(json) else {
            unreachable!("an object");
        };
        let (listing, items) = unfold(json, &keys).expect("a list");
        assert_eq!(listing, Listing { from_api, continues }, "{json}");
        let items: Vec<(&str, &str)> =
            items.iter().map(|item| (&*item.pointer, &*item.json)).collect();
        assert_eq!(items, expected, "{json}");
    }

    #[test]
    fn items_inherit_their_type() {
        check(
            r#"{"kind":"RoleList","apiVersion":"r/v1","metadata":{"resourceVersion":"3"},
                "items":[{"metadata":{}},{"kind":"X","a":1},{}]}"#,
            true,
            false,
            &[
                ("/items/0", r#"{"kind":"Role","apiVersion":"r/v1","metadata":{}}"#),
                ("/items/1", r#"{"apiVersion":"r/v1","kind":"X","a":1}"#),
                ("/items/2", r#"{"kind":"Role","apiVersion":"r/v1"}"#),
            ],
        );
        check(
            r#"{"kind":"List","apiVersion":"v1","items":[{"a":1}]}"#,
            false,
            false,
            &[("/items/0", r#"{"a":1}"#)],
        );
        check(r#"{"kind":"List","apiVersion":"v1","items":null}"#, false, false, &[]);
    }

    #[test]
    fn a_page_that_is_not_the_last_says_so() {
        for page in [
            r#"{"resourceVersion":"1","continue":"abc"}"#,
            r#"{"resourceVersion":"1","remainingItemCount":3}"#,
        ] {
            let json =
                format!(r#"{{"kind":"PodList","apiVersion":"v1","metadata":{page},"items":[]}}"#);
            check(&json, true, true, &[]);
        }
    }

    #[test]
    fn arrays_of_objects_only() {
        assert_eq!(unfold_array("[{},{}]").map(|items| items.len()), Some(2));
        assert!(unfold_array("[{},1]").is_none());
    }
}

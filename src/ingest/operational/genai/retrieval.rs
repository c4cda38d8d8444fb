//! The documents that a retrieval found.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Attributes;

/// Flattened lists: `PREFIX<index>.document.id`.
const FLATTENED: &[&str] = &["retrieval.documents.", "reranker.output_documents."];
const LISTS: &[&str] = &["gen_ai.retrieval.documents"];
/// More documents are not named.
const MOST: usize = 32;

/// Their ids, in order; documents without one are left out.
pub fn documents(attributes: &Attributes<'_>) -> Vec<String> {
    #[derive(Deserialize)]
    struct Document {
        id: String,
    }
    let mut ids: Vec<String> = attributes
        .0
        .iter()
        .filter(|attribute| FLATTENED.iter().any(|prefix| attribute.key.starts_with(prefix)))
        .filter(|attribute| attribute.key.ends_with(".document.id"))
        .filter_map(|attribute| attribute.value.text())
        .map(|id| id.into_owned())
        .take(MOST)
        .collect();
    if let Some(list) = attributes.content(LISTS) {
        let items: Vec<&RawValue> = serde_json::from_str(&list).unwrap_or_default();
        let named = items.iter().filter_map(|item| serde_json::from_str(item.get()).ok());
        ids.extend(named.map(|document: Document| document.id).take(MOST - ids.len().min(MOST)));
    }
    ids
}

//! Which tool came back under another name: the same input schema, and a description in about the
//! same words.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::Text;
use crate::domain::configured::ToolDefinition;

/// Tools with one schema that are looked at on each side. Few catalogs have so many; a hostile one
/// may.
const CANDIDATES: usize = 64;

/// How much of the shorter description's words the other must have, in percent.
const SIMILAR: usize = 50;

/// Takes the renamed tools out of both lists, the most similar first. Each is renamed once.
pub fn pairs<'a>(
    removed: &mut Vec<&'a ToolDefinition>,
    added: &mut Vec<&'a ToolDefinition>,
) -> Vec<(&'a ToolDefinition, &'a ToolDefinition)> {
    let (from, to) = (by_schema(removed), by_schema(added));
    let mut candidates: Vec<(usize, usize, usize)> = Vec::new();
    for (schema, before) in &from {
        for (&before, &after) in before.iter().flat_map(|before| {
            to.get(schema).into_iter().flatten().map(move |after| (before, after))
        }) {
            if let (Some(one), Some(other)) = (removed.get(before), added.get(after)) {
                candidates.push((similarity(one, other), before, after));
            }
        }
    }
    candidates.retain(|(similarity, ..)| *similarity >= SIMILAR);
    candidates.sort_by_key(|&(similarity, before, after)| (100 - similarity, before, after));
    let (mut gone, mut come) = (BTreeSet::new(), BTreeSet::new());
    let mut pairs = Vec::new();
    for (_, before, after) in candidates {
        if gone.contains(&before) || come.contains(&after) {
            continue;
        }
        if let (Some(one), Some(other)) = (removed.get(before), added.get(after)) {
            pairs.push((*one, *other));
            gone.insert(before);
            come.insert(after);
        }
    }
    without(removed, &gone);
    without(added, &come);
    pairs
}

/// Positions of tools by the digest of their schema.
fn by_schema<'a>(tools: &[&'a ToolDefinition]) -> BTreeMap<&'a Text, Vec<usize>> {
    let mut by_schema: BTreeMap<&Text, Vec<usize>> = BTreeMap::new();
    for (position, tool) in tools.iter().enumerate() {
        let Some(schema) = schema(tool) else { continue };
        let positions = by_schema.entry(schema).or_default();
        if positions.len() < CANDIDATES {
            positions.push(position);
        }
    }
    by_schema
}

fn schema(tool: &ToolDefinition) -> Option<&Text> {
    let whole = Some(&tool.schema_digest).filter(|digest| !digest.is_empty());
    tool.parts.input_schema.as_ref().or(whole)
}

/// Percent of the shorter description's words that are in the other; 100 for equal ones and where
/// there is no more than the schema to go by.
fn similarity(one: &ToolDefinition, other: &ToolDefinition) -> usize {
    if one.parts.description == other.parts.description {
        return 100;
    }
    let words = |tool: &ToolDefinition| -> BTreeSet<String> {
        let text = tool.outline.description.as_ref().map_or("", Text::raw);
        let words = text.split(|character: char| !character.is_alphanumeric());
        words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
    };
    let (one, other) = (words(one), words(other));
    let shorter = one.len().min(other.len());
    let percent = (100 * one.intersection(&other).count()).checked_div(shorter);
    // All words alike are not yet the same description.
    percent.map_or(100, |percent| percent.min(99))
}

fn without(tools: &mut Vec<&ToolDefinition>, taken: &BTreeSet<usize>) {
    let mut position = 0;
    tools.retain(|_| {
        position += 1;
        !taken.contains(&(position - 1))
    });
}

//! Two definitions of one tool, part by part.

use serde::{Deserialize, Serialize};

use super::hints::{self, Hint};
use super::schema::{self, Facet, SchemaChange};
use crate::domain::Text;
use crate::domain::configured::ToolDefinition;

/// One part of a definition that is different.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "part", rename_all = "kebab-case")]
pub enum Part {
    Title,
    Description,
    /// With what is different in it, as far as the schemas are kept.
    InputSchema {
        changes: Vec<SchemaChange>,
    },
    OutputSchema {
        changes: Vec<SchemaChange>,
    },
    /// One of the server's own hints, as it gives them. It `widens` when the tool may now do more.
    Hint {
        hint: Hint,
        before: Option<bool>,
        after: Option<bool>,
        widens: bool,
    },
    /// Annotations other than the hints and the title.
    Annotations,
    Icons,
    /// `_meta`.
    Meta,
}

impl Part {
    /// In words, escaped.
    pub fn visible(&self) -> String {
        let schema = |which: &str, changes: &[SchemaChange]| match changes {
            [] => format!("{which} schema changed"),
            changes => {
                let changes: Vec<String> = changes.iter().map(SchemaChange::visible).collect();
                format!("{which} schema: {}", changes.join(", "))
            }
        };
        let said = |value: &Option<bool>| value.map_or("unsaid".to_owned(), |it| it.to_string());
        match self {
            Self::Title => "title changed".to_owned(),
            Self::Description => "description changed".to_owned(),
            Self::InputSchema { changes } => schema("input", changes),
            Self::OutputSchema { changes } => schema("output", changes),
            Self::Hint { hint, before, after, widens } => {
                let widened = if *widens { " (widened)" } else { "" };
                format!("{hint} {} instead of {}{widened}", said(after), said(before))
            }
            Self::Annotations => "annotations changed".to_owned(),
            Self::Icons => "icons changed".to_owned(),
            Self::Meta => "metadata changed".to_owned(),
        }
    }
}

/// The parts in which two definitions differ. What one of them leaves open differs in nothing: a
/// registry that names a tool does not say that it has no description.
pub fn parts(before: &ToolDefinition, after: &ToolDefinition) -> Vec<Part> {
    let are_whole = |tool: &ToolDefinition| !tool.digest.is_empty() && !tool.parts.is_empty();
    let are_exact = are_whole(before) && are_whole(after);
    let differ = |one: &Option<Text>, other: &Option<Text>| match (one, other) {
        (Some(one), Some(other)) => one != other,
        (None, None) => false,
        _ => are_exact,
    };
    let (then, now) = (&before.parts, &after.parts);
    let mut parts = Vec::new();
    if differ(&before.title, &after.title) {
        parts.push(Part::Title);
    }
    if differ(&then.description, &now.description) {
        parts.push(Part::Description);
    }
    if differ(&then.input_schema, &now.input_schema) || only_schemas_differ(before, after) {
        let (one, other) = (&before.outline.input_schema, &after.outline.input_schema);
        let changes = schema::changes(one.as_ref(), other.as_ref());
        let changes = come_or_gone(&then.input_schema, &now.input_schema, are_exact, changes);
        parts.push(Part::InputSchema { changes });
    }
    if differ(&then.output_schema, &now.output_schema) {
        let (one, other) = (&before.outline.output_schema, &after.outline.output_schema);
        let changes = schema::changes(one.as_ref(), other.as_ref());
        let changes = come_or_gone(&then.output_schema, &now.output_schema, are_exact, changes);
        parts.push(Part::OutputSchema { changes });
    }
    let annotated = differ(&then.annotations, &now.annotations);
    let hints = hints::changes(before, after, are_exact || annotated);
    let is_explained = !hints.is_empty() || parts.contains(&Part::Title);
    parts.extend(hints);
    if annotated && !is_explained {
        parts.push(Part::Annotations);
    }
    if differ(&then.icons, &now.icons) {
        parts.push(Part::Icons);
    }
    if differ(&then.meta, &now.meta) {
        parts.push(Part::Meta);
    }
    parts
}

/// That there was no schema before, or is none after, is known by the digests.
fn come_or_gone(
    before: &Option<Text>,
    after: &Option<Text>,
    are_exact: bool,
    changes: Vec<SchemaChange>,
) -> Vec<SchemaChange> {
    let facet = match (before, after) {
        (None, Some(_)) if are_exact => Facet::Added { required: false },
        (Some(_), None) if are_exact => Facet::Removed,
        _ => return changes,
    };
    vec![SchemaChange { at: Text::default(), facet }]
}

/// Where the parts are not known one by one, the digest over both schemas still is.
fn only_schemas_differ(before: &ToolDefinition, after: &ToolDefinition) -> bool {
    let (one, other) = (&before.schema_digest, &after.schema_digest);
    (before.parts.is_empty() || after.parts.is_empty())
        && !one.is_empty()
        && !other.is_empty()
        && one != other
}

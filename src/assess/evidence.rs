//! What each source of events can prove: the minimum audit record (requirement S3.12), field by field,
//! and the five dimensions of an agent's posture.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Share;
use crate::domain::Dimension;

/// One field of the minimum audit record: what a record must say, as a condition on the columns of an
/// event.
pub struct Field {
    pub name: &'static str,
    /// A SQL condition, true where the record says it.
    pub said: &'static str,
    /// The dimension that it gives evidence for.
    pub dimension: Dimension,
    /// Whether the record is incomplete without it; the others complete the picture.
    pub is_required: bool,
}

/// The minimum audit record: the triggering event, what was accessed, the decision and why, the
/// outcome, and the whole identity chain.
pub const FIELDS: &[Field] = &[
    required(
        "trigger",
        "parent_span_id IS NOT NULL OR trace_id IS NOT NULL OR session IS NOT NULL",
        Dimension::Evidence,
    ),
    required("action", "action IS NOT NULL", Dimension::ToolChain),
    required("target", "target IS NOT NULL", Dimension::ToolChain),
    required("decision", "decision IS NOT NULL", Dimension::Permission),
    required("justification", "justification IS NOT NULL", Dimension::Permission),
    required("output", "output_digest IS NOT NULL OR outcome IS NOT NULL", Dimension::Evidence),
    required("agent", "agent IS NOT NULL", Dimension::Identity),
    required("principal", "principal IS NOT NULL", Dimension::Identity),
    required(
        "chain",
        "on_behalf_of IS NOT NULL OR credential_id IS NOT NULL OR parent_span_id IS NOT NULL",
        Dimension::Identity,
    ),
    further("session", "session IS NOT NULL", Dimension::Execution),
    further("extent", "duration IS NOT NULL OR tokens_in IS NOT NULL", Dimension::Execution),
    further("tenant", "tenant IS NOT NULL", Dimension::Identity),
    further("passport", "passport_id IS NOT NULL", Dimension::Permission),
];

const fn required(name: &'static str, said: &'static str, dimension: Dimension) -> Field {
    Field { name, said, dimension, is_required: true }
}

const fn further(name: &'static str, said: &'static str, dimension: Dimension) -> Field {
    Field { name, said, dimension, is_required: false }
}

/// What was found of one source.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SourceEvidence {
    /// The format and, where known, what wrote the records.
    pub source: String,
    pub recorder: Option<String>,
    pub events: u64,
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
    /// How many of its acts say each field, in the order of [`FIELDS`].
    pub fields: Vec<FieldShare>,
    pub dimensions: Vec<Dimension>,
    /// What its coverage statements say that it missed.
    pub missed: Vec<String>,
    /// Coverage statements, and how many of them are partial.
    pub partial: Share,
}

/// How many acts say one field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldShare {
    pub field: String,
    pub share: Share,
}

/// A clock that runs behind another: the least that it is off, shown by effects recorded before their
/// causes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockSkew {
    /// What recorded the cause, and what the effect.
    pub cause: String,
    pub effect: String,
    /// Effects that seem to come before their cause.
    pub pairs: u64,
    /// Milliseconds.
    pub at_least: u64,
}

/// The answer to "what can this evidence prove".
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EvidenceReport {
    pub sources: Vec<SourceEvidence>,
    /// The configured side, by kind of record.
    pub configured: Vec<ConfiguredEvidence>,
    pub skew: Vec<ClockSkew>,
}

/// What the records of one kind speak to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfiguredEvidence {
    pub kind: String,
    pub records: u64,
    pub dimensions: Vec<Dimension>,
}

impl SourceEvidence {
    /// Fills the fields from the number of acts and, in the order of [`FIELDS`], of those that say
    /// each. A dimension is spoken to where any record, act or not, says one of its fields.
    pub fn count(&mut self, acts: u64, said: &[u64], said_by_any: &[u64]) {
        let share = |part: u64| Share { part: part as usize, whole: acts as usize };
        self.fields = FIELDS
            .iter()
            .zip(said)
            .map(|(field, said)| FieldShare { field: field.name.to_owned(), share: share(*said) })
            .collect();
        let mut dimensions: Vec<Dimension> = FIELDS
            .iter()
            .zip(said_by_any)
            .filter(|(_, said)| **said > 0)
            .map(|(field, _)| field.dimension)
            .collect();
        dimensions.sort_unstable();
        dimensions.dedup();
        self.dimensions = dimensions;
    }

    /// The share of required fields that are said, over all acts.
    pub fn completeness(&self) -> Share {
        let required = FIELDS.iter().zip(&self.fields).filter(|(field, _)| field.is_required);
        required.fold(Share::default(), |sum, (_, field)| Share {
            part: sum.part + field.share.part,
            whole: sum.whole + field.share.whole,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_minimum_audit_record_is_counted_field_by_field() {
        let mut source = SourceEvidence::default();
        // Ten acts, all with action and target, half with a decision.
        let said: Vec<u64> = FIELDS
            .iter()
            .map(|field| match field.name {
                "action" | "target" | "principal" => 10,
                "decision" => 5,
                _ => 0,
            })
            .collect();
        source.count(10, &said, &said);
        assert_eq!(
            source.dimensions,
            [Dimension::Identity, Dimension::Permission, Dimension::ToolChain]
        );
        assert_eq!(source.completeness(), Share { part: 35, whole: 90 });
    }
}

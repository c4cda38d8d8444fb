//! Documents that are known and hold nothing that is read, each with its reason.
//!
//! To say that a file is a detection rule, or an answer to a question, helps more than to say that its
//! format is unknown.

use super::Shape;

/// One kind of document that is set aside.
struct Known {
    recognises: fn(&Shape<'_>) -> bool,
    reason: &'static str,
}

const KNOWN: &[Known] = &[
    Known {
        recognises: |shape| shape.has("spdxVersion") && shape.has("SPDXID"),
        reason: "an SPDX 2 document; bills of materials are read as CycloneDX",
    },
    Known {
        recognises: |shape| {
            shape.has("@context") && shape.has("@graph") && shape.json().contains("spdx.org/rdf/3")
        },
        reason: "an SPDX 3 document; bills of materials are read as CycloneDX",
    },
    Known {
        recognises: |shape| shape.has("AnalysisType") && shape.has("LogTypes"),
        reason: "a Panther detection rule; the logs in its tests are invented and no evidence",
    },
    Known {
        recognises: |shape| shape.has("digestStartTime") && shape.has("logFiles"),
        reason: "a CloudTrail digest; it vouches for log files and holds none of their events",
    },
    Known {
        recognises: |shape| shape.has("insightDetails"),
        reason: "a CloudTrail insight; it tells of an unusual rate and of no single call",
    },
    Known {
        recognises: |shape| has_only(shape, QUERY),
        reason: "a search request; it asks and tells nothing",
    },
    Known {
        recognises: |shape| has_only(shape, &["took", "errors", "items"]),
        reason: "the answer to a bulk request",
    },
    Known {
        recognises: |shape| has_only(shape, &["status", "error"]),
        reason: "the answer of a store that failed",
    },
    Known {
        recognises: |shape| has_only(shape, &["partial_success"]),
        reason: "the answer of a collector to an export",
    },
];

/// The words of a search request, and of the line in front of one of several.
const QUERY: &[&str] = &[
    "_source",
    "aggregations",
    "aggs",
    "fields",
    "from",
    "ignore_unavailable",
    "index",
    "query",
    "search_after",
    "size",
    "sort",
    "track_total_hits",
];

fn has_only(shape: &Shape<'_>, keys: &[&str]) -> bool {
    !shape.keys.is_empty() && shape.keys.iter().all(|key| keys.contains(&&**key))
}

/// Why a document of this shape is set aside.
pub fn reason(shape: &Shape<'_>) -> Option<&'static str> {
    KNOWN.iter().find(|known| (known.recognises)(shape)).map(|known| known.reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::detect::TopLevel;

    #[track_caller]
    fn check(json: &str, word: Option<&str>) {
        let Ok(TopLevel::Object(keys)) = serde_json::from_str(json) else {
            unreachable!("an object")
        };
        let reason = reason(&keys.into_shape("x.json", json));
        assert_eq!(reason.is_some(), word.is_some(), "{json}");
        assert!(reason.unwrap_or("").contains(word.unwrap_or("")), "{json}: {reason:?}");
    }

    #[test]
    fn what_is_no_evidence_is_named() {
        check(r#"{"AnalysisType":"rule","RuleID":"X","LogTypes":[]}"#, Some("Panther"));
        check(r#"{"digestStartTime":"","digestEndTime":"","logFiles":[]}"#, Some("digest"));
        check(r#"{"eventVersion":"1.07","insightDetails":{}}"#, Some("insight"));
        check(r#"{"query":{},"size":1,"aggs":{}}"#, Some("asks"));
        check(r#"{"status":404,"error":{}}"#, Some("failed"));
        check(r#"{"query":{},"user":"alice"}"#, None);
        check("{}", None);
    }
}

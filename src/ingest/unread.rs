//! Documents that are known and not read: what they are and what to load instead.

use super::Shape;

type Recognises = fn(&Shape<'_>) -> bool;

const UNREAD: &[(Recognises, &str)] = &[
    (
        |shape| shape.has("spdxVersion") && shape.has("SPDXID"),
        "an SPDX 2 document; bills of materials are read as CycloneDX",
    ),
    (
        |shape| {
            shape.has("@context") && shape.has("@graph") && shape.json.contains("spdx.org/rdf/3")
        },
        "an SPDX 3 document; bills of materials are read as CycloneDX",
    ),
];

/// Why a document that no format recognises is not read, when that is known.
pub fn reason(shape: &Shape<'_>) -> Option<&'static str> {
    let found = UNREAD.iter().find(|(recognises, _)| recognises(shape));
    found.map(|(_, reason)| *reason)
}

#[cfg(test)]
mod tests {
    use crate::domain::ProblemKind;
    use crate::ingest::configured::tests::read_text;

    #[track_caller]
    fn check(text: &str, kind: ProblemKind, words: &str) {
        let found = read_text("bom", text);
        let [problem] = found.problems.as_slice() else {
            unreachable!("one problem: {:?}", found.problems)
        };
        assert_eq!(problem.kind, kind, "{}", problem.message);
        assert!(problem.message.contains(words), "{}", problem.message);
    }

    #[test]
    fn other_bills_are_named() {
        check(
            r#"{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","packages":[]}"#,
            ProblemKind::Unsupported,
            "SPDX 2",
        );
        check(
            r#"{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[]}"#,
            ProblemKind::Unsupported,
            "SPDX 3",
        );
        check(
            r#"{"@context":"https://schema.org","@graph":[]}"#,
            ProblemKind::UnknownFormat,
            "no format",
        );
        check(
            "\u{feff}<?xml version=\"1.0\"?>\n<bom xmlns=\"http://cyclonedx.org/schema/bom/1.6\"/>",
            ProblemKind::Unsupported,
            "XML",
        );
    }
}

//! `kind: Status`: what the API answered in place of what was asked for.

use serde::Deserialize;

use crate::domain::text::visible;
use crate::domain::{Discipline, ProblemKind, Text};
use crate::ingest::json::lenient;
use crate::ingest::mask::bounded;
use crate::ingest::{Document, Format, Side, Sink};

pub const FORMAT: Format = Format {
    id: "k8s-status",
    title: "Kubernetes API status",
    side: Side::Configured,
    says: &[(Discipline::Identity, "that an export was refused or broke off")],
    coverage: "nothing was listed: what was asked for may stand all the same",
    recognises: |shape| {
        shape.is_kind("Status") && (shape.in_group("") || shape.in_group("meta.k8s.io"))
    },
    read,
};

/// `meta/v1` Status.
#[derive(Deserialize)]
struct Status {
    #[serde(default, deserialize_with = "lenient")]
    status: Text,
    #[serde(default, deserialize_with = "lenient")]
    message: Text,
    #[serde(default, deserialize_with = "lenient")]
    reason: Text,
    #[serde(default, deserialize_with = "lenient")]
    code: u16,
}

/// Longer messages are cut.
const MESSAGE_LIMIT: usize = 400;

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    if let Some(message) = refusal(document.json) {
        sink.problem(document.problem(ProblemKind::Incomplete, message));
    }
}

/// What the API refused, as a fragment of visible text; nothing when it reports a success.
pub fn refusal(json: &str) -> Option<String> {
    let status: Status = serde_json::from_str(json).ok()?;
    if status.status == "Success" {
        return None;
    }
    let mut said = "the API answered".to_owned();
    if status.code > 0 {
        said.push_str(&format!(" {}", status.code));
    }
    if !status.reason.is_empty() {
        said.push_str(&format!(" {}", status.reason.visible()));
    }
    match bounded(status.message.raw(), MESSAGE_LIMIT) {
        "" => {}
        message => said.push_str(&format!(": {}", visible(message))),
    }
    Some(said)
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::read_text;
    use super::*;

    #[track_caller]
    fn check(json: &str, expected: &[&str]) {
        let found = read_text("f.json", json);
        let said = found.problems.iter().map(|problem| {
            assert_eq!(problem.kind, ProblemKind::Incomplete);
            problem.message.as_str()
        });
        assert_eq!(said.collect::<Vec<_>>(), expected, "{json}");
        assert!(found.records.is_empty());
    }

    #[test]
    fn refusals_are_said() {
        check(
            r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","code":403,
            "reason":"Forbidden","message":"secrets is forbidden: User \"eve\" cannot list"}"#,
            &["the API answered 403 Forbidden: secrets is forbidden: User \"eve\" cannot list"],
        );
        check(
            r#"{"kind":"Status","apiVersion":"v1","status":"Failure","message":"a\u001b[2Jb","code":"x"}"#,
            &["the API answered: a\\e[2Jb"],
        );
        check(r#"{"kind":"Status","apiVersion":"v1","status":"Success","code":200}"#, &[]);
    }
}

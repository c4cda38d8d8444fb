//! Watch streams: what changed, one object a line, as `?watch=true` and
//! `kubectl get --watch --output-watch-events -o json` write it (`meta/v1` WatchEvent).

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::status;
use crate::domain::configured::Configured;
use crate::domain::text::visible;
use crate::domain::{Discipline, ProblemKind, Record};
use crate::ingest::detect::TopLevel;
use crate::ingest::json::{Str, lenient, nullable};
use crate::ingest::{Collected, Document, Format, Shape, Side, Sink, formats, location};

pub const FORMAT: Format = Format {
    id: "k8s-watch",
    title: "Kubernetes watch stream",
    side: Side::Configured,
    says: &[(Discipline::Identity, "objects as they were added, changed and deleted")],
    coverage: "the changes while the watch was open; a watch that broke off says so",
    recognises,
    read,
};

const CHANGES: [&str; 5] = ["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"];

fn recognises(shape: &Shape<'_>) -> bool {
    #[derive(Deserialize)]
    struct Kind<'a> {
        #[serde(rename = "type", borrow)]
        change: Str<'a>,
    }
    shape.keys.len() == 2
        && shape.has("type")
        && shape.has("object")
        && serde_json::from_str::<Kind<'_>>(shape.json())
            .is_ok_and(|event| CHANGES.contains(&&*event.change))
}

#[derive(Deserialize)]
struct WatchEvent<'a> {
    #[serde(rename = "type", borrow)]
    change: Str<'a>,
    #[serde(borrow)]
    object: &'a RawValue,
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(event) = document.parse::<WatchEvent<'_>>(sink) else { return };
    match &*event.change {
        // Says only how far the watch has come.
        "BOOKMARK" => {}
        "ERROR" => {
            let reason = status::refusal(event.object.get()).unwrap_or_default();
            let message = format!("the watch broke off, later changes are not in it: {reason}");
            sink.problem(document.problem(ProblemKind::Incomplete, message));
        }
        "DELETED" => {
            let mut last = Collected::default();
            object(document, event.object, &mut last);
            let gone = gone_at(event.object);
            for record in last.records {
                let body = Configured::Deleted(record.body.identity());
                sink.record(Record { at: gone.or(record.at), body, ..record });
            }
            // What a deleted profile has seen was seen all the same.
            last.events.into_iter().for_each(|event| sink.event(event));
            last.coverage.into_iter().for_each(|coverage| sink.coverage(coverage));
            last.problems.into_iter().for_each(|problem| sink.problem(problem));
        }
        _ => object(document, event.object, sink),
    }
}

/// Reads the object as its own format does.
fn object(document: &Document<'_>, object: &RawValue, sink: &mut dyn Sink) {
    let at = location::beneath(&document.at, "/object");
    let inner = Document { source: document.source, at, json: object.get() };
    let Ok(TopLevel::Object(keys)) = serde_json::from_str(inner.json) else {
        return sink.problem(inner.problem(ProblemKind::Malformed, "what changed is no object"));
    };
    let shape = keys.into_shape(document.source.file.raw(), inner.json);
    // What has a kind is no watch event itself, so this ends here.
    let format = shape.kind.is_some().then(|| formats().find(|f| (f.recognises)(&shape))).flatten();
    let message = match (format, &shape.kind) {
        (Some(format), _) => return (format.read)(&inner, sink),
        (None, Some(kind)) => format!("objects of kind {} are not read", visible(kind)),
        (None, None) => "what changed names no kind".to_owned(),
    };
    sink.problem(inner.problem(ProblemKind::Unsupported, message));
}

/// The latest time that the last state of an object bears: it was deleted then or after.
fn gone_at(object: &RawValue) -> Option<Timestamp> {
    #[derive(Default, Deserialize)]
    struct Object {
        #[serde(default, deserialize_with = "lenient")]
        metadata: Times,
    }
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Times {
        #[serde(default)]
        creation_timestamp: Option<Timestamp>,
        #[serde(default)]
        deletion_timestamp: Option<Timestamp>,
        #[serde(default, deserialize_with = "nullable")]
        managed_fields: Vec<Managed>,
    }
    #[derive(Deserialize)]
    struct Managed {
        #[serde(default)]
        time: Option<Timestamp>,
    }
    let object: Object = serde_json::from_str(object.get()).ok()?;
    let Times { creation_timestamp, deletion_timestamp, managed_fields } = object.metadata;
    let managed = managed_fields.into_iter().filter_map(|field| field.time);
    managed.chain(creation_timestamp).chain(deletion_timestamp).max()
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::read_text;

    /// What a stream gives: `kind name` of objects, `- kind name` of deleted ones, and problems.
    #[track_caller]
    fn check(stream: &str, expected: &[&str]) {
        let found = read_text("watch.ndjson", stream);
        let records = found.records.iter().map(|record| {
            let identity = record.body.identity();
            let sign = if record.body.is_deleted() { "- " } else { "" };
            let at = record.at.map(|at| format!(" {at}")).unwrap_or_default();
            let place = &record.place.at;
            format!("{sign}{} {}{at} {place}", identity.kind.raw(), identity.name.raw())
        });
        let problems = found.problems.iter().map(|p| format!("{} {} {}", p.at, p.kind, p.message));
        assert_eq!(records.chain(problems).collect::<Vec<_>>(), expected, "{stream}");
    }

    #[test]
    fn objects_are_read_as_their_kind() {
        let role = r#"{"kind":"Role","apiVersion":"rbac.authorization.k8s.io/v1","metadata":
            {"name":"r","creationTimestamp":"2026-01-01T00:00:00Z",
            "managedFields":[{"time":"2026-01-03T00:00:00Z"},{"manager":"x"}]}}"#
            .replace('\n', " ");
        check(
            &format!(
                "{}\n{}\n{}\n",
                format_args!(r#"{{"type":"ADDED","object":{role}}}"#),
                r#"{"type":"BOOKMARK","object":{"kind":"Role","apiVersion":"rbac.authorization.k8s.io/v1","metadata":{}}}"#,
                format_args!(r#"{{"type":"DELETED","object":{role}}}"#),
            ),
            &["Role r 2026-01-01T00:00:00Z :1#/object", "- Role r 2026-01-03T00:00:00Z :3#/object"],
        );
        check(
            r#"{"type":"MODIFIED","object":{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"c"}}}"#,
            &["ConfigMap c :/object"],
        );
    }

    #[test]
    fn a_watch_that_broke_off_says_so() {
        check(
            r#"{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","status":"Failure",
            "message":"too old resource version: 1 (9)","reason":"Expired","code":410}}"#,
            &[
                " incomplete the watch broke off, later changes are not in it: the API answered 410 Expired: too old resource version: 1 (9)",
            ],
        );
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        check(
            r#"{"type":"ADDED","object":{"kind":"Event","apiVersion":"v1","metadata":{"name":"e"}}}"#,
            &[":/object unsupported objects of kind Event are not read"],
        );
        check(
            r#"{"type":"ADDED","object":{"type":"ADDED","object":{}}}"#,
            &[":/object unsupported what changed names no kind"],
        );
        check(r#"{"type":"ADDED","object":7}"#, &[":/object malformed what changed is no object"]);
        check(
            r#"{"type":"added","object":{}}"#,
            &[" unknown-format the document is in no format that is read"],
        );
    }
}

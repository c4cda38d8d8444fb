//! Tests of reading as a whole: routing, lists, accounting, hostile input, real data.

use std::fmt::Write as _;
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::Value;

use super::{Collected, ReadCounts, Source, read};
use crate::domain::{Digest, ProblemKind};

fn read_bytes(file: &str, mut bytes: &[u8]) -> (Collected, ReadCounts) {
    let mut found = Collected::default();
    let source = Source::new(Digest::of(bytes), file);
    let counts = read(&source, &mut bytes, &mut found, &mut |_| ControlFlow::Continue(()));
    (found, counts)
}

/// Kinds of problems with their places.
fn problems(found: &Collected) -> Vec<String> {
    found.problems.iter().map(|problem| format!("{} {}", problem.at, problem.kind)).collect()
}

#[test]
fn what_a_whole_file_lacks_is_said_once() {
    let run = r#"{"messages":[{"role":"user","content":"hi"}]}"#;
    let (found, counts) = read_bytes("runs.jsonl", format!("{run}\n{run}\n").as_bytes());
    assert_eq!(problems(&found), [" incomplete"]);
    assert_eq!((counts.documents, counts.problems), (2, 1));
}

const RBAC: &str = "rbac.authorization.k8s.io/v1";

/// Snapshots as `kind namespace complete`.
#[track_caller]
fn check_snapshots(text: &str, expected: &[&str]) {
    let (found, _) = read_bytes("list.json", text.as_bytes());
    let snapshots = found.snapshots.iter().map(|snapshot| {
        let namespace = snapshot.namespace.as_ref().map_or("*", |namespace| namespace.raw());
        let complete = if snapshot.complete { "complete" } else { "partial" };
        format!("{} {namespace} {complete}", snapshot.object_kind.raw())
    });
    assert_eq!(snapshots.collect::<Vec<_>>(), expected, "{text}");
}

fn role_list(metadata: &str, namespaces: &[&str]) -> String {
    let item =
        |namespace: &&str| format!(r#"{{"metadata":{{"name":"r","namespace":"{namespace}"}}}}"#);
    let items: Vec<String> = namespaces.iter().map(item).collect();
    format!(
        r#"{{"kind":"RoleList","apiVersion":"{RBAC}","metadata":{metadata},"items":[{}]}}"#,
        items.join(",")
    )
}

#[test]
fn lists_from_the_api_are_snapshots() {
    let whole = r#"{"resourceVersion":"7"}"#;
    check_snapshots(&role_list(whole, &["a", "b"]), &["Role * complete"]);
    check_snapshots(&role_list(whole, &["a", "a"]), &["Role a complete"]);
    check_snapshots(&role_list(whole, &[]), &["Role * partial"]);
    check_snapshots(&role_list("{}", &["a"]), &["Role a partial"]);
    let page = r#"{"resourceVersion":"7","continue":"x"}"#;
    let pages = format!("{}\n{}", role_list(page, &["a"]), role_list(whole, &["b"]));
    check_snapshots(&pages, &["Role a partial", "Role b partial"]);
    check_snapshots(
        &format!(
            r#"{{"kind":"List","apiVersion":"v1","metadata":{{"resourceVersion":""}},"items":[
            {{"kind":"ClusterRole","apiVersion":"{RBAC}","metadata":{{"name":"c"}}}},
            {{"kind":"ConfigMap","apiVersion":"v1","metadata":{{"name":"m"}}}},
            {{"kind":"Pod","apiVersion":"v1","metadata":{{"name":"p","namespace":"n"}},"spec":{{}}}}]}}"#
        ),
        &["ClusterRole * complete", "ConfigMap * complete", "Pod n complete"],
    );
    // A lost item may be any object.
    check_snapshots(
        &format!(
            r#"{{"kind":"RoleList","apiVersion":"{RBAC}","metadata":{whole},"items":[
            {{"metadata":{{"name":"r","namespace":"n"}},"rules":7}}]}}"#
        ),
        &["Role n partial"],
    );
    check_snapshots(
        r#"{"kind":"WidgetList","apiVersion":"shop.example/v1","items":[{"metadata":{"name":"w","namespace":"n"}}]}"#,
        &["Widget.shop.example n partial"],
    );
    check_snapshots(r#"{"kind":"EventList","apiVersion":"v1","items":[]}"#, &[]);
}

#[test]
fn items_are_placed_inside_their_list() {
    let (found, counts) = read_bytes("l.json", role_list("{}", &["a", "b"]).as_bytes());
    let places: Vec<String> =
        found.records.iter().map(|record| record.place.at.to_string()).collect();
    assert_eq!(places, [":/items/0", ":/items/1"]);
    assert_eq!((counts.documents, counts.records), (2, 2));
    assert_eq!(counts.formats.get("k8s-rbac"), Some(&2));

    let array = r#"[{"kind":"Namespace","apiVersion":"v1","metadata":{"name":"n"}}]"#;
    let (found, _) = read_bytes("a.json", format!("{array}\n{array}").as_bytes());
    let places: Vec<String> =
        found.records.iter().map(|record| record.place.at.to_string()).collect();
    assert_eq!(places, [":1#/0", ":2#/0"]);
}

#[test]
fn what_is_not_read_is_counted() {
    let mut text = String::new();
    for _ in 0..20 {
        text.push_str("{\"kind\":\"Secret\",\"apiVersion\":\"v1\"}\n{\"x\":1}\n[1]\n7\n");
    }
    let (found, counts) = read_bytes("f.jsonl", text.as_bytes());
    assert_eq!((counts.documents, counts.problems), (80, 80));
    assert_eq!((counts.with_problems, counts.set_aside), (20, 60));
    assert_eq!(
        problems(&found),
        [
            ":2 unknown-format",
            ":3 unknown-format",
            ":4 unknown-format",
            ":6 unknown-format",
            ":7 unknown-format",
            ":1 unsupported",
            " unknown-format",
        ]
    );
    let last = found.problems.last().map(|problem| problem.message.as_str());
    assert_eq!(last, Some("55 more documents are in no format that is read"));
}

#[test]
fn problems_are_kept_to_a_readable_number() {
    let text = "{\"a\":1\n".repeat(1500);
    let (found, counts) = read_bytes("f.jsonl", text.as_bytes());
    assert_eq!(counts.set_aside, 1500);
    assert_eq!(found.problems.len(), 1001);
    let last = found.problems.last().map(|problem| (problem.kind, problem.message.as_str()));
    assert_eq!(last, Some((ProblemKind::Limit, "500 more problems in this file are not listed")));
}

#[test]
fn reading_can_be_cancelled() {
    let text = "{\"kind\":\"Namespace\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"n\"}}\n"
        .repeat(20_000);
    let mut found = Collected::default();
    let source = Source::new(Digest::of(b""), "f");
    let counts = read(&source, &mut text.as_bytes(), &mut found, &mut |bytes| {
        if bytes > 400_000 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert!(counts.bytes < text.len() as u64 && counts.records > 0, "{counts:?}");
    assert!(found.problems.len() <= 1, "at most the line that was cut: {:?}", found.problems);
}

/// Valid documents that the property tests take apart.
const SEEDS: &[&str] = &[
    r#"{"kind":"Role","apiVersion":"rbac.authorization.k8s.io/v1","metadata":{"name":"r"},"rules":[{"verbs":["get"]}]}"#,
    r#"{"kind":"RoleBinding","apiVersion":"rbac.authorization.k8s.io/v1","metadata":{"name":"b","labels":{"a":"b"}},"roleRef":{"kind":"Role","name":"r"},"subjects":[{"kind":"User","name":"u"}]}"#,
    r#"{"kind":"NetworkPolicy","apiVersion":"networking.k8s.io/v1","metadata":{"name":"p"},"spec":{"egress":[{"to":[{"ipBlock":{"cidr":"10.0.0.0/8"}}],"ports":[{"port":1}]}]}}"#,
    r#"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"p"},"spec":{"containers":[{"image":"i"}]}}"#,
    "{\n  \"kind\": \"Namespace\",\n  \"apiVersion\": \"v1\",\n  \"metadata\": {\n    \"name\": \"n\"\n  }\n}",
    "---\nkind: ServiceAccount\napiVersion: v1\nmetadata:\n  name: s\n  annotations: {a: b}\n---\nkind: Namespace\napiVersion: v1\nmetadata: {name: n}\n",
    "agent_posture_policy:\n  identity:\n    agent_id: a\n    credential_scope: x, y\n",
];

/// A document with some of its bytes replaced, removed or doubled, between whole ones.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let edit = (0..3u8, any::<prop::sample::Index>(), any::<u8>());
    let document = (prop::sample::select(SEEDS), prop::collection::vec(edit, 0..6));
    let document = document.prop_map(|(seed, edits)| {
        let mut bytes = seed.as_bytes().to_vec();
        for (kind, at, byte) in edits {
            let at = at.index(bytes.len());
            match kind {
                0 => bytes.splice(at..=at, [byte]).for_each(drop),
                1 if bytes.len() > 1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, byte),
            }
        }
        bytes
    });
    prop::collection::vec(document, 1..5).prop_map(|documents| documents.join(&b'\n'))
}

/// Values that stand where others were expected.
const UNEXPECTED: &[&str] = &[
    "null",
    "true",
    "0",
    "-1",
    "1e300",
    "18446744073709551615",
    "\"\"",
    "\"x\"",
    "\"\\u202e*\"",
    "[]",
    "{}",
    "[null]",
    "[[\"a\"]]",
    "{\"a\":{\"b\":1}}",
    "{\"name\":\"n\"}",
];

/// JSON of the shape of one of `seeds`, with some of its values replaced by others of any type.
pub fn altered(seeds: &'static [&'static str]) -> impl Strategy<Value = String> {
    let change = (any::<prop::sample::Index>(), prop::sample::select(UNEXPECTED));
    (prop::sample::select(seeds), prop::collection::vec(change, 0..4)).prop_map(
        |(seed, changes)| {
            let mut value: Value = serde_json::from_str(seed).expect("a seed is JSON");
            for (at, unexpected) in changes {
                // The outermost value stays, as it is what gives the shape.
                let mut steps = 1 + at.index((nodes(&value) - 1).max(1));
                let unexpected = serde_json::from_str(unexpected).expect("JSON");
                replace(&mut value, &mut steps, &unexpected);
            }
            value.to_string()
        },
    )
}

fn children(value: &mut Value) -> Vec<&mut Value> {
    match value {
        Value::Array(items) => items.iter_mut().collect(),
        Value::Object(members) => members.values_mut().collect(),
        _ => Vec::new(),
    }
}

fn nodes(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(nodes).sum(),
        Value::Object(members) => members.values().map(nodes).sum(),
        _ => 0,
    }
}

/// Replaces the node that stands `steps` after this one, in the order of the text.
fn replace(value: &mut Value, steps: &mut usize, unexpected: &Value) {
    if *steps == 0 {
        *value = unexpected.clone();
        *steps = usize::MAX;
        return;
    }
    *steps -= 1;
    for child in children(value) {
        replace(child, steps, unexpected);
        if *steps == usize::MAX {
            return;
        }
    }
}

fn check_accounts(bytes: &[u8]) {
    let (found, counts) = read_bytes("mcp.json", bytes);
    let routed: u64 = counts.formats.values().sum();
    assert_eq!(counts.records, found.records.len() as u64);
    assert_eq!(counts.events, found.events.len() as u64);
    assert_eq!(counts.bytes, bytes.len() as u64);
    let accounted = routed + counts.with_problems + counts.set_aside;
    assert!(counts.documents <= accounted, "{counts:?}");
    assert!(counts.with_problems + counts.set_aside <= counts.documents, "{counts:?}");
    assert_eq!(counts.problems == 0, found.problems.is_empty());
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        check_accounts(&bytes);
    }

    #[test]
    fn text_of_json_and_yaml_words_is_read_without_panic(
        words in prop::collection::vec(prop::sample::select(&[
            "{", "}", "[", "]", "\"", ":", ",", "\n", "//", "/*", "*/", "- ", "---\n", "a: ", "&a ", "*a", "<<: ",
            "\"kind\"", "\"List\"", "\"apiVersion\"", "\"v1\"", "\"items\"", "1", " ", "|\n", "'", "\\", "\u{feff}", "é",
        ][..]), 0..60),
    ) {
        check_accounts(words.concat().as_bytes());
    }

    #[test]
    fn mutated_documents_are_accounted_for(bytes in mutated()) {
        check_accounts(&bytes);
        let (_, counts) = read_bytes("f", &bytes);
        prop_assert!(counts.records + counts.set_aside >= counts.documents, "{:?}", counts);
    }

    #[test]
    fn bad_lines_cost_nothing_but_themselves(good in prop::collection::vec(any::<bool>(), 1..40)) {
        let mut text = String::new();
        for good in &good {
            let line = r#"{"kind":"Namespace","apiVersion":"v1","metadata":{"name":"n"}}"#;
            let end = if *good { line.len() } else { line.len() - 9 };
            writeln!(text, "{}", &line[..end]).expect("in memory");
        }
        let (found, counts) = read_bytes("f.jsonl", text.as_bytes());
        let whole = good.iter().filter(|good| **good).count();
        prop_assert_eq!(found.records.len(), whole);
        prop_assert_eq!(counts.documents, good.len() as u64);
        prop_assert_eq!(counts.set_aside, (good.len() - whole) as u64);
    }
}

/// Folders of real data whose configured side this room reads.
const FOLDERS: &[&str] = &[
    "k8s-kagent",
    "kube-apiserver",
    "netpol-npguard",
    "mcp-agent-scan-tests",
    "agent-client-configs",
    "rbac-kubehound",
    "rbac-kubescape-rules",
];

#[test]
fn real_data_is_read_without_panic() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let data = std::env::var_os("DIPTYCH_REAL_DATA")
        .map_or_else(|| manifest.join("../shared/data"), PathBuf::from);
    for folder in FOLDERS {
        let mut total = ReadCounts::default();
        let mut files = 0;
        for entry in walkdir::WalkDir::new(data.join(folder)).into_iter().flatten() {
            if !entry.file_type().is_file() {
                continue;
            }
            let Ok(bytes) = std::fs::read(entry.path()) else { continue };
            let name = entry.path().to_string_lossy();
            let (_, counts) = read_bytes(&name, &bytes);
            files += 1;
            total.documents += counts.documents;
            total.records += counts.records;
            total.set_aside += counts.set_aside;
            for (format, count) in counts.formats {
                *total.formats.entry(format).or_default() += count;
            }
        }
        if files == 0 {
            continue;
        }
        writeln!(std::io::stderr(), "{folder}: {files} files, {total:?}").expect("stderr");
        assert!(total.records > 0, "{folder}: something is read");
    }
}

/// What is in the wild and trips readers up.
mod traps {
    use std::io::Read;

    use super::*;
    use crate::ingest::{Limits, read_within};

    fn audit(number: usize) -> String {
        format!(
            r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"{number:08}","stage":"ResponseComplete","verb":"get","user":{{"username":"u"}},"objectRef":{{"resource":"pods","name":"p"}},"responseStatus":{{"code":200}},"requestReceivedTimestamp":"2026-10-01T00:00:00Z"}}"#
        )
    }

    /// A text that is made while it is read: `head`, then items with commas between, then `tail`.
    struct Endless {
        head: &'static str,
        tail: &'static str,
        item: fn(usize) -> String,
        items: usize,
        next: usize,
        rest: Vec<u8>,
    }

    impl Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            if self.rest.is_empty() {
                let text = match self.next {
                    0 => self.head.to_owned() + &(self.item)(0),
                    next if next < self.items => ",".to_owned() + &(self.item)(next),
                    next if next == self.items => self.tail.to_owned(),
                    _ => String::new(),
                };
                self.next += 1;
                self.rest = text.into_bytes();
            }
            let taken = buffer.len().min(self.rest.len());
            for (to, from) in buffer.iter_mut().zip(self.rest.drain(..taken)) {
                *to = from;
            }
            Ok(taken)
        }
    }

    #[test]
    fn a_document_of_any_size_is_read_in_bounded_memory() {
        // Everything on one line, of which a hundredth is held.
        for (head, tail) in [
            ("[", "]"),
            (r#"{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":["#, "]}"),
        ] {
            let items = 20_000;
            let mut text = Endless { head, tail, item: audit, items, next: 0, rest: Vec::new() };
            let limits = Limits { held: 64 << 10, document: 1 << 20, ..Limits::default() };
            let mut found = Collected::default();
            let source = Source::new(Digest::of(b""), "events.json");
            let mut go_on = |_| ControlFlow::Continue(());
            let counts = read_within(&source, &mut text, &limits, &mut found, &mut go_on);
            assert_eq!((counts.events, counts.problems), (items as u64, 0), "{head}");
            let mut ids: Vec<_> = found.events.iter().map(|event| event.id).collect();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), items, "each once");
        }
    }

    /// Reads `bytes` and compares events, records and the kinds of problem.
    #[track_caller]
    fn check(bytes: &[u8], events: usize, problems: &[ProblemKind]) {
        let (found, _) = read_bytes("trap.json", bytes);
        let shown = String::from_utf8_lossy(bytes.get(..80).unwrap_or(bytes)).into_owned();
        let kinds: Vec<ProblemKind> = found.problems.iter().map(|problem| problem.kind).collect();
        assert_eq!((found.events.len(), kinds.as_slice()), (events, problems), "{shown}");
    }

    #[test]
    fn of_broken_text_the_rest_is_read() {
        let (one, two) = (audit(1), audit(2));
        check(format!("\u{feff}{one}\r\n{two}\r\n").as_bytes(), 2, &[]);
        let mut invalid = format!("{one}\n").into_bytes();
        invalid.extend_from_slice(b"{\"auditID\":\"\xff\xfe\"}\n");
        invalid.extend_from_slice(two.as_bytes());
        check(&invalid, 2, &[ProblemKind::Malformed]);
        let doubled = one.replacen("\"verb\":\"get\"", "\"verb\":\"get\",\"verb\":\"delete\"", 1);
        check(format!("{doubled}\n{two}").as_bytes(), 1, &[ProblemKind::Malformed]);
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        check(format!("{deep}\n{one}").as_bytes(), 1, &[ProblemKind::Limit]);
        let line = format!("{{\"a\":\"{}\"}}\n{one}", "x".repeat(4 << 20));
        check(line.as_bytes(), 1, &[ProblemKind::UnknownFormat]);
    }

    #[test]
    fn compressed_text_that_is_cut_keeps_what_came_before() {
        use std::io::Write;
        let text: String = (0..2000).map(|number| audit(number) + "\n").collect();
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(text.as_bytes()).expect("in memory");
        let packed = gzip.finish().expect("in memory");
        let (found, _) = read_bytes("audit.log.gz", packed.get(..packed.len() / 2).unwrap_or(&[]));
        assert!(found.events.len() > 500, "{}", found.events.len());
        assert!(found.problems.iter().any(|problem| problem.kind == ProblemKind::Unreadable));
    }
}

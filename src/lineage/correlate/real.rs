//! Ties in real data against what the records themselves say, read here without the readers.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::Path;

use serde_json::Value;

use super::testing::rule_of;
use super::*;
use crate::domain::{Digest, Text};
use crate::ingest::{self, Collected, Source};
use crate::lineage::testing::AsGiven;
use crate::scope::testing::real_data;

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let files = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().flatten();
    let files = files.filter(|entry| entry.file_type().is_file());
    let read = |entry: walkdir::DirEntry| {
        let bytes = std::fs::read(entry.path()).expect("readable");
        (entry.path().to_string_lossy().into_owned(), bytes)
    };
    files.map(read).collect()
}

fn read(files: &[(String, Vec<u8>)]) -> Collected {
    let mut sink = Collected::default();
    for (name, bytes) in files {
        let source = Source::new(Digest::of(bytes), name.as_str());
        ingest::read(&source, &mut bytes.as_slice(), &mut sink, &mut |_| ControlFlow::Continue(()));
    }
    sink
}

/// The JSON documents of files, one a line, one a file, or elements of one list.
fn documents(files: &[(String, Vec<u8>)], ending: &str) -> Vec<Value> {
    let wanted = files.iter().filter(|(name, _)| name.ends_with(ending));
    let whole = wanted.flat_map(|(_, bytes)| {
        serde_json::Deserializer::from_slice(bytes).into_iter::<Value>().flatten()
    });
    let parts = |value| match value {
        Value::Array(values) => values,
        value => vec![value],
    };
    whole.flat_map(parts).collect()
}

fn text(value: &Value, pointer: &str) -> Option<String> {
    Some(value.pointer(pointer)?.as_str()?.to_owned())
}

/// The links of some rules, each end as told.
fn found(
    events: &[Event],
    rules: &[RuleId],
    told: impl Fn(&Event) -> String,
) -> BTreeSet<(String, String)> {
    let by_id: BTreeMap<EventId, String> = events.iter().map(|one| (one.id, told(one))).collect();
    let name = |id| by_id.get(&id).cloned().unwrap_or_default();
    let links = correlate(events, &AsGiven).links.into_iter();
    let links = links.filter(|link| rules.contains(&rule_of(&link.rule).id));
    links.map(|link| (name(link.from), name(link.to))).collect()
}

#[track_caller]
#[expect(clippy::print_stderr, reason = "says how many real cases ran")]
fn check(
    folder: &str,
    rules: &[RuleId],
    expected: impl Fn(&[(String, Vec<u8>)]) -> BTreeSet<(String, String)>,
    told: impl Fn(&Event) -> String,
) {
    let path = real_data(folder);
    if !path.is_dir() {
        return;
    }
    let files = files(&path);
    let expected = expected(&files);
    assert!(!expected.is_empty(), "{folder}");
    assert_eq!(found(&read(&files).events, rules, told), expected);
    eprintln!("{folder}: {} ties as the records say", expected.len());
}

fn raw(text: &Option<Text>) -> &str {
    text.as_ref().map_or("", Text::raw)
}

#[test]
fn processes_of_tetragon() {
    let process = |event: &Value, key: &str| {
        let members = event.as_object()?;
        members.values().find_map(|body| text(body, &format!("/process/{key}")))
    };
    let expected = |files: &[(String, Vec<u8>)]| {
        let all = documents(files, ".json");
        let is_exec = |event: &&Value| event.get("process_exec").is_some();
        let execs: BTreeSet<String> =
            all.iter().filter(is_exec).filter_map(|event| process(event, "exec_id")).collect();
        let children = all.iter().filter(is_exec).filter_map(|event| {
            Some((process(event, "parent_exec_id")?, process(event, "exec_id")?))
        });
        const ACTS: [&str; 3] = ["process_kprobe", "process_connect", "process_listen"];
        let is_act = |event: &&Value| ACTS.iter().any(|kind| event.get(kind).is_some());
        let acts = all.iter().filter(is_act).filter_map(|event| {
            let id = process(event, "exec_id")?;
            Some((id.clone(), id))
        });
        children.chain(acts).filter(|(from, _)| execs.contains(from)).collect()
    };
    let rules = [RuleId::SameProcess, RuleId::ParentProcess];
    check("runtime-tetragon", &rules, expected, |event| raw(&event.call_id).to_owned());
}

#[test]
fn credentials_of_cloudtrail() {
    let expected = |files: &[(String, Vec<u8>)]| {
        let all = documents(files, ".json");
        let request = |record: &Value| text(record, "/requestID").unwrap_or_default();
        let mut ties = BTreeSet::new();
        for issue in &all {
            let Some(key) = text(issue, "/responseElements/credentials/accessKeyId") else {
                continue;
            };
            let uses =
                |record: &&Value| text(record, "/userIdentity/accessKeyId") == Some(key.clone());
            ties.extend(all.iter().filter(uses).map(|used| (request(issue), request(used))));
        }
        ties
    };
    let told = |event: &Event| raw(&event.call_id).to_owned();
    check("cloudtrail-stratus", &[RuleId::IssuedCredential], expected, told);
}

/// Spans with their times, names and parents, as the file has them.
fn spans(files: &[(String, Vec<u8>)]) -> Vec<Value> {
    nested(files, ".traces.otlp.jsonl", ["resourceSpans", "scopeSpans", "spans"])
}

/// What stands in lists of lists of lists.
fn nested(files: &[(String, Vec<u8>)], ending: &str, keys: [&str; 3]) -> Vec<Value> {
    let list = |value: &Value, key: &str| value.get(key).and_then(Value::as_array).cloned();
    let parts = |values: Vec<Value>, key: &str| -> Vec<Value> {
        values.iter().filter_map(|value| list(value, key)).flatten().collect()
    };
    keys.into_iter().fold(documents(files, ending), parts)
}

fn starts_with(span: &Value, name: &str) -> bool {
    text(span, "/name").is_some_and(|found| found.starts_with(name))
}

#[test]
fn answers_before_tool_calls_of_sdks() {
    let expected = |files: &[(String, Vec<u8>)]| {
        let spans = spans(files);
        let time = |span: &Value, key: &str| {
            text(span, key).and_then(|time| time.parse::<u64>().ok()).unwrap_or_default()
        };
        let id = |span: &Value| text(span, "/spanId").unwrap_or_default();
        let calls = spans.iter().filter(|span| starts_with(span, "execute_tool "));
        let answered = calls.filter_map(|call| {
            let before = spans.iter().filter(|span| {
                starts_with(span, "chat ")
                    && span.get("parentSpanId") == call.get("parentSpanId")
                    && time(span, "/endTimeUnixNano") <= time(call, "/startTimeUnixNano")
            });
            let answer = before.max_by_key(|span| time(span, "/endTimeUnixNano"))?;
            Some((id(answer), id(call)))
        });
        answered.collect()
    };
    let told = |event: &Event| raw(&event.span_id).to_owned();
    check("produced-by-sdks/otel", &[RuleId::AskedByModel], expected, told);
}

#[test]
fn calls_on_the_wire_beneath_tool_calls_of_sdks() {
    let expected = |files: &[(String, Vec<u8>)]| {
        let spans = spans(files);
        let messages = documents(files, "mcp-docs.stdio.jsonl");
        let message = |line: &Value| line.get("frame").cloned().unwrap_or_default();
        let messages: Vec<Value> = messages.iter().map(message).collect();
        let mut ties = BTreeSet::new();
        for call in
            messages.iter().filter(|one| text(one, "/method").as_deref() == Some("tools/call"))
        {
            let Some(traceparent) = text(call, "/params/_meta/traceparent") else { continue };
            let sent = traceparent.split('-').nth(2).map(str::to_owned);
            let sent = spans.iter().find(|span| text(span, "/spanId") == sent);
            let tool = sent.and_then(|span| text(span, "/parentSpanId")).unwrap_or_default();
            let id = call.get("id").map(Value::to_string).unwrap_or_default();
            ties.insert((tool.clone(), format!("tool_call {id}")));
            ties.insert((tool, format!("tool_result {id}")));
        }
        // A call of a model is told by its span and by a log record beneath it.
        let logs = ["resourceLogs", "scopeLogs", "logRecords"];
        for log in nested(files, ".logs.otlp.jsonl", logs) {
            let name = text(&log, "/eventName").unwrap_or_default();
            let told = spans.iter().any(|span| text(span, "/spanId") == text(&log, "/spanId"));
            if name == "gen_ai.client.inference.operation.details" && told {
                let span = text(&log, "/spanId").unwrap_or_default();
                ties.insert((span.clone(), span));
            }
        }
        ties
    };
    let told = |event: &Event| match event.source.raw() {
        "mcp" => format!("{} {}", event.kind, raw(&event.call_id).rsplit('#').next().unwrap_or("")),
        _ => raw(&event.span_id).to_owned(),
    };
    check("produced-by-sdks/otel", &[RuleId::BeneathSpan], expected, told);
}

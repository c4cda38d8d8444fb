//! What all operational readers share in tests: choosing the format as the core does, no panic on any
//! mutation, and real public data when it is at hand.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::FORMATS;
use crate::domain::{Digest, Event, EventKind, Location, ProblemKind};
use crate::ingest::{Collected, Document, Format, Shape, Source};

/// Reads one document with the format that recognises it; panics when none does.
#[track_caller]
pub fn read(file: &str, json: &str) -> Collected {
    let mut sink = Collected::default();
    let format = format_of(file, json).unwrap_or_else(|| unreachable!("no format for {json:.200}"));
    read_into(format, file, json, &mut sink);
    sink
}

/// The only event of a document that has no problems.
#[track_caller]
pub fn one(file: &str, json: &str) -> Event {
    let mut read = read(file, json);
    assert_eq!(read.problems, []);
    assert_eq!(read.events.len(), 1, "{:?}", read.events);
    read.events.remove(0)
}

pub fn format_of(file: &str, json: &str) -> Option<&'static Format> {
    let value: Value = serde_json::from_str(json).expect("JSON");
    let string = |key: &str| value.get(key)?.as_str().map(|text| text.to_owned().into());
    let shape = Shape {
        kind: string("kind"),
        api_version: string("apiVersion"),
        keys: value
            .as_object()
            .map(|members| members.keys().map(|key| key.clone().into()).collect())
            .unwrap_or_default(),
        file_name: file.rsplit('/').next().unwrap_or(file),
        path: file,
        json,
        ..Shape::default()
    };
    FORMATS.iter().find(|format| (format.recognises)(&shape))
}

pub fn read_into(format: &Format, file: &str, json: &str, sink: &mut Collected) {
    let source = Source::new(Digest::of(json.as_bytes()), file);
    (format.read)(&Document { source: &source, at: Location::Whole, json }, sink);
    // As the intake does on the way to the sink.
    sink.events.iter_mut().for_each(|event| source.masker.event(event));
}

/// `kind action target` of every event, for comparison.
pub fn lines(events: &[Event]) -> Vec<String> {
    let part = |text: &Option<crate::domain::Text>| {
        text.as_ref().map_or_else(|| "-".to_owned(), |text| text.raw().to_owned())
    };
    events
        .iter()
        .map(|event| format!("{} {} {}", event.kind, part(&event.action), part(&event.target)))
        .collect()
}

#[test]
fn configurations_and_pins_are_not_claimed() {
    for json in [
        r#"{"mcpServers":{"docs":{"command":"npx"}}}"#,
        r#"{"diptychPin":1,"server":"docs","tools":[]}"#,
        r#"{"name":"x","tools":[]}"#,
        r#"{"kind":"ClusterRole","apiVersion":"rbac.authorization.k8s.io/v1","rules":[]}"#,
        r#"{"kind":"Event","apiVersion":"v1","reason":"Pulled"}"#,
        r#"{"operationName":"GET /","category":"http"}"#,
        r#"{"sub":"a","name":"b"}"#,
        r#"{"eventName":"click","eventSource":"aws:kinesis","kinesis":{}}"#,
        "[]",
        "1",
    ] {
        assert!(format_of("x.json", json).is_none(), "{json}");
    }
}

/// Any JSON value, a few levels deep, with words that readers look for among its keys and strings.
pub fn any_json() -> impl proptest::strategy::Strategy<Value = Value> {
    use proptest::prelude::*;
    let word = prop_oneof![
        Just("name".to_owned()),
        Just("content".to_owned()),
        Just("role".to_owned()),
        Just("user".to_owned()),
        Just("parts".to_owned()),
        Just("function".to_owned()),
        Just("arguments".to_owned()),
        Just("id".to_owned()),
        Just("transfer_to_a".to_owned()),
        "\\PC{0,6}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        let members = proptest::collection::vec((word.clone(), inner.clone()), 0..4);
        prop_oneof![
            proptest::collection::vec(inner, 0..4).prop_map(Value::from),
            members.prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Small documents of every format, to mutate.
const SEEDS: &[&str] = &[
    r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"a","stage":"ResponseComplete","verb":"get","user":{"username":"u","extra":{"authentication.kubernetes.io/pod-name":["p"]}},"objectRef":{"resource":"pods","name":"x","namespace":"n"},"responseStatus":{"code":200},"requestReceivedTimestamp":"2026-08-01T10:00:00Z","annotations":{"authorization.k8s.io/decision":"allow"}}"#,
    r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"s"}}]},"scopeSpans":[{"scope":{"name":"x"},"spans":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","parentSpanId":"eee19b7ec3c1b174","name":"execute_tool t","kind":3,"startTimeUnixNano":"1544712660000000000","endTimeUnixNano":1544712669000000000,"attributes":[{"key":"gen_ai.operation.name","value":{"stringValue":"execute_tool"}},{"key":"gen_ai.tool.call.arguments","value":{"kvlistValue":{"values":[{"key":"a","value":{"arrayValue":{"values":[{"intValue":"1"}]}}}]}}}],"status":{"code":2,"message":"é"}}]}]}]}"#,
    r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"1","eventName":"gen_ai.user.message","body":{"kvlistValue":{"values":[{"key":"content","value":{"stringValue":"hi"}}]}}}]}]}]}"#,
    r#"{"spans":[{"name":"call_llm m","kind":"client","parent":{"span_id":1},"context":{"trace_id":100927429609276267646756448943279827607,"span_id":9295669169508793927},"start_time":1758026593210770000,"attributes":{"gen_ai.operation.name":"call_llm","gen_ai.input.messages":"[{\"role\":\"user\",\"content\":\"x\"}]"}}]}"#,
    r#"{"data":[{"traceID":"b","spans":[{"traceID":"b","spanID":"c","operationName":"chat m","startTime":1,"references":[{"refType":"CHILD_OF","traceID":"b","spanID":"d"}],"tags":[{"key":"gen_ai.request.model","value":"m"}],"logs":[{"timestamp":2,"fields":[{"key":"event","value":"exception"}]}],"processID":"p1"}],"processes":{"p1":{"serviceName":"s"}}}]}"#,
    r#"{"traceId":"b","id":"c","timestamp":1,"duration":2,"localEndpoint":{"serviceName":"s"},"tags":{"gen_ai.tool.name":"t"},"annotations":[{"timestamp":1,"value":"x"}]}"#,
    r#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"m","sum":{"dataPoints":[{"asInt":"1"}]}}]}]}]}"#,
    r#"{"name":"ai.toolCall","spanContext":{"traceId":"b3e700af9eab81e19f72f964d62a35af","spanId":"39d6e9b3ddec9996"},"startTime":[1,2],"endTime":[1,3],"status":{"code":2},"attributes":{"ai.toolCall.name":"t","metadata":"{\"thread_id\":\"x\"}","gen_ai.tool.definitions":"[{\"name\":\"a\"}]","llm.output_messages.0.message.tool_calls.0.tool_call.function.name":"transfer_to_b","retrieval.documents.0.document.id":"d"},"events":[{"name":"gen_ai.tool.message","time":[1,2],"attributes":{"content":"x","id":"c"}}],"links":[{"context":{"traceId":"1","spanId":"2"}}]}"#,
    r#"{"kind":"ContainerProfile","apiVersion":"spdx.softwarecomposition.kubescape.io/v1beta1","metadata":{"name":"c","creationTimestamp":"2026-08-01T10:00:00Z","annotations":{"kubescape.io/status":"completed","kubescape.io/wlid":"wlid://cluster-c/namespace-n/deployment-d"}},"spec":{"execs":[{"path":"/bin/sh","args":["-c"]}],"opens":[{"path":"/x","flags":["O_RDWR"]}],"egress":[{"dnsNames":["a.b."],"ports":[{"port":443,"protocol":"TCP"}]}]}}"#,
    r#"{"eventSource":"sts.amazonaws.com","eventName":"AssumeRole","eventTime":"2026-08-01T10:00:00Z","errorCode":"AccessDenied","errorMessage":"User: u is not authorized to perform: sts:AssumeRole on resource: r because é","userIdentity":{"arn":"arn:aws:sts::1:assumed-role/r/s"},"requestParameters":"{\"roleArn\":\"r\",\"tags\":[{\"key\":\"k\"}]}","resources":[{"ARN":"a"}]}"#,
    r#"{"@timestamp":"2026-08-01T10:00:00Z","event.action":"x","event.provider":"y","aws.cloudtrail.user_identity.session_context":{"é":1},"aws.cloudtrail":7}"#,
    r#"{"timestamp":"2026-08-01T10:00:00Z","insertId":"i","resource":{"labels":{"cluster_name":"c"}},"protoPayload":{"serviceName":"k8s.io","methodName":"io.k8s.core.v1.pods.get","resourceName":"core/v1/namespaces/n/pods/p","status":{"code":7},"authorizationInfo":[{"granted":true}],"authenticationInfo":{"serviceAccountDelegationInfo":[{"firstPartyPrincipal":{"principalEmail":"é"}}]}}}"#,
    r#"{"time":"2026-08-01T10:00:00Z","operationName":{"value":"x"},"resourceId":"/subscriptions/s","resultSignature":"Forbidden","identity":{"authorization":{"evidence":{"role":"é"}}}}"#,
    r#"{"createdDateTime":"2026-08-01T10:00:00Z","appId":"a","status":{"errorCode":53003},"resourceDisplayName":"é","agent":{"agentType":"x"}}"#,
    r#"{"category":"AuditLogs","properties":{"activityDateTime":"2026-08-01T10:00:00Z","activityDisplayName":"é","targetResources":[{"modifiedProperties":[{}]}]}}"#,
    r#"{"sub":"a","iat":1785578400,"aud":["é"],"act":{"sub":"b","act":"c"},"delegation_chain":[{"delegatee":"d"}],"kubernetes.io":{"pod":{"name":"p"}}}"#,
    r#"{"predicateType":"x/agent-audit-record","predicate":{"issuedAt":"2026-08-01T10:00:00Z","decision":{"reported":"permit"},"agent":{"id":"é"}},"signatures":[{"keyid":"k"}]}"#,
    r#"{"ts":1795197815078784631,"dir":"server->client","frame":{"jsonrpc":"2.0","id":2,"result":{"tools":[{"name":"a","description":"d","inputSchema":{"type":"object"}}]}}}"#,
    r#"{"suite_name":"s","pipeline_name":"p","user_task_id":"u","duration":1.5,"messages":[{"role":"system","content":"é"},{"role":"user","content":"pay a@b.ch"},{"role":"assistant","tool_calls":[{"function":"pay","args":{"to":"a@b.ch","n":[1,{"x":"pay"}]},"id":"c"}]},{"role":"tool","tool_call_id":"c","content":"x"}]}"#,
    r#"{"task_id":1,"trial":0,"traj":[{"role":"user","content":"hi"}]}"#,
    r#"{"request":{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"x"}]}]},"response":{"created":1785578400,"choices":[{"message":{"role":"assistant","content":"é"}}],"usage":{"prompt_tokens":1}}}"#,
    r#"{"type":"user","uuid":"u","sessionId":"s","timestamp":"2026-08-01T10:00:00Z","cwd":"/home/é/x","toolUseResult":{"agentId":"a"},"message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"Permission to use é"}]}}"#,
    r#"{"timestamp":"2026-08-01T10:00:00Z","type":"response_item","payload":{"type":"function_call_output","call_id":"c","output":"{\"metadata\":{\"exit_code\":1}}"}}"#,
    r#"{"trace":{"id":"t"},"observations":[{"id":"a","traceId":"t","parentObservationId":null,"type":"TOOL","name":"é","startTime":"2026-08-01T10:00:00Z","metadata":"{\"attributes\":{\"a\":1}}","input":{"q":1}}]}"#,
    r#"{"name":"x","span_kind":"TOOL","start_time":"2026-08-01T10:00:00Z","context.trace_id":"t","context.span_id":"s","attributes.tool.name":"é"}"#,
    r#"{"id":"r","run_type":"llm","name":"x","start_time":"2026-08-01T10:00:00","child_runs":[{"id":"q","run_type":"tool","start_time":1}]}"#,
    r#"{"object":"trace.span","id":"s","trace_id":"t","started_at":"2026-08-01T10:00:00Z","span_data":{"type":"handoff","to_agent":"é"},"error":{"message":"x"}}"#,
    r#"{"info":{"trace_id":"t"},"data":{"spans":[{"span_id":"s","start_time_unix_nano":1,"attributes":{"mlflow.spanType":"\"TOOL\""}}]}}"#,
    r#"{"id":"c","trace_id":"t","op_name":"weave:///é/op/f:d","started_at":"2026-08-01T10:00:00Z","inputs":{"model":"m"}}"#,
    r#"{"decision_id":"d","labels":{},"path":"p","result":{"allow":false},"input":{"user":"é"},"timestamp":"2026-08-01T10:00:00Z"}"#,
    r#"{"jsonrpc":"2.0","id":1,"method":"agbom/snapshot","params":{"acs_version":"0.1.0","timestamp":"2026-08-01T10:00:00Z","metadata":{"agent_id":"é"},"payload":{"components":[{"type":"model","tools":["x"]}]}}}"#,
    r#"{"recorded_at":"2026-08-01T10:00:00Z","method":"steps/toolCallRequest","envelope":{"jsonrpc":"2.0","id":1,"result":{"decision":"ask","reasoning":"é"}}}"#,
];

proptest::proptest! {
    #[test]
    fn no_mutation_panics(
        seed in 0..SEEDS.len(),
        edits in proptest::collection::vec((0.0..1.0_f64, "[\\[\\]{}\",:0-9a-zé\\\\-]{0,3}"), 1..4),
    ) {
        let mut json = SEEDS[seed].to_owned();
        for (position, replacement) in &edits {
            let at = json.floor_char_boundary((json.len() as f64 * position) as usize);
            let end = json.ceil_char_boundary((at + 2).min(json.len()));
            json.replace_range(at..end, replacement);
        }
        // The core passes on well-formed documents only, but every reader must survive any text.
        for format in FORMATS {
            read_into(format, "a/tools-list.é.json", &json, &mut Collected::default());
        }
    }
}

// Real public data, when it is at hand.

fn real_data(folder: &str) -> Vec<(PathBuf, String)> {
    let root = std::env::var("DIPTYCH_REAL_DATA").map_or_else(
        |_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"),
        PathBuf::from,
    );
    let mut files: Vec<_> = walkdir::WalkDir::new(root.join(folder))
        .into_iter()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .filter_map(|entry| {
            let text = std::fs::read_to_string(entry.path()).ok()?;
            Some((entry.into_path(), text))
        })
        .collect();
    files.sort();
    files
}

/// The JSON documents of a file: lines, the whole, or YAML documents; items of lists one by one.
fn documents(path: &Path, text: &str) -> Vec<String> {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or("");
    let values: Vec<Value> = match extension {
        "yaml" => serde_saphyr::from_multiple(text).unwrap_or_default(),
        "json" | "jsonl" | "log" => {
            // Integers of 128 bits do not survive a value, so documents stay text unless they are lists.
            let stream = serde_json::Deserializer::from_str(text)
                .into_iter::<Box<serde_json::value::RawValue>>();
            let raw: Vec<String> =
                stream.map_while(Result::ok).map(|raw| raw.get().to_owned()).collect();
            if raw.iter().all(|json| !json.contains("\"items\"")) {
                return raw;
            }
            raw.iter().filter_map(|json| serde_json::from_str(json).ok()).collect()
        }
        _ => Vec::new(),
    };
    let unfolded = values.into_iter().flat_map(|value| match value.get("items") {
        Some(Value::Array(items)) => items.clone(),
        _ => vec![value],
    });
    unfolded.map(|value| value.to_string()).collect()
}

/// Reads a folder; gives the documents that some format claimed, and all that was read.
fn read_folder(folder: &str, keep: fn(&Path) -> bool) -> (usize, Collected) {
    let mut sink = Collected::default();
    let mut claimed = 0;
    for (path, text) in real_data(folder).iter().filter(|(path, _)| keep(path)) {
        let file = path.to_string_lossy();
        for json in documents(path, text) {
            if let Some(format) = format_of(&file, &json) {
                claimed += 1;
                read_into(format, &file, &json, &mut sink);
            }
        }
    }
    eprint_cases(folder, claimed, &sink);
    (claimed, sink)
}

#[expect(clippy::print_stderr, reason = "a test on real data says how many cases ran")]
fn eprint_cases(folder: &str, claimed: usize, sink: &Collected) {
    eprintln!(
        "{folder}: {claimed} documents, {} events, {} problems",
        sink.events.len(),
        sink.problems.len()
    );
}

fn count(sink: &Collected, kind: EventKind) -> usize {
    sink.events.iter().filter(|event| event.kind == kind).count()
}

fn distinct(sink: &Collected) -> usize {
    sink.events.iter().map(|event| event.id).collect::<std::collections::BTreeSet<_>>().len()
}

#[test]
fn real_any_agent_runs() {
    let (claimed, sink) = read_folder("otel-any-agent", |_| true);
    if claimed == 0 {
        return;
    }
    assert_eq!(sink.problems, []);
    assert_eq!(count(&sink, EventKind::AgentInvoke), claimed);
    assert!(count(&sink, EventKind::ToolCall) >= 6 && count(&sink, EventKind::ModelCall) >= 9);
    assert_eq!(distinct(&sink), sink.events.len());
    for event in &sink.events {
        assert_eq!(event.trace_id.as_ref().map(|id| id.raw().len()), Some(32));
        let inner = event.agent.as_ref().and_then(|agent| agent.inner.as_ref());
        assert_eq!(inner.map(|name| name.raw()), Some("any_agent"));
    }
}

#[test]
fn real_sdk_traces_and_logs() {
    let (claimed, sink) = read_folder("produced-by-sdks/otel", |path| {
        let name = path.to_string_lossy();
        name.contains("traces.otlp") || name.contains("logs.otlp")
    });
    if claimed == 0 {
        return;
    }
    assert_eq!(sink.problems, []);
    // Each tool call once, although client and server of MCP tell of three of them again.
    let mut tools: Vec<_> = sink
        .events
        .iter()
        .filter(|event| event.kind == EventKind::ToolCall)
        .map(|event| event.action.as_ref().map_or("", |name| name.raw()))
        .collect();
    tools.sort_unstable();
    assert_eq!(
        tools,
        [
            "delegate_to_coder",
            "delegate_to_researcher",
            "delegate_to_reviewer",
            "issue_refund",
            "lookup_invoice",
            "lookup_invoice",
            "read_file",
            "run_sql",
            "search_docs",
        ]
    );
    // A call is told by its span and by a log record beneath it.
    let calls: Vec<_> =
        sink.events.iter().filter(|event| event.kind == EventKind::ModelCall).collect();
    let spans: std::collections::BTreeSet<_> = calls.iter().map(|event| &event.span_id).collect();
    assert_eq!((calls.len(), spans.len()), (24, 12));
    assert!(calls.iter().all(|event| event.requested.is_some() && event.params.is_some()));
}

#[test]
fn real_spans_in_both_vocabularies_are_the_same_event() {
    let files = real_data("otel-openinference-fixtures");
    let attributes_of = |name: &str| {
        let (_, text) = files.iter().find(|(path, _)| path.ends_with(name))?;
        serde_json::from_str::<Value>(text).ok()
    };
    let read_as_span = |attributes: Value| {
        let span = serde_json::json!({"name": "x", "start_time": 1, "attributes": attributes});
        let mut event = one("x.json", &serde_json::json!({ "spans": [span] }).to_string());
        let unlike = one("x.json", r#"{"spans":[{"name":"x","start_time":1}]}"#);
        (event.id, event.evidence) = (unlike.id, unlike.evidence);
        event
    };
    let names = [
        "openinference_client_span_tool_calls.json",
        "openinference_client_span_input_output_only.json",
        "otel_genai_deprecated_client_span_tool_calls.json",
    ];
    let Some(expected) = attributes_of("otel_genai_client_span_tool_calls.json") else { return };
    let expected = read_as_span(expected);
    assert_eq!(lines(std::slice::from_ref(&expected)), ["model_call chat gpt-4-0613"]);
    for name in names {
        let event = read_as_span(attributes_of(name).expect(name));
        assert_eq!(event, expected, "{name}");
    }
}

#[test]
fn real_audit_logs() {
    let (claimed, sink) = read_folder("k8s-audit-falco", |_| true);
    if claimed > 0 {
        assert_eq!(sink.problems, []);
        assert!(sink.events.iter().all(|event| event.capability().is_some()));
    }
    let (claimed, sink) = read_folder("kube-apiserver", |path| path.ends_with("audit.log"));
    if claimed == 0 {
        return;
    }
    assert_eq!(sink.problems, []);
    assert_eq!(sink.events.len(), claimed);
    assert!(distinct(&sink) < claimed, "stages of one request share an id");
    let refused = sink
        .events
        .iter()
        .filter(|event| event.authorisation() == crate::domain::Authorisation::Refused)
        .count();
    assert_eq!(refused, 14, "12 forbidden, 2 not authenticated");
    let json = serde_json::to_string(&sink.events).expect("events are JSON");
    assert!(!json.contains("eyJ"), "no token may survive");
}

#[test]
fn real_kubescape_profiles() {
    let (claimed, sink) = read_folder("op-kubescape-storage/container-profiles-crd-json", |_| true);
    if claimed > 0 {
        assert_eq!(sink.problems, []);
        assert_eq!(sink.coverage.len(), claimed * 3);
        assert_eq!(sink.coverage.iter().filter(|c| !c.partial).count(), 2 * 3);
        assert!(sink.events.iter().all(|event| {
            event.agent.as_ref().is_some_and(|agent| {
                agent.realm == "kind-kind"
                    && ["coredns", "multiple-containers-deployment"].contains(&agent.name.raw())
            })
        }));
    }
    let (claimed, sink) = read_folder("op-kubescape-node-agent", |_| true);
    if claimed > 0 {
        // All of these are written by people.
        assert_eq!(sink.events, []);
        assert_eq!(sink.problems.len(), claimed);
    }
    let (claimed, sink) =
        read_folder("kube-apiserver", |path| path.ends_with("kubescape-crs.yaml"));
    if claimed > 0 {
        assert_eq!(sink.problems, []);
        assert!(count(&sink, EventKind::Egress) >= 2 && count(&sink, EventKind::Exec) >= 1);
    }
}

#[test]
fn real_mcp_catalogs() {
    let (claimed, sink) = read_folder("mcp-github-catalogs", |_| true);
    if claimed > 0 {
        assert_eq!(sink.problems, []);
        assert_eq!(count(&sink, EventKind::Catalog), sink.events.len());
        let catalogs: std::collections::BTreeSet<_> =
            sink.events.iter().map(|event| event.session.clone()).collect();
        assert_eq!(catalogs.len(), claimed);
    }
    let (claimed, sink) = read_folder("produced-by-sdks/mcp", |_| true);
    if claimed > 0 {
        assert_eq!(sink.problems, []);
        assert!(count(&sink, EventKind::ToolCall) >= 6 && count(&sink, EventKind::Catalog) >= 20);
        assert!(sink.problems.iter().all(|problem| problem.kind != ProblemKind::Malformed));
    }
}

use crate::ingest::operational::tests::{lines, one, read};

/// A span `execute_tool read` of the agent workload `desk`, under `aaaa…`, that failed.
const TAGS: &str = r#""gen_ai.tool.name":"read","gen_ai.tool.call.id":"c1","otel.status_code":"ERROR","otel.status_description":"boom","otel.scope.name":"lib""#;

fn otlp() -> crate::domain::Event {
    one(
        "x.json",
        r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"desk"}}]},"scopeSpans":[{"scope":{"name":"lib"},"spans":[{"traceId":"0000000000000000bbbbbbbbbbbbbbbb","spanId":"cccccccccccccccc","parentSpanId":"aaaaaaaaaaaaaaaa","name":"execute_tool read","kind":1,"startTimeUnixNano":"1500000000000001000","endTimeUnixNano":"1500000000000009000","status":{"code":2,"message":"boom"},"attributes":[{"key":"gen_ai.tool.name","value":{"stringValue":"read"}},{"key":"gen_ai.tool.call.id","value":{"stringValue":"c1"}}]}]}]}]}"#,
    )
}

/// The same span in another shape is the same event, but for where it was read.
#[track_caller]
fn check(json: &str) {
    let mut event = one("x.json", json);
    let expected = otlp();
    event.source = expected.source.clone();
    event.evidence = expected.evidence.clone();
    assert_eq!(event, expected, "{json}");
}

#[test]
fn a_span_of_jaeger_is_the_same_event() {
    let tags: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(&format!("{{{TAGS}}}")).expect("JSON");
    let tags: Vec<_> = tags
        .iter()
        .map(|(key, value)| serde_json::json!({"key": key, "type": "string", "value": value}))
        .collect();
    let span = serde_json::json!({
        "traceID": "bbbbbbbbbbbbbbbb", "spanID": "cccccccccccccccc",
        "operationName": "execute_tool read",
        "references": [{"refType": "CHILD_OF", "traceID": "bbbbbbbbbbbbbbbb", "spanID": "aaaaaaaaaaaaaaaa"}],
        "startTime": 1_500_000_000_000_001_i64, "duration": 8, "tags": tags, "processID": "p1",
    });
    let trace = serde_json::json!({
        "traceID": "bbbbbbbbbbbbbbbb", "spans": [span],
        "processes": {"p1": {"serviceName": "desk", "tags": []}, "p2": 5},
    });
    check(&trace.to_string());
    check(&serde_json::json!({"data": [trace], "total": 0}).to_string());
    let mut alone = span;
    alone["process"] = serde_json::json!({"serviceName": "desk", "tags": []});
    check(&alone.to_string());
}

#[test]
fn a_span_of_zipkin_is_the_same_event() {
    check(&format!(
        r#"{{"traceId":"bbbbbbbbbbbbbbbb","id":"cccccccccccccccc","parentId":"aaaaaaaaaaaaaaaa","name":"execute_tool read","timestamp":1500000000000001,"duration":8,"localEndpoint":{{"serviceName":"desk"}},"tags":{{{TAGS}}}}}"#
    ));
}

#[test]
fn logs_and_references_of_jaeger() {
    let event = one(
        "x.json",
        r#"{"traceID":"b","spanID":"c","operationName":"chat m","startTime":1,"duration":1,
            "references":[{"refType":"FOLLOWS_FROM","traceID":"b","spanID":"d"},{"refType":5}],
            "tags":[{"key":"gen_ai.request.model","value":"m"},{"key":"error","value":true},{"key":7}],
            "logs":[{"timestamp":2,"fields":[{"key":"event","value":"exception"},{"key":"exception.type","value":"Timeout"}]}]}"#,
    );
    assert_eq!(event.error, Some("Timeout".into()));
    let params = event.params.unwrap_or_default();
    assert_eq!(
        params,
        r#"{"links":[{"span":"000000000000000d","trace":"0000000000000000000000000000000b"}]}"#
    );
}

#[test]
fn bad_spans_are_set_aside_alone() {
    let good = r#"{"traceID":"b","spanID":"c","operationName":"x","startTime":1}"#;
    let json = format!(
        r#"{{"data":[5,{{"traceID":"b","spans":[{{"operationName":7}},{{"operationName":"undated"}},{good}],"processes":{{}}}}]}}"#
    );
    let read = read("x.json", &json);
    assert_eq!(lines(&read.events), ["other x -"]);
    assert_eq!(read.problems.len(), 2);
}

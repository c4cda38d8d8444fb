use std::ops::ControlFlow;

use crate::domain::{Decision, Digest, EventKind, ProblemKind, Text};
use crate::ingest::operational::tests::{lines, one, read};
use crate::ingest::{Collected, Source};

/// A line with these spans, of the workload `c1/agents/billing`.
fn line(spans: &str) -> String {
    format!(
        r#"{{"resourceSpans":[{{"resource":{{"attributes":[
            {{"key":"service.name","value":{{"stringValue":"svc"}}}},
            {{"key":"k8s.cluster.name","value":{{"stringValue":"c1"}}}},
            {{"key":"k8s.namespace.name","value":{{"stringValue":"agents"}}}},
            {{"key":"k8s.deployment.name","value":{{"stringValue":"billing"}}}},
            {{"key":"k8s.pod.name","value":{{"stringValue":"billing-7f"}}}}]}},
            "scopeSpans":[{{"scope":{{"name":"genai"}},"spans":[{spans}]}}]}}]}}"#
    )
}

/// One span; `id` and `parent` are single digits, attributes are plain JSON of strings.
fn span(id: u8, parent: u8, name: &str, kind: u8, attributes: &str) -> String {
    let attributes: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(attributes).expect("attributes");
    let attributes: Vec<_> = attributes
        .iter()
        .map(|(key, value)| serde_json::json!({"key": key, "value": {"stringValue": value}}))
        .collect();
    serde_json::json!({
        "traceId": "5B8EFFF798038103D269B633813FC60C",
        "spanId": format!("{id:016x}"),
        "parentSpanId": if parent == 0 { String::new() } else { format!("{parent:016x}") },
        "name": name, "kind": kind,
        "startTimeUnixNano": "1544712660000000000", "endTimeUnixNano": "1544712660000000500",
        "attributes": attributes,
    })
    .to_string()
}

fn spans(spans: &[String]) -> Collected {
    let read = read("x.jsonl", &line(&spans.join(",")));
    assert_eq!(read.problems, []);
    read
}

#[test]
fn a_delegation_of_agents_and_tools() {
    let read = spans(&[
        span(
            1,
            0,
            "invoke_agent planner",
            1,
            r#"{"gen_ai.operation.name":"invoke_agent","gen_ai.agent.name":"planner","gen_ai.conversation.id":"c-42","enduser.id":"alice"}"#,
        ),
        span(
            2,
            1,
            "chat m",
            3,
            r#"{"gen_ai.operation.name":"chat","gen_ai.request.model":"m","gen_ai.response.model":"m-1","gen_ai.usage.input_tokens":"812","gen_ai.input.messages":"[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"refund, password=x\"}]},{\"role\":\"assistant\"}]"}"#,
        ),
        span(
            3,
            1,
            "execute_tool read",
            1,
            r#"{"gen_ai.operation.name":"execute_tool","gen_ai.tool.name":"read","gen_ai.tool.call.id":"call_1","gen_ai.tool.call.arguments":"{\"api_key\":\"k\",\"id\":7}","gen_ai.tool.call.result":"ok"}"#,
        ),
    ]);
    assert_eq!(
        lines(&read.events),
        ["agent_invoke invoke_agent planner", "model_call chat m-1", "tool_call read -"]
    );
    for event in &read.events {
        let agent = event.agent.as_ref().map(|agent| agent.visible());
        assert_eq!(agent.as_deref(), Some("c1/agents/billing/planner"));
        assert_eq!(event.session, Some("c-42".into()));
        assert_eq!(event.on_behalf_of, Some("alice".into()));
        assert_eq!(event.instance, Some("billing-7f".into()));
        assert_eq!(event.trace_id, Some("5b8efff798038103d269b633813fc60c".into()));
        assert_eq!(event.duration, Some(500));
    }
    let [_, chat, tool] = read.events.as_slice() else { unreachable!("three events") };
    assert_eq!((&chat.model, &chat.requested), (&Some("m".into()), &Some("m".into())));
    assert_eq!(chat.tokens_in, Some(812));
    let params = chat.params.as_ref().map_or("", Text::raw);
    assert!(params.contains(r#""prompt":"refund, password=***"#), "{params}");
    assert_eq!(tool.params, Some(r#"{"api_key":"***94a4ab89","id":7}"#.into()));
    assert_eq!(tool.call_id, Some("call_1".into()));
    assert!(tool.output_digest.is_some());
}

#[test]
fn one_call_told_three_times_counts_once() {
    const TOOL: &str = r#"{"gen_ai.operation.name":"execute_tool","gen_ai.tool.name":"run_sql"}"#;
    const CLIENT: &str = r#"{"mcp.method.name":"tools/call"}"#;
    const SERVER: &str = r#"{"mcp.method.name":"tools/call","gen_ai.operation.name":"execute_tool","gen_ai.tool.name":"run_sql"}"#;
    let check = |told: &[String], expected: &[&str]| {
        assert_eq!(lines(&spans(told).events), expected);
    };
    let framework = span(1, 9, "execute_tool run_sql", 1, TOOL);
    let client = span(2, 1, "MCP send tools/call run_sql", 3, CLIENT);
    let server = span(3, 2, "tools/call run_sql", 2, SERVER);
    check(
        &[server.clone(), client.clone(), framework],
        &["other mcp tools/call run_sql", "other mcp tools/call run_sql", "tool_call run_sql -"],
    );
    // Without the framework's record the client's is the call; a server's alone has no known caller.
    check(&[client, server], &["tool_call run_sql -", "other mcp tools/call run_sql"]);
    let alone = spans(&[span(3, 0, "tools/call run_sql", 2, SERVER)]);
    assert_eq!(lines(&alone.events), ["tool_call run_sql svc"]);
    assert_eq!(alone.events[0].agent, None);
}

#[test]
fn every_vocabulary() {
    #[track_caller]
    fn check(name: &str, attributes: &str, expected: &str) {
        assert_eq!(lines(&spans(&[span(1, 0, name, 1, attributes)]).events), [expected]);
    }
    check("x", r#"{"openinference.span.kind":"TOOL","tool.name":"t"}"#, "tool_call t -");
    check("x", r#"{"openinference.span.kind":"LLM","llm.model_name":"m"}"#, "model_call chat m");
    check("desk", r#"{"openinference.span.kind":"AGENT"}"#, "agent_invoke invoke_agent desk");
    check("x", r#"{"openinference.span.kind":"CHAIN"}"#, "other x -");
    check("x", r#"{"openinference.span.kind":"RETRIEVER"}"#, "tool_call retrieval -");
    check("x", r#"{"traceloop.span.kind":"tool","traceloop.entity.name":"t"}"#, "tool_call t -");
    check(
        "x",
        r#"{"gen_ai.system":"openai","llm.request.type":"chat","gen_ai.request.model":"m","gen_ai.prompt.0.role":"user","gen_ai.prompt.0.content":"hi"}"#,
        "model_call chat m",
    );
    check(
        "x",
        r#"{"gen_ai.operation.name":"embeddings","gen_ai.request.model":"e"}"#,
        "model_call embeddings e",
    );
    check(
        "x",
        r#"{"gen_ai.operation.name":"execute_tool","gen_ai.tool.name":"t","gen_ai.transfer.target.name":"b","gen_ai.transfer.mode":"pass_control"}"#,
        "handoff handoff b",
    );
    check(
        "g",
        r#"{"gen_ai.operation.name":"run_guardrail","gen_ai.guardrail.verdict.type":"deny"}"#,
        "guardrail g -",
    );
    check("m", r#"{"mcp.method.name":"tools/list"}"#, "other mcp tools/list -");
    check("GET /", r#"{"http.method":"GET"}"#, "other GET / -");
    check("x", r#"{"gen_ai.operation.name":"invoke_workflow"}"#, "other invoke_workflow -");
}

#[test]
fn errors_fail_and_silence_succeeds() {
    let failed =
        span(1, 0, "execute_tool t", 1, r#"{"gen_ai.tool.name":"t","error.type":"timeout"}"#);
    let read = spans(&[failed, span(2, 0, "execute_tool t", 1, r#"{"gen_ai.tool.name":"t"}"#)]);
    let outcomes: Vec<_> = read.events.iter().map(|event| (event.outcome, &event.error)).collect();
    use crate::domain::Outcome::{Failure, Success};
    assert_eq!(outcomes, [(Some(Failure), &Some("timeout".into())), (Some(Success), &None)]);
}

#[test]
fn odd_encodings_are_the_same_span() {
    let plain = span(1, 0, "x", 2, "{}");
    let snake = r#"{"resource_spans":[{"scope_spans":[{"spans":[{"trace_id":"W47/95gDgQPSabYzgT/GDA==","span_id":[0,0,0,0,0,0,0,1],"parent_span_id":null,"name":"x","kind":"SPAN_KIND_SERVER","start_time_unix_nano":1544712660000000000,"new":{}}]}]}]}"#;
    assert_eq!(one("x.jsonl", &line(&plain)).id, one("x.jsonl", snake).id);
}

#[test]
fn a_bad_span_costs_only_itself() {
    let bad = r#"{"name":5},{"name":"no time"}"#;
    let read = read("x.jsonl", &line(&format!("{bad},{}", span(1, 0, "x", 1, "{}"))));
    assert_eq!(lines(&read.events), ["other x -"]);
    let kinds: Vec<_> = read.problems.iter().map(|problem| problem.kind).collect();
    assert_eq!(kinds, [ProblemKind::Malformed, ProblemKind::MissingField]);
}

#[test]
fn cycles_of_parents_end() {
    let read =
        spans(&[span(1, 2, "a", 1, "{}"), span(2, 1, "b", 1, "{}"), span(3, 3, "c", 1, "{}")]);
    assert_eq!(read.events.len(), 3);
}

#[test]
fn logs_of_agent_software() {
    let log = |record: &str| {
        format!(r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{record}]}}]}}]}}"#)
    };
    let details = one(
        "x.jsonl",
        &log(
            r#"{"observedTimeUnixNano":"1795197992138270257","body":{},"eventName":"gen_ai.client.inference.operation.details","traceId":"5b8efff798038103d269b633813fc60c","spanId":"0000000000000001","attributes":[{"key":"gen_ai.operation.name","value":{"stringValue":"chat"}},{"key":"gen_ai.request.model","value":{"stringValue":"m"}},{"key":"gen_ai.input.messages","value":{"arrayValue":{"values":[{"kvlistValue":{"values":[{"key":"role","value":{"stringValue":"user"}},{"key":"parts","value":{"arrayValue":{"values":[{"kvlistValue":{"values":[{"key":"content","value":{"stringValue":"hello"}}]}}]}}}]}}]}}}]}"#,
        ),
    );
    assert_eq!(lines(std::slice::from_ref(&details)), ["model_call chat m"]);
    assert!(details.params.as_ref().is_some_and(|params| params.raw().contains("hello")));
    // The span has the duration and the parent: neither record may stand in the way of the other.
    let call = one("x.jsonl", &line(&span(1, 0, "chat m", 3, "{}")));
    assert_ne!(details.id, call.id);
    assert_eq!((details.trace_id, details.span_id), (call.trace_id, call.span_id));

    let user = one(
        "x.jsonl",
        &log(
            r#"{"timeUnixNano":"1","attributes":[{"key":"event.name","value":{"stringValue":"gen_ai.user.message"}}],"body":{"kvlistValue":{"values":[{"key":"content","value":{"stringValue":"hi"}}]}}}"#,
        ),
    );
    assert_eq!((user.kind, user.outcome), (EventKind::Prompt, None));
    assert!(user.params.is_some_and(|params| params.raw().contains(r#""prompt":"hi""#)));

    let plain = one(
        "x.jsonl",
        &log(r#"{"timeUnixNano":"1","severityText":"INFO","body":{"stringValue":"Bearer abc"}}"#),
    );
    assert_eq!(plain.kind, EventKind::Other);
    assert_eq!(plain.params, Some(r#"{"body":"Bearer ***a77fc933"}"#.into()));
}

/// Reads a whole file, as the case does.
fn file(text: &str) -> Collected {
    let source = Source::new(Digest::of(text.as_bytes()), "x.jsonl");
    let mut found = Collected::default();
    let progress = &mut |_| ControlFlow::Continue(());
    crate::ingest::read(&source, &mut text.as_bytes(), &mut found, progress);
    found
}

#[test]
fn an_agent_in_a_later_batch_is_the_agent_of_earlier_calls() {
    let call = span(2, 1, "execute_tool t", 1, r#"{"gen_ai.tool.name":"t"}"#);
    let agent = span(
        1,
        0,
        "invoke_agent planner",
        1,
        r#"{"gen_ai.operation.name":"invoke_agent","gen_ai.conversation.id":"c-42"}"#,
    );
    let found = file(&format!("{}\n{}", one_line(&call), one_line(&agent)));
    assert_eq!(found.problems, []);
    let tool = found.events.iter().find(|event| event.kind == EventKind::ToolCall);
    let tool = tool.expect("a tool call");
    assert_eq!(tool.session, Some("c-42".into()));
    let inner = tool.agent.as_ref().and_then(|agent| agent.inner.clone());
    assert_eq!(inner, Some("planner".into()));
}

/// A line with one span, without line feeds.
fn one_line(span: &str) -> String {
    line(span).replace('\n', "")
}

#[test]
fn metrics_are_one_problem_over_a_file() {
    let metrics = r#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"sum":{"dataPoints":[{},{}]}},{"gauge":{"dataPoints":[5]}},7]},8]},9]}"#;
    let found = file(&format!("{metrics}\n{metrics}"));
    let problems: Vec<_> =
        found.problems.iter().map(|p| (p.kind, p.at.to_string(), p.message.as_str())).collect();
    let message = "6 metric data points, which are totals and show no single act";
    assert_eq!(problems, [(ProblemKind::Unsupported, ":1".to_owned(), message)]);
    assert!(file(r#"{"resourceMetrics":[]}"#).problems.is_empty());
}

#[test]
fn answers_of_trace_stores_hold_the_same_span() {
    let plain = line(&span(1, 0, "x", 1, "{}"));
    let resources =
        plain.strip_prefix(r#"{"resourceSpans":"#).and_then(|rest| rest.strip_suffix('}'));
    let resources = resources.expect("a line");
    let expected = one("x.json", &plain).id;
    for answer in [format!(r#"{{"batches":{resources}}}"#), format!(r#"{{"trace":{plain}}}"#)] {
        assert_eq!(one("x.json", &answer).id, expected, "{answer}");
    }
}

#[test]
fn a_bad_resource_costs_only_itself() {
    let good = line(&span(1, 0, "x", 1, "{}"));
    let bad = good.replacen("[{", r#"[5,{"scopeSpans":7},{"#, 1);
    let read = read("x.json", &bad);
    assert_eq!((read.events.len(), read.problems.len()), (1, 2));
}

#[test]
fn a_record_of_a_log_is_one_event_in_every_spelling() {
    let camel = r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"7","severityText":"INFO","body":{"stringValue":"line"},"attributes":[{"key":"a","value":{"intValue":"1"}}],"traceId":"5B8EFFF798038103D269B633813FC60C"}]}]}]}"#;
    let snake = r#"{"resource_logs":[{"scope_logs":[{"log_records":[{"trace_id":"W47/95gDgQPSabYzgT/GDA==","time_unix_nano":7,"severity_text":"INFO","attributes":[{"key":"a","value":{"int_value":1}}],"body":{"string_value":"line"}}]}]}]}"#;
    assert_eq!(one("x.json", camel).id, one("x.json", snake).id);
    assert_ne!(one("x.json", camel).id, one("x.json", &camel.replace("line", "other")).id);
}

#[test]
fn a_verdict_in_a_log_is_a_guardrail_of_its_span() {
    let verdict = one(
        "x.json",
        r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"7","eventName":"gen_ai.guardrail.result","traceId":"5b8efff798038103d269b633813fc60c","spanId":"0000000000000001","attributes":[{"key":"gen_ai.guardrail.name","value":{"stringValue":"pii"}},{"key":"gen_ai.guardrail.verdict.type","value":{"stringValue":"deny"}}]}]}]}]}"#,
    );
    assert_eq!(lines(std::slice::from_ref(&verdict)), ["guardrail pii -"]);
    assert_eq!(verdict.decision, Some(Decision::Deny));
    assert_eq!(verdict.parent_span_id, Some("0000000000000001".into()));
    assert_eq!(verdict.span_id, None);
}

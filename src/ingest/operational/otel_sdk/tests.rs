use crate::ingest::operational::tests::{lines, one, read};

#[test]
fn integers_of_128_bits_survive_exactly() {
    let event = one(
        "run.json",
        r#"{"final_output":null,"spans":[{"name":"call_llm m","kind":"internal",
            "parent":{"trace_id":100927429609276267646756448943279827607,"span_id":12324293800750531911},
            "start_time":1758026593210770000,"end_time":1758026593449611000,
            "status":{"status_code":"ok","description":null},
            "context":{"trace_id":100927429609276267646756448943279827607,"span_id":9295669169508793927},
            "attributes":{"gen_ai.operation.name":"call_llm","gen_ai.request.model":"m","gen_ai.usage.input_tokens":269},
            "resource":{"attributes":{"service.name":"s"}}}]}"#,
    );
    assert_eq!(event.trace_id, Some("4bedea77bb33b9c5f280371eae21ea97".into()));
    assert_eq!(event.span_id, Some("8100d9dbee1f3e47".into()));
    assert_eq!(event.parent_span_id, Some("ab08afea3548c547".into()));
    assert_eq!(event.tokens_in, Some(269));
    assert_eq!(lines(&[event]), ["model_call chat m"]);
}

#[test]
fn a_console_exporter_prints_the_same_span() {
    let printed = one(
        "console.json",
        r#"{"name":"execute_tool t","context":{"trace_id":"0x5b8efff798038103d269b633813fc60c","span_id":"0xeee19b7ec3c1b174","trace_state":"[]"},
            "kind":"SpanKind.INTERNAL","parent_id":null,"start_time":"2026-08-01T10:00:00.000000Z","end_time":"2026-08-01T10:00:01Z",
            "status":{"status_code":"ERROR","description":"boom"},"attributes":{"gen_ai.tool.name":"t","gen_ai.tool.args":{"a":1}},"events":[],"links":[],
            "resource":{"attributes":{"service.name":"s"},"schema_url":""}}"#,
    );
    assert_eq!(printed.error, Some("boom".into()));
    assert_eq!(printed.params, Some(r#"{"a":1}"#.into()));
    let exported = one(
        "x.jsonl",
        r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","name":"x","startTimeUnixNano":"1"}]}]}]}"#,
    );
    assert_eq!(printed.id, exported.id);
}

#[test]
fn bad_spans_are_set_aside_alone() {
    let read = read("x.json", r#"{"spans":[5,{"name":"undated"},{"name":"x","start_time":1}]}"#);
    assert_eq!((read.events.len(), read.problems.len()), (1, 2));
}

#[test]
fn javascript_prints_the_same_span() {
    let span = one(
        "dump.json",
        r#"{"name":"chat m","spanContext":{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174"},
            "parentSpanContext":{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"aaa19b7ec3c1b174"},
            "kind":2,"startTime":[1770131992,242000000],"endTime":[1770131994,21415667],"status":{"code":2,"message":"boom"},
            "attributes":{"gen_ai.request.model":"m"},"events":[]}"#,
    );
    assert_eq!(span.time.to_string(), "2026-02-03T15:19:52.242Z");
    assert_eq!(span.duration, Some(1_779_415_667));
    assert_eq!(span.parent_span_id, Some("aaa19b7ec3c1b174".into()));
    assert_eq!(span.error, Some("boom".into()));
    assert_eq!(lines(&[span]), ["model_call chat m"]);
}

#[test]
fn attributes_without_their_span_are_no_event() {
    for attributes in
        [r#"{"openinference.span.kind":"LLM","name":"x"}"#, r#"{"gen_ai.operation.name":"chat"}"#]
    {
        let read = read("x.json", attributes);
        assert!(read.events.is_empty());
        let messages: Vec<_> = read.problems.iter().map(|p| p.message.as_str()).collect();
        assert_eq!(messages, ["a span without a time"], "{attributes}");
    }
}

#[test]
fn ids_and_times_beside_the_name_are_the_same_span() {
    for (trace, span, parent, start) in [
        ("trace_id", "span_id", "parent_span_id", "start_time_unix_nano"),
        ("traceId", "spanId", "parentSpanId", "startTimeUnixNano"),
    ] {
        let flat = one(
            "spans.jsonl",
            &format!(
                r#"{{"{trace}":"5b8efff798038103d269b633813fc60c","{span}":"eee19b7ec3c1b174","{parent}":"aaa19b7ec3c1b174",
                "name":"x","{start}":"1791676800000000000","attributes":{{"gen_ai.operation.name":"execute_tool","gen_ai.tool.name":"t"}}}}"#
            ),
        );
        assert_eq!(flat.trace_id, Some("5b8efff798038103d269b633813fc60c".into()));
        assert_eq!(flat.parent_span_id, Some("aaa19b7ec3c1b174".into()));
        assert_eq!(flat.time.to_string(), "2026-10-11T00:00:00Z");
        assert_eq!(lines(&[flat]), ["tool_call t -"]);
    }
}

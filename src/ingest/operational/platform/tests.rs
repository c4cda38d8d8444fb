use crate::domain::{Decision, Outcome};
use crate::ingest::Collected;
use crate::ingest::operational::tests::{lines, one, read, read_into};

#[track_caller]
fn check(json: &str, format: &str, expected: &[&str]) {
    let found = read("export.json", json);
    assert_eq!(found.problems, [], "{json}");
    assert_eq!(lines(&found.events), expected, "{json}");
    for event in &found.events {
        assert_eq!(event.source, format, "{json}");
    }
}

#[test]
fn langfuse_observations() {
    let observation = |id: &str, kind: &str, name: &str, rest: &str| {
        format!(
            r#"{{"id":"{id}","traceId":"t","parentObservationId":null,"type":"{kind}","name":"{name}",
            "startTime":"2026-08-01T10:00:00.000Z","endTime":"2026-08-01T10:00:01.000Z","level":"DEFAULT",{rest}}}"#
        )
    };
    let agent = observation(
        "a",
        "AGENT",
        "desk",
        r#""metadata":"{\"attributes\":{\"gen_ai.agent.name\":\"desk\"}}""#,
    );
    let model = observation(
        "b",
        "GENERATION",
        "call",
        r#""model":"m","inputUsage":3,"usageDetails":{"output":4},"metadata":{}"#,
    );
    let tool = observation(
        "c",
        "TOOL",
        "running",
        r#""input":{"q":1},"output":"x","metadata":{"attributes":{"gen_ai.tool.name":"find"}}"#,
    );
    let lines = &["agent_invoke invoke_agent desk", "model_call chat m", "tool_call find -"];
    let observations = format!("[{agent},{model},{tool}]");
    check(&format!(r#"{{"trace":{{"id":"t"}},"observations":{observations}}}"#), "langfuse", lines);
    check(&format!(r#"{{"data":{observations},"meta":{{"page":1}}}}"#), "langfuse", lines);
    let event = one("x.json", &model);
    assert_eq!((event.tokens_in, event.tokens_out), (Some(3), Some(4)));
    let failed = observation(
        "d",
        "SPAN",
        "find",
        r#""statusMessage":"boom","metadata":{"langgraph_node":"tools","inputs":{"q":1}}"#,
    );
    let failed = one("x.json", &failed.replace("DEFAULT", "ERROR"));
    assert_eq!((failed.outcome, failed.error), (Some(Outcome::Failure), Some("boom".into())));
    assert_eq!(failed.params, Some(r#"{"q":1}"#.into()));
}

#[test]
fn the_same_span_from_a_platform_and_from_its_sdk_is_one_event() {
    let exported = one(
        "x.json",
        r#"{"id":"eee19b7ec3c1b174","traceId":"5b8efff798038103d269b633813fc60c","parentObservationId":null,"type":"SPAN",
            "name":"x","startTime":"2026-08-01T10:00:00Z"}"#,
    );
    let printed = one(
        "x.json",
        r#"{"name":"x","context":{"trace_id":"0x5b8efff798038103d269b633813fc60c","span_id":"0xeee19b7ec3c1b174"},
            "start_time":"2026-08-01T10:00:00Z","attributes":{}}"#,
    );
    assert_eq!(exported.id, printed.id);
}

#[test]
fn phoenix_rows() {
    check(
        r#"{"name":"find","span_kind":"TOOL","parent_id":null,"start_time":"2026-08-01T10:00:00Z","end_time":null,"status_code":"OK",
            "context.trace_id":"5b8efff798038103d269b633813fc60c","context.span_id":"eee19b7ec3c1b174",
            "attributes.tool.name":"find","attributes.input.value":"{\"q\":1}","attributes.llm.model_name":null}"#,
        "phoenix",
        &["tool_call find -"],
    );
    check(
        r#"{"data":[{"id":"x","name":"call","context":{"trace_id":"t","span_id":"s"},"span_kind":"LLM","start_time":"2026-08-01T10:00:00Z",
            "attributes":{"llm.model_name":"m"}}],"next_cursor":null}"#,
        "phoenix",
        &["model_call chat m"],
    );
}

#[test]
fn langsmith_runs() {
    check(
        r#"{"id":"r1","trace_id":"r1","run_type":"chain","name":"LangGraph","start_time":"2026-08-01T10:00:00","child_runs":[
            {"id":"r2","trace_id":"r1","parent_run_id":"r1","run_type":"llm","name":"ChatX","start_time":"2026-08-01T10:00:01",
             "extra":{"metadata":{"ls_model_name":"m","thread_id":"s"}},"prompt_tokens":3},
            {"id":"r3","trace_id":"r1","parent_run_id":"r1","run_type":"tool","name":"find","start_time":1785578402000,
             "inputs":{"q":1},"error":"ToolException"}]}"#,
        "langsmith",
        &["other LangGraph -", "model_call chat m", "tool_call find -"],
    );
}

#[test]
fn openai_traces() {
    let span = |id: &str, data: &str| {
        format!(
            r#"{{"object":"trace.span","id":"{id}","trace_id":"trace_1","parent_id":null,"started_at":"2026-08-01T10:00:00+00:00",
            "ended_at":"2026-08-01T10:00:01+00:00","span_data":{data},"error":null}}"#
        )
    };
    let handoff = span("span_2", r#"{"type":"handoff","from_agent":"desk","to_agent":"billing"}"#);
    check(
        &format!(
            r#"{{"data":[{{"object":"trace","id":"trace_1","workflow_name":"flow","group_id":"g"}},{},{handoff},{}]}}"#,
            span("span_1", r#"{"type":"agent","name":"desk","tools":["find"]}"#),
            span("span_3", r#"{"type":"function","name":"find","input":"{}","output":"x"}"#),
        ),
        "openai-traces",
        &["agent_invoke invoke_agent desk", "handoff handoff billing", "tool_call find -"],
    );
    let guardrail =
        one("x.jsonl", &span("g", r#"{"type":"guardrail","name":"topic","triggered":true}"#));
    assert_eq!(guardrail.decision, Some(Decision::Deny));
    check(r#"{"object":"trace","id":"trace_1","workflow_name":"flow"}"#, "openai-traces", &[]);
}

#[test]
fn mlflow_traces() {
    check(
        r#"{"info":{"trace_id":"tr-1","trace_metadata":{"mlflow.trace.session":"s"}},"data":{"spans":[
            {"trace_id":"W47/95gDgQPSabYzgT/GDA==","span_id":"7uGbfsPBsXQ=","name":"agent","start_time_unix_nano":1785578400000000000,
             "status":{"code":"STATUS_CODE_OK"},"attributes":{"mlflow.spanType":"\"AGENT\""}},
            {"context":{"trace_id":"0x5b","span_id":"0x1"},"name":"find_1","start_time":1785578400000000000,"status_code":"ERROR","status_message":"no",
             "attributes":{"mlflow.spanType":"\"TOOL\"","mlflow.spanFunctionName":"\"find\"","mlflow.spanInputs":"{\"q\":1}"}}]}}"#,
        "mlflow",
        &["agent_invoke invoke_agent agent", "tool_call find -"],
    );
}

#[test]
fn weave_calls() {
    check(
        r#"{"id":"c1","trace_id":"t1","op_name":"weave:///acme/desk/op/openai.chat.completions.create:AbC","started_at":"2026-08-01T10:00:00Z",
            "project_id":"acme/desk","inputs":{"model":"m"},"output":null}"#,
        "weave",
        &["model_call chat m"],
    );
    check(
        r#"{"id":"c2","trace_id":"t1","op_name":"find","started_at":"2026-08-01T10:00:00Z","attributes":{"weave":{"kind":"tool"}},"inputs":{"q":1}}"#,
        "weave",
        &["tool_call find -"],
    );
}

#[test]
fn an_undated_span_is_set_aside_alone() {
    let found = read(
        "x.json",
        r#"{"runs":[{"id":"a","run_type":"tool","name":"x"},{"id":"b","run_type":"tool","name":"y","start_time":1785578400}]}"#,
    );
    assert_eq!((found.events.len(), found.problems.len()), (1, 1));
}

#[test]
fn runs_nest_only_so_deep() {
    let run = r#"{"id":"r","run_type":"chain","start_time":1,"child_runs":["#;
    let json = format!("{}{}", run.repeat(70), "]}".repeat(70));
    let mut found = Collected::default();
    read_into(&super::LANGSMITH, "x.json", &json, &mut found);
    assert_eq!((found.events.len(), found.problems.len()), (65, 1));
}

use serde_json::Value;

use crate::domain::configured::Configured;
use crate::domain::{Decision, Event, EventKind, Outcome, ProblemKind};
use crate::ingest::operational::tests::{lines, one, read};

fn request(method: &str, payload: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{{"acs_version":"0.1.0","request_id":"r1",
        "timestamp":"2026-08-01T10:00:00Z","tenant_id":"acme","metadata":{{"agent_id":"desk","session_id":"s1","turn_id":"t"}},
        "payload":{payload}}}}}"#
    )
}

#[track_caller]
fn check(method: &str, payload: &str, expected: &str) -> Event {
    let event = one("envelopes.jsonl", &request(method, payload));
    assert_eq!(lines(std::slice::from_ref(&event)), [expected]);
    assert_eq!(event.agent.as_ref().map(|agent| agent.name.raw()), Some("desk"));
    assert_eq!(
        (event.session.clone(), event.tenant.clone()),
        (Some("s1".into()), Some("acme".into()))
    );
    event
}

fn params(event: &Event) -> Value {
    serde_json::from_str(event.params.as_ref().map_or("null", |params| params.raw())).expect("JSON")
}

#[test]
fn steps() {
    let call = check(
        "steps/toolCallRequest",
        r#"{"tool":{"name":"send"},"arguments":{"to":{"value":"a@b.example","provenance":{"provenance_id":"p1","origin":"tool_output","source_id":"read_mail"}},
            "text":{"value":"hi","provenance":{"origin":"user_input"}}}}"#,
        "tool_call send -",
    );
    assert_eq!((call.call_id.clone(), call.inline), (Some("r1".into()), Some(true)));
    assert_eq!(params(&call)["arguments"]["to"], "a@b.example");
    assert_eq!(params(&call)["origin"], "tool_output");
    let result = check(
        "steps/toolCallResult",
        r#"{"tool":{"name":"send"},"exit_status":"failure","outputs":[{"value":"the letter"}],"request_id_ref":"r0","duration_ms":5}"#,
        "tool_result send -",
    );
    assert_eq!(
        (result.call_id.clone(), result.outcome),
        (Some("r0".into()), Some(Outcome::Failure))
    );
    assert_eq!(result.duration, Some(5_000_000));
    assert!(!serde_json::to_string(&result).expect("JSON").contains("letter"));
    let handoff = check(
        "steps/subagentStart",
        r#"{"subagent_session_id":"s2","parent_session_id":"s1","parent_step_id":"r0","intent_derivation":"inherit_subset","subagent_intent":"x"}"#,
        "handoff handoff s2",
    );
    assert_eq!(params(&handoff)["intent_derivation"], "inherit_subset");
    check("steps/userMessage", r#"{"content":[{"type":"text","value":"hi"}]}"#, "prompt prompt -");
    check(
        "steps/agentTrigger",
        r#"{"trigger_type":"scheduled"}"#,
        "agent_invoke invoke_agent desk",
    );
    check("steps/knowledgeRetrieval", r#"{"source":{"name":"wiki"}}"#, "tool_call wiki -");
    check(
        "protocols/MCP/tools/call",
        r#"{"server":"crm","params":{"name":"export","arguments":{"n":1}}}"#,
        "tool_call export crm",
    );
    check("steps/sessionEnd", r#"{"reason":"completed"}"#, "other steps/sessionEnd -");
}

#[test]
fn decisions() {
    let answer = |word: &str| {
        one(
            "envelopes.jsonl",
            &format!(
                r#"{{"seq":2,"recorded_at":"2026-08-01T10:00:01Z","direction":"response","method":"steps/toolCallRequest",
                "envelope":{{"jsonrpc":"2.0","id":"r1","result":{{"decision":"{word}","reasoning":"not in the allowlist",
                "policy_references":[{{"policy_id":"p","rule_id":"r"}}]}}}}}}"#
            ),
        )
    };
    for (word, decision) in [
        ("allow", Some(Decision::Allow)),
        ("deny", Some(Decision::Deny)),
        ("modify", Some(Decision::Restrict)),
        ("ask", Some(Decision::Challenge)),
        ("defer", None),
    ] {
        let event = answer(word);
        assert_eq!((event.kind, event.decision), (EventKind::PolicyDecision, decision), "{word}");
        assert_eq!((event.inline, event.call_id.clone()), (Some(true), Some("r1".into())));
        assert_eq!(params(&event)["policy_references"][0]["policy_id"], "p");
    }
}

#[test]
fn terms_that_fail_open_are_said() {
    let event = one(
        "envelopes.jsonl",
        r#"{"recorded_at":"2026-08-01T10:00:00Z","method":"handshake/hello",
            "envelope":{"jsonrpc":"2.0","id":0,"result":{"negotiated_version":"0.1.0","on_decision_failure":"proceed"}}}"#,
    );
    assert_eq!(event.kind, EventKind::Guardrail);
    assert!(event.justification.is_some_and(|text| text.raw().contains("on_decision_failure")));
}

#[test]
fn a_bill_of_materials_is_a_record() {
    let found = read(
        "envelopes.jsonl",
        &request(
            "agbom/snapshot",
            r#"{"components":[{"type":"model","name":"m","version":"1"},{"type":"mcp_server","name":"crm","tools":[{"name":"export"},"list"]},
                {"type":"skill","id":"pdf","definition":{"ref":"x","digest":{"algorithm":"sha-256","value":"ab"}}},{"name":"no type"}]}"#,
        ),
    );
    assert_eq!((found.events.len(), found.records.len()), (1, 1));
    let Configured::AgentInventory(inventory) = &found.records[0].body else {
        unreachable!("an inventory")
    };
    let kinds: Vec<_> = inventory.items.iter().map(|item| item.kind.raw()).collect();
    assert_eq!((inventory.agent.raw(), kinds), ("desk", vec!["model", "mcp_server", "skill"]));
    assert_eq!(inventory.items[1].tools, ["export", "list"]);
    assert_eq!(inventory.items[2].digest, Some("ab".into()));
}

#[test]
fn chain_entries_and_undated_messages() {
    let entry = one(
        "session-context.jsonl",
        r#"{"entry_id":"e","step_id":"r1","step_type":"steps/toolCallRequest","entry_hash":"ab","previous_hash":null,"timestamp":"2026-08-01T10:00:00Z"}"#,
    );
    assert_eq!(lines(std::slice::from_ref(&entry)), ["other chain steps/toolCallRequest -"]);
    assert_eq!(entry.call_id, Some("r1".into()));
    let found = read("x.json", r#"{"jsonrpc":"2.0","id":1,"method":"steps/turnEnd","params":{}}"#);
    assert_eq!(found.problems[0].kind, ProblemKind::MissingField);
    assert_eq!(
        read("x.json", r#"{"jsonrpc":"2.0","id":1,"method":"system/ping","params":{}}"#).events,
        []
    );
}

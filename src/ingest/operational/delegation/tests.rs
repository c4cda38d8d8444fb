use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::domain::{Authorisation, Event, EventKind, Text};
use crate::ingest::configured::tests::read_text;
use crate::ingest::operational::tests::{one, read};

fn raw(text: &Option<Text>) -> Option<&str> {
    text.as_ref().map(Text::raw)
}

fn params(event: &Event) -> Value {
    serde_json::from_str(event.params.as_ref().map_or("", Text::raw)).expect("JSON")
}

fn claims() -> Value {
    json!({
        "iss": "https://idp.example.org", "sub": "user:alice", "aud": "https://billing", "jti": "t-1",
        "iat": 1785578400, "exp": 1785582000, "scope": "invoices.read", "txn": "x-1",
        "act": {"sub": "agent:researcher", "act": {"sub": "agent:planner"}},
        "passport_id": "pass-1",
    })
}

fn token(claims: &Value) -> String {
    let part = |part: &str| URL_SAFE_NO_PAD.encode(part);
    let header = r#"{"alg":"ES256","kid":"k-1","typ":"at+jwt"}"#;
    format!("{}.{}.{}", part(header), part(&claims.to_string()), part("signature"))
}

#[test]
fn the_current_actor_acts_for_the_subject() {
    let event = one("x.json", &claims().to_string());
    assert_eq!(event.kind, EventKind::IdentityHop);
    assert_eq!(raw(&event.principal), Some("agent:researcher"));
    assert_eq!(raw(&event.on_behalf_of), Some("user:alice"));
    assert_eq!(
        (raw(&event.target), raw(&event.requested)),
        (Some("https://billing"), Some("invoices.read"))
    );
    assert_eq!((raw(&event.passport_id), raw(&event.call_id)), (Some("pass-1"), Some("x-1")));
    assert_eq!(event.time.to_string(), "2026-08-01T10:00:00Z");
    let params = params(&event);
    assert_eq!(params["chain"], json!(["user:alice", "agent:planner", "agent:researcher"]));
    assert_eq!(
        (&params["expires"], &params["signature"]),
        (&json!("2026-08-01T11:00:00Z"), &json!("unverified"))
    );
    assert_eq!(event.authorisation(), Authorisation::Undecided);
}

#[test]
fn tokens_are_read_wherever_they_stand_and_never_kept() {
    let token = token(&claims());
    for text in [
        token.clone(),
        format!("{token}\n"),
        json!(token).to_string(),
        json!({"access_token": token, "token_type": "Bearer"}).to_string(),
    ] {
        let read = read_text("tokens.txt", &text);
        let [event] = read.events.as_slice() else { unreachable!("one event: {text}: {read:?}") };
        assert_eq!(event.id, one("x.json", &claims().to_string()).id);
        assert_eq!(params(event)["keyId"], "k-1");
        let shown = serde_json::to_string(&read.events).expect("JSON");
        assert!(token.split('.').all(|part| !shown.contains(part)), "{shown}");
    }
    let several = read_text("tokens.txt", &format!("{token}\n{token}\n"));
    assert_eq!((several.events.len(), several.problems.len()), (2, 0));
}

#[test]
fn tokens_of_service_accounts_join_the_audit_log() {
    let event = one("x.json", &json!({
        "aud": ["https://kubernetes.default.svc"], "exp": 1785582000, "iat": 1785578400, "jti": "6f0c",
        "iss": "https://kubernetes.default.svc", "sub": "system:serviceaccount:agents:billing",
        "kubernetes.io": {"namespace": "agents", "pod": {"name": "billing-7f-x", "uid": "u"}},
    }).to_string());
    assert_eq!(raw(&event.principal), Some("system:serviceaccount:agents:billing"));
    assert_eq!((raw(&event.on_behalf_of), raw(&event.instance)), (None, Some("billing-7f-x")));
    assert_eq!(params(&event)["issuedCredentialId"], "JTI=6f0c");
}

#[test]
fn other_claims_are_read_or_said() {
    let identity = json!({"sub": "spiffe://prod/ns/agents/sa/billing", "aud": ["x"], "exp": 1, "nbf": 1785578400});
    assert_eq!(raw(&one("x", &identity.to_string()).principal), identity["sub"].as_str());
    let chained = json!({"sub": "a", "iat": 1785578400, "delegation_chain": [{"delegator": "a", "delegatee": "b"}], "may_act": {"sub": "c"}});
    let event = one("x", &chained.to_string());
    assert_eq!(
        (&params(&event)["delegationChain"], &params(&event)["mayAct"]),
        (&json!(["a", "b"]), &json!(["c"]))
    );
    let undated = json!({"sub": "a", "act": {"sub": "b"}});
    assert_eq!(read("x", &undated.to_string()).problems.len(), 1);
}

fn audit_record() -> Value {
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "predicateType": "https://example.org/predicate/v1/agent-audit-record",
        "predicate": {
            "recordId": "urn:r:1", "tier": "authoritative", "agreement": "disagree",
            "agent": {"id": "spiffe://prod/ns/agents/sa/billing", "authentication": "wimse-wpt"},
            "delegation": {"subject": "user:alice", "subjectKind": "user"},
            "resource": {"kind": "tool", "id": "mcp://files/write"},
            "decision": {"action": "write", "reported": "deny", "decisionPointId": "pdp://1", "reportedAt": "2026-08-01T10:00:00Z"},
            "effect": {"observed": "occurred"}, "correlation": {"id": "urn:c:1"},
        },
    })
}

#[test]
fn audit_records_keep_the_decision_and_the_effect_apart() {
    let envelope = json!({
        "payloadType": "application/vnd.in-toto+json",
        "payload": STANDARD.encode(audit_record().to_string()),
        "signatures": [{"keyid": "k-1", "sig": "c2ln"}],
    });
    let read = read_text("x.json", &envelope.to_string());
    let [event] = read.events.as_slice() else { unreachable!("one event: {read:?}") };
    assert_eq!(event.kind, EventKind::PolicyDecision);
    assert_eq!(
        (raw(&event.principal), raw(&event.on_behalf_of)),
        (Some("spiffe://prod/ns/agents/sa/billing"), Some("user:alice"))
    );
    assert_eq!(event.authorisation(), Authorisation::Refused);
    assert_eq!(event.outcome, Some(crate::domain::Outcome::Success));
    assert_eq!(
        (&params(event)["agreement"], &params(event)["keyIds"]),
        (&json!("disagree"), &json!(["k-1"]))
    );
    assert!(event.params.as_ref().is_some_and(|params| !params.raw().contains("c2ln")));
}

#[test]
fn audit_records_that_are_none_are_said_so() {
    let mut other = audit_record();
    other["predicateType"] = "https://example.org/agent-audit-record/other".into();
    assert_eq!(read("x", &other.to_string()).problems.len(), 1);
    let mut undated = audit_record();
    undated["predicate"] = json!(7);
    assert_eq!(read("x", &undated.to_string()).problems.len(), 1);
}

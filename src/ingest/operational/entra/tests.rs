use serde_json::{Value, json};

use crate::domain::{Decision, Event, EventKind, Outcome, Text};
use crate::ingest::operational::tests::{one, read};

/// A sign-in with these members replaced or added.
fn sign_in(members: Value) -> Value {
    let mut sign_in = json!({
        "id": "s-1", "createdDateTime": "2026-08-01T10:00:00Z", "appId": "app-1",
        "appDisplayName": "Desk", "resourceDisplayName": "Microsoft Graph", "correlationId": "c-1",
        "status": {"errorCode": 0}, "uniqueTokenIdentifier": "u-1", "ipAddress": "10.0.0.9",
    });
    if let Value::Object(members) = members {
        for (key, value) in members {
            sign_in[key] = value;
        }
    }
    sign_in
}

fn raw(text: &Option<Text>) -> Option<&str> {
    text.as_ref().map(Text::raw)
}

fn params(event: &Event) -> Value {
    serde_json::from_str(event.params.as_ref().map_or("", Text::raw)).expect("JSON")
}

#[test]
fn who_signed_in_and_for_whom() {
    #[track_caller]
    fn check(members: Value, principal: &str, on_behalf_of: Option<&str>) {
        let event = one("x.json", &sign_in(members.clone()).to_string());
        assert_eq!(
            (event.kind, raw(&event.principal), raw(&event.on_behalf_of)),
            (EventKind::IdentityHop, Some(principal), on_behalf_of),
            "{members}"
        );
    }
    let alice = "alice@example.org";
    check(json!({"userPrincipalName": alice}), alice, None);
    check(json!({"userPrincipalName": alice, "agent": {"agentType": "notAgentic"}}), alice, None);
    check(
        json!({"userPrincipalName": alice, "agent": {"agentType": "agenticAppInstance"}}),
        "app-1",
        Some(alice),
    );
    check(json!({"userPrincipalName": alice, "agent": {"agentType": "agentIDuser"}}), alice, None);
    check(json!({"servicePrincipalId": "sp-1"}), "sp-1", None);
    check(json!({}), "app-1", None);
}

#[test]
fn the_issued_token_joins_its_uses() {
    let event = one(
        "x.json",
        &sign_in(json!({
            "servicePrincipalId": "sp-1", "servicePrincipalCredentialKeyId": "key-1",
            "agent": {"agentType": "agenticAppInstance", "parentAppId": "blueprint-1"},
        }))
        .to_string(),
    );
    assert_eq!(raw(&event.credential_id), Some("key-1"));
    assert_eq!(params(&event)["issuedCredentialId"], "u-1");
    assert_eq!(params(&event)["parentAppId"], "blueprint-1");
}

#[test]
fn decisions_and_outcomes() {
    #[track_caller]
    fn check(code: Value, access: &str, decision: Option<Decision>, outcome: Outcome) {
        let members = json!({"status": {"errorCode": code, "failureReason": "why"}, "conditionalAccessStatus": access});
        let event = one("x.json", &sign_in(members).to_string());
        assert_eq!((event.decision, event.outcome), (decision, Some(outcome)), "{code}");
    }
    check(json!(0), "notApplied", None, Outcome::Success);
    check(json!("0"), "success", Some(Decision::Allow), Outcome::Success);
    check(json!(53003), "failure", Some(Decision::Deny), Outcome::Failure);
    check(json!(50076), "notApplied", Some(Decision::Challenge), Outcome::Failure);
    check(json!(50126), "notApplied", None, Outcome::Failure);
}

#[test]
fn streamed_and_listed_records_are_the_same_event() {
    let listed = sign_in(json!({"servicePrincipalId": "sp-1"}));
    let streamed = json!({
        "time": "2026-08-01T10:00:05Z", "category": "ServicePrincipalSignInLogs", "tenantId": "t-1",
        "operationName": "Sign-in activity", "callerIpAddress": "10.0.0.9", "properties": listed,
    });
    let (listed, streamed) = (one("x", &listed.to_string()), one("x", &streamed.to_string()));
    assert_eq!((streamed.id, streamed.time), (listed.id, listed.time));
    assert_eq!(raw(&streamed.tenant), Some("t-1"));
}

#[test]
fn directory_audits() {
    let audit = json!({
        "id": "a-1", "activityDateTime": "2026-08-01T10:00:00Z", "category": "ApplicationManagement",
        "activityDisplayName": "Add service principal credentials", "result": "failure", "resultReason": "no",
        "initiatedBy": {"app": {"servicePrincipalId": "sp-1", "displayName": "Desk"}, "user": null},
        "targetResources": [{"id": "o-1", "displayName": "Billing", "type": "ServicePrincipal", "modifiedProperties": [{"displayName": "KeyDescription", "newValue": "x"}]}],
    });
    let event = one("x.json", &audit.to_string());
    assert_eq!(
        (event.kind, raw(&event.action)),
        (EventKind::CloudApi, Some("entra:Add service principal credentials"))
    );
    assert_eq!((raw(&event.principal), raw(&event.target)), (Some("sp-1"), Some("Billing")));
    assert_eq!((event.outcome, raw(&event.error)), (Some(Outcome::Failure), Some("no")));
    assert_eq!(params(&event)["modified"], json!(["KeyDescription"]));
    let streamed = json!({"category": "AuditLogs", "operationName": "x", "properties": audit});
    assert_eq!(one("x.json", &streamed.to_string()).id, event.id);
}

#[test]
fn records_without_a_time_are_said_so() {
    assert_eq!(read("x", &sign_in(json!({"createdDateTime": 0})).to_string()).problems.len(), 1);
    let undated = r#"{"activityDisplayName":"x","initiatedBy":7}"#;
    assert_eq!(read("x", undated).problems.len(), 1);
}

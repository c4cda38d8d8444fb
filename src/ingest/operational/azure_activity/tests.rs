use serde_json::{Value, json};

use crate::domain::{Authorisation, Event, Text};
use crate::ingest::configured::tests::read_text;
use crate::ingest::operational::tests::{one, read};

fn streamed() -> Value {
    json!({
        "time": "2026-08-01T10:00:00Z", "category": "Administrative", "correlationId": "c-1",
        "resourceId": "/SUBSCRIPTIONS/S-1/RESOURCEGROUPS/R/PROVIDERS/MICROSOFT.STORAGE/STORAGEACCOUNTS/A",
        "operationName": "MICROSOFT.STORAGE/STORAGEACCOUNTS/LISTKEYS/ACTION",
        "resultType": "Success", "resultSignature": "Succeeded.", "callerIpAddress": "10.0.0.9",
        "identity": {
            "authorization": {
                "action": "Microsoft.Storage/storageAccounts/listKeys/action", "scope": "/subscriptions/S-1/x",
                "evidence": {"role": "Contributor", "roleAssignmentId": "ra-1", "principalId": "o-1", "principalType": "ServicePrincipal"},
            },
            "claims": {"appid": "app-1", "uti": "u-1", "http://schemas.microsoft.com/identity/claims/objectidentifier": "o-1"},
        },
    })
}

fn raw(text: &Option<Text>) -> Option<&str> {
    text.as_ref().map(Text::raw)
}

#[track_caller]
fn check(record: &Value, principal: &str, authorisation: Authorisation) -> Event {
    let event = one("x.json", &record.to_string());
    assert_eq!(
        raw(&event.action),
        Some("Microsoft.Storage/storageAccounts/listKeys/action"),
        "{record}"
    );
    assert_eq!((raw(&event.account), raw(&event.principal)), (Some("S-1"), Some(principal)));
    assert_eq!(event.authorisation(), authorisation, "{record}");
    event
}

#[test]
fn streamed_records_say_what_allowed_the_operation() {
    let event = check(&streamed(), "o-1", Authorisation::Allowed);
    assert_eq!(raw(&event.justification), Some("role Contributor"));
    assert_eq!((raw(&event.credential_id), raw(&event.call_id)), (Some("u-1"), Some("c-1")));
    let params = event.params.unwrap_or_default();
    assert!(params.raw().contains(r#""roleAssignment":"ra-1""#), "{}", params.raw());

    let mut refused = streamed();
    refused["resultType"] = "Failure".into();
    refused["resultSignature"] = "Failed.Forbidden".into();
    check(&refused, "o-1", Authorisation::Refused);
}

#[test]
fn listed_records_are_the_same_operations() {
    let listed = json!({
        "eventTimestamp": "2026-08-01T10:00:00Z", "eventDataId": "e-1", "caller": "alice@example.org",
        "operationName": {"value": "Microsoft.Storage/storageAccounts/listKeys/action", "localizedValue": "List keys"},
        "status": {"value": "Failed"}, "subStatus": {"value": "Forbidden"},
        "resourceId": "/subscriptions/S-1/resourceGroups/R", "authorization": {"action": "Microsoft.Storage/storageAccounts/listKeys/action"},
    });
    check(&listed, "alice@example.org", Authorisation::Refused);
    let mut started = listed;
    started["status"]["value"] = "Started".into();
    started["subStatus"]["value"] = "".into();
    check(&started, "alice@example.org", Authorisation::Undecided);
}

#[test]
fn batches_are_opened_and_bad_records_said() {
    let batch = json!({"records": [streamed(), {"operationName": "x", "caller": "y"}]});
    let found = read_text("x.json", &batch.to_string());
    assert_eq!((found.events.len(), found.problems.len()), (1, 1));
    assert_eq!(read("x", r#"{"operationName":{},"identity":7,"time":"z"}"#).problems.len(), 1);
}

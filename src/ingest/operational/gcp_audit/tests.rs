use serde_json::{Value, json};

use crate::domain::{Decision, Effect, Event, EventKind, Outcome, Text};
use crate::ingest::configured::tests::read_text;
use crate::ingest::operational::tests::one;

/// A log entry whose audit log has these members replaced or added.
fn entry(members: Value) -> Value {
    let mut log = json!({
        "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
        "serviceName": "storage.googleapis.com", "methodName": "storage.objects.get",
        "resourceName": "projects/_/buckets/b/objects/o",
        "authenticationInfo": {"principalEmail": "billing@p.iam.gserviceaccount.com"},
        "authorizationInfo": [{"permission": "storage.objects.get", "resource": "projects/_/buckets/b/objects/o", "granted": true}],
        "requestMetadata": {"callerIp": "10.0.0.9"},
    });
    if let Value::Object(members) = members {
        for (key, value) in members {
            log[key] = value;
        }
    }
    json!({
        "insertId": "i-1", "timestamp": "2026-08-01T10:00:00.5Z",
        "logName": "projects/p/logs/cloudaudit.googleapis.com%2Fdata_access",
        "resource": {"type": "gcs_bucket", "labels": {"project_id": "p"}},
        "protoPayload": log,
    })
}

fn event(members: Value) -> Event {
    one("log.json", &entry(members).to_string())
}

fn raw(text: &Option<Text>) -> Option<&str> {
    text.as_ref().map(Text::raw)
}

fn params(event: &Event) -> Value {
    serde_json::from_str(event.params.as_ref().map_or("", Text::raw)).expect("JSON")
}

#[test]
fn a_call_exercises_the_permission_that_was_checked() {
    let event = event(json!({}));
    assert_eq!(
        (event.kind, raw(&event.action)),
        (EventKind::CloudApi, Some("storage.objects.get"))
    );
    assert_eq!(raw(&event.target), Some("projects/_/buckets/b/objects/o"));
    assert_eq!((raw(&event.account), raw(&event.target_kind)), (Some("p"), Some("gcs_bucket")));
    assert_eq!((event.decision, event.outcome), (Some(Decision::Allow), Some(Outcome::Success)));
}

#[test]
fn decisions() {
    #[track_caller]
    fn check(members: Value, decision: Option<Decision>, outcome: Outcome) {
        let event = event(members);
        assert_eq!((event.decision, event.outcome), (decision, Some(outcome)));
    }
    let (deny, failure) = (Some(Decision::Deny), Outcome::Failure);
    check(json!({"status": {"code": 7, "message": "no"}}), deny, failure);
    check(json!({"status": {"code": "5"}}), Some(Decision::Allow), failure);
    check(
        json!({"status": {"code": 5}, "authorizationInfo": [{"permission": "x"}]}),
        None,
        failure,
    );
    check(json!({"status": {"code": 3}, "authorizationInfo": [{"granted": false}]}), deny, failure);
    check(json!({"status": {}, "authorizationInfo": []}), None, Outcome::Success);
}

#[test]
fn who_delegated_stays_in_order() {
    let event = event(json!({"authenticationInfo": {
        "principalEmail": "last@p.iam.gserviceaccount.com",
        "serviceAccountKeyName": "//iam.googleapis.com/projects/p/serviceAccounts/x/keys/k",
        "serviceAccountDelegationInfo": [
            {"principalSubject": "principal://iam.googleapis.com/x/subject/ns/agents/sa/billing"},
            {"thirdPartyPrincipal": {"thirdPartyClaims": {}}},
            {"firstPartyPrincipal": {"principalEmail": "middle@p.iam.gserviceaccount.com"}},
        ],
    }}));
    let first = "principal://iam.googleapis.com/x/subject/ns/agents/sa/billing";
    assert_eq!(raw(&event.on_behalf_of), Some(first));
    assert_eq!(
        params(&event)["delegation"],
        json!([first, "not named", "middle@p.iam.gserviceaccount.com"])
    );
    assert!(event.credential_id.is_some_and(|id| id.raw().ends_with("/keys/k")));
}

#[test]
fn issued_tokens_are_hops() {
    let event = event(json!({
        "serviceName": "iamcredentials.googleapis.com", "methodName": "GenerateAccessToken",
        "resourceName": "projects/-/serviceAccounts/1", "request": {"delegates": ["a", "b"]},
        "authorizationInfo": [{"permission": "iam.serviceAccounts.getAccessToken", "granted": true}],
    }));
    assert_eq!(
        (event.kind, raw(&event.target)),
        (EventKind::IdentityHop, Some("projects/-/serviceAccounts/1"))
    );
    assert_eq!(params(&event)["delegates"], json!(["a", "b"]));
}

#[test]
fn requests_to_a_cluster_are_requests_to_its_api() {
    let mut entry = entry(json!({
        "serviceName": "k8s.io", "methodName": "io.k8s.core.v1.pods.exec.create",
        "resourceName": "core/v1/namespaces/agents/pods/p/exec", "authorizationInfo": [],
        "authenticationInfo": {"principalEmail": "system:serviceaccount:agents:billing"},
    }));
    entry["resource"] =
        json!({"type": "k8s_cluster", "labels": {"project_id": "p", "cluster_name": "prod"}});
    entry["labels"] =
        json!({"authorization.k8s.io/decision": "forbid", "authorization.k8s.io/reason": "no"});
    let event = one("log.json", &entry.to_string());
    assert_eq!((event.kind, event.effect), (EventKind::K8sApi, Some(Effect::Trigger)));
    let capability = event.capability().map(|capability| capability.visible());
    assert_eq!(capability.as_deref(), Some("k8s: create pods/exec/p @agents"));
    assert_eq!((raw(&event.account), raw(&event.justification)), (Some("prod"), Some("no")));
    assert_eq!(event.decision, Some(Decision::Deny));
}

#[test]
fn paths_of_a_cluster_are_no_resources() {
    for resource in ["readyz", "/readyz"] {
        let event = event(json!({
            "serviceName": "k8s.io", "methodName": "io.k8s.get", "resourceName": resource,
        }));
        assert_eq!(
            (raw(&event.target), raw(&event.target_kind)),
            (Some("/readyz"), Some("nonresource"))
        );
    }
}

#[test]
fn entries_are_known_by_log_time_and_insert_id() {
    let first = event(json!({}));
    let listed = json!({"entries": [entry(json!({"methodName": "other"}))]}).to_string();
    let again = read_text("x.json", &listed);
    assert_eq!(again.events.iter().map(|event| event.id).collect::<Vec<_>>(), [first.id]);
}

#[test]
fn what_is_no_audit_log_is_said_so() {
    for (json, word) in [
        (
            entry(json!({"@type": "type.googleapis.com/google.appengine.logging.v1.RequestLog"})),
            "another type",
        ),
        (entry(json!({"methodName": null})), "without"),
        (json!({"protoPayload": 7}), "without"),
    ] {
        let read = read_text("x.json", &json.to_string());
        let [problem] = read.problems.as_slice() else { unreachable!("one problem: {json}") };
        assert!(problem.message.contains(word), "{problem:?}");
    }
}

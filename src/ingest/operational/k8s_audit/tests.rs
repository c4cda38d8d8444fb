use crate::domain::{Authorisation, Decision, Effect, Event, Outcome, Text};
use crate::ingest::configured::tests::read_text;
use crate::ingest::operational::tests::{one, read};

/// A `list secrets` by an agent's service account, with these members replaced or added.
fn event(members: &str) -> Event {
    one("audit.log", &document(members))
}

fn document(members: &str) -> String {
    let mut event = serde_json::json!({
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata",
        "auditID": "3f1d", "stage": "ResponseComplete",
        "requestURI": "/api/v1/namespaces/agents/secrets?limit=5&token=abc", "verb": "list",
        "user": {
            "username": "system:serviceaccount:agents:billing",
            "extra": {
                "authentication.kubernetes.io/credential-id": ["JTI=6f0c"],
                "authentication.kubernetes.io/pod-name": ["billing-7f-x"],
            },
        },
        "sourceIPs": ["10.0.1.5"], "userAgent": "python-requests/2.32",
        "objectRef": {"resource": "secrets", "namespace": "agents", "apiVersion": "v1"},
        "responseStatus": {"code": 200},
        "requestReceivedTimestamp": "2026-08-01T10:00:00.000000Z",
        "stageTimestamp": "2026-08-01T10:00:00.010000Z",
        "annotations": {
            "authorization.k8s.io/decision": "allow",
            "authorization.k8s.io/reason": "RBAC: allowed by …",
        },
    });
    let members: serde_json::Map<_, _> = serde_json::from_str(members).expect("members");
    for (key, value) in members {
        event[key] = value;
    }
    event.to_string()
}

fn raw(text: &Option<Text>) -> Option<&str> {
    text.as_ref().map(Text::raw)
}

#[test]
fn one_request_is_one_event() {
    let event = event("{}");
    assert_eq!(raw(&event.principal), Some("system:serviceaccount:agents:billing"));
    assert_eq!(raw(&event.credential_id), Some("JTI=6f0c"));
    assert_eq!(raw(&event.instance), Some("billing-7f-x"));
    assert_eq!(raw(&event.action), Some("list"));
    assert_eq!(raw(&event.target), Some("agents/"));
    assert_eq!(raw(&event.justification), Some("RBAC: allowed by …"));
    assert_eq!(event.duration, Some(10_000_000));
    assert_eq!(
        raw(&event.params),
        Some(
            r#"{"auditID":"3f1d","code":200,"requestURI":"/api/v1/namespaces/agents/secrets?limit=5&token=***a77fc933","sourceIPs":["10.0.1.5"],"userAgent":"python-requests/2.32"}"#
        )
    );
    assert_eq!(event.agent, None);
    assert_eq!(
        event.capability().map(|capability| capability.visible()).as_deref(),
        Some("k8s: list secrets @agents")
    );
}

#[test]
fn stages_of_a_request_share_the_id_and_its_receipt_is_not_read() {
    let complete = event("{}");
    assert_eq!(event(r#"{"stage":"ResponseStarted"}"#).id, complete.id);
    assert_ne!(event(r#"{"auditID":"other"}"#).id, complete.id);
    assert!(read("a", &document(r#"{"stage":"RequestReceived"}"#)).events.is_empty());
}

#[test]
fn decision_and_outcome_are_told_apart() {
    #[track_caller]
    fn check(
        members: &str,
        decision: Option<Decision>,
        outcome: Option<Outcome>,
        shown: Authorisation,
    ) {
        let event = event(members);
        assert_eq!(
            (event.decision, event.outcome, event.authorisation()),
            (decision, outcome, shown)
        );
    }
    let (allow, deny) = (Some(Decision::Allow), Some(Decision::Deny));
    let (success, failure) = (Some(Outcome::Success), Some(Outcome::Failure));
    check("{}", allow, success, Authorisation::Allowed);
    check(
        r#"{"responseStatus":{"code":404,"reason":"NotFound"}}"#,
        allow,
        failure,
        Authorisation::Allowed,
    );
    check(
        r#"{"responseStatus":{"code":403},"annotations":{"authorization.k8s.io/decision":"forbid","authorization.k8s.io/reason":""}}"#,
        deny,
        failure,
        Authorisation::Refused,
    );
    check(
        r#"{"responseStatus":{"code":401},"annotations":null,"user":{},"stage":"ResponseStarted"}"#,
        deny,
        failure,
        Authorisation::Refused,
    );
    check(r#"{"annotations":null}"#, None, success, Authorisation::Allowed);
    check(
        r#"{"annotations":null,"responseStatus":{"code":500}}"#,
        None,
        failure,
        Authorisation::Undecided,
    );
}

#[test]
fn targets_kinds_and_effects() {
    #[track_caller]
    fn check(members: &str, target: &str, kind: &str, effect: Effect) {
        let event = event(members);
        assert_eq!((raw(&event.target), raw(&event.target_kind)), (Some(target), Some(kind)));
        assert_eq!(event.effect, Some(effect), "{members}");
    }
    check("{}", "agents/", "secrets", Effect::Read);
    check(
        r#"{"verb":"get","objectRef":{"resource":"pods","namespace":"a","name":"p","subresource":"exec"}}"#,
        "a/p",
        "pods/exec",
        Effect::Trigger,
    );
    check(
        r#"{"verb":"patch","objectRef":{"resource":"deployments","apiGroup":"apps","namespace":"a","name":"d","subresource":"scale"}}"#,
        "a/d",
        "deployments.apps/scale",
        Effect::Modify,
    );
    check(
        r#"{"verb":"delete","objectRef":{"resource":"clusterroles","apiGroup":"rbac.authorization.k8s.io","name":"x"}}"#,
        "/x",
        "clusterroles.rbac.authorization.k8s.io",
        Effect::Modify,
    );
    check(
        r#"{"verb":"create","objectRef":{"resource":"selfsubjectaccessreviews","apiGroup":"authorization.k8s.io"}}"#,
        "/",
        "selfsubjectaccessreviews.authorization.k8s.io",
        Effect::Read,
    );
    check(
        r#"{"verb":"get","objectRef":null,"requestURI":"/metrics?x=1"}"#,
        "/metrics",
        "nonresource",
        Effect::Read,
    );
    check(
        r#"{"verb":"get","objectRef":{"resource":""},"requestURI":"/readyz"}"#,
        "/readyz",
        "nonresource",
        Effect::Read,
    );
}

#[test]
fn the_impersonated_user_acts_and_who_asked_stays_on_record() {
    let event = event(r#"{"user":{"username":"admin"},"impersonatedUser":{"username":"bob"}}"#);
    assert_eq!((raw(&event.principal), raw(&event.on_behalf_of)), (Some("bob"), Some("admin")));
}

#[test]
fn bodies_are_not_kept() {
    let event = event(
        r#"{"requestObject":{"a":"eyJhbGciOiJSUzI1NiJ9.a.b"},"responseObject":{"status":{"token":"eyJhbGciOiJSUzI1NiJ9.a.b"}}}"#,
    );
    assert_eq!(event.bytes, Some(32));
    assert!(!serde_json::to_string(&event).expect("JSON").contains("eyJ"));
}

#[test]
fn old_and_incomplete_events() {
    let old = event(
        r#"{"requestReceivedTimestamp":null,"stageTimestamp":null,"timestamp":"2018-01-01T00:00:00Z"}"#,
    );
    assert_eq!(old.time.to_string(), "2018-01-01T00:00:00Z");
    let undated = document(r#"{"requestReceivedTimestamp":null,"stageTimestamp":null}"#);
    assert_eq!(read("a", &undated).problems.len(), 1);
    assert_eq!(read("a", &document(r#"{"verb":null}"#)).problems.len(), 1);
}

#[test]
fn records_of_managed_clouds_are_unwrapped() {
    let inner = serde_json::Value::String(document("{}"));
    let azure = format!(
        r#"{{"category":"kube-audit","operationName":"x","resourceId":"/SUBSCRIPTIONS/S/RESOURCEGROUPS/R/PROVIDERS/MICROSOFT.CONTAINERSERVICE/MANAGEDCLUSTERS/prod","properties":{{"log":{inner}}}}}"#
    );
    let cloudwatch = format!(
        r#"{{"logGroup":"/aws/eks/prod/cluster","logStream":"kube-apiserver-audit-1","logEvents":[{{"id":"1","timestamp":1,"message":{inner}}}]}}"#
    );
    for wrapped in [azure, cloudwatch] {
        let read = read_text("x.json", &wrapped);
        let [found] = read.events.as_slice() else { unreachable!("one event: {read:?}") };
        assert_eq!((found.id, raw(&found.account)), (event("{}").id, Some("prod")));
    }
    let other = r#"{"category":"guard","operationName":"x","properties":{"log":"text"}}"#;
    assert_eq!(read_text("x.json", other).problems.len(), 1);
}

#[test]
fn events_of_an_index_are_flat() {
    let event = one(
        "x.json",
        r#"{"@timestamp":"2026-08-01T10:00:00Z","auditID":"3f1d","user":"system:serviceaccount:agents:planner",
            "verb":"delete","resource":"networkpolicies","namespace":"payments","code":200,
            "message":"delete /apis/networking.k8s.io/v1/namespaces/payments/networkpolicies/deny RBAC: allowed by x"}"#,
    );
    assert_eq!(raw(&event.principal), Some("system:serviceaccount:agents:planner"));
    assert_eq!(raw(&event.target), Some("payments/"));
    assert_eq!(raw(&event.target_kind), Some("networkpolicies.networking.k8s.io"));
    assert_eq!(raw(&event.justification), Some("RBAC: allowed by x"));
    assert_eq!(event.outcome, Some(Outcome::Success));
    let outside = one(
        "x.json",
        r#"{"@timestamp":"2026-08-01 10:00:00.5","auditID":"x","user":"admin","verb":"get","resource":"","code":403,"message":"get /version?x=1 "}"#,
    );
    assert_eq!(
        (raw(&outside.target), raw(&outside.target_kind)),
        (Some("/version"), Some("nonresource"))
    );
    assert_eq!(outside.decision, Some(Decision::Deny));
}

#[test]
fn an_event_without_an_audit_id_is_known_by_its_text() {
    let document = r#"{"kind":"Event","verb":"get","user":{"username":"u"},"objectRef":{"resource":"pods"},"stageTimestamp":"2026-08-01T10:00:00Z"}"#;
    assert_eq!(one("a", document).id, one("b", document).id);
    assert_ne!(one("a", document).id, one("a", &document.replace("pods", "secrets")).id);
}

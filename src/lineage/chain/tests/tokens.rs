//! Chains over tokens, and over what other clouds record of delegation.

use serde_json::{Value, json};

use super::records::*;
use super::request;
use crate::domain::configured::{Configured, Passport};
use crate::domain::{Event, EventKind};
use crate::lineage::chain::ChainFocus;
use crate::scope::Estate;
use crate::scope::testing::{estate, key, workload};

fn agents() -> Estate {
    estate([
        workload("Deployment", "agents", "researcher"),
        workload("Deployment", "agents", "crm"),
    ])
}

fn token(members: Value) -> Event {
    let claims =
        json!({"iss": "https://id.example.org", "aud": "https://billing", "iat": 1785578400});
    one(&with(claims, members))
}

fn nested() -> Value {
    json!({"sub": "user:alice", "act": {"sub": "agent:researcher", "act": {"sub": "agent:planner"}}})
}

#[test]
fn actors_of_a_token_are_asserted_and_the_current_one_is_last() {
    let chain = "1: human user:alice (asserted) → agent -/-/planner (asserted) → agent ";
    check(&estate([]), &[token(nested())], &[&format!("{chain}-/-/researcher (asserted)")]);
    check(&agents(), &[token(nested())], &[&format!("{chain}prod/agents/researcher (asserted)")]);
}

#[test]
fn a_token_bound_to_a_pod_of_another_agent_contradicts() {
    let bound = |pod: &str| {
        let kubernetes = json!({"namespace": "agents", "pod": {"name": pod}});
        token(with(nested(), json!({"jti": "t-1", "kubernetes.io": kubernetes})))
    };
    for (pod, hop) in
        [("researcher-7f9c5d4b6-x2k9z", "asserted"), ("crm-7f9c5d4b6-x2k9z", "contradicted")]
    {
        let chain = format!(
            "1: human user:alice (asserted) → agent -/-/planner (asserted) → agent \
             prod/agents/researcher ({hop})"
        );
        check(&agents(), &[bound(pod)], &[&chain]);
    }
}

#[test]
fn a_record_of_somebody_who_was_shown_a_token_is_joined_to_it() {
    let shown_to = |agent: &str| {
        let mut event =
            crate::lineage::testing::event("decision-log", 1, EventKind::PolicyDecision);
        event.agent = Some(key(agent));
        event.principal = Some("agent:researcher".into());
        event.credential_id = Some("t-1".into());
        event
    };
    let token = || token(with(nested(), json!({"jti": "t-1"})));
    for (agent, hop) in [("researcher", "asserted"), ("crm", "contradicted")] {
        let event = shown_to(agent);
        let chain = format!(
            "1: human user:alice (asserted) → agent -/-/planner (asserted) → agent \
             prod/agents/researcher ({hop})"
        );
        let focus = ChainFocus::Event(event.id);
        check_focus(&agents(), &[event, token()], focus, &[&chain]);
    }
}

#[test]
fn a_passport_of_another_workload_contradicts() {
    let passport =
        Passport { id: "p-1".into(), workload: Some("crm".into()), ..Passport::default() };
    let estate = estate([
        workload("Deployment", "agents", "researcher"),
        workload("Deployment", "agents", "crm"),
        Configured::Passport(passport),
    ]);
    for (agent, hop) in [("crm", "inferred"), ("researcher", "contradicted")] {
        let account = format!("system:serviceaccount:agents:{agent}");
        let mut event = request(1, &account, Some(&format!("{agent}-7f-x")), None);
        event.passport_id = Some("p-1".into());
        let chain = format!(
            "1: trigger not recorded (broken) → agent prod/agents/{agent} ({hop}) → service account \
             agents/{agent} (verified)"
        );
        check(&estate, &[event], &[&chain]);
    }
}

/// A request to the API server with a token, by its id.
fn with_token(mut request: Event, id: &str) -> Event {
    request.credential_id = Some(format!("JTI={id}").into());
    request
}

/// A request for a token of the account `agents/crm`.
fn token_request(number: u32, by: &str, id: &str) -> Event {
    let mut event = request(number, by, None, None);
    event.action = Some("create".into());
    event.target = Some("agents/crm".into());
    event.target_kind = Some("serviceaccounts/token".into());
    event.params = Some(json!({"issuedCredentialId": format!("JTI={id}")}).to_string().into());
    event
}

#[test]
fn tokens_that_somebody_asked_for_are_theirs() {
    let crm = "system:serviceaccount:agents:crm";
    let used = || with_token(request(2, crm, None, None), "1");
    let focus = ChainFocus::Event(used().id);
    let by_alice = [used(), token_request(1, "alice", "1")];
    check_focus(
        &agents(),
        &by_alice,
        focus.clone(),
        &["1: human alice (verified) → service account agents/crm (verified)"],
    );
    // The kubelet asks for the tokens that it mounts.
    let mounted = [used(), token_request(1, "system:node:n-1", "1")];
    check_focus(
        &agents(),
        &mounted,
        focus,
        &["1: trigger not recorded (broken) → agent prod/agents/crm (inferred) → service account \
           agents/crm (inferred)"],
    );
}

#[test]
fn google_records_delegation_in_its_order() {
    let entry = json!({
        "logName": "projects/p/logs/cloudaudit.googleapis.com%2Fdata_access", "insertId": "i-1",
        "timestamp": "2026-08-01T10:00:00Z",
        "protoPayload": {
            "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
            "serviceName": "storage.googleapis.com", "methodName": "storage.objects.get",
            "resourceName": "projects/_/buckets/b", "authenticationInfo": {
                "principalEmail": "last@p.iam.gserviceaccount.com",
                "serviceAccountDelegationInfo": [
                    {"principalSubject": "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/subject/ns/agents/sa/crm"},
                    {"firstPartyPrincipal": {"principalEmail": "middle@p.iam.gserviceaccount.com"}},
                ],
            },
        },
    });
    check(
        &agents(),
        &[one(&entry)],
        &["1: trigger not recorded (broken) → agent prod/agents/crm (inferred) → service account \
           agents/crm (inferred) → role middle@p.iam.gserviceaccount.com (verified) → role \
           last@p.iam.gserviceaccount.com (verified)"],
    );
}

#[test]
fn entra_names_the_user_and_the_blueprint_of_an_agent() {
    let sign_in = json!({
        "id": "s-1", "createdDateTime": "2026-08-01T10:00:00Z", "appId": "app-1",
        "appDisplayName": "Desk", "resourceDisplayName": "Microsoft Graph", "correlationId": "c-1",
        "status": {"errorCode": 0}, "uniqueTokenIdentifier": "u-1",
        "servicePrincipalId": "sp-1", "userPrincipalName": "alice@example.org",
        "agent": {"agentType": "agenticAppInstance", "parentAppId": "blueprint-1"},
    });
    let activity = json!({
        "time": "2026-08-01T10:01:00Z", "operationName": "MICROSOFT.STORAGE/STORAGEACCOUNTS/READ",
        "resourceId": "/SUBSCRIPTIONS/1/X", "caller": "sp-1", "category": "Administrative",
        "identity": {"claims": {"uti": "u-1", "appid": "app-1"}},
    });
    let chain =
        "human alice@example.org (verified) → user blueprint-1 (verified) → user sp-1 (verified)";
    let events = [one(&activity), one(&sign_in)];
    check(&agents(), &events, &[&format!("2: {chain}")]);
}

//! What all readers of cloud configuration share in tests.

use proptest::prelude::*;

use super::super::tests::read_text;
use crate::domain::Record;
use crate::ingest::Collected;

/// Reads a file and writes each record as `realm kind namespace/name`, then each snapshot, then each
/// problem.
#[track_caller]
pub fn check(file: &str, text: &str, expected: &[&str]) -> Collected {
    let found = read_text(file, text);
    let mut lines: Vec<String> = found.records.iter().map(line).collect();
    lines.extend(found.snapshots.iter().map(|snapshot| {
        let complete = if snapshot.complete { "complete" } else { "partial" };
        format!("{} {} {complete}", snapshot.realm.raw(), snapshot.object_kind.raw())
    }));
    lines.extend(found.problems.iter().map(|problem| format!("{} {}", problem.at, problem.kind)));
    assert_eq!(lines, expected, "{file}: {:?}", found.problems);
    for record in &found.records {
        let json = serde_json::to_string(record).expect("serialises");
        let again: Record = serde_json::from_str(&json).expect("deserialises");
        assert_eq!(again, *record, "as the case keeps it");
    }
    found
}

fn line(record: &Record) -> String {
    let identity = record.body.identity();
    format!(
        "{} {} {}/{}",
        record.realm.raw(),
        identity.kind.raw(),
        identity.namespace.raw(),
        identity.name.raw()
    )
}

/// The body of the only record as JSON.
#[track_caller]
pub fn body(file: &str, text: &str) -> serde_json::Value {
    let found = read_text(file, text);
    let [record] = found.records.as_slice() else { unreachable!("one record: {found:?}") };
    serde_json::to_value(&record.body).expect("serialises")
}

#[test]
fn what_is_none_of_these_is_not_claimed() {
    for text in [
        r#"{"PolicyName":"p","PolicyId":"x","PolicyDocument":{"Statement":[]},"PrivilegeEscalation":{}}"#,
        r#"{"Statement":[],"Version":"1","Comment":"not of a policy"}"#,
        r#"{"Policy":"public"}"#,
        r#"{"Role":"admin"}"#,
        r#"{"Policies":[{"Name":"x"}]}"#,
        r#"{"Targets":[{"Id":"1","Arn":"arn:aws:lambda:r:1:function:f"}]}"#,
        r#"{"value":[]}"#,
        r#"{"value":[{"id":"x","type":"Microsoft.Compute/virtualMachines"}]}"#,
        r#"{"results":[{"resource":"x"}]}"#,
        r#"{"email":"a@b","name":"n"}"#,
        r#"{"kind":"List","apiVersion":"v1","bindings":[],"etag":"x"}"#,
        r#"{"issuer":"x","audiences":["y"],"jwksUri":"z"}"#,
        r#"{"User":{"UserId":"u","Name":"Dana"}}"#,
        r#"{"IsLogging":true}"#,
        r#"{"Trail":"winding"}"#,
        r#"{"Credentials":{"AccessKeyId":"ASIA"}}"#,
    ] {
        let found = read_text("f.json", text);
        assert_eq!((found.records.len(), found.problems.len()), (0, 1), "{text}: {found:?}");
        let kind = found.problems.first().map(|problem| problem.kind.to_string());
        assert!(
            matches!(kind.as_deref(), Some("unknown-format" | "unsupported")),
            "{text}: {found:?}"
        );
    }
}

/// One document of each shape, to take apart.
const SEEDS: &[&str] = &[
    r#"{"UserDetailList":[{"Arn":"arn:aws:iam::1:user/u","UserPolicyList":[{"PolicyName":"p","PolicyDocument":"%7B%22Statement%22%3A%5B%5D%7D"}],"Tags":[{"Key":"a","Value":"b"}]}],"RoleDetailList":[{"Arn":"arn:aws:iam::1:role/r","AssumeRolePolicyDocument":{"Statement":{"Effect":"Allow","Principal":{"AWS":["*"]},"Action":"sts:AssumeRole"}},"RoleLastUsed":{"LastUsedDate":1.5e9}}],"Policies":[{"Arn":"arn:aws:iam::aws:policy/p","PolicyVersionList":[{"IsDefaultVersion":true,"Document":{"Statement":[{"Effect":"Deny","NotAction":["x"],"NotResource":"*","Condition":{"Bool":{"k":[true,1,"é"]}}}]}}]}],"IsTruncated":false}"#,
    r#"{"Policy":"{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"s3:*\",\"Resource\":\"arn:aws:s3:::b/*\"}]}"}"#,
    r#"{"Policy":{"PolicySummary":{"Arn":"arn:aws:organizations::1:policy/o/p","Type":"SERVICE_CONTROL_POLICY"},"Content":"{\"Statement\":[]}"}}"#,
    r#"{"JobStatus":"COMPLETED","Arn":"a","JobCreationDate":"2026-11-01T00:00:00Z","ServicesLastAccessed":[{"ServiceNamespace":"s3","LastAuthenticated":1e300,"TrackedActionsLastAccessed":[{"ActionName":"x"}]}]}"#,
    r#"{"TrailARN":"t","AdvancedEventSelectors":[{"FieldSelectors":[{"Field":"f","Equals":["x"]}]}],"EventSelectors":[{"DataResources":[{"Type":"t","Values":["v"]}]}]}"#,
    r#"{"Credentials":{"AccessKeyId":"x","Expiration":"y"},"AssumedRoleUser":{"Arn":"arn:aws:sts::1:assumed-role/r/s"}}"#,
    r#"{"name":"//x/projects/p","asset_type":"iam.googleapis.com/Role","iam_policy":{"bindings":[{"role":"r","members":["m"],"condition":{"expression":"e"}}],"audit_configs":[{"service":"s","audit_log_configs":[{"log_type":3}]}]},"ancestors":["projects/1"]}"#,
    r##"{"value":[{"type":"Microsoft.Authorization/roleAssignments","id":"/subscriptions/é/x","properties":{"principalId":"p","roleDefinitionId":"r","scope":"/subscriptions/s"}},{"@odata.type":"#microsoft.graph.agentIdentity","id":"i"}]}"##,
];

proptest! {
    #[test]
    fn no_mutation_panics(
        seed in prop::sample::select(SEEDS),
        edits in prop::collection::vec((0.0..1.0_f64, "[\\[\\]{}\",:0-9a-zé%*\\\\-]{0,3}"), 1..4),
    ) {
        let mut json = seed.to_owned();
        for (position, replacement) in &edits {
            let at = json.floor_char_boundary((json.len() as f64 * position) as usize);
            let end = json.ceil_char_boundary((at + 2).min(json.len()));
            json.replace_range(at..end, replacement);
        }
        let found = read_text("get-policy-version.é.json", &json);
        prop_assert!(!found.records.is_empty() || !found.problems.is_empty() || !found.snapshots.is_empty(), "{}", json);
    }
}

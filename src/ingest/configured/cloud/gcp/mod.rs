//! Google Cloud: IAM policies, custom roles, service accounts and workload identity providers, as
//! `gcloud`, the APIs and the exports of Cloud Asset Inventory write them.

mod wire;

use serde::Deserialize;
use serde_json::value::RawValue;

use self::wire::Item;
use super::parts::{Parts, asked_about};
use crate::domain::configured::cloud::Gcp;
use crate::domain::configured::cloud::gcp::AllowPolicy;
use crate::domain::configured::{Configured, Provisioning};
use crate::domain::{Discipline, ProblemKind, Text};
use crate::ingest::{Document, Format, Shape, Side, Sink};

pub const FORMAT: Format = Format {
    id: "gcp-iam",
    title: "Google Cloud IAM",
    side: Side::Configured,
    says: &[(
        Discipline::Identity,
        "role bindings with conditions, custom roles, service accounts, workload identity providers",
    )],
    coverage: "policies above the resource only where they were exported too; a search holds what it asked for",
    recognises,
    read,
};

/// Keys that together mark an item, and a part of the text where the keys are words of others too.
const ITEMS: &[(&[&str], &str)] = &[
    (&["bindings", "etag"], ""),
    (&["bindings", "version"], "\"members\""),
    (&["resource", "policy"], "\"bindings\""),
    (&["name", "iam_policy"], ""),
    (&["name", "iamPolicy"], ""),
    (&["name", "asset_type", "resource"], "\"iam.googleapis.com/"),
    (&["name", "assetType", "resource"], "\"iam.googleapis.com/"),
    (&["email", "uniqueId", "projectId"], ""),
    (&["name", "includedPermissions"], "roles/"),
    (&["name", "oidc"], "/workloadIdentityPools/"),
    (&["name", "aws"], "/workloadIdentityPools/"),
    (&["name", "saml"], "/workloadIdentityPools/"),
    (&["results"], "\"bindings\""),
    (&["accounts"], "\"uniqueId\""),
    (&["workloadIdentityPoolProviders"], ""),
];

fn recognises(shape: &Shape<'_>) -> bool {
    shape.kind.is_none()
        && ITEMS.iter().any(|(keys, inside)| {
            keys.iter().all(|key| shape.has(key)) && shape.json().contains(inside)
        })
}

/// What the APIs wrap lists in; `gcloud` writes bare ones, which arrive item by item.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Lists<'a> {
    #[serde(borrow, default)]
    results: Option<Vec<&'a RawValue>>,
    #[serde(borrow, default)]
    accounts: Option<Vec<&'a RawValue>>,
    #[serde(borrow, default)]
    workload_identity_pool_providers: Option<Vec<&'a RawValue>>,
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(lists) = document.parse::<Lists<'_>>(sink) else { return };
    let mut parts = Parts::new(document, sink);
    let lists = [
        ("/results", lists.results),
        ("/accounts", lists.accounts),
        ("/workloadIdentityPoolProviders", lists.workload_identity_pool_providers),
    ];
    let listed = lists.into_iter().find_map(|(under, list)| Some((under, list?)));
    match listed {
        Some((under, list)) => {
            let items: Vec<(String, Item<'_>)> = parts.items(under, &list);
            items.into_iter().for_each(|(at, item)| emit(&at, item, &mut parts));
        }
        None => {
            if let Some(item) = document.parse::<Item<'_>>(parts.sink) {
                emit("", item, &mut parts);
            }
        }
    }
}

fn emit(pointer: &str, item: Item<'_>, parts: &mut Parts<'_>) {
    parts.at = item.updated();
    parts.realm = item.project().into();
    let body = match item.exported() {
        Some(json) => {
            let inner = serde_json::from_str::<Item<'_>>(json.get());
            inner.map_err(|error| error.to_string()).map(Item::into_configured)
        }
        None => Ok(item.into_configured()),
    };
    match body {
        Ok(Some(mut body)) => {
            if let Gcp::AllowPolicy(policy) = &mut body {
                name_resource(policy, parts);
            }
            parts.record(pointer, Provisioning::default(), Configured::Gcp(body));
        }
        Ok(None) => {
            let reason = "neither a policy, a role, a service account nor a provider";
            parts.problem(pointer, ProblemKind::MissingField, reason);
        }
        Err(reason) => parts.problem(pointer, ProblemKind::Malformed, &reason),
    }
}

/// The answer of `gcloud projects get-iam-policy` does not repeat the project.
fn name_resource(policy: &mut AllowPolicy, parts: &mut Parts<'_>) {
    if !policy.resource.is_empty() {
        return;
    }
    match asked_about(parts.document.source.file.raw(), "get-iam-policy") {
        Some(project) => {
            policy.resource = format!("projects/{project}").into();
            parts.realm = Text::from(project);
        }
        None => {
            // The bindings are kept: who holds what somewhere is better than nothing.
            let reason = "does not name its resource; call the file `get-iam-policy.PROJECT.json`";
            parts.problem("", ProblemKind::MissingField, reason);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{body, check};

    const BINDINGS: &str = r#""bindings":[{"role":"roles/viewer","members":["serviceAccount:a@p.iam.gserviceaccount.com"],
        "condition":{"title":"t","expression":"request.time < timestamp('2027-01-01T00:00:00Z')"}}],"etag":"BwX"#;

    #[test]
    fn a_policy_and_its_place() {
        let policy = format!(
            r#"{{{BINDINGS}","auditConfigs":[{{"service":"allServices","auditLogConfigs":[{{"logType":"DATA_READ","exemptedMembers":["user:q@x"]}}]}}]}}"#
        );
        let kind = "iam.googleapis.com/AllowPolicy";
        check(
            "get-iam-policy.agents-prod.json",
            &policy,
            &[&format!("agents-prod {kind} /projects/agents-prod")],
        );
        check("policy.json", &policy, &[&format!(" {kind} /"), " missing-field"]);
        let read = body("policy.json", &policy);
        assert_eq!(
            read["bindings"][0]["condition"],
            "request.time < timestamp('2027-01-01T00:00:00Z')"
        );
        assert_eq!(read["audit"][0]["logs"][0]["exempt"][0], "user:q@x");
        assert_eq!(read["etag"], "BwX");
    }

    #[test]
    fn policies_found_and_exported() {
        let kind = "iam.googleapis.com/AllowPolicy";
        let resource = "//storage.googleapis.com/corpus";
        let found = format!(
            r#"{{"resource":"{resource}","project":"projects/12","policy":{{{BINDINGS}"}},"assetType":"storage.googleapis.com/Bucket"}}"#
        );
        let line = format!("12 {kind} /{resource}");
        check("f.json", &format!("[{found}]"), &[&line]);
        check("f.json", &format!(r#"{{"results":[{found}]}}"#), &[&line]);
        assert_eq!(body("f.json", &found)["partial"], true);
        let exported = format!(
            r#"{{"name":"{resource}","asset_type":"storage.googleapis.com/Bucket","iam_policy":{{{BINDINGS}",
            "audit_configs":[{{"service":"s","audit_log_configs":[{{"log_type":3}}]}}]}},"ancestors":["projects/12","folders/3","organizations/1"],
            "update_time":"2026-11-01T00:00:00Z"}}"#
        );
        let at = check("f.json", &exported, &[&line]).records.pop().and_then(|record| record.at);
        assert_eq!(at.map(|at| at.to_string()).as_deref(), Some("2026-11-01T00:00:00Z"));
        let read = body("f.json", &exported);
        assert_eq!(
            read["ancestors"],
            serde_json::json!(["projects/12", "folders/3", "organizations/1"])
        );
        assert_eq!(read["audit"][0]["logs"][0]["log_type"], "DATA_READ");
        assert!(read.get("partial").is_none());
    }

    #[test]
    fn accounts_roles_and_providers() {
        let account = r#"{"name":"projects/p/serviceAccounts/a@p","email":"a@p","uniqueId":"1","projectId":"p","disabled":true}"#;
        let role = r#"{"name":"projects/p/roles/reader","includedPermissions":["storage.objects.get"],"stage":"GA"}"#;
        let provider = r#"{"name":"projects/12/locations/global/workloadIdentityPools/k/providers/eks","state":"ACTIVE","oidc":{"issuerUri":"https://oidc.x"},
            "attributeMapping":{"google.subject":"assertion.sub"},"attributeCondition":""}"#;
        let (accounts, line) =
            (format!(r#"{{"accounts":[{account}]}}"#), "p iam.googleapis.com/ServiceAccount /a@p");
        check("f.json", account, &[line]);
        check("f.json", &accounts, &[line]);
        check("f.json", role, &["p iam.googleapis.com/Role /projects/p/roles/reader"]);
        let name = "projects/12/locations/global/workloadIdentityPools/k/providers/eks";
        let line = format!("12 iam.googleapis.com/WorkloadIdentityPoolProvider /{name}");
        check("f.json", provider, &[&line]);
        check("f.json", &format!(r#"{{"workloadIdentityPoolProviders":[{provider}]}}"#), &[&line]);
        let read = body("f.json", provider);
        assert_eq!((&read["issuer"], read.get("condition")), (&"https://oidc.x".into(), None));
        let exported = format!(
            r#"{{"name":"//iam.googleapis.com/projects/p/roles/reader","assetType":"iam.googleapis.com/Role","resource":{{"version":"v1","data":{role}}},"ancestors":["projects/12"]}}"#
        );
        check("f.json", &exported, &["12 iam.googleapis.com/Role /projects/p/roles/reader"]);
    }

    #[test]
    fn a_condition_that_is_not_understood_does_not_vanish() {
        let text = r#"{"bindings":[{"role":"r","members":["allUsers"],"condition":{"title":"t"}}],"etag":"x"}"#;
        check("get-iam-policy.p.json", text, &[" malformed"]);
        check(
            "f.json",
            r#"{"workloadIdentityPoolProviders":[{"name":"x"},7]}"#,
            &[
                ":/workloadIdentityPoolProviders/1 malformed",
                ":/workloadIdentityPoolProviders/0 missing-field",
            ],
        );
    }
}

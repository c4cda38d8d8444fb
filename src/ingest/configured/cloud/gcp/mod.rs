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
            keys.iter().all(|key| shape.has(key)) && shape.json.contains(inside)
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

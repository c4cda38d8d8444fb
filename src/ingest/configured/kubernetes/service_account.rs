//! Service accounts, and the cloud principals that their annotations let them become.

use serde::Deserialize;

use super::object::{Metadata, Scope, record};
use crate::domain::Text;
use crate::domain::configured::{CloudPrincipal, Configured, ServiceAccount, WorkloadFederation};
use crate::ingest::json::nullable;
use crate::ingest::{Document, Sink};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Object {
    metadata: Metadata,
    #[serde(default)]
    automount_service_account_token: Option<bool>,
    #[serde(default, deserialize_with = "nullable")]
    secrets: Vec<Named>,
    #[serde(default, deserialize_with = "nullable")]
    image_pull_secrets: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    name: Option<Text>,
}

/// Annotations that name a cloud principal, each with those of its audience and tenant.
const ANNOTATIONS: &[Annotations] = &[
    // https://github.com/aws/amazon-eks-pod-identity-webhook
    Annotations {
        by: WorkloadFederation::AwsIrsa,
        principal: "eks.amazonaws.com/role-arn",
        audience: Some("eks.amazonaws.com/audience"),
        tenant: None,
    },
    // https://cloud.google.com/kubernetes-engine/docs/how-to/workload-identity
    Annotations {
        by: WorkloadFederation::GcpWorkloadIdentity,
        principal: "iam.gke.io/gcp-service-account",
        audience: None,
        tenant: None,
    },
    // https://azure.github.io/azure-workload-identity/docs/topics/service-account-labels-and-annotations.html
    Annotations {
        by: WorkloadFederation::AzureWorkloadIdentity,
        principal: "azure.workload.identity/client-id",
        audience: None,
        tenant: Some("azure.workload.identity/tenant-id"),
    },
];

struct Annotations {
    by: WorkloadFederation,
    principal: &'static str,
    audience: Option<&'static str>,
    tenant: Option<&'static str>,
}

impl Annotations {
    fn principal_of(&self, metadata: &Metadata) -> Option<CloudPrincipal> {
        let stated = |key: Option<&str>| metadata.annotation(key?);
        Some(CloudPrincipal {
            by: self.by,
            principal: Some(metadata.annotation(self.principal)?),
            audience: stated(self.audience),
            tenant: stated(self.tenant),
        })
    }
}

pub fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(account) = document.parse::<Object>(sink) else { return };
    let names = |list: Vec<Named>| list.into_iter().filter_map(|named| named.name).collect();
    let cloud = ANNOTATIONS.iter().filter_map(|known| known.principal_of(&account.metadata));
    record(
        document,
        &account.metadata,
        Scope::Namespaced,
        |meta| {
            Configured::ServiceAccount(ServiceAccount {
                meta,
                mounts_token: account.automount_service_account_token,
                secrets: names(account.secrets),
                pull_secrets: names(account.image_pull_secrets),
                cloud: cloud.collect(),
            })
        },
        sink,
    );
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{body, only};
    use super::*;

    fn account(rest: &str) -> ServiceAccount {
        let json = format!(
            r#"{{"kind":"ServiceAccount","apiVersion":"v1","metadata":{{"name":"a"{rest}}}"#
        );
        match body(only(&json)) {
            Configured::ServiceAccount(account) => account,
            other => unreachable!("an account, not {other:?}"),
        }
    }

    #[test]
    fn secrets_are_named() {
        let account = account(
            r#"},"secrets":[{"name":"a-token-x1"},{}],"imagePullSecrets":[{"name":"registry"}],
            "automountServiceAccountToken":false"#,
        );
        assert_eq!(account.secrets, ["a-token-x1"]);
        assert_eq!(account.pull_secrets, ["registry"]);
        assert_eq!((account.mounts_token, account.cloud), (Some(false), vec![]));
    }

    #[track_caller]
    fn check(annotations: &str, expected: CloudPrincipal) {
        let account = account(&format!(r#","annotations":{annotations}}}"#));
        assert_eq!(account.cloud, [expected]);
    }

    #[test]
    fn annotations_name_cloud_principals() {
        let principal = |by, principal: &str| CloudPrincipal {
            by,
            principal: Some(principal.into()),
            ..CloudPrincipal::default()
        };
        let role = "arn:aws:iam::111122223333:role/desk";
        check(
            &format!(r#"{{"eks.amazonaws.com/role-arn":"{role}"}}"#),
            principal(WorkloadFederation::AwsIrsa, role),
        );
        check(
            &format!(
                r#"{{"eks.amazonaws.com/role-arn":"{role}","eks.amazonaws.com/audience":"sts.cn"}}"#
            ),
            CloudPrincipal {
                audience: Some("sts.cn".into()),
                ..principal(WorkloadFederation::AwsIrsa, role)
            },
        );
        check(
            r#"{"iam.gke.io/gcp-service-account":"desk@p.iam.gserviceaccount.com"}"#,
            principal(WorkloadFederation::GcpWorkloadIdentity, "desk@p.iam.gserviceaccount.com"),
        );
        check(
            r#"{"azure.workload.identity/client-id":"c","azure.workload.identity/tenant-id":"t"}"#,
            CloudPrincipal {
                tenant: Some("t".into()),
                ..principal(WorkloadFederation::AzureWorkloadIdentity, "c")
            },
        );
    }
}

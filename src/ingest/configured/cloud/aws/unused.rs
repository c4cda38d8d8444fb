//! `aws accessanalyzer get-finding-v2`: permissions of an identity that the analyzer saw unused.

use serde::Deserialize;

use super::super::parts::Parts;
use super::wire::{Time, account};
use crate::domain::configured::cloud::aws::{
    AccessLastUsed, ActionLastUsed, Aws, LastUse, ServiceLastUsed,
};
use crate::domain::configured::{Configured, Provisioning};
use crate::domain::{Discipline, ProblemKind, Text};
use crate::ingest::json::nullable;
use crate::ingest::{Document, Format, Side, Sink};

pub const FORMAT: Format = Format {
    id: "aws-unused-access",
    title: "AWS IAM Access Analyzer, unused permissions",
    side: Side::Configured,
    says: &[(Discipline::Identity, "services and actions granted and unused, with their last use")],
    coverage: "what was unused for as long as the analyzer is set to; what was used it does not list",
    recognises: |shape| shape.has("findingDetails") && shape.has("findingType"),
    read,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Finding {
    #[serde(default)]
    resource: Option<Text>,
    #[serde(default)]
    finding_type: Text,
    #[serde(default)]
    status: Text,
    #[serde(default)]
    analyzed_at: Time,
    #[serde(default, deserialize_with = "nullable")]
    finding_details: Vec<Detail>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detail {
    #[serde(default)]
    unused_permission_details: Option<Permission>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Permission {
    service_namespace: Text,
    #[serde(default)]
    last_accessed: Option<Time>,
    #[serde(default, deserialize_with = "nullable")]
    actions: Vec<Action>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Action {
    action: Text,
    #[serde(default)]
    last_accessed: Option<Time>,
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(finding) = document.parse::<Finding>(sink) else { return };
    let mut parts = Parts::new(document, sink);
    if finding.finding_type != "UnusedPermission" {
        let message = format!("findings of type {} are not read", finding.finding_type.raw());
        return parts.problem("/findingType", ProblemKind::Unsupported, &message);
    }
    // A finding is resolved when the permission was used or taken away.
    if finding.status == "RESOLVED" {
        return parts.problem("/status", ProblemKind::Unsupported, "the finding is resolved");
    }
    let Some(of) = finding.resource else {
        return parts.problem("", ProblemKind::MissingField, "the finding names no resource");
    };
    parts.realm = account([of.raw()]);
    parts.at = finding.analyzed_at.0;
    let services = finding.finding_details.into_iter();
    let access = AccessLastUsed {
        of,
        from: None,
        until: parts.at,
        complete: false,
        services: services
            .filter_map(|detail| detail.unused_permission_details)
            .map(Permission::into_service)
            .collect(),
    };
    parts.record("", Provisioning::default(), Configured::Aws(Aws::AccessLastUsed(access)));
}

impl Permission {
    fn into_service(self) -> ServiceLastUsed {
        let actions = self.actions.into_iter().map(|action| ActionLastUsed {
            action: action.action,
            last: action.last_accessed.map(last_use),
        });
        ServiceLastUsed {
            service: self.service_namespace,
            last: self.last_accessed.map(last_use),
            actions: actions.collect(),
        }
    }
}

fn last_use(at: Time) -> LastUse {
    LastUse { at: at.0, by: None, region: None }
}

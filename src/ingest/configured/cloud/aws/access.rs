//! `aws iam get-service-last-accessed-details`: what an identity or policy allows and when each
//! service, and for some each action, was last used.

use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::parts::{Parts, asked_about};
use super::wire::{Time, account};
use crate::domain::configured::cloud::aws::{
    AccessLastUsed, ActionLastUsed, Aws, LastUse, ServiceLastUsed,
};
use crate::domain::configured::{Configured, Provisioning};
use crate::domain::{Discipline, Location, ProblemKind, Text};
use crate::ingest::json::nullable;
use crate::ingest::{Document, Format, Side, Sink};

pub const FORMAT: Format = Format {
    id: "aws-access-last-used",
    title: "AWS service last accessed details",
    side: Side::Configured,
    says: &[(Discipline::Identity, "services and actions allowed, with their last use or none")],
    coverage: "400 days at most, attempts included; actions only of the services that track them",
    recognises: |shape| shape.has("ServicesLastAccessed"),
    read,
};

/// How far back the tracking reaches (IAM User Guide, "Refine permissions using last accessed
/// information").
const TRACKING: SignedDuration = SignedDuration::from_hours(400 * 24);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer<'a> {
    #[serde(default)]
    job_status: Option<Text>,
    /// Not of the answer itself: collectors write down here what the job was about.
    #[serde(default, alias = "arn")]
    arn: Option<Text>,
    #[serde(default)]
    job_creation_date: Time,
    #[serde(borrow, default, deserialize_with = "nullable")]
    services_last_accessed: Vec<&'a RawValue>,
    #[serde(default)]
    is_truncated: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Service {
    service_namespace: Text,
    #[serde(default)]
    last_authenticated: Option<Time>,
    #[serde(default)]
    last_authenticated_entity: Option<Text>,
    #[serde(default)]
    last_authenticated_region: Option<Text>,
    #[serde(default, deserialize_with = "nullable")]
    tracked_actions_last_accessed: Vec<Action>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Action {
    action_name: Text,
    #[serde(default)]
    last_accessed_time: Option<Time>,
    #[serde(default)]
    last_accessed_entity: Option<Text>,
    #[serde(default)]
    last_accessed_region: Option<Text>,
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(answer) = document.parse::<Answer<'_>>(sink) else { return };
    let mut parts = Parts::new(document, sink);
    if answer.job_status.is_some_and(|status| status != "COMPLETED") {
        let reason = "the job had not completed; ask for its details again";
        return parts.problem("", ProblemKind::Incomplete, reason);
    }
    let file = document.source.file.raw();
    let named = || asked_about(file, "get-service-last-accessed-details").map(Text::from);
    let Some(of) = answer.arn.or_else(named) else {
        let reason = "does not name what it is about; add a member `Arn`, \
                      or call the file `get-service-last-accessed-details.ROLE.json`";
        return parts.problem("", ProblemKind::MissingField, reason);
    };
    let services: Vec<(String, Service)> =
        parts.items("/ServicesLastAccessed", &answer.services_last_accessed);
    let is_whole = answer.is_truncated != Some(true) && document.at == Location::Whole;
    let until = answer.job_creation_date.0;
    parts.realm = account([of.raw()]);
    parts.at = until;
    let access = AccessLastUsed {
        of,
        from: until.and_then(|until| until.checked_sub(TRACKING).ok()),
        until,
        complete: is_whole && parts.lost == 0,
        services: services.into_iter().map(|(_, service)| service.into_service()).collect(),
    };
    parts.record("", Provisioning::default(), Configured::Aws(Aws::AccessLastUsed(access)));
}

impl Service {
    fn into_service(self) -> ServiceLastUsed {
        let (by, region) = (self.last_authenticated_entity, self.last_authenticated_region);
        let actions = self.tracked_actions_last_accessed.into_iter().map(|action| ActionLastUsed {
            action: action.action_name,
            last: last_use(
                action.last_accessed_time,
                action.last_accessed_entity,
                action.last_accessed_region,
            ),
        });
        ServiceLastUsed {
            service: self.service_namespace,
            last: last_use(self.last_authenticated, by, region),
            actions: actions.collect(),
        }
    }
}

/// Disuse is claimed only when neither a time nor a user is given.
fn last_use(at: Option<Time>, by: Option<Text>, region: Option<Text>) -> Option<LastUse> {
    let is_used = at.is_some() || by.is_some();
    is_used.then(|| LastUse { at: at.and_then(|time| time.0), by, region })
}

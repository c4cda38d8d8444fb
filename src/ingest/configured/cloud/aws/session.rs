//! `aws sts`: who the caller is, and sessions as they were handed out. Of the credentials only the
//! access key id is kept, by which the session's events name it.

use serde::Deserialize;

use super::super::parts::Parts;
use super::wire::{Time, account};
use crate::domain::configured::cloud::aws::{Aws, Session};
use crate::domain::configured::{Configured, Provisioning};
use crate::domain::{Discipline, ProblemKind, Text};
use crate::ingest::{Document, Format, Shape, Side, Sink};

pub const FORMAT: Format = Format {
    id: "aws-sts",
    title: "AWS STS, callers and sessions",
    side: Side::Configured,
    says: &[(Discipline::Identity, "a session with its role, access key id and token subject")],
    coverage: "the one session that was handed out, not its use",
    recognises,
    read,
};

fn recognises(shape: &Shape<'_>) -> bool {
    (shape.has("Credentials") && shape.has("AssumedRoleUser"))
        || ["UserId", "Account", "Arn"].iter().all(|key| shape.has(key))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    #[serde(default)]
    credentials: Option<Credentials>,
    #[serde(default)]
    assumed_role_user: Option<AssumedRoleUser>,
    #[serde(default)]
    user_id: Option<Text>,
    #[serde(default)]
    arn: Option<Text>,
    #[serde(default)]
    subject_from_web_identity_token: Option<Text>,
    #[serde(default)]
    subject: Option<Text>,
    #[serde(default)]
    provider: Option<Text>,
    #[serde(default)]
    issuer: Option<Text>,
    #[serde(default)]
    audience: Option<Text>,
    #[serde(default)]
    source_identity: Option<Text>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Credentials {
    #[serde(default)]
    access_key_id: Option<Text>,
    #[serde(default)]
    expiration: Time,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AssumedRoleUser {
    #[serde(default)]
    assumed_role_id: Option<Text>,
    #[serde(default)]
    arn: Option<Text>,
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(answer) = document.parse::<Answer>(sink) else { return };
    let mut parts = Parts::new(document, sink);
    let (arn, id) = match answer.assumed_role_user {
        Some(assumed) => (assumed.arn, assumed.assumed_role_id),
        None => (answer.arn, answer.user_id),
    };
    let Some(arn) = arn else {
        return parts.problem("", ProblemKind::MissingField, "the session has no ARN");
    };
    let credentials = answer.credentials.unwrap_or_default();
    parts.realm = account([arn.raw()]);
    let session = Session {
        arn,
        id,
        credential_id: credentials.access_key_id,
        expires: credentials.expiration.0,
        // A web identity in the first of each pair, SAML in the second.
        subject: answer.subject_from_web_identity_token.or(answer.subject),
        provider: answer.provider.or(answer.issuer),
        audience: answer.audience,
        source_identity: answer.source_identity,
    };
    parts.record("", Provisioning::default(), Configured::Aws(Aws::Session(session)));
}

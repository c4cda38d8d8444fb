//! The audit event as it is written, borrowed from the document. Fields that are not read are skipped
//! without being built.

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use serde_json::value::RawValue;

use crate::ingest::json::{Str, nullable};
use crate::ingest::time::Time;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditEvent<'a> {
    #[serde(borrow, rename = "auditID")]
    pub audit_id: Option<Str<'a>>,
    #[serde(borrow)]
    pub stage: Option<Str<'a>>,
    #[serde(borrow, rename = "requestURI")]
    pub request_uri: Option<Str<'a>>,
    #[serde(borrow)]
    pub verb: Option<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "user")]
    pub user: User<'a>,
    #[serde(borrow)]
    pub impersonated_user: Option<User<'a>>,
    #[serde(borrow, rename = "sourceIPs", default, deserialize_with = "nullable")]
    pub source_ips: Vec<Str<'a>>,
    #[serde(borrow)]
    pub user_agent: Option<Str<'a>>,
    #[serde(borrow, rename = "objectRef")]
    pub object: Option<ObjectReference<'a>>,
    #[serde(borrow)]
    pub response_status: Option<ResponseStatus<'a>>,
    #[serde(borrow)]
    pub request_object: Option<&'a RawValue>,
    #[serde(default)]
    request_received_timestamp: Time,
    #[serde(default)]
    stage_timestamp: Time,
    #[serde(borrow)]
    pub annotations: Option<Annotations<'a>>,
    /// v1beta1 and older.
    #[serde(default)]
    timestamp: Time,
    metadata: Option<Metadata>,
    /// As indexes keep the time.
    #[serde(default, rename = "@timestamp")]
    indexed: Time,
    /// When an AKS cluster sent the record, from the envelope.
    #[serde(default, rename = "time")]
    sent: Time,
    /// The log group of an EKS cluster and the resource of an AKS cluster, from the envelope.
    #[serde(borrow)]
    log_group: Option<Str<'a>>,
    #[serde(borrow, rename = "resourceId")]
    resource_id: Option<Str<'a>>,
}

impl AuditEvent<'_> {
    /// When the request arrived, which is the same at every stage.
    pub fn time(&self) -> Option<Timestamp> {
        let Time(created) =
            self.metadata.as_ref().map(|it| it.creation_timestamp).unwrap_or_default();
        let Time(received) = self.request_received_timestamp;
        received
            .or(self.stage_timestamp.0)
            .or(self.timestamp.0)
            .or(created)
            .or(self.indexed.0)
            .or(self.sent.0)
    }

    /// The cluster, where the log of a managed one names it: `/aws/eks/<cluster>/cluster`,
    /// `/subscriptions/…/managedClusters/<cluster>`.
    pub fn cluster(&self) -> Option<&str> {
        after(self.log_group.as_deref(), "eks")
            .or_else(|| after(self.resource_id.as_deref(), "managedClusters"))
    }

    /// When the response was complete.
    pub fn finished(&self) -> Option<Timestamp> {
        match self.stage.as_deref() {
            Some("ResponseComplete" | "Panic") => self.stage_timestamp.0,
            _ => None,
        }
    }
}

/// The step of a path that follows the folder of this name.
fn after<'p>(path: Option<&'p str>, folder: &str) -> Option<&'p str> {
    path?.split('/').skip_while(|step| !step.eq_ignore_ascii_case(folder)).nth(1)
}

#[derive(Default, Deserialize)]
pub struct User<'a> {
    #[serde(borrow)]
    username: Option<Str<'a>>,
    #[serde(borrow)]
    pub extra: Option<Extra<'a>>,
}

impl User<'_> {
    pub fn username(&self) -> Option<&str> {
        self.username.as_deref().filter(|name| !name.is_empty())
    }
}

#[derive(Deserialize)]
pub struct Extra<'a> {
    #[serde(
        borrow,
        rename = "authentication.kubernetes.io/credential-id",
        default,
        deserialize_with = "nullable"
    )]
    pub credential_id: Vec<Str<'a>>,
    #[serde(
        borrow,
        rename = "authentication.kubernetes.io/pod-name",
        default,
        deserialize_with = "nullable"
    )]
    pub pod_name: Vec<Str<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectReference<'a> {
    #[serde(borrow)]
    pub resource: Option<Str<'a>>,
    #[serde(borrow)]
    pub namespace: Option<Str<'a>>,
    #[serde(borrow)]
    pub name: Option<Str<'a>>,
    #[serde(borrow)]
    pub api_group: Option<Str<'a>>,
    #[serde(borrow)]
    pub subresource: Option<Str<'a>>,
}

#[derive(Deserialize)]
pub struct ResponseStatus<'a> {
    pub code: Option<i64>,
    #[serde(borrow)]
    pub reason: Option<Str<'a>>,
    #[serde(borrow)]
    pub message: Option<Str<'a>>,
}

#[derive(Deserialize)]
pub struct Annotations<'a> {
    #[serde(borrow, rename = "authorization.k8s.io/decision")]
    pub decision: Option<Str<'a>>,
    #[serde(borrow, rename = "authorization.k8s.io/reason")]
    pub reason: Option<Str<'a>>,
    #[serde(borrow, rename = "authentication.kubernetes.io/issued-credential-id")]
    pub issued_credential_id: Option<Str<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    #[serde(default)]
    creation_timestamp: Time,
}

/// The user as an object, or only the name, as indexes keep it.
fn user<'de: 'a, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<User<'a>, D::Error> {
    let json = Option::<&'de RawValue>::deserialize(deserializer)?.map_or("null", RawValue::get);
    let user = match json.as_bytes() {
        b"null" => Ok(User::default()),
        [b'"', ..] => serde_json::from_str(json)
            .map(|username| User { username: Some(username), extra: None }),
        _ => serde_json::from_str(json),
    };
    user.map_err(D::Error::custom)
}

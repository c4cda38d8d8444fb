//! The audit event as it is written, borrowed from the document. Fields that are not read are skipped
//! without being built.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::ingest::json::{Str, nullable};

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
    #[serde(borrow, default, deserialize_with = "nullable")]
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
    request_received_timestamp: Option<Timestamp>,
    stage_timestamp: Option<Timestamp>,
    #[serde(borrow)]
    pub annotations: Option<Annotations<'a>>,
    /// v1beta1 and older.
    timestamp: Option<Timestamp>,
    metadata: Option<Metadata>,
}

impl AuditEvent<'_> {
    /// When the request arrived, which is the same at every stage.
    pub fn time(&self) -> Option<Timestamp> {
        self.request_received_timestamp
            .or(self.stage_timestamp)
            .or(self.timestamp)
            .or_else(|| self.metadata.as_ref()?.creation_timestamp)
    }

    /// When the response was complete.
    pub fn finished(&self) -> Option<Timestamp> {
        match self.stage.as_deref() {
            Some("ResponseComplete" | "Panic") => self.stage_timestamp,
            _ => None,
        }
    }
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
    creation_timestamp: Option<Timestamp>,
}

/// A record of a managed cloud around audit events in their own JSON text.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Wrapper<'a> {
    #[serde(borrow)]
    category: Option<Str<'a>>,
    #[serde(borrow)]
    properties: Option<AzureProperties<'a>>,
    #[serde(borrow)]
    log_stream: Option<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    log_events: Vec<CloudWatchEvent<'a>>,
}

#[derive(Deserialize)]
struct AzureProperties<'a> {
    #[serde(borrow)]
    log: Option<Str<'a>>,
}

#[derive(Deserialize)]
struct CloudWatchEvent<'a> {
    #[serde(borrow)]
    message: Str<'a>,
}

impl Wrapper<'_> {
    pub fn is_audit(&self) -> bool {
        let azure = self.category.as_deref().is_some_and(|name| name.starts_with("kube-audit"));
        let stream = self.log_stream.as_deref();
        azure || stream.is_some_and(|name| name.starts_with("kube-apiserver-audit"))
    }

    pub fn records(&self) -> impl Iterator<Item = &str> {
        let azure = self.properties.iter().filter_map(|properties| properties.log.as_deref());
        azure.chain(self.log_events.iter().map(|event| &*event.message))
    }
}

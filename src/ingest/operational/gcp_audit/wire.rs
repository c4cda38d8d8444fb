//! The log entry and its audit log as Cloud Logging writes them (`google.cloud.audit.AuditLog`),
//! borrowed from the document.

use serde::Deserialize;

use crate::ingest::json::{Integer, Part, Word};
use crate::ingest::time::Time;

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LogEntry<'a> {
    /// Unique together with time and log.
    #[serde(borrow)]
    pub insert_id: Word<'a>,
    #[serde(borrow)]
    pub log_name: Word<'a>,
    pub timestamp: Time,
    pub receive_timestamp: Time,
    #[serde(borrow)]
    pub resource: Part<MonitoredResource<'a>>,
    #[serde(borrow)]
    pub labels: Part<Labels<'a>>,
    #[serde(borrow)]
    pub trace: Word<'a>,
    #[serde(borrow)]
    pub span_id: Word<'a>,
    #[serde(borrow)]
    pub operation: Part<Operation<'a>>,
    /// Under its other name BigQuery exports it.
    #[serde(borrow, alias = "protopayload_auditlog")]
    pub proto_payload: Part<AuditLog<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct MonitoredResource<'a> {
    #[serde(borrow, rename = "type")]
    pub kind: Word<'a>,
    #[serde(borrow)]
    pub labels: Part<ResourceLabels<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ResourceLabels<'a> {
    #[serde(borrow)]
    pub project_id: Word<'a>,
    #[serde(borrow)]
    pub cluster_name: Word<'a>,
    #[serde(borrow)]
    pub location: Word<'a>,
}

/// What a GKE cluster says about the request.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Labels<'a> {
    #[serde(borrow, rename = "authorization.k8s.io/decision")]
    pub decision: Word<'a>,
    #[serde(borrow, rename = "authorization.k8s.io/reason")]
    pub reason: Word<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Operation<'a> {
    #[serde(borrow)]
    pub id: Word<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct AuditLog<'a> {
    #[serde(borrow, rename = "@type")]
    pub type_url: Word<'a>,
    #[serde(borrow)]
    pub service_name: Word<'a>,
    #[serde(borrow)]
    pub method_name: Word<'a>,
    #[serde(borrow)]
    pub resource_name: Word<'a>,
    #[serde(borrow)]
    pub status: Part<Status<'a>>,
    #[serde(borrow)]
    pub authentication_info: Part<Authentication<'a>>,
    #[serde(borrow)]
    pub authorization_info: Part<Vec<Part<Authorization<'a>>>>,
    #[serde(borrow)]
    pub request_metadata: Part<RequestMetadata<'a>>,
    #[serde(borrow)]
    pub request: Part<TokenRequest<'a>>,
    #[serde(borrow)]
    pub metadata: Part<TokenMetadata<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Status<'a> {
    /// `google.rpc.Code`; absent when the call succeeded.
    pub code: Part<Option<Integer>>,
    #[serde(borrow)]
    pub message: Word<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Authentication<'a> {
    #[serde(borrow)]
    principal_email: Word<'a>,
    #[serde(borrow)]
    principal_subject: Word<'a>,
    #[serde(borrow)]
    authority_selector: Word<'a>,
    #[serde(borrow)]
    pub service_account_key_name: Word<'a>,
    /// Who delegated to the service account, in the order of the delegation.
    #[serde(borrow)]
    service_account_delegation_info: Part<Vec<Part<Delegation<'a>>>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Delegation<'a> {
    #[serde(borrow)]
    principal_subject: Word<'a>,
    #[serde(borrow)]
    first_party_principal: Part<FirstParty<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct FirstParty<'a> {
    #[serde(borrow)]
    principal_email: Word<'a>,
}

impl Authentication<'_> {
    pub fn principal(&self) -> Option<&str> {
        [&self.principal_email, &self.principal_subject, &self.authority_selector]
            .into_iter()
            .find_map(Word::get)
    }

    /// The subject, where the principal is known by its address.
    pub fn subject(&self) -> Option<&str> {
        self.principal_email.get().and(self.principal_subject.get())
    }

    /// The principals that delegated, the first authority first. One that has no name here, as one
    /// of a third party, keeps its place.
    pub fn delegation(&self) -> Vec<&str> {
        self.service_account_delegation_info.iter().map(|hop| hop.name()).collect()
    }
}

impl Delegation<'_> {
    fn name(&self) -> &str {
        let address = self.first_party_principal.principal_email.get();
        address.or(self.principal_subject.get()).unwrap_or("not named")
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Authorization<'a> {
    #[serde(borrow)]
    pub resource: Word<'a>,
    #[serde(borrow)]
    pub permission: Word<'a>,
    /// Left out by the JSON form when it is false.
    #[serde(borrow)]
    pub granted: Word<'a>,
    #[serde(borrow)]
    pub resource_attributes: Part<ResourceAttributes<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ResourceAttributes<'a> {
    #[serde(borrow, rename = "type")]
    pub kind: Word<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RequestMetadata<'a> {
    #[serde(borrow, alias = "callerIP")]
    pub caller_ip: Word<'a>,
    #[serde(borrow)]
    pub caller_supplied_user_agent: Word<'a>,
}

/// What a request for a token of a service account says besides.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct TokenRequest<'a> {
    /// The chain of service accounts that delegate, in order.
    #[serde(borrow)]
    pub delegates: Part<Vec<Word<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct TokenMetadata<'a> {
    /// The principal for which the exchanged token stands.
    #[serde(borrow, alias = "mappedPrincipal")]
    pub mapped_principal: Word<'a>,
}

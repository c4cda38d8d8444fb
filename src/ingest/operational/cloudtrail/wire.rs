//! The CloudTrail record as it is written (AWS CloudTrail user guide, "record contents" and
//! "userIdentity element"), borrowed from the document.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::ingest::json::{Part, Word};
use crate::ingest::time::Time;

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Record<'a> {
    #[serde(borrow, rename = "eventID")]
    pub event_id: Word<'a>,
    /// The same in every account in which one act is recorded.
    #[serde(borrow, rename = "sharedEventID")]
    pub shared_event_id: Word<'a>,
    #[serde(borrow, rename = "requestID")]
    pub request_id: Word<'a>,
    event_time: Time,
    #[serde(rename = "@timestamp")]
    indexed: Time,
    /// As Panther keeps the time.
    #[serde(rename = "p_event_time")]
    panther: Time,
    #[serde(borrow)]
    pub event_source: Word<'a>,
    #[serde(borrow)]
    pub event_name: Word<'a>,
    #[serde(borrow)]
    pub event_type: Word<'a>,
    #[serde(borrow)]
    pub event_category: Word<'a>,
    #[serde(borrow)]
    pub management_event: Word<'a>,
    #[serde(borrow)]
    pub read_only: Word<'a>,
    #[serde(borrow)]
    pub aws_region: Word<'a>,
    #[serde(borrow)]
    pub recipient_account_id: Word<'a>,
    #[serde(borrow, rename = "sourceIPAddress")]
    pub source_ip_address: Word<'a>,
    #[serde(borrow)]
    pub user_agent: Word<'a>,
    #[serde(borrow)]
    pub vpc_endpoint_id: Word<'a>,
    #[serde(borrow)]
    pub session_credential_from_console: Word<'a>,
    #[serde(borrow)]
    pub error_code: Word<'a>,
    #[serde(borrow)]
    pub error_message: Word<'a>,
    #[serde(borrow)]
    pub user_identity: Part<UserIdentity<'a>>,
    #[serde(borrow)]
    pub resources: Part<Vec<Part<Resource<'a>>>>,
    #[serde(borrow)]
    pub request_parameters: Option<&'a RawValue>,
    #[serde(borrow)]
    pub response_elements: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct UserIdentity<'a> {
    #[serde(borrow, rename = "type")]
    pub kind: Word<'a>,
    #[serde(borrow)]
    pub arn: Word<'a>,
    #[serde(borrow)]
    pub principal_id: Word<'a>,
    #[serde(borrow)]
    pub account_id: Word<'a>,
    #[serde(borrow)]
    pub access_key_id: Word<'a>,
    #[serde(borrow)]
    pub user_name: Word<'a>,
    #[serde(borrow)]
    pub identity_provider: Word<'a>,
    /// The service that made the call on somebody's behalf.
    #[serde(borrow)]
    pub invoked_by: Word<'a>,
    #[serde(borrow)]
    pub on_behalf_of: Part<OnBehalfOf<'a>>,
    #[serde(borrow)]
    pub in_scope_of: Part<InScopeOf<'a>>,
    #[serde(borrow)]
    pub session_context: Part<SessionContext<'a>>,
}

/// The user of IAM Identity Center for whom the call was made.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct OnBehalfOf<'a> {
    #[serde(borrow)]
    pub user_id: Word<'a>,
    #[serde(borrow)]
    pub identity_store_arn: Word<'a>,
}

/// The compute resource to which the credentials of the session were delivered.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct InScopeOf<'a> {
    #[serde(borrow)]
    pub source_arn: Word<'a>,
    #[serde(borrow)]
    pub issuer_type: Word<'a>,
    #[serde(borrow)]
    pub credentials_issued_to: Word<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct SessionContext<'a> {
    #[serde(borrow)]
    pub session_issuer: Part<SessionIssuer<'a>>,
    #[serde(borrow)]
    pub attributes: Part<SessionAttributes<'a>>,
    #[serde(borrow)]
    pub web_id_federation_data: Part<WebIdentity<'a>>,
    #[serde(borrow)]
    pub source_identity: Word<'a>,
    /// `1.0` and `2.0` are the versions of the instance metadata service.
    #[serde(borrow)]
    pub ec2_role_delivery: Word<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct SessionIssuer<'a> {
    #[serde(borrow)]
    pub arn: Word<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct SessionAttributes<'a> {
    #[serde(borrow)]
    pub creation_date: Word<'a>,
    #[serde(borrow)]
    pub mfa_authenticated: Word<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct WebIdentity<'a> {
    #[serde(borrow)]
    pub federated_provider: Word<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Resource<'a> {
    #[serde(borrow, rename = "ARN", alias = "arn")]
    pub arn: Word<'a>,
    #[serde(borrow, rename = "type")]
    pub kind: Word<'a>,
}

impl Record<'_> {
    /// Whether the record has to be put into its canonical shape first: a name is missing, or a part
    /// is JSON in a string.
    pub fn is_reshaped(&self) -> bool {
        let is_text = |part: &Option<&RawValue>| part.is_some_and(|it| it.get().starts_with('"'));
        self.event_name.get().is_none()
            || self.event_source.get().is_none()
            || is_text(&self.request_parameters)
            || is_text(&self.response_elements)
    }

    pub fn time(&self) -> Option<Timestamp> {
        self.event_time.0.or(self.indexed.0).or(self.panther.0)
    }

    /// The account in which the act took place.
    pub fn account(&self) -> Option<&str> {
        self.recipient_account_id.get().or_else(|| self.user_identity.account_id.get())
    }
}

impl UserIdentity<'_> {
    /// Who called: the ARN of user or role session where there is one; for a federated identity its
    /// name (`system:serviceaccount:<namespace>:<name>` from a cluster), for a service its host.
    pub fn principal(&self) -> Option<&str> {
        [&self.arn, &self.user_name, &self.invoked_by, &self.principal_id, &self.account_id]
            .into_iter()
            .find_map(Word::get)
    }

    /// The name of the role session: the last step of
    /// `arn:aws:sts::<account>:assumed-role/<role>/<session>`.
    pub fn session_name(&self) -> Option<&str> {
        let (_, session) = self.arn.get()?.split_once(":assumed-role/")?;
        session.rsplit_once('/').map(|(_, name)| name).filter(|name| !name.is_empty())
    }
}

//! Sign-ins and directory audits as Microsoft Graph writes them (resource types `signIn` and
//! `directoryAudit`), borrowed from the document. Diagnostic settings put the same into `properties`.

use serde::Deserialize;

use crate::ingest::json::{Part, Word};
use crate::ingest::time::Time;

/// What diagnostic settings put around a record.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Streamed<'a, T: Default> {
    pub time: Time,
    #[serde(borrow)]
    pub category: Word<'a>,
    #[serde(borrow)]
    pub tenant_id: Word<'a>,
    pub properties: Part<T>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct SignIn<'a> {
    #[serde(borrow)]
    pub id: Word<'a>,
    pub created_date_time: Time,
    #[serde(borrow)]
    pub user_principal_name: Word<'a>,
    #[serde(borrow)]
    pub user_id: Word<'a>,
    #[serde(borrow)]
    pub app_id: Word<'a>,
    #[serde(borrow)]
    pub app_display_name: Word<'a>,
    #[serde(borrow)]
    pub service_principal_id: Word<'a>,
    #[serde(borrow)]
    pub service_principal_name: Word<'a>,
    #[serde(borrow)]
    pub service_principal_credential_key_id: Word<'a>,
    #[serde(borrow)]
    pub federated_credential_id: Word<'a>,
    /// The identifier of the token that was issued; its uses carry it as `uti`.
    #[serde(borrow)]
    pub unique_token_identifier: Word<'a>,
    #[serde(borrow)]
    pub resource_display_name: Word<'a>,
    #[serde(borrow)]
    pub resource_id: Word<'a>,
    #[serde(borrow)]
    pub correlation_id: Word<'a>,
    #[serde(borrow)]
    pub ip_address: Word<'a>,
    #[serde(borrow)]
    pub client_app_used: Word<'a>,
    #[serde(borrow)]
    pub conditional_access_status: Word<'a>,
    #[serde(borrow)]
    pub risk_level_during_sign_in: Word<'a>,
    #[serde(borrow)]
    pub session_id: Word<'a>,
    #[serde(borrow)]
    pub sign_in_event_types: Part<Vec<Word<'a>>>,
    #[serde(borrow)]
    pub status: Part<Status<'a>>,
    #[serde(borrow)]
    pub agent: Part<Agent<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Status<'a> {
    #[serde(borrow)]
    pub error_code: Word<'a>,
    #[serde(borrow)]
    pub failure_reason: Word<'a>,
}

/// What Entra Agent ID says about the agent that signed in.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Agent<'a> {
    #[serde(borrow)]
    pub agent_type: Word<'a>,
    #[serde(borrow)]
    pub agent_subject_type: Word<'a>,
    #[serde(borrow)]
    pub agent_subject_parent_id: Word<'a>,
    #[serde(borrow)]
    pub parent_app_id: Word<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DirectoryAudit<'a> {
    #[serde(borrow)]
    pub id: Word<'a>,
    pub activity_date_time: Time,
    #[serde(borrow)]
    pub activity_display_name: Word<'a>,
    #[serde(borrow)]
    pub category: Word<'a>,
    #[serde(borrow)]
    pub correlation_id: Word<'a>,
    #[serde(borrow)]
    pub operation_type: Word<'a>,
    #[serde(borrow)]
    pub logged_by_service: Word<'a>,
    #[serde(borrow)]
    pub result: Word<'a>,
    #[serde(borrow)]
    pub result_reason: Word<'a>,
    #[serde(borrow)]
    pub initiated_by: Part<Initiator<'a>>,
    #[serde(borrow)]
    pub target_resources: Part<Vec<Part<TargetResource<'a>>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Initiator<'a> {
    #[serde(borrow)]
    pub user: Part<User<'a>>,
    #[serde(borrow)]
    pub app: Part<App<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct User<'a> {
    #[serde(borrow)]
    pub id: Word<'a>,
    #[serde(borrow)]
    pub user_principal_name: Word<'a>,
    #[serde(borrow)]
    pub ip_address: Word<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct App<'a> {
    #[serde(borrow)]
    pub app_id: Word<'a>,
    #[serde(borrow)]
    pub display_name: Word<'a>,
    #[serde(borrow)]
    pub service_principal_id: Word<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TargetResource<'a> {
    #[serde(borrow)]
    pub id: Word<'a>,
    #[serde(borrow)]
    pub display_name: Word<'a>,
    #[serde(borrow, rename = "type")]
    pub kind: Word<'a>,
    #[serde(borrow)]
    pub modified_properties: Part<Vec<Part<Modified<'a>>>>,
}

/// A property that was changed; its values are not read.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Modified<'a> {
    #[serde(borrow)]
    pub display_name: Word<'a>,
}

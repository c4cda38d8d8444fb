//! The record in both of its spellings, borrowed from the document.

use serde::Deserialize;

use crate::ingest::json::{Part, Word};
use crate::ingest::time::Time;

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Activity<'a> {
    pub time: Time,
    pub event_timestamp: Time,
    #[serde(borrow)]
    pub event_data_id: Word<'a>,
    #[serde(borrow)]
    pub correlation_id: Word<'a>,
    #[serde(borrow)]
    pub operation_name: Name<'a>,
    #[serde(borrow)]
    pub category: Name<'a>,
    #[serde(borrow)]
    pub resource_id: Word<'a>,
    #[serde(borrow)]
    pub resource_type: Name<'a>,
    #[serde(borrow)]
    pub result_type: Word<'a>,
    #[serde(borrow)]
    pub result_signature: Word<'a>,
    #[serde(borrow)]
    pub result_description: Word<'a>,
    #[serde(borrow)]
    pub status: Name<'a>,
    #[serde(borrow)]
    pub sub_status: Name<'a>,
    #[serde(borrow)]
    pub caller: Word<'a>,
    #[serde(borrow)]
    pub caller_ip_address: Word<'a>,
    #[serde(borrow)]
    pub http_request: Part<HttpRequest<'a>>,
    #[serde(borrow)]
    pub claims: Part<Claims<'a>>,
    #[serde(borrow)]
    pub authorization: Part<Authorization<'a>>,
    #[serde(borrow)]
    pub identity: Part<Identity<'a>>,
    #[serde(borrow)]
    pub properties: Part<Properties<'a>>,
}

/// A word, which the management API wraps with its translation.
#[derive(Default)]
pub struct Name<'a>(Word<'a>);

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Localized<'a> {
            #[serde(borrow)]
            value: Word<'a>,
        }
        let json = <&'de serde_json::value::RawValue>::deserialize(deserializer)?.get();
        let word = match json.starts_with('{') {
            true => serde_json::from_str::<Localized<'de>>(json).map(|it| it.value),
            false => serde_json::from_str(json),
        };
        Ok(Self(word.unwrap_or_default()))
    }
}

impl Name<'_> {
    pub fn get(&self) -> Option<&str> {
        self.0.get()
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpRequest<'a> {
    #[serde(borrow)]
    pub client_ip_address: Word<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Identity<'a> {
    #[serde(borrow)]
    pub authorization: Part<Authorization<'a>>,
    #[serde(borrow)]
    pub claims: Part<Claims<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Authorization<'a> {
    #[serde(borrow)]
    pub action: Word<'a>,
    #[serde(borrow)]
    pub scope: Word<'a>,
    #[serde(borrow)]
    pub evidence: Part<Evidence<'a>>,
}

/// What allowed the operation.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Evidence<'a> {
    #[serde(borrow)]
    pub role: Word<'a>,
    #[serde(borrow)]
    pub role_assignment_id: Word<'a>,
    #[serde(borrow)]
    pub role_assignment_scope: Word<'a>,
    #[serde(borrow)]
    pub role_definition_id: Word<'a>,
    #[serde(borrow)]
    pub principal_id: Word<'a>,
    #[serde(borrow)]
    pub principal_type: Word<'a>,
}

/// Claims of the caller's token that identify it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Claims<'a> {
    #[serde(
        borrow,
        rename = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn",
        alias = "upn"
    )]
    pub user: Word<'a>,
    #[serde(
        borrow,
        rename = "http://schemas.microsoft.com/identity/claims/objectidentifier",
        alias = "oid"
    )]
    pub object: Word<'a>,
    #[serde(borrow)]
    pub appid: Word<'a>,
    /// The identifier of the token; the sign-in that issued it has the same.
    #[serde(borrow)]
    pub uti: Word<'a>,
    #[serde(borrow)]
    pub idtyp: Word<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Properties<'a> {
    #[serde(borrow)]
    pub status_code: Word<'a>,
}

//! Sessions that the token service told of.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::named;
use crate::domain::Text;
use crate::domain::configured::Identity;

/// Who a caller is, or a session as it was handed out. Never holds the credentials.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Of the caller: `arn:aws:sts::…:assumed-role/ROLE/SESSION`, or a user.
    pub arn: Text,
    /// `AROA…:SESSION`: the role's unique id and the session's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Text>,
    /// The access key id, by which the session's events name it. The field has the name of the
    /// event's column, which is kept unmasked: the id is no secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential_id: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// The subject of the token it was exchanged for: `system:serviceaccount:NAMESPACE:NAME`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Text>,
    /// Who issued that token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<Text>,
    /// Set once and carried through every role that is assumed after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_identity: Option<Text>,
}

impl Session {
    /// Sessions of one name are told apart by their keys.
    pub(super) fn identity(&self) -> Identity {
        let identity = named("AWS::STS::Session", &self.arn);
        let Some(key) = &self.credential_id else { return identity };
        let name = format!("{} {}", identity.name.raw(), key.raw());
        Identity { name: name.into(), ..identity }
    }
}

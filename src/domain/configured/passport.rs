//! Agent passports: authority that was given for a while and decays with use.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::Text;

/// A signed grant of authority to one agent, with budgets that wear it down (requirement S3.7).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Passport {
    /// What records name as `passport_id`.
    pub id: Text,
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub namespace: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workload: Option<Text>,
    /// The agent inside the workload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    /// The identity as which the agent authenticates: a SPIFFE id, a role, a client id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Tools as `server/tool` or the tool alone; absent when the passport does not limit them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<Text>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub budgets: Vec<Budget>,
    /// In the order in which they are written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decay: Vec<Decay>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_exhaustion: Option<Exhaustion>,
    /// Absent when the passport is not signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<PassportSignature>,
}

/// How much may be used before the agent must be authorised again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Budget {
    pub of: Measure,
    pub limit: f64,
    #[serde(default)]
    pub per: Period,
}

/// What remains of the scopes once this much of a budget is used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decay {
    pub of: Measure,
    pub after: f64,
    pub keeps: Vec<Text>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Measure {
    /// Seconds since the period began.
    Time,
    /// Calls of tools and models.
    Steps,
    /// The sum of the risks of the steps, in the units of whoever assesses them.
    Risk,
}

/// Over what a budget is used up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Period {
    /// The whole life of the passport.
    #[default]
    Passport,
    Session,
    Day,
}

/// What follows when a budget is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Exhaustion {
    Reauthorise,
    Deny,
}

/// How the passport is signed. The signature is not kept and not verified here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassportSignature {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<Text>,
}

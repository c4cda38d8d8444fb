//! Small pieces that most answers of AWS share.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::domain::Text;
use crate::domain::configured::Provisioning;
use crate::domain::configured::cloud::aws::Arn;

/// A time as ISO 8601 text or, in older versions of the command line, as seconds since the epoch.
/// What is neither is no time, and costs nothing else.
#[derive(Clone, Copy, Debug, Default)]
pub struct Time(pub Option<Timestamp>);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Value::deserialize(deserializer)? {
            Value::String(text) => text.parse().ok(),
            Value::Number(seconds) => seconds.as_f64().and_then(epoch),
            _ => None,
        }))
    }
}

/// Seconds since the epoch, to the millisecond.
fn epoch(seconds: f64) -> Option<Timestamp> {
    Timestamp::from_millisecond((seconds * 1000.0) as i64).ok()
}

/// A string or a list of them: the elements of policy documents.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    pub fn into_vec(self) -> Vec<T> {
        match self {
            Self::One(item) => vec![item],
            Self::Many(items) => items,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    pub key: Text,
    #[serde(default)]
    pub value: Text,
}

/// Tags that name the owner, the granting side and the policy, whatever their case; the first match
/// wins.
const OWNER: &[&str] = &["owner", "team", "contact"];
const GRANTED_BY: &[&str] = &["granted-by", "approved-by", "managed-by"];
const POLICY: &[&str] = &["policy", "change-request", "ticket"];

pub fn provisioning(tags: &BTreeMap<Text, Text>, granted_at: Option<Timestamp>) -> Provisioning {
    let stated = |keys: &[&str]| {
        let value = |key: &&str| {
            let (_, value) = tags.iter().find(|(tag, _)| tag.raw().eq_ignore_ascii_case(key))?;
            (!value.is_empty()).then(|| value.clone())
        };
        keys.iter().find_map(value)
    };
    Provisioning {
        owner: stated(OWNER),
        granted_by: stated(GRANTED_BY),
        granted_at,
        policy: stated(POLICY),
    }
}

/// The customer's account in the first ARN that has one.
pub fn account<'a>(arns: impl IntoIterator<Item = &'a str>) -> Text {
    let accounts = arns.into_iter().filter_map(|arn| Arn::parse(arn)?.customer_account());
    accounts.into_iter().next().map(Text::from).unwrap_or_default()
}

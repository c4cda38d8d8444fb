//! CloudTrail: which events a trail or event data store would have recorded.

mod selector;
#[cfg(test)]
mod tests;

pub use selector::*;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::Text;

/// A trail or event data store. Its parts come from different answers; each holds one or several,
/// and [`Trail::with`] puts them together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trail {
    /// ARN, or the name where the source gives no ARN.
    pub arn: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<TrailSettings>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logging: Option<Logging>,
    /// An event is recorded when any of them selects it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selectors: Option<Vec<EventSelector>>,
    /// Kinds of unusual activity that are reported (`ApiCallRateInsight`, …).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub insights: Option<Vec<Text>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrailSettings {
    pub name: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home_region: Option<Text>,
    pub multi_region: bool,
    /// Records every account of the organization.
    pub organization: bool,
    /// Delivered files carry digests that show tampering; unknown for event data stores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validated: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket: Option<Text>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logging {
    pub on: bool,
    /// Since when it has been on, or off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_delivery: Option<Timestamp>,
    /// Why the last delivery failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_error: Option<Text>,
}

impl Trail {
    /// Whether the event would have been recorded: the trail is not known to be switched off, hears
    /// the event's region, and is known to select it.
    pub fn records(&self, event: &TrailedEvent<'_>) -> bool {
        let is_off = self.logging.as_ref().is_some_and(|logging| !logging.on);
        let hears = self.settings.as_ref().is_none_or(|settings| {
            let home = settings.home_region.as_ref().map(Text::raw);
            settings.multi_region || event.region.is_none() || event.region == home
        });
        let selects = self.selectors.iter().flatten().any(|selector| selector.selects(event));
        !is_off && hears && selects
    }

    /// The same trail with what this record leaves open filled from another answer.
    pub fn with(self, other: Self) -> Self {
        Self {
            arn: self.arn,
            settings: self.settings.or(other.settings),
            logging: self.logging.or(other.logging),
            selectors: self.selectors.or(other.selectors),
            insights: self.insights.or(other.insights),
        }
    }

    /// The type of what this record states: answers about one trail are different objects, so that
    /// none displaces the other.
    pub(super) fn part(&self) -> &'static str {
        match (&self.settings, &self.logging, &self.selectors) {
            (Some(_), ..) if self.arn.raw().contains(":eventdatastore/") => {
                "AWS::CloudTrail::EventDataStore"
            }
            (Some(_), ..) => "AWS::CloudTrail::Trail",
            (None, Some(_), _) => "AWS::CloudTrail::Trail status",
            (None, None, Some(_)) => "AWS::CloudTrail::Trail selectors",
            (None, None, None) => "AWS::CloudTrail::Trail insights",
        }
    }
}

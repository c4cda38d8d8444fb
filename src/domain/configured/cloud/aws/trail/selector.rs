//! Event selectors: which events a trail records.

use serde::{Deserialize, Serialize};

use crate::domain::Text;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "selector", rename_all = "kebab-case")]
pub enum EventSelector {
    Basic {
        reads: bool,
        writes: bool,
        management: bool,
        /// Services whose management events are left out (`kms.amazonaws.com`).
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        without_sources: Vec<Text>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        data: Vec<DataResources>,
    },
    /// Every field must be satisfied.
    Advanced { fields: Vec<FieldSelector> },
}

/// Resources of one type whose data events are recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataResources {
    /// `AWS::S3::Object`, `AWS::Lambda::Function`, `AWS::DynamoDB::Table`.
    pub resource_type: Text,
    /// ARNs; of S3 objects the beginnings. `arn:aws:s3` and the like mean all of the service.
    pub arns: Vec<Text>,
}

/// One field of an advanced selector.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldSelector {
    /// `eventCategory`, `resources.ARN`, …
    pub field: Text,
    pub tests: Vec<FieldTest>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldTest {
    pub operator: FieldOperator,
    pub values: Vec<Text>,
}

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::EnumIter, strum::IntoStaticStr,
)]
#[serde(rename_all = "PascalCase")]
pub enum FieldOperator {
    Equals,
    StartsWith,
    EndsWith,
    NotEquals,
    NotStartsWith,
    NotEndsWith,
}

/// An event as far as selectors look at it. What is `None` is not known.
#[derive(Clone, Copy, Debug, Default)]
pub struct TrailedEvent<'a> {
    pub category: EventCategory,
    /// `s3.amazonaws.com`.
    pub source: &'a str,
    /// `GetObject`.
    pub name: &'a str,
    pub read_only: Option<bool>,
    pub region: Option<&'a str>,
    /// `AWS::S3::Object`.
    pub resource_type: Option<&'a str>,
    pub resource: Option<&'a str>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, strum::IntoStaticStr)]
pub enum EventCategory {
    #[default]
    Management,
    Data,
    NetworkActivity,
}

impl EventSelector {
    /// What a trail without selectors of its own has: management events, and no data events.
    pub fn standard() -> Self {
        Self::Basic {
            reads: true,
            writes: true,
            management: true,
            without_sources: Vec::new(),
            data: Vec::new(),
        }
    }

    /// Whether the event is selected. What is not known of it satisfies nothing: coverage is claimed
    /// only for what would have been recorded in any case.
    pub fn selects(&self, event: &TrailedEvent<'_>) -> bool {
        match self {
            Self::Basic { reads, writes, management, without_sources, data } => {
                let direction = match event.read_only {
                    Some(true) => *reads,
                    Some(false) => *writes,
                    None => *reads && *writes,
                };
                direction
                    && match event.category {
                        EventCategory::Management => {
                            *management && !without_sources.iter().any(|s| *s == event.source)
                        }
                        EventCategory::Data => data.iter().any(|data| data.selects(event)),
                        EventCategory::NetworkActivity => false,
                    }
            }
            Self::Advanced { fields } => fields.iter().all(|field| field.selects(event)),
        }
    }
}

impl DataResources {
    fn selects(&self, event: &TrailedEvent<'_>) -> bool {
        let Some(arn) = event.resource else { return false };
        // A beginning with fewer than three parts is all of a service (`arn:aws:lambda`).
        let is_service = |value: &str| value.matches(':').count() < 3;
        let holds = |value: &Text| match self.resource_type == "AWS::S3::Object" {
            true => arn.starts_with(value.raw()),
            false if is_service(value.raw()) => {
                arn.strip_prefix(value.raw()).is_some_and(|rest| rest.starts_with(':'))
            }
            false => arn == value.raw(),
        };
        event.resource_type.is_some_and(|kind| self.resource_type == kind)
            && self.arns.iter().any(holds)
    }
}

impl FieldSelector {
    /// Any of the positive tests, and every negative one (CloudTrail User Guide, "How CloudTrail
    /// evaluates multiple conditions for a field").
    fn selects(&self, event: &TrailedEvent<'_>) -> bool {
        let Some(value) = event.field(self.field.raw()) else { return false };
        let (negative, positive): (Vec<_>, Vec<_>) =
            self.tests.iter().partition(|test| test.operator.is_negative());
        (positive.is_empty() || positive.iter().any(|test| test.matches(value)))
            && !negative.iter().any(|test| test.matches(value))
    }
}

impl FieldTest {
    /// Whether any value matches, a negated operator taken as its positive one.
    fn matches(&self, found: &str) -> bool {
        let matches = |value: &str| match self.operator {
            FieldOperator::Equals | FieldOperator::NotEquals => found == value,
            FieldOperator::StartsWith | FieldOperator::NotStartsWith => found.starts_with(value),
            FieldOperator::EndsWith | FieldOperator::NotEndsWith => found.ends_with(value),
        };
        self.values.iter().any(|value| matches(value.raw()))
    }
}

impl FieldOperator {
    fn is_negative(self) -> bool {
        matches!(self, Self::NotEquals | Self::NotStartsWith | Self::NotEndsWith)
    }
}

impl<'a> TrailedEvent<'a> {
    fn field(&self, name: &str) -> Option<&'a str> {
        match name {
            "eventCategory" => Some(self.category.into()),
            "eventSource" => Some(self.source),
            "eventName" => Some(self.name),
            "readOnly" => self.read_only.map(|read| if read { "true" } else { "false" }),
            "resources.type" => self.resource_type,
            "resources.ARN" => self.resource,
            _ => None,
        }
    }
}

//! CloudTrail: which events a trail or event data store would have recorded.

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

#[cfg(test)]
mod tests {
    use super::*;

    fn trail(selectors: Vec<EventSelector>) -> Trail {
        Trail { arn: "t".into(), selectors: Some(selectors), ..Trail::default() }
    }

    fn read(name: &str) -> TrailedEvent<'_> {
        TrailedEvent {
            source: "s3.amazonaws.com",
            name,
            read_only: Some(true),
            ..TrailedEvent::default()
        }
    }

    fn object(arn: &str) -> TrailedEvent<'_> {
        TrailedEvent {
            category: EventCategory::Data,
            resource_type: Some("AWS::S3::Object"),
            resource: Some(arn),
            ..read("GetObject")
        }
    }

    fn basic(reads: bool, data: &[(&str, &str)]) -> EventSelector {
        let data = data.iter().map(|(resource_type, arn)| DataResources {
            resource_type: (*resource_type).into(),
            arns: vec![(*arn).into()],
        });
        EventSelector::Basic {
            reads,
            writes: true,
            management: true,
            without_sources: vec!["kms.amazonaws.com".into()],
            data: data.collect(),
        }
    }

    fn advanced(fields: &[(&str, FieldOperator, &str)]) -> EventSelector {
        let field = |(field, operator, value): &(&str, FieldOperator, &str)| FieldSelector {
            field: (*field).into(),
            tests: vec![FieldTest { operator: *operator, values: vec![(*value).into()] }],
        };
        EventSelector::Advanced { fields: fields.iter().map(field).collect() }
    }

    #[track_caller]
    fn check(selector: EventSelector, event: &TrailedEvent<'_>, expected: bool) {
        assert_eq!(
            trail(vec![selector.clone()]).records(event),
            expected,
            "{selector:?} {event:?}"
        );
    }

    #[test]
    fn management_events_by_direction_and_source() {
        check(EventSelector::standard(), &read("ListBuckets"), true);
        check(basic(false, &[]), &read("ListBuckets"), false);
        check(basic(false, &[]), &TrailedEvent { read_only: None, ..read("x") }, false);
        check(basic(false, &[]), &TrailedEvent { read_only: Some(false), ..read("x") }, true);
        let decrypt = TrailedEvent { source: "kms.amazonaws.com", ..read("Decrypt") };
        check(basic(true, &[]), &decrypt, false);
    }

    #[test]
    fn data_events_only_where_they_are_asked_for() {
        let all = &[("AWS::S3::Object", "arn:aws:s3")];
        let one = &[("AWS::S3::Object", "arn:aws:s3:::b/in/")];
        check(EventSelector::standard(), &object("arn:aws:s3:::b/in/x"), false);
        check(basic(true, all), &object("arn:aws:s3:::b/in/x"), true);
        check(basic(true, one), &object("arn:aws:s3:::b/in/x"), true);
        check(basic(true, one), &object("arn:aws:s3:::b/out/x"), false);
        check(basic(true, all), &TrailedEvent { resource: None, ..object("") }, false);
        let invoke = TrailedEvent {
            resource_type: Some("AWS::Lambda::Function"),
            ..object("arn:aws:lambda:eu-west-1:1:function:f")
        };
        check(basic(true, &[("AWS::Lambda::Function", "arn:aws:lambda")]), &invoke, true);
        let other = "arn:aws:lambda:eu-west-1:1:function:fun";
        check(basic(true, &[("AWS::Lambda::Function", other)]), &invoke, false);
    }

    #[test]
    fn advanced_selectors_need_every_field() {
        use FieldOperator::{Equals, NotStartsWith, StartsWith};
        let data = ("eventCategory", Equals, "Data");
        let kind = ("resources.type", Equals, "AWS::S3::Object");
        let event = object("arn:aws:s3:::b/k");
        check(advanced(&[data, kind]), &event, true);
        check(advanced(&[data, kind, ("readOnly", Equals, "false")]), &event, false);
        check(advanced(&[data, ("resources.ARN", StartsWith, "arn:aws:s3:::b/")]), &event, true);
        check(
            advanced(&[data, ("resources.ARN", NotStartsWith, "arn:aws:s3:::b/")]),
            &event,
            false,
        );
        check(advanced(&[data, ("resources.ARN", NotStartsWith, "arn:aws:s3:::c/")]), &event, true);
        check(advanced(&[data, ("vpcEndpointId", NotStartsWith, "vpce-1")]), &event, false);
        check(advanced(&[("eventCategory", Equals, "Management")]), &event, false);
    }

    #[test]
    fn positive_tests_are_alternatives_and_negative_ones_are_not() {
        let test = |operator, value: &str| FieldTest { operator, values: vec![value.into()] };
        let selector = |tests| EventSelector::Advanced {
            fields: vec![FieldSelector { field: "eventName".into(), tests }],
        };
        let alternatives =
            vec![test(FieldOperator::Equals, "PutObject"), test(FieldOperator::StartsWith, "Get")];
        check(selector(alternatives.clone()), &read("GetObject"), true);
        check(selector(alternatives.clone()), &read("ListObjects"), false);
        let mut without = alternatives;
        without.push(test(FieldOperator::NotEndsWith, "Acl"));
        check(selector(without.clone()), &read("GetObjectAcl"), false);
        check(selector(without), &read("GetObject"), true);
    }

    #[test]
    fn a_trail_that_is_off_or_elsewhere_records_nothing() {
        let event = TrailedEvent { region: Some("us-east-1"), ..read("ListBuckets") };
        let on = trail(vec![EventSelector::standard()]);
        assert!(on.records(&event));
        let off = Trail { logging: Some(Logging::default()), ..Trail::default() };
        assert!(!on.clone().with(off).records(&event));
        let settings = |multi_region| Trail {
            settings: Some(TrailSettings {
                home_region: Some("eu-west-1".into()),
                multi_region,
                ..TrailSettings::default()
            }),
            ..Trail::default()
        };
        assert!(!on.clone().with(settings(false)).records(&event));
        assert!(on.with(settings(true)).records(&event));
        assert!(!settings(true).records(&event), "nothing is known of its selectors");
    }
}

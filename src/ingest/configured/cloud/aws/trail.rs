//! `aws cloudtrail`: trails, event data stores, what they select and whether they are on.

use serde::Deserialize;
use serde_json::value::RawValue;
use strum::IntoEnumIterator;

use super::super::parts::{Parts, asked_about};
use super::wire::{Time, account};
use crate::domain::configured::cloud::aws::{
    Arn, Aws, DataResources, EventSelector, FieldOperator, FieldSelector, FieldTest, Logging,
    Trail, TrailSettings,
};
use crate::domain::configured::{Configured, Provisioning};
use crate::domain::{Discipline, ProblemKind, Text};
use crate::ingest::json::nullable;
use crate::ingest::{Document, Format, Shape, Side, Sink};

pub const FORMAT: Format = Format {
    id: "aws-cloudtrail-settings",
    title: "AWS CloudTrail settings",
    side: Side::Configured,
    says: &[(Discipline::Identity, "which API calls the account's trails would have recorded")],
    coverage: "the settings as they stood; a trail that was changed meanwhile does not show it",
    recognises,
    read,
};

fn recognises(shape: &Shape<'_>) -> bool {
    shape.has("trailList")
        || shape.has("EventDataStoreArn") && shape.has("AdvancedEventSelectors")
        || shape.has("IsLogging")
        || shape.has("Trail") && shape.json.contains("\"TrailARN\"")
        || shape.has("TrailARN")
            && ["EventSelectors", "AdvancedEventSelectors", "InsightSelectors"]
                .iter()
                .any(|key| shape.has(key))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer<'a> {
    #[serde(borrow, default, rename = "trailList")]
    trail_list: Option<Vec<&'a RawValue>>,
    #[serde(default)]
    trail: Option<WireTrail>,
    #[serde(default, rename = "TrailARN")]
    trail_arn: Option<Text>,
    #[serde(borrow, default)]
    event_selectors: Option<Vec<&'a RawValue>>,
    #[serde(borrow, default)]
    advanced_event_selectors: Option<Vec<&'a RawValue>>,
    #[serde(default)]
    insight_selectors: Option<Vec<Insight>>,
    #[serde(default)]
    is_logging: Option<bool>,
    #[serde(default)]
    latest_delivery_time: Time,
    #[serde(default)]
    latest_delivery_error: Option<Text>,
    #[serde(default)]
    start_logging_time: Time,
    #[serde(default)]
    stop_logging_time: Time,
    #[serde(default)]
    event_data_store_arn: Option<Text>,
    #[serde(default)]
    name: Option<Text>,
    /// `ENABLED`, `STOPPED_INGESTION`, …
    #[serde(default)]
    status: Option<Text>,
    #[serde(default)]
    multi_region_enabled: Option<bool>,
    #[serde(default)]
    organization_enabled: Option<bool>,
    #[serde(default)]
    updated_timestamp: Time,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireTrail {
    #[serde(rename = "TrailARN")]
    trail_arn: Text,
    #[serde(default)]
    name: Text,
    #[serde(default)]
    home_region: Option<Text>,
    #[serde(default)]
    is_multi_region_trail: Option<bool>,
    #[serde(default)]
    is_organization_trail: Option<bool>,
    #[serde(default)]
    log_file_validation_enabled: Option<bool>,
    #[serde(default, rename = "S3BucketName")]
    bucket: Option<Text>,
    #[serde(default)]
    has_custom_event_selectors: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Insight {
    insight_type: Text,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Basic {
    #[serde(default)]
    read_write_type: Option<Text>,
    #[serde(default)]
    include_management_events: Option<bool>,
    #[serde(default, deserialize_with = "nullable")]
    exclude_management_event_sources: Vec<Text>,
    #[serde(default, deserialize_with = "nullable")]
    data_resources: Vec<WireData>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireData {
    #[serde(rename = "Type")]
    resource_type: Text,
    #[serde(default, deserialize_with = "nullable")]
    values: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Advanced {
    field_selectors: Vec<WireField>,
}

/// One member for each operator. An operator that is not known yet must not widen the selector.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireField {
    field: Text,
    #[serde(flatten)]
    tests: std::collections::BTreeMap<String, Option<Vec<Text>>>,
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(answer) = document.parse::<Answer<'_>>(sink) else { return };
    let mut parts = Parts::new(document, sink);
    if let Some(trails) = &answer.trail_list {
        let trails: Vec<(String, WireTrail)> = parts.items("/trailList", trails);
        trails.into_iter().for_each(|(at, trail)| emit(&at, trail.into_trail(), &mut parts));
    } else if let Some(trail) = answer.trail {
        emit("/Trail", trail.into_trail(), &mut parts);
    } else if answer.event_data_store_arn.is_some() {
        event_data_store(answer, &mut parts);
    } else if let Some(on) = answer.is_logging {
        status(on, answer, &mut parts);
    } else {
        let selectors = selectors(&answer, &mut parts);
        let insights = answer
            .insight_selectors
            .map(|kinds| kinds.into_iter().map(|insight| insight.insight_type).collect());
        let arn = answer.trail_arn.unwrap_or_default();
        emit("", Trail { arn, selectors, insights, ..Trail::default() }, &mut parts);
    }
}

fn emit(pointer: &str, trail: Trail, parts: &mut Parts<'_>) {
    parts.realm = account([trail.arn.raw()]);
    parts.record(pointer, Provisioning::default(), Configured::Aws(Aws::Trail(trail)));
}

impl WireTrail {
    fn into_trail(self) -> Trail {
        let settings = TrailSettings {
            name: self.name,
            home_region: self.home_region,
            multi_region: self.is_multi_region_trail == Some(true),
            organization: self.is_organization_trail == Some(true),
            validated: self.log_file_validation_enabled,
            bucket: self.bucket,
        };
        let is_standard = self.has_custom_event_selectors == Some(false);
        Trail {
            arn: self.trail_arn,
            settings: Some(settings),
            selectors: is_standard.then(|| vec![EventSelector::standard()]),
            ..Trail::default()
        }
    }
}

fn event_data_store(answer: Answer<'_>, parts: &mut Parts<'_>) {
    let selectors = selectors(&answer, parts);
    parts.at = answer.updated_timestamp.0;
    let arn = answer.event_data_store_arn.unwrap_or_default();
    let settings = TrailSettings {
        name: answer.name.unwrap_or_default(),
        home_region: Arn::parse(arn.raw()).map(|arn| arn.region.into()),
        multi_region: answer.multi_region_enabled == Some(true),
        organization: answer.organization_enabled == Some(true),
        ..TrailSettings::default()
    };
    let store = Trail {
        arn,
        settings: Some(settings),
        logging: answer
            .status
            .map(|status| Logging { on: status == "ENABLED", ..Logging::default() }),
        selectors,
        insights: None,
    };
    emit("", store, parts);
}

/// `get-trail-status` does not repeat which trail it was asked about.
fn status(on: bool, answer: Answer<'_>, parts: &mut Parts<'_>) {
    let file = parts.document.source.file.raw();
    let named = || asked_about(file, "get-trail-status").map(Text::from);
    let Some(arn) = answer.trail_arn.or(answer.name).or_else(named) else {
        let reason = "does not name the trail; call the file `get-trail-status.TRAIL.json`";
        return parts.problem("", ProblemKind::MissingField, reason);
    };
    let logging = Logging {
        on,
        since: if on { answer.start_logging_time.0 } else { answer.stop_logging_time.0 },
        last_delivery: answer.latest_delivery_time.0,
        delivery_error: answer.latest_delivery_error.filter(|error| !error.is_empty()),
    };
    parts.at = logging.since.max(logging.last_delivery);
    emit("", Trail { arn, logging: Some(logging), ..Trail::default() }, parts);
}

/// The selectors that could be read: one that is lost selects nothing.
fn selectors(answer: &Answer<'_>, parts: &mut Parts<'_>) -> Option<Vec<EventSelector>> {
    let mut read = Vec::new();
    if let Some(basic) = &answer.event_selectors {
        let basic: Vec<(String, Basic)> = parts.items("/EventSelectors", basic);
        read.extend(basic.into_iter().map(|(_, selector)| selector.into_selector()));
    }
    if let Some(advanced) = &answer.advanced_event_selectors {
        let under = "/AdvancedEventSelectors";
        let advanced: Vec<(String, Advanced)> = parts.items(under, advanced);
        for (at, selector) in advanced {
            match selector.into_selector() {
                Ok(selector) => read.push(selector),
                Err(reason) => parts.problem(&at, ProblemKind::Unsupported, &reason),
            }
        }
    }
    let is_stated = answer.event_selectors.is_some() || answer.advanced_event_selectors.is_some();
    is_stated.then_some(read)
}

impl Basic {
    fn into_selector(self) -> EventSelector {
        let direction = self.read_write_type.as_ref().map_or("All", Text::raw);
        let data = self.data_resources.into_iter();
        EventSelector::Basic {
            reads: matches!(direction, "All" | "ReadOnly"),
            writes: matches!(direction, "All" | "WriteOnly"),
            // Absent means true (CloudTrail API Reference, EventSelector).
            management: self.include_management_events != Some(false),
            without_sources: self.exclude_management_event_sources,
            data: data
                .map(|data| DataResources { resource_type: data.resource_type, arns: data.values })
                .collect(),
        }
    }
}

impl Advanced {
    fn into_selector(self) -> Result<EventSelector, String> {
        let fields = self.field_selectors.into_iter().map(WireField::into_field);
        Ok(EventSelector::Advanced { fields: fields.collect::<Result<_, _>>()? })
    }
}

impl WireField {
    fn into_field(self) -> Result<FieldSelector, String> {
        let mut tests = Vec::new();
        for (name, values) in self.tests {
            let known = FieldOperator::iter().find(|known| <&str>::from(*known) == name);
            match (known, values) {
                (_, None) => {}
                (Some(operator), Some(values)) => tests.push(FieldTest { operator, values }),
                (None, Some(_)) => return Err(format!("the operator `{name}` is not known")),
            }
        }
        Ok(FieldSelector { field: self.field, tests })
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{body, check};
    use crate::domain::configured::Configured;
    use crate::domain::configured::cloud::Aws;
    use crate::domain::configured::cloud::aws::{EventCategory, Trail, TrailedEvent};

    const ARN: &str = "arn:aws:cloudtrail:eu-west-1:1:trail/main";

    fn trail(file: &str, text: &str) -> Trail {
        match serde_json::from_value(body(file, text)).expect("a record's body") {
            Configured::Aws(Aws::Trail(trail)) => trail,
            other => unreachable!("a trail, not {other:?}"),
        }
    }

    fn described(custom: bool) -> String {
        format!(
            r#"{{"trailList":[{{"Name":"main","TrailARN":"{ARN}","HomeRegion":"eu-west-1","IsMultiRegionTrail":true,
            "IsOrganizationTrail":false,"HasCustomEventSelectors":{custom},"S3BucketName":"logs"}}]}}"#
        )
    }

    fn selectors(rest: &str) -> String {
        format!(r#"{{"TrailARN":"{ARN}",{rest}}}"#)
    }

    fn event(category: EventCategory) -> TrailedEvent<'static> {
        TrailedEvent {
            category,
            source: "s3.amazonaws.com",
            name: "GetObject",
            read_only: Some(true),
            region: Some("us-east-1"),
            resource_type: Some("AWS::S3::Object"),
            resource: Some("arn:aws:s3:::corpus/a"),
        }
    }

    #[track_caller]
    fn check_records(trail: &Trail, management: bool, data: bool) {
        let recorded = [EventCategory::Management, EventCategory::Data]
            .map(|category| trail.records(&event(category)));
        assert_eq!(recorded, [management, data], "{trail:?}");
    }

    #[test]
    fn parts_of_a_trail_are_objects_of_their_own() {
        let status = r#"{"IsLogging":true,"StartLoggingTime":1790812800.5,"LatestDeliveryTime":"2026-11-01T00:00:00Z"}"#;
        for (file, text, expected) in [
            ("f.json", described(true), "1 AWS::CloudTrail::Trail 1/main"),
            (
                "f.json",
                selectors(r#""EventSelectors":[]"#),
                "1 AWS::CloudTrail::Trail selectors 1/main",
            ),
            (
                "f.json",
                selectors(r#""InsightSelectors":[]"#),
                "1 AWS::CloudTrail::Trail insights 1/main",
            ),
            (
                "get-trail-status.main.json",
                status.to_owned(),
                " AWS::CloudTrail::Trail status /main",
            ),
            ("status.json", status.to_owned(), " missing-field"),
        ] {
            check(file, &text, &[expected]);
        }
        let on = trail("get-trail-status.main.json", status).logging.expect("stated");
        assert!(
            on.on
                && on.since.map(|since| since.to_string()) == Some("2026-10-01T00:00:00.5Z".into())
        );
    }

    #[test]
    fn standard_selectors_are_known_from_the_description() {
        check_records(&trail("f.json", &described(false)), true, false);
        check_records(&trail("f.json", &described(true)), false, false);
    }

    #[test]
    fn selectors_of_both_kinds() {
        let described = trail("f.json", &described(true));
        for (rest, management, data) in [
            (r#""EventSelectors":[{"ReadWriteType":"WriteOnly"}]"#, false, false),
            (r#""EventSelectors":[{"ReadWriteType":"ReadOnly"}]"#, true, false),
            (
                r#""EventSelectors":[{"IncludeManagementEvents":false,"DataResources":[{"Type":"AWS::S3::Object","Values":["arn:aws:s3:::corpus/"]}]}]"#,
                false,
                true,
            ),
            (
                r#""EventSelectors":null,"AdvancedEventSelectors":[{"Name":"n","FieldSelectors":[{"Field":"eventCategory","Equals":["Data"]},
                    {"Field":"resources.type","Equals":["AWS::S3::Object"],"NotEquals":null}]}]"#,
                false,
                true,
            ),
        ] {
            let selected = trail("f.json", &selectors(rest));
            check_records(&described.clone().with(selected), management, data);
        }
    }

    #[test]
    fn an_unknown_operator_does_not_widen_a_selector() {
        let text = selectors(
            r#""AdvancedEventSelectors":[{"FieldSelectors":[{"Field":"eventCategory","Resembles":["Data"]}]},{}]"#,
        );
        let found = check(
            "f.json",
            &text,
            &[
                "1 AWS::CloudTrail::Trail selectors 1/main",
                ":/AdvancedEventSelectors/1 malformed",
                ":/AdvancedEventSelectors/0 unsupported",
            ],
        );
        let bodies = serde_json::to_value(&found.records).expect("serialises");
        assert_eq!(bodies[0]["body"]["selectors"], serde_json::json!([]));
    }

    #[test]
    fn an_event_data_store_that_has_stopped() {
        let store = |status: &str| {
            format!(
                r#"{{"EventDataStoreArn":"arn:aws:cloudtrail:us-east-1:1:eventdatastore/e","Name":"lake","Status":"{status}","MultiRegionEnabled":false,
                "AdvancedEventSelectors":[{{"FieldSelectors":[{{"Field":"eventCategory","Equals":["Management"]}}]}}],"UpdatedTimestamp":"2026-11-01T00:00:00Z"}}"#
            )
        };
        check("f.json", &store("ENABLED"), &["1 AWS::CloudTrail::EventDataStore 1/e"]);
        check_records(&trail("f.json", &store("ENABLED")), true, false);
        check_records(&trail("f.json", &store("STOPPED_INGESTION")), false, false);
    }
}

//! `aws cloudtrail`: trails, event data stores, what they select and whether they are on.

use serde::Deserialize;
use serde_json::value::RawValue;
use strum::IntoEnumIterator;

use super::super::parts::{Parts, asked_about};
use super::wire::{Time, account};
use crate::domain::configured::cloud::aws::{
    Arn, Aws, DataResources, EventSelector, FieldOperator, FieldSelector, FieldTest, Logging, Trail,
    TrailSettings,
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
        logging: answer.status.map(|status| Logging { on: status == "ENABLED", ..Logging::default() }),
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

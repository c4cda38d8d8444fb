//! The answers of `aws cloudtrail` as they are written.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use strum::IntoEnumIterator;

use super::super::wire::Time;
use crate::domain::Text;
use crate::domain::configured::cloud::aws::{
    DataResources, EventSelector, FieldOperator, FieldSelector, FieldTest, Trail, TrailSettings,
};
use crate::ingest::json::nullable;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Answer<'a> {
    #[serde(borrow, default, rename = "trailList")]
    pub trail_list: Option<Vec<&'a RawValue>>,
    #[serde(default)]
    pub trail: Option<WireTrail>,
    #[serde(default, rename = "TrailARN")]
    pub trail_arn: Option<Text>,
    #[serde(borrow, default)]
    pub event_selectors: Option<Vec<&'a RawValue>>,
    #[serde(borrow, default)]
    pub advanced_event_selectors: Option<Vec<&'a RawValue>>,
    #[serde(default)]
    pub insight_selectors: Option<Vec<Insight>>,
    #[serde(default)]
    pub is_logging: Option<bool>,
    #[serde(default)]
    pub latest_delivery_time: Time,
    #[serde(default)]
    pub latest_delivery_error: Option<Text>,
    #[serde(default)]
    pub start_logging_time: Time,
    #[serde(default)]
    pub stop_logging_time: Time,
    #[serde(default)]
    pub event_data_store_arn: Option<Text>,
    #[serde(default)]
    pub name: Option<Text>,
    /// `ENABLED`, `STOPPED_INGESTION`, …
    #[serde(default)]
    pub status: Option<Text>,
    #[serde(default)]
    pub multi_region_enabled: Option<bool>,
    #[serde(default)]
    pub organization_enabled: Option<bool>,
    #[serde(default)]
    pub updated_timestamp: Time,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct WireTrail {
    #[serde(rename = "TrailARN")]
    pub trail_arn: Text,
    #[serde(default)]
    pub name: Text,
    #[serde(default)]
    pub home_region: Option<Text>,
    #[serde(default)]
    pub is_multi_region_trail: Option<bool>,
    #[serde(default)]
    pub is_organization_trail: Option<bool>,
    #[serde(default)]
    pub log_file_validation_enabled: Option<bool>,
    #[serde(default, rename = "S3BucketName")]
    pub bucket: Option<Text>,
    #[serde(default)]
    pub has_custom_event_selectors: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Insight {
    pub insight_type: Text,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Basic {
    #[serde(default)]
    pub read_write_type: Option<Text>,
    #[serde(default)]
    pub include_management_events: Option<bool>,
    #[serde(default, deserialize_with = "nullable")]
    pub exclude_management_event_sources: Vec<Text>,
    #[serde(default, deserialize_with = "nullable")]
    pub data_resources: Vec<WireData>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct WireData {
    #[serde(rename = "Type")]
    pub resource_type: Text,
    #[serde(default, deserialize_with = "nullable")]
    pub values: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Advanced {
    pub field_selectors: Vec<WireField>,
}

/// One member for each operator. An operator that is not known yet must not widen the selector.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct WireField {
    pub field: Text,
    #[serde(flatten)]
    pub tests: BTreeMap<String, Option<Vec<Text>>>,
}

impl WireTrail {
    pub fn into_trail(self) -> Trail {
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

impl Basic {
    pub fn into_selector(self) -> EventSelector {
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
    pub fn into_selector(self) -> Result<EventSelector, String> {
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

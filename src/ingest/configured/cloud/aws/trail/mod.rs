//! `aws cloudtrail`: trails, event data stores, what they select and whether they are on.

#[cfg(test)]
mod tests;
mod wire;

use self::wire::{Advanced, Answer, Basic, WireTrail};
use super::super::parts::{Parts, asked_about};
use super::wire::account;
use crate::domain::configured::cloud::aws::{
    Arn, Aws, EventSelector, Logging, Trail, TrailSettings,
};
use crate::domain::configured::{Configured, Provisioning};
use crate::domain::{Discipline, ProblemKind, Text};
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
            && ["TimeLoggingStarted", "StartLoggingTime", "LatestDeliveryTime"]
                .iter()
                .any(|key| shape.has(key))
        || shape.has("Trail") && shape.json().contains("\"TrailARN\"")
        || shape.has("TrailARN")
            && ["EventSelectors", "AdvancedEventSelectors", "InsightSelectors"]
                .iter()
                .any(|key| shape.has(key))
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

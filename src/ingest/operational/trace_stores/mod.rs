//! Traces as trace stores answer them in their own shapes: Jaeger's API (`jaeger`) and Zipkin's
//! (`zipkin`). What OpenTelemetry knows apart from attributes, both keep in tags.

mod jaeger;
#[cfg(test)]
mod tests;
mod zipkin;

pub use jaeger::FORMAT as JAEGER;
pub use zipkin::FORMAT as ZIPKIN;

use jiff::Timestamp;

use super::genai::{Attributes, SpanKind};
use crate::domain::{Discipline, Text};
use crate::ingest::Sink;
use crate::ingest::json::{Integer, Str};

const SAYS: &[(Discipline, &str)] = &[
    (Discipline::Model, "models called, tools offered to them"),
    (Discipline::Behavior, "tool calls, hand-offs and their order"),
];
const COVERAGE: &str = "the instrumented workload only, as far as the store kept its spans";

/// The name of the instrumentation, in both spellings of OpenTelemetry's exporters.
fn scope(tags: &Attributes<'_>, sink: &mut dyn Sink) -> Option<Text> {
    tags.text(&["otel.scope.name", "otel.library.name"]).map(|name| sink.intern(&name))
}

fn kind(tags: &Attributes<'_>) -> SpanKind {
    tags.text(&["span.kind"]).map_or(SpanKind::Other, |kind| SpanKind::from_json(&kind))
}

/// The description of an error, which may be empty; `None` when the tags state none. Zipkin's `error`
/// is the description itself.
fn error(tags: &Attributes<'_>) -> Option<Str<'static>> {
    let status = tags.text(&["otel.status_code"]);
    let error = tags.text(&["error"]).filter(|error| *error != "false");
    let failed = status.is_some_and(|status| status.eq_ignore_ascii_case("error"));
    if !failed && error.is_none() {
        return None;
    }
    let words = error.filter(|error| *error != "true");
    let description = tags.text(&["otel.status_description"]).or(words).unwrap_or_default();
    Some(Str(description.into_owned().into()))
}

/// Start and end from microseconds since the epoch and their number.
fn times(
    start: Option<Integer>,
    length: Option<Integer>,
) -> Option<(Timestamp, Option<Timestamp>)> {
    let Integer(start) = start?;
    let end = length.and_then(|Integer(length)| start.checked_add(length));
    let time = |microseconds| Timestamp::from_microsecond(microseconds).ok();
    Some((time(start).filter(|_| start != 0)?, end.and_then(time)))
}

//! Phoenix and Arize exports (`phoenix`): spans as rows with dotted columns
//! (`context.trace_id`, `attributes.llm.model_name`), and pages of the API.

use serde_json::value::RawValue;

use super::{COVERAGE, Exported, Keys, SAYS, emit, object, value};
use crate::ingest::members::Members;
use crate::ingest::{Document, Format, Shape, Side, Sink};

const ID: &str = "phoenix";

pub const FORMAT: Format = Format {
    id: ID,
    title: "Phoenix and Arize spans",
    side: Side::Operational,
    says: SAYS,
    coverage: COVERAGE,
    recognises,
    read,
};

const KEYS: Keys = Keys {
    trace: &["context.trace_id", "trace_id"],
    span: &["context.span_id", "span_id"],
    parent: &["parent_id"],
    start: &["start_time"],
    end: &["end_time"],
};

fn recognises(shape: &Shape<'_>) -> bool {
    let is_row = shape.has("context.trace_id") && shape.has("context.span_id");
    let is_page = || {
        let page = Members::parse(shape.json()).unwrap_or_default();
        let first = page.list(&["data"]).first().and_then(|first| Members::parse(first.get()));
        first.is_some_and(|first| {
            ["context", "span_kind", "start_time"].iter().all(|key| first.has(key))
        })
    };
    is_row || (shape.has("data") && is_page())
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Ok(whole) = serde_json::from_str::<&RawValue>(document.json) else { return };
    let Some(members) = document.parse::<Members<'_>>(sink) else { return };
    let rows = match members.has("context.trace_id") {
        true => vec![whole],
        false => members.list(&["data"]),
    };
    let spans = rows.into_iter().filter_map(|row| span(row.get()));
    emit(spans.collect(), ID, document, sink);
}

fn span(json: &str) -> Option<Exported<'_>> {
    let row = Members::parse(json)?;
    let mut span = Exported::new(&row, json, &KEYS);
    if let Some(context) = row.object(&["context"]) {
        let ids = Exported::new(&context, json, &KEYS);
        (span.trace_id, span.span_id) = (ids.trace_id, ids.span_id);
    }
    span.attributes = object(row.raw(&["attributes"]));
    for (key, raw) in row.iter() {
        if let Some(name) = key.strip_prefix("attributes.") {
            // A row has a column for what any of the rows carries: empty ones are null.
            span.add(name, value(raw).filter(|value| !value.is_null()));
        }
    }
    if let Some(kind) = row.text(&["span_kind"]) {
        span.add("openinference.span.kind", Some(kind.into_owned()));
    }
    if row.text(&["status_code"]).is_some_and(|code| code.eq_ignore_ascii_case("error")) {
        span.error = Some(row.text(&["status_message"]).unwrap_or_default());
    }
    Some(span)
}

//! MLflow traces (`mlflow`): `{"info", "data": {"spans"}}`, where the values of attributes are JSON in
//! strings. Versions 2 and 3 differ in where ids, times and status stand.

use serde_json::Value;

use super::{COVERAGE, Exported, Keys, SAYS, emit, object};
use crate::ingest::members::Members;
use crate::ingest::{Document, Format, Shape, Side, Sink};

const ID: &str = "mlflow";

pub const FORMAT: Format = Format {
    id: ID,
    title: "MLflow traces",
    side: Side::Operational,
    says: SAYS,
    coverage: COVERAGE,
    recognises,
    read,
};

const KEYS: Keys = Keys {
    trace: &["trace_id"],
    span: &["span_id"],
    parent: &["parent_span_id", "parent_id"],
    start: &["start_time_unix_nano", "start_time"],
    end: &["end_time_unix_nano", "end_time"],
};

fn recognises(shape: &Shape<'_>) -> bool {
    let has_info = || {
        let info = Members::parse(shape.json()).and_then(|trace| trace.object(&["info"]));
        info.is_some_and(|info| info.has("trace_id") || info.has("request_id"))
    };
    shape.has("info") && shape.has("data") && shape.api_version.is_none() && has_info()
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(trace) = document.parse::<Members<'_>>(sink) else { return };
    let info = trace.object(&["info"]).unwrap_or_default();
    let metadata = info.object(&["trace_metadata", "request_metadata"]).unwrap_or_default();
    let tags = info.object(&["tags"]).unwrap_or_default();
    let said = |key: &str| metadata.text(&[key]).or_else(|| tags.text(&[key]));
    let data = trace.object(&["data"]).unwrap_or_default();
    let spans = data.list(&["spans"]).into_iter().filter_map(|raw| {
        let mut span = span(raw.get())?;
        span.add("session.id", said("mlflow.trace.session"));
        span.add("user.id", said("mlflow.trace.user"));
        Some(span)
    });
    emit(spans.collect(), ID, document, sink);
}

fn span(json: &str) -> Option<Exported<'_>> {
    let record = Members::parse(json)?;
    let mut span = Exported::new(&record, json, &KEYS);
    if let Some(context) = record.object(&["context"]) {
        let ids = Exported::new(&context, json, &KEYS);
        (span.trace_id, span.span_id) = (ids.trace_id, ids.span_id);
    }
    let status = record.object(&["status"]);
    let stated = status.as_ref().unwrap_or(&record);
    let code = stated.text(&["code", "status_code"]).unwrap_or_default();
    if code.to_ascii_uppercase().ends_with("ERROR") {
        span.error = Some(stated.text(&["message", "status_message"]).unwrap_or_default());
    }
    span.attributes = object(record.raw(&["attributes"]));
    span.attributes.values_mut().for_each(unwrap);
    let text = |key: &str| super::text(&span.attributes, key);
    let kind = text("mlflow.spanType").unwrap_or_default();
    let function = text("mlflow.spanFunctionName");
    let contents =
        ["mlflow.spanInputs", "mlflow.spanOutputs"].map(|key| span.attributes.get(key).cloned());
    let usage = span.attributes.get("mlflow.chat.tokenUsage").cloned().unwrap_or_default();
    span.operation(&kind);
    match &*kind {
        "TOOL" => {
            let name = function.unwrap_or_else(|| span.name.to_string());
            span.add("gen_ai.tool.name", Some(name));
        }
        "AGENT" => {
            let name = span.name.to_string();
            span.add("gen_ai.agent.name", Some(name));
        }
        _ => {}
    }
    let [input, output] = contents;
    let model = input.as_ref().and_then(|input| input.get("model")).cloned();
    span.add("gen_ai.request.model", model);
    span.add("input.value", input);
    span.add("output.value", output);
    let count = |key: &str| usage.get(key).and_then(Value::as_u64);
    span.tokens(count("input_tokens"), count("output_tokens"));
    Some(span)
}

/// The value inside a string of JSON.
fn unwrap(value: &mut Value) {
    if let Some(inner) = value.as_str().and_then(|text| serde_json::from_str(text).ok()) {
        *value = inner;
    }
}

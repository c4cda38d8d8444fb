//! Langfuse exports (`langfuse`): a trace with its observations, pages of the API, one observation.
//!
//! Observations that came through OpenTelemetry keep the span's attributes and resource inside
//! `metadata`, as an object or as a string of JSON.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::{COVERAGE, Exported, Keys, SAYS, emit, object, text};
use crate::ingest::members::Members;
use crate::ingest::{Document, Format, Shape, Side, Sink};

const ID: &str = "langfuse";

pub const FORMAT: Format = Format {
    id: ID,
    title: "Langfuse traces and observations",
    side: Side::Operational,
    says: SAYS,
    coverage: COVERAGE,
    recognises,
    read,
};

const KEYS: Keys = Keys {
    trace: &["traceId", "trace_id"],
    span: &["id"],
    parent: &["parentObservationId", "parent_observation_id"],
    start: &["startTime", "start_time"],
    end: &["endTime", "end_time"],
};

fn recognises(shape: &Shape<'_>) -> bool {
    let holds = shape.has("observations") || shape.has("data");
    is_observation(&|key| shape.has(key)) || (holds && !observations(shape.json()).is_empty())
}

fn is_observation(has: &dyn Fn(&str) -> bool) -> bool {
    let any = |keys: &[&str]| keys.iter().any(|key| has(key));
    has("id") && has("type") && any(KEYS.trace) && any(KEYS.parent) && any(KEYS.start)
}

/// The observations of a document, wherever it keeps them.
fn observations(json: &str) -> Vec<&RawValue> {
    let document = Members::parse(json).unwrap_or_default();
    let listed = document.list(&["observations", "data"]);
    let listed = match (listed.is_empty(), document.object(&["trace"])) {
        (true, Some(trace)) => trace.list(&["observations"]),
        _ => listed,
    };
    // The parent of a root is there and null.
    let is_named = |first: &Members<'_>, key: &str| first.iter().any(|(present, _)| present == key);
    let first = listed.first().and_then(|first| Members::parse(first.get()));
    match first.is_some_and(|first| is_observation(&|key| is_named(&first, key))) {
        true => listed,
        false => Vec::new(),
    }
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Ok(whole) = serde_json::from_str::<&RawValue>(document.json) else { return };
    let Some(members) = document.parse::<Members<'_>>(sink) else { return };
    let trace = members.object(&["trace"]).unwrap_or_else(|| members.clone());
    let listed = observations(document.json);
    let raws = if listed.is_empty() { vec![whole] } else { listed };
    let exported = raws
        .into_iter()
        .filter_map(|raw| Some(observation(&Members::parse(raw.get())?, raw.get(), &trace)));
    emit(exported.collect(), ID, document, sink);
}

fn observation<'a>(record: &Members<'a>, json: &'a str, trace: &Members<'a>) -> Exported<'a> {
    let mut span = Exported::new(record, json, &KEYS);
    let metadata = object(record.raw(&["metadata"]));
    let inside = |key: &str| metadata.get(key).and_then(|value| value.as_object().cloned());
    span.attributes = inside("attributes").unwrap_or_default();
    span.resource = inside("resourceAttributes").unwrap_or_default();
    span.scope = inside("scope").and_then(|scope| text(&scope, "name")).map(Into::into);
    // The word of an SDK that was not told the name of its service.
    if text(&span.resource, "service.name").is_some_and(|name| name.starts_with("unknown_service"))
    {
        span.resource.remove("service.name");
    }
    let environment = record.text(&["environment"]).filter(|name| name != "default");
    if let Some(name) = environment {
        span.resource.entry("deployment.environment").or_insert_with(|| name.into());
    }
    if record.text(&["level"]).as_deref() == Some("ERROR") {
        span.error = Some(record.text(&["statusMessage", "status_message"]).unwrap_or_default());
    }
    let stated = record.text(&["type"]).unwrap_or_default();
    let kind = meant(&stated, &span, &metadata);
    span.operation(kind);
    if kind == "TOOL" {
        let name = span.name.to_string();
        span.add("gen_ai.tool.name", Some(name));
        span.add("gen_ai.tool.call.arguments", metadata.get("inputs").cloned());
    }
    span.add("session.id", text(&metadata, "thread_id"));
    let model = record.text(&["model", "providedModelName", "provided_model_name"]);
    span.add("gen_ai.request.model", model);
    // Pydantic AI's own names.
    for (theirs, ours) in ALIASES {
        let known = span.attributes.get(*theirs).cloned();
        span.add(ours, known);
    }
    span.contents(record.raw(&["input"]), record.raw(&["output"]));
    let usage = record.object(&["usageDetails", "usage_details", "usage"]).unwrap_or_default();
    let count = |keys: &[&str], detail: &str| {
        record.number(keys).filter(|count| *count > 0).or_else(|| usage.number(&[detail]))
    };
    span.tokens(
        count(&["inputUsage", "promptTokens"], "input"),
        count(&["outputUsage", "completionTokens"], "output"),
    );
    span.add("session.id", trace.text(&["sessionId", "session_id"]));
    span.add("user.id", trace.text(&["userId", "user_id"]));
    span
}

/// What an observation is that only says `SPAN`.
fn meant<'k>(stated: &'k str, span: &Exported<'_>, metadata: &Map<String, Value>) -> &'k str {
    // LangChain hands the inputs of a run to its callback for tools alone.
    let is_tool = metadata.contains_key("langgraph_node") && metadata.contains_key("inputs");
    match stated {
        "SPAN" if is_tool => "TOOL",
        "SPAN" if span.attributes.contains_key("pydantic_ai.all_messages") => "AGENT",
        stated => stated,
    }
}

const ALIASES: &[(&str, &str)] = &[
    ("tool_arguments", "gen_ai.tool.call.arguments"),
    ("tool_response", "gen_ai.tool.call.result"),
    ("agent_name", "gen_ai.agent.name"),
];

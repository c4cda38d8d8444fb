//! Traces of the OpenAI Agents SDK (`openai-traces`): `trace` and `trace.span` objects, one a line, in
//! a list, or under `data` as the exporter sends them.
//!
//! A `trace` names its workflow and its group (the conversation) and has no time; its spans tell the
//! rest.

use serde_json::value::RawValue;

use super::{COVERAGE, Exported, Keys, SAYS, emit};
use crate::ingest::members::Members;
use crate::ingest::{Document, Format, Shape, Side, Sink};

const ID: &str = "openai-traces";

pub const FORMAT: Format = Format {
    id: ID,
    title: "OpenAI Agents SDK traces",
    side: Side::Operational,
    says: SAYS,
    coverage: COVERAGE,
    recognises,
    read,
};

const KEYS: Keys = Keys {
    trace: &["trace_id"],
    span: &["id"],
    parent: &["parent_id"],
    start: &["started_at"],
    end: &["ended_at"],
};

fn recognises(shape: &Shape<'_>) -> bool {
    let is_trace = shape.has("object") && shape.has("workflow_name");
    let is_span = shape.has("object") && shape.has("span_data");
    let is_page = || {
        let page = Members::parse(shape.json()).unwrap_or_default();
        page.list(&["data"]).first().is_some_and(|first| kind(first).is_some())
    };
    is_trace || is_span || (shape.has("data") && is_page())
}

/// `trace` or `trace.span`.
fn kind(raw: &RawValue) -> Option<String> {
    let object = Members::parse(raw.get())?.text(&["object"])?.into_owned();
    object.starts_with("trace").then_some(object)
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Ok(whole) = serde_json::from_str::<&RawValue>(document.json) else { return };
    let Some(members) = document.parse::<Members<'_>>(sink) else { return };
    let objects = match members.has("object") && !members.has("data") {
        true => vec![whole],
        false => members.list(&["data"]),
    };
    let records: Vec<(Members<'_>, &str)> =
        objects.iter().filter_map(|raw| Some((Members::parse(raw.get())?, raw.get()))).collect();
    let spans = records.iter().filter(|(record, _)| record.has("span_data"));
    let exported = spans.map(|(record, json)| {
        let id = record.text(&["trace_id"]);
        let trace = records.iter().find(|(other, _)| id.is_some() && other.text(&["id"]) == id);
        span(record, json, trace.map(|(trace, _)| trace))
    });
    emit(exported.collect(), ID, document, sink);
}

fn span<'a>(record: &Members<'a>, json: &'a str, trace: Option<&Members<'a>>) -> Exported<'a> {
    let mut span = Exported::new(record, json, &KEYS);
    let data = record.object(&["span_data"]).unwrap_or_default();
    let kind = data.text(&["type"]).unwrap_or_default();
    span.name = data.text(&["name"]).unwrap_or_else(|| kind.clone());
    span.operation(&kind);
    let name = data.text(&["name"]);
    match &*kind {
        "agent" => span.add("gen_ai.agent.name", name),
        "function" => span.add("gen_ai.tool.name", name),
        "handoff" => {
            span.add("gen_ai.transfer.target.name", data.text(&["to_agent"]));
            span.add("gen_ai.agent.name", data.text(&["from_agent"]));
        }
        "guardrail" => {
            let verdict = data.flag(&["triggered"]);
            let verdict = verdict.map(|triggered| if triggered { "deny" } else { "allow" });
            span.add("gen_ai.guardrail.name", name);
            span.add("gen_ai.guardrail.verdict.type", verdict);
        }
        _ => {}
    }
    span.add("gen_ai.request.model", data.text(&["model"]));
    let server = data.object(&["mcp_data"]).and_then(|mcp| mcp.text(&["server"]));
    span.add("mcp.server.name", server);
    span.contents(data.raw(&["input"]), data.raw(&["output"]));
    let usage = data.object(&["usage"]).unwrap_or_default();
    span.tokens(usage.number(&["input_tokens"]), usage.number(&["output_tokens"]));
    let error = record.object(&["error"]);
    span.error = error.map(|error| error.text(&["message"]).unwrap_or_default());
    if let Some(trace) = trace {
        span.add("session.id", trace.text(&["group_id"]));
        if let Some(workflow) = trace.text(&["workflow_name"]) {
            span.resource.insert("service.name".to_owned(), workflow.into());
        }
    }
    span
}

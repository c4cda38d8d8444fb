//! Calls as W&B Weave exports them (`weave`): one call, named by the reference of its operation.

use super::{COVERAGE, Exported, Keys, SAYS, emit};
use crate::ingest::members::Members;
use crate::ingest::{Document, Format, Shape, Side, Sink};

const ID: &str = "weave";

pub const FORMAT: Format = Format {
    id: ID,
    title: "W&B Weave calls",
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

/// Operations of patched client libraries by the ends of their names.
const LIBRARIES: &[(&str, &str)] = &[
    ("completions.create", "llm"),
    ("messages.create", "llm"),
    ("responses.create", "llm"),
    ("generate_content", "llm"),
    ("embeddings.create", "embedding"),
];

fn recognises(shape: &Shape<'_>) -> bool {
    ["op_name", "trace_id", "started_at"].iter().all(|key| shape.has(key))
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(call) = document.parse::<Members<'_>>(sink) else { return };
    let mut span = Exported::new(&call, document.json, &KEYS);
    let reference = call.text(&["op_name"]).unwrap_or_default();
    let operation = name(&reference);
    let attributes = call.object(&["attributes"]).unwrap_or_default();
    let weave = attributes.object(&["weave"]).unwrap_or_default();
    let library = LIBRARIES.iter().find(|(end, _)| operation.ends_with(end));
    let kind = weave.text(&["kind"]).or_else(|| attributes.text(&["kind"]));
    let kind = kind.or_else(|| library.map(|(_, kind)| (*kind).into())).unwrap_or_default();
    span.operation(&kind);
    match &*kind {
        "tool" => span.add("gen_ai.tool.name", Some(operation)),
        "agent" => span.add("gen_ai.agent.name", Some(operation)),
        _ => {}
    }
    span.name = operation.to_owned().into();
    let inputs = call.object(&["inputs"]).unwrap_or_default();
    span.add("gen_ai.request.model", inputs.text(&["model"]));
    span.contents(call.raw(&["inputs"]), call.raw(&["output"]));
    span.error = call.text(&["exception"]);
    span.add("session.id", call.text(&["thread_id"]));
    span.add("user.id", call.text(&["wb_user_id"]));
    if let Some(project) = call.text(&["project_id"]) {
        span.resource.insert("service.name".to_owned(), project.into());
    }
    emit(vec![span], ID, document, sink);
}

/// `NAME` of `weave:///ENTITY/PROJECT/op/NAME:DIGEST`, or a plain name.
fn name(reference: &str) -> &str {
    let name = reference.rsplit("/op/").next().unwrap_or(reference);
    name.rsplit_once(':').map_or(name, |(name, _)| name)
}

//! Jaeger's JSON: the answer of `/api/traces`, one trace of it, or one span as its Elasticsearch storage
//! keeps it.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{COVERAGE, SAYS, error, kind, scope, times};
use crate::domain::{ProblemKind, text};
use crate::ingest::json::{Integer, Str, readable};
use crate::ingest::operational::genai::{
    self, Attached, Attribute, Attributes, Link, Operation, Span, SpanEvent, Value, Workload, ids,
    span_event_id,
};
use crate::ingest::{Document, Format, Shape, Side, Sink};

const ID: &str = "jaeger";

pub const FORMAT: Format = Format {
    id: ID,
    title: "Jaeger traces (JSON of its API)",
    side: Side::Operational,
    says: SAYS,
    coverage: COVERAGE,
    recognises,
    read,
};

fn recognises(shape: &Shape<'_>) -> bool {
    let is_answer = shape.has("data")
        && shape.json().contains("\"traceID\"")
        && shape.json().contains("\"operationName\"");
    let is_trace = ["traceID", "spans", "processes"].iter().all(|key| shape.has(key));
    let is_span = ["traceID", "spanID", "operationName"].iter().all(|key| shape.has(key));
    is_answer || is_trace || is_span
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    spans: Option<&'a RawValue>,
    #[serde(borrow)]
    processes: Option<BTreeMap<String, &'a RawValue>>,
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(answer) = document.parse::<Answer<'_>>(sink) else { return };
    let traces = match answer.data {
        Some(data) => readable(Some(data)),
        None => vec![answer],
    };
    for trace in &traces {
        let raw = match trace.spans {
            Some(spans) => readable::<&RawValue>(Some(spans)).iter().map(|raw| raw.get()).collect(),
            None => vec![document.json],
        };
        let mut processes = BTreeMap::new();
        for (name, process) in trace.processes.iter().flatten() {
            if let Ok(process) = serde_json::from_str::<Process<'_>>(process.get()) {
                processes.insert(name.as_str(), Rc::new(process.workload(sink)));
            }
        }
        let mut spans = Vec::new();
        for json in raw {
            match normalise(json, &processes, sink) {
                Ok(Some(span)) => spans.push(span),
                Ok(None) => sink
                    .problem(document.problem(ProblemKind::MissingField, "a span without a time")),
                Err(error) => {
                    let message = format!("a span: {}", text::visible(&error.to_string()));
                    sink.problem(document.problem(ProblemKind::Malformed, message));
                }
            }
        }
        genai::emit(&spans, ID, document, sink);
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireSpan<'a> {
    #[serde(borrow, rename = "traceID")]
    trace_id: Option<&'a RawValue>,
    #[serde(borrow, rename = "spanID")]
    span_id: Option<&'a RawValue>,
    #[serde(borrow, rename = "parentSpanID")]
    parent_span_id: Option<&'a RawValue>,
    #[serde(borrow)]
    operation_name: Option<Str<'a>>,
    #[serde(borrow)]
    references: Option<&'a RawValue>,
    start_time: Option<Integer>,
    duration: Option<Integer>,
    #[serde(borrow)]
    tags: Option<&'a RawValue>,
    #[serde(borrow)]
    logs: Option<&'a RawValue>,
    #[serde(borrow, rename = "processID")]
    process_id: Option<Str<'a>>,
    #[serde(borrow)]
    process: Option<Process<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Process<'a> {
    #[serde(borrow)]
    service_name: Option<&'a RawValue>,
    #[serde(borrow)]
    tags: Option<&'a RawValue>,
}

impl Process<'_> {
    fn workload(&self, sink: &mut dyn Sink) -> Workload {
        let mut attributes = attributes(self.tags);
        if let Some(name) = self.service_name.and_then(|raw| Value::from_plain(raw).ok()) {
            attributes.0.push(Attribute { key: Str("service.name".into()), value: name });
        }
        Workload::of(&attributes, sink)
    }
}

#[derive(Deserialize)]
struct Tag<'a> {
    #[serde(borrow)]
    key: Str<'a>,
    #[serde(borrow)]
    value: &'a RawValue,
}

#[derive(Deserialize)]
struct Reference<'a> {
    #[serde(borrow, rename = "refType")]
    kind: Str<'a>,
    #[serde(borrow, rename = "traceID")]
    trace_id: &'a RawValue,
    #[serde(borrow, rename = "spanID")]
    span_id: &'a RawValue,
}

#[derive(Deserialize)]
struct Log<'a> {
    timestamp: Option<Integer>,
    #[serde(borrow)]
    fields: Option<&'a RawValue>,
}

fn attributes<'a>(tags: Option<&'a RawValue>) -> Attributes<'a> {
    let tags = readable::<Tag<'a>>(tags).into_iter().filter_map(|tag| {
        Some(Attribute { key: tag.key, value: Value::from_plain(tag.value).ok()? })
    });
    Attributes(tags.collect())
}

fn normalise<'a>(
    json: &'a str,
    processes: &BTreeMap<&str, Rc<Workload>>,
    sink: &mut dyn Sink,
) -> serde_json::Result<Option<Span<'a>>> {
    let wire: WireSpan<'a> = serde_json::from_str(json)?;
    let Some((start, end)) = times(wire.start_time, wire.duration) else { return Ok(None) };
    let id = |raw: Option<&RawValue>, width| ids::normalise(raw?.get(), width);
    let (trace_id, span_id) = (id(wire.trace_id, ids::TRACE), id(wire.span_id, ids::SPAN));
    let mut parent_span_id = id(wire.parent_span_id, ids::SPAN);
    let mut links = Vec::new();
    for reference in readable::<Reference<'a>>(wire.references) {
        let span = ids::normalise(reference.span_id.get(), ids::SPAN);
        let trace = ids::normalise(reference.trace_id.get(), ids::TRACE);
        match (span, trace) {
            (span @ Some(_), trace) if *reference.kind == *"CHILD_OF" && trace == trace_id => {
                parent_span_id = span;
            }
            (Some(span), Some(trace)) => links.push(Link { trace, span }),
            _ => {}
        }
    }
    let workload = match (&wire.process, &wire.process_id) {
        (Some(process), _) => Rc::new(process.workload(sink)),
        (None, Some(name)) => processes.get(&**name).cloned().unwrap_or_default(),
        (None, None) => Rc::default(),
    };
    let attributes = attributes(wire.tags);
    let name = wire.operation_name.unwrap_or_default();
    Ok(Some(Span {
        id: span_event_id(trace_id.as_ref(), span_id.as_ref(), json),
        trace_id,
        span_id,
        parent_span_id,
        kind: kind(&attributes),
        start,
        end,
        error: error(&attributes),
        operation: Operation::of_named(&name, &attributes),
        name,
        scope: scope(&attributes, sink),
        attached: Attached { events: events(wire.logs), links, ..Attached::default() },
        attributes,
        workload,
    }))
}

/// What was logged during the span; the field `event` is its name.
fn events<'a>(logs: Option<&'a RawValue>) -> Vec<SpanEvent<'a>> {
    let logs = readable::<Log<'a>>(logs).into_iter().map(|log| {
        let attributes = attributes(log.fields);
        let name = attributes.text(&["event"]).map(|name| name.into_owned());
        SpanEvent {
            name: Str(name.unwrap_or_default().into()),
            time: times(log.timestamp, None).map(|(time, _)| time),
            attributes,
        }
    });
    logs.collect()
}

//! Zipkin's JSON, version 2: the spans of a trace as its API answers them and as exporters send them.
//! A list is taken apart on the way here, so each span comes alone.

use std::rc::Rc;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{COVERAGE, SAYS, error, scope, times};
use crate::domain::ProblemKind;
use crate::ingest::json::{Integer, Str, readable};
use crate::ingest::operational::genai::{
    self, Attached, Attribute, Attributes, Operation, Span, SpanEvent, SpanKind, Value, Workload,
    ids, span_event_id,
};
use crate::ingest::{Document, Format, Shape, Side, Sink};

const ID: &str = "zipkin";

pub const FORMAT: Format = Format {
    id: ID,
    title: "Zipkin spans (JSON, version 2)",
    side: Side::Operational,
    says: SAYS,
    coverage: COVERAGE,
    recognises,
    read,
};

fn recognises(shape: &Shape<'_>) -> bool {
    ["traceId", "id", "timestamp", "localEndpoint"].iter().all(|key| shape.has(key))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireSpan<'a> {
    #[serde(borrow)]
    trace_id: Option<&'a RawValue>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    parent_id: Option<&'a RawValue>,
    #[serde(borrow)]
    name: Option<Str<'a>>,
    #[serde(borrow)]
    kind: Option<&'a RawValue>,
    timestamp: Option<Integer>,
    duration: Option<Integer>,
    #[serde(borrow)]
    local_endpoint: Option<Endpoint<'a>>,
    #[serde(borrow)]
    tags: Option<&'a RawValue>,
    #[serde(borrow)]
    annotations: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Endpoint<'a> {
    #[serde(borrow)]
    service_name: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Annotation<'a> {
    timestamp: Option<Integer>,
    #[serde(borrow)]
    value: Option<Str<'a>>,
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(wire) = document.parse::<WireSpan<'_>>(sink) else { return };
    let Some((start, end)) = times(wire.timestamp, wire.duration) else {
        let problem = document.problem(ProblemKind::MissingField, "a span without a time");
        return sink.problem(problem);
    };
    let id = |raw: Option<&RawValue>, width| ids::normalise(raw?.get(), width);
    let (trace_id, span_id) = (id(wire.trace_id, ids::TRACE), id(wire.id, ids::SPAN));
    let tags = wire.tags.and_then(|raw| Attributes::from_plain(raw).ok()).unwrap_or_default();
    let events =
        readable::<Annotation<'_>>(wire.annotations).into_iter().map(|annotation| SpanEvent {
            name: annotation.value.unwrap_or_default(),
            time: times(annotation.timestamp, None).map(|(time, _)| time),
            attributes: Attributes::default(),
        });
    let service = wire.local_endpoint.and_then(|endpoint| endpoint.service_name);
    let service = service.and_then(|raw| Value::from_plain(raw).ok()).unwrap_or_default();
    let resource = Attributes(vec![Attribute { key: Str("service.name".into()), value: service }]);
    let name = wire.name.unwrap_or_default();
    let span = Span {
        id: span_event_id(trace_id.as_ref(), span_id.as_ref(), document.json),
        trace_id,
        span_id,
        parent_span_id: id(wire.parent_id, ids::SPAN),
        kind: wire.kind.map_or(SpanKind::Other, |kind| SpanKind::from_json(kind.get())),
        start,
        end,
        error: error(&tags),
        operation: Operation::of_named(&name, &tags),
        name,
        scope: scope(&tags, sink),
        attached: Attached { events: events.collect(), ..Attached::default() },
        attributes: tags,
        workload: Rc::new(Workload::of(&resource, sink)),
    };
    genai::emit(&[span], ID, document, sink);
}

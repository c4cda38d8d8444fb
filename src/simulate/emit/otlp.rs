//! OTLP JSON lines: the spans of one run make one line, as a batch exporter flushes them.

use serde::Serialize;

use super::super::calendar::Nanos;
use super::super::firm::Dialect;
use super::super::run::{Performance, Span, Value};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Traces<'a> {
    resource_spans: [ResourceSpans<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResourceSpans<'a> {
    resource: Resource<'a>,
    scope_spans: [ScopeSpans<'a>; 1],
}

#[derive(Serialize)]
struct Resource<'a> {
    attributes: Vec<Attribute<'a>>,
}

#[derive(Serialize)]
struct ScopeSpans<'a> {
    scope: Scope,
    spans: Vec<WireSpan<'a>>,
}

#[derive(Serialize)]
struct Scope {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireSpan<'a> {
    trace_id: &'a str,
    span_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_span_id: Option<&'a str>,
    flags: u16,
    name: &'a str,
    kind: u8,
    start_time_unix_nano: String,
    end_time_unix_nano: String,
    attributes: Vec<Attribute<'a>>,
    status: Status,
}

#[derive(Serialize)]
struct Status {}

#[derive(Serialize)]
struct Attribute<'a> {
    key: &'a str,
    value: AnyValue<'a>,
}

/// 64-bit integers are strings on the wire.
#[derive(Serialize)]
enum AnyValue<'a> {
    #[serde(rename = "stringValue")]
    Text(&'a str),
    #[serde(rename = "intValue")]
    Number(String),
    #[serde(rename = "arrayValue")]
    List { values: Vec<AnyValue<'a>> },
}

/// One line, and the time at which it is flushed.
pub fn line(performance: &Performance<'_>) -> (Nanos, Vec<u8>) {
    let scope = match performance.agent.dialect {
        Dialect::Current => {
            Scope { name: "opentelemetry.instrumentation.genai.langchain", version: "1.3b0" }
        }
        Dialect::Legacy => {
            Scope { name: "opentelemetry.instrumentation.langchain", version: "0.33.1" }
        }
    };
    let spans = performance.spans.iter().map(|span| wire(&performance.trace_id, span)).collect();
    let traces = Traces {
        resource_spans: [ResourceSpans {
            resource: Resource { attributes: resource(performance) },
            scope_spans: [ScopeSpans { scope, spans }],
        }],
    };
    let flushed = performance.spans.first().map_or(0, |root| root.end);
    (flushed, serde_json::to_vec(&traces).unwrap_or_default())
}

fn resource<'a>(performance: &'a Performance<'_>) -> Vec<Attribute<'a>> {
    let agent = performance.agent;
    let name = agent.key.name.raw();
    let workload: &[_] = match agent.is_job() {
        true => &[("k8s.cronjob.name", name), ("k8s.job.name", &performance.pod.owner)],
        false => &[("k8s.deployment.name", name)],
    };
    let common = [
        ("service.name", name),
        ("deployment.environment.name", agent.environment),
        ("k8s.cluster.name", agent.key.realm.raw()),
        ("k8s.namespace.name", agent.key.space.raw()),
        ("k8s.pod.name", &performance.pod.name),
        ("k8s.pod.uid", &performance.pod.uid),
        ("telemetry.sdk.name", "opentelemetry"),
        ("telemetry.sdk.language", "python"),
    ];
    common
        .iter()
        .chain(workload)
        .map(|&(key, value)| Attribute { key, value: AnyValue::Text(value) })
        .collect()
}

fn wire<'a>(trace_id: &'a str, span: &'a Span) -> WireSpan<'a> {
    let attributes = span.attributes.iter().map(|(key, value)| Attribute {
        key,
        value: match value {
            Value::Text(text) => AnyValue::Text(text),
            Value::Number(number) => AnyValue::Number(number.to_string()),
            Value::List(items) => {
                AnyValue::List { values: items.iter().map(|item| AnyValue::Text(item)).collect() }
            }
        },
    });
    WireSpan {
        trace_id,
        span_id: &span.id,
        parent_span_id: span.parent.as_deref(),
        flags: if span.parent.is_some() { 256 } else { 0 },
        name: &span.name,
        kind: span.kind,
        start_time_unix_nano: span.start.to_string(),
        end_time_unix_nano: span.end.to_string(),
        attributes: attributes.collect(),
        status: Status {},
    }
}

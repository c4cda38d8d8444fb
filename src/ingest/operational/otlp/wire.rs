//! The OTLP messages as they are written in JSON, borrowed from the document.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::ingest::json::{Integer, Str, nullable, readable};
use crate::ingest::operational::genai::{
    Attached, Attributes, Link, SpanEvent, SpanKind, Value, dropped, ids,
};

/// A request, a line of a file, or what a trace store answers. Resources are read one by one, so that
/// a bad one costs only itself.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExportRequest<'a> {
    /// Tempo answers them as `batches`.
    #[serde(borrow, default, alias = "resource_spans", alias = "batches")]
    pub resource_spans: Option<Vec<&'a RawValue>>,
    #[serde(borrow, default, alias = "resource_logs")]
    pub resource_logs: Option<Vec<&'a RawValue>>,
    #[serde(borrow, default, alias = "resource_metrics")]
    pub resource_metrics: Option<Vec<&'a RawValue>>,
    /// The second version of Tempo's API has the request in here.
    #[serde(borrow, default)]
    pub trace: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceSpans<'a> {
    #[serde(borrow, default, deserialize_with = "nullable")]
    pub resource: Resource<'a>,
    #[serde(borrow, default, alias = "scope_spans", deserialize_with = "nullable")]
    scope_spans: Vec<ScopeSpans<'a>>,
    /// The name before OTLP 0.15.
    #[serde(borrow, default, deserialize_with = "nullable")]
    instrumentation_library_spans: Vec<ScopeSpans<'a>>,
}

impl<'a> ResourceSpans<'a> {
    pub fn scopes(&self) -> impl Iterator<Item = &ScopeSpans<'a>> {
        self.scope_spans.iter().chain(&self.instrumentation_library_spans)
    }
}

#[derive(Default, Deserialize)]
pub struct Resource<'a> {
    #[serde(borrow, default, deserialize_with = "nullable")]
    pub attributes: Attributes<'a>,
}

#[derive(Deserialize)]
pub struct ScopeSpans<'a> {
    #[serde(borrow, default, alias = "instrumentationLibrary", deserialize_with = "nullable")]
    pub scope: Scope<'a>,
    /// Read one by one, so that a bad span costs only itself.
    #[serde(borrow, default, deserialize_with = "nullable")]
    pub spans: Vec<&'a RawValue>,
}

#[derive(Default, Deserialize)]
pub struct Scope<'a> {
    #[serde(borrow)]
    name: Option<Str<'a>>,
}

impl Scope<'_> {
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref().filter(|name| !name.is_empty())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WireSpan<'a> {
    #[serde(borrow, alias = "trace_id")]
    pub trace_id: Option<&'a RawValue>,
    #[serde(borrow, alias = "span_id")]
    pub span_id: Option<&'a RawValue>,
    #[serde(borrow, alias = "parent_span_id")]
    pub parent_span_id: Option<&'a RawValue>,
    #[serde(borrow)]
    pub name: Option<Str<'a>>,
    #[serde(borrow)]
    kind: Option<&'a RawValue>,
    #[serde(rename = "startTimeUnixNano", alias = "start_time_unix_nano")]
    pub start: Option<Integer>,
    #[serde(rename = "endTimeUnixNano", alias = "end_time_unix_nano")]
    pub end: Option<Integer>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    pub attributes: Attributes<'a>,
    #[serde(borrow)]
    pub status: Option<Status<'a>>,
    #[serde(borrow, alias = "trace_state")]
    trace_state: Option<&'a RawValue>,
    #[serde(borrow)]
    events: Option<&'a RawValue>,
    #[serde(borrow)]
    links: Option<&'a RawValue>,
    #[serde(borrow, alias = "dropped_attributes_count")]
    dropped_attributes_count: Option<&'a RawValue>,
    #[serde(borrow, alias = "dropped_events_count")]
    dropped_events_count: Option<&'a RawValue>,
    #[serde(borrow, alias = "dropped_links_count")]
    dropped_links_count: Option<&'a RawValue>,
}

impl<'a> WireSpan<'a> {
    pub fn kind(&self) -> SpanKind {
        self.kind.map_or(SpanKind::Other, |kind| SpanKind::from_json(kind.get()))
    }

    pub fn attached(&self) -> Attached<'a> {
        let events = readable::<WireEvent<'a>>(self.events).into_iter().map(|event| SpanEvent {
            name: event.name.unwrap_or_default(),
            time: event.time.and_then(|time| time.as_time()),
            attributes: event.attributes,
        });
        let links = readable::<WireLink<'a>>(self.links).into_iter().filter_map(|link| {
            let trace = ids::normalise(link.trace_id?.get(), ids::TRACE)?;
            Some(Link { trace, span: ids::normalise(link.span_id?.get(), ids::SPAN)? })
        });
        let counts =
            [self.dropped_attributes_count, self.dropped_events_count, self.dropped_links_count];
        Attached {
            events: events.collect(),
            links: links.collect(),
            dropped: dropped(counts.map(is_count)),
            trace_state: self.trace_state.and_then(|raw| serde_json::from_str(raw.get()).ok()),
        }
    }
}

fn is_count(raw: Option<&RawValue>) -> bool {
    raw.and_then(|raw| serde_json::from_str(raw.get()).ok()).is_some_and(|Integer(count)| count > 0)
}

#[derive(Deserialize)]
struct WireEvent<'a> {
    #[serde(rename = "timeUnixNano", alias = "time_unix_nano")]
    time: Option<Integer>,
    #[serde(borrow)]
    name: Option<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    attributes: Attributes<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireLink<'a> {
    #[serde(borrow, alias = "trace_id")]
    trace_id: Option<&'a RawValue>,
    #[serde(borrow, alias = "span_id")]
    span_id: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub struct Status<'a> {
    #[serde(borrow)]
    code: Option<&'a RawValue>,
    #[serde(borrow)]
    message: Option<Str<'a>>,
}

impl<'a> Status<'a> {
    /// The message of an error status, which may be empty; `None` when it is no error.
    pub fn error(self) -> Option<Str<'a>> {
        let is_error = self.code.is_some_and(|code| {
            let code = code.get().trim_matches('"');
            code == "2"
                || code.rsplit(['.', '_']).next().unwrap_or(code).eq_ignore_ascii_case("error")
        });
        is_error.then(|| self.message.unwrap_or_default())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceLogs<'a> {
    #[serde(borrow, default, deserialize_with = "nullable")]
    pub resource: Resource<'a>,
    #[serde(borrow, default, alias = "scope_logs", deserialize_with = "nullable")]
    pub scope_logs: Vec<ScopeLogs<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScopeLogs<'a> {
    #[serde(borrow, default, deserialize_with = "nullable")]
    pub scope: Scope<'a>,
    #[serde(borrow, default, alias = "log_records", deserialize_with = "nullable")]
    pub log_records: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogRecord<'a> {
    #[serde(alias = "time_unix_nano")]
    pub time_unix_nano: Option<Integer>,
    #[serde(alias = "observed_time_unix_nano")]
    pub observed_time_unix_nano: Option<Integer>,
    #[serde(borrow, alias = "severity_text")]
    pub severity_text: Option<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    pub body: Value<'a>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    pub attributes: Attributes<'a>,
    #[serde(borrow, alias = "trace_id")]
    pub trace_id: Option<&'a RawValue>,
    #[serde(borrow, alias = "span_id")]
    pub span_id: Option<&'a RawValue>,
    #[serde(borrow, alias = "event_name")]
    pub event_name: Option<Str<'a>>,
}

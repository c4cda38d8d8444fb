//! Spans as they are printed, borrowed from the document: by Python in snake case, by JavaScript in
//! camel case.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::domain::Text;
use crate::ingest::json::{Integer, Str, nullable, readable};
use crate::ingest::operational::genai::{
    Attached, Attributes, Link, SpanEvent, SpanKind, dropped, ids,
};

#[derive(Deserialize)]
pub struct Run<'a> {
    #[serde(borrow)]
    pub spans: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
pub struct PrintedSpan<'a> {
    #[serde(borrow)]
    pub name: Option<Str<'a>>,
    #[serde(borrow)]
    kind: Option<&'a RawValue>,
    #[serde(borrow, default, alias = "spanContext", deserialize_with = "nullable")]
    context: Context<'a>,
    /// Exporters of one's own write ids beside the name.
    #[serde(borrow, alias = "traceId")]
    trace_id: Option<&'a RawValue>,
    #[serde(borrow, alias = "spanId")]
    span_id: Option<&'a RawValue>,
    #[serde(borrow, alias = "parentSpanContext")]
    pub parent: Option<Context<'a>>,
    #[serde(borrow, alias = "parentSpanId", alias = "parent_span_id")]
    pub parent_id: Option<&'a RawValue>,
    #[serde(
        borrow,
        alias = "startTime",
        alias = "start_time_unix_nano",
        alias = "startTimeUnixNano"
    )]
    start_time: Option<&'a RawValue>,
    #[serde(borrow, alias = "endTime", alias = "end_time_unix_nano", alias = "endTimeUnixNano")]
    end_time: Option<&'a RawValue>,
    #[serde(borrow)]
    pub status: Option<Status<'a>>,
    #[serde(borrow)]
    pub attributes: Option<&'a RawValue>,
    #[serde(borrow)]
    events: Option<&'a RawValue>,
    #[serde(borrow)]
    links: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    pub resource: Resource<'a>,
    #[serde(borrow, alias = "dropped_attributes", alias = "droppedAttributesCount")]
    dropped_attributes_count: Option<&'a RawValue>,
    #[serde(borrow, alias = "dropped_events", alias = "droppedEventsCount")]
    dropped_events_count: Option<&'a RawValue>,
    #[serde(borrow, alias = "dropped_links", alias = "droppedLinksCount")]
    dropped_links_count: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
pub struct Context<'a> {
    #[serde(borrow, alias = "traceId")]
    trace_id: Option<&'a RawValue>,
    #[serde(borrow, alias = "spanId")]
    span_id: Option<&'a RawValue>,
    #[serde(borrow, alias = "traceState")]
    trace_state: Option<&'a RawValue>,
}

impl Context<'_> {
    pub fn trace(&self) -> Option<Text> {
        ids::normalise(self.trace_id?.get(), ids::TRACE)
    }

    pub fn span(&self) -> Option<Text> {
        ids::normalise(self.span_id?.get(), ids::SPAN)
    }
}

#[derive(Deserialize)]
pub struct Status<'a> {
    /// A name in Python, a number in JavaScript.
    #[serde(borrow, alias = "code")]
    status_code: Option<&'a RawValue>,
    #[serde(borrow, alias = "message")]
    description: Option<Str<'a>>,
}

impl<'a> Status<'a> {
    /// The description of an error status, which may be empty; `None` when it is no error.
    pub fn error(self) -> Option<Str<'a>> {
        let code = self.status_code?.get().trim_matches('"');
        let name = code.rsplit(['.', '_']).next().unwrap_or(code);
        let is_error = name == "2" || name.eq_ignore_ascii_case("error");
        is_error.then(|| self.description.unwrap_or_default())
    }
}

#[derive(Default, Deserialize)]
pub struct Resource<'a> {
    #[serde(borrow)]
    pub attributes: Option<&'a RawValue>,
}

impl<'a> PrintedSpan<'a> {
    pub fn trace(&self) -> Option<Text> {
        self.context.trace().or_else(|| ids::normalise(self.trace_id?.get(), ids::TRACE))
    }

    pub fn span(&self) -> Option<Text> {
        self.context.span().or_else(|| ids::normalise(self.span_id?.get(), ids::SPAN))
    }

    pub fn start(&self) -> Option<Timestamp> {
        self.start_time.and_then(time)
    }

    pub fn end(&self) -> Option<Timestamp> {
        self.end_time.and_then(time)
    }

    pub fn kind(&self) -> SpanKind {
        let Some(kind) = self.kind else { return SpanKind::Other };
        match (self.is_of_javascript(), kind.get()) {
            // The JavaScript API counts from INTERNAL, OTLP from UNSPECIFIED.
            (true, "1") => SpanKind::Server,
            (true, "2") => SpanKind::Client,
            (true, "0" | "3" | "4") => SpanKind::Other,
            (_, json) => SpanKind::from_json(json),
        }
    }

    /// JavaScript keeps times as a pair of seconds and nanoseconds.
    fn is_of_javascript(&self) -> bool {
        self.start_time.is_some_and(|time| time.get().starts_with('['))
    }

    pub fn attached(&self) -> Attached<'a> {
        let events = readable::<PrintedEvent<'a>>(self.events).into_iter().map(|event| {
            let attributes = event.attributes.and_then(|raw| Attributes::from_plain(raw).ok());
            SpanEvent {
                name: event.name.unwrap_or_default(),
                time: event.time.and_then(time),
                attributes: attributes.unwrap_or_default(),
            }
        });
        let links = readable::<PrintedLink<'a>>(self.links).into_iter().filter_map(|link| {
            Some(Link { trace: link.context.trace()?, span: link.context.span()? })
        });
        let counts =
            [self.dropped_attributes_count, self.dropped_events_count, self.dropped_links_count];
        let is_count = |raw: Option<&RawValue>| {
            raw.is_some_and(|raw| raw.get().parse::<u64>().is_ok_and(|count| count > 0))
        };
        let state = self.context.trace_state;
        Attached {
            events: events.collect(),
            links: links.collect(),
            dropped: dropped(counts.map(is_count)),
            trace_state: state.and_then(|raw| serde_json::from_str(raw.get()).ok()),
        }
    }
}

#[derive(Deserialize)]
struct PrintedEvent<'a> {
    #[serde(borrow)]
    name: Option<Str<'a>>,
    #[serde(borrow, alias = "timestamp")]
    time: Option<&'a RawValue>,
    #[serde(borrow)]
    attributes: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct PrintedLink<'a> {
    #[serde(borrow)]
    context: Context<'a>,
}

/// Nanoseconds since the epoch, RFC 3339, or JavaScript's `[seconds, nanoseconds]`.
fn time(raw: &RawValue) -> Option<Timestamp> {
    let json = raw.get();
    if let Ok([seconds, nanoseconds]) = serde_json::from_str::<[i64; 2]>(json) {
        return Timestamp::new(seconds, i32::try_from(nanoseconds).ok()?).ok();
    }
    match serde_json::from_str::<Integer>(json) {
        Ok(nanoseconds) => nanoseconds.as_time(),
        Err(_) => serde_json::from_str(json).ok(),
    }
}

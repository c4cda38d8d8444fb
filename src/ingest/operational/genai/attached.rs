//! What a span carries besides its attributes.

use jiff::Timestamp;

use super::Attributes;
use crate::domain::Text;
use crate::ingest::json::Str;

/// Everything here may be absent: many exports leave it out.
#[derive(Default)]
pub struct Attached<'a> {
    pub events: Vec<SpanEvent<'a>>,
    pub links: Vec<Link>,
    /// What the SDK dropped at its limits, as fragments.
    pub dropped: Vec<&'static str>,
    /// W3C `tracestate`.
    pub trace_state: Option<Str<'a>>,
}

/// Something that happened during the span.
pub struct SpanEvent<'a> {
    pub name: Str<'a>,
    pub time: Option<Timestamp>,
    pub attributes: Attributes<'a>,
}

/// Another span that caused this one or goes on in it. Ids are lower-case hexadecimal.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Link {
    pub trace: Text,
    pub span: Text,
}

/// The counters of what was dropped, as fragments.
pub const DROPPED: [&str; 3] = [
    "attributes dropped at the limit of the SDK",
    "span events dropped at the limit of the SDK",
    "links dropped at the limit of the SDK",
];

/// The fragments of the counters that are not zero, in the order of [`DROPPED`].
pub fn dropped(counts: [bool; 3]) -> Vec<&'static str> {
    DROPPED.into_iter().zip(counts).filter(|(_, any)| *any).map(|(what, _)| what).collect()
}

//! The messages of OTLP as far as they are read (opentelemetry-proto v1), and their writing as OTLP
//! JSON.
//!
//! A table for each message: field number, name in JSON, and how the value is written. What is in no
//! table is skipped.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::wire::{Fault, Field, Fields, Wire};
use crate::domain::ProblemKind;

pub struct Message(&'static [(u64, &'static str, Kind)]);

enum Kind {
    One(&'static Message),
    Many(&'static Message),
    Text,
    /// Bytes that OTLP JSON writes in hexadecimal: trace and span ids.
    Id,
    /// Bytes that protobuf JSON writes in base64.
    Bytes,
    Bool,
    /// 32 bits and enums: a JSON number.
    Number,
    /// 64 bits: a decimal string.
    Signed,
    Fixed64,
    Double,
}

pub static RESOURCE_SPANS: Message = Message(&[
    (1, "resource", Kind::One(&RESOURCE)),
    (2, "scopeSpans", Kind::Many(&SCOPE_SPANS)),
    (1000, "instrumentationLibrarySpans", Kind::Many(&SCOPE_SPANS)),
]);
pub static RESOURCE_LOGS: Message =
    Message(&[(1, "resource", Kind::One(&RESOURCE)), (2, "scopeLogs", Kind::Many(&SCOPE_LOGS))]);
pub static RESOURCE_METRICS: Message = Message(&[
    (1, "resource", Kind::One(&RESOURCE)),
    (2, "scopeMetrics", Kind::Many(&SCOPE_METRICS)),
]);
static RESOURCE: Message = Message(&[
    (1, "attributes", Kind::Many(&KEY_VALUE)),
    (2, "droppedAttributesCount", Kind::Number),
]);
static SCOPE: Message = Message(&[(1, "name", Kind::Text), (2, "version", Kind::Text)]);
static SCOPE_SPANS: Message =
    Message(&[(1, "scope", Kind::One(&SCOPE)), (2, "spans", Kind::Many(&SPAN))]);
static SPAN: Message = Message(&[
    (1, "traceId", Kind::Id),
    (2, "spanId", Kind::Id),
    (3, "traceState", Kind::Text),
    (4, "parentSpanId", Kind::Id),
    (5, "name", Kind::Text),
    (6, "kind", Kind::Number),
    (7, "startTimeUnixNano", Kind::Fixed64),
    (8, "endTimeUnixNano", Kind::Fixed64),
    (9, "attributes", Kind::Many(&KEY_VALUE)),
    (10, "droppedAttributesCount", Kind::Number),
    (11, "events", Kind::Many(&SPAN_EVENT)),
    (12, "droppedEventsCount", Kind::Number),
    (13, "links", Kind::Many(&LINK)),
    (14, "droppedLinksCount", Kind::Number),
    (15, "status", Kind::One(&STATUS)),
]);
static SPAN_EVENT: Message = Message(&[
    (1, "timeUnixNano", Kind::Fixed64),
    (2, "name", Kind::Text),
    (3, "attributes", Kind::Many(&KEY_VALUE)),
]);
static LINK: Message = Message(&[
    (1, "traceId", Kind::Id),
    (2, "spanId", Kind::Id),
    (4, "attributes", Kind::Many(&KEY_VALUE)),
]);
static STATUS: Message = Message(&[(2, "message", Kind::Text), (3, "code", Kind::Number)]);
static SCOPE_LOGS: Message =
    Message(&[(1, "scope", Kind::One(&SCOPE)), (2, "logRecords", Kind::Many(&LOG_RECORD))]);
static LOG_RECORD: Message = Message(&[
    (1, "timeUnixNano", Kind::Fixed64),
    (2, "severityNumber", Kind::Number),
    (3, "severityText", Kind::Text),
    (5, "body", Kind::One(&ANY_VALUE)),
    (6, "attributes", Kind::Many(&KEY_VALUE)),
    (7, "droppedAttributesCount", Kind::Number),
    (9, "traceId", Kind::Id),
    (10, "spanId", Kind::Id),
    (11, "observedTimeUnixNano", Kind::Fixed64),
    (12, "eventName", Kind::Text),
]);
static SCOPE_METRICS: Message =
    Message(&[(1, "scope", Kind::One(&SCOPE)), (2, "metrics", Kind::Many(&METRIC))]);
static METRIC: Message = Message(&[
    (1, "name", Kind::Text),
    (5, "gauge", Kind::One(&DATA)),
    (7, "sum", Kind::One(&DATA)),
    (9, "histogram", Kind::One(&DATA)),
    (10, "exponentialHistogram", Kind::One(&DATA)),
    (11, "summary", Kind::One(&DATA)),
]);
static DATA: Message = Message(&[(1, "dataPoints", Kind::Many(&DATA_POINT))]);
/// Points are counted, not read.
static DATA_POINT: Message = Message(&[]);
static KEY_VALUE: Message = Message(&[(1, "key", Kind::Text), (2, "value", Kind::One(&ANY_VALUE))]);
static ANY_VALUE: Message = Message(&[
    (1, "stringValue", Kind::Text),
    (2, "boolValue", Kind::Bool),
    (3, "intValue", Kind::Signed),
    (4, "doubleValue", Kind::Double),
    (5, "arrayValue", Kind::One(&ARRAY_VALUE)),
    (6, "kvlistValue", Kind::One(&KEY_VALUE_LIST)),
    (7, "bytesValue", Kind::Bytes),
]);
static ARRAY_VALUE: Message = Message(&[(1, "values", Kind::Many(&ANY_VALUE))]);
static KEY_VALUE_LIST: Message = Message(&[(1, "values", Kind::Many(&KEY_VALUE))]);

impl Message {
    /// Writes the message as JSON. `base` is where it begins in the outermost message, `deepest` how
    /// many more messages may stand inside each other.
    pub fn write(
        &self,
        bytes: &[u8],
        base: usize,
        deepest: usize,
        out: &mut String,
    ) -> Result<(), Fault> {
        let Some(deepest) = deepest.checked_sub(1) else {
            let what = "messages are nested too deeply".to_owned();
            return Err(Fault { kind: ProblemKind::Limit, what, at: base });
        };
        let fields = Fields::of(bytes, base).collect::<Result<Vec<_>, _>>()?;
        out.push('{');
        let empty = out.len();
        for (number, name, kind) in self.0 {
            let found = fields.iter().filter(|field| field.number == *number && kind.fits(field));
            let mut found = found.peekable();
            if found.peek().is_none() {
                continue;
            }
            if out.len() > empty {
                out.push(',');
            }
            out.push('"');
            out.push_str(name);
            out.push_str("\":");
            match kind {
                Kind::Many(message) => {
                    for (index, field) in found.enumerate() {
                        out.push(if index == 0 { '[' } else { ',' });
                        message.write(field.bytes(), field.at, deepest, out)?;
                    }
                    out.push(']');
                }
                // Of a field that may stand once, the last one counts.
                Kind::One(message) => {
                    if let Some(field) = found.last() {
                        message.write(field.bytes(), field.at, deepest, out)?;
                    }
                }
                scalar => out.extend(found.last().map(|field| scalar.json(field))),
            }
        }
        out.push('}');
        Ok(())
    }
}

impl Kind {
    /// A field of another wire type than its number has is unknown, as in every decoder.
    fn fits(&self, field: &Field<'_>) -> bool {
        match self {
            Self::Bool | Self::Number | Self::Signed => matches!(field.value, Wire::Varint(_)),
            Self::Fixed64 | Self::Double => matches!(field.value, Wire::Fixed64(_)),
            _ => matches!(field.value, Wire::Bytes(_)),
        }
    }

    /// A scalar as JSON.
    fn json(&self, field: &Field<'_>) -> String {
        let (number, bytes) = match field.value {
            Wire::Varint(number) | Wire::Fixed64(number) => (number, &[][..]),
            Wire::Fixed32(number) => (number.into(), &[][..]),
            Wire::Bytes(bytes) => (0, bytes),
        };
        match self {
            Self::Text => quoted(&String::from_utf8_lossy(bytes)),
            Self::Id => quoted(&bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()),
            Self::Bytes => quoted(&STANDARD.encode(bytes)),
            Self::Bool => (number != 0).to_string(),
            Self::Signed => quoted(&number.cast_signed().to_string()),
            Self::Fixed64 => quoted(&number.to_string()),
            Self::Double => match f64::from_bits(number) {
                finite if finite.is_finite() => serde_json::Value::from(finite).to_string(),
                // Protobuf JSON spells these as strings.
                infinite if infinite > 0.0 => quoted("Infinity"),
                infinite if infinite < 0.0 => quoted("-Infinity"),
                _ => quoted("NaN"),
            },
            _ => number.to_string(),
        }
    }
}

impl<'a> Field<'a> {
    fn bytes(&self) -> &'a [u8] {
        match self.value {
            Wire::Bytes(bytes) => bytes,
            _ => &[],
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

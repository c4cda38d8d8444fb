//! Which signal a message carries. The outer messages of traces, logs and metrics look alike; the
//! records inside do not.

use super::schema::{self, Message};
use super::wire::{Field, Fields, Wire};

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Signal {
    Traces,
    Logs,
    Metrics,
}

impl Signal {
    /// Of the beginning of a request, by the first record in its first resource.
    pub fn of_request(head: &[u8]) -> Option<Self> {
        match Fields::of_beginning(head).next()?.ok()? {
            Field { number: 1, value: Wire::Bytes(resource), .. } => Self::of_resource(resource),
            _ => None,
        }
    }

    /// Of a resource with all that it wrote, or of its beginning.
    pub fn of_resource(bytes: &[u8]) -> Option<Self> {
        children(bytes).flat_map(children).find_map(Self::of_record)
    }

    /// By the wire types of the fields that only one of the three has.
    fn of_record(record: &[u8]) -> Option<Self> {
        let has = |number: u64, is: fn(&Wire<'_>) -> bool| {
            Fields::of_beginning(record)
                .map_while(Result::ok)
                .any(|field| field.number == number && is(&field.value))
        };
        let is_time: fn(&Wire<'_>) -> bool =
            |value| matches!(value, Wire::Fixed64(time) if *time > 0);
        let is_data: fn(&Wire<'_>) -> bool = |value| matches!(value, Wire::Bytes(_));
        let has_ids = has(1, |value| matches!(value, Wire::Bytes(id) if id.len() == 16))
            && has(2, |value| matches!(value, Wire::Bytes(id) if id.len() == 8));
        let has_data = [5, 7, 9, 10, 11].iter().any(|number| has(*number, is_data));
        let is_named =
            has(1, |value| matches!(value, Wire::Bytes(name) if std::str::from_utf8(name).is_ok()));
        match () {
            () if has_ids && [7, 8].iter().any(|number| has(*number, is_time)) => {
                Some(Self::Traces)
            }
            () if [1, 11].iter().any(|number| has(*number, is_time)) => Some(Self::Logs),
            () if is_named && has_data => Some(Self::Metrics),
            () => None,
        }
    }

    /// The key of the list of resources in JSON, and the message of its items.
    pub fn message(self) -> (&'static str, &'static Message) {
        match self {
            Self::Traces => ("resourceSpans", &schema::RESOURCE_SPANS),
            Self::Logs => ("resourceLogs", &schema::RESOURCE_LOGS),
            Self::Metrics => ("resourceMetrics", &schema::RESOURCE_METRICS),
        }
    }
}

/// Field 2: the scopes of a resource, the records of a scope.
fn children(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    Fields::of_beginning(bytes).map_while(Result::ok).filter_map(|field| match field {
        Field { number: 2, value: Wire::Bytes(child), .. } => Some(child),
        _ => None,
    })
}

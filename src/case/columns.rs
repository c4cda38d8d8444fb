//! The one adapter between events and columns.
//!
//! Columns carry the names of the event's fields. The id and digests are binary, times are
//! nanoseconds UTC, words of the domain are their stored spelling, the agent is
//! [`AgentKey::stored`]. The place is spread over `evidence`, `file` and the location's columns.

use std::str::FromStr;

use jiff::Timestamp;
use polars::prelude::{
    BinaryChunked, BooleanChunked, Column, DataFrame, Int64Chunked, IntoColumn, NewChunkedArray,
    PolarsResult, StringChunked, TimeUnit, UInt64Chunked,
};
use rustc_hash::FxHashMap;

use crate::domain::{AgentKey, Digest, Event, EventId, EventKind, Location, Place, Text};

/// A column cannot be read back into events.
#[derive(Debug, thiserror::Error)]
pub(super) enum ColumnError {
    #[error("{0}")]
    Engine(#[from] polars::prelude::PolarsError),
    #[error("column {column}, row {row}: no valid value")]
    Invalid { column: &'static str, row: usize },
}

/// A field that is optional text.
struct TextColumn {
    name: &'static str,
    get: fn(&Event) -> Option<&str>,
    set: fn(&mut Event, Text),
}

macro_rules! text_columns {
    ($($field:ident),* $(,)?) => {
        &[$(TextColumn {
            name: stringify!($field),
            get: |event| event.$field.as_ref().map(Text::raw),
            set: |event, text| event.$field = Some(text),
        }),*]
    };
}

const TEXTS: &[TextColumn] = text_columns![
    recorder,
    tenant,
    environment,
    account,
    instance,
    principal,
    credential_id,
    passport_id,
    on_behalf_of,
    model,
    session,
    trace_id,
    span_id,
    parent_span_id,
    call_id,
    action,
    target,
    target_kind,
    requested,
    justification,
    error,
    params,
];

/// A field that is an optional unsigned number.
struct NumberColumn {
    name: &'static str,
    get: fn(&Event) -> Option<u64>,
    set: fn(&mut Event, u64),
}

macro_rules! number_columns {
    ($($field:ident),* $(,)?) => {
        &[$(NumberColumn {
            name: stringify!($field),
            get: |event| event.$field,
            set: |event, number| event.$field = Some(number),
        }),*]
    };
}

const NUMBERS: &[NumberColumn] = number_columns![bytes, tokens_in, tokens_out, cost];

/// The columns whose values are large and that few readers need.
pub(super) const LARGE: &[&str] = &["params"];

/// The nanoseconds of a time, when the column can hold them (years 1677 to 2262).
pub(super) fn nanoseconds(time: Timestamp) -> Option<i64> {
    i64::try_from(time.as_nanosecond()).ok()
}

/// Events as columns. Times outside the column's range have been refused before.
pub(super) fn from_events(events: &[Event]) -> PolarsResult<DataFrame> {
    let mut columns = vec![
        binary("id", events, |event| Some(event.id.as_bytes().as_slice())),
        Int64Chunked::from_iter_options(
            "time".into(),
            events.iter().map(|event| nanoseconds(event.time)),
        )
        .into_datetime(TimeUnit::Nanoseconds, None)
        .into_column(),
        text("source", events, |event| Some(event.source.raw())),
        text("kind", events, |event| Some(event.kind.into())),
    ];
    let agents = events.iter().map(|event| event.agent.as_ref().map(AgentKey::stored));
    columns.push(StringChunked::from_iter_options("agent".into(), agents).into_column());
    columns.extend(TEXTS.iter().map(|column| text(column.name, events, column.get)));
    columns.extend([
        text("effect", events, |event| event.effect.map(Into::into)),
        text("decision", events, |event| event.decision.map(Into::into)),
        text("outcome", events, |event| event.outcome.map(Into::into)),
        BooleanChunked::from_iter_options("inline".into(), events.iter().map(|event| event.inline))
            .into_column(),
        Int64Chunked::from_iter_options(
            "duration".into(),
            events.iter().map(|event| event.duration),
        )
        .into_column(),
    ]);
    columns.extend(NUMBERS.iter().map(|column| number(column.name, events, column.get)));
    columns.extend([
        binary("output_digest", events, |event| {
            event.output_digest.as_ref().map(|digest| digest.as_bytes().as_slice())
        }),
        binary("evidence", events, |event| Some(event.evidence.evidence.as_bytes().as_slice())),
        text("file", events, |event| Some(event.evidence.file.raw())),
        number("line", events, |event| match event.evidence.at {
            Location::Line(line) => Some(line),
            _ => None,
        }),
        number("byte_start", events, |event| match event.evidence.at {
            Location::Bytes { start, .. } => Some(start),
            _ => None,
        }),
        number("byte_end", events, |event| match event.evidence.at {
            Location::Bytes { end, .. } => Some(end),
            _ => None,
        }),
        text("pointer", events, |event| match &event.evidence.at {
            Location::Pointer(pointer) => Some(pointer.raw()),
            _ => None,
        }),
    ]);
    DataFrame::new(events.len(), columns)
}

/// Columns as events. Optional columns may be missing: a projection leaves their fields `None`.
pub(super) fn to_events(frame: &DataFrame) -> Result<Vec<Event>, ColumnError> {
    let mut events = skeletons(frame)?;
    fill(&mut events, frame, "agent", |event, raw| {
        event.agent = AgentKey::from_stored(raw);
        event.agent.is_some()
    })?;
    for column in TEXTS {
        let mut texts = Texts::default();
        fill(&mut events, frame, column.name, |event, raw| {
            (column.set)(event, texts.text(raw));
            true
        })?;
    }
    fill(&mut events, frame, "effect", |event, raw| word(raw, &mut event.effect))?;
    fill(&mut events, frame, "decision", |event, raw| word(raw, &mut event.decision))?;
    fill(&mut events, frame, "outcome", |event, raw| word(raw, &mut event.outcome))?;
    for column in NUMBERS {
        if let Ok(values) = frame.column(column.name) {
            for (event, value) in events.iter_mut().zip(values.u64()?.iter()) {
                if let Some(value) = value {
                    (column.set)(event, value);
                }
            }
        }
    }
    if let Ok(values) = frame.column("inline") {
        events.iter_mut().zip(values.bool()?.iter()).for_each(|(e, value)| e.inline = value);
    }
    if let Ok(values) = frame.column("duration") {
        events.iter_mut().zip(values.i64()?.iter()).for_each(|(e, value)| e.duration = value);
    }
    if let Ok(values) = frame.column("output_digest") {
        for (row, (event, value)) in events.iter_mut().zip(values.binary()?.iter()).enumerate() {
            event.output_digest =
                value.map(|bytes| digest("output_digest", row, bytes)).transpose()?;
        }
    }
    Ok(events)
}

/// The ids of a frame's rows.
pub(super) fn ids(frame: &DataFrame) -> Result<Vec<EventId>, ColumnError> {
    let values = frame.column("id")?.binary()?;
    values.iter().enumerate().map(|(row, bytes)| id(row, bytes)).collect()
}

/// Events with what every event has; the rest is filled in by column.
fn skeletons(frame: &DataFrame) -> Result<Vec<Event>, ColumnError> {
    let times = frame.column("time")?.datetime()?.physical();
    let kinds = frame.column("kind")?.str()?;
    let sources = frame.column("source")?.str()?;
    let mut known_sources = Texts::default();
    let fixed = times.iter().zip(kinds.iter()).zip(sources.iter());
    let mut events = Vec::with_capacity(frame.height());
    for ((row, ((time, kind), source)), (id, place)) in
        fixed.enumerate().zip(ids(frame)?.into_iter().zip(places(frame)?))
    {
        let invalid = |column| ColumnError::Invalid { column, row };
        let time = time.and_then(|time| Timestamp::from_nanosecond(time.into()).ok());
        let kind = kind.and_then(|kind| EventKind::from_str(kind).ok());
        events.push(Event::new(
            id,
            time.ok_or(invalid("time"))?,
            &known_sources.text(source.ok_or(invalid("source"))?),
            kind.ok_or(invalid("kind"))?,
            place,
        ));
    }
    Ok(events)
}

fn places(frame: &DataFrame) -> Result<Vec<Place>, ColumnError> {
    let evidence = frame.column("evidence")?.binary()?;
    let files = frame.column("file")?.str()?;
    let lines = frame.column("line")?.u64()?;
    let starts = frame.column("byte_start")?.u64()?;
    let ends = frame.column("byte_end")?.u64()?;
    let pointers = frame.column("pointer")?.str()?;
    let mut known_files = Texts::default();
    let locations = lines.iter().zip(starts.iter()).zip(ends.iter()).zip(pointers.iter());
    let rows = evidence.iter().zip(files.iter()).zip(locations).enumerate();
    rows.map(|(row, ((evidence, file), (((line, start), end), pointer)))| {
        let invalid = |column| ColumnError::Invalid { column, row };
        Ok(Place {
            evidence: digest("evidence", row, evidence.ok_or(invalid("evidence"))?)?,
            file: known_files.text(file.ok_or(invalid("file"))?),
            at: match (line, start, end, pointer) {
                (Some(line), ..) => Location::Line(line),
                (_, Some(start), Some(end), _) => Location::Bytes { start, end },
                (.., Some(pointer)) => Location::Pointer(pointer.into()),
                _ => Location::Whole,
            },
        })
    })
    .collect()
}

/// Gives the values of a text column to their events; a value that is not accepted is an error.
fn fill(
    events: &mut [Event],
    frame: &DataFrame,
    column: &'static str,
    mut accept: impl FnMut(&mut Event, &str) -> bool,
) -> Result<(), ColumnError> {
    let Ok(values) = frame.column(column) else { return Ok(()) };
    for (row, (event, value)) in events.iter_mut().zip(values.str()?.iter()).enumerate() {
        if value.is_some_and(|raw| !accept(event, raw)) {
            return Err(ColumnError::Invalid { column, row });
        }
    }
    Ok(())
}

fn word<T: FromStr>(raw: &str, field: &mut Option<T>) -> bool {
    *field = raw.parse().ok();
    field.is_some()
}

fn id(row: usize, bytes: Option<&[u8]>) -> Result<EventId, ColumnError> {
    let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
    bytes.map(EventId::from_bytes).ok_or(ColumnError::Invalid { column: "id", row })
}

fn digest(column: &'static str, row: usize, bytes: &[u8]) -> Result<Digest, ColumnError> {
    let bytes = bytes.try_into().map_err(|_| ColumnError::Invalid { column, row })?;
    Ok(Digest::from_bytes(bytes))
}

fn text(name: &str, events: &[Event], get: impl Fn(&Event) -> Option<&str>) -> Column {
    StringChunked::from_iter_options(name.into(), events.iter().map(get)).into_column()
}

fn binary(name: &str, events: &[Event], get: impl Fn(&Event) -> Option<&[u8]>) -> Column {
    BinaryChunked::from_iter_options(name.into(), events.iter().map(get)).into_column()
}

fn number(name: &str, events: &[Event], get: impl Fn(&Event) -> Option<u64>) -> Column {
    UInt64Chunked::from_iter_options(name.into(), events.iter().map(get)).into_column()
}

/// One allocation for each value that repeats in a column, as most do. Stops learning in columns
/// whose values are mostly different.
#[derive(Default)]
struct Texts(FxHashMap<Box<str>, Text>);

impl Texts {
    const LEARNED: usize = 1024;

    fn text(&mut self, raw: &str) -> Text {
        if let Some(text) = self.0.get(raw) {
            return text.clone();
        }
        let text = Text::new(raw);
        if self.0.len() < Self::LEARNED {
            self.0.insert(raw.into(), text.clone());
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{event, full_event};
    use super::*;

    #[track_caller]
    fn check(events: &[Event]) {
        let frame = from_events(events).expect("becomes columns");
        assert_eq!(to_events(&frame).expect("becomes events"), events);
    }

    #[test]
    fn every_field_has_its_column() {
        let full = full_event("");
        let json = serde_json::to_value(&full).expect("is JSON");
        let fields = json.as_object().expect("is an object");
        assert!(fields.values().all(|value| !value.is_null()), "a field is not tested: {json}");
        check(&[full, event(1)]);
    }

    #[test]
    fn every_location_comes_back() {
        let locations = [
            Location::Whole,
            Location::Line(0),
            Location::Bytes { start: 0, end: u64::MAX },
            Location::Pointer("".into()),
        ];
        let at = |at| {
            let mut event = event(1);
            event.evidence.at = at;
            event
        };
        check(&locations.map(at));
        check(&[]);
    }

    #[test]
    fn a_projection_leaves_fields_out() {
        let frame = from_events(&[full_event("")]).expect("becomes columns");
        let without = frame.drop("params").expect("is a column");
        let events = to_events(&without).expect("becomes events");
        assert_eq!(events, [Event { params: None, ..full_event("") }]);
    }

    #[test]
    fn what_is_no_event_is_an_error() {
        let frame = from_events(&[event(1)]).expect("becomes columns");
        for (column, value) in [("kind", "unheard_of"), ("agent", "no key"), ("decision", "maybe")]
        {
            let mut wrong = frame.clone();
            wrong.with_column(Column::new(column.into(), [value])).expect("has one row");
            assert!(to_events(&wrong).is_err(), "{column}");
        }
        for column in ["id", "evidence", "time"] {
            assert!(to_events(&frame.drop(column).expect("is a column")).is_err(), "{column}");
        }
    }

    proptest::proptest! {
        #[test]
        fn hostile_text_comes_back_byte_for_byte(raw in "\\PC*|(?s).*") {
            let full = full_event(&raw);
            let frame = from_events(std::slice::from_ref(&full)).expect("becomes columns");
            proptest::prop_assert_eq!(to_events(&frame).expect("becomes events"), vec![full]);
        }
    }
}

//! Documents in no format that is read: kept as they are, so that they can be found.
//!
//! What names a time is an event of kind `other` and is searched with the events; what names none is a
//! record. Either way its text is kept, masked and cut like any other, and the problem stays.

use jiff::Timestamp;
use serde_json::Value;

use super::mask::bounded;
use super::time::Time;
use super::{Document, Sink};
use crate::domain::configured::{Provisioning, UnknownDocument};
use crate::domain::{Configured, Digest, Event, EventId, EventKind, Record, Text};

const ID: &str = "unknown";

/// Keys that name a time, in the order in which they are asked.
const TIMES: &[&str] = &[
    "@timestamp",
    "timestamp",
    "time",
    "eventTime",
    "event_time",
    "ts",
    "datetime",
    "date",
    "startTime",
    "start_time",
    "createdAt",
    "created_at",
    "created",
];

/// Keys that name what happened.
const ACTIONS: &[&str] = &["event", "action", "type", "name", "operation", "msg", "message"];

/// Bytes of an action, and of a record's text.
const LONGEST_ACTION: usize = 200;
const LONGEST_TEXT: usize = 16 << 10;

pub fn keep(document: &Document<'_>, sink: &mut dyn Sink) {
    let Ok(Value::Object(members)) = serde_json::from_str(document.json) else { return };
    let time = TIMES.iter().find_map(|key| time(members.get(*key)?));
    let Some(time) = time else {
        let text = Text::new(bounded(document.json, LONGEST_TEXT));
        let place = document.place();
        let name = Text::from(format!("{}{}", place.file.raw(), place.at));
        return sink.record(Record {
            realm: Text::default(),
            at: None,
            provisioning: Provisioning::default(),
            body: Configured::UnknownDocument(UnknownDocument { name, text }),
            place,
        });
    };
    let digest = Digest::of(document.json.as_bytes()).to_string();
    let id = EventId::of(ID, &[&digest]);
    let source = sink.intern(ID);
    let mut event = Event::new(id, time, &source, EventKind::Other, document.place());
    let action = ACTIONS.iter().find_map(|key| members.get(*key)?.as_str());
    event.action = action.map(|action| sink.intern(bounded(action, LONGEST_ACTION)));
    event.params = Some(Text::new(document.json));
    sink.event(event);
}

/// A time as logs write it. A small number is a count of something else.
fn time(value: &Value) -> Option<Timestamp> {
    if value.as_f64().is_some_and(|number| number < 1e8) {
        return None;
    }
    serde_json::from_value::<Time>(value.clone()).ok()?.0
}

#[cfg(test)]
mod tests {
    use super::super::configured::tests::read_all;
    use super::*;

    #[track_caller]
    fn check(json: &str, time: &str, action: Option<&str>) {
        let found = read_all("x.json", json);
        let [event] = found.events.as_slice() else { unreachable!("{found:?}") };
        assert_eq!((event.kind, event.time.to_string().as_str()), (EventKind::Other, time));
        assert_eq!(event.action.as_ref().map(Text::raw), action);
        assert_eq!(found.problems.len(), 1, "it is said that the format is not known");
    }

    #[test]
    fn what_names_a_time_is_an_event() {
        check(r#"{"ts":1700000000,"msg":"logged in"}"#, "2023-11-14T22:13:20Z", Some("logged in"));
        check(r#"{"time":"2026-01-02T03:04:05+01:00"}"#, "2026-01-02T02:04:05Z", None);
        check(r#"{"timestamp":1700000000123,"type":"a"}"#, "2023-11-14T22:13:20.123Z", Some("a"));
    }

    #[test]
    fn what_names_none_is_a_record() {
        let found = read_all("x.json", r#"{"some":{"token":"abcdef"},"time":"yesterday"}"#);
        let [record] = found.records.as_slice() else { unreachable!("{found:?}") };
        let Configured::UnknownDocument(document) = &record.body else {
            unreachable!("{record:?}")
        };
        assert_eq!(document.name, "x.json");
        assert!(document.text.raw().contains("***"), "masked: {document:?}");
        assert_eq!(found.problems.len(), 1);
    }
}

//! Times as logs write them.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A time of RFC 3339, or without a zone, as query engines print it, which is UTC.
pub fn parse(raw: &str) -> Option<Timestamp> {
    let raw = raw.trim();
    raw.parse().ok().or_else(|| {
        let civil: DateTime = raw.parse().ok()?;
        Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
    })
}

/// A number since the epoch, in seconds, milliseconds, microseconds or nanoseconds: which, its size
/// tells for all times from 1973 to 2286.
pub fn since_epoch(number: i64) -> Option<Timestamp> {
    match number {
        ..=0 => None,
        1..10_000_000_000 => Timestamp::from_second(number).ok(),
        10_000_000_000..10_000_000_000_000 => Timestamp::from_millisecond(number).ok(),
        10_000_000_000_000..10_000_000_000_000_000 => Timestamp::from_microsecond(number).ok(),
        _ => Timestamp::from_nanosecond(number.into()).ok(),
    }
}

/// A time in any of these forms; nothing, and no error, when it is in none of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Time(pub Option<Timestamp>);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TimeVisitor)
    }
}

struct TimeVisitor;

impl<'de> Visitor<'de> for TimeVisitor {
    type Value = Time;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time")
    }

    fn visit_str<E>(self, text: &str) -> Result<Time, E> {
        Ok(Time(parse(text)))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Time, E> {
        Ok(Time(since_epoch(number)))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Time, E> {
        Ok(Time(i64::try_from(number).ok().and_then(since_epoch)))
    }

    fn visit_f64<E>(self, seconds: f64) -> Result<Time, E> {
        // Numbers with a fraction are seconds; whole ones may be any unit.
        Ok(Time(match seconds.fract() == 0.0 {
            true => since_epoch(seconds as i64),
            false => Timestamp::from_microsecond((seconds * 1e6) as i64).ok(),
        }))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Time, E> {
        Ok(Time(None))
    }

    fn visit_unit<E>(self) -> Result<Time, E> {
        Ok(Time(None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Time, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Time(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Time, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Time(None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, time: Option<&str>) {
        let Time(found) = serde_json::from_str(json).expect("any value");
        assert_eq!(found.map(|time| time.to_string()).as_deref(), time, "{json}");
    }

    #[test]
    fn times_of_every_spelling() {
        check(r#""2026-08-01T10:00:00Z""#, Some("2026-08-01T10:00:00Z"));
        check(r#""2026-08-01T12:00:00.5+02:00""#, Some("2026-08-01T10:00:00.5Z"));
        check(r#""2026-08-01 10:00:00.380""#, Some("2026-08-01T10:00:00.38Z"));
        check(r#""2026-08-01T10:00:00""#, Some("2026-08-01T10:00:00Z"));
        for number in ["1785578400", "1785578400000", "1785578400000000", "1785578400000000000"] {
            check(number, Some("2026-08-01T10:00:00Z"));
        }
        check("1785578400.25", Some("2026-08-01T10:00:00.25Z"));
        for other in [r#""yesterday""#, r#""""#, "0", "-5", "null", "true", "[1]", r#"{"a":1}"#] {
            check(other, None);
        }
    }
}

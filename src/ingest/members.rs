//! The members of a JSON object, unread: for formats whose emitters agree on names more than on types.
//!
//! Whatever is asked for with the wrong type is absent, so that one odd member costs nothing but itself.

use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::json::Str;

/// The members in order. Lookups are linear: objects of records are small.
#[derive(Clone, Debug, Default)]
pub struct Members<'a>(Vec<(Str<'a>, &'a RawValue)>);

impl<'a> Members<'a> {
    /// `None` when the text is not an object.
    pub fn parse(json: &'a str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.0.iter().map(|(key, value)| (&**key, *value))
    }

    pub fn has(&self, key: &str) -> bool {
        self.raw(&[key]).is_some()
    }

    /// The value under the first of `keys` that is present and not null.
    pub fn raw(&self, keys: &[&str]) -> Option<&'a RawValue> {
        keys.iter().find_map(|key| {
            let (_, value) = self.0.iter().find(|(present, _)| **present == **key)?;
            (value.get() != "null").then_some(*value)
        })
    }

    /// The first of `keys` that holds a string that is not empty, or a number in its own spelling.
    pub fn text(&self, keys: &[&str]) -> Option<Cow<'a, str>> {
        keys.iter().find_map(|key| text(self.raw(&[key])?)).filter(|text| !text.is_empty())
    }

    pub fn object(&self, keys: &[&str]) -> Option<Members<'a>> {
        keys.iter().find_map(|key| Members::parse(self.raw(&[key])?.get()))
    }

    /// The elements of the first of `keys` that holds a list; none when there is none.
    pub fn list(&self, keys: &[&str]) -> Vec<&'a RawValue> {
        keys.iter().find_map(|key| list(self.raw(&[key])?)).unwrap_or_default()
    }

    pub fn number(&self, keys: &[&str]) -> Option<u64> {
        keys.iter().find_map(|key| {
            let number: f64 = self.text(&[key])?.parse().ok()?;
            (number >= 0.0).then_some(number as u64)
        })
    }

    pub fn flag(&self, keys: &[&str]) -> Option<bool> {
        keys.iter().find_map(|key| serde_json::from_str(self.raw(&[key])?.get()).ok())
    }

    pub fn time(&self, keys: &[&str]) -> Option<Timestamp> {
        keys.iter().find_map(|key| time(&self.text(&[key])?))
    }
}

/// A string, or a number in its own spelling.
pub fn text(raw: &RawValue) -> Option<Cow<'_, str>> {
    match raw.get().as_bytes().first()? {
        b'"' => serde_json::from_str::<Str<'_>>(raw.get()).ok().map(|text| text.0),
        b'-' | b'0'..=b'9' => Some(Cow::Borrowed(raw.get())),
        _ => None,
    }
}

pub fn list(raw: &RawValue) -> Option<Vec<&RawValue>> {
    serde_json::from_str(raw.get()).ok()
}

/// An instant as RFC 3339 (without a zone it is UTC), or as a number since the epoch: seconds, maybe
/// with a fraction, or milli-, micro- or nanoseconds, told apart by their size.
pub fn time(text: &str) -> Option<Timestamp> {
    if let Ok(number) = text.parse::<f64>() {
        let nanoseconds = match number.abs() {
            ..1e11 => number * 1e9,
            ..1e14 => number * 1e6,
            ..1e17 => number * 1e3,
            _ => number,
        };
        // Whole numbers keep their last digits, which a floating-point number would lose.
        let exact = text.parse::<i128>().ok().filter(|_| number.abs() >= 1e17);
        return Timestamp::from_nanosecond(exact.unwrap_or(nanoseconds as i128)).ok();
    }
    let plain = || {
        let local: jiff::civil::DateTime = text.parse().ok()?;
        Some(local.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
    };
    text.parse().ok().or_else(plain)
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor(std::marker::PhantomData))
    }
}

struct MembersVisitor<'a>(std::marker::PhantomData<&'a ()>);

impl<'de: 'a, 'a> Visitor<'de> for MembersVisitor<'a> {
    type Value = Members<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'a>, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry::<Str<'de>, &'de RawValue>()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wrong_type_is_absent() {
        let members = Members::parse(r#"{"a":null,"b":7,"c":"x","d":[1],"e":{"f":true}}"#);
        let members = members.expect("an object");
        assert_eq!(members.text(&["a", "d", "b"]).as_deref(), Some("7"));
        assert_eq!(members.text(&["c"]).as_deref(), Some("x"));
        assert_eq!(members.number(&["c", "b"]), Some(7));
        assert_eq!(members.list(&["c", "d"]).len(), 1);
        assert_eq!(members.object(&["d", "e"]).and_then(|e| e.flag(&["f"])), Some(true));
        assert!(!members.has("a") && Members::parse("[1]").is_none());
    }

    #[track_caller]
    fn check(written: &str, expected: Option<&str>) {
        assert_eq!(time(written).map(|time| time.to_string()).as_deref(), expected, "{written}");
    }

    #[test]
    fn instants_in_many_spellings() {
        let second = Some("2026-08-01T10:00:00Z");
        check("2026-08-01T10:00:00Z", second);
        check("2026-08-01T12:00:00+02:00", second);
        check("2026-08-01T10:00:00", second);
        check("2026-08-01 10:00:00.000", second);
        check("1785578400", second);
        check("1785578400.0", second);
        check("1785578400000", second);
        check("1785578400000000", second);
        check("1785578400000000001", Some("2026-08-01T10:00:00.000000001Z"));
        check("soon", None);
        check("1e300", None);
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*|[-+0-9.eTZ: ]*") {
            let _ = time(&text);
            let _ = Members::parse(&text);
        }
    }
}

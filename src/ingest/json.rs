//! Small pieces of JSON that more than one reader deserialises, borrowed from the document.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use crate::domain::Text;
use jiff::Timestamp;
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde_json::value::RawValue;

/// A string that borrows from the document unless it has escapes. Unlike a bare `Cow` it also borrows
/// inside `Option` and `Vec`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(transparent)]
pub struct Str<'a>(#[serde(borrow)] pub Cow<'a, str>);

impl Deref for Str<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// A list whose absence and `null` are the same as emptiness.
pub fn nullable<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// A value of the expected shape; one of another shape is as good as none. For fields that must not
/// cost their record, read from text.
pub fn lenient<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Part::deserialize(deserializer)?.0)
}

/// The items of a list that can be read; none when the value is no list.
pub fn readable<'a, T: Deserialize<'a>>(list: Option<&'a RawValue>) -> Vec<T> {
    let items: Option<Vec<&RawValue>> = list.and_then(|raw| serde_json::from_str(raw.get()).ok());
    let items = items.unwrap_or_default().into_iter();
    items.filter_map(|item| serde_json::from_str(item.get()).ok()).collect()
}

/// Arguments of a call as JSON text: what is not JSON becomes a JSON string.
pub fn argument(raw: &str) -> Text {
    match serde_json::from_str::<serde::de::IgnoredAny>(raw) {
        Ok(_) => Text::new(raw),
        Err(_) => serde_json::Value::from(raw).to_string().into(),
    }
}

/// A 64-bit integer written as a number or, as protobuf JSON does, as a decimal string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Integer(pub i64);

impl Integer {
    /// As nanoseconds since the epoch; zero means that the time is not set.
    pub fn as_time(self) -> Option<Timestamp> {
        match self.0 {
            0 => None,
            nanoseconds => Timestamp::from_nanosecond(nanoseconds.into()).ok(),
        }
    }
}

impl<'de> Deserialize<'de> for Integer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IntegerVisitor)
    }
}

struct IntegerVisitor;

impl Visitor<'_> for IntegerVisitor {
    type Value = Integer;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a 64-bit integer or its decimal string")
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Integer, E> {
        Ok(Integer(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Integer, E> {
        i64::try_from(value).map(Integer).map_err(E::custom)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Integer, E> {
        // Emitters in languages without integers write whole numbers as 1.5e18.
        Ok(Integer(value as i64))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Integer, E> {
        value.trim().parse().map(Integer).map_err(E::custom)
    }
}

/// A word of a log record: a string, or a number or truth value as text. Nothing, and no error, when
/// it is empty or of another type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Word<'a>(Option<Cow<'a, str>>);

impl Word<'_> {
    pub fn get(&self) -> Option<&str> {
        self.0.as_deref().filter(|word| !word.is_empty())
    }

    pub fn is(&self, word: &str) -> bool {
        self.get() == Some(word)
    }

    /// As a truth value, also where it is written as text.
    pub fn truth(&self) -> Option<bool> {
        match self.get()? {
            word if word.eq_ignore_ascii_case("true") => Some(true),
            word if word.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Word<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = <&'de RawValue>::deserialize(deserializer)?.get();
        Ok(Self(match json.as_bytes() {
            [b'"', ..] => serde_json::from_str::<Str<'de>>(json).ok().map(|text| text.0),
            [b'{' | b'[' | b'n', ..] => None,
            _ => Some(Cow::Borrowed(json)),
        }))
    }
}

/// A part of a log record. One of another shape than expected counts as absent and costs nothing but
/// itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part<T>(pub T);

impl<T> Deref for Part<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for Part<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = <&'de RawValue>::deserialize(deserializer)?;
        Ok(Self(serde_json::from_str(json.get()).unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_come_as_numbers_and_as_strings() {
        for json in ["1544712660000000000", "\"1544712660000000000\"", "1.54471266e18"] {
            let Integer(value) = serde_json::from_str(json).expect(json);
            assert_eq!(value, 1_544_712_660_000_000_000, "{json}");
        }
        assert!(serde_json::from_str::<Integer>("\"x\"").is_err());
        assert_eq!(Integer(0).as_time(), None);
    }

    #[test]
    fn a_bad_item_costs_only_itself() {
        let read = |json: &str| readable::<u8>(serde_json::from_str(json).ok());
        assert_eq!(read(r#"[1,"x",2,{"a":[]}]"#), [1, 2]);
        assert!(read("{}").is_empty());
    }

    #[test]
    fn a_lenient_field_of_another_shape_is_absent() {
        #[derive(serde::Deserialize)]
        struct Fields<'a> {
            #[serde(borrow, default, deserialize_with = "lenient")]
            names: Vec<Str<'a>>,
        }
        for (json, count) in [
            (r#"{"names":["a","b"]}"#, 2),
            (r#"{"names":{"a":"b"}}"#, 0),
            (r#"{"names":null}"#, 0),
            ("{}", 0),
        ] {
            let fields: Fields<'_> = serde_json::from_str(json).expect(json);
            assert_eq!(fields.names.len(), count, "{json}");
        }
    }

    #[test]
    fn strings_borrow_inside_options() {
        let plain: Option<Str<'_>> = serde_json::from_str("\"plain\"").expect("a string");
        assert!(matches!(plain, Some(Str(Cow::Borrowed("plain")))));
        let escaped: Option<Str<'_>> = serde_json::from_str("\"a\\nb\"").expect("a string");
        assert_eq!(escaped.as_deref(), Some("a\nb"));
    }

    #[test]
    fn words_and_parts_of_another_type_are_absent() {
        #[track_caller]
        fn check(json: &str, word: Option<&str>, truth: Option<bool>) {
            let found: Word<'_> = serde_json::from_str(json).expect("any value");
            assert_eq!((found.get(), found.truth()), (word, truth), "{json}");
        }
        check(r#""plain""#, Some("plain"), None);
        check(r#""True""#, Some("True"), Some(true));
        check("false", Some("false"), Some(false));
        check("123456789012", Some("123456789012"), None);
        for absent in ["null", "\"\"", "[1]", "{\"a\":1}"] {
            check(absent, None, None);
        }
        let part = |json| serde_json::from_str::<Part<Vec<u8>>>(json).expect("any value").0;
        assert_eq!((part("[1,2]"), part("[1,\"x\"]"), part("{}")), (vec![1, 2], vec![], vec![]));
    }
}

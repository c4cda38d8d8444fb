//! Attributes of spans, log records and resources: typed values, looked up by any of several keys.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::ingest::json::{Integer, Str, nullable};

/// The attributes of one thing. Lookups are linear: a span has some twenty.
#[derive(Default, serde::Deserialize)]
#[serde(transparent)]
pub struct Attributes<'a>(#[serde(borrow)] pub Vec<Attribute<'a>>);

#[derive(serde::Deserialize)]
pub struct Attribute<'a> {
    #[serde(borrow)]
    pub key: Str<'a>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    pub value: Value<'a>,
}

/// One value. Strings and structured values stay unread JSON until somebody asks for them: whole
/// conversations stand in attributes that nobody looks at.
#[derive(Debug, Default)]
pub enum Value<'a> {
    #[default]
    Empty,
    Bool(bool),
    Integer(i64),
    Double(f64),
    /// A JSON string, quotes included.
    Text(&'a RawValue),
    /// Plain JSON of an array or object.
    Json(&'a RawValue),
    /// The inside of an OTLP `arrayValue` or `kvlistValue`.
    OtlpList(&'a RawValue),
    OtlpMap(&'a RawValue),
}

impl<'a> Attributes<'a> {
    /// Attributes written as a plain JSON object.
    pub fn from_plain(object: &'a RawValue) -> serde_json::Result<Self> {
        Ok(Self(serde_json::from_str::<PlainMap<'a>>(object.get())?.0))
    }

    /// The value under the first of `keys` that is present.
    pub fn get(&self, keys: &[&str]) -> Option<&Value<'a>> {
        keys.iter().find_map(|key| {
            self.0.iter().find(|attribute| *attribute.key == **key).map(|found| &found.value)
        })
    }

    /// The same as text: strings as they are, numbers in decimal; absent when empty or structured.
    pub fn text(&self, keys: &[&str]) -> Option<Cow<'_, str>> {
        keys.iter().find_map(|key| self.get(&[key])?.text()).filter(|text| !text.is_empty())
    }

    /// The same as a string or as plain JSON text.
    pub fn content(&self, keys: &[&str]) -> Option<Cow<'_, str>> {
        keys.iter().find_map(|key| self.get(&[key])?.content()).filter(|text| !text.is_empty())
    }

    pub fn number(&self, keys: &[&str]) -> Option<u64> {
        match self.get(keys)? {
            Value::Integer(number) => u64::try_from(*number).ok(),
            Value::Double(number) => Some(*number as u64),
            Value::Text(raw) => string(raw)?.parse().ok(),
            _ => None,
        }
    }

    /// An amount of US dollars in millionths; none when it is no amount.
    pub fn millionths(&self, keys: &[&str]) -> Option<u64> {
        let dollars = match self.get(keys)? {
            Value::Integer(number) => *number as f64,
            Value::Double(number) => *number,
            Value::Text(raw) => string(raw)?.parse().ok()?,
            _ => return None,
        };
        // A conversion of floating point keeps within the bounds of the whole number.
        (dollars.is_finite() && dollars >= 0.0).then(|| (dollars * 1e6).round() as u64)
    }

    /// Whether any key starts with `prefix`.
    pub fn any_under(&self, prefix: &str) -> bool {
        self.0.iter().any(|attribute| attribute.key.starts_with(prefix))
    }
}

impl<'a> Value<'a> {
    /// From plain JSON.
    pub fn from_plain(raw: &'a RawValue) -> serde_json::Result<Self> {
        let json = raw.get();
        Ok(match json.as_bytes().first() {
            Some(b'"') => Self::Text(raw),
            Some(b'[' | b'{') => Self::Json(raw),
            Some(b't' | b'f') => Self::Bool(serde_json::from_str(json)?),
            Some(b'n') | None => Self::Empty,
            Some(_) => match json.parse() {
                Ok(integer) => Self::Integer(integer),
                Err(_) => Self::Double(serde_json::from_str(json)?),
            },
        })
    }

    pub fn text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Text(raw) => string(raw),
            Self::Integer(number) => Some(number.to_string().into()),
            Self::Double(number) => Some(number.to_string().into()),
            Self::Bool(truth) => Some(truth.to_string().into()),
            _ => None,
        }
    }

    pub fn content(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Json(raw) => Some(Cow::Borrowed(raw.get())),
            Self::OtlpList(_) | Self::OtlpMap(_) => {
                let mut plain = String::new();
                self.write_plain(&mut plain, 0).then(|| plain.into())
            }
            scalar => scalar.text(),
        }
    }

    /// Writes the value as plain JSON, without OTLP's typed wrapping; `false` when it is malformed or
    /// nested beyond reason.
    fn write_plain(&self, out: &mut String, depth: usize) -> bool {
        const DEEPEST: usize = 64;
        if depth > DEEPEST {
            return false;
        }
        match self {
            Self::Empty => out.push_str("null"),
            Self::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
            Self::Integer(number) => out.push_str(&number.to_string()),
            Self::Double(number) => {
                out.push_str(&serde_json::to_string(number).unwrap_or_default());
            }
            Self::Text(raw) | Self::Json(raw) => out.push_str(raw.get()),
            Self::OtlpList(raw) => {
                let Ok(list) = serde_json::from_str::<OtlpValues<Value<'_>>>(raw.get()) else {
                    return false;
                };
                return write_members(out, ['[', ']'], &list.values, |value, out| {
                    value.write_plain(out, depth + 1)
                });
            }
            Self::OtlpMap(raw) => {
                let Ok(map) = serde_json::from_str::<OtlpValues<Attribute<'_>>>(raw.get()) else {
                    return false;
                };
                return write_members(out, ['{', '}'], &map.values, |member, out| {
                    out.push_str(&serde_json::to_string(&*member.key).unwrap_or_default());
                    out.push(':');
                    member.value.write_plain(out, depth + 1)
                });
            }
        }
        true
    }
}

fn write_members<T>(
    out: &mut String,
    [open, close]: [char; 2],
    members: &[T],
    write: impl Fn(&T, &mut String) -> bool,
) -> bool {
    out.push(open);
    for (index, member) in members.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        if !write(member, out) {
            return false;
        }
    }
    out.push(close);
    true
}

/// The inside of an `arrayValue` or a `kvlistValue`.
#[derive(serde::Deserialize)]
struct OtlpValues<T> {
    #[serde(default = "Vec::new")]
    values: Vec<T>,
}

/// The text of a JSON string, borrowed when it has no escapes.
fn string(raw: &RawValue) -> Option<Cow<'_, str>> {
    let inside = raw.get().strip_prefix('"')?.strip_suffix('"')?;
    match inside.contains('\\') {
        false => Some(Cow::Borrowed(inside)),
        true => serde_json::from_str::<String>(raw.get()).ok().map(Cow::Owned),
    }
}

/// OTLP's `AnyValue`: an object with one member that names the type.
impl<'de: 'a, 'a> Deserialize<'de> for Value<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(AnyValueVisitor(std::marker::PhantomData))
    }
}

struct AnyValueVisitor<'a>(std::marker::PhantomData<&'a ()>);

impl<'de: 'a, 'a> Visitor<'de> for AnyValueVisitor<'a> {
    type Value = Value<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an OTLP value such as {\"stringValue\": …}")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value<'a>, A::Error> {
        let mut value = Value::Empty;
        while let Some(kind) = map.next_key::<Str<'de>>()? {
            value = match &*kind {
                "stringValue" | "string_value" | "bytesValue" | "bytes_value" | "boolValue"
                | "bool_value" | "doubleValue" | "double_value" => {
                    Value::from_plain(map.next_value()?).map_err(serde::de::Error::custom)?
                }
                "intValue" | "int_value" => {
                    let raw: &'de RawValue = map.next_value()?;
                    match serde_json::from_str::<Integer>(raw.get()) {
                        Ok(Integer(number)) => Value::Integer(number),
                        Err(_) => Value::from_plain(raw).map_err(serde::de::Error::custom)?,
                    }
                }
                "arrayValue" | "array_value" => Value::OtlpList(map.next_value()?),
                "kvlistValue" | "kvlist_value" => Value::OtlpMap(map.next_value()?),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    value
                }
            };
        }
        Ok(value)
    }
}

struct PlainMap<'a>(Vec<Attribute<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for PlainMap<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PlainMapVisitor(std::marker::PhantomData))
    }
}

struct PlainMapVisitor<'a>(std::marker::PhantomData<&'a ()>);

impl<'de: 'a, 'a> Visitor<'de> for PlainMapVisitor<'a> {
    type Value = PlainMap<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of attributes")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<PlainMap<'a>, A::Error> {
        let mut attributes = Vec::new();
        while let Some(key) = map.next_key::<Str<'de>>()? {
            let raw: &'de RawValue = map.next_value()?;
            let value = Value::from_plain(raw).map_err(serde::de::Error::custom)?;
            attributes.push(Attribute { key, value });
        }
        Ok(PlainMap(attributes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, content: Option<&str>) {
        let value: Value<'_> = serde_json::from_str(json).expect(json);
        assert_eq!(value.content().as_deref(), content, "{json}");
    }

    #[test]
    fn otlp_values_become_plain() {
        check(r#"{"stringValue":"x"}"#, Some("x"));
        check(r#"{"intValue":"812"}"#, Some("812"));
        check(r#"{"int_value":812}"#, Some("812"));
        check(r#"{"boolValue":true}"#, Some("true"));
        check(r#"{"doubleValue":"NaN"}"#, Some("NaN"));
        check(r#"{"intValue":"many"}"#, Some("many"));
        check("{}", None);
        check(r#"{"newKind":{"a":[1]}}"#, None);
        check(
            r#"{"arrayValue":{"values":[{"intValue":"1"},{"stringValue":"b"},{}]}}"#,
            Some(r#"[1,"b",null]"#),
        );
        check(
            r#"{"kvlistValue":{"values":[{"key":"role","value":{"stringValue":"user"}},{"key":"x"}]}}"#,
            Some(r#"{"role":"user","x":null}"#),
        );
        check(r#"{"arrayValue":{}}"#, Some("[]"));
    }

    #[test]
    fn plain_attributes_keep_their_types() {
        let json = r#"{"a":1,"b":"2","c":[{"d":1}],"e":null,"f":0.5,"g":true}"#;
        let raw: &RawValue = serde_json::from_str(json).expect("JSON");
        let attributes = Attributes::from_plain(raw).expect("attributes");
        assert_eq!(attributes.number(&["a"]), Some(1));
        assert_eq!(attributes.number(&["x", "b"]), Some(2));
        assert_eq!(attributes.content(&["c"]).as_deref(), Some(r#"[{"d":1}]"#));
        assert_eq!(attributes.text(&["c", "e", "f"]).as_deref(), Some("0.5"));
    }
}

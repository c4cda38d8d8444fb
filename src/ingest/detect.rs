//! What a document looks like from outside, in one pass over its text.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::Shape;

/// The outermost value of a document. Deserialising it also proves the document well-formed.
#[derive(Clone, Debug, PartialEq)]
pub enum TopLevel<'a> {
    Object(TopKeys<'a>),
    Array,
    Scalar,
}

/// The top-level keys of an object and the two values that name its type.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopKeys<'a> {
    pub kind: Option<Cow<'a, str>>,
    pub api_version: Option<Cow<'a, str>>,
    pub keys: Vec<Cow<'a, str>>,
}

/// All keys that a list without a kind may have.
const BARE_LIST: [&str; 3] = ["apiVersion", "items", "metadata"];

impl<'a> TopKeys<'a> {
    pub fn into_shape(self, path: &'a str, json: &'a str) -> Shape<'a> {
        let file_name = path.rsplit('/').next().unwrap_or(path);
        Shape {
            kind: self.kind,
            api_version: self.api_version,
            keys: self.keys,
            file_name,
            path,
            json,
            looked_into: Cell::new(false),
        }
    }

    /// The kind of the items, when this is a Kubernetes list: empty for `kind: List`, whose items
    /// name their own, and for the lists of collectors that leave the kind out.
    pub fn items_kind(&self) -> Option<&str> {
        self.api_version.as_ref()?;
        let is_bare = || self.keys.iter().all(|key| BARE_LIST.contains(&&**key));
        let item = match self.kind.as_deref() {
            Some(kind) => kind.strip_suffix("List")?,
            None if is_bare() => "",
            None => return None,
        };
        self.keys.iter().any(|key| key == "items").then_some(item)
    }
}

impl<'de> Deserialize<'de> for TopLevel<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TopVisitor)
    }
}

struct TopVisitor;

impl<'de> Visitor<'de> for TopVisitor {
    type Value = TopLevel<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON document")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut top = TopKeys::default();
        while let Some(Str(key)) = map.next_key()? {
            match &*key {
                "kind" => top.kind = map.next_value::<MaybeStr<'de>>()?.0,
                "apiVersion" => top.api_version = map.next_value::<MaybeStr<'de>>()?.0,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            top.keys.push(key);
        }
        Ok(TopLevel::Object(top))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(TopLevel::Array)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(TopLevel::Scalar)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(TopLevel::Scalar)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
        Ok(TopLevel::Scalar)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
        Ok(TopLevel::Scalar)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(TopLevel::Scalar)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
        Ok(TopLevel::Scalar)
    }
}

/// A string, borrowed from the text when it holds no escapes.
struct Str<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Str<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct StrVisitor;
        impl<'de> Visitor<'de> for StrVisitor {
            type Value = Str<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Str(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Str(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(StrVisitor)
    }
}

/// A string, or nothing when the value is of another type.
struct MaybeStr<'a>(Option<Cow<'a, str>>);

impl<'de> Deserialize<'de> for MaybeStr<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = <&serde_json::value::RawValue>::deserialize(deserializer)?;
        Ok(Self(serde_json::from_str::<Str<'de>>(json.get()).ok().map(|text| text.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, kind: Option<&str>, keys: &[&str]) {
        match serde_json::from_str(json).expect("well-formed") {
            TopLevel::Object(top) => {
                assert_eq!(top.kind.as_deref(), kind, "{json}");
                assert_eq!(top.keys, keys, "{json}");
            }
            other => unreachable!("an object, not {other:?}"),
        }
    }

    #[test]
    fn keys_and_kind() {
        check(r#"{"kind":"Pod","spec":{"kind":"x"}}"#, Some("Pod"), &["kind", "spec"]);
        check(r#"{"kind":{"a":1},"b":[]}"#, None, &["kind", "b"]);
        check(r#"{"k\u0069nd":"P\u006fd"}"#, Some("Pod"), &["kind"]);
        assert_eq!(serde_json::from_str::<TopLevel<'_>>("[{}]").ok(), Some(TopLevel::Array));
        assert_eq!(serde_json::from_str::<TopLevel<'_>>("-1.5e3").ok(), Some(TopLevel::Scalar));
        assert!(serde_json::from_str::<TopLevel<'_>>("{\"a\":1} x").is_err());
    }

    #[test]
    fn a_list_names_the_kind_of_its_items() {
        let items = |json: &str| match serde_json::from_str(json).expect("well-formed") {
            TopLevel::Object(top) => top.items_kind().map(str::to_owned),
            _ => None,
        };
        assert_eq!(
            items(r#"{"kind":"RoleList","apiVersion":"a/v1","items":[]}"#),
            Some("Role".into())
        );
        assert_eq!(items(r#"{"kind":"List","apiVersion":"v1","items":[]}"#), Some("".into()));
        assert_eq!(items(r#"{"apiVersion":"v1","items":[]}"#), Some("".into()));
        assert_eq!(items(r#"{"apiVersion":"v1","items":[],"rules":[]}"#), None);
        assert_eq!(items(r#"{"kind":"AllowList","apiVersion":"a/v1","spec":{}}"#), None);
        assert_eq!(items(r#"{"kind":"Role","apiVersion":"a/v1","items":[]}"#), None);
    }

    proptest::proptest! {
        #[test]
        fn accepts_exactly_what_is_json(text in "[\\[{][\\[\\]{}\":,0-9a-z\\\\ -]{0,24}") {
            let ours = serde_json::from_str::<TopLevel<'_>>(&text).is_ok();
            let theirs = serde_json::from_str::<IgnoredAny>(&text).is_ok();
            proptest::prop_assert_eq!(ours, theirs);
        }
    }
}

//! Two JSON schemas, property by property (JSON Schema 2020-12, as far as tools use it).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::domain::Text;

/// Changes that are listed of one schema; that there are more is one more change.
const LISTED: usize = 200;

/// One difference between two schemas.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaChange {
    /// The property: `owner`, `filter.state`, `labels[]`. Empty for the schema itself.
    pub at: Text,
    pub facet: Facet,
}

/// What is different about a property.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "facet", rename_all = "kebab-case")]
pub enum Facet {
    Added {
        required: bool,
    },
    Removed,
    /// Whether it must be given now.
    Required {
        now: bool,
    },
    Type {
        before: Text,
        after: Text,
    },
    /// Values of an enumeration, as JSON.
    Values {
        added: Vec<Text>,
        removed: Vec<Text>,
    },
    Default,
    Description,
    /// Any other keyword (`pattern`, `anyOf`, `additionalProperties`, …).
    Keyword {
        keyword: Text,
    },
    /// Other JSON that means the same: the order of an enumeration, an empty list of required
    /// properties.
    Spelling,
    /// There are more differences than are listed.
    More,
}

impl SchemaChange {
    /// In words, escaped.
    pub fn visible(&self) -> String {
        let at = match self.at.is_empty() {
            true => "the schema itself".into(),
            false => self.at.visible(),
        };
        match &self.facet {
            Facet::Added { required: true } => format!("{at} added and required"),
            Facet::Added { required: false } => format!("{at} added"),
            Facet::Removed => format!("{at} removed"),
            Facet::Required { now: true } => format!("{at} now required"),
            Facet::Required { now: false } => format!("{at} no longer required"),
            Facet::Type { before, after } => {
                format!("{at} {} instead of {}", after.visible(), before.visible())
            }
            Facet::Values { added, removed } => {
                let signed = |sign: char, values: &[Text]| -> Vec<String> {
                    values.iter().map(|value| format!("{sign}{}", value.visible())).collect()
                };
                let values = [signed('+', added), signed('-', removed)].concat();
                format!("{at} values {}", values.join(" "))
            }
            Facet::Default => format!("{at} default"),
            Facet::Description => format!("{at} description"),
            Facet::Keyword { keyword } => format!("{at} {}", keyword.visible()),
            Facet::Spelling => "means the same".to_owned(),
            Facet::More => "and more".to_owned(),
        }
    }
}

/// What differs, in the order of the properties; nothing where a schema is not known.
pub fn changes(before: Option<&Text>, after: Option<&Text>) -> Vec<SchemaChange> {
    let parse = |text: Option<&Text>| serde_json::from_str::<Value>(text?.raw()).ok();
    let (Some(before), Some(after)) = (parse(before), parse(after)) else { return Vec::new() };
    let mut found = Changes::default();
    found.compare("", &before, &after);
    if found.0.is_empty() && before != after {
        found.push("", Facet::Spelling);
    }
    found.0
}

#[derive(Default)]
struct Changes(Vec<SchemaChange>);

impl Changes {
    fn push(&mut self, at: &str, facet: Facet) {
        match self.0.len() {
            len if len < LISTED => self.0.push(SchemaChange { at: at.into(), facet }),
            LISTED => self.0.push(SchemaChange { at: Text::default(), facet: Facet::More }),
            _ => {}
        }
    }

    /// Recursion ends with the shallower of the two, whose depth the parser limits.
    fn compare(&mut self, at: &str, before: &Value, after: &Value) {
        if before == after {
            return;
        }
        let (Value::Object(before), Value::Object(after)) = (before, after) else {
            // A schema may be `true` or `false`.
            return self.push(at, Facet::Type { before: json(before), after: json(after) });
        };
        for keyword in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
            let (then, now) = (before.get(keyword), after.get(keyword));
            if then != now {
                self.keyword(at, keyword, then, now);
            }
        }
        self.properties(at, before, after);
    }

    fn keyword(&mut self, at: &str, keyword: &str, then: Option<&Value>, now: Option<&Value>) {
        match (keyword, then, now) {
            ("properties" | "required", ..) => {}
            ("items", Some(then), Some(now)) => self.compare(&format!("{at}[]"), then, now),
            (
                "additionalProperties",
                Some(then @ Value::Object(_)),
                Some(now @ Value::Object(_)),
            ) => {
                self.compare(&format!("{at}{{}}"), then, now);
            }
            ("type", ..) => {
                let name = |value: Option<&Value>| value.map_or_else(|| "any".into(), json);
                self.push(at, Facet::Type { before: name(then), after: name(now) });
            }
            ("enum", ..) => {
                let (then, now) = (values(then), values(now));
                let only_in = |one: &BTreeSet<Text>, other: &BTreeSet<Text>| {
                    one.difference(other).cloned().collect()
                };
                if now != then {
                    let (added, removed) = (only_in(&now, &then), only_in(&then, &now));
                    self.push(at, Facet::Values { added, removed });
                }
            }
            ("default", ..) => self.push(at, Facet::Default),
            ("description", ..) => self.push(at, Facet::Description),
            _ => self.push(at, Facet::Keyword { keyword: keyword.into() }),
        }
    }

    fn properties(&mut self, at: &str, before: &Map<String, Value>, after: &Map<String, Value>) {
        let (then, now) = (properties(before), properties(after));
        let (must_then, must_now) = (required(before), required(after));
        for name in then.keys().chain(now.keys()).collect::<BTreeSet<_>>() {
            let inner = if at.is_empty() { (*name).to_owned() } else { format!("{at}.{name}") };
            let must = |required: &BTreeSet<&str>| required.contains(name);
            match (then.get(name), now.get(name)) {
                (Some(one), Some(other)) => {
                    if must(&must_then) != must(&must_now) {
                        self.push(&inner, Facet::Required { now: must(&must_now) });
                    }
                    self.compare(&inner, one, other);
                }
                (None, Some(_)) => {
                    self.push(&inner, Facet::Added { required: must(&must_now) });
                }
                _ => self.push(&inner, Facet::Removed),
            }
        }
        // A name may be required that no property describes.
        let is_described = |name: &&&str| then.contains_key(**name) || now.contains_key(**name);
        let undescribed: Vec<&str> = must_then
            .symmetric_difference(&must_now)
            .filter(|name| !is_described(name))
            .copied()
            .collect();
        for name in undescribed {
            let inner = if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
            self.push(&inner, Facet::Required { now: must_now.contains(name) });
        }
    }
}

fn properties(schema: &Map<String, Value>) -> BTreeMap<&str, &Value> {
    let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    properties.map(|(name, property)| (name.as_str(), property)).collect()
}

fn required(schema: &Map<String, Value>) -> BTreeSet<&str> {
    let names = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    names.filter_map(Value::as_str).collect()
}

fn values(list: Option<&Value>) -> BTreeSet<Text> {
    list.and_then(Value::as_array).into_iter().flatten().map(json).collect()
}

/// A value for people: a string without quotes, everything else as JSON.
fn json(value: &Value) -> Text {
    value.as_str().map_or_else(|| value.to_string().into(), Text::from)
}

//! The structured rest of an event as a JSON object.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::domain::{EventKind, Text};

#[derive(Default)]
pub struct Params(Map<String, Value>);

impl Params {
    /// Room beside what an event already has: arguments of a call go under `arguments`, so that what
    /// is added is not taken for one of them.
    pub fn beside(kind: EventKind, present: Option<Text>) -> Self {
        let Some(value) = present.and_then(|text| serde_json::from_str(text.raw()).ok()) else {
            return Self::default();
        };
        match value {
            Value::Object(members) if kind != EventKind::ToolCall => Self(members),
            value => Self::default().with("arguments", &value),
        }
    }

    /// With one more member; `null` is left out.
    pub fn with(mut self, name: &str, value: &impl Serialize) -> Self {
        if let Ok(value) = serde_json::to_value(value)
            && !value.is_null()
        {
            self.0.insert(name.to_owned(), value);
        }
        self
    }

    pub fn into_text(self) -> Text {
        Value::from(self.0).to_string().into()
    }
}

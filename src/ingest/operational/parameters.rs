//! The structured rest of an event.

use serde_json::{Map, Value};

use crate::domain::Text;

/// What of a record fits no column, by name; only what is there.
#[derive(Debug, Default)]
pub struct Parameters(Map<String, Value>);

impl Parameters {
    pub fn put<V: Into<Value>>(&mut self, name: &str, value: Option<V>) -> &mut Self {
        if let Some(value) = value {
            self.0.insert(name.to_owned(), value.into());
        }
        self
    }

    /// As JSON text; nothing when nothing was put in.
    pub fn text(self) -> Option<Text> {
        (!self.0.is_empty()).then(|| Value::Object(self.0).to_string().into())
    }
}

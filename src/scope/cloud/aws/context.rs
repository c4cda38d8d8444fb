//! The keys of a request that conditions and policy variables ask for.

use std::collections::BTreeMap;

use crate::domain::Text;

/// The request context: condition keys with their values. Names of keys have no case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// No values at all: the key is known to be absent.
    keys: BTreeMap<String, Vec<Text>>,
    /// Beginnings of keys under which all that are not listed are absent. The empty one stands for
    /// every key. What is under none of them is unknown.
    complete_under: Vec<String>,
}

/// What is known of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known<'a> {
    Absent,
    Values(&'a [Text]),
    Unknown,
}

impl Context {
    /// A context that lists every key of the request.
    #[cfg(test)]
    pub fn complete() -> Self {
        Self { complete_under: vec![String::new()], ..Self::default() }
    }

    pub fn set(&mut self, key: &str, values: impl IntoIterator<Item = impl Into<Text>>) {
        self.keys.insert(key.to_ascii_lowercase(), values.into_iter().map(Into::into).collect());
    }

    /// The request does not have this key.
    pub fn set_absent(&mut self, key: &str) {
        self.set(key, [] as [Text; 0]);
    }

    /// Keys that begin so and are not listed are absent.
    pub fn set_complete_under(&mut self, prefix: &str) {
        self.complete_under.push(prefix.to_ascii_lowercase());
    }

    pub fn with(mut self, key: &str, value: impl Into<Text>) -> Self {
        self.set(key, [value]);
        self
    }

    /// Takes over every key that is not known here.
    pub fn or(mut self, other: &Self) -> Self {
        for (key, values) in &other.keys {
            self.keys.entry(key.clone()).or_insert_with(|| values.clone());
        }
        self.complete_under.extend(other.complete_under.iter().cloned());
        self
    }

    pub fn get(&self, key: &str) -> Known<'_> {
        let key = key.to_ascii_lowercase();
        match self.keys.get(&key) {
            Some(values) if values.is_empty() => Known::Absent,
            Some(values) => Known::Values(values),
            None if self.complete_under.iter().any(|prefix| key.starts_with(prefix)) => {
                Known::Absent
            }
            None => Known::Unknown,
        }
    }
}

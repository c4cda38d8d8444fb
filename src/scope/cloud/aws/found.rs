//! Statements that were found to apply.

use super::decision::{Cause, Layer};
use super::truth::Truth;
use crate::domain::Text;

/// Whether something is granted or denied, and by which statements.
#[derive(Clone, Debug)]
pub struct Found {
    pub truth: Truth,
    pub by: Vec<Cause>,
}

impl Found {
    pub fn nothing() -> Self {
        Self { truth: Truth::No, by: Vec::new() }
    }

    /// Without any statement: the account root may do everything, an absent limit limits nothing.
    pub fn always() -> Self {
        Self { truth: Truth::Yes, by: Vec::new() }
    }

    pub fn unknown(on: impl Into<Text>) -> Self {
        Self { truth: Truth::depends(on), by: Vec::new() }
    }

    /// Statements that surely apply make those irrelevant that only may.
    pub fn or(self, other: Self) -> Self {
        match (&self.truth, &other.truth) {
            (Truth::Yes, Truth::No | Truth::Depends(_)) | (_, Truth::No) => self,
            (Truth::No | Truth::Depends(_), Truth::Yes) | (Truth::No, _) => other,
            _ => self.joined(other, Truth::or),
        }
    }

    pub fn and(self, other: Self) -> Self {
        match (&self.truth, &other.truth) {
            (Truth::No, _) | (_, Truth::No) => Self::nothing(),
            _ => self.joined(other, Truth::and),
        }
    }

    fn joined(mut self, other: Self, join: fn(Truth, Truth) -> Truth) -> Self {
        self.by.extend(other.by);
        Self { truth: join(self.truth, other.truth), by: self.by }
    }

    /// What was found, or the type of policy that lacks it.
    pub fn required(self, layer: Layer) -> Result<Self, Layer> {
        match self.truth {
            Truth::No => Err(layer),
            _ => Ok(self),
        }
    }
}

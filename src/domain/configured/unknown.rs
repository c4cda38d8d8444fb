//! What was loaded and is in no format that is read.

use serde::{Deserialize, Serialize};

use crate::domain::Text;

/// A well-formed document that no format recognises, kept so that it can be found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnknownDocument {
    /// Its file and place.
    pub name: Text,
    /// Its beginning, as JSON text.
    pub text: Text,
}

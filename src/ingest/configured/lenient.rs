//! Deserialising what other programs write: `null` where a list or map is empty.

use serde::{Deserialize, Deserializer};

/// For `#[serde(default, deserialize_with = "nullable")]`: `null` counts as absent, as Go writes nil
/// lists and maps.
pub fn nullable<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

//! The arguments of a call as a run keeps them: what kind of value stood where, where it came from,
//! and a digest by which equal values are known again. Never the value itself.

use serde::{Deserialize, Serialize};

/// Index of a name in [`Observation::names`](super::Observation::names): of an argument or a tool.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct NameId(pub u32);

/// One leaf of a call's arguments, or an address inside a longer text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Argument {
    /// Where it stood: `recipient`, `event.participants`; the elements of a list are alike.
    pub name: NameId,
    pub sort: Sort,
    pub source: ValueSource,
    /// Digest of the normalised value.
    pub value: u64,
}

/// What a value looks like.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::Display,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Sort {
    Email,
    Url,
    /// A bank account, a card or another long number.
    Account,
    Date,
    Number,
    /// Letters with digits.
    Id,
    Word,
    Text,
}

impl Sort {
    /// Whether such a value says where something goes.
    pub fn is_address(self) -> bool {
        matches!(self, Self::Email | Self::Url | Self::Account)
    }
}

/// Where a value came from, as far as the record tells.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum ValueSource {
    /// The user or the standing instructions.
    Prompt,
    /// The output of this tool.
    Output(NameId),
    /// Another agent, a memory, an earlier answer of the model.
    Other,
    /// Nothing that came before: the model made it up.
    Novel,
    /// The record does not tell.
    #[default]
    Unknown,
}

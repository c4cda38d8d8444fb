//! Where the arguments of a call come from: the words, and the one search for them.
//!
//! A value came from the text in which it first stood before the call. Readers that see whole
//! conversations search here while they read; lineage searches what events keep.

mod call;
mod fold;
mod search;
#[cfg(test)]
mod tests;
mod value;

use serde::{Deserialize, Serialize};

use super::Text;

pub use call::{CallOrigins, Source};
pub use search::{Call, Passage, search};
pub use value::{Leaf, Weight, leaves};

/// Who a value came from, in the words of the Agent Control Standard (§7, `provenance.origin`). Of
/// two texts of one moment, the one of the earlier word here counts as the origin.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumIter,
    strum::EnumString,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Origin {
    UserInput,
    /// The standing instructions.
    System,
    /// What another agent asked or answered.
    A2aInbound,
    ToolOutput,
    /// A knowledge or memory store.
    Retrieved,
    External,
    /// An earlier output of the model, its earlier calls included.
    AgentGenerated,
}

impl Origin {
    /// Whether nobody vouches for such content (ACS §7.2).
    pub fn is_untrusted(self) -> bool {
        matches!(self, Self::A2aInbound | Self::ToolOutput | Self::Retrieved | Self::External)
    }
}

/// How a value stands in a text.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Likeness {
    /// Letter by letter, with nothing of the same word before or behind it.
    Exact,
    /// The same but for case, blanks, escapes or the separators of thousands.
    Normalised,
    /// The value is a part of a longer word, or only parts of the value stand there.
    Part,
}

impl Likeness {
    /// How sure it is that the value came from there, in percent.
    pub fn confidence(self) -> u8 {
        match self {
            Self::Exact => 100,
            Self::Normalised => 95,
            Self::Part => 70,
        }
    }
}

/// Where one argument of a call comes from. `P` is what places are called: the number of a passage
/// while searching, an event afterwards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArgumentOrigin<P> {
    /// JSON pointer (RFC 6901) inside the arguments.
    pub at: Text,
    pub answer: Answer<P>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer<P> {
    /// The places before the call, never none; the first is the origin.
    From(Vec<Appearance<P>>),
    /// All that came before is known and the value stands nowhere in it: the model made it up.
    Nowhere,
    /// Too common to say anything: `true`, `3`, `all`.
    NotTelling,
    /// Why it cannot be told.
    CantTell(String),
}

/// One place in which a value stood before the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Appearance<P> {
    pub origin: Origin,
    pub likeness: Likeness,
    pub place: P,
}

impl<P> Answer<P> {
    /// Its origin; what a model made up is the model's.
    pub fn origin(&self) -> Option<Origin> {
        match self {
            Self::From(places) => places.first().map(|first| first.origin),
            Self::Nowhere => Some(Origin::AgentGenerated),
            Self::NotTelling | Self::CantTell(_) => None,
        }
    }

    /// The least trusted of the places, unless the user or the instructions gave the value, too: who
    /// repeats it then does not matter.
    pub fn trust(&self) -> Option<Origin> {
        let Self::From(places) = self else { return self.origin() };
        let vouching = |place: &&Appearance<P>| {
            matches!(place.origin, Origin::UserInput | Origin::System)
                && place.likeness < Likeness::Part
        };
        let untrusted = || places.iter().find(|place| place.origin.is_untrusted());
        let telling = places.iter().find(vouching).or_else(untrusted).or(places.first());
        telling.map(|place| place.origin)
    }

    /// The same with other names for places.
    pub fn map<Q>(self, mut name: impl FnMut(P) -> Q) -> Answer<Q> {
        let mut named = |Appearance { origin, likeness, place }| Appearance {
            origin,
            likeness,
            place: name(place),
        };
        match self {
            Self::From(places) => Answer::From(places.into_iter().map(&mut named).collect()),
            Self::Nowhere => Answer::Nowhere,
            Self::NotTelling => Answer::NotTelling,
            Self::CantTell(why) => Answer::CantTell(why),
        }
    }
}

/// One origin for a whole call, the least trusted of its arguments'.
pub fn least_trusted(origins: impl IntoIterator<Item = Origin>) -> Option<Origin> {
    /// Before all others, the most doubtful first.
    const DOUBTFUL: [Origin; 6] = [
        Origin::External,
        Origin::A2aInbound,
        Origin::Retrieved,
        Origin::ToolOutput,
        Origin::UserInput,
        Origin::System,
    ];
    let doubt = |origin: &Origin| {
        DOUBTFUL.iter().position(|doubtful| doubtful == origin).unwrap_or(DOUBTFUL.len())
    };
    origins.into_iter().min_by_key(doubt)
}

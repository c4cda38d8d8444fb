//! Tags: an analyst's verdict on a finding.

use serde::{Deserialize, Serialize};

use super::{Digest, FindingId, GapType, Reading, Text};

/// What an analyst says a finding is.
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
)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    #[strum(to_string = "Gap 1", serialize = "gap-1", serialize = "1")]
    #[serde(rename = "gap-1")]
    Gap1,
    #[strum(to_string = "Gap 2", serialize = "gap-2", serialize = "2")]
    #[serde(rename = "gap-2")]
    Gap2,
    #[strum(to_string = "Gap 3", serialize = "gap-3", serialize = "3")]
    #[serde(rename = "gap-3")]
    Gap3,
    #[strum(to_string = "can't tell", serialize = "cant-tell", serialize = "0")]
    CantTell,
}

impl Verdict {
    /// Whether this verdict says what the reading says, so that it inherits its reason.
    pub fn agrees_with(self, reading: &Reading) -> bool {
        match self {
            Self::Gap1 => reading.gap() == Some(GapType::Latent),
            Self::Gap2 => reading.gap() == Some(GapType::HiddenScope),
            Self::Gap3 => reading.gap() == Some(GapType::Anomaly),
            Self::CantTell => matches!(reading, Reading::CantTell { .. }),
        }
    }
}

/// A verdict bound to the reading it was made on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    pub finding: FindingId,
    pub verdict: Verdict,
    /// Required when the verdict differs from the reading; inherited otherwise.
    pub reason: String,
    /// Digest of the reading it was made on.
    pub reading: Digest,
}

/// The state of a finding's tag.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "tag", rename_all = "kebab-case")]
pub enum TagState {
    #[default]
    Untagged,
    Tagged {
        verdict: Verdict,
        reason: Text,
        author: Text,
    },
    /// The reading has changed since: the finding comes back.
    Stale {
        verdict: Verdict,
        author: Text,
    },
    /// The authors' latest tags differ.
    Contested {
        verdicts: Vec<(Text, Verdict)>,
    },
}

impl TagState {
    /// Whether an analyst still has to judge the finding: it has no tag, or a stale one.
    pub fn needs_a_verdict(&self) -> bool {
        matches!(self, Self::Untagged | Self::Stale { .. })
    }

    /// In a few words; empty when there is no tag.
    pub fn label(&self) -> String {
        match self {
            Self::Untagged => String::new(),
            Self::Tagged { verdict, .. } => verdict.to_string(),
            Self::Stale { verdict, .. } => format!("{verdict} (stale)"),
            Self::Contested { .. } => "contested".to_owned(),
        }
    }
}

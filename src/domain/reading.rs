//! Readings: what the engine says of a finding now.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{GapType, Signal};

/// What the engine says of a finding. A reading is no part of the finding's identity: it can change
/// while the finding stays.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "reading", rename_all = "kebab-case")]
pub enum Reading {
    /// Gap 1: granted, never exercised over a converged window.
    Latent,
    /// Gap 2: exercised through inherited authority, or through none that was found.
    HiddenScope { unresolved: bool },
    /// Gap 3; provisional while one of the three signals is missing.
    Anomaly {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        missing: Option<Signal>,
    },
    /// The evidence does not decide.
    CantTell { why: CantTell },
    /// Exercised against a rule that declares without enforcing. Not a gap.
    Breach,
    /// Several findings of one agent in one window, read together.
    Compound,
}

/// Why the evidence does not decide: a closed list. Each says what would resolve it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, strum::EnumDiscriminants)]
#[serde(tag = "reason", rename_all = "kebab-case")]
#[strum_discriminants(name(CantTellKind))]
#[strum_discriminants(derive(Hash, PartialOrd, Ord, Serialize, Deserialize, strum::EnumIter))]
#[strum_discriminants(serde(rename_all = "kebab-case"))]
pub enum CantTell {
    /// The plane's configuration is not loaded for this instant.
    NoConfiguredRecord,
    /// Two records contradict each other.
    ConflictingRecords { conflict: String },
    /// The activity belongs to a shared identity.
    AmbiguousIdentity { candidates: u32 },
    /// The window is too short, until a date or a condition.
    NotConverged { until: Option<Timestamp>, condition: String },
    /// A kind of request never seen before.
    Unfamiliar,
    /// Too few of the three signals are there.
    MissingSignal { signal: Signal },
    /// No source covers the plane: unused cannot be told from unobserved.
    Unobservable,
    /// A hop of the identity chain has no record.
    BrokenChain { hop: String },
    /// The baseline was learned over an unusual period.
    ContaminatedBaseline { because: String },
}

impl Reading {
    /// The gap type, when the reading is one.
    pub fn gap(&self) -> Option<GapType> {
        match self {
            Self::Latent => Some(GapType::Latent),
            Self::HiddenScope { .. } => Some(GapType::HiddenScope),
            Self::Anomaly { .. } => Some(GapType::Anomaly),
            Self::CantTell { .. } | Self::Breach | Self::Compound => None,
        }
    }

    /// Short, for a column: `Gap 2`, `Gap 3 provisional`, `can't tell`.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Latent => "Gap 1",
            Self::HiddenScope { unresolved: false } => "Gap 2",
            Self::HiddenScope { unresolved: true } => "Gap 2 unresolved",
            Self::Anomaly { missing: None } => "Gap 3",
            Self::Anomaly { missing: Some(_) } => "Gap 3 provisional",
            Self::CantTell { .. } => "can't tell",
            Self::Breach => "breach",
            Self::Compound => "compound",
        }
    }
}

impl CantTell {
    /// The reason in a few words, with its date or condition.
    pub fn label(&self) -> String {
        match self {
            Self::NoConfiguredRecord => "no configured record".to_owned(),
            Self::ConflictingRecords { conflict } => format!("conflicting records: {conflict}"),
            Self::AmbiguousIdentity { candidates } => {
                format!("ambiguous identity: {candidates} candidates")
            }
            Self::NotConverged { until: Some(until), .. } => {
                format!("not converged until {}", until.strftime("%Y-%m-%d"))
            }
            Self::NotConverged { until: None, condition } => format!("not converged: {condition}"),
            Self::Unfamiliar => "unfamiliar".to_owned(),
            Self::MissingSignal { signal } => format!("missing signal: {signal}"),
            Self::Unobservable => "unobservable".to_owned(),
            Self::BrokenChain { hop } => format!("broken chain at {hop}"),
            Self::ContaminatedBaseline { because } => format!("contaminated baseline: {because}"),
        }
    }

    /// The signal or step that would make it decidable.
    pub fn resolved_by(&self) -> String {
        match self {
            Self::NoConfiguredRecord => "load this plane's configuration for the window".to_owned(),
            Self::ConflictingRecords { .. } => {
                "load a complete snapshot taken inside the window".to_owned()
            }
            Self::AmbiguousIdentity { .. } => {
                "give each agent its own identity, or pod-bound tokens in the log".to_owned()
            }
            Self::NotConverged { until: Some(until), .. } => {
                format!("wait until {}", until.strftime("%Y-%m-%d"))
            }
            Self::NotConverged { until: None, condition } => condition.clone(),
            Self::Unfamiliar => "review it: a second one like it becomes comparable".to_owned(),
            Self::MissingSignal { signal } => format!("record the {signal}"),
            Self::Unobservable => "add a source that covers this plane".to_owned(),
            Self::BrokenChain { hop } => format!("load the record of {hop}"),
            Self::ContaminatedBaseline { .. } => "re-baseline from a clean date".to_owned(),
        }
    }
}

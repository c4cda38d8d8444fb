//! Disciplines, planes, gap types, the signals that Gap 3 correlates and the dimensions of posture.

use serde::{Deserialize, Serialize};

/// One of the three disciplines over which the two postures are read against each other.
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
#[strum(serialize_all = "kebab-case")]
pub enum Discipline {
    /// Model and artifact: models, adapters, packages, MCP catalogs.
    Model,
    /// Identity and access: what the identity may call.
    Identity,
    /// Behavioural: tools, destinations, files, processes and their order.
    Behavior,
}

/// The plane on which a capability is granted and exercised.
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
#[strum(serialize_all = "kebab-case")]
pub enum Plane {
    Kubernetes,
    Cloud,
    Network,
    /// Tool calls, declared in posture policies, client configurations and agent declarations.
    Tools,
    /// MCP catalogs: what a server advertises against what was declared or seen before.
    Catalog,
    Models,
    Artifacts,
    Files,
    Processes,
    Delegation,
}

impl Plane {
    /// The discipline to which findings on this plane belong.
    pub fn discipline(self) -> Discipline {
        match self {
            Self::Kubernetes | Self::Cloud => Discipline::Identity,
            Self::Catalog | Self::Models | Self::Artifacts => Discipline::Model,
            Self::Network | Self::Tools | Self::Files | Self::Processes | Self::Delegation => {
                Discipline::Behavior
            }
        }
    }
}

/// The three gaps, read by direction.
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
pub enum GapType {
    /// Latent capability: granted, never exercised.
    #[strum(to_string = "Gap 1", serialize = "gap-1")]
    #[serde(rename = "gap-1")]
    Latent,
    /// Hidden effective scope: exercised through authority that the agent's immediate
    /// configuration does not enumerate.
    #[strum(to_string = "Gap 2", serialize = "gap-2")]
    #[serde(rename = "gap-2")]
    HiddenScope,
    /// In-scope anomaly: granted directly and exercised, but the pattern has shifted.
    #[strum(to_string = "Gap 3", serialize = "gap-3")]
    #[serde(rename = "gap-3")]
    Anomaly,
}

/// The three signals that have to be correlated before Gap 3 is said without reservation.
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
)]
#[serde(rename_all = "kebab-case")]
pub enum Signal {
    #[strum(serialize = "kernel or API event")]
    KernelOrApi,
    #[strum(serialize = "tool call")]
    ToolCall,
    #[strum(serialize = "prompt context")]
    PromptContext,
}

/// The five dimensions of an agent's posture.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::Display,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Dimension {
    /// Whether each agent can be told apart at every step.
    Identity,
    /// What it may access, invoke and modify.
    Permission,
    /// Which tools it calls, in what order, with which parameters.
    ToolChain,
    /// Whether it keeps within its operational envelope.
    Execution,
    /// Whether what it decided, called and returned can be reconstructed.
    Evidence,
}

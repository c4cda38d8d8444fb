//! The layers on which one act leaves its records.

use serde::{Deserialize, Serialize};

use crate::domain::EventKind;

/// Where a record was written, from what was asked down to what was reached.
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
    strum::VariantNames,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Layer {
    Prompt,
    ModelCall,
    ToolCall,
    ToolResult,
    /// What a policy engine or a guardrail said.
    Decision,
    /// Processes, files and system calls.
    Kernel,
    /// Connections, by whichever sensor.
    Network,
    KubernetesApi,
    CloudApi,
    Alert,
    /// Sign-ins, tokens and roles given out.
    Identity,
}

impl Layer {
    /// The layer of a kind of event; `None` for those that only hold a trace together and those
    /// that are no acts.
    pub fn of(kind: EventKind) -> Option<Self> {
        Some(match kind {
            EventKind::Prompt => Self::Prompt,
            EventKind::ModelCall => Self::ModelCall,
            EventKind::ToolCall => Self::ToolCall,
            EventKind::ToolResult => Self::ToolResult,
            EventKind::PolicyDecision | EventKind::Guardrail => Self::Decision,
            EventKind::Exec | EventKind::File | EventKind::Syscall => Self::Kernel,
            EventKind::Egress | EventKind::Ingress => Self::Network,
            EventKind::K8sApi => Self::KubernetesApi,
            EventKind::CloudApi => Self::CloudApi,
            EventKind::Alert => Self::Alert,
            EventKind::IdentityHop => Self::Identity,
            EventKind::AgentInvoke
            | EventKind::Handoff
            | EventKind::ModelLoad
            | EventKind::Import
            | EventKind::Catalog
            | EventKind::Other => return None,
        })
    }

    /// The layers to which a record of this one has to be tied to count as joined: the next one up
    /// the story, and for its beginnings what came of them.
    pub fn joins(self) -> &'static [Self] {
        match self {
            Self::Prompt => &[Self::ModelCall],
            Self::ModelCall => &[Self::Prompt],
            // A call that is told again on the wire is joined to the call that it tells.
            Self::ToolCall => &[Self::ModelCall, Self::ToolCall],
            Self::ToolResult => &[Self::ToolCall],
            Self::Decision => &[Self::ToolCall, Self::ModelCall],
            Self::Kernel | Self::Network | Self::KubernetesApi | Self::CloudApi | Self::Alert => {
                &[Self::ToolCall, Self::ModelCall]
            }
            Self::Identity => &[Self::KubernetesApi, Self::CloudApi, Self::Identity],
        }
    }

    /// Whether a story begins with it: an identity that is given out is joined to its use, not the
    /// use to it.
    pub fn is_beginning(self) -> bool {
        matches!(self, Self::Prompt | Self::Identity)
    }
}

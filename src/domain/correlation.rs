//! Correlation: the layers on which one act leaves its records, and what ties them.

use serde::{Deserialize, Serialize};

use super::{AgentKey, CredentialGap, EventId, EventKind, EventLink};

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
pub enum RecordLayer {
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

impl RecordLayer {
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

/// The ties between the records of one incident.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correlations {
    /// Sorted, each once; all of [`super::LinkKind::Correlation`]. `from` is the outer or earlier record.
    pub links: Vec<EventLink>,
    /// Records that several others may have caused: candidates, and no link. Sorted by event.
    pub ambiguous: Vec<AmbiguousTie>,
}

/// A record that a rule ties to several others at once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AmbiguousTie {
    pub event: EventId,
    /// Two or more in the order of time; none when there are too many to name.
    pub candidates: Vec<EventId>,
    /// The rule, as people read it.
    pub rule: String,
    /// Percent, of each candidate: the rule's confidence split between them.
    pub confidence: u8,
}

/// What correlation says of a whole case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorrelationReport {
    pub joins: JoinRate,
    /// Acts with and without a counterpart in a log of credentials.
    pub credentials: Vec<CredentialGap>,
}

/// Examples that are kept of every reason: the first ones.
pub const EXAMPLES: usize = 5;

/// The joins of one layer of one agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerJoin {
    pub layer: RecordLayer,
    /// The host workload; `None` where no agent is known.
    pub agent: Option<AgentKey>,
    pub events: u64,
    /// By layer and rule, the most first.
    pub joined: Vec<JoinedBy>,
    /// By reason, the most first.
    pub rest: Vec<Unjoined>,
}

/// Records that one rule joined to one layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinedBy {
    pub to: RecordLayer,
    pub rule: String,
    /// Percent; the lower one of ties that need skewed clocks.
    pub confidence: u8,
    pub events: u64,
}

/// Records that are not joined for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unjoined {
    pub why: NotJoined,
    pub events: u64,
    /// The first ones, at most [`EXAMPLES`].
    pub examples: Vec<EventId>,
}

/// Why a record is tied to nothing of the layer that counts for it.
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
pub enum NotJoined {
    #[strum(serialize = "it sums up many acts, or is undated: it tells no moment")]
    NoMoment,
    #[strum(serialize = "no agent is known to be behind it")]
    NoAgent,
    #[strum(serialize = "several agents share the identity and it names no pod")]
    SharedIdentity,
    #[strum(serialize = "it names no instance (pod, container, host)")]
    NoInstance,
    #[strum(serialize = "nobody recorded tool calls of that agent")]
    NobodyRecorded,
    #[strum(serialize = "nobody recorded tool calls of that agent at that time")]
    OutsideRecording,
    #[strum(
        serialize = "the recorded tool calls of that agent name other instances, or none, or no end"
    )]
    OtherInstance,
    #[strum(serialize = "no tool call was open, but their recorder says that it missed some")]
    PartlyRecorded,
    #[strum(serialize = "no tool call was open on that instance")]
    NoCallOpen,
    #[strum(serialize = "several calls were possible: candidates, no tie")]
    Several,
    #[strum(serialize = "it carries no identifier that could tie it")]
    NoIdentifier,
    #[strum(serialize = "no loaded record carries the same identifier")]
    NoCounterpart,
    #[strum(serialize = "it names neither trace nor session")]
    NoConversation,
    #[strum(serialize = "nothing in its trace or session came before it that it follows from")]
    NothingBefore,
    #[strum(serialize = "no model call of its trace or session follows it")]
    NothingAfter,
}

impl LayerJoin {
    pub fn joined_events(&self) -> u64 {
        self.joined.iter().map(|joined| joined.events).sum()
    }

    /// Percent of the events, rounded down: 100 only when all are joined.
    pub fn rate(&self) -> Option<u64> {
        self.joined_events().saturating_mul(100).checked_div(self.events)
    }
}

/// The join rate over all agents, and agent by agent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinRate {
    pub layers: Vec<LayerJoin>,
    pub agents: Vec<LayerJoin>,
}

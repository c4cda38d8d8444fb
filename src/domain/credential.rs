//! Uses of authority, and the records by which credentials are watched.

use serde::{Deserialize, Serialize};

use super::{AgentKey, Event, EventId, EventKind};

/// Acts that use the authority of whoever does them.
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
pub enum AuthorityUse {
    #[strum(serialize = "tool call to a server")]
    ServerToolCall,
    /// Whether it left the agent's process, no record says.
    #[strum(serialize = "tool call, no server named")]
    ToolCall,
    #[strum(serialize = "retrieval")]
    Retrieval,
    #[strum(serialize = "hand-off to an agent")]
    Handoff,
    #[strum(serialize = "connection")]
    Egress,
    #[strum(serialize = "Kubernetes request")]
    KubernetesRequest,
    #[strum(serialize = "cloud call")]
    CloudCall,
}

impl AuthorityUse {
    /// The act that an event is; `None` for those that use nobody's authority.
    pub fn of(event: &Event) -> Option<Self> {
        let is_kind = |kind: &str| event.target_kind.as_ref().is_some_and(|it| *it == kind);
        Some(match event.kind {
            EventKind::ToolCall if is_kind("retrieval") => Self::Retrieval,
            EventKind::ToolCall if event.target.as_ref().is_some_and(|it| !it.is_empty()) => {
                Self::ServerToolCall
            }
            EventKind::ToolCall => Self::ToolCall,
            EventKind::Handoff => Self::Handoff,
            EventKind::Egress => Self::Egress,
            EventKind::K8sApi => Self::KubernetesRequest,
            EventKind::CloudApi => Self::CloudCall,
            _ => return None,
        })
    }

    /// The record that would have shown by what credential the act was done.
    pub fn shown_by(self) -> &'static str {
        match self {
            Self::ServerToolCall | Self::ToolCall => {
                "a checkout from a vault, or a token exchange (RFC 8693) with the server as audience"
            }
            Self::Retrieval => {
                "a token or key given out for the index, or the access log of the store"
            }
            Self::Handoff => {
                "a token for the other agent whose act claim names this one (RFC 8693 §4.1)"
            }
            Self::Egress => {
                "a checkout or a token with the host as audience: kernel and network records name no \
                 credential"
            }
            Self::KubernetesRequest => {
                "an audit event that names the authenticated user, and the TokenRequest with the id of \
                 its credential"
            }
            Self::CloudCall => {
                "a cloud log that names the identity, and the AssumeRole or sign-in that gave out its key"
            }
        }
    }
}

/// By what an act is found in a log of credentials.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::Display,
)]
#[serde(rename_all = "kebab-case")]
pub enum Counterpart {
    #[strum(serialize = "the enforcement point authenticated it")]
    Authenticated,
    #[strum(serialize = "the issue of its credential is recorded")]
    Issued,
    #[strum(serialize = "an authenticated request or an issued identity is tied to it")]
    Tied,
}

/// The acts of one kind of one agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialGap {
    pub agent: Option<AgentKey>,
    pub act: AuthorityUse,
    pub events: u64,
    /// Found in a log of credentials, by what.
    pub recorded: Vec<(Counterpart, u64)>,
    /// A log of credentials of that time and place is loaded and shows nothing.
    pub silent: u64,
    /// No log of credentials of that time and place is loaded: nothing can be said.
    pub unobservable: u64,
    /// Sums of many acts, which tell no moment.
    pub without_moment: u64,
    /// The first silent ones.
    pub silent_examples: Vec<EventId>,
    pub unobservable_examples: Vec<EventId>,
    /// The record that would have shown the credential.
    pub shown_by: String,
}

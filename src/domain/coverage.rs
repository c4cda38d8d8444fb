//! Coverage: what a source could have seen, so that absence can be told from blindness.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{AgentKey, Plane, Text};

/// Formats in which an agent's own software tells of it: spans, the exports that hold them, and
/// transcripts. Each covers, and makes an agent of, the workload that wrote it.
pub const AGENT_FORMATS: &[&str] = &[
    "otlp",
    "otel-sdk",
    "jaeger",
    "zipkin",
    "langfuse",
    "phoenix",
    "langsmith",
    "openai-traces",
    "mlflow",
    "weave",
    "agentdojo",
    "tau-bench",
    "claude-code",
    "codex",
    "chat",
    "acs",
];

/// One statement that a source observed a plane over a window. Claims of absence and of normality
/// rest on these; an observed exercise stands without any.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    pub source: Text,
    pub plane: Plane,
    pub scope: CoverageScope,
    pub from: Timestamp,
    pub until: Timestamp,
    /// Which acts on the plane the source records; empty means all. For Kubernetes these are verbs,
    /// for files and processes the kinds of event.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acts: Vec<Text>,
    /// The source itself says that it missed something (a partial profile, a truncated export):
    /// what it did not see proves nothing.
    pub partial: bool,
    /// Why it is not whole, one fragment each: `completion: partial`, `sampled at 10 %`, `12 events
    /// dropped`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missed: Vec<Text>,
}

/// Whom a coverage statement is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "kebab-case")]
pub enum CoverageScope {
    /// Every agent of a cluster, account or host.
    Realm { realm: Text },
    /// One host workload.
    Workload { agent: AgentKey },
}

impl Coverage {
    /// Whether the statement is about `agent`. An unnamed realm on either side matches.
    pub fn is_about(&self, agent: &AgentKey) -> bool {
        let realms = |a: &Text, b: &Text| a.is_empty() || b.is_empty() || a == b;
        match &self.scope {
            CoverageScope::Realm { realm } => realms(realm, &agent.realm),
            CoverageScope::Workload { agent: workload } => {
                realms(&workload.realm, &agent.realm)
                    && workload.space == agent.space
                    && workload.name == agent.name
            }
        }
    }

    /// Whether the source records `act` on this plane.
    pub fn records(&self, act: &str) -> bool {
        self.acts.is_empty() || self.acts.iter().any(|recorded| *recorded == act)
    }
}

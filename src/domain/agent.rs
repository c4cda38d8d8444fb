//! Agents, their keys, and the principals in an identity chain.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Text;

/// The key of the persistent identity that acts.
///
/// In a cluster: cluster / namespace / workload (Deployment, StatefulSet, Job owner; never the
/// pod), plus the inner agent when its id or name is known. Off a cluster: account or host / user /
/// tool. Unknown leading parts are empty and shown as `-`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AgentKey {
    /// Cluster, account or host.
    pub realm: Text,
    /// Namespace or user.
    pub space: Text,
    /// Workload or tool.
    pub name: Text,
    /// The agent inside the workload (`gen_ai.agent.id` or name), if it tells itself apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inner: Option<Text>,
}

impl AgentKey {
    pub fn new(realm: impl Into<Text>, space: impl Into<Text>, name: impl Into<Text>) -> Self {
        Self { realm: realm.into(), space: space.into(), name: name.into(), inner: None }
    }

    pub fn with_inner(mut self, inner: impl Into<Text>) -> Self {
        self.inner = Some(inner.into());
        self
    }

    /// The host workload: the key without the inner agent.
    pub fn host(&self) -> Self {
        Self { inner: None, ..self.clone() }
    }

    /// `realm/space/name[/inner]` for people: hidden characters escaped, empty parts as `-`.
    pub fn visible(&self) -> String {
        let part = |text: &Text| match text.is_empty() {
            true => "-".to_owned(),
            false => text.visible().into_owned(),
        };
        let mut shown = format!("{}/{}/{}", part(&self.realm), part(&self.space), part(&self.name));
        if let Some(inner) = &self.inner {
            shown.push('/');
            shown.push_str(&part(inner));
        }
        shown
    }

    /// The key as one string for storage: parts joined by `/`, with `%` and `/` inside parts
    /// percent-encoded, so that [`AgentKey::from_stored`] gives the same key back.
    pub fn stored(&self) -> String {
        let encode = |text: &Text| text.raw().replace('%', "%25").replace('/', "%2F");
        let mut stored =
            format!("{}/{}/{}", encode(&self.realm), encode(&self.space), encode(&self.name));
        if let Some(inner) = &self.inner {
            stored.push('/');
            stored.push_str(&encode(inner));
        }
        stored
    }

    /// The inverse of [`AgentKey::stored`].
    pub fn from_stored(stored: &str) -> Option<Self> {
        let decode = |part: &str| Text::from(part.replace("%2F", "/").replace("%25", "%"));
        let mut parts = stored.splitn(4, '/');
        let (realm, space, name) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self {
            realm: decode(realm),
            space: decode(space),
            name: decode(name),
            inner: parts.next().map(decode),
        })
    }
}

/// Why a workload counts as an agent, strongest first. Without one it is a principal only.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::Display,
)]
#[serde(rename_all = "kebab-case")]
pub enum EvidenceOfAgency {
    #[strum(serialize = "declared")]
    Declaration,
    #[strum(serialize = "agent resource")]
    AgentResource,
    #[strum(serialize = "GenAI span")]
    GenAiSpan,
    #[strum(serialize = "MCP connection")]
    McpConnection,
    #[strum(serialize = "model API egress")]
    ModelEgress,
    #[strum(serialize = "framework import")]
    FrameworkImport,
}

/// One agent as the case knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    pub key: AgentKey,
    /// The evidence that makes it an agent, strongest first.
    pub evidence: Vec<EvidenceOfAgency>,
    /// In a declaration, BOM or registry file.
    pub registered: bool,
    pub owner: Option<Text>,
    pub purpose: Option<Text>,
    pub environment: Option<Text>,
    /// The service accounts, roles or users it has been seen or declared to act as.
    pub principals: Vec<Principal>,
}

/// What the operational side shows of one agent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenAgent {
    /// Why it counts as an agent; empty when the events alone do not make it one.
    pub evidence: Vec<EvidenceOfAgency>,
    pub events: u64,
    pub first: Option<Timestamp>,
    pub last: Option<Timestamp>,
    /// Principals it acted as, in their source's spelling.
    pub principals: Vec<Text>,
    /// Agents it was seen to call or hand off to.
    pub sub_agents: Vec<AgentKey>,
    pub environment: Option<Text>,
}

/// Any identity in a chain.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Principal {
    Human {
        name: Text,
    },
    Agent {
        key: AgentKey,
    },
    ServiceAccount {
        realm: Text,
        namespace: Text,
        name: Text,
    },
    CloudRole {
        arn: Text,
    },
    Node {
        realm: Text,
        name: Text,
    },
    /// A user, certificate or component that is none of the above.
    User {
        name: Text,
    },
    Token {
        id: Text,
    },
    /// A schedule, an event or the outside: roots of a chain that are no person.
    Trigger {
        name: Text,
    },
}

impl Principal {
    /// The principal behind a Kubernetes user name: `system:serviceaccount:NS:NAME`,
    /// `system:node:NAME`, or a user.
    pub fn from_kubernetes_user(realm: &Text, name: &Text) -> Self {
        let raw = name.raw();
        if let Some((namespace, account)) =
            raw.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':'))
        {
            return Self::ServiceAccount {
                realm: realm.clone(),
                namespace: namespace.into(),
                name: account.into(),
            };
        }
        match raw.strip_prefix("system:node:") {
            Some(node) => Self::Node { realm: realm.clone(), name: node.into() },
            None if raw.starts_with("system:") => Self::User { name: name.clone() },
            None => Self::Human { name: name.clone() },
        }
    }

    /// For people: the kind's short word and the escaped name.
    pub fn visible(&self) -> String {
        match self {
            Self::Human { name } => format!("human {}", name.visible()),
            Self::Agent { key } => format!("agent {}", key.visible()),
            Self::ServiceAccount { namespace, name, .. } => {
                format!("service account {}/{}", namespace.visible(), name.visible())
            }
            Self::CloudRole { arn } => format!("role {}", arn.visible()),
            Self::Node { name, .. } => format!("node {}", name.visible()),
            Self::User { name } => format!("user {}", name.visible()),
            Self::Token { id } => format!("token {}", id.visible()),
            Self::Trigger { name } => format!("trigger {}", name.visible()),
        }
    }
}

/// Ties operational records to the agents of the configured side. Built from configured records by
/// `scope`, used by `profile` and `lineage`.
pub trait Attribution: Send + Sync {
    /// The same agent under the key the case uses for it: an unnamed realm is filled in when the case
    /// knows only one, a pod or ReplicaSet name is folded to its workload.
    fn canonical(&self, key: &AgentKey) -> AgentKey;

    /// The agents that act as this principal (a user name in its source's spelling), narrowed by the
    /// instance (pod) when the record names one. One element: attributed. Several: a shared identity,
    /// all candidates. None: no agent is known to use it.
    fn agents_of(&self, realm: &Text, principal: &Text, instance: Option<&Text>) -> Vec<AgentKey>;
}

impl fmt::Display for AgentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.visible())
    }
}

//! Configured records: what the provisioning side says, one parsed item each.

use std::collections::BTreeMap;

use ipnet::IpNet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Place, Text};

/// One configured item with its provenance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Cluster, account or host; empty when the evidence does not name it.
    pub realm: Text,
    /// When the configuration was seen to stand so (snapshot time, `creationTimestamp` as the least).
    pub at: Option<Timestamp>,
    /// Owner, granting team, policy reference, where the source carries them (S0.12).
    #[serde(default)]
    pub provisioning: Provisioning,
    pub place: Place,
    pub body: Configured,
}

/// Who granted, when, under which policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provisioning {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granted_by: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granted_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Text>,
}

/// A statement that a set of configured records is all there is (or not) of one kind in one scope.
/// Absence means deletion only in a complete snapshot of the same scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    pub realm: Text,
    /// `Role`, `ClusterRoleBinding`, …
    pub object_kind: Text,
    /// `None`: every namespace.
    pub namespace: Option<Text>,
    pub at: Option<Timestamp>,
    pub complete: bool,
    pub place: Place,
}

/// The parsed item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Configured {
    Namespace(Meta),
    Workload(Workload),
    ServiceAccount(ServiceAccount),
    /// Role, or ClusterRole when the namespace is empty.
    Role(Role),
    /// RoleBinding, or ClusterRoleBinding when the namespace is empty.
    Binding(Binding),
    NetworkPolicy(NetworkPolicy),
    /// An MCP server that a client is configured to use.
    McpServer(McpServer),
    /// Tools that a catalog file, registry or pin declares for a server.
    DeclaredCatalog(DeclaredCatalog),
    /// A declaration of an agent: an agent resource, a registry entry.
    AgentDeclaration(AgentDeclaration),
    PosturePolicy(PosturePolicy),
}

/// Name, namespace and labels of a Kubernetes object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    pub namespace: Text,
    pub name: Text,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<Text, Text>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<Text, Text>,
}

/// A workload: Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob or Pod.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Workload {
    pub kind: Text,
    pub meta: Meta,
    /// The controller that owns it: kind and name (Pod → ReplicaSet → Deployment).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<(Text, Text)>,
    /// Empty means the namespace's `default` account.
    pub service_account: Text,
    /// Labels of its pods.
    pub pod_labels: BTreeMap<Text, Text>,
    pub host_network: bool,
    pub images: Vec<Text>,
    /// A schedule, for CronJobs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Text>,
    /// `false` when the token is not mounted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mounts_token: Option<bool>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ServiceAccount {
    pub meta: Meta,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mounts_token: Option<bool>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Role {
    pub meta: Meta,
    pub rules: Vec<Rule>,
    /// Label selectors of an aggregated ClusterRole; a ClusterRole that matches any adds its rules.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aggregates: Vec<Selector>,
}

/// One RBAC policy rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    pub verbs: Vec<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<Text>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Binding {
    pub meta: Meta,
    /// `Role` or `ClusterRole`.
    pub role_kind: Text,
    pub role: Text,
    pub subjects: Vec<Subject>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Subject {
    /// `User`, `Group` or `ServiceAccount`.
    pub kind: Text,
    pub name: Text,
    /// Of a ServiceAccount; may be empty.
    pub namespace: Text,
}

/// A Kubernetes label selector.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selector {
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<Text, Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expressions: Vec<Expression>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expression {
    pub key: Text,
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
    pub operator: Text,
    pub values: Vec<Text>,
}

impl Selector {
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.expressions.is_empty()
    }

    /// Whether the labels satisfy every requirement. An unknown operator matches nothing.
    pub fn matches(&self, labels: &BTreeMap<Text, Text>) -> bool {
        self.labels.iter().all(|(key, value)| labels.get(key) == Some(value))
            && self.expressions.iter().all(|expression| {
                let value = labels.get(&expression.key);
                let listed = value.is_some_and(|value| expression.values.contains(value));
                match expression.operator.raw() {
                    "In" => listed,
                    "NotIn" => !listed,
                    "Exists" => value.is_some(),
                    "DoesNotExist" => value.is_none(),
                    _ => false,
                }
            })
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NetworkPolicy {
    pub meta: Meta,
    pub selects: Selector,
    pub ingress: bool,
    pub egress: bool,
    pub egress_rules: Vec<NetworkRule>,
    pub ingress_rules: Vec<NetworkRule>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NetworkRule {
    /// Empty means every peer.
    pub peers: Vec<Peer>,
    /// Empty means every port.
    pub ports: Vec<Port>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "peer", rename_all = "kebab-case")]
pub enum Peer {
    Block {
        cidr: IpNet,
        except: Vec<IpNet>,
    },
    /// No namespace selector means the policy's own namespace; no pod selector means every pod.
    Pods {
        namespaces: Option<Selector>,
        pods: Option<Selector>,
    },
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Port {
    pub protocol: Text,
    /// Number or name; absent means every port of the protocol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<u16>,
}

/// An MCP server in a client configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct McpServer {
    /// The client that reads this file (`claude-desktop`, `vscode`, `cursor`, …).
    pub client: Text,
    pub server: Text,
    /// `stdio`, `http` or `sse`.
    pub transport: Text,
    /// Command with arguments, or URL. Secrets in arguments are masked by the reader.
    pub endpoint: Text,
    /// Names of environment variables and headers; their values never leave the evidence.
    pub secret_names: Vec<Text>,
    /// Tools allowed or denied by the client for this server, when it says so.
    pub allowed_tools: Option<Vec<Text>>,
    pub denied_tools: Vec<Text>,
    /// Whether the package or image is pinned to a version.
    pub pinned: bool,
}

/// Tools declared for a server before it was ever asked (a pin file, a registry entry).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DeclaredCatalog {
    pub server: Text,
    pub tools: Vec<ToolDefinition>,
}

/// One tool as declared or advertised.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolDefinition {
    pub name: Text,
    /// Digest over the canonical JSON of name, description, schemas and annotations; empty when only
    /// the name is declared.
    pub digest: Text,
    /// Digest over the schemas alone: a renamed tool keeps it.
    pub schema_digest: Text,
    pub read_only: Option<bool>,
}

/// An agent as an agent resource or a registry declares it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AgentDeclaration {
    /// `kagent Agent`, `registry`, …
    pub kind: Text,
    pub namespace: Text,
    pub name: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workload: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<Text>,
    /// Server, if named, and tool.
    pub tools: Vec<(Option<Text>, Text)>,
    /// Agents it may hand off to or call.
    pub delegates_to: Vec<Text>,
    /// How often it works: `daily`, `weekly`, `monthly`, `quarterly`, when declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cadence: Option<Text>,
}

/// The agent posture policy of requirement S1.19, exactly.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PosturePolicy {
    pub agent_id: Text,
    pub credential_scope: Vec<Text>,
    /// `None` when the policy does not limit tools.
    pub allowed_tools: Option<Vec<Text>>,
    pub denied_tools: Vec<Text>,
    pub max_tool_calls_per_run: Option<u64>,
    pub max_sub_agents: Option<u64>,
    pub requires_human_approval: Vec<Text>,
    pub trace_retention_days: Option<u64>,
    pub alert_on_baseline_deviation: Option<bool>,
}

//! Istio: who may call which workload, as whom, and which hosts the mesh knows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Meta, Selector};
use crate::domain::Text;

/// To what a mesh policy applies. Neither selector nor target: to the whole namespace, and to the
/// mesh when that is the root namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeshScope {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<Selector>,
    /// Gateways, services and service entries. A waypoint honours these alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<MeshTarget>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeshTarget {
    /// Empty means the core group.
    pub group: Text,
    pub kind: Text,
    pub name: Text,
}

/// Which requests a workload accepts (`security.istio.io` AuthorizationPolicy).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuthorizationPolicy {
    pub meta: Meta,
    pub scope: MeshScope,
    pub action: MeshAction,
    /// The external authoriser of a `Custom` action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<Text>,
    /// Logged, not enforced (annotation `istio.io/dry-run`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
    /// Any of them. None matches no request, so an `Allow` without rules allows nothing; a rule
    /// without conditions matches every request.
    pub rules: Vec<MeshRule>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MeshAction {
    Allow,
    Deny,
    /// Changes no outcome.
    Audit,
    Custom,
    Unknown,
}

/// One rule: any of the sources, any of the operations, and all conditions. An empty list of sources
/// or of operations limits nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeshRule {
    /// Each source: all of its conditions (`principals`, `namespaces`, `ipBlocks`, …).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<Vec<MeshCondition>>,
    /// Each operation: all of its conditions (`hosts`, `ports`, `methods`, `paths`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<Vec<MeshCondition>>,
    /// Conditions on attributes by their full name (`request.headers[x]`, `source.ip`, …).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub when: Vec<MeshCondition>,
}

/// An attribute has any of some values and none of others. A value is exact, `prefix*`, `*suffix`,
/// or `*` for any. An attribute that the evaluator does not know is not understood.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeshCondition {
    pub attribute: Text,
    /// Empty limits nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub any_of: Vec<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub none_of: Vec<Text>,
}

/// Whether workloads take plain text (`security.istio.io` PeerAuthentication).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PeerAuthentication {
    pub meta: Meta,
    pub scope: MeshScope,
    /// `STRICT`, `PERMISSIVE`, `DISABLE`; `UNSET` or absent inherits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Text>,
    /// The same by port of the workload.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ports: BTreeMap<Text, Text>,
}

/// Whose tokens a workload accepts (`security.istio.io` RequestAuthentication). A request without
/// a token passes: to demand one takes an AuthorizationPolicy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RequestAuthentication {
    pub meta: Meta,
    pub scope: MeshScope,
    pub issuers: Vec<TokenIssuer>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenIssuer {
    pub issuer: Text,
    /// Empty means any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub audiences: Vec<Text>,
    /// Where the keys are, masked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys_at: Option<Text>,
    /// The keys stand in the policy itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inline_keys: bool,
    /// Where a token is looked for: `header x`, `parameter y`, `cookie z`. Empty: the usual header
    /// and parameter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub token_in: Vec<Text>,
    /// The workload is handed the token too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub forwards: bool,
}

/// What workloads may reach by name (`networking.istio.io` Sidecar).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sidecar {
    pub meta: Meta,
    pub scope: MeshScope,
    /// Empty inherits from the Sidecar of the namespace or the mesh.
    pub egress: Vec<SidecarListener>,
    /// For hosts outside the registry: `REGISTRY_ONLY` or `ALLOW_ANY`; absent inherits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outbound: Option<Text>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SidecarListener {
    /// `namespace/host`; `.` is the own namespace, `~` none, `*` any.
    pub hosts: Vec<Text>,
    /// Absent: every port of the hosts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<MeshPort>,
}

/// Hosts that the mesh is told of (`networking.istio.io` ServiceEntry).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ServiceEntry {
    pub meta: Meta,
    pub hosts: Vec<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<MeshPort>,
    /// `MESH_EXTERNAL` or `MESH_INTERNAL`.
    pub location: Text,
    /// `NONE`, `STATIC`, `DNS`, `DNS_ROUND_ROBIN`.
    pub resolution: Text,
    /// Addresses behind the hosts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub endpoints: Vec<Text>,
    /// Workloads behind the hosts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workloads: Option<Selector>,
    /// Namespaces that see it; `.` is its own. Empty means the default of the mesh.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub export_to: Vec<Text>,
    /// Names that the server's certificate may carry.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subject_names: Vec<Text>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeshPort {
    pub number: u32,
    /// `HTTP`, `TLS`, `TCP`, …
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub protocol: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    /// The port at the endpoints, when it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<u32>,
}

impl MeshCondition {
    pub fn limits_nothing(&self) -> bool {
        self.any_of.is_empty() && self.none_of.is_empty()
    }
}

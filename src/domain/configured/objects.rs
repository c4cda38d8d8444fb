//! Kubernetes objects that only join others: services, nodes, discovery, and every object of a kind
//! without a type of its own.

use std::collections::BTreeMap;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::Meta;
use crate::domain::Text;

/// A Kubernetes object of a kind that has no type of its own here: kept, listed and searchable.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Object {
    pub api_version: Text,
    pub kind: Text,
    pub meta: Meta,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<(Text, Text)>,
    /// The keys of a ConfigMap or Secret; the values stay in the evidence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<Text>,
    /// Everything beside type, metadata and status as JSON text, bounded, without the values of
    /// variables, headers and secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Text>,
}

impl Object {
    /// The kind as identities and snapshots name it: with its API group unless the group is one of
    /// Kubernetes' own, since other groups use the same words (`Service.serving.knative.dev`).
    pub fn qualified_kind(kind: &str, api_version: &str) -> String {
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        match !group.contains('.') || group.ends_with(".k8s.io") {
            true => kind.to_owned(),
            false => format!("{kind}.{group}"),
        }
    }
}

/// A Service: the pods behind a stable name and address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    pub meta: Meta,
    /// `ClusterIP`, `NodePort`, `LoadBalancer` or `ExternalName`.
    pub exposure: Text,
    /// Labels of the pods behind it; empty when its endpoints are written by somebody else.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub selects: BTreeMap<Text, Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<ServicePort>,
    /// Cluster addresses; `None` (the word) for a headless service.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<Text>,
    /// Addresses and names by which it is reached from outside.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub external: Vec<Text>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServicePort {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    pub protocol: Text,
    pub port: u16,
    /// Number or name of the pods' port; absent means the same number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_port: Option<u16>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    pub meta: Meta,
    /// The address blocks of its pods.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pod_blocks: Vec<IpNet>,
    /// Addresses and names of the node itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<Text>,
    /// The machine at its cloud provider (`aws:///eu-west-1a/i-…`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<Text>,
}

/// What an API server says it serves: one answer of its discovery endpoints.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiDiscovery {
    /// Which answer: `APIVersions`, `APIGroupList`, `APIResourceList`, `version`, …
    pub answer: Text,
    /// The group and version whose resources are listed; empty when versions are listed.
    pub group_version: Text,
    /// Groups and versions that are served, the preferred version of each group first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<ApiResource>,
    /// The version of the server itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<Text>,
}

/// One resource of an API group, subresources included (`pods/exec`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiResource {
    pub name: Text,
    pub kind: Text,
    pub namespaced: bool,
    pub verbs: Vec<Text>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_groups_are_part_of_the_kind() {
        for (kind, api_version, expected) in [
            ("ConfigMap", "v1", "ConfigMap"),
            ("Deployment", "apps/v1", "Deployment"),
            ("Ingress", "networking.k8s.io/v1", "Ingress"),
            ("Service", "serving.knative.dev/v1", "Service.serving.knative.dev"),
        ] {
            assert_eq!(Object::qualified_kind(kind, api_version), expected);
        }
    }
}

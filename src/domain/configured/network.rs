//! Network policies: which pods may talk to whom.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::{Meta, Selector};
use crate::domain::Text;

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

/// A cluster-wide policy of the network policy API (`policy.networking.k8s.io`):
/// ClusterNetworkPolicy, or AdminNetworkPolicy and BaselineAdminNetworkPolicy of v1alpha1.
///
/// Order: tier Admin, then NetworkPolicy, then tier Baseline. In a tier the lowest priority goes
/// first, in a policy the first rule that matches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClusterNetworkPolicy {
    pub kind: Text,
    pub meta: Meta,
    pub tier: Tier,
    /// 0 to 1000. The baseline of v1alpha1 has none: there is one in a cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<u32>,
    /// Whose traffic it governs: namespaces or pods. Pods in the host's network are not among them.
    pub subject: ClusterPeer,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ingress: Vec<ClusterRule>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub egress: Vec<ClusterRule>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    Admin,
    Baseline,
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClusterRule {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    pub action: ClusterAction,
    pub peers: Vec<ClusterPeer>,
    /// Empty means every protocol and port.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<ClusterPort>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClusterAction {
    /// `Allow` in v1alpha1.
    Accept,
    Deny,
    /// To the next tier.
    Pass,
    Unknown,
}

/// One peer of a cluster-wide rule, or its subject.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "peer", rename_all = "kebab-case")]
pub enum ClusterPeer {
    /// Every pod of these namespaces.
    Namespaces {
        namespaces: Namespaces,
    },
    Pods {
        namespaces: Namespaces,
        pods: Selector,
    },
    /// Addresses, inside the cluster too.
    Networks {
        networks: Vec<IpNet>,
    },
    /// Addresses of nodes.
    Nodes {
        nodes: Selector,
    },
    DomainNames {
        names: Vec<Text>,
    },
    /// Not understood. A rule with such a peer fails closed: one that accepts matches nothing, one
    /// that denies or passes denies everything.
    Unknown,
}

/// Which namespaces a cluster-wide peer means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Namespaces {
    /// Empty means every namespace.
    Matching(Selector),
    /// Those that have the same values of these labels as the subject's (early v1alpha1).
    SameLabels(Vec<Text>),
    /// Those that do not (early v1alpha1).
    NotSameLabels(Vec<Text>),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "port", rename_all = "kebab-case")]
pub enum ClusterPort {
    /// Both ends included.
    Numbers { protocol: Text, first: u16, last: u16 },
    /// Every port of the protocol.
    Protocol { protocol: Text },
    /// A container port by name, resolved at each destination pod.
    Named { name: Text },
    /// Not understood; fails closed like an unknown peer.
    Unknown,
}

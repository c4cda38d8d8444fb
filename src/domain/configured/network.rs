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

//! Cilium network policies: label selectors, names and requests beside addresses and ports.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::{Meta, Port, Selector};
use crate::domain::Text;

/// A CiliumNetworkPolicy or CiliumClusterwideNetworkPolicy (`cilium.io/v2`).
///
/// The namespaced kind selects, and unless a selector names another namespace also admits, only
/// endpoints of its own namespace.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CiliumPolicy {
    pub kind: Text,
    pub meta: Meta,
    /// `spec`, then each of `specs`.
    pub rules: Vec<CiliumRule>,
}

/// One rule: whom it governs and what they may do. Keys of selectors begin with the source of the
/// label: `k8s:app`, `reserved:host`; `any:` where the policy names no source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CiliumRule {
    pub subject: CiliumSubject,
    /// Whether to be selected turns on default deny. Absent: when the direction has any section.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_deny_ingress: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_deny_egress: Option<bool>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ingress: Vec<CiliumTraffic>,
    /// Denials win over whatever any policy allows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ingress_deny: Vec<CiliumTraffic>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub egress: Vec<CiliumTraffic>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub egress_deny: Vec<CiliumTraffic>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "subject", rename_all = "kebab-case")]
pub enum CiliumSubject {
    Endpoints {
        selector: Selector,
    },
    Nodes {
        selector: Selector,
    },
    /// Neither selector, both, or one that is not understood.
    Unknown,
}

/// One entry of a section. All its parts have to match; an entry without any part matches nothing,
/// but its section still turns on default deny.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CiliumTraffic {
    /// Absent: every peer, if there are ports. Named and empty: no peer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peers: Option<Vec<CiliumPeer>>,
    /// Further conditions on the labels of every peer of the same subject.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requires: Vec<Selector>,
    /// Empty means every port.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<CiliumPorts>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub icmp: Vec<CiliumIcmp>,
    /// `required`, `disabled`, `test-always-fail`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authentication: Option<Text>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "peer", rename_all = "kebab-case")]
pub enum CiliumPeer {
    Endpoints {
        selector: Selector,
    },
    Nodes {
        selector: Selector,
    },
    /// `world`, `cluster`, `host`, `kube-apiserver`, `all`, …
    Entity {
        name: Text,
    },
    Block {
        cidr: IpNet,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        except: Vec<IpNet>,
    },
    /// Blocks that a CiliumCIDRGroup lists, by its name or its labels.
    CidrGroup {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<Text>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        selector: Option<Selector>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        except: Vec<IpNet>,
    },
    /// The addresses that a name was observed to resolve to.
    Domain(CiliumDomain),
    Service {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<Text>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        selector: Option<Selector>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        namespace: Option<Text>,
    },
    /// Not understood; the field that named it.
    Unknown {
        field: Text,
    },
}

/// A domain name, or a pattern in which `*` stands for any characters of a label and `**.` for any
/// labels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CiliumDomain {
    Name(Text),
    Pattern(Text),
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CiliumPorts {
    /// Protocol `ANY` means every protocol, port `0` every port.
    pub ports: Vec<Port>,
    /// Server names (SNI) of TLS connections.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub server_names: Vec<Text>,
    /// Which requests on these ports; absent means all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests: Option<CiliumRequests>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "protocol", rename_all = "kebab-case")]
pub enum CiliumRequests {
    Http {
        rules: Vec<CiliumHttp>,
    },
    Dns {
        names: Vec<CiliumDomain>,
    },
    Kafka {
        rules: Vec<CiliumKafka>,
    },
    /// A parser of its own; its rules are not read.
    Other {
        name: Text,
    },
    /// Not understood, ports included.
    Unknown,
}

/// Regular expressions, each for a whole value; absent means any.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CiliumHttp {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<Text>,
    /// Names of headers that are required; their values stay in the evidence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<Text>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CiliumKafka {
    /// `produce` or `consume`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<Text>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CiliumIcmp {
    /// `IPv4` or `IPv6`.
    pub family: Text,
    /// The number or name of the message's type.
    pub message: Text,
}

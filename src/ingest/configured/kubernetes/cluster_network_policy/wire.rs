//! The JSON of `policy.networking.k8s.io`, in the union of its versions.

use ipnet::IpNet;
use serde::Deserialize;
use serde_json::Value;

use super::super::network::LabelSelector;
use super::super::object::Metadata;
use crate::domain::Text;
use crate::domain::configured::{ClusterPeer, ClusterPort, Namespaces};
use crate::ingest::json::nullable;

#[derive(Deserialize)]
pub struct Object {
    pub kind: Text,
    pub metadata: Metadata,
    #[serde(default, deserialize_with = "nullable")]
    pub spec: Spec,
}

/// Parts whose form depends on the version are looked into one by one, so that one of them costs
/// itself only.
#[derive(Default, Deserialize)]
pub struct Spec {
    #[serde(default)]
    pub tier: Option<Value>,
    #[serde(default)]
    pub priority: Option<Value>,
    #[serde(default)]
    pub subject: Option<Value>,
    #[serde(default, deserialize_with = "nullable")]
    pub ingress: Vec<Value>,
    #[serde(default, deserialize_with = "nullable")]
    pub egress: Vec<Value>,
}

#[derive(Default, Deserialize)]
pub struct RuleObject {
    #[serde(default)]
    pub name: Option<Text>,
    #[serde(default)]
    pub action: Option<String>,
    #[serde(default)]
    pub from: Option<Vec<Value>>,
    #[serde(default)]
    pub to: Option<Vec<Value>>,
    #[serde(default, alias = "protocols")]
    pub ports: Option<Vec<Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PeerObject {
    Namespaces(NamespacesObject),
    Pods(PodsObject),
    Networks(Vec<IpNet>),
    Nodes(LabelSelector),
    DomainNames(Vec<Text>),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PodsObject {
    #[serde(default, alias = "namespaces")]
    namespace_selector: Option<NamespacesObject>,
    #[serde(default, deserialize_with = "nullable")]
    pod_selector: LabelSelector,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub enum NamespacesObject {
    Early(EarlyNamespaces),
    Selector(LabelSelector),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EarlyNamespaces {
    NamespaceSelector(LabelSelector),
    SameLabels(Vec<Text>),
    NotSameLabels(Vec<Text>),
}

impl NamespacesObject {
    fn into_namespaces(self) -> Namespaces {
        match self {
            Self::Selector(selector)
            | Self::Early(EarlyNamespaces::NamespaceSelector(selector)) => {
                Namespaces::Matching(selector.into_selector())
            }
            Self::Early(EarlyNamespaces::SameLabels(labels)) => Namespaces::SameLabels(labels),
            Self::Early(EarlyNamespaces::NotSameLabels(labels)) => {
                Namespaces::NotSameLabels(labels)
            }
        }
    }
}

impl PeerObject {
    pub fn into_peer(self) -> ClusterPeer {
        match self {
            Self::Namespaces(namespaces) => {
                ClusterPeer::Namespaces { namespaces: namespaces.into_namespaces() }
            }
            Self::Pods(pods) => ClusterPeer::Pods {
                namespaces: match pods.namespace_selector {
                    Some(namespaces) => namespaces.into_namespaces(),
                    // The field is required; absent it is the empty selector of its type.
                    None => Namespaces::Matching(Default::default()),
                },
                pods: pods.pod_selector.into_selector(),
            },
            Self::Networks(networks) => ClusterPeer::Networks { networks },
            Self::Nodes(nodes) => ClusterPeer::Nodes { nodes: nodes.into_selector() },
            Self::DomainNames(names) => ClusterPeer::DomainNames { names },
        }
    }
}

/// `portNumber`, `portRange`, `namedPort` in v1alpha1; the others since v1alpha2.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PortObject {
    PortNumber { protocol: Option<Text>, port: u16 },
    PortRange { protocol: Option<Text>, start: u16, end: u16 },
    NamedPort(Text),
    Tcp(Transport),
    Udp(Transport),
    Sctp(Transport),
    DestinationNamedPort(Text),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Transport {
    #[serde(default)]
    destination_port: Option<DestinationPort>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DestinationPort {
    Number(u16),
    Range { start: u16, end: u16 },
}

impl PortObject {
    /// The port, or why it is none.
    pub fn into_port(self) -> Result<ClusterPort, String> {
        let or_tcp = |protocol: Option<Text>| protocol.unwrap_or_else(|| "TCP".into());
        match self {
            Self::PortNumber { protocol, port } => numbers(or_tcp(protocol), port, port),
            Self::PortRange { protocol, start, end } => numbers(or_tcp(protocol), start, end),
            Self::NamedPort(name) | Self::DestinationNamedPort(name) => {
                Ok(ClusterPort::Named { name })
            }
            Self::Tcp(transport) => transport.into_port("TCP"),
            Self::Udp(transport) => transport.into_port("UDP"),
            Self::Sctp(transport) => transport.into_port("SCTP"),
        }
    }
}

impl Transport {
    fn into_port(self, protocol: &str) -> Result<ClusterPort, String> {
        match self.destination_port {
            None => Ok(ClusterPort::Protocol { protocol: protocol.into() }),
            Some(DestinationPort::Number(number)) => numbers(protocol.into(), number, number),
            Some(DestinationPort::Range { start, end }) => numbers(protocol.into(), start, end),
        }
    }
}

fn numbers(protocol: Text, first: u16, last: u16) -> Result<ClusterPort, String> {
    match first == 0 || last < first {
        true => Err(format!("no range from {first} to {last}")),
        false => Ok(ClusterPort::Numbers { protocol, first, last }),
    }
}

//! Whom a rule speaks of, in one form for every kind of policy.

use std::borrow::Cow;
use std::net::IpAddr;

use ipnet::IpNet;

use super::endpoint::{CILIUM_NAMESPACE_LABELS, Cluster, End, Endpoint, Match};
use crate::domain::Text;
use crate::domain::configured::Selector;
use crate::domain::matcher::{CiliumName, Dialect as _, DomainName};

/// One peer of a rule.
#[derive(Clone, Debug)]
pub enum Peer<'a> {
    Anyone,
    Pods(Pods<'a>),
    Block {
        cidr: IpNet,
        except: &'a [IpNet],
        /// What the block means for pods whose address lies in it.
        pods: PodAddresses,
    },
    /// Nodes by their labels.
    Nodes(&'a Selector),
    /// A domain name, or a pattern of names.
    Name(&'a Text, Names),
    /// A group of addresses that Cilium defines.
    Entity(&'a str),
    /// It cannot be told whom: what that depends on.
    Depends(Text),
}

/// Whether an address block speaks of pods, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PodAddresses {
    /// `networks` of the network policy API.
    Matched,
    /// CIDR rules of Cilium.
    Ignored,
    /// `ipBlock` of NetworkPolicy: "cluster-external IPs"; plugins differ.
    ByPlugin,
}

/// Pods by the labels of their namespace and their own.
#[derive(Clone, Debug)]
pub struct Pods<'a> {
    pub namespaces: InNamespaces<'a>,
    pub labels: Cow<'a, Selector>,
    pub dialect: Dialect,
}

#[derive(Clone, Copy, Debug)]
pub enum InNamespaces<'a> {
    Every,
    Named(&'a Text),
    Matching(&'a Selector),
    /// With the same values of these labels as the subject's namespace.
    SameLabels(&'a [Text]),
    NotSameLabels(&'a [Text]),
}

/// Which labels of a pod a selector is held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Kubernetes,
    Cilium,
}

/// In which language a domain name is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// `domainNames` of the network policy API (NPEP-133).
    Api,
    /// `toFQDNs` of Cilium.
    Cilium,
}

const HOST_NETWORK: &str = "how the network plugin treats pods in the network of their node";

impl Peer<'_> {
    /// Whether the peer is meant, in a policy that governs `subject`.
    pub fn matches(&self, end: &End<'_>, subject: &Endpoint<'_>, cluster: &Cluster<'_>) -> Match {
        match self {
            Self::Anyone => Match::Yes,
            Self::Depends(reason) => Match::Depends(reason.clone()),
            Self::Pods(pods) => match end {
                End::Pods(endpoint) => {
                    pods.select(endpoint, subject.namespace(), cluster).and(|| {
                        match endpoint.workload.host_network {
                            true => Match::Depends(HOST_NETWORK.into()),
                            false => Match::Yes,
                        }
                    })
                }
                End::Address(_) | End::Name(_) => Match::No,
            },
            Self::Block { cidr, except, pods } => match end {
                End::Address(address) => holds(cidr, except, address).into(),
                End::Pods(endpoint) => {
                    block_of_pods(cidr, except, *pods, &endpoint.blocks(cluster))
                }
                End::Name(name) => Match::Depends(format!("addresses of {}", name).into()),
            },
            Self::Nodes(selector) => match end {
                End::Address(address) => node_at(selector, address, cluster),
                End::Pods(endpoint) => of_node(endpoint),
                End::Name(_) => Match::No,
            },
            Self::Name(pattern, names) => match end {
                End::Name(name) => names.match_name(pattern.raw(), name).into(),
                End::Address(_) => {
                    Match::Depends(format!("addresses of {}", pattern.visible()).into())
                }
                End::Pods(_) => Match::No,
            },
            Self::Entity(name) => entity(name, end, cluster),
        }
    }
}

impl Names {
    fn match_name(self, pattern: &str, name: &str) -> bool {
        match self {
            Self::Api => DomainName::matches(pattern, name),
            Self::Cilium => CiliumName::matches(pattern, name),
        }
    }
}

impl Pods<'_> {
    /// Whether the endpoint is selected, by a policy whose subject is in `subject`.
    pub fn select(&self, endpoint: &Endpoint<'_>, subject: &Text, cluster: &Cluster<'_>) -> Match {
        let by_labels = match self.dialect {
            Dialect::Kubernetes => self.labels.matches(&endpoint.workload.pod_labels).into(),
            Dialect::Cilium => self.select_cilium(endpoint, cluster),
        };
        by_labels.and(|| self.namespaces.hold(endpoint.namespace(), subject, cluster))
    }

    fn select_cilium(&self, endpoint: &Endpoint<'_>, cluster: &Cluster<'_>) -> Match {
        let of_namespace = |key: &Text| key.raw().starts_with(CILIUM_NAMESPACE_LABELS);
        let expressions = self.labels.expressions.iter().map(|expression| &expression.key);
        let asks_namespace = self.labels.labels.keys().chain(expressions).any(of_namespace);
        let namespace = endpoint.namespace();
        match asks_namespace && cluster.namespaces().all(|(loaded, _)| loaded != namespace) {
            true => Match::Depends(format!("labels of namespace {}", namespace.visible()).into()),
            false => self.labels.matches(&endpoint.cilium).into(),
        }
    }
}

impl InNamespaces<'_> {
    fn hold(&self, namespace: &Text, subject: &Text, cluster: &Cluster<'_>) -> Match {
        match self {
            Self::Every => Match::Yes,
            Self::Named(only) => (*only == namespace).into(),
            Self::Matching(selector) => cluster.namespace_matches(selector, namespace),
            Self::SameLabels(keys) => same_labels(keys, namespace, subject, cluster),
            Self::NotSameLabels(keys) => match same_labels(keys, namespace, subject, cluster) {
                Match::Yes => Match::No,
                Match::No => Match::Yes,
                depends => depends,
            },
        }
    }
}

/// Whether two namespaces have the same values of these labels, and have all of them.
fn same_labels(keys: &[Text], one: &Text, other: &Text, cluster: &Cluster<'_>) -> Match {
    keys.iter().fold(Match::Yes, |so_far, key| {
        so_far.and(|| {
            let labels = [one, other].map(|namespace| cluster.namespace_label(namespace, key));
            match labels {
                [Some(one), Some(other)] => (one.is_some() && one == other).into(),
                _ => Match::Depends("labels of namespaces that are not loaded".into()),
            }
        })
    })
}

fn holds(cidr: &IpNet, except: &[IpNet], address: &IpAddr) -> bool {
    cidr.contains(address) && !except.iter().any(|hole| hole.contains(address))
}

/// Whether a block holds the addresses of pods, of which maybe only the blocks are known.
fn block_of_pods(cidr: &IpNet, except: &[IpNet], pods: PodAddresses, known: &[IpNet]) -> Match {
    let apart = |block: &IpNet| {
        let meets = cidr.contains(block) || block.contains(cidr);
        !meets || except.iter().any(|hole| hole.contains(block))
    };
    let inside = |block: &IpNet| {
        let meets_hole = except.iter().any(|hole| hole.contains(block) || block.contains(hole));
        cidr.contains(block) && !meets_hole
    };
    match pods {
        PodAddresses::Ignored => Match::No,
        _ if !known.is_empty() && known.iter().all(apart) => Match::No,
        PodAddresses::ByPlugin => {
            Match::Depends("whether the network plugin holds blocks against pods".into())
        }
        PodAddresses::Matched if !known.is_empty() && known.iter().all(inside) => Match::Yes,
        PodAddresses::Matched => Match::Depends("addresses of the pods".into()),
    }
}

fn of_node(endpoint: &Endpoint<'_>) -> Match {
    match endpoint.workload.host_network {
        true => Match::Depends(HOST_NETWORK.into()),
        false => Match::No,
    }
}

fn node_at(selector: &Selector, address: &IpAddr, cluster: &Cluster<'_>) -> Match {
    if cluster.nodes.is_empty() {
        return Match::Depends("addresses of the nodes".into());
    }
    let text = address.to_string();
    let mut at = cluster.nodes.iter().filter(|node| node.addresses.iter().any(|a| *a == *text));
    at.any(|node| selector.matches(&node.meta.labels)).into()
}

/// Cilium's entities (docs.cilium.io, "Entities Based").
fn entity(name: &str, end: &End<'_>, cluster: &Cluster<'_>) -> Match {
    let any = Selector::default();
    match (name, end) {
        ("all", _) | ("cluster", End::Pods(_)) => Match::Yes,
        ("world", End::Name(_)) => Match::Yes,
        ("world-ipv4" | "world-ipv6", End::Name(name)) => {
            Match::Depends(format!("addresses of {name}").into())
        }
        ("world", End::Address(address)) => outside(address, cluster),
        ("world-ipv4", End::Address(address @ IpAddr::V4(_))) => outside(address, cluster),
        ("world-ipv6", End::Address(address @ IpAddr::V6(_))) => outside(address, cluster),
        ("cluster" | "host" | "remote-node" | "kube-apiserver", End::Address(address)) => {
            match node_at(&any, address, cluster) {
                Match::Yes if name == "cluster" => Match::Yes,
                Match::No if name != "kube-apiserver" => Match::No,
                _ => Match::Depends(format!("what `{name}` is here").into()),
            }
        }
        ("host" | "remote-node" | "kube-apiserver", End::Pods(endpoint)) => of_node(endpoint),
        _ => Match::No,
    }
}

fn outside(address: &IpAddr, cluster: &Cluster<'_>) -> Match {
    match cluster.nodes.is_empty() {
        // An address that is no pod's is taken to be outside of the cluster.
        true => Match::Yes,
        false => match node_at(&Selector::default(), address, cluster) {
            Match::Yes => Match::No,
            _ => Match::Yes,
        },
    }
}

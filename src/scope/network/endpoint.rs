//! The two ends of a connection, and what is known of the cluster around them.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::domain::Text;
use crate::domain::configured::{Configured, Node, Record, Selector, Workload};

pub type Labels = BTreeMap<Text, Text>;

/// The label that every namespace carries its own name under.
pub const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";

/// Labels that Cilium adds to those of a pod, without their source (`k8s:`).
pub const CILIUM_NAMESPACE: &str = "io.kubernetes.pod.namespace";
pub const CILIUM_NAMESPACE_LABELS: &str = "io.cilium.k8s.namespace.labels.";
const CILIUM_ACCOUNT: &str = "io.cilium.k8s.policy.serviceaccount";

/// One end of a connection.
#[derive(Clone, Copy, Debug)]
pub enum End<'a> {
    Pods(&'a Endpoint<'a>),
    /// An address that is no known pod's.
    Address(IpAddr),
    /// A domain name outside of the cluster.
    Name(&'a str),
}

/// The pods of one workload: network policies cannot tell them apart, except by their addresses.
#[derive(Debug)]
pub struct Endpoint<'a> {
    /// Its position among the endpoints of its network.
    pub at: usize,
    /// The name of the workload; `workload` may be a pod that stands for it.
    pub name: &'a Text,
    pub workload: &'a Workload,
    pub record: &'a Record,
    /// As far as they are known.
    pub addresses: Vec<IpAddr>,
    /// The labels by which Cilium selects it.
    pub cilium: Labels,
}

/// A workload that stands for itself and whatever belongs to it.
#[derive(Debug)]
pub struct Standing<'a> {
    pub name: &'a Text,
    pub workload: &'a Workload,
    pub record: &'a Record,
    /// Of its pods, as far as they are known.
    pub addresses: Vec<IpAddr>,
}

/// Whether something matches, and if that cannot be told, what it depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    Yes,
    No,
    Depends(Text),
}

impl Match {
    pub fn and(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Self::No => Self::No,
            Self::Yes => other(),
            Self::Depends(reason) => match other() {
                Self::No => Self::No,
                _ => Self::Depends(reason),
            },
        }
    }

    pub fn or(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Self::Yes => Self::Yes,
            Self::No => other(),
            Self::Depends(reason) => match other() {
                Self::Yes => Self::Yes,
                _ => Self::Depends(reason),
            },
        }
    }
}

impl From<bool> for Match {
    fn from(matches: bool) -> Self {
        if matches { Self::Yes } else { Self::No }
    }
}

/// What is known of a cluster beside its policies.
#[derive(Debug, Default)]
pub struct Cluster<'a> {
    /// The labels of the namespaces that are loaded, their own name among them.
    namespaces: BTreeMap<&'a Text, Labels>,
    pub nodes: Vec<&'a Node>,
}

impl<'a> Cluster<'a> {
    pub fn of(records: impl Iterator<Item = &'a Record>) -> Self {
        let mut cluster = Self::default();
        for record in records {
            match &record.body {
                Configured::Namespace(meta) => {
                    let mut labels = meta.labels.clone();
                    labels.entry(NAMESPACE_NAME.into()).or_insert_with(|| meta.name.clone());
                    cluster.namespaces.insert(&meta.name, labels);
                }
                Configured::Node(node) => cluster.nodes.push(node),
                _ => {}
            }
        }
        cluster
    }

    pub fn namespaces(&self) -> impl Iterator<Item = (&'a Text, &Labels)> {
        self.namespaces.iter().map(|(name, labels)| (*name, labels))
    }

    /// The value of a namespace's label; `None` when its labels are not known.
    pub fn namespace_label(&self, namespace: &Text, key: &Text) -> Option<Option<&Text>> {
        self.namespaces.get(namespace).map(|labels| labels.get(key))
    }

    /// Whether a selector selects the namespace. Of one that is not loaded only the name is known.
    pub fn namespace_matches(&self, selector: &Selector, namespace: &Text) -> Match {
        if selector.is_empty() {
            return Match::Yes;
        }
        if let Some(labels) = self.namespaces.get(namespace) {
            return selector.matches(labels).into();
        }
        let (by_name, by_others) = split(selector);
        let name = Labels::from([(NAMESPACE_NAME.into(), namespace.clone())]);
        Match::from(by_name.matches(&name)).and(|| match by_others {
            true => Match::Depends(format!("labels of namespace {}", namespace.visible()).into()),
            false => Match::Yes,
        })
    }
}

/// What a selector demands of the namespace's name, and whether it demands anything else.
fn split(selector: &Selector) -> (Selector, bool) {
    let mut by_name = selector.clone();
    by_name.labels.retain(|key, _| *key == NAMESPACE_NAME);
    by_name.expressions.retain(|expression| expression.key == NAMESPACE_NAME);
    let demands = |selector: &Selector| selector.labels.len() + selector.expressions.len();
    let by_others = demands(&by_name) < demands(selector);
    (by_name, by_others)
}

impl<'a> Endpoint<'a> {
    pub fn new(at: usize, standing: Standing<'a>, cluster: &Cluster<'a>) -> Self {
        let Standing { name, workload, record, addresses } = standing;
        let account = match workload.service_account.is_empty() {
            true => Text::from("default"),
            false => workload.service_account.clone(),
        };
        let namespace = &workload.meta.namespace;
        let mut cilium = workload.pod_labels.clone();
        cilium.insert(CILIUM_NAMESPACE.into(), namespace.clone());
        cilium.insert(CILIUM_ACCOUNT.into(), account);
        for (key, value) in cluster.namespaces.get(namespace).into_iter().flatten() {
            let key = format!("{CILIUM_NAMESPACE_LABELS}{}", key.raw());
            cilium.insert(key.into(), value.clone());
        }
        Self { at, name, workload, record, addresses, cilium }
    }

    /// The blocks in which the addresses of the pods lie, as narrow as they are known.
    pub fn blocks(&self, cluster: &Cluster<'_>) -> Vec<IpNet> {
        match self.addresses.is_empty() {
            true => cluster.nodes.iter().flat_map(|node| node.pod_blocks.iter().copied()).collect(),
            false => self.addresses.iter().copied().map(IpNet::from).collect(),
        }
    }

    pub fn namespace(&self) -> &'a Text {
        &self.workload.meta.namespace
    }

    /// The numbers of the container ports of this name, with their protocol.
    pub fn named_ports(&self, name: &Text) -> impl Iterator<Item = (&'a str, u16)> {
        let ports = self.workload.containers.iter().flat_map(|container| &container.ports);
        let named = ports.filter(move |port| port.name.as_ref() == Some(name));
        named.map(|port| (port.protocol.raw(), port.number))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{namespace, record, selector};
    use super::*;
    use crate::domain::configured::Expression;

    #[test]
    fn of_a_namespace_that_is_not_loaded_only_the_name_is_known() {
        let records = [record(namespace("data", &[("team", "data")]))];
        let cluster = Cluster::of(records.iter());
        let depends = || Match::Depends("labels of namespace lost".into());
        let not_named = Selector {
            expressions: vec![Expression {
                key: NAMESPACE_NAME.into(),
                operator: "NotIn".into(),
                values: vec!["lost".into()],
            }],
            ..selector(&[("team", "data")])
        };
        for (selector, loaded, lost) in [
            (Selector::default(), Match::Yes, Match::Yes),
            (selector(&[("team", "data")]), Match::Yes, depends()),
            (selector(&[("team", "web")]), Match::No, depends()),
            (selector(&[(NAMESPACE_NAME, "data")]), Match::Yes, Match::No),
            (selector(&[(NAMESPACE_NAME, "lost")]), Match::No, Match::Yes),
            (selector(&[(NAMESPACE_NAME, "lost"), ("team", "x")]), Match::No, depends()),
            (not_named, Match::Yes, Match::No),
        ] {
            assert_eq!(cluster.namespace_matches(&selector, &"data".into()), loaded);
            assert_eq!(cluster.namespace_matches(&selector, &"lost".into()), lost);
        }
    }
}

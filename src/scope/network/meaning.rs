//! What rules mean as patterns of capabilities: symbolic, whatever pods and namespaces there are.

use std::borrow::Cow;

use ipnet::IpNet;

use super::endpoint::{CILIUM_NAMESPACE, Cluster, NAMESPACE_NAME};
use super::peer::{Dialect, InNamespaces, Names, Peer, Pods};
use super::policy::{Port, Rule};
use super::ports::Ports;
use crate::domain::configured::Selector;
use crate::domain::pattern::{Destination, PortRange};
use crate::domain::{Pattern, Text};

/// A pattern, and how much wider it is than the rule.
#[derive(Clone, Debug)]
pub struct Meant {
    pub pattern: Pattern,
    /// What has to hold beside the pattern.
    pub depends_on: Vec<Text>,
    /// Only pods with some labels are meant, and the pattern does not tell them from others.
    pub by_labels: bool,
    /// Pods are not meant, although they fall under the pattern.
    pub outside: bool,
}

/// The patterns of an egress rule: one for each peer that it may concern and each kind of port.
pub fn patterns(rule: &Rule<'_>, cluster: &Cluster<'_>) -> Vec<Meant> {
    let mut all = Vec::new();
    for (ports, by_name) in ports(&rule.ports) {
        for mut meant in rule.peers.iter().flat_map(|peer| destinations(peer, &ports, cluster)) {
            meant.depends_on.extend(rule.provided.iter().chain(&by_name).cloned());
            all.push(meant);
        }
    }
    all
}

/// Ranges that stand together, none for every port; and what their numbers depend on.
type PortList = (Vec<PortRange>, Option<Text>);

/// The numbers, then each name, which is as wide as it may be. Nothing where no port is possible.
fn ports(listed: &[Port<'_>]) -> Vec<PortList> {
    let mut numbers = Ports::default();
    let mut named = Vec::new();
    for port in listed {
        match port {
            Port::Numbers(ports) => numbers = numbers.union(ports),
            Port::Named { protocol, name } => {
                let number = format!("the number of port `{}` there", name.visible());
                let wide = protocol.map_or_else(Ports::all, Ports::of_protocol);
                named.push((ranges(&wide), Some(number.into())));
            }
        }
    }
    let sure = (!numbers.is_empty()).then(|| (ranges(&numbers), None));
    sure.into_iter().chain(named).collect()
}

/// None at all for every port.
pub fn ranges(ports: &Ports) -> Vec<PortRange> {
    if *ports == Ports::all() {
        return Vec::new();
    }
    let range = |(protocol, first, last): (&str, _, _)| PortRange {
        protocol: protocol.into(),
        first,
        last,
    };
    ports.ranges().map(range).collect()
}

fn destinations(peer: &Peer<'_>, ports: &[PortRange], cluster: &Cluster<'_>) -> Vec<Meant> {
    let to = |to: Destination| Meant {
        pattern: Pattern::Egress { to, ports: ports.to_vec() },
        depends_on: Vec::new(),
        by_labels: false,
        outside: false,
    };
    let provided = |condition: String| Meant {
        depends_on: vec![condition.into()],
        ..to(Destination::Anywhere)
    };
    vec![match peer {
        Peer::Anyone => to(Destination::Anywhere),
        Peer::Pods(pods) => return of_pods(pods, cluster, &to).into_iter().collect(),
        Peer::Block { cidr, except, .. } => {
            to(Destination::Block { cidr: *cidr, except: except.to_vec() })
        }
        Peer::Nodes(selector) => {
            let nodes = cluster.nodes.iter().filter(|node| selector.matches(&node.meta.labels));
            let addresses = nodes.flat_map(|node| &node.addresses);
            let blocks = addresses.filter_map(|address| address.raw().parse().ok());
            let block = |address: std::net::IpAddr| Destination::Block {
                cidr: IpNet::from(address),
                except: Vec::new(),
            };
            match cluster.nodes.is_empty() {
                true => provided(format!("a node with {}", spell(selector))),
                false => return blocks.map(block).map(to).collect(),
            }
        }
        Peer::Name(name, Names::Api) => to(Destination::Hosts { names: vec![(*name).clone()] }),
        Peer::Name(name, Names::Cilium) => {
            to(Destination::CiliumNames { names: vec![(*name).clone()] })
        }
        Peer::Entity("all") => to(Destination::Anywhere),
        Peer::Entity("world") => Meant { outside: true, ..to(Destination::Anywhere) },
        Peer::Entity("cluster") => to(every_pod("")),
        Peer::Entity("none") => return Vec::new(),
        Peer::Entity(entity) => provided(format!("it is `{entity}`")),
        Peer::Depends(on) => provided(on.raw().to_owned()),
    }]
}

/// Pods of every namespace.
pub fn every_pod(selector: impl Into<Text>) -> Destination {
    Destination::Pods { namespaces: Vec::new(), selector: selector.into() }
}

/// `None` when no namespace is meant.
fn of_pods(
    pods: &Pods<'_>,
    cluster: &Cluster<'_>,
    to: &impl Fn(Destination) -> Meant,
) -> Option<Meant> {
    let (named, labels) = named_namespace(pods);
    let selector = spell(&labels);
    let meant = |destination| Meant { by_labels: !labels.is_empty(), ..to(destination) };
    let in_namespaces = |namespaces| {
        let selector = selector.clone().into();
        meant(Destination::Pods { namespaces, selector })
    };
    let anywhere = |how: String| {
        let unknown = format!("{selector} in namespaces with {how}");
        Meant { by_labels: true, ..to(every_pod(unknown.trim_start())) }
    };
    let keys = |keys: &[Text]| keys.iter().map(Text::raw).collect::<Vec<_>>().join(",");
    match pods.namespaces {
        _ if named.is_some() => Some(in_namespaces(named.into_iter().collect())),
        InNamespaces::Every => Some(in_namespaces(Vec::new())),
        InNamespaces::Named(namespace) => Some(in_namespaces(vec![namespace.clone()])),
        InNamespaces::SameLabels(labels) => Some(anywhere(format!("the same {}", keys(labels)))),
        InNamespaces::NotSameLabels(labels) => Some(anywhere(format!("another {}", keys(labels)))),
        InNamespaces::Matching(selector) => {
            let loaded = cluster.namespaces();
            let matching = loaded.filter(|(_, labels)| selector.matches(labels));
            let mut names: Vec<Text> = matching.map(|(name, _)| name.clone()).collect();
            if let Some(name) = only_name(selector) {
                names = vec![name.clone()];
            }
            match names.is_empty() {
                false => Some(in_namespaces(names)),
                // Without any namespace loaded nobody can tell which ones are meant.
                true => (cluster.namespaces().next().is_none()).then(|| anywhere(spell(selector))),
            }
        }
    }
}

/// A namespace carries its own name as a label, loaded or not.
fn only_name(selector: &Selector) -> Option<&Text> {
    let is_alone = selector.labels.len() == 1 && selector.expressions.is_empty();
    selector.labels.get(NAMESPACE_NAME).filter(|_| is_alone)
}

/// Cilium names the namespace among the labels of the pods.
fn named_namespace<'a>(pods: &'a Pods<'_>) -> (Option<Text>, Cow<'a, Selector>) {
    let mut labels = Cow::Borrowed(pods.labels.as_ref());
    let is_named = pods.dialect == Dialect::Cilium && labels.labels.contains_key(CILIUM_NAMESPACE);
    let named = is_named.then(|| labels.to_mut().labels.remove(CILIUM_NAMESPACE)).flatten();
    (named, labels)
}

/// A selector as `kubectl` writes it: `app=web,tier in (a,b),!old`.
fn spell(selector: &Selector) -> String {
    let equal = selector.labels.iter().map(|(key, value)| format!("{}={}", key.raw(), value.raw()));
    let expressions = selector.expressions.iter().map(|expression| {
        let key = expression.key.raw();
        let values: Vec<&str> = expression.values.iter().map(Text::raw).collect();
        match expression.operator.raw() {
            "Exists" => key.to_owned(),
            "DoesNotExist" => format!("!{key}"),
            "In" => format!("{key} in ({})", values.join(",")),
            "NotIn" => format!("{key} notin ({})", values.join(",")),
            other => format!("{key} {other} ({})", values.join(",")),
        }
    });
    equal.chain(expressions).collect::<Vec<_>>().join(",")
}

//! CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy (formats.md §4.4). Denials win over what
//! any policy accepts; to be selected isolates, unless the rule says otherwise.

use std::borrow::Cow;

use super::endpoint::{CILIUM_NAMESPACE, CILIUM_NAMESPACE_LABELS};
use super::kubernetes;
use super::peer::{Dialect, InNamespaces, Names, Peer, PodAddresses, Pods};
use super::policy::{Action, Policy, Port, Rule, Section, Stage, Subject};
use super::ports::Ports;
use crate::domain::configured::{
    self, CiliumDomain, CiliumPeer, CiliumPolicy, CiliumPorts, CiliumRequests, CiliumSubject,
    CiliumTraffic, Expression, Record, Selector,
};
use crate::domain::{ObjectRef, Text};

/// One policy for each rule: each selects for itself.
pub fn policies<'a>(
    policy: &'a CiliumPolicy,
    record: &'a Record,
) -> impl Iterator<Item = Policy<'a>> {
    let meta = &policy.meta;
    (1..).zip(&policy.rules).filter_map(move |(number, rule): (usize, _)| {
        let subject = match &rule.subject {
            CiliumSubject::Endpoints { selector } => Subject::Pods(Pods {
                namespaces: own_namespace(policy),
                labels: Cow::Owned(without_namespace(without_source(selector), policy)),
                dialect: Dialect::Cilium,
            }),
            // It governs the traffic of nodes, not of pods.
            CiliumSubject::Nodes { .. } => return None,
            CiliumSubject::Unknown => Subject::Unknown,
        };
        let name = match policy.rules.len() {
            1 => meta.name.clone(),
            _ => format!("{}, rule {number}", meta.name.raw()).into(),
        };
        Some(Policy {
            object: ObjectRef::new(policy.kind.clone(), meta.namespace.clone(), name),
            record,
            stage: Stage::Namespaced,
            subject,
            ingress: section(rule.default_deny_ingress, &rule.ingress, &rule.ingress_deny, policy),
            egress: section(rule.default_deny_egress, &rule.egress, &rule.egress_deny, policy),
        })
    })
}

fn own_namespace(policy: &CiliumPolicy) -> InNamespaces<'_> {
    match policy.meta.namespace.is_empty() {
        true => InNamespaces::Every,
        false => InNamespaces::Named(&policy.meta.namespace),
    }
}

fn section<'a>(
    default_deny: Option<bool>,
    accept: &'a [CiliumTraffic],
    deny: &'a [CiliumTraffic],
    policy: &'a CiliumPolicy,
) -> Section<'a> {
    let named = |actions, entries: &'a [CiliumTraffic], mark: &'static str| {
        (1..).zip(entries).flat_map(move |(number, entry): (usize, _)| {
            rules(actions, format!("{mark}{number}").into(), entry, policy)
        })
    };
    Section {
        isolates: default_deny.unwrap_or(!(accept.is_empty() && deny.is_empty())),
        rules: named(Action::Deny, deny, "deny #")
            .chain(named(Action::Accept, accept, "#"))
            .collect(),
    }
}

/// One rule for each list of ports: each may ask for requests of its own.
fn rules<'a>(
    action: Action,
    name: Text,
    entry: &'a CiliumTraffic,
    policy: &'a CiliumPolicy,
) -> Vec<Rule<'a>> {
    let peers: Vec<Peer<'a>> = match &entry.peers {
        Some(peers) => peers.iter().flat_map(|read| peer(read, policy)).collect(),
        // An entry without any part matches nothing.
        None if entry.ports.is_empty() => Vec::new(),
        None => vec![Peer::Anyone],
    };
    let of_entry = match (&entry.authentication, entry.requires.is_empty()) {
        (_, false) => Some("further conditions on the labels of peers (`Requires`)".into()),
        (Some(mode), true) if *mode != "disabled" => {
            Some(format!("mutual authentication ({})", mode.visible()).into())
        }
        _ => None,
    };
    let rule = |ports: Vec<Port<'a>>, provided: Option<Text>| Rule {
        name: name.clone(),
        action,
        peers: peers.clone(),
        ports,
        provided,
    };
    // Messages of ICMP have no ports.
    if entry.ports.is_empty() && entry.icmp.is_empty() {
        return vec![rule(vec![Port::Numbers(Ports::all())], of_entry)];
    }
    let ported = entry.ports.iter().map(|listed| {
        let every = || vec![Port::Numbers(Ports::all())];
        let ports = match listed.ports.is_empty() {
            true => every(),
            false => listed.ports.iter().map(port).collect(),
        };
        rule(ports, of_entry.clone().or_else(|| asked_for(listed)))
    });
    ported.collect()
}

/// Port `0` means every port, like no port at all.
fn port(port: &configured::Port) -> Port<'_> {
    let is_every = port.port.as_ref().is_some_and(|number| *number == "0");
    let protocol = match port.protocol.raw() {
        "" => "ANY",
        named => named,
    };
    match is_every {
        true => Port::Numbers(Ports::of_protocol(protocol)),
        false => kubernetes::port(port, "ANY"),
    }
}

/// What requests on these ports have to be.
fn asked_for(ports: &CiliumPorts) -> Option<Text> {
    if !ports.server_names.is_empty() {
        let names: Vec<_> = ports.server_names.iter().map(Text::visible).collect();
        return Some(format!("TLS server name {}", names.join(", ")).into());
    }
    let text = match ports.requests.as_ref()? {
        CiliumRequests::Http { rules } => format!("{} rules for HTTP requests", rules.len()),
        // Which names may be asked for does not limit who may be asked.
        CiliumRequests::Dns { .. } => return None,
        CiliumRequests::Kafka { rules } => format!("{} rules for Kafka requests", rules.len()),
        CiliumRequests::Other { name } => format!("requests of {}", name.visible()),
        CiliumRequests::Unknown => "requests that are not understood".to_owned(),
    };
    Some(text.into())
}

fn peer<'a>(peer: &'a CiliumPeer, policy: &'a CiliumPolicy) -> Vec<Peer<'a>> {
    match peer {
        CiliumPeer::Endpoints { selector } => endpoints(selector, policy),
        CiliumPeer::Entity { name } => vec![Peer::Entity(name.raw())],
        CiliumPeer::Block { cidr, except } => {
            vec![Peer::Block { cidr: *cidr, except, pods: PodAddresses::Ignored }]
        }
        CiliumPeer::Domain(CiliumDomain::Name(name) | CiliumDomain::Pattern(name)) => {
            vec![Peer::Name(name, Names::Cilium)]
        }
        CiliumPeer::Nodes { .. } => depends("addresses of nodes".into()),
        CiliumPeer::CidrGroup { name, .. } => {
            let name = name.as_ref().map(Text::visible).unwrap_or_default();
            depends(format!("addresses of group {name}"))
        }
        CiliumPeer::Service { name, .. } => {
            let name = name.as_ref().map(Text::visible).unwrap_or_default();
            depends(format!("endpoints of service {name}"))
        }
        CiliumPeer::Unknown { field } => depends(format!("{}: not understood", field.visible())),
    }
}

fn depends<'a>(reason: String) -> Vec<Peer<'a>> {
    vec![Peer::Depends(reason.into())]
}

/// Pods by their labels; an entity where the labels are those that Cilium reserves for one. Without
/// any word of a namespace a namespaced policy means its own.
fn endpoints<'a>(selector: &'a Selector, policy: &'a CiliumPolicy) -> Vec<Peer<'a>> {
    let mut reserved = selector.labels.keys().filter_map(|key| key.raw().strip_prefix("reserved:"));
    if let Some(entity) = reserved.next() {
        return vec![Peer::Entity(entity)];
    }
    let labels = without_source(selector);
    let mut keys =
        labels.labels.keys().chain(labels.expressions.iter().map(|expression| &expression.key));
    let names_namespace =
        keys.any(|key| *key == CILIUM_NAMESPACE || key.raw().starts_with(CILIUM_NAMESPACE_LABELS));
    let namespaces = match names_namespace {
        true => InNamespaces::Every,
        false => own_namespace(policy),
    };
    vec![Peer::Pods(Pods { namespaces, labels: Cow::Owned(labels), dialect: Dialect::Cilium })]
}

/// The selector with the keys as pods carry them: all labels that are known here come from
/// Kubernetes.
fn without_source(selector: &Selector) -> Selector {
    let plain = |key: &Text| match key.raw().split_once(':') {
        Some(("any" | "k8s", key)) => key.into(),
        _ => key.clone(),
    };
    let expressions = selector.expressions.iter();
    Selector {
        labels: selector.labels.iter().map(|(key, value)| (plain(key), value.clone())).collect(),
        expressions: expressions
            .map(|expression| Expression { key: plain(&expression.key), ..expression.clone() })
            .collect(),
    }
}

/// A namespaced policy governs its own namespace, whatever its selector says of namespaces.
fn without_namespace(mut selector: Selector, policy: &CiliumPolicy) -> Selector {
    if !policy.meta.namespace.is_empty() {
        selector.labels.remove(CILIUM_NAMESPACE);
    }
    selector
}

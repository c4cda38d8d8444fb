//! NetworkPolicy (`networking.k8s.io/v1`): accepts only, and isolates whom it selects
//! (formats.md §4.1).

use std::borrow::Cow;

use super::peer::{Dialect, InNamespaces, Peer, PodAddresses, Pods};
use super::policy::{Action, Policy, Port, Rule, Section, Stage, Subject};
use super::ports::Ports;
use crate::domain::configured::{self, NetworkPolicy, NetworkRule, Record};
use crate::domain::{ObjectRef, Text};

pub fn policy<'a>(policy: &'a NetworkPolicy, record: &'a Record) -> Policy<'a> {
    let namespace = &policy.meta.namespace;
    let section = |governs: bool, rules: &'a [NetworkRule]| match governs {
        true => Section {
            isolates: true,
            rules: (1..).zip(rules).map(|(number, read)| rule(number, read, namespace)).collect(),
        },
        false => Section::default(),
    };
    Policy {
        object: ObjectRef::new("NetworkPolicy", namespace.clone(), policy.meta.name.clone()),
        record,
        stage: Stage::Namespaced,
        subject: Subject::Pods(Pods {
            namespaces: InNamespaces::Named(namespace),
            labels: Cow::Borrowed(&policy.selects),
            dialect: Dialect::Kubernetes,
        }),
        ingress: section(policy.ingress, &policy.ingress_rules),
        egress: section(policy.egress, &policy.egress_rules),
    }
}

fn rule<'a>(number: usize, rule: &'a NetworkRule, namespace: &'a Text) -> Rule<'a> {
    let peers = rule.peers.iter().map(|read| peer(read, namespace));
    let ports = rule.ports.iter().map(|read| port(read, "TCP"));
    Rule {
        name: format!("#{number}").into(),
        action: Action::Accept,
        peers: if rule.peers.is_empty() { vec![Peer::Anyone] } else { peers.collect() },
        ports: match rule.ports.is_empty() {
            true => vec![Port::Numbers(Ports::all())],
            false => ports.collect(),
        },
        provided: None,
    }
}

fn peer<'a>(peer: &'a configured::Peer, namespace: &'a Text) -> Peer<'a> {
    match peer {
        configured::Peer::Block { cidr, except } => {
            Peer::Block { cidr: *cidr, except, pods: PodAddresses::ByPlugin }
        }
        configured::Peer::Pods { namespaces, pods } => Peer::Pods(Pods {
            namespaces: match namespaces {
                None => InNamespaces::Named(namespace),
                Some(selector) if selector.is_empty() => InNamespaces::Every,
                Some(selector) => InNamespaces::Matching(selector),
            },
            labels: pods.as_ref().map_or_else(Cow::default, Cow::Borrowed),
            dialect: Dialect::Kubernetes,
        }),
    }
}

/// A port by number, by range or by name; no port of the protocol when the number is impossible.
pub fn port<'a>(port: &'a configured::Port, default_protocol: &'a str) -> Port<'a> {
    let protocol = match port.protocol.raw() {
        "" => default_protocol,
        named => named,
    };
    match &port.port {
        None => Port::Numbers(Ports::of_protocol(protocol)),
        Some(number) if number.raw().bytes().all(|byte| byte.is_ascii_digit()) => {
            let first: Option<u16> = number.raw().parse().ok().filter(|first| *first > 0);
            Port::Numbers(first.map_or_else(Ports::default, |first| {
                Ports::of(protocol, first, port.end.unwrap_or(first))
            }))
        }
        Some(name) => {
            Port::Named { protocol: Some(protocol).filter(|named| *named != "ANY"), name }
        }
    }
}

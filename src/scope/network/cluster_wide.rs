//! The network policy API (`policy.networking.k8s.io`): ClusterNetworkPolicy, and
//! AdminNetworkPolicy and BaselineAdminNetworkPolicy before it (formats.md §4.2).

use std::borrow::Cow;

use super::peer::{Dialect, InNamespaces, Names, Peer, PodAddresses, Pods};
use super::policy::{Action, Policy, Port, Rule, Section, Stage, Subject};
use super::ports::Ports;
use crate::domain::configured::{
    ClusterAction, ClusterNetworkPolicy, ClusterPeer, ClusterPort, ClusterRule, Namespaces, Record,
    Selector, Tier,
};
use crate::domain::{ObjectRef, Text};

/// A priority that cannot be read comes last.
const LAST: u32 = u32::MAX;

pub fn policy<'a>(policy: &'a ClusterNetworkPolicy, record: &'a Record) -> Policy<'a> {
    let priority = policy.priority.unwrap_or(LAST);
    let (stage, provided) = match policy.tier {
        Tier::Admin => (Stage::Admin(priority), None),
        Tier::Baseline => (Stage::Baseline(priority), None),
        Tier::Unknown => {
            (Stage::Admin(priority), Some(Text::from("a tier that is not understood")))
        }
    };
    let section = |rules: &'a [ClusterRule]| Section {
        isolates: false,
        rules: (1..)
            .zip(rules)
            .filter_map(|(number, read)| rule(number, read, &provided))
            .collect(),
    };
    Policy {
        object: ObjectRef::new(policy.kind.clone(), "", policy.meta.name.clone()),
        record,
        stage,
        subject: match &policy.subject {
            ClusterPeer::Namespaces { namespaces } => Subject::Pods(pods(namespaces, None)),
            ClusterPeer::Pods { namespaces, pods: labels } => {
                Subject::Pods(pods(namespaces, Some(labels)))
            }
            _ => Subject::Unknown,
        },
        ingress: section(&policy.ingress),
        egress: section(&policy.egress),
    }
}

/// A rule that is not understood fails closed: one that accepts matches nothing, any other denies
/// everything.
fn rule<'a>(number: usize, rule: &'a ClusterRule, provided: &Option<Text>) -> Option<Rule<'a>> {
    let name = rule.name.clone().unwrap_or_else(|| format!("#{number}").into());
    let understood = !rule.peers.contains(&ClusterPeer::Unknown)
        && !rule.ports.contains(&ClusterPort::Unknown)
        && rule.action != ClusterAction::Unknown;
    if !understood {
        return (rule.action != ClusterAction::Accept).then(|| Rule {
            name,
            action: Action::Deny,
            peers: vec![Peer::Anyone],
            ports: vec![Port::Numbers(Ports::all())],
            provided: Some("a rule that is not understood and fails closed".into()),
        });
    }
    Some(Rule {
        name,
        action: match rule.action {
            ClusterAction::Accept => Action::Accept,
            ClusterAction::Pass => Action::Pass,
            ClusterAction::Deny | ClusterAction::Unknown => Action::Deny,
        },
        peers: rule.peers.iter().flat_map(peers).collect(),
        ports: match rule.ports.is_empty() {
            true => vec![Port::Numbers(Ports::all())],
            false => rule.ports.iter().map(port).collect(),
        },
        provided: provided.clone(),
    })
}

fn peers(peer: &ClusterPeer) -> Vec<Peer<'_>> {
    match peer {
        ClusterPeer::Namespaces { namespaces } => vec![Peer::Pods(pods(namespaces, None))],
        ClusterPeer::Pods { namespaces, pods: labels } => {
            vec![Peer::Pods(pods(namespaces, Some(labels)))]
        }
        ClusterPeer::Networks { networks } => networks
            .iter()
            .map(|cidr| Peer::Block { cidr: *cidr, except: &[], pods: PodAddresses::Matched })
            .collect(),
        ClusterPeer::Nodes { nodes } => vec![Peer::Nodes(nodes)],
        ClusterPeer::DomainNames { names } => {
            names.iter().map(|name| Peer::Name(name, Names::Api)).collect()
        }
        ClusterPeer::Unknown => Vec::new(),
    }
}

fn pods<'a>(namespaces: &'a Namespaces, labels: Option<&'a Selector>) -> Pods<'a> {
    Pods {
        namespaces: match namespaces {
            Namespaces::Matching(selector) if selector.is_empty() => InNamespaces::Every,
            Namespaces::Matching(selector) => InNamespaces::Matching(selector),
            Namespaces::SameLabels(keys) => InNamespaces::SameLabels(keys),
            Namespaces::NotSameLabels(keys) => InNamespaces::NotSameLabels(keys),
        },
        labels: labels.map_or_else(Cow::default, Cow::Borrowed),
        dialect: Dialect::Kubernetes,
    }
}

fn port(port: &ClusterPort) -> Port<'_> {
    match port {
        ClusterPort::Numbers { protocol, first, last } => {
            Port::Numbers(Ports::of(protocol.raw(), *first, *last))
        }
        ClusterPort::Protocol { protocol } => Port::Numbers(Ports::of_protocol(protocol.raw())),
        ClusterPort::Named { name } => Port::Named { protocol: None, name },
        ClusterPort::Unknown => Port::Numbers(Ports::default()),
    }
}

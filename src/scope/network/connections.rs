//! Who may connect to whom: the policies of a cluster held against both ends of a connection.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;

use super::addresses::{self, AddressRange};
use super::decision::{Claim, Decision, Governing, decide};
use super::endpoint::{Cluster, End, Endpoint, Match, Standing};
use super::peer::{InNamespaces, Peer};
use super::policy::{Direction, Policy, Subject};
use super::ports::Ports;
use super::{cilium, cluster_wide, kubernetes};
use crate::domain::Text;
use crate::domain::configured::{Configured, Record};

/// The workloads of one cluster and the network policies over them.
#[derive(Debug)]
pub struct Network<'a> {
    pub cluster: Cluster<'a>,
    pub endpoints: Vec<Endpoint<'a>>,
    /// In the order in which they are asked.
    pub policies: Vec<Policy<'a>>,
    /// Of each endpoint: the policies that govern it, or may, by their position.
    governing: Vec<Vec<(usize, Match)>>,
    by_name: BTreeMap<(&'a Text, &'a Text), usize>,
    by_address: BTreeMap<IpAddr, usize>,
}

/// A connection as the policies at both ends see it.
#[derive(Debug)]
pub struct Connection<'n> {
    /// What governs the source; `None` when it is not a workload of the cluster.
    pub egress: Option<Decision<'n>>,
    /// What governs the destination.
    pub ingress: Option<Decision<'n>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
pub enum Verdict {
    Accepted,
    Denied,
    /// What the unsure claims of the decisions depend on.
    Undecided,
}

impl<'a> Network<'a> {
    /// The network of these records, which are of one cluster.
    pub fn of(
        records: impl Iterator<Item = &'a Record> + Clone,
        workloads: impl Iterator<Item = Standing<'a>>,
    ) -> Self {
        let cluster = Cluster::of(records.clone());
        let endpoints: Vec<Endpoint<'a>> = workloads
            .enumerate()
            .map(|(at, standing)| Endpoint::new(at, standing, &cluster))
            .collect();
        let mut policies: Vec<Policy<'a>> = records.flat_map(policies_of).collect();
        policies.sort_by(|one, other| (one.stage, &one.object).cmp(&(other.stage, &other.object)));
        let governing = governing(&endpoints, &policies, &cluster);
        let by_name =
            endpoints.iter().map(|endpoint| ((endpoint.namespace(), endpoint.name), endpoint.at));
        // Pods in the network of their node share its address: it does not tell which pod it is.
        let own_address = endpoints.iter().filter(|endpoint| !endpoint.workload.host_network);
        let by_address = own_address.flat_map(|endpoint| {
            endpoint.addresses.iter().map(move |address| (*address, endpoint.at))
        });
        let (by_name, by_address) = (by_name.collect(), by_address.collect());
        Self { cluster, endpoints, policies, governing, by_name, by_address }
    }

    /// The pods of a workload.
    pub fn workload(&self, namespace: &Text, name: &Text) -> Option<End<'_>> {
        self.by_name.get(&(namespace, name)).and_then(|at| self.endpoints.get(*at)).map(End::Pods)
    }

    /// The pods that have this address, or the address as one outside of the known pods.
    pub fn address(&self, address: IpAddr) -> End<'_> {
        let known = self.by_address.get(&address).and_then(|at| self.endpoints.get(*at));
        known.map_or(End::Address(address), End::Pods)
    }

    /// What the policies at both ends say of a connection.
    pub fn connection(&self, source: &End<'_>, destination: &End<'_>) -> Connection<'_> {
        Connection {
            egress: self.decision(source, destination, Direction::Egress),
            ingress: self.decision(destination, source, Direction::Ingress),
        }
    }

    /// Whether `source` may connect to a port of `destination`.
    pub fn can_connect(
        &self,
        source: &End<'_>,
        destination: &End<'_>,
        protocol: &str,
        port: u16,
    ) -> Verdict {
        self.connection(source, destination).verdict(protocol, port)
    }

    pub(super) fn decision(
        &self,
        subject: &End<'_>,
        other: &End<'_>,
        direction: Direction,
    ) -> Option<Decision<'_>> {
        let End::Pods(endpoint) = subject else { return None };
        let governing = self.governing(endpoint, direction);
        Some(decide(endpoint, other, direction, &governing, &self.cluster))
    }

    /// The policies that govern an endpoint in a direction, or may, in their order.
    pub fn governing(&self, endpoint: &Endpoint<'_>, direction: Direction) -> Vec<Governing<'_>> {
        let positions = self.governing.get(endpoint.at).into_iter().flatten();
        let policies = positions.filter_map(|(at, governs)| {
            self.policies.get(*at).map(|policy| (policy, governs.clone()))
        });
        policies.filter(|(policy, _)| !policy.section(direction).is_silent()).collect()
    }

    /// The addresses outside of the known pods, in the ranges that the policies of an endpoint tell
    /// apart.
    pub fn outside(&self, endpoint: &Endpoint<'_>, direction: Direction) -> Vec<AddressRange> {
        let governing = self.governing(endpoint, direction);
        let rules = governing.iter().flat_map(|(policy, _)| &policy.section(direction).rules);
        let blocks = rules.flat_map(|rule| &rule.peers).flat_map(|peer| match peer {
            Peer::Block { cidr, except, .. } => {
                [cidr].into_iter().chain(except.iter()).collect::<Vec<&IpNet>>()
            }
            _ => Vec::new(),
        });
        addresses::ranges(blocks)
    }
}

impl<'n> Connection<'n> {
    pub fn accepted(&self) -> Ports {
        self.decisions().fold(Ports::all(), |ports, by| ports.intersection(&by.accepted))
    }

    pub fn denied(&self) -> Ports {
        self.decisions().fold(Ports::default(), |ports, by| ports.union(&by.denied))
    }

    pub fn verdict(&self, protocol: &str, port: u16) -> Verdict {
        match () {
            () if self.denied().contains(protocol, port) => Verdict::Denied,
            () if self.accepted().contains(protocol, port) => Verdict::Accepted,
            () => Verdict::Undecided,
        }
    }

    /// Who has a word on a port at either end: every policy that accepts it, the one that denies.
    pub fn claims(
        &self,
        protocol: &str,
        port: u16,
    ) -> impl Iterator<Item = (Direction, &Claim<'n>)> {
        let egress = self.egress.iter().map(|decision| (Direction::Egress, decision));
        let ingress = self.ingress.iter().map(|decision| (Direction::Ingress, decision));
        let claims = egress.chain(ingress).flat_map(|(direction, decision)| {
            decision.claims.iter().map(move |claim| (direction, claim))
        });
        claims.filter(move |(_, claim)| claim.ports.contains(protocol, port))
    }

    fn decisions(&self) -> impl Iterator<Item = &Decision<'n>> {
        self.egress.iter().chain(&self.ingress)
    }
}

fn policies_of(record: &Record) -> Vec<Policy<'_>> {
    match &record.body {
        Configured::NetworkPolicy(policy) => vec![kubernetes::policy(policy, record)],
        Configured::ClusterNetworkPolicy(policy) => vec![cluster_wide::policy(policy, record)],
        Configured::CiliumPolicy(policy) => cilium::policies(policy, record).collect(),
        _ => Vec::new(),
    }
}

/// Namespaced policies are only held against the endpoints of their namespace.
fn governing(
    endpoints: &[Endpoint<'_>],
    policies: &[Policy<'_>],
    cluster: &Cluster<'_>,
) -> Vec<Vec<(usize, Match)>> {
    let mut of_namespace: BTreeMap<Option<&Text>, Vec<usize>> = BTreeMap::new();
    for (at, policy) in policies.iter().enumerate() {
        let namespace = match &policy.subject {
            Subject::Pods(pods) => match pods.namespaces {
                InNamespaces::Named(namespace) => Some(namespace),
                _ => None,
            },
            Subject::Unknown => None,
        };
        of_namespace.entry(namespace).or_default().push(at);
    }
    let of_endpoint = endpoints.iter().map(|endpoint| {
        let candidates = [None, Some(endpoint.namespace())];
        let candidates = candidates.iter().flat_map(|namespace| of_namespace.get(namespace));
        let mut found: Vec<(usize, Match)> = candidates
            .flatten()
            .filter_map(|at| Some((*at, policies.get(*at)?.governs(endpoint, cluster))))
            .filter(|(_, governs)| *governs != Match::No)
            .collect();
        found.sort_by_key(|(at, _)| *at);
        found
    });
    of_endpoint.collect()
}

//! Network policies in the graph of authority: workload → policy, or what stands for its absence.
//!
//! A policy permits what its rules accept. What policies before it deny or pass on is taken away on
//! the edge, what its own rules before take away, on the permission. What a mesh refuses is taken
//! away on the edge as well, and for the hosts of agents what the policies at the other end do not let
//! in; for other workloads that is asked of [`Network`](super::Network).

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use petgraph::graph::NodeIndex;

use super::connections::Network;
use super::endpoint::{Endpoint, Match, Standing};
use super::ingress::Others;
use super::meaning::{Meant, every_pod, patterns};
use super::narrowing::{clause, layer, narrowing};
use super::peer::Pods;
use super::policy::{Action, Direction, Policy, Rule, Stage, Subject};
use crate::domain::configured::Configured;
use crate::domain::pattern::Destination;
use crate::domain::{
    Agent, AgentKey, Attachment, Bounds, Clause, Layer, ObjectRef, Pattern, Plane, Text, opposite,
};
use crate::scope::authority::{Authority, Edge, Permission};
use crate::scope::estate::Estate;
use crate::scope::mesh;

/// Adds what the workloads of the estate may reach, and what these agents have by their workloads.
pub fn add(estate: &Estate, agents: &[Agent], authority: &mut Authority) {
    let hosts: BTreeSet<AgentKey> = agents.iter().map(|agent| agent.key.host()).collect();
    for realm in &estate.realms_with_network {
        let network = Network::of_realm(estate, realm);
        let mut others = Others::of(&network);
        let mut mesh = mesh::Narrowing::of(estate, realm);
        let mut adding = Adding { realm, network: &network, authority, permitted: BTreeSet::new() };
        for endpoint in &network.endpoints {
            let workload = adding.workload(endpoint);
            let key =
                AgentKey::new(realm.clone(), endpoint.namespace().clone(), endpoint.name.clone());
            let mut further: Vec<Arc<Bounds>> =
                mesh.as_mut().and_then(|mesh| mesh.bounds(&key)).into_iter().collect();
            if hosts.contains(&key) {
                further.push(others.refusing(endpoint));
                let agent = adding.authority.agent(&key);
                adding.authority.give(agent, workload, Edge::held(Attachment::Own, "runs as"));
            }
            adding.reach_of(endpoint, workload, &further);
        }
    }
}

impl<'a> Network<'a> {
    /// The network of a realm.
    pub fn of_realm(estate: &'a Estate, realm: &'a Text) -> Self {
        let records = || estate.records().filter(move |record| record.realm == *realm);
        let mut addresses: BTreeMap<(&Text, &Text), Vec<IpAddr>> = BTreeMap::new();
        for record in records() {
            let Configured::Workload(workload) = &record.body else { continue };
            let (namespace, name) = (&workload.meta.namespace, &workload.meta.name);
            let top = estate.workloads.loaded_member(realm, namespace, name).unwrap_or(name);
            let known = workload.status.iter().flat_map(|status| &status.addresses);
            let known = known.filter_map(|address| address.raw().parse::<IpAddr>().ok());
            addresses.entry((namespace, top)).or_default().extend(known);
        }
        let standing = estate.workloads.tops.keys().filter(|key| key.realm == *realm);
        let standing = standing.filter_map(|key| {
            let record = estate.workload(key)?;
            let Configured::Workload(workload) = &record.body else { return None };
            let addresses = addresses.get(&(&key.space, &key.name)).cloned().unwrap_or_default();
            Some(Standing { name: &key.name, workload, record, addresses })
        });
        Self::of(records(), standing)
    }
}

struct Adding<'n> {
    realm: &'n Text,
    network: &'n Network<'n>,
    authority: &'n mut Authority,
    /// Objects whose permissions stand.
    permitted: BTreeSet<ObjectRef>,
}

impl Adding<'_> {
    fn workload(&mut self, endpoint: &Endpoint<'_>) -> NodeIndex {
        let kind = endpoint.workload.kind.clone();
        let object = ObjectRef::new(kind, endpoint.namespace().clone(), endpoint.name.clone());
        let node = self.authority.principal(self.realm, object);
        self.authority.loaded(node, endpoint.record);
        node
    }

    /// What lies behind a workload, narrowed further by these bounds.
    fn reach_of(&mut self, endpoint: &Endpoint<'_>, workload: NodeIndex, further: &[Arc<Bounds>]) {
        let narrowed = |edge: Edge| further.iter().cloned().fold(edge, Edge::bounded);
        if endpoint.workload.host_network {
            let node = ObjectRef::new("Node network", "", "hostNetwork is set");
            let edge = Edge::held(Attachment::Node, "no policy governs pods in a node's network");
            return self.anywhere(workload, node, narrowed(edge));
        }
        let governing = self.network.governing(endpoint, Direction::Egress);
        for (policy, governs) in &governing {
            let accepts = |rule: &Rule<'_>| rule.action == Action::Accept;
            if !policy.egress.rules.iter().any(accepts) {
                continue;
            }
            let mut bounds = narrowing(&governing, Some(policy), &self.network.cluster);
            if let Match::Depends(on) = governs {
                bounds.depends_on.push(on.clone());
            }
            let node = self.policy(policy);
            let edge = Edge::held(attachment(policy), "selects it").bounded(Arc::new(bounds));
            self.authority.give(workload, node, narrowed(edge));
        }
        // What is missing is a policy in the namespace: default allow is one finding there.
        let namespace = ObjectRef::new("Namespace", "", endpoint.namespace().clone());
        let mut bounds = narrowing(&governing, None, &self.network.cluster);
        let isolating = || governing.iter().filter(|(policy, _)| policy.egress.isolates);
        let sure = isolating().filter(|(_, governs)| *governs == Match::Yes);
        let sure: Vec<Layer> = sure.map(|(policy, _)| isolation(policy)).collect();
        if !sure.is_empty() {
            bounds.except.extend(sure);
            let edge =
                Edge::barred(Attachment::DefaultAllow, "a policy isolates it", bounds.into());
            return self.anywhere(workload, namespace, narrowed(edge));
        }
        bounds.depends_on.extend(isolating().filter_map(|(_, governs)| match governs {
            Match::Depends(on) => Some(opposite(on)),
            _ => None,
        }));
        let edge = Edge::held(Attachment::DefaultAllow, "no policy selects it");
        self.anywhere(workload, namespace, narrowed(edge.bounded(Arc::new(bounds))));
    }

    fn anywhere(&mut self, workload: NodeIndex, object: ObjectRef, edge: Edge) {
        let node = self.authority.granting(self.realm, object.clone());
        self.authority.implied(node);
        if self.permitted.insert(object) {
            let anywhere = Pattern::Egress { to: Destination::Anywhere, ports: Vec::new() };
            self.authority.permit(node, Permission::new(anywhere, Plane::Network));
        }
        self.authority.give(workload, node, edge);
    }

    /// The node of a policy, with what its rules accept.
    fn policy(&mut self, policy: &Policy<'_>) -> NodeIndex {
        let node = self.authority.granting(self.realm, policy.object.clone());
        if !self.permitted.insert(policy.object.clone()) {
            return node;
        }
        self.authority.loaded(node, policy.record);
        let is_ordered = policy.stage != Stage::Namespaced;
        let mut before: Vec<Clause> = Vec::new();
        for rule in &policy.egress.rules {
            let meant = patterns(rule, &self.network.cluster);
            if rule.action != Action::Accept {
                before.extend(meant.into_iter().map(clause));
                continue;
            }
            for meant in meant {
                let before = if is_ordered { before.as_slice() } else { &[] };
                self.authority.permit(node, permission(meant, policy, before));
            }
        }
        node
    }
}

/// Whoever a policy isolates may only do what some policy accepts.
fn isolation(policy: &Policy<'_>) -> Layer {
    let pattern = Pattern::Egress { to: Destination::Anywhere, ports: Vec::new() };
    layer(policy, vec![Clause { pattern, depends_on: Vec::new() }])
}

fn permission(meant: Meant, policy: &Policy<'_>, before: &[Clause]) -> Permission {
    let mut bounds = Bounds::default();
    if !before.is_empty() {
        bounds.except.push(layer(policy, before.to_vec()));
    }
    if meant.outside {
        let pods = Pattern::Egress { to: every_pod(""), ports: Vec::new() };
        let pods = Clause { pattern: pods, depends_on: Vec::new() };
        bounds.except.push(layer(policy, vec![pods]));
    }
    bounds.depends_on.extend(meant.depends_on);
    let bounds = (!bounds.is_empty()).then(|| Arc::new(bounds));
    Permission { bounds, ..Permission::new(meant.pattern, Plane::Network) }
}

fn attachment(policy: &Policy<'_>) -> Attachment {
    match &policy.subject {
        _ if policy.object.namespace.is_empty() => Attachment::ClusterWide,
        Subject::Pods(Pods { labels, .. }) if labels.is_empty() => Attachment::EmptySelector,
        Subject::Pods(_) | Subject::Unknown => Attachment::Own,
    }
}

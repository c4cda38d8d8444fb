//! What the policies at the other end take away from what a workload may connect to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::connections::Network;
use super::decision::{Claim, Decision};
use super::endpoint::{End, Endpoint, Match};
use super::meaning::ranges;
use super::narrowing::layer;
use super::peer::{Dialect, Peer};
use super::policy::{Action, Direction, Policy};
use super::ports::Ports;
use crate::domain::pattern::{Destination, PortRange};
use crate::domain::{Bounds, Clause, ObjectRef, Pattern, Text, opposite};

/// On which ports, and on what it depends.
type Refused = (Vec<PortRange>, Vec<Text>);

/// Workloads that the same policies guard alike: what one of them refuses, all of them do.
struct Guarded<'n> {
    one: &'n Endpoint<'n>,
    /// As `namespace/name`.
    names: Vec<Text>,
}

/// What tells guarded workloads apart: where they are, the policies that govern them for certain or
/// on a condition, and what the names of ports stand for.
type Guard<'n> =
    (&'n Text, Vec<(&'n ObjectRef, Option<Text>)>, Vec<(Option<&'n Text>, &'n Text, u16)>);

/// What the other ends of a network refuse, asked once for callers that no policy tells apart.
pub struct Others<'n> {
    network: &'n Network<'n>,
    guarded: Vec<Guarded<'n>>,
    /// The labels by which rules tell callers apart; absent when they do so by more than labels and
    /// namespaces.
    telling: Option<BTreeSet<&'n Text>>,
    known: BTreeMap<Caller<'n>, Arc<Bounds>>,
}

/// A caller as rules see it: its namespace, whether it has the network of its node, its labels.
type Caller<'n> = (&'n Text, bool, Vec<Option<&'n Text>>);

impl<'n> Others<'n> {
    pub fn of(network: &'n Network<'n>) -> Self {
        let (guarded, telling) = (network.guarded(), network.telling());
        Self { network, guarded, telling, known: BTreeMap::new() }
    }

    /// What they do not take from `source`.
    pub fn refusing(&mut self, source: &'n Endpoint<'n>) -> Arc<Bounds> {
        let refused = || Arc::new(self.network.refused_by(&self.guarded, source));
        let Some(keys) = &self.telling else { return refused() };
        let workload = source.workload;
        let labels = keys.iter().map(|key| workload.pod_labels.get(*key)).collect();
        let caller = (source.namespace(), workload.host_network, labels);
        self.known.entry(caller).or_insert_with(refused).clone()
    }
}

impl<'a> Network<'a> {
    fn telling(&self) -> Option<BTreeSet<&Text>> {
        let mut keys = BTreeSet::new();
        let rules = self.policies.iter().flat_map(|policy| &policy.ingress.rules);
        for peer in rules.flat_map(|rule| &rule.peers) {
            match peer {
                Peer::Anyone | Peer::Depends(_) => {}
                Peer::Pods(pods) if pods.dialect == Dialect::Kubernetes => {
                    keys.extend(pods.labels.labels.keys());
                    keys.extend(pods.labels.expressions.iter().map(|expression| &expression.key));
                }
                _ => return None,
            }
        }
        Some(keys)
    }

    /// The workloads whose ingress policies govern.
    fn guarded(&self) -> Vec<Guarded<'_>> {
        let mut guarded: BTreeMap<Guard<'_>, Guarded<'_>> = BTreeMap::new();
        for endpoint in &self.endpoints {
            let governing = self.governing(endpoint, Direction::Ingress);
            if governing.is_empty() {
                continue;
            }
            let policies = governing.into_iter().map(|(policy, governs)| {
                let on = if let Match::Depends(on) = governs { Some(on) } else { None };
                (&policy.object, on)
            });
            let ports = endpoint.workload.containers.iter().flat_map(|container| &container.ports);
            let ports = ports.map(|port| (port.name.as_ref(), &port.protocol, port.number));
            let guard = (endpoint.namespace(), policies.collect(), ports.collect());
            let alike = guarded
                .entry(guard)
                .or_insert_with(|| Guarded { one: endpoint, names: Vec::new() });
            let name = format!("{}/{}", endpoint.namespace().raw(), endpoint.name.raw());
            alike.names.push(name.into());
        }
        guarded.into_values().collect()
    }

    /// What guarded workloads do not take from `source`.
    fn refused_by(&self, guarded: &[Guarded<'_>], source: &Endpoint<'_>) -> Bounds {
        let mut by: BTreeMap<&ObjectRef, (&Policy<'_>, BTreeMap<Refused, Vec<Text>>)> =
            BTreeMap::new();
        for others in guarded {
            let me = End::Pods(source);
            let Some(decision) = self.decision(&End::Pods(others.one), &me, Direction::Ingress)
            else {
                continue;
            };
            for (policy, refused) in refused(&decision) {
                let (_, names) =
                    by.entry(&policy.object).or_insert_with(|| (policy, BTreeMap::new()));
                names.entry(refused).or_default().extend_from_slice(&others.names);
            }
        }
        let except = by.into_values().map(|(policy, refused)| {
            let clauses = refused.into_iter().map(|((ports, depends_on), names)| Clause {
                pattern: Pattern::Egress { to: Destination::Workloads { names }, ports },
                depends_on,
            });
            layer(policy, clauses.collect())
        });
        Bounds { except: except.collect(), ..Bounds::default() }
    }
}

/// What is denied, by whom; and what may be denied, with what that depends on.
fn refused<'n>(decision: &Decision<'n>) -> impl Iterator<Item = (&'n Policy<'n>, Refused)> {
    decision.claims.iter().filter_map(|claim| {
        let policy = claim.by.policy()?;
        let (ports, depends_on) = ports_refused(claim, decision)?;
        (!ports.is_empty()).then(|| (policy, (ranges(&ports), depends_on)))
    })
}

fn ports_refused(claim: &Claim<'_>, decision: &Decision<'_>) -> Option<(Ports, Vec<Text>)> {
    let of = |ports: &Ports| claim.ports.intersection(ports);
    match (claim.action, &claim.depends_on) {
        (Action::Deny, None) => Some((of(&decision.denied), Vec::new())),
        (Action::Deny, Some(on)) => Some((of(&decision.undecided), vec![on.clone()])),
        // What is accepted on a condition is denied without it.
        (Action::Accept, Some(on)) => Some((of(&decision.undecided), vec![opposite(on)])),
        (Action::Accept, None) | (Action::Pass, _) => None,
    }
}

//! What a workload reaches: its own side of every destination's policies.
//!
//! Policies stand at the destination, so the question is put to all of them. Destinations for which
//! the mesh makes no difference are put as one.

use std::collections::{BTreeMap, BTreeSet};

use super::access::Sent;
use super::attribute::{self, View};
use super::authorization::{Decision, Policy, Traffic};
use super::call::Call;
use super::index::{Member, Mesh};
use super::outbound::Outbound;
use super::peer::{Membership, MutualTls};
use super::rule::{Question, conditions};
use crate::domain::configured::{MeshAction, MeshCondition, MeshRule};
use crate::domain::pattern::PortRange;
use crate::domain::{AgentKey, Text};
use crate::scope::Estate;
use crate::scope::answer::Answer;

/// Workloads of one namespace that the mesh treats alike, and whether they may be called.
#[derive(Clone, Debug)]
pub struct Reached<'a> {
    pub workloads: Vec<&'a AgentKey>,
    pub membership: Membership,
    /// On these ports; none at all means every port.
    pub ports: Vec<PortRange>,
    pub decision: Decision<'a>,
    /// What may be asked of them by which rule; empty when all may, or nothing.
    pub ways: Vec<Way<'a>>,
}

/// What one rule of an ALLOW policy lets a caller do.
#[derive(Clone, Debug)]
pub struct Way<'a> {
    pub policy: Policy<'a>,
    /// Any of them, each with all of its conditions (ports, hosts, methods, paths); none at all
    /// means anything.
    pub operations: &'a [Vec<MeshCondition>],
    /// Whether the rule is for this caller.
    pub caller: Answer,
}

/// What tells destinations apart for the mesh.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Kind<'a> {
    namespace: &'a Text,
    membership: Membership,
    traffic: u8,
    takes_tokens: bool,
    strict: u8,
    services: Vec<&'a Text>,
    policies: Vec<(&'a Text, &'a Text)>,
}

/// The workloads of a realm, those together that the mesh treats alike.
pub struct Destinations<'a>(Vec<(Member<'a>, Vec<&'a AgentKey>)>);

impl<'a> Destinations<'a> {
    pub fn of(mesh: &Mesh<'a>, estate: &'a Estate, realm: &Text) -> Self {
        let mut kinds: BTreeMap<Kind<'a>, (Member<'a>, Vec<&'a AgentKey>)> = BTreeMap::new();
        let members = estate.workloads.tops.keys().filter(|key| key.realm == *realm);
        for member in members.filter_map(|key| mesh.member(estate, key)) {
            let kind = mesh.kind(&member);
            let key = member.key;
            kinds.entry(kind).or_insert_with(|| (member, Vec::new())).1.push(key);
        }
        Self(kinds.into_values().collect())
    }

    /// Whether the mesh treats all workloads of a namespace alike.
    pub(super) fn is_uniform(&self, namespace: &Text) -> bool {
        self.0.iter().filter(|(member, _)| member.key.space == *namespace).take(2).count() == 1
    }
}

impl<'a> Mesh<'a> {
    fn kind(&self, member: &Member<'a>) -> Kind<'a> {
        let labels = &member.workload.pod_labels;
        let policies = self.policies_of(&member.key.space, labels);
        Kind {
            namespace: &member.key.space,
            membership: member.membership,
            traffic: match self.traffic(member, None) {
                Traffic::Http => 0,
                Traffic::Tcp => 1,
                Traffic::Unknown => 2,
                Traffic::Tunnelled => 3,
            },
            takes_tokens: self.takes_tokens(&member.key.space, labels),
            strict: match self.mutual_tls(member, None) {
                MutualTls::Strict => 0,
                MutualTls::Permissive => 1,
                MutualTls::Disable => 2,
            },
            // A Sidecar or a waypoint may speak of one service and not of the next.
            services: match self.sidecars.is_empty() && member.membership != Membership::Ambient {
                true => Vec::new(),
                false => self.services_of(member).map(|service| &service.meta.name).collect(),
            },
            policies: policies
                .iter()
                .map(|found| (&found.policy.meta.namespace, &found.policy.meta.name))
                .collect(),
        }
    }

    /// Every kind of destination, as this caller finds it.
    pub fn reach(&self, caller: &Member<'a>, to: &Destinations<'a>) -> Vec<Reached<'a>> {
        let mut found = Vec::new();
        for (member, workloads) in &to.0 {
            for (port, ports) in self.told_apart(member) {
                let decision = self.called_by(caller, member, port);
                let ways = match decision.allowed {
                    Answer::No => Vec::new(),
                    _ => self.ways(caller, &decision),
                };
                let (workloads, membership) = (workloads.clone(), member.membership);
                found.push(Reached { workloads, membership, ports, decision, ways });
            }
        }
        found
    }

    /// The ports that policies tell apart, each with the ranges that it stands for: every port that
    /// is written somewhere, and one for all others.
    fn told_apart(&self, member: &Member<'a>) -> Vec<(Option<u16>, Vec<PortRange>)> {
        let policies = self.policies_of(&member.key.space, &member.workload.pod_labels);
        let rules = policies.iter().flat_map(|found| &found.policy.rules);
        let written = rules.flat_map(rule_ports).filter_map(|port| port.raw().parse().ok());
        let written: BTreeSet<u16> = written.chain(self.peer_ports(member)).collect();
        if written.is_empty() {
            return vec![(None, Vec::new())];
        }
        let range = |first, last| PortRange { protocol: "TCP".into(), first, last };
        let others = gaps(&written);
        let representative = others.first().map(|(first, _)| Some(*first));
        let others = others.into_iter().map(|(first, last)| range(first, last)).collect();
        let each = written.iter().map(|port| (Some(*port), vec![range(*port, *port)]));
        each.chain(representative.map(|port| (port, others))).collect()
    }

    /// As the proxy of the caller lets the call out, then as the destination takes it. The best of
    /// the ways there are: by each service in front of it.
    fn called_by(&self, caller: &Member<'_>, to: &Member<'a>, port: Option<u16>) -> Decision<'a> {
        let known = Call::default();
        let domain = "svc.cluster.local";
        let hosts = self.services_of(to).map(|service| {
            format!("{}.{}.{domain}", service.meta.name.raw(), service.meta.namespace.raw())
        });
        let ways: Vec<Outbound> = hosts.map(|host| self.outbound(caller, &host)).collect();
        let decision = self.access(caller, to, port, &known);
        match ways.is_empty()
            || ways.iter().any(|way| matches!(way, Outbound::Known | Outbound::Unheld))
        {
            true => decision,
            false if ways.contains(&Outbound::PassedThrough) => {
                self.access_sent(&caller.identity, Sent::InPlainText, to, port, &known)
            }
            false => decision.refused(self.registry_only(caller)),
        }
    }

    fn ways(&self, caller: &Member<'_>, decision: &Decision<'a>) -> Vec<Way<'a>> {
        let call = match caller.membership {
            Membership::Outside => Call::default().in_plain_text(),
            _ => Call::default().by(&caller.identity),
        };
        let allowing = decision.by.iter().filter(|by| by.policy.action == MeshAction::Allow);
        let rules = allowing.flat_map(|by| by.policy.rules.iter().map(move |rule| (*by, rule)));
        rules
            .filter_map(|(policy, rule)| {
                let namespace = &policy.policy.meta.namespace;
                let (view, settings) = (View::Requests, &self.settings);
                let question = Question { call: &call, view, settings, namespace };
                let caller = question.caller(rule);
                (caller != Answer::No).then_some(Way { policy, operations: &rule.to, caller })
            })
            .collect()
    }
}

fn rule_ports(rule: &MeshRule) -> impl Iterator<Item = &Text> {
    conditions(rule)
        .filter(|condition| {
            attribute::find(condition.attribute.raw())
                .is_some_and(|attribute| attribute.name == "destination.port")
        })
        .flat_map(|condition| condition.any_of.iter().chain(&condition.none_of))
}

/// What is left of all ports.
fn gaps(ports: &BTreeSet<u16>) -> Vec<(u16, u16)> {
    let mut gaps = Vec::new();
    let mut next = Some(1);
    for port in ports {
        if let Some(first) = next.filter(|first| first < port) {
            gaps.push((first, port - 1));
        }
        next = port.checked_add(1);
    }
    gaps.extend(next.map(|first| (first, u16::MAX)));
    gaps
}

//! Whether one workload may call another: peer authentication first, then the policies of the
//! proxies on the way.

use std::collections::BTreeMap;

use super::authorization::{Decision, Policy, Traffic, decide, together};
use super::call::{Call, Identity};
use super::index::{Member, Mesh, Waypoint};
use super::peer::{Membership, MutualTls, takes_part};
use crate::domain::configured::MeshTarget;
use crate::scope::answer::Answer;

/// By which way a call leaves its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// Over mutual TLS, where the destination takes it.
    AsItself,
    InPlainText,
}

impl<'a> Mesh<'a> {
    /// Whether `caller` may call `to`, and by which policies. `known` is what is known of the call
    /// beside who makes it. With a service in front, its waypoint is on the way.
    pub fn access(
        &self,
        caller: &Member<'_>,
        to: &Member<'a>,
        port: Option<u16>,
        known: &Call,
    ) -> Decision<'a> {
        let (sent, question) = match caller.membership {
            Membership::Sidecar | Membership::Ambient => (Sent::AsItself, None),
            Membership::Outside => (Sent::InPlainText, None),
            Membership::Unknown => (Sent::AsItself, Some(takes_part(caller.key))),
        };
        let decision = self.access_sent(&caller.identity, sent, to, port, known);
        let Some(question) = question else { return decision };
        let outside = self.access_sent(&caller.identity, Sent::InPlainText, to, port, known);
        let allowed = Answer::whether(&question, decision.allowed.clone(), outside.allowed);
        let against = together(decision.against.clone(), outside.against);
        Decision { allowed, against, ..decision }
    }

    pub(super) fn access_sent(
        &self,
        caller: &Identity,
        sent: Sent,
        to: &Member<'a>,
        port: Option<u16>,
        known: &Call,
    ) -> Decision<'a> {
        match to.membership {
            Membership::Outside => Decision::unheld(),
            Membership::Sidecar => self.at_workload(caller, sent, to, port, known),
            Membership::Ambient => self.in_ambient(caller, sent, to, port, known),
            Membership::Unknown => {
                let held = self.at_workload(caller, sent, to, port, known);
                let allowed =
                    Answer::whether(&takes_part(to.key), held.allowed.clone(), Answer::Yes);
                Decision { allowed, ..held }
            }
        }
    }

    /// At the proxy of the workload itself.
    fn at_workload(
        &self,
        caller: &Identity,
        sent: Sent,
        to: &Member<'a>,
        port: Option<u16>,
        known: &Call,
    ) -> Decision<'a> {
        let mode = self.mutual_tls(to, port);
        let arrives = match mode {
            MutualTls::Disable => Sent::InPlainText,
            MutualTls::Strict | MutualTls::Permissive => sent,
        };
        let call = self.arriving(caller, arrives, to, port, known);
        let policies = self.policies_of(&to.key.space, &to.workload.pod_labels);
        let decision = decide(&policies, &call, self.traffic(to, port), &self.settings);
        match (sent, mode) {
            (Sent::InPlainText, MutualTls::Strict) => decision.refused(self.demanding(to, port)),
            _ => decision,
        }
    }

    /// What a proxy before a workload knows of a call.
    fn arriving(
        &self,
        caller: &Identity,
        sent: Sent,
        to: &Member<'_>,
        port: Option<u16>,
        known: &Call,
    ) -> Call {
        let call = match sent {
            Sent::AsItself => known.clone().by(caller),
            Sent::InPlainText => known.clone().in_plain_text(),
        };
        let call = match port {
            Some(port) => call.with("destination.port", &port.to_string()),
            None => call,
        };
        match self.takes_tokens(&to.key.space, &to.workload.pod_labels) {
            true => call,
            false => call.without_token(),
        }
    }

    /// Through the waypoint of a service in front of the workload, when there is one: the waypoint
    /// is asked about the caller, the workload's ztunnel about the waypoint. Past it, the ztunnel is
    /// asked about the caller.
    fn in_ambient(
        &self,
        caller: &Identity,
        sent: Sent,
        to: &Member<'a>,
        port: Option<u16>,
        known: &Call,
    ) -> Decision<'a> {
        let direct = self.at_workload(caller, sent, to, port, known);
        let mut waypoints: BTreeMap<Waypoint, Vec<MeshTarget>> = BTreeMap::new();
        for service in self.services_of(to) {
            if let Some(waypoint) = self.waypoint_of(service) {
                let target = target("", "Service", &service.meta.name);
                waypoints.entry(waypoint).or_default().push(target);
            }
        }
        let through = waypoints.into_iter().map(|(waypoint, mut attached)| {
            attached.push(target(GATEWAY_GROUP, "Gateway", &waypoint.name));
            attached.push(target(GATEWAY_GROUP, "GatewayClass", &WAYPOINT_CLASS.into()));
            let policies = self.policies_at(&to.key.space, &attached);
            // The port of the service, which need not be that of the workload.
            let call = self.arriving(caller, sent, to, None, known);
            let at_waypoint = decide(&policies, &call, Traffic::Unknown, &self.settings);
            // A waypoint runs as an account of its own name.
            let waypoint = Identity {
                trust_domain: self.trust_domain(),
                namespace: waypoint.namespace,
                account: waypoint.name,
            };
            both(at_waypoint, self.at_workload(&waypoint, Sent::AsItself, to, port, known))
        });
        match through.reduce(either) {
            Some(through) => either(through, direct),
            None => direct,
        }
    }
}

const GATEWAY_GROUP: &str = "gateway.networking.k8s.io";
const WAYPOINT_CLASS: &str = "istio-waypoint";

fn target(group: &str, kind: &str, name: &crate::domain::Text) -> MeshTarget {
    MeshTarget { group: group.into(), kind: kind.into(), name: name.clone() }
}

/// Two proxies on one way.
fn both<'a>(one: Decision<'a>, other: Decision<'a>) -> Decision<'a> {
    let allowed = one.allowed.clone().and(other.allowed.clone());
    joined(one, other, allowed)
}

/// Two ways to one workload.
fn either<'a>(one: Decision<'a>, other: Decision<'a>) -> Decision<'a> {
    let allowed = one.allowed.clone().or(other.allowed.clone());
    joined(one, other, allowed)
}

fn joined<'a>(mut one: Decision<'a>, other: Decision<'a>, allowed: Answer) -> Decision<'a> {
    let is_new =
        |policy: &Policy<'a>| !one.by.iter().any(|by| std::ptr::eq(by.policy, policy.policy));
    let new: Vec<Policy<'a>> = other.by.into_iter().filter(is_new).collect();
    one.by.extend(new);
    one.noted.extend(other.noted);
    one.against = together(one.against, other.against);
    Decision { allowed, by_default: one.by_default && other.by_default, ..one }
}

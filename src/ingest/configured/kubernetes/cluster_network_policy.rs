//! Cluster-wide network policies: `policy.networking.k8s.io`.
//!
//! | version | kinds | tier | action | namespaces of a peer | ports |
//! |---|---|---|---|---|---|
//! | v1alpha1 | AdminNetworkPolicy, BaselineAdminNetworkPolicy | by kind | Allow, Deny, Pass | selector; early: `namespaceSelector`, `sameLabels`, `notSameLabels` | `ports` |
//! | v1alpha2, v1beta1 | ClusterNetworkPolicy | `spec.tier` | Accept, Deny, Pass | selector | `protocols` |
//!
//! Exactly one member of a peer, a subject or a port says what it is; that is how JSON writes an
//! enum. Everything else is unknown, and an unknown part fails closed.

mod wire;

use serde_json::Value;

use self::wire::{Object, PeerObject, PortObject, RuleObject, Spec};
use super::object::{Scope, record};
use crate::domain::Discipline;
use crate::domain::configured::{
    ClusterAction, ClusterNetworkPolicy, ClusterPeer, ClusterPort, ClusterRule, Configured, Tier,
};
use crate::domain::text::visible;
use crate::ingest::doubts::Doubts;
use crate::ingest::{Document, Format, Side, Sink};

pub const FORMAT: Format = Format {
    id: "k8s-cluster-network-policy",
    title: "Kubernetes cluster-wide network policy",
    side: Side::Configured,
    says: &[(
        Discipline::Behavior,
        "destinations that the whole cluster accepts, denies or passes on",
    )],
    coverage: "enforced only where the network plugin enforces it; ties of priority are undefined",
    recognises: |shape| {
        shape.in_group("policy.networking.k8s.io")
            && KINDS.iter().any(|known| shape.is_kind(known.kind))
    },
    read,
};

/// What a kind says by itself.
struct Kind {
    kind: &'static str,
    /// `None`: the policy names it.
    tier: Option<Tier>,
    accept: &'static str,
    passes: bool,
}

const KINDS: &[Kind] = &[
    Kind { kind: "ClusterNetworkPolicy", tier: None, accept: "Accept", passes: true },
    Kind { kind: "AdminNetworkPolicy", tier: Some(Tier::Admin), accept: "Allow", passes: true },
    Kind {
        kind: "BaselineAdminNetworkPolicy",
        tier: Some(Tier::Baseline),
        accept: "Allow",
        passes: false,
    },
];

impl Kind {
    fn action(&self, named: &str) -> ClusterAction {
        match named {
            "Deny" => ClusterAction::Deny,
            "Pass" if self.passes => ClusterAction::Pass,
            _ if named == self.accept => ClusterAction::Accept,
            _ => ClusterAction::Unknown,
        }
    }
}

const HIGHEST_PRIORITY: u32 = 1000;

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(Object { kind, metadata, spec }) = document.parse(sink) else { return };
    let Some(known) = KINDS.iter().find(|known| kind == known.kind) else { return };
    let mut reader = Reader { kind: known, doubts: Doubts::default() };
    let mut policy = reader.policy(spec);
    record(
        document,
        &metadata,
        Scope::Cluster,
        |meta| {
            // The cluster has one baseline of v1alpha1, under this name.
            if !known.passes && meta.name != "default" {
                reader.doubts.add("/metadata/name", "a baseline of another name than `default`");
            }
            policy.meta = meta;
            Configured::ClusterNetworkPolicy(policy)
        },
        sink,
    );
    reader.doubts.report(document, sink);
}

struct Reader {
    kind: &'static Kind,
    doubts: Doubts,
}

impl Reader {
    fn policy(&mut self, spec: Spec) -> ClusterNetworkPolicy {
        let tier = self.kind.tier.unwrap_or_else(|| self.tier(spec.tier.as_ref()));
        let priority = match spec.priority {
            None if self.kind.tier == Some(Tier::Baseline) => None,
            named => self.priority(named),
        };
        ClusterNetworkPolicy {
            kind: self.kind.kind.into(),
            meta: Default::default(),
            tier,
            priority,
            subject: match self.peer("/spec/subject", spec.subject.unwrap_or_default()) {
                // Only pods are governed.
                subject @ (ClusterPeer::Namespaces { .. } | ClusterPeer::Pods { .. }) => subject,
                ClusterPeer::Unknown => ClusterPeer::Unknown,
                _ => {
                    self.doubts.add("/spec/subject", "a subject that is no namespace and no pod");
                    ClusterPeer::Unknown
                }
            },
            ingress: self.rules("/spec/ingress", spec.ingress, |rule| rule.from.take()),
            egress: self.rules("/spec/egress", spec.egress, |rule| rule.to.take()),
        }
    }

    fn tier(&mut self, named: Option<&Value>) -> Tier {
        match named.and_then(Value::as_str) {
            Some("Admin") => Tier::Admin,
            Some("Baseline") => Tier::Baseline,
            _ => {
                self.doubts.add("/spec/tier", "no tier, or one that is neither Admin nor Baseline");
                Tier::Unknown
            }
        }
    }

    fn priority(&mut self, named: Option<Value>) -> Option<u32> {
        let priority = named.as_ref().and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
        if priority.is_none_or(|priority| priority > HIGHEST_PRIORITY) {
            self.doubts.add("/spec/priority", "no priority from 0 to 1000");
        }
        priority
    }

    fn rules(
        &mut self,
        pointer: &str,
        rules: Vec<Value>,
        peers: fn(&mut RuleObject) -> Option<Vec<Value>>,
    ) -> Vec<ClusterRule> {
        let rules = rules.into_iter().enumerate();
        rules.map(|(index, rule)| self.rule(&format!("{pointer}/{index}"), rule, peers)).collect()
    }

    fn rule(
        &mut self,
        pointer: &str,
        rule: Value,
        peers: fn(&mut RuleObject) -> Option<Vec<Value>>,
    ) -> ClusterRule {
        let mut rule: RuleObject = match serde_json::from_value(rule) {
            Ok(rule) => rule,
            Err(error) => {
                self.doubts.add(pointer, format!("a rule: {}", visible(&error.to_string())));
                RuleObject::default()
            }
        };
        let action = self.kind.action(rule.action.as_deref().unwrap_or_default());
        if action == ClusterAction::Unknown {
            self.doubts.add(pointer, "no action, or one that this kind of policy does not have");
        }
        let peers = peers(&mut rule).unwrap_or_default();
        // A rule for everybody names every namespace; without peers it is not understood.
        let peers = match peers.is_empty() {
            true => {
                self.doubts.add(pointer, "a rule without peers");
                vec![ClusterPeer::Unknown]
            }
            false => peers.into_iter().map(|peer| self.peer(pointer, peer)).collect(),
        };
        let ports = rule.ports.unwrap_or_default().into_iter();
        ClusterRule {
            name: rule.name.filter(|name| !name.is_empty()),
            action,
            peers,
            ports: ports.map(|port| self.port(pointer, port)).collect(),
        }
    }

    fn peer(&mut self, pointer: &str, peer: Value) -> ClusterPeer {
        match serde_json::from_value::<PeerObject>(without_nulls(peer)) {
            Ok(peer) => peer.into_peer(),
            Err(error) => {
                self.doubts.add(pointer, format!("a peer: {}", visible(&error.to_string())));
                ClusterPeer::Unknown
            }
        }
    }

    fn port(&mut self, pointer: &str, port: Value) -> ClusterPort {
        let port = serde_json::from_value::<PortObject>(without_nulls(port));
        match port.map_err(|error| error.to_string()).and_then(PortObject::into_port) {
            Ok(port) => port,
            Err(reason) => {
                self.doubts.add(pointer, format!("a port: {}", visible(&reason)));
                ClusterPort::Unknown
            }
        }
    }
}

/// The object without members that are `null`, which say nothing.
fn without_nulls(mut value: Value) -> Value {
    if let Value::Object(members) = &mut value {
        members.retain(|_, member| !member.is_null());
    }
    value
}

#[cfg(test)]
mod tests;

//! Istio: the policies of a service mesh (`security.istio.io`, `networking.istio.io`).
//!
//! What Istio's own validation refuses cannot stand in a cluster that validates, but it can in a
//! repository, and clusters are run without the webhook. It is kept, with a problem that says what
//! is wrong.

mod authorization;
mod peer_authentication;
mod request_authentication;
mod service_entry;
mod sidecar;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Deserialize;

use super::kubernetes::{Metadata, kind};
use crate::domain::configured::{MeshPort, MeshScope, MeshTarget, Selector};
use crate::domain::{Discipline, Text};
use crate::ingest::doubts::Doubts;
use crate::ingest::json::{Integer, nullable};
use crate::ingest::{Document, Format, Shape, Side, Sink};

pub const SECURITY: Format = Format {
    id: "istio-security",
    title: "Istio security policy",
    side: Side::Configured,
    says: &[
        (Discipline::Behavior, "which requests a workload accepts, and from which identities"),
        (Discipline::Identity, "whose tokens are accepted, and where plain text is"),
    ],
    coverage: "enforced at the destination, where a sidecar, ztunnel or waypoint runs",
    recognises: |shape| recognises(shape, SECURITY_GROUP, SECURITY_KINDS),
    read: |document, sink| read(document, SECURITY_KINDS, sink),
};

pub const NETWORKING: Format = Format {
    id: "istio-networking",
    title: "Istio Sidecar and ServiceEntry",
    side: Side::Configured,
    says: &[(Discipline::Behavior, "hosts that the mesh knows and that workloads may reach")],
    coverage: "a limit of the proxy, not of the network: traffic past the proxy is not held",
    recognises: |shape| recognises(shape, NETWORKING_GROUP, NETWORKING_KINDS),
    read: |document, sink| read(document, NETWORKING_KINDS, sink),
};

type ReadKind = fn(&Document<'_>, &mut dyn Sink);

const SECURITY_GROUP: &str = "security.istio.io";
const SECURITY_KINDS: &[(&str, ReadKind)] = &[
    ("AuthorizationPolicy", authorization::read),
    ("PeerAuthentication", peer_authentication::read),
    ("RequestAuthentication", request_authentication::read),
];

const NETWORKING_GROUP: &str = "networking.istio.io";
const NETWORKING_KINDS: &[(&str, ReadKind)] =
    &[("Sidecar", sidecar::read), ("ServiceEntry", service_entry::read)];

fn recognises(shape: &Shape<'_>, group: &str, kinds: &[(&str, ReadKind)]) -> bool {
    shape.in_group(group) && kinds.iter().any(|(kind, _)| shape.is_kind(kind))
}

fn read(document: &Document<'_>, kinds: &[(&str, ReadKind)], sink: &mut dyn Sink) {
    let Some(found) = kind(document, sink) else { return };
    if let Some((_, read)) = kinds.iter().find(|(kind, _)| found == *kind) {
        read(document, sink);
    }
}

/// An object with a spec of one kind.
#[derive(Deserialize)]
struct Object<Spec> {
    metadata: Metadata,
    #[serde(default)]
    spec: Option<Spec>,
}

/// To what a security policy applies, as the policies write it.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScopeObject {
    #[serde(default)]
    selector: Option<WorkloadSelector>,
    #[serde(default)]
    target_ref: Option<TargetRef>,
    #[serde(default, deserialize_with = "nullable")]
    target_refs: Vec<TargetRef>,
}

/// `matchLabels` in security policies, `labels` in networking.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WorkloadSelector {
    #[serde(default, deserialize_with = "nullable", alias = "labels")]
    match_labels: BTreeMap<Text, Text>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct TargetRef {
    #[serde(deserialize_with = "nullable")]
    group: Text,
    #[serde(deserialize_with = "nullable")]
    kind: Text,
    #[serde(deserialize_with = "nullable")]
    name: Text,
    namespace: Option<Text>,
}

impl WorkloadSelector {
    fn into_selector(self) -> Selector {
        Selector { labels: self.match_labels, expressions: Vec::new() }
    }
}

impl ScopeObject {
    fn into_scope(self, doubts: &mut Doubts) -> MeshScope {
        let named =
            [self.selector.is_some(), self.target_ref.is_some(), !self.target_refs.is_empty()];
        if named.iter().filter(|named| **named).count() > 1 {
            doubts.add("/spec", "more than one of selector, targetRef and targetRefs");
        }
        let targets = self.target_ref.into_iter().chain(self.target_refs);
        let target = |target: TargetRef| {
            doubts.add_if(
                "/spec",
                &[
                    (target.name.is_empty(), "a target without a name"),
                    (!is_type_name(&target.kind), "a target whose kind is none"),
                    (!is_group(&target.group), "a target whose group is none"),
                    (target.namespace.is_some(), "a target in another namespace"),
                ],
            );
            MeshTarget { group: target.group, kind: target.kind, name: target.name }
        };
        MeshScope {
            targets: targets.map(target).collect(),
            selector: self.selector.map(WorkloadSelector::into_selector),
        }
    }
}

/// A kind: letters, digits and inner hyphens.
fn is_type_name(kind: &Text) -> bool {
    let name = kind.raw();
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && !name.ends_with('-')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

/// An API group: a domain name, or empty for the core group.
fn is_group(group: &Text) -> bool {
    let label = |label: &str| {
        !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    group.is_empty() || group.raw().split('.').all(label)
}

/// A port of a service entry or a listener.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PortObject {
    #[serde(default)]
    number: Option<Integer>,
    #[serde(default, deserialize_with = "nullable")]
    protocol: Text,
    #[serde(default)]
    name: Option<Text>,
    #[serde(default)]
    target_port: Option<Integer>,
}

impl PortObject {
    fn into_port(self, pointer: &str, doubts: &mut Doubts) -> MeshPort {
        let mut number = |number: Integer| {
            if !(1..=i64::from(u16::MAX)).contains(&number.0) {
                doubts.add(pointer, "a port that is not from 1 to 65535");
            }
            u32::try_from(number.0).unwrap_or_default()
        };
        MeshPort {
            number: number(self.number.unwrap_or(Integer(0))),
            target: self.target_port.map(number),
            protocol: self.protocol,
            name: self.name,
        }
    }
}

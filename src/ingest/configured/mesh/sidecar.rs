//! Sidecar: what the proxies of workloads let out.

use serde::Deserialize;

use super::super::kubernetes::{Scope, record};
use super::{Object, PortObject, WorkloadSelector};
use crate::domain::Text;
use crate::domain::configured::{Configured, MeshScope, Sidecar, SidecarListener};
use crate::ingest::doubts::Doubts;
use crate::ingest::json::nullable;
use crate::ingest::{Document, Sink};

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    #[serde(default)]
    workload_selector: Option<WorkloadSelector>,
    #[serde(default, deserialize_with = "nullable")]
    egress: Vec<Listener>,
    #[serde(default)]
    outbound_traffic_policy: Option<Outbound>,
}

#[derive(Deserialize)]
struct Listener {
    #[serde(default, deserialize_with = "nullable")]
    hosts: Vec<Text>,
    #[serde(default)]
    port: Option<PortObject>,
}

#[derive(Deserialize)]
struct Outbound {
    #[serde(default)]
    mode: Option<Text>,
}

/// The first is the default of its type, and thus what `outboundTrafficPolicy: {}` means.
const MODES: [&str; 2] = ["REGISTRY_ONLY", "ALLOW_ANY"];

pub fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(Object::<Spec> { metadata, spec }) = document.parse(sink) else { return };
    let spec = spec.unwrap_or_default();
    let mut doubts = Doubts::default();
    let mut egress = Vec::new();
    for (index, listener) in spec.egress.into_iter().enumerate() {
        let pointer = format!("/spec/egress/{index}");
        doubts.add_if(
            &pointer,
            &[
                (listener.hosts.is_empty(), "a listener without hosts"),
                (
                    listener.hosts.iter().any(|host| !host.raw().contains('/')),
                    "a host without a namespace",
                ),
            ],
        );
        egress.push(SidecarListener {
            hosts: listener.hosts,
            port: listener.port.map(|port| port.into_port(&pointer, &mut doubts)),
        });
    }
    let mode = |policy: Outbound| policy.mode.unwrap_or_else(|| MODES[0].into());
    let outbound = spec.outbound_traffic_policy.map(mode);
    if let Some(mode) = outbound.as_ref().filter(|mode| !MODES.contains(&mode.raw())) {
        doubts.add("/spec/outboundTrafficPolicy", format!("no mode `{}`", mode.visible()));
    }
    let selector = spec.workload_selector.map(WorkloadSelector::into_selector);
    let scope = MeshScope { selector, targets: Vec::new() };
    record(
        document,
        &metadata,
        Scope::Namespaced,
        |meta| Configured::Sidecar(Sidecar { meta, scope, egress, outbound }),
        sink,
    );
    doubts.report(document, sink);
}

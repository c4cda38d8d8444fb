//! ServiceEntry: hosts that the mesh is told of.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

use super::super::kubernetes::{Scope, record};
use super::{Object, PortObject, WorkloadSelector};
use crate::domain::Text;
use crate::domain::configured::{Configured, MeshPort, ServiceEntry};
use crate::ingest::doubts::Doubts;
use crate::ingest::json::nullable;
use crate::ingest::{Document, Sink};

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Spec {
    #[serde(deserialize_with = "nullable")]
    hosts: Vec<Text>,
    /// In a flow of YAML an unquoted IPv6 address that ends in a colon is a map.
    #[serde(deserialize_with = "nullable")]
    addresses: Vec<Value>,
    #[serde(deserialize_with = "nullable")]
    ports: Vec<PortObject>,
    location: Option<Text>,
    resolution: Option<Text>,
    #[serde(deserialize_with = "nullable")]
    endpoints: Vec<Endpoint>,
    workload_selector: Option<WorkloadSelector>,
    #[serde(deserialize_with = "nullable")]
    export_to: Vec<Text>,
    #[serde(deserialize_with = "nullable")]
    subject_alt_names: Vec<Text>,
}

#[derive(Deserialize)]
struct Endpoint {
    #[serde(default)]
    address: Option<Text>,
}

pub fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(Object::<Spec> { metadata, spec }) = document.parse(sink) else { return };
    let spec = spec.unwrap_or_default();
    let mut doubts = Doubts::default();
    let resolution = spec.resolution.unwrap_or_else(|| "NONE".into());
    let listed = spec.addresses.len();
    let addresses: Vec<Text> =
        spec.addresses.iter().filter_map(Value::as_str).map(Text::from).collect();
    let is_selected = spec.workload_selector.is_some();
    doubts.add_if(
        "/spec",
        &[
            (spec.hosts.is_empty(), "no hosts"),
            (spec.hosts.iter().any(|host| *host == "*"), "a host that is every host"),
            (addresses.len() < listed, "an address that is no text"),
            (
                addresses.iter().any(|address| address.raw().contains('/'))
                    && !["NONE", "STATIC"].contains(&resolution.raw()),
                "an address block that is to be resolved by name",
            ),
            (is_selected && !spec.endpoints.is_empty(), "both endpoints and a workload selector"),
            (
                resolution == "NONE" && !spec.endpoints.is_empty(),
                "endpoints, where connections go to the address that was asked for",
            ),
            (
                resolution == "DNS_ROUND_ROBIN" && spec.endpoints.len() > 1,
                "more than one endpoint, where one name is resolved",
            ),
        ],
    );
    let ports: Vec<MeshPort> =
        spec.ports.into_iter().map(|port| port.into_port("/spec/ports", &mut doubts)).collect();
    let numbers: BTreeSet<u32> = ports.iter().map(|port| port.number).collect();
    let names: BTreeSet<&Option<Text>> = ports.iter().map(|port| &port.name).collect();
    doubts.add_if(
        "/spec/ports",
        &[
            (numbers.len() < ports.len(), "two ports of one number"),
            (names.len() < ports.len(), "two ports of one name"),
        ],
    );
    let workloads = spec.workload_selector.map(WorkloadSelector::into_selector);
    if workloads
        .iter()
        .flat_map(|found| found.labels.values())
        .any(|value| value.raw().contains('*'))
    {
        doubts.add(
            "/spec/workloadSelector",
            "a wildcard in a selector, which Istio does not support",
        );
    }
    record(
        document,
        &metadata,
        Scope::Namespaced,
        |meta| {
            Configured::ServiceEntry(ServiceEntry {
                meta,
                hosts: spec.hosts,
                addresses,
                ports,
                location: spec.location.unwrap_or_else(|| "MESH_EXTERNAL".into()),
                resolution,
                endpoints: spec.endpoints.into_iter().filter_map(|end| end.address).collect(),
                workloads,
                export_to: spec.export_to,
                subject_names: spec.subject_alt_names,
            })
        },
        sink,
    );
    doubts.report(document, sink);
}

//! Services and nodes: what names, ports and addresses lead to which pods.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::object::{Metadata, Scope, kind, record, specified};
use crate::domain::configured::{Configured, Node, Service, ServicePort};
use crate::domain::{Discipline, Text};
use crate::ingest::json::{lenient, nullable};
use crate::ingest::{Document, Format, Side, Sink};

pub const FORMAT: Format = Format {
    id: "k8s-cluster",
    title: "Kubernetes Services and Nodes",
    side: Side::Configured,
    says: &[(Discipline::Behavior, "which pods, ports and machines an address stands for")],
    coverage: "complete where a whole list was read",
    recognises: |shape| shape.in_group("") && KINDS.iter().any(|(kind, _)| shape.is_kind(kind)),
    read,
};

type ReadKind = fn(&Document<'_>, &mut dyn Sink);

const KINDS: &[(&str, ReadKind)] = &[("Service", service), ("Node", node)];

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(found) = kind(document, sink) else { return };
    if let Some((_, read)) = KINDS.iter().find(|(kind, _)| found == *kind) {
        read(document, sink);
    }
}

#[derive(Deserialize)]
struct ServiceObject {
    metadata: Metadata,
    #[serde(default)]
    spec: Option<ServiceSpec>,
    #[serde(default, deserialize_with = "lenient")]
    status: ServiceStatus,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ServiceSpec {
    #[serde(default, rename = "type")]
    exposure: Option<Text>,
    #[serde(default, deserialize_with = "nullable")]
    selector: BTreeMap<Text, Text>,
    #[serde(default, deserialize_with = "nullable")]
    ports: Vec<PortObject>,
    #[serde(default, rename = "clusterIP")]
    cluster_ip: Option<Text>,
    #[serde(default, rename = "clusterIPs", deserialize_with = "nullable")]
    cluster_ips: Vec<Text>,
    #[serde(default, rename = "externalIPs", deserialize_with = "nullable")]
    external_ips: Vec<Text>,
    #[serde(default)]
    external_name: Option<Text>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PortObject {
    #[serde(default)]
    name: Option<Text>,
    #[serde(default)]
    protocol: Option<Text>,
    port: u16,
    #[serde(default)]
    target_port: Option<Value>,
    #[serde(default)]
    node_port: Option<u16>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ServiceStatus {
    #[serde(default, deserialize_with = "nullable")]
    load_balancer: LoadBalancer,
}

#[derive(Default, Deserialize)]
struct LoadBalancer {
    #[serde(default, deserialize_with = "nullable")]
    ingress: Vec<Reachable>,
}

#[derive(Deserialize)]
struct Reachable {
    #[serde(default)]
    ip: Option<Text>,
    #[serde(default)]
    hostname: Option<Text>,
}

fn service(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(ServiceObject { metadata, spec, status }) = document.parse(sink) else { return };
    let Some(spec) = specified(document, spec, sink) else { return };
    let mut addresses: Vec<Text> = spec.cluster_ip.into_iter().chain(spec.cluster_ips).collect();
    addresses.retain(|address| !address.is_empty());
    addresses.dedup();
    let balanced = status.load_balancer.ingress.into_iter();
    let balanced = balanced.flat_map(|reachable| [reachable.ip, reachable.hostname]).flatten();
    let external = spec.external_name.into_iter().chain(spec.external_ips).chain(balanced);
    record(
        document,
        &metadata,
        Scope::Namespaced,
        |meta| {
            Configured::Service(Service {
                meta,
                exposure: spec.exposure.unwrap_or_else(|| "ClusterIP".into()),
                selects: spec.selector,
                ports: spec.ports.into_iter().map(port).collect(),
                addresses,
                external: external.filter(|address| !address.is_empty()).collect(),
            })
        },
        sink,
    );
}

fn port(port: PortObject) -> ServicePort {
    ServicePort {
        name: port.name,
        protocol: port.protocol.unwrap_or_else(|| "TCP".into()),
        port: port.port,
        target: match port.target_port {
            Some(Value::Number(number)) => Some(number.to_string().into()),
            Some(Value::String(name)) => Some(name.into()),
            _ => None,
        },
        node_port: port.node_port,
    }
}

#[derive(Deserialize)]
struct NodeObject {
    metadata: Metadata,
    #[serde(default, deserialize_with = "nullable")]
    spec: NodeSpec,
    #[serde(default, deserialize_with = "lenient")]
    status: NodeStatus,
}

#[derive(Default, Deserialize)]
struct NodeSpec {
    #[serde(default, rename = "podCIDR")]
    pod_cidr: Option<String>,
    #[serde(default, rename = "podCIDRs", deserialize_with = "nullable")]
    pod_cidrs: Vec<String>,
    #[serde(default, rename = "providerID")]
    provider_id: Option<Text>,
}

#[derive(Default, Deserialize)]
struct NodeStatus {
    #[serde(default, deserialize_with = "nullable")]
    addresses: Vec<NodeAddress>,
}

#[derive(Deserialize)]
struct NodeAddress {
    address: Text,
}

fn node(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(NodeObject { metadata, spec, status }) = document.parse(sink) else { return };
    let blocks = spec.pod_cidr.iter().chain(&spec.pod_cidrs);
    let mut pod_blocks: Vec<_> = blocks.filter_map(|block| block.parse().ok()).collect();
    pod_blocks.dedup();
    record(
        document,
        &metadata,
        Scope::Cluster,
        |meta| {
            Configured::Node(Node {
                meta,
                pod_blocks,
                addresses: status.addresses.into_iter().map(|known| known.address).collect(),
                provider_id: spec.provider_id.filter(|id| !id.is_empty()),
            })
        },
        sink,
    );
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{body, only, read_text};
    use super::*;
    use crate::domain::ProblemKind;

    #[test]
    fn a_service_leads_to_pods() {
        let Configured::Service(service) = body(only(
            r#"{"kind":"Service","apiVersion":"v1","metadata":{"name":"s","namespace":"n"},
            "spec":{"selector":{"app":"a"},"clusterIP":"10.0.0.7","clusterIPs":["10.0.0.7","fd00::7"],
            "type":"LoadBalancer","ports":[{"name":"web","port":80,"targetPort":"http","nodePort":30080},
            {"port":53,"protocol":"UDP","targetPort":5353},{"port":9}]},
            "status":{"loadBalancer":{"ingress":[{"ip":"192.0.2.1"},{"hostname":"s.example"}]}}}"#,
        )) else {
            unreachable!("a service");
        };
        assert_eq!(service.exposure, "LoadBalancer");
        assert_eq!(service.selects.get("app"), Some(&"a".into()));
        assert_eq!(service.addresses, ["10.0.0.7", "fd00::7"]);
        assert_eq!(service.external, ["192.0.2.1", "s.example"]);
        let ports: Vec<_> = service
            .ports
            .iter()
            .map(|p| (p.protocol.raw(), p.port, p.target.as_ref().map(Text::raw), p.node_port))
            .collect();
        assert_eq!(
            ports,
            [
                ("TCP", 80, Some("http"), Some(30080)),
                ("UDP", 53, Some("5353"), None),
                ("TCP", 9, None, None),
            ]
        );
    }

    #[test]
    fn an_alias_for_the_outside_has_no_pods() {
        let Configured::Service(service) = body(only(
            r#"{"kind":"Service","apiVersion":"v1","metadata":{"name":"s"},
            "spec":{"type":"ExternalName","externalName":"db.example","selector":null}}"#,
        )) else {
            unreachable!("a service");
        };
        assert_eq!((service.selects.len(), service.addresses.len()), (0, 0));
        assert_eq!(service.external, ["db.example"]);
    }

    #[test]
    fn a_part_of_a_service_is_said_to_be_one() {
        let text = r#"{"kind":"Service","apiVersion":"v1","metadata":{"name":"s"},"status":{}}"#;
        let found = read_text("f.json", text);
        let kinds: Vec<_> = found.problems.iter().map(|problem| problem.kind).collect();
        assert_eq!((found.records.len(), kinds), (0, vec![ProblemKind::Incomplete]));
    }

    #[test]
    fn a_node_has_blocks_of_addresses() {
        let Configured::Node(node) = body(only(
            r#"{"kind":"Node","apiVersion":"v1","metadata":{"name":"n1","labels":{"zone":"a"}},
            "spec":{"podCIDR":"10.1.0.0/24","podCIDRs":["10.1.0.0/24","fd00:1::/64"],
            "providerID":"aws:///z/i-1"},"status":{"addresses":[{"type":"InternalIP","address":"172.16.0.4"}]}}"#,
        )) else {
            unreachable!("a node");
        };
        let blocks: Vec<String> = node.pod_blocks.iter().map(ToString::to_string).collect();
        assert_eq!(blocks, ["10.1.0.0/24", "fd00:1::/64"]);
        assert_eq!(node.addresses, ["172.16.0.4"]);
        assert_eq!(node.provider_id, Some("aws:///z/i-1".into()));
        assert!(node.meta.namespace.is_empty() && node.meta.labels.len() == 1);
    }
}

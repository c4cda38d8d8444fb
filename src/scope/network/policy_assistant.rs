//! The evaluator against the recorded answers of network-policy-api's policy assistant: probes (a
//! table of every pod to every pod, by direction) and single connections.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::ops::ControlFlow;
use std::path::PathBuf;

use serde::Deserialize;

use super::connections::{Connection, Network, Verdict};
use super::endpoint::{End, Standing};
use crate::domain::configured::{
    Configured, Container, ContainerPort, Meta, NetworkPolicy, Record, Workload,
};
use crate::domain::{Digest, Text};
use crate::ingest::{self, Collected, Source};
use crate::scope::testing::real_data;
use crate::scope::testing::record;

const ANSWERS: &str = "cmd/policy-assistant/examples/archived/cyclonus-output";
const QUESTIONS: &str = "cmd/policy-assistant/examples";
const POLICIES: &str = "cmd/policy-assistant/test/example-policies/networkpolicies/simple-example";

/// Manifests that are templates of Go and no YAML until they are filled.
const TEMPLATES: &[&str] = &["experimental-egress-selector-rules.yaml"];

fn folder() -> PathBuf {
    real_data("netpol-api")
}

fn text(path: &str) -> Option<String> {
    std::fs::read_to_string(folder().join(path)).ok()
}

/// The records of a folder of manifests, and how many problems they had.
fn manifests(path: &str) -> (Vec<Record>, usize) {
    let mut found = Collected::default();
    let entries = std::fs::read_dir(folder().join(path)).into_iter().flatten().flatten();
    let is_template = |path: &PathBuf| TEMPLATES.iter().any(|name| path.ends_with(name));
    let paths = entries.map(|entry| entry.path());
    for path in paths.filter(|path| path.is_file() && !is_template(path)) {
        let bytes = std::fs::read(&path).expect("a manifest can be read");
        let source = Source::new(Digest::of(&bytes), path.to_string_lossy().as_ref());
        let go_on = &mut |_| ControlFlow::Continue(());
        ingest::read(&source, &mut bytes.as_slice(), &mut found, go_on);
    }
    (found.records, found.problems.len())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Questions {
    probes: Vec<Probe>,
    resources: Resources,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Probe {
    protocol: String,
    port: u16,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Resources {
    namespaces: BTreeMap<Text, BTreeMap<Text, Text>>,
    pods: Vec<Pod>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Pod {
    namespace: Text,
    name: Text,
    labels: BTreeMap<Text, Text>,
    #[serde(rename = "IP")]
    address: IpAddr,
    containers: Vec<ProbedContainer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ProbedContainer {
    name: Text,
    port: u16,
    port_name: Text,
    protocol: String,
}

fn pod(namespace: &Text, name: &Text, labels: &BTreeMap<Text, Text>) -> Workload {
    Workload {
        kind: "Pod".into(),
        meta: Meta { namespace: namespace.clone(), name: name.clone(), ..Meta::default() },
        pod_labels: labels.clone(),
        ..Workload::default()
    }
}

fn namespace(name: &Text, labels: &BTreeMap<Text, Text>) -> Record {
    let meta = Meta { name: name.clone(), labels: labels.clone(), ..Meta::default() };
    record(Configured::Namespace(meta))
}

fn network<'a>(records: &'a [Record], addresses: &[Option<IpAddr>]) -> Network<'a> {
    let workloads = records.iter().filter_map(|record| match &record.body {
        Configured::Workload(workload) => Some((workload, record)),
        _ => None,
    });
    let standing = workloads.zip(addresses).map(|((workload, record), address)| Standing {
        name: &workload.meta.name,
        workload,
        record,
        addresses: address.iter().copied().collect(),
    });
    Network::of(records.iter(), standing)
}

/// The cells of the tables under one heading, table by table, row by row.
fn tables(answers: &str, heading: &str) -> Vec<Vec<Vec<String>>> {
    let heading = format!("{heading}:\n");
    let sections = answers.split(&heading).skip(1);
    let table = |section: &str| {
        let rows = section.lines().take_while(|line| !line.is_empty());
        let rows = rows.filter(|line| line.starts_with("| ")).skip(1);
        let cells = |row: &str| {
            let cells = row.trim_matches('|').split('|').skip(1);
            cells.map(|cell| cell.trim().to_owned()).collect()
        };
        rows.map(cells).collect()
    };
    sections.map(table).collect()
}

#[test]
fn probes_agree() {
    let (Some(questions), Some(answers)) =
        (text(&format!("{QUESTIONS}/probe.json")), text(&format!("{ANSWERS}/analyze-probe.txt")))
    else {
        return;
    };
    let Questions { probes, resources } =
        serde_json::from_str(&questions).expect("the questions are JSON");
    let (mut records, _) = manifests(POLICIES);
    records.extend(resources.namespaces.iter().map(|(name, labels)| namespace(name, labels)));
    records.extend(resources.pods.iter().map(|probed| {
        let containers = probed.containers.iter().map(|container| Container {
            name: container.name.clone(),
            ports: vec![ContainerPort {
                name: Some(container.port_name.clone()),
                number: container.port,
                protocol: container.protocol.to_uppercase().into(),
                host: None,
            }],
            ..Container::default()
        });
        let mut pod = pod(&probed.namespace, &probed.name, &probed.labels);
        pod.containers = containers.collect();
        record(Configured::Workload(pod))
    }));
    let addresses: Vec<_> = resources.pods.iter().map(|pod| Some(pod.address)).collect();
    let network = network(&records, &addresses);
    type Side = fn(Connection<'_>) -> Connection<'_>;
    let sides: [(&str, Side); 3] = [
        ("Ingress", |both| Connection { egress: None, ..both }),
        ("Egress", |both| Connection { ingress: None, ..both }),
        ("Combined", |both| both),
    ];
    let (mut compared, mut unheard) = (0, 0);
    for (side, only) in sides {
        let tables = tables(&answers, side);
        for (probe, table) in probes.iter().zip(&tables) {
            assert_eq!(table.len(), network.endpoints.len(), "{side}");
            for (source, row) in network.endpoints.iter().zip(table) {
                assert_eq!(row.len(), network.endpoints.len(), "{side}");
                for (destination, cell) in network.endpoints.iter().zip(row) {
                    let both = network.connection(&End::Pods(source), &End::Pods(destination));
                    let expected = match cell.as_str() {
                        "." => Verdict::Accepted,
                        "X" => Verdict::Denied,
                        // No container listens on the port, which no policy decides.
                        _ => {
                            unheard += 1;
                            continue;
                        }
                    };
                    let found = only(both).verdict(&probe.protocol, probe.port);
                    let ends = [source, destination].map(|end| (end.namespace(), end.name));
                    assert_eq!(found, expected, "{side} {ends:?} {}", probe.port);
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 400, "only {compared} cells were compared");
    report(format_args!(
        "{compared} cells of probes agree, {unheard} ask for ports nobody opens\n"
    ));
}

fn report(text: std::fmt::Arguments<'_>) {
    std::io::Write::write_fmt(&mut std::io::stderr(), text).expect("stderr");
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Traffic {
    source: TrafficEnd,
    destination: TrafficEnd,
    protocol: String,
    resolved_port: u16,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TrafficEnd {
    #[serde(default)]
    internal: Option<Internal>,
    #[serde(default, rename = "IP")]
    address: Option<IpAddr>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Internal {
    #[serde(default)]
    pod_labels: BTreeMap<Text, Text>,
    #[serde(default)]
    namespace_labels: BTreeMap<Text, Text>,
    namespace: Text,
}

#[test]
fn single_connections_agree() {
    let (Some(questions), Some(answers)) = (
        text(&format!("{QUESTIONS}/traffic.json")),
        text(&format!("{ANSWERS}/analyze-query-traffic.txt")),
    ) else {
        return;
    };
    let traffic: Vec<Traffic> = serde_json::from_str(&questions).expect("the questions are JSON");
    let verdicts = answers.lines().filter_map(|line| line.strip_prefix("| IS ALLOWED? |"));
    let mut compared = 0;
    for (asked, verdict) in traffic.iter().zip(verdicts) {
        let (mut records, _) = manifests(POLICIES);
        let mut addresses = Vec::new();
        let names = ["source", "destination"].map(Text::from);
        for (end, name) in [&asked.source, &asked.destination].into_iter().zip(&names) {
            let Some(internal) = &end.internal else { continue };
            records.push(namespace(&internal.namespace, &internal.namespace_labels));
            let pod = pod(&internal.namespace, name, &internal.pod_labels);
            records.push(record(Configured::Workload(pod)));
            addresses.push(end.address);
        }
        let network = network(&records, &addresses);
        let end = |end: &TrafficEnd, name| match (&end.internal, end.address) {
            (Some(internal), _) => network.workload(&internal.namespace, name).expect("a workload"),
            (None, address) => network.address(address.expect("an address")),
        };
        let (source, destination) =
            (end(&asked.source, &names[0]), end(&asked.destination, &names[1]));
        let found =
            network.can_connect(&source, &destination, &asked.protocol, asked.resolved_port);
        let expected = if verdict.contains("TRUE") { Verdict::Accepted } else { Verdict::Denied };
        assert_eq!(found, expected, "connection {compared}");
        compared += 1;
    }
    assert!(compared >= 4, "only {compared} connections were compared");
    report(format_args!("{compared} recorded connections agree\n"));
}

#[test]
fn conformance_manifests_are_understood() {
    let tiers = ["admin_tier", "baseline_tier", "api_integration"];
    let mut understood = 0;
    for tier in tiers {
        let (records, problems) = manifests(&format!("conformance/base/{tier}"));
        let policies = records.iter().filter(|record| {
            matches!(
                &record.body,
                Configured::ClusterNetworkPolicy(_)
                    | Configured::NetworkPolicy(NetworkPolicy { .. })
            )
        });
        let network = network(&records, &[]);
        assert_eq!(network.policies.len(), policies.count(), "{tier}");
        assert_eq!(problems, 0, "{tier}");
        understood += network.policies.len();
    }
    report(format_args!("{understood} policies of the conformance suite are understood\n"));
}

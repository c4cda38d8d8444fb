//! Connections in a small cluster under manifests of every kind.

use std::fmt::Write as _;
use std::ops::ControlFlow;

use proptest::prelude::*;

use super::super::decision::By;
use super::super::endpoint::{End, Standing};
use super::super::policy::{Action, Direction};
use super::{Network, Verdict};
use crate::domain::configured::{Configured, Record};
use crate::domain::{Digest, Text};
use crate::ingest::{self, Collected, Source};

/// `web/front` calls, `data/store` is called on its port `db`; `data/probe` is in its node's network.
const CLUSTER: &str = "---
{apiVersion: v1, kind: Namespace, metadata: {name: web, labels: {team: web, zone: a}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: data, labels: {team: data, zone: a}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: front, namespace: web}, spec: {template:
  {metadata: {labels: {app: front}}, spec: {containers: [{name: c, image: i}]}}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: store, namespace: data}, spec: {template:
  {metadata: {labels: {app: store}}, spec: {containers: [{name: c, image: i,
  ports: [{name: db, containerPort: 5432}]}]}}}}
---
{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: probe, namespace: data}, spec: {template:
  {metadata: {labels: {app: probe}}, spec: {hostNetwork: true, containers: [{name: c, image: i}]}}}}
";

fn read(text: &str) -> Vec<Record> {
    let mut found = Collected::default();
    let source = Source::new(Digest::of(text.as_bytes()), "cluster.yaml");
    let go_on = &mut |_| ControlFlow::Continue(());
    ingest::read(&source, &mut text.as_bytes(), &mut found, go_on);
    assert!(found.problems.is_empty(), "{:?}", found.problems);
    found.records
}

fn network(records: &[Record]) -> Network<'_> {
    let standing = records.iter().filter_map(|record| match &record.body {
        Configured::Workload(workload) => {
            let (name, addresses) = (&workload.meta.name, Vec::new());
            Some(Standing { name, workload, record, addresses })
        }
        _ => None,
    });
    Network::of(records.iter(), standing)
}

/// `namespace/name` of a workload, an address or a name.
fn end<'n>(network: &'n Network<'_>, text: &'n str) -> End<'n> {
    if let Ok(address) = text.parse() {
        return network.address(address);
    }
    match text.split_once('/') {
        None => End::Name(text),
        Some((namespace, name)) => {
            let (namespace, name) = (Text::from(namespace), Text::from(name));
            network.workload(&namespace, &name).expect("a workload of the cluster")
        }
    }
}

/// `source > destination protocol/port: verdict`, then the claims of policies at both ends.
#[track_caller]
fn check(policies: &str, cases: &[(&str, &str)]) {
    let records = read(&format!("{CLUSTER}---\n{policies}"));
    let network = network(&records);
    for (asked, expected) in cases {
        let words: Vec<&str> = asked.split([' ', '>']).filter(|word| !word.is_empty()).collect();
        let [source, destination, port] = words.as_slice() else { unreachable!("{asked}") };
        let (protocol, port) = port.split_once('/').expect("a protocol and a port");
        let port = port.parse().expect("a port");
        let (source, destination) = (end(&network, source), end(&network, destination));
        let connection = network.connection(&source, &destination);
        let mut found = connection.verdict(protocol, port).to_string();
        for (direction, claim) in connection.claims(protocol, port) {
            let Some(policy) = claim.by.policy() else { continue };
            let side = if direction == Direction::Egress { "out" } else { "in" };
            let what = match (&claim.by, claim.action) {
                (By::Isolation(_), _) => "isolates",
                (_, Action::Accept) => "accepts",
                (_, Action::Deny) => "denies",
                (_, Action::Pass) => "passes",
            };
            let perhaps = if claim.depends_on.is_some() { " perhaps" } else { "" };
            let name = policy.object.name.raw();
            write!(found, ", {name} {what} {side}{perhaps}").expect("a string takes text");
        }
        assert_eq!(found, *expected, "{asked}");
    }
}

#[test]
fn without_policies_everything_is_accepted() {
    check(
        "{apiVersion: v1, kind: Namespace, metadata: {name: other}}",
        &[("web/front > data/store TCP/1", "Accepted"), ("10.0.0.1 > web/front UDP/1", "Accepted")],
    );
}

#[test]
fn policies_of_namespaces_add_up_and_isolate() {
    check(
        "
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: deny, namespace: data},
  spec: {podSelector: {}, policyTypes: [Ingress]}}
---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: db, namespace: data},
  spec: {podSelector: {matchLabels: {app: store}}, policyTypes: [Ingress],
  ingress: [{from: [{namespaceSelector: {matchLabels: {team: web}}}], ports: [{port: db}]}]}}
---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: out, namespace: web},
  spec: {podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: db}]},
  {to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}, {ipBlock: {cidr: 'fd00::/8'}}],
  ports: [{protocol: SCTP, port: 100, endPort: 200}]}]}}",
        &[
            ("web/front > data/store TCP/5432", "Accepted, out accepts out, db accepts in"),
            (
                "web/front > data/store TCP/80",
                "Denied, out isolates out, db isolates in, deny isolates in",
            ),
            ("data/store > data/store TCP/5432", "Denied, db isolates in, deny isolates in"),
            ("web/front > 10.0.0.1 SCTP/150", "Accepted, out accepts out"),
            ("web/front > fd00::1 SCTP/200", "Accepted, out accepts out"),
            ("web/front > 10.1.0.1 SCTP/150", "Denied, out isolates out"),
            ("web/front > 10.0.0.1 SCTP/201", "Denied, out isolates out"),
            ("web/front > 10.0.0.1 TCP/150", "Denied, out isolates out"),
            // Nobody knows whether blocks hold pods, or which addresses a name has.
            (
                "web/front > data/store SCTP/150",
                "Denied, out accepts out perhaps, out isolates out, db isolates in, deny isolates in",
            ),
            (
                "web/front > example.com SCTP/150",
                "Undecided, out accepts out perhaps, out isolates out",
            ),
            // A node's network is not governed, and is hard to tell apart as a peer.
            ("web/front > data/probe TCP/80", "Denied, out isolates out"),
            ("data/probe > 10.1.0.1 TCP/80", "Accepted"),
        ],
    );
}

#[test]
fn tiers_come_in_order() {
    check(
        "
{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {name: guard},
  spec: {tier: Admin, priority: 5, subject: {namespaces: {}}, egress: [
  {action: Accept, to: [{networks: [10.0.0.0/8]}], protocols: [{tcp: {destinationPort: {number: 53}}}]},
  {action: Deny, to: [{networks: [10.0.0.0/8]}]},
  {action: Pass, to: [{domainNames: ['*.example.com']}, {networks: [192.168.0.0/16]}]}]}}
---
{apiVersion: policy.networking.k8s.io/v1alpha1, kind: AdminNetworkPolicy, metadata: {name: later},
  spec: {priority: 9, subject: {namespaces: {}}, egress: [
  {action: Deny, to: [{networks: [192.168.0.0/16]}]}]}}
---
{apiVersion: policy.networking.k8s.io/v1alpha1, kind: BaselineAdminNetworkPolicy,
  metadata: {name: default}, spec: {subject: {pods: {namespaceSelector: {}, podSelector: {matchLabels:
  {app: store}}}}, egress: [{action: Deny, to: [{networks: [192.168.0.0/16, 8.0.0.0/8]}]}]}}
---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: out, namespace: web},
  spec: {podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}}",
        &[
            ("web/front > 10.0.0.1 TCP/53", "Accepted, guard accepts out"),
            ("web/front > 10.0.0.1 UDP/53", "Denied, guard denies out"),
            (
                "web/front > 192.168.0.1 TCP/1",
                "Accepted, guard passes out, out accepts out",
            ),
            (
                "data/store > 192.168.0.1 TCP/1",
                "Denied, guard passes out, default denies out",
            ),
            ("data/store > 8.8.8.8 TCP/1", "Denied, guard passes out perhaps, default denies out"),
            ("web/front > 8.8.8.8 TCP/1", "Accepted, guard passes out perhaps, out accepts out"),
        ],
    );
}

#[test]
fn policies_of_one_priority_that_disagree_decide_nothing() {
    let policy = |name: &str, action: &str| {
        format!(
            "{{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata:
            {{name: {name}}}, spec: {{tier: Admin, priority: 5, subject: {{namespaces: {{}}}}, ingress:
            [{{action: {action}, from: [{{namespaces: {{matchLabels: {{team: web}}}}}}]}}]}}}}\n---\n"
        )
    };
    check(
        &(policy("one", "Accept") + &policy("two", "Deny")),
        &[(
            "web/front > data/store TCP/1",
            "Undecided, one accepts in perhaps, two denies in perhaps",
        )],
    );
    check(
        &(policy("one", "Deny") + &policy("two", "Deny")),
        &[("web/front > data/store TCP/1", "Denied, one denies in, two denies in")],
    );
}

#[test]
fn cilium_denials_win_and_names_are_matched() {
    check(
        "
{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {name: out, namespace: web},
  spec: {endpointSelector: {matchLabels: {app: front}}, egress: [
  {toFQDNs: [{matchPattern: '*.example.com'}], toPorts: [{ports: [{port: '443', protocol: TCP}]}]},
  {toEndpoints: [{matchLabels: {'k8s:io.kubernetes.pod.namespace': data}}]},
  {toCIDRSet: [{cidr: 10.0.0.0/8, except: [10.1.0.0/16]}], toPorts: [{ports: [{port: '80'}],
  rules: {http: [{method: GET}]}}]}]}}
---
{apiVersion: cilium.io/v2, kind: CiliumClusterwideNetworkPolicy, metadata: {name: fence},
  spec: {endpointSelector: {}, enableDefaultDeny: {egress: false, ingress: false},
  egressDeny: [{toEntities: [world], toPorts: [{ports: [{port: '22', protocol: TCP}]}]},
  {toEndpoints: [{matchLabels: {app: store}}], toPorts: [{ports: [{port: '22'}]}]}]}}",
        &[
            ("web/front > api.example.com TCP/443", "Accepted, out accepts out"),
            ("web/front > example.com TCP/443", "Denied, out isolates out"),
            ("web/front > api.example.com TCP/22", "Denied, fence denies out"),
            ("web/front > data/store TCP/80", "Accepted, out accepts out"),
            ("web/front > data/store UDP/22", "Denied, fence denies out"),
            ("web/front > 10.0.0.1 TCP/80", "Undecided, out accepts out perhaps, out isolates out"),
            ("web/front > 10.1.0.1 TCP/80", "Denied, out isolates out"),
            (
                "web/front > 10.0.0.1 TCP/443",
                "Undecided, out accepts out perhaps, out isolates out",
            ),
            // Not isolated by the fence.
            ("data/store > 8.8.8.8 TCP/443", "Accepted"),
            ("data/store > 8.8.8.8 TCP/22", "Denied, fence denies out"),
        ],
    );
}

const ACTIONS: [&str; 3] = ["Accept", "Deny", "Pass"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// One policy with priorities against asking its rules one by one, port by port.
    #[test]
    fn the_first_rule_that_matches_decides(
        rules in prop::collection::vec((0usize..3, 1u16..12, 0u16..6), 1..5),
    ) {
        let written = rules.iter().map(|(action, first, more)| format!(
            "{{action: {}, from: [{{namespaces: {{}}}}], protocols: [{{tcp: {{destinationPort:
            {{range: {{start: {first}, end: {}}}}}}}}}]}}", ACTIONS[*action], first + more
        ));
        let written: Vec<String> = written.collect();
        let records = read(&format!(
            "{CLUSTER}---\n{{apiVersion: policy.networking.k8s.io/v1alpha2, kind:
            ClusterNetworkPolicy, metadata: {{name: p}}, spec: {{tier: Admin, priority: 1, subject:
            {{namespaces: {{}}}}, ingress: [{}]}}}}", written.join(",")
        ));
        let network = network(&records);
        let (source, destination) = (end(&network, "web/front"), end(&network, "data/store"));
        for port in 1..20 {
            let first = rules.iter().find(|(_, first, more)| (*first..=first + more).contains(&port));
            let expected = match first {
                Some((1, ..)) => Verdict::Denied,
                _ => Verdict::Accepted,
            };
            prop_assert_eq!(network.can_connect(&source, &destination, "TCP", port), expected);
        }
    }
}

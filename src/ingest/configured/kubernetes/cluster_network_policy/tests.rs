use serde_json::json;

use super::super::super::tests::read_text;
use crate::domain::configured::{ClusterNetworkPolicy, Configured};
use crate::ingest::altered::{altered, check_read};

/// Reads a policy; the policy, and the places of what is in doubt.
#[track_caller]
fn read(kind: &str, name: &str, spec: serde_json::Value) -> (ClusterNetworkPolicy, Vec<String>) {
    let version = if kind == "ClusterNetworkPolicy" { "v1alpha2" } else { "v1alpha1" };
    let object = json!({
        "kind": kind, "apiVersion": format!("policy.networking.k8s.io/{version}"),
        "metadata": {"name": name}, "spec": spec
    });
    let mut found = read_text("policy.json", &object.to_string());
    assert_eq!(found.records.len(), 1, "{:?}", found.problems);
    let Some(Configured::ClusterNetworkPolicy(policy)) = found.records.pop().map(|r| r.body) else {
        unreachable!("a policy");
    };
    (policy, found.problems.iter().map(|problem| problem.at.to_string()).collect())
}

/// Reads an egress rule of an AdminNetworkPolicy or ClusterNetworkPolicy and compares its JSON.
#[track_caller]
fn check_rule(kind: &str, rule: serde_json::Value, expected: serde_json::Value, doubts: usize) {
    let spec =
        json!({"tier": "Admin", "priority": 5, "subject": {"namespaces": {}}, "egress": [rule]});
    let (policy, found) = read(kind, "p", spec);
    let [rule] = policy.egress.as_slice() else { unreachable!("one rule") };
    assert_eq!(serde_json::to_value(rule).expect("serialises"), expected);
    assert_eq!(found.len(), doubts, "{found:?}");
}

const ADMIN: &str = "AdminNetworkPolicy";
const CLUSTER: &str = "ClusterNetworkPolicy";

#[test]
fn peers_of_every_version() {
    let all = json!({"matching": {}});
    for (kind, peer, expected) in [
        (ADMIN, json!({"namespaces": {}}), json!({"peer": "namespaces", "namespaces": all})),
        (
            ADMIN,
            json!({"namespaces": {"namespaceSelector": {"matchLabels": {"a": "b"}}}, "pods": null}),
            json!({"peer": "namespaces", "namespaces": {"matching": {"labels": {"a": "b"}}}}),
        ),
        (
            ADMIN,
            json!({"namespaces": {"sameLabels": ["team"]}}),
            json!({"peer": "namespaces", "namespaces": {"same-labels": ["team"]}}),
        ),
        (
            ADMIN,
            json!({"pods": {"namespaces": {"notSameLabels": ["team"]}, "podSelector": {"matchLabels": {"a": "b"}}}}),
            json!({"peer": "pods", "namespaces": {"not-same-labels": ["team"]}, "pods": {"labels": {"a": "b"}}}),
        ),
        (
            CLUSTER,
            json!({"pods": {"podSelector": {}}}),
            json!({"peer": "pods", "namespaces": all, "pods": {}}),
        ),
        (
            CLUSTER,
            json!({"networks": ["10.0.0.0/8", "::/0"]}),
            json!({"peer": "networks", "networks": ["10.0.0.0/8", "::/0"]}),
        ),
        (
            CLUSTER,
            json!({"nodes": {"matchLabels": {"a": "b"}}}),
            json!({"peer": "nodes", "nodes": {"labels": {"a": "b"}}}),
        ),
        (
            CLUSTER,
            json!({"domainNames": ["*.example.com"]}),
            json!({"peer": "domain-names", "names": ["*.example.com"]}),
        ),
    ] {
        let expected = json!({"action": "deny", "peers": [expected]});
        check_rule(kind, json!({"action": "Deny", "to": [peer]}), expected, 0);
    }
}

#[test]
fn ports_of_every_version() {
    let peers = json!([{"peer": "namespaces", "namespaces": {"matching": {}}}]);
    for (kind, ports, expected) in [
        (
            ADMIN,
            json!({"portNumber": {"port": 80, "protocol": "UDP"}}),
            json!({"port": "numbers", "protocol": "UDP", "first": 80, "last": 80}),
        ),
        (
            ADMIN,
            json!({"portRange": {"start": 1, "end": 9}}),
            json!({"port": "numbers", "protocol": "TCP", "first": 1, "last": 9}),
        ),
        (ADMIN, json!({"namedPort": "dns"}), json!({"port": "named", "name": "dns"})),
        (
            CLUSTER,
            json!({"sctp": {"destinationPort": {"number": 9003}}}),
            json!({"port": "numbers", "protocol": "SCTP", "first": 9003, "last": 9003}),
        ),
        (
            CLUSTER,
            json!({"tcp": {"destinationPort": {"range": {"start": 5, "end": 6}}}}),
            json!({"port": "numbers", "protocol": "TCP", "first": 5, "last": 6}),
        ),
        (CLUSTER, json!({"udp": {}}), json!({"port": "protocol", "protocol": "UDP"})),
        (CLUSTER, json!({"destinationNamedPort": "web"}), json!({"port": "named", "name": "web"})),
    ] {
        let field = if kind == ADMIN { "ports" } else { "protocols" };
        let rule =
            json!({"name": "r", "action": "Pass", "to": [{"namespaces": {}}], field: [ports]});
        let expected = json!({"name": "r", "action": "pass", "peers": peers, "ports": [expected]});
        check_rule(kind, rule, expected, 0);
    }
}

#[test]
fn what_is_not_understood_is_kept_as_unknown() {
    let unknown = json!([{"peer": "unknown"}]);
    for peers in [
        json!([{"namespaces": {}, "pods": {}}]),
        json!([{"planets": {}}]),
        json!([{}]),
        json!([null]),
        json!([{"networks": ["zc00::/8"]}]),
        json!([{"namespaces": {"matchLabels": {"a": 1}}}]),
        json!([]),
        json!(null),
    ] {
        let expected = json!({"action": "deny", "peers": unknown});
        check_rule(ADMIN, json!({"action": "Deny", "to": peers}), expected, 1);
    }
    // The peers of the other direction are none of this one.
    let expected = json!({"action": "deny", "peers": unknown});
    check_rule(ADMIN, json!({"action": "Deny", "from": [{"namespaces": {}}]}), expected, 1);
    check_rule(ADMIN, json!(7), json!({"action": "unknown", "peers": unknown}), 3);

    let peers = json!([{"peer": "namespaces", "namespaces": {"matching": {}}}]);
    for port in [
        json!({"portNumber": {"port": 70000, "protocol": "TCP"}}),
        json!({"portNumber": {"port": 0}}),
        json!({"portRange": {"start": 9, "end": 1}}),
        json!({"namedPort": "dns", "portNumber": {"port": 53}}),
        json!({"portBeam": 1}),
    ] {
        let rule = json!({"action": "Deny", "to": [{"namespaces": {}}], "ports": [port]});
        let expected = json!({"action": "deny", "peers": peers, "ports": [{"port": "unknown"}]});
        check_rule(ADMIN, rule, expected, 1);
    }
}

#[test]
fn actions_are_those_of_the_kind() {
    for (kind, action, expected) in [
        (ADMIN, "Allow", "accept"),
        (ADMIN, "Pass", "pass"),
        (ADMIN, "Accept", "unknown"),
        (CLUSTER, "Accept", "accept"),
        (CLUSTER, "Allow", "unknown"),
        (CLUSTER, "deny", "unknown"),
        ("BaselineAdminNetworkPolicy", "Allow", "accept"),
        ("BaselineAdminNetworkPolicy", "Pass", "unknown"),
    ] {
        let rule = json!({"action": action, "from": [{"namespaces": {}}]});
        let spec =
            json!({"tier": "Admin", "priority": 5, "subject": {"pods": {}}, "ingress": [rule]});
        let (policy, doubts) = read(kind, "default", spec);
        let found =
            policy.ingress.first().map(|rule| serde_json::to_value(rule.action).expect("JSON"));
        assert_eq!(found, Some(json!(expected)), "{kind} {action}");
        assert_eq!(doubts.len(), usize::from(expected == "unknown"), "{kind} {action}");
    }
}

#[test]
fn tier_priority_subject_and_name() {
    let namespaces = json!({"namespaces": {}});
    for (kind, name, spec, expected) in [
        (CLUSTER, "p", json!({"tier": "Baseline", "priority": 0, "subject": namespaces}), &[][..]),
        (CLUSTER, "p", json!({"priority": 0, "subject": namespaces}), &[":/spec/tier"]),
        (ADMIN, "p", json!({"priority": 1001, "subject": namespaces}), &[":/spec/priority"]),
        (ADMIN, "p", json!({"subject": namespaces}), &[":/spec/priority"]),
        (ADMIN, "p", json!({"priority": 1, "subject": {"networks": []}}), &[":/spec/subject"]),
        (
            ADMIN,
            "p",
            json!({"priority": 1, "subject": {"namespaces": {}, "pods": {}}}),
            &[":/spec/subject"],
        ),
        ("BaselineAdminNetworkPolicy", "default", json!({"subject": namespaces}), &[]),
        (
            "BaselineAdminNetworkPolicy",
            "other",
            json!({"subject": namespaces}),
            &[":/metadata/name"],
        ),
    ] {
        let (_, doubts) = read(kind, name, spec.clone());
        assert_eq!(doubts, expected, "{kind} {spec}");
    }
}

const SEEDS: &[&str] = &[
    r#"{"kind":"ClusterNetworkPolicy","apiVersion":"policy.networking.k8s.io/v1alpha2","metadata":{"name":"p"},"spec":{"tier":"Admin","priority":3,"subject":{"pods":{"namespaceSelector":{},"podSelector":{"matchLabels":{"a":"b"}}}},"egress":[{"name":"r","action":"Deny","to":[{"networks":["10.0.0.0/8"]},{"nodes":{}},{"domainNames":["a.b"]}],"protocols":[{"tcp":{"destinationPort":{"range":{"start":1,"end":2}}}},{"destinationNamedPort":"x"}]}]}}"#,
    r#"{"kind":"BaselineAdminNetworkPolicy","apiVersion":"policy.networking.k8s.io/v1alpha1","metadata":{"name":"default"},"spec":{"subject":{"namespaces":{}},"ingress":[{"action":"Allow","from":[{"namespaces":{"sameLabels":["a"]}}],"ports":[{"portNumber":{"port":80,"protocol":"TCP"}},{"portRange":{"start":1,"end":2}}]}]}}"#,
];

proptest::proptest! {
    #[test]
    fn any_policy_is_read_or_set_aside(text in altered(SEEDS, &["kind", "apiVersion"])) {
        check_read(&text)?;
    }
}

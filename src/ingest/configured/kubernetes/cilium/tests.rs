use serde_json::{Value, json};

use super::super::super::tests::read_text;
use crate::domain::configured::{CiliumPolicy, Configured};
use crate::ingest::altered::{altered, check_read};

/// Reads a policy; the policy, and the reasons of what is in doubt.
#[track_caller]
fn read(object: Value) -> (CiliumPolicy, Vec<String>) {
    let mut found = read_text("policy.json", &object.to_string());
    assert_eq!(found.records.len(), 1, "{:?}", found.problems);
    let record = found.records.pop().expect("one record");
    let stored = serde_json::to_string(&record).expect("serialises");
    assert_eq!(serde_json::from_str(&stored).ok().as_ref(), Some(&record), "{stored}");
    let Configured::CiliumPolicy(policy) = record.body else { unreachable!("a policy") };
    (policy, found.problems.into_iter().map(|problem| problem.message).collect())
}

fn object(spec: Value) -> Value {
    json!({
        "kind": "CiliumNetworkPolicy", "apiVersion": "cilium.io/v2",
        "metadata": {"name": "p", "namespace": "n"}, "spec": spec
    })
}

/// Reads one egress entry and compares its JSON; how many things were in doubt.
#[track_caller]
fn check_egress(entry: Value, expected: Value, doubts: usize) {
    let (policy, found) = read(object(json!({"endpointSelector": {}, "egress": [entry]})));
    let traffic = policy.rules.first().and_then(|rule| rule.egress.first());
    assert_eq!(serde_json::to_value(traffic).expect("serialises"), expected);
    assert_eq!(found.len(), doubts, "{found:?}");
}

#[test]
fn peers_of_every_kind() {
    for (field, item, expected) in [
        (
            "toEndpoints",
            json!({"matchLabels": {"app": "a", "k8s:io.kubernetes.pod.namespace": "m", "$host": ""}}),
            json!({"peer": "endpoints", "selector": {"labels":
                {"any:app": "a", "k8s:io.kubernetes.pod.namespace": "m", "reserved:host": ""}}}),
        ),
        (
            "toNodes",
            json!({"matchExpressions": [{"key": "reserved:host", "operator": "Exists"}]}),
            json!({"peer": "nodes", "selector": {"expressions":
                [{"key": "reserved:host", "operator": "Exists", "values": []}]}}),
        ),
        (
            "toEntities",
            json!("kube-apiserver"),
            json!({"peer": "entity", "name": "kube-apiserver"}),
        ),
        ("toCIDR", json!("10.1.2.3"), json!({"peer": "block", "cidr": "10.1.2.3/32"})),
        (
            "toCIDRSet",
            json!({"cidr": "10.0.0.0/8", "except": ["10.96.0.0/12"]}),
            json!({"peer": "block", "cidr": "10.0.0.0/8", "except": ["10.96.0.0/12"]}),
        ),
        ("toCIDRSet", json!({"cidrGroupRef": "vpn"}), json!({"peer": "cidr-group", "name": "vpn"})),
        (
            "toFQDNs",
            json!({"matchName": "a.example"}),
            json!({"peer": "domain", "name": "a.example"}),
        ),
        (
            "toFQDNs",
            json!({"matchPattern": "*.example"}),
            json!({"peer": "domain", "pattern": "*.example"}),
        ),
        (
            "toServices",
            json!({"k8sService": {"serviceName": "db", "namespace": "m"}}),
            json!({"peer": "service", "name": "db", "namespace": "m"}),
        ),
        (
            "toServices",
            json!({"k8sServiceSelector": {"selector": {"matchLabels": {"a": "b"}}}}),
            json!({"peer": "service", "selector": {"labels": {"any:a": "b"}}}),
        ),
    ] {
        check_egress(json!({field: [item]}), json!({"peers": [expected]}), 0);
    }
}

#[test]
fn what_limits_nothing_and_what_allows_nothing_are_told_apart() {
    check_egress(json!({}), json!({}), 0);
    check_egress(json!({"toEndpoints": null}), json!({}), 0);
    check_egress(json!({"toEndpoints": []}), json!({"peers": []}), 0);
    check_egress(
        json!({"toEndpoints": [{}]}),
        json!({"peers": [{"peer": "endpoints", "selector": {}}]}),
        0,
    );
}

#[test]
fn ports_and_the_requests_on_them() {
    let ports =
        json!([{"protocol": "TCP", "port": "443", "end": 445}, {"protocol": "ANY", "port": "dns"}]);
    for (rules, expected) in [
        (json!(null), Value::Null),
        (json!({}), Value::Null),
        (
            json!({"http": [{"method": "GET", "path": "/v1/.*", "headers": ["X-Key: s3cret", "Plain"],
                "headerMatches": [{"name": "X-Other", "value": "hidden"}]}]}),
            json!({"protocol": "http", "rules": [
                {"method": "GET", "path": "/v1/.*", "headers": ["X-Key", "Plain", "X-Other"]}]}),
        ),
        (
            json!({"dns": [{"matchPattern": "*"}]}),
            json!({"protocol": "dns", "names": [{"pattern": "*"}]}),
        ),
        (
            json!({"kafka": [{"role": "produce", "topic": "t", "clientID": "c"}]}),
            json!({"protocol": "kafka", "rules": [{"role": "produce", "topic": "t", "client": "c"}]}),
        ),
        (
            json!({"l7proto": "r2d2", "l7": [{"cmd": "HALT"}]}),
            json!({"protocol": "other", "name": "r2d2"}),
        ),
    ] {
        let mut expected_ports = json!({"ports": ports});
        if !expected.is_null() {
            expected_ports["requests"] = expected;
        }
        let entry = json!({"toPorts": [{
            "ports": [{"port": "443", "endPort": 445, "protocol": "TCP"}, {"port": "dns"}],
            "rules": rules
        }]});
        check_egress(entry, json!({"ports": [expected_ports]}), 0);
    }
}

#[test]
fn messages_authentication_and_requirements() {
    check_egress(
        json!({
            "icmps": [{"fields": [{"type": 8}, {"family": "IPv6", "type": "EchoRequest"}]}],
            "authentication": {"mode": "required"},
            "toRequires": [{"matchLabels": {"team": "a"}}]
        }),
        json!({
            "icmp": [{"family": "IPv4", "message": "8"}, {"family": "IPv6", "message": "EchoRequest"}],
            "authentication": "required",
            "requires": [{"labels": {"any:team": "a"}}]
        }),
        0,
    );
}

#[test]
fn what_is_not_understood_is_kept_as_unknown() {
    for (field, value) in [
        ("toGroups", json!([{"aws": {"securityGroupsIds": ["sg-1"]}}])),
        ("toMoons", json!([{}])),
        ("fromEndpoints", json!([{}])),
        ("toEndpoints", json!(7)),
        ("toCIDR", json!(["nowhere"])),
        ("toCIDRSet", json!([{"cidr": "10.0.0.0/8", "cidrGroupRef": "vpn"}])),
        ("toEntities", json!(["universe"])),
        ("toFQDNs", json!([{}])),
        ("toServices", json!([{"k8sService": {}, "k8sServiceSelector": {}}])),
        ("toRequires", json!([7])),
        ("icmps", json!(7)),
        ("authentication", json!({})),
    ] {
        let expected = json!({"peers": [{"peer": "unknown", "field": field}]});
        check_egress(json!({field: value}), expected, 1);
    }
    check_egress(
        json!({"toPorts": [{"ports": [{"port": "1"}], "rules": {"http": [], "dns": []}}]}),
        json!({"ports": [{"ports": [], "requests": {"protocol": "unknown"}}]}),
        1,
    );
}

#[test]
fn sections_specs_and_subjects() {
    let (policy, doubts) = read(json!({
        "kind": "CiliumClusterwideNetworkPolicy", "apiVersion": "cilium.io/v2",
        "metadata": {"name": "p", "namespace": "ignored"},
        "spec": {"nodeSelector": {}, "ingressDeny": [{"fromEntities": ["world"]}], "egress": null,
            "enableDefaultDeny": {"ingress": false}},
        "specs": [
            {"endpointSelector": {"matchLabels": {"any:a": "b"}}, "ingress": [{}], "egressDeny": [{"toCIDR": []}]},
            {"endpointSelector": {}, "nodeSelector": {}},
            {"egress": 7}
        ]
    }));
    assert_eq!(policy.kind, "CiliumClusterwideNetworkPolicy");
    assert!(policy.meta.namespace.is_empty());
    assert_eq!(
        serde_json::to_value(&policy.rules).expect("serialises"),
        json!([
            {"subject": {"subject": "nodes", "selector": {}}, "default_deny_ingress": false,
                "ingress_deny": [{"peers": [{"peer": "entity", "name": "world"}]}]},
            {"subject": {"subject": "endpoints", "selector": {"labels": {"any:a": "b"}}},
                "ingress": [{}], "egress_deny": [{"peers": []}]},
            {"subject": {"subject": "unknown"}},
        ])
    );
    assert_eq!(doubts.len(), 2, "{doubts:?}");
}

#[test]
fn a_policy_without_rules_is_none() {
    for spec in [json!(null), json!(7), json!({"ingress": 1})] {
        let found = read_text("policy.json", &object(spec).to_string());
        assert!(found.records.is_empty() && !found.problems.is_empty());
    }
}

const SEEDS: &[&str] = &[
    r#"{"kind":"CiliumNetworkPolicy","apiVersion":"cilium.io/v2","metadata":{"name":"p"},"spec":{"endpointSelector":{"matchLabels":{"a":"b"}},"enableDefaultDeny":{"egress":false},"egress":[{"toEndpoints":[{"matchExpressions":[{"key":"k","operator":"In","values":["v"]}]}],"toPorts":[{"ports":[{"port":"80","protocol":"TCP"}],"rules":{"http":[{"method":"GET","headers":["A: b"]}]}}]},{"toFQDNs":[{"matchPattern":"*"}]},{"toCIDRSet":[{"cidr":"10.0.0.0/8","except":["10.1.0.0/16"]}]},{"toServices":[{"k8sService":{"serviceName":"s"}}],"icmps":[{"fields":[{"type":8}]}]}]}}"#,
    r#"{"kind":"CiliumClusterwideNetworkPolicy","apiVersion":"cilium.io/v2","metadata":{"name":"p"},"specs":[{"nodeSelector":{},"ingress":[{"fromEntities":["world"],"fromRequires":[{"matchLabels":{"a":"b"}}]}],"ingressDeny":[{"fromCIDR":["10.0.0.1"]}]}]}"#,
];

proptest::proptest! {
    #[test]
    fn any_policy_is_read_or_set_aside(text in altered(SEEDS, &["kind", "apiVersion"])) {
        check_read(&text)?;
    }
}

use serde_json::{Value, json};

use super::super::tests::read_text;
use crate::domain::Record;
use crate::ingest::altered::{altered, check_read};

const SECURITY: &str = "security.istio.io/v1";
const NETWORKING: &str = "networking.istio.io/v1beta1";

/// Reads an object; its record, and what is in doubt.
#[track_caller]
fn read(version: &str, kind: &str, spec: &Value) -> (Record, Vec<String>) {
    let object = json!({
        "kind": kind, "apiVersion": version, "spec": spec,
        "metadata": {"name": "p", "namespace": "n", "annotations": {"istio.io/dry-run": "true"}}
    });
    let mut found = read_text("policy.json", &object.to_string());
    assert_eq!(found.records.len(), 1, "{:?}", found.problems);
    let record = found.records.pop().expect("one record");
    let stored = serde_json::to_string(&record).expect("serialises");
    assert_eq!(serde_json::from_str(&stored).ok().as_ref(), Some(&record), "{stored}");
    (record, found.problems.into_iter().map(|problem| problem.message).collect())
}

/// Reads an object and compares a part of its record's body; what is in doubt, by a word of each.
#[track_caller]
fn check(version: &str, kind: &str, spec: Value, part: &str, expected: Value, doubts: &[&str]) {
    let (record, found) = read(version, kind, &spec);
    let body = serde_json::to_value(&record.body).expect("serialises");
    assert_eq!(body.get(part).unwrap_or(&Value::Null), &expected, "{spec}");
    assert_eq!(found.len(), doubts.len(), "{spec}: {found:?}");
    for doubt in doubts {
        assert!(found.iter().any(|message| message.contains(doubt)), "{doubt}: {found:?}");
    }
}

#[track_caller]
fn check_rules(rules: Value, expected: Value, doubts: &[&str]) {
    check(SECURITY, "AuthorizationPolicy", json!({"rules": rules}), "rules", expected, doubts);
}

#[test]
fn no_rules_and_a_rule_without_conditions_are_told_apart() {
    for spec in [json!({}), json!(null), json!({"rules": []}), json!({"rules": null})] {
        check(SECURITY, "AuthorizationPolicy", spec, "rules", json!([]), &[]);
    }
    check_rules(json!([{}]), json!([{}]), &[]);
    check_rules(json!([null]), json!([{}]), &[]);
}

#[test]
fn sources_operations_and_conditions() {
    check_rules(
        json!([{
            "from": [{"source": {"principals": ["a/*"], "notPrincipals": ["a/x"], "notIpBlocks": ["10.0.0.0/8"]}},
                {"source": {"serviceAccounts": ["n/s"]}}],
            "to": [{"operation": {"methods": ["GET"], "notPaths": ["/admin*"]}}],
            "when": [{"key": "request.headers[x]", "values": ["1"], "notValues": ["2"]},
                {"key": "source.namespace", "values": ["m"]}]
        }]),
        json!([{
            "from": [
                [{"attribute": "ipBlocks", "none_of": ["10.0.0.0/8"]},
                    {"attribute": "principals", "any_of": ["a/*"], "none_of": ["a/x"]}],
                [{"attribute": "serviceAccounts", "any_of": ["n/s"]}]
            ],
            "to": [[{"attribute": "methods", "any_of": ["GET"]}, {"attribute": "paths", "none_of": ["/admin*"]}]],
            "when": [{"attribute": "request.headers[x]", "any_of": ["1"], "none_of": ["2"]},
                {"attribute": "source.namespace", "any_of": ["m"]}]
        }]),
        &[],
    );
}

#[test]
fn what_istio_refuses_is_kept_and_named() {
    check_rules(json!([{"from": []}]), json!([{}]), &["no source"]);
    check_rules(json!([{"to": []}]), json!([{}]), &["no operation"]);
    check_rules(json!([{"from": [{"source": {}}]}]), json!([{"from": [[]]}]), &["says nothing"]);
    check_rules(json!([{"to": [{}]}]), json!([{"to": [[]]}]), &["says nothing"]);
    let misspelt = json!({"attribute": "principal", "any_of": ["a"]});
    check_rules(
        json!([{"from": [{"source": {"principal": ["a"]}}]}]),
        json!([{"from": [[misspelt]]}]),
        &["no attribute `principal`"],
    );
    check_rules(
        json!([{"from": [{"source": {"serviceAccounts": ["s"], "namespaces": ["n"]}}]}]),
        json!([{"from": [[{"attribute": "namespaces", "any_of": ["n"]},
            {"attribute": "serviceAccounts", "any_of": ["s"]}]]}]),
        &["serviceAccounts together"],
    );
    for (key, is_known) in [("source.ip", true), ("source.ips", false), ("request.headers[", false)]
    {
        let doubts: &[&str] = if is_known { &[] } else { &["no attribute"] };
        let expected = json!([{"when": [{"attribute": key, "any_of": ["v"]}]}]);
        check_rules(json!([{"when": [{"key": key, "values": ["v"]}]}]), expected, doubts);
    }
    check_rules(
        json!([{"when": [{"key": "source.ip"}]}]),
        json!([{"when": [{"attribute": "source.ip"}]}]),
        &["without values"],
    );
}

#[test]
fn actions_providers_and_dry_runs() {
    let policy = "AuthorizationPolicy";
    for (spec, action, doubts) in [
        (json!({}), "allow", &[][..]),
        (json!({"action": "DENY"}), "deny", &[]),
        (json!({"action": "AUDIT"}), "audit", &[]),
        (json!({"action": "CUSTOM", "provider": {"name": "x"}}), "custom", &[]),
        (json!({"action": "CUSTOM"}), "custom", &["without a provider"]),
        (json!({"provider": {"name": "x"}}), "allow", &["another action"]),
        (json!({"action": "deny"}), "unknown", &["no action `deny`"]),
    ] {
        check(SECURITY, policy, spec, "action", json!(action), doubts);
    }
    check("security.istio.io/v1beta1", policy, json!({}), "dry_run", json!(true), &[]);
}

#[test]
fn scopes_of_security_policies() {
    let target = json!({"group": "", "kind": "Service", "name": "s"});
    for (spec, expected, doubts) in [
        (json!({}), json!({}), &[][..]),
        (
            json!({"selector": {"matchLabels": {"a": "b"}}}),
            json!({"selector": {"labels": {"a": "b"}}}),
            &[],
        ),
        (json!({"selector": {}}), json!({"selector": {}}), &[]),
        (json!({"targetRefs": [target]}), json!({"targets": [target]}), &[]),
        (
            json!({"targetRef": target, "selector": {}}),
            json!({"selector": {}, "targets": [target]}),
            &["more than one of"],
        ),
        (
            json!({"targetRef": {"group": "__", "kind": "Serv_ice", "namespace": "m"}}),
            json!({"targets": [{"group": "__", "kind": "Serv_ice", "name": ""}]}),
            &["without a name", "whose kind", "whose group", "another namespace"],
        ),
    ] {
        for kind in ["AuthorizationPolicy", "PeerAuthentication", "RequestAuthentication"] {
            check(SECURITY, kind, spec.clone(), "scope", expected.clone(), doubts);
        }
    }
}

#[test]
fn modes_of_mutual_tls() {
    let kind = "PeerAuthentication";
    let selector = json!({"matchLabels": {"a": "b"}});
    check(SECURITY, kind, json!({"mtls": {"mode": "STRICT"}}), "mode", json!("STRICT"), &[]);
    check(SECURITY, kind, json!({"mtls": {}}), "mode", Value::Null, &[]);
    check(SECURITY, kind, json!({"mtls": {"mode": "BLAH"}}), "mode", json!("BLAH"), &["`BLAH`"]);
    for (ports, selector, expected, doubts) in [
        (json!({"80": {"mode": "DISABLE"}}), &selector, json!({"80": "DISABLE"}), &[][..]),
        (json!({"80": null}), &selector, json!({"80": "UNSET"}), &[]),
        (
            json!({"0": {}, "x": {}}),
            &selector,
            json!({"0": "UNSET", "x": "UNSET"}),
            &["`0`", "`x`"],
        ),
        (json!({}), &selector, Value::Null, &["no ports"]),
        (json!({"80": {}}), &json!({}), json!({"80": "UNSET"}), &["without a selector"]),
    ] {
        let spec = json!({"portLevelMtls": ports, "selector": selector});
        check(SECURITY, kind, spec, "ports", expected, doubts);
    }
}

#[test]
fn issuers_of_tokens() {
    let kind = "RequestAuthentication";
    check(
        SECURITY,
        kind,
        json!({"jwtRules": [{"issuer": "i", "audiences": ["a"], "jwksUri": "https://u:hunter2@h/k",
            "jwks": "{\"keys\":[]}", "fromHeaders": [{"name": "x", "prefix": "Bearer"}],
            "fromParams": ["q"], "fromCookies": ["c"], "forwardOriginalToken": true}]}),
        "issuers",
        json!([{"issuer": "i", "audiences": ["a"], "keys_at": "https://***9b91a6d0@h/k",
            "inline_keys": true, "token_in": ["header x", "parameter q", "cookie c"], "forwards": true}]),
        &[],
    );
    check(
        SECURITY,
        kind,
        json!({"jwtRules": [null, {"audiences": [""], "jwksUri": "/k", "fromParams": [""]}]}),
        "issuers",
        json!([{"issuer": "", "audiences": [""], "keys_at": "/k", "token_in": ["parameter "]}]),
        &["says nothing", "without an issuer", "empty audience", "neither http", "without a name"],
    );
}

#[test]
fn sidecars() {
    let spec = json!({
        "workloadSelector": {"labels": {"a": "b"}},
        "egress": [{"hosts": ["./*", "istio-system/*"]}, {"port": {"number": 9080, "protocol": "HTTP"}, "hosts": ["m/h"]}],
        "outboundTrafficPolicy": {"mode": "ALLOW_ANY"}
    });
    let egress = json!([{"hosts": ["./*", "istio-system/*"]},
        {"hosts": ["m/h"], "port": {"number": 9080, "protocol": "HTTP"}}]);
    check(NETWORKING, "Sidecar", spec.clone(), "egress", egress, &[]);
    check(NETWORKING, "Sidecar", spec.clone(), "outbound", json!("ALLOW_ANY"), &[]);
    check(NETWORKING, "Sidecar", spec, "scope", json!({"selector": {"labels": {"a": "b"}}}), &[]);
    for (policy, outbound, doubts) in [
        (json!(null), Value::Null, &[][..]),
        (json!({}), json!("REGISTRY_ONLY"), &[]),
        (json!({"mode": "NONE"}), json!("NONE"), &["no mode"]),
    ] {
        check(
            NETWORKING,
            "Sidecar",
            json!({"outboundTrafficPolicy": policy}),
            "outbound",
            outbound,
            doubts,
        );
    }
    let bad = json!({"egress": [{}, {"hosts": ["host"]}]});
    let egress = json!([{"hosts": []}, {"hosts": ["host"]}]);
    check(NETWORKING, "Sidecar", bad, "egress", egress, &["without hosts", "without a namespace"]);
}

#[test]
fn service_entries() {
    let (record, doubts) = read(
        NETWORKING,
        "ServiceEntry",
        &json!({
            "hosts": ["h"], "addresses": ["10.0.0.0/8"], "exportTo": ["."], "location": "MESH_INTERNAL",
            "resolution": "STATIC", "endpoints": [{"address": "10.1.1.1"}], "subjectAltNames": ["s"],
            "ports": [{"number": 443, "name": "tls", "protocol": "TLS", "targetPort": 8443}]
        }),
    );
    assert_eq!(
        serde_json::to_value(&record.body).expect("serialises"),
        json!({
            "type": "service-entry",
            "meta": {"namespace": "n", "name": "p", "annotations": {"istio.io/dry-run": "true"}},
            "hosts": ["h"], "addresses": ["10.0.0.0/8"], "export_to": ["."], "location": "MESH_INTERNAL",
            "resolution": "STATIC", "endpoints": ["10.1.1.1"], "subject_names": ["s"],
            "ports": [{"number": 443, "name": "tls", "protocol": "TLS", "target": 8443}]
        })
    );
    assert_eq!(doubts, [""; 0]);
    let (one, two) = (json!({"address": "a"}), json!({"address": "b"}));
    for (spec, doubt) in [
        (json!({}), "no hosts"),
        (json!({"hosts": ["*"]}), "every host"),
        (json!({"hosts": ["h"], "addresses": [{"2001:db8:": null}]}), "no text"),
        (
            json!({"hosts": ["h"], "addresses": ["1.2.3.4/16"], "resolution": "DNS"}),
            "address block",
        ),
        (json!({"hosts": ["h"], "endpoints": [one]}), "endpoints"),
        (
            json!({"hosts": ["h"], "endpoints": [one], "workloadSelector": {}, "resolution": "STATIC"}),
            "both endpoints",
        ),
        (
            json!({"hosts": ["h"], "endpoints": [one, two], "resolution": "DNS_ROUND_ROBIN"}),
            "more than one endpoint",
        ),
        (json!({"hosts": ["h"], "workloadSelector": {"labels": {"a": "*"}}}), "wildcard"),
        (json!({"hosts": ["h"], "ports": [{"number": 99999, "name": "a"}]}), "1 to 65535"),
        (
            json!({"hosts": ["h"], "ports": [{"number": 1, "name": "a"}, {"number": 1, "name": "b"}]}),
            "of one number",
        ),
        (
            json!({"hosts": ["h"], "ports": [{"number": 1, "name": "a"}, {"number": 2, "name": "a"}]}),
            "of one name",
        ),
    ] {
        let (_, found) = read(NETWORKING, "ServiceEntry", &spec);
        assert_eq!(found.len(), 1, "{spec}: {found:?}");
        assert!(found.iter().all(|message| message.contains(doubt)), "{spec}: {found:?}");
    }
}

const SEEDS: &[&str] = &[
    r#"{"kind":"AuthorizationPolicy","apiVersion":"security.istio.io/v1","metadata":{"name":"p"},"spec":{"selector":{"matchLabels":{"a":"b"}},"action":"CUSTOM","provider":{"name":"x"},"rules":[{"from":[{"source":{"principals":["a"],"notIpBlocks":["10.0.0.0/8"]}}],"to":[{"operation":{"ports":["80"]}}],"when":[{"key":"source.ip","notValues":["1"]}]}]}}"#,
    r#"{"kind":"PeerAuthentication","apiVersion":"security.istio.io/v1","metadata":{"name":"p"},"spec":{"selector":{"matchLabels":{"a":"b"}},"mtls":{"mode":"STRICT"},"portLevelMtls":{"80":{"mode":"DISABLE"}}}}"#,
    r#"{"kind":"RequestAuthentication","apiVersion":"security.istio.io/v1","metadata":{"name":"p"},"spec":{"targetRefs":[{"kind":"Service","name":"s"}],"jwtRules":[{"issuer":"i","audiences":["a"],"jwksUri":"https://h","fromHeaders":[{"name":"x"}],"fromParams":["y"]}]}}"#,
    r#"{"kind":"Sidecar","apiVersion":"networking.istio.io/v1","metadata":{"name":"p"},"spec":{"workloadSelector":{"labels":{"a":"b"}},"egress":[{"port":{"number":80},"hosts":["./*"]}],"outboundTrafficPolicy":{"mode":"ALLOW_ANY"}}}"#,
    r#"{"kind":"ServiceEntry","apiVersion":"networking.istio.io/v1","metadata":{"name":"p"},"spec":{"hosts":["h"],"addresses":["1.2.3.4"],"ports":[{"number":80,"targetPort":81,"name":"a"}],"resolution":"STATIC","endpoints":[{"address":"1.1.1.1"}],"workloadSelector":{"labels":{"a":"b"}},"exportTo":["."]}}"#,
];

proptest::proptest! {
    #[test]
    fn any_object_is_read_or_set_aside(text in altered(SEEDS, &["kind", "apiVersion"])) {
        check_read(&text)?;
    }
}

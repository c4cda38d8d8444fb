//! What Istio documents about its policies, case by case: each row names the page it is from. The
//! names and values are our own.

mod cases;

use self::cases::{CASES, Case};
use super::super::testing::labels;
use super::*;
use crate::domain::Record;
use crate::domain::configured::MeshTarget;
use crate::ingest::configured::tests::read_text;
use crate::scope::Estate;
use crate::scope::answer::Answer;

/// The namespace and labels of the workload that is called, a service `web` and a waypoint before it.
const NAMESPACE: &str = "foo";
const LABELS: &[(&str, &str)] = &[("app", "web"), ("version", "v1")];

/// A policy as `namespace spec`.
type Written = &'static str;

fn policies(written: &[Written]) -> Vec<Record> {
    let documents = written.iter().enumerate().map(|(index, written)| {
        let (namespace, spec) = written.split_once(' ').expect("a namespace and a spec");
        let (namespace, annotations) = match namespace.strip_suffix("(dry-run)") {
            Some(namespace) => (namespace, "{istio.io/dry-run: \"true\"}"),
            None => (namespace, "{}"),
        };
        format!(
            "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {{name: p{index}, \
             namespace: {namespace}, annotations: {annotations}}}\nspec: {spec}\n"
        )
    });
    let found = read_text("policies.yaml", &documents.collect::<Vec<_>>().join("---\n"));
    assert_eq!(found.problems, [], "{written:?}");
    assert_eq!(found.records.len(), written.len(), "{written:?}");
    found.records
}

/// A call in words: `from=NAMESPACE/ACCOUNT` or `as=DOMAIN/NAMESPACE/ACCOUNT` or `plain`, `no-token`,
/// the proxy that is asked (`tcp`, `ztunnel`, `waypoint`), `alias=DOMAIN` of the mesh, and attributes.
fn decided(records: &[Record], words: &str) -> (String, usize) {
    let estate = Estate::build(records, &[], &[]);
    let realm = records.first().map(|record| record.realm.clone()).unwrap_or_default();
    let mut mesh = Mesh::of(&estate, &realm).unwrap_or_default();
    let mut call = Call::default();
    let mut traffic = Traffic::Http;
    let mut at_waypoint = false;
    for word in words.split_whitespace() {
        let identity = |spelled: &str| {
            let mut parts = spelled.split('/').map(crate::domain::Text::from);
            let mut part = || parts.next().unwrap_or_default();
            Identity { trust_domain: part(), namespace: part(), account: part() }
        };
        match word.split_once('=') {
            Some(("from", who)) => call = call.by(&identity(&format!("cluster.local/{who}"))),
            Some(("as", who)) => call = call.by(&identity(who)),
            Some(("alias", domain)) => mesh.settings.trust_domains.push(domain.into()),
            Some((attribute, value)) => call = call.with(attribute, value),
            None => match word {
                "plain" => call = call.in_plain_text(),
                "no-token" => call = call.without_token(),
                "tcp" => traffic = Traffic::Tcp,
                "ztunnel" => traffic = Traffic::Tunnelled,
                "waypoint" => at_waypoint = true,
                other => unreachable!("{other} is no word of a call"),
            },
        }
    }
    let target = |group: &str, kind: &str, name: &str| MeshTarget {
        group: group.into(),
        kind: kind.into(),
        name: name.into(),
    };
    let gateway = "gateway.networking.k8s.io";
    let attached = [
        target("", "Service", "web"),
        target(gateway, "Gateway", "waypoint"),
        target(gateway, "GatewayClass", "istio-waypoint"),
    ];
    let policies = match at_waypoint {
        true => mesh.policies_at(&NAMESPACE.into(), &attached),
        false => mesh.policies_of(&NAMESPACE.into(), &labels(LABELS)),
    };
    let decision = decide(&policies, &call, traffic, &mesh.settings);
    let allowed = match decision.allowed {
        Answer::Yes => "yes".to_owned(),
        Answer::No => "no".to_owned(),
        Answer::Depends(on) => {
            on.iter().map(crate::domain::Text::raw).collect::<Vec<_>>().join("; ")
        }
    };
    (allowed, decision.noted.len())
}

#[test]
fn policies_decide_as_documented() {
    let mut compared = 0;
    for Case { page, policies: written, calls } in CASES {
        let records = policies(written);
        for (call, expected) in *calls {
            assert_eq!(decided(&records, call).0, *expected, "{page}: {written:?}\n{call}");
            compared += 1;
        }
    }
    assert!(compared >= 60, "only {compared} calls");
    std::io::Write::write_fmt(
        &mut std::io::stderr(),
        format_args!("{compared} documented calls compared\n"),
    )
    .expect("standard error takes a line");
}

#[test]
fn audits_and_dry_runs_are_noted() {
    for (written, call, noted) in [
        ("foo {action: AUDIT, rules: [{to: [{operation: {methods: [GET]}}]}]}", "methods=GET", 1),
        ("foo {action: AUDIT, rules: [{to: [{operation: {methods: [GET]}}]}]}", "methods=POST", 0),
        ("foo(dry-run) {action: DENY, rules: [{}]}", "plain", 1),
        ("foo(dry-run) {}", "plain", 0),
        ("foo {action: DENY, rules: [{}]}", "plain", 0),
    ] {
        assert_eq!(decided(&policies(&[written]), call).1, noted, "{written} {call}");
    }
}

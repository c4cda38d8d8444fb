//! Traffic needs network policies, at both ends, and the mesh: who says no is said.

use super::super::testing::{
    agent, estate, key, meta, policy as network_policy, selector, workload,
};
use super::tests::{IN_MESH, condition, from, policy, service, spaces, strict, with};
use crate::domain::configured::{
    Configured, MeshAction, MeshRule, NetworkRule, Peer, Selector, ServiceEntry, Sidecar,
};
use crate::domain::{Capability, Permitted, Text};
use crate::scope::Authority;
use crate::scope::authority::Reach;

/// What becomes of a call of `agents/billing`: `yes`, what it depends on, or who denies it.
#[track_caller]
fn check(bodies: &[Configured], used: &str, expected: &str) {
    let billing = workload("Deployment", "agents", "billing");
    let estate = estate(bodies.iter().cloned().chain([billing]));
    let authority = Authority::of(&estate, &[agent(key("billing"))]);
    let (host, port) = used.split_once(':').expect("a host and a port");
    let capability =
        Capability::Egress { host: host.into(), port: port.parse().ok(), protocol: "TCP".into() };
    let explained = authority.explain(&key("billing"), &capability, Reach::Own);
    let best = explained.routes.iter().map(|route| &route.permitted).max();
    let found = match best {
        Some(Permitted::Yes) => "yes".to_owned(),
        Some(Permitted::Depends(on)) => on.iter().map(Text::raw).collect::<Vec<_>>().join("; "),
        Some(Permitted::No) | None => {
            let by = explained.denied.iter().flat_map(|denied| &denied.by);
            by.map(|by| by.by.visible()).collect::<Vec<_>>().join(", ")
        }
    };
    assert_eq!(found, expected, "{used}");
    // Grants say the same as questions do.
    let grants = authority.grants_of(&key("billing"), Reach::Own);
    let granted = grants.iter().map(|grant| grant.permits(&capability)).max();
    let granted = granted.filter(Permitted::is_possible);
    assert_eq!(granted.as_ref(), best, "{used}");
}

/// To the namespace `data`, from `agents`.
fn egress(peers: Option<Vec<Peer>>) -> Configured {
    let mut policy = network_policy("agents", "out", Selector::default());
    policy.egress_rules =
        peers.map(|peers| NetworkRule { peers, ..NetworkRule::default() }).into_iter().collect();
    Configured::NetworkPolicy(policy)
}

fn namespaces(name: &str) -> Vec<Peer> {
    let label = selector(&[("kubernetes.io/metadata.name", name)]);
    vec![Peer::Pods { namespaces: Some(label), pods: None }]
}

/// Into the workload `data/crm`.
fn ingress(peers: Option<Vec<Peer>>) -> Configured {
    let mut policy = network_policy("data", "in", selector(&[("app", "crm")]));
    policy.egress = false;
    policy.ingress = true;
    policy.ingress_rules =
        peers.map(|peers| NetworkRule { peers, ..NetworkRule::default() }).into_iter().collect();
    Configured::NetworkPolicy(policy)
}

fn mesh(app: Option<&str>, rules: Vec<MeshRule>) -> Configured {
    Configured::AuthorizationPolicy(policy("data", app, rules))
}

#[test]
fn both_must_let_through() {
    let pod = "data/crm-7f9c5d4b6-x2k9z:8080";
    let mesh_denies = || mesh(Some("crm"), vec![from(&["shop"])]);
    let mesh_allows = || mesh(Some("crm"), vec![from(&["agents"])]);
    let by_mesh = "AuthorizationPolicy data/p";
    let by_network = "NetworkPolicy agents/out";
    for (more, expected) in [
        (vec![mesh_allows()], "yes"),
        (vec![mesh_denies()], by_mesh),
        (vec![mesh_allows(), egress(Some(namespaces("data")))], "yes"),
        (vec![mesh_denies(), egress(Some(namespaces("data")))], by_mesh),
        (vec![mesh_allows(), egress(None)], by_network),
        (vec![mesh_allows(), egress(Some(namespaces("agents")))], by_network),
        (vec![mesh_denies(), egress(None)], "AuthorizationPolicy data/p, NetworkPolicy agents/out"),
        // At the other end.
        (vec![mesh_allows(), ingress(Some(namespaces("agents")))], "yes"),
        (vec![mesh_allows(), ingress(Some(namespaces("shop")))], "NetworkPolicy data/in"),
        (vec![ingress(None)], "NetworkPolicy data/in"),
        (vec![mesh_denies(), ingress(None)], "AuthorizationPolicy data/p, NetworkPolicy data/in"),
    ] {
        let bodies = with(spaces(IN_MESH, IN_MESH), more);
        check(&bodies, pod, expected);
        // Nothing is said of another workload of the namespace.
        let is_of_other = expected.contains("agents/out");
        check(&bodies, "data/erp:8080", if is_of_other { by_network } else { "yes" });
    }
}

#[test]
fn what_only_a_request_decides_stays_open() {
    let gets = |action| {
        let to = vec![vec![condition("methods", &["GET"]), condition("ports", &["8080"])]];
        let mut policy = policy("data", None, vec![MeshRule { to, ..from(&["agents"]) }]);
        policy.action = action;
        Configured::AuthorizationPolicy(policy)
    };
    let http = || service("data", "crm", "http", &[]);
    for (action, used, expected) in [
        (MeshAction::Allow, "data/crm:8080", "request.method is GET"),
        (MeshAction::Allow, "data/crm:443", "AuthorizationPolicy data/p"),
        (MeshAction::Deny, "data/crm:8080", "not: request.method is GET"),
        (MeshAction::Deny, "data/crm:443", "yes"),
        // The whole namespace is held alike, so that a pod that is not loaded is as well.
        (MeshAction::Allow, "data/unknown:443", "AuthorizationPolicy data/p"),
    ] {
        check(&with(spaces(IN_MESH, IN_MESH), [gets(action), http()]), used, expected);
    }
}

#[test]
fn calls_in_plain_text_are_refused() {
    for (own, more, expected) in [
        (IN_MESH, strict("data"), "yes"),
        (&[], strict("data"), "PeerAuthentication data/default"),
        (&[], strict("other"), "yes"),
    ] {
        check(&with(spaces(own, IN_MESH), [more]), "data/crm:8080", expected);
    }
}

#[test]
fn a_proxy_lets_out_to_hosts_it_was_told_of() {
    let sidecar = |outbound: &str| {
        Configured::Sidecar(Sidecar {
            meta: meta("agents", "default", &[]),
            outbound: Some(outbound.into()),
            ..Sidecar::default()
        })
    };
    let entry = || {
        Configured::ServiceEntry(ServiceEntry {
            meta: meta("data", "models", &[]),
            hosts: vec!["api.example.com".into()],
            ..ServiceEntry::default()
        })
    };
    let by = "Sidecar agents/default";
    for (outbound, host, expected) in [
        ("REGISTRY_ONLY", "api.example.com", "yes"),
        ("REGISTRY_ONLY", "elsewhere.example", by),
        ("REGISTRY_ONLY", "crm.data.svc.cluster.local", "yes"),
        ("REGISTRY_ONLY", "data/crm", "yes"),
        ("REGISTRY_ONLY", "8.8.8.8", "it is the address of a host that the mesh was told of"),
        ("ALLOW_ANY", "elsewhere.example", "yes"),
    ] {
        let more = [sidecar(outbound), entry(), service("data", "crm", "http", &[])];
        check(&with(spaces(IN_MESH, IN_MESH), more), &format!("{host}:443"), expected);
    }
}

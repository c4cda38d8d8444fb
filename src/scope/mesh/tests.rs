//! Whole meshes: who reaches whom, through which proxies.

use super::super::testing::{
    REALM, agent, change, estate, key, labels, meta, namespace, selector, shown, workload,
};
use super::*;
use crate::domain::configured::{
    AuthorizationPolicy, Configured, Container, MeshAction, MeshCondition, MeshRule, MeshScope,
    MeshTarget, PeerAuthentication, Service, ServiceEntry, ServicePort, Sidecar, SidecarListener,
};
use crate::domain::{AgentKey, Control, Text};
use crate::scope::Estate;
use crate::scope::answer::Answer;
use crate::scope::authority::{Authority, Reach};

pub(super) const IN_MESH: &[(&str, &str)] = &[("istio-injection", "enabled")];
const AMBIENT: &[(&str, &str)] = &[("istio.io/dataplane-mode", "ambient")];

fn texts(values: &[&str]) -> Vec<Text> {
    values.iter().map(|value| Text::from(*value)).collect()
}

pub(super) fn condition(attribute: &str, any_of: &[&str]) -> MeshCondition {
    MeshCondition { attribute: attribute.into(), any_of: texts(any_of), none_of: Vec::new() }
}

pub(super) fn policy(space: &str, app: Option<&str>, rules: Vec<MeshRule>) -> AuthorizationPolicy {
    AuthorizationPolicy {
        meta: meta(space, "p", &[]),
        scope: MeshScope {
            selector: app.map(|app| selector(&[("app", app)])),
            ..MeshScope::default()
        },
        action: MeshAction::Allow,
        provider: None,
        dry_run: false,
        rules,
    }
}

pub(super) fn from(namespaces: &[&str]) -> MeshRule {
    MeshRule { from: vec![vec![condition("namespaces", namespaces)]], ..MeshRule::default() }
}

pub(super) fn service(space: &str, name: &str, port: &str, with: &[(&str, &str)]) -> Configured {
    Configured::Service(Service {
        meta: meta(space, name, with),
        selects: labels(&[("app", name)]),
        ports: vec![ServicePort {
            name: Some(port.into()),
            protocol: "TCP".into(),
            port: 80,
            target: Some("8080".into()),
            node_port: None,
        }],
        ..Service::default()
    })
}

pub(super) fn strict(space: &str) -> Configured {
    Configured::PeerAuthentication(PeerAuthentication {
        meta: meta(space, "default", &[]),
        mode: Some("STRICT".into()),
        ..PeerAuthentication::default()
    })
}

/// `agents/billing` and what it may call, as `namespace/name ports: answer`.
fn reached(bodies: Vec<Configured>) -> Vec<String> {
    let estate = estate(bodies.into_iter().chain([workload("Deployment", "agents", "billing")]));
    let billing = key("billing");
    let Some(mesh) = Mesh::of(&estate, &REALM.into()) else { return Vec::new() };
    let destinations = Destinations::of(&mesh, &estate, &REALM.into());
    let caller = mesh.member(&estate, &billing).expect("a workload");
    let mut lines: Vec<String> = Vec::new();
    for reached in mesh.reach(&caller, &destinations) {
        let ports: Vec<String> =
            reached.ports.iter().map(|range| format!(" {}-{}", range.first, range.last)).collect();
        let answer = match reached.decision.allowed {
            Answer::Yes => "yes".to_owned(),
            Answer::No => "no".to_owned(),
            Answer::Depends(on) => on.iter().map(Text::raw).collect::<Vec<_>>().join("; "),
        };
        for to in reached.workloads.iter().filter(|to| to.name != "billing") {
            let (space, name) = (to.space.raw(), to.name.raw());
            lines.push(format!("{space}/{name}{}: {answer}", ports.concat()));
        }
    }
    lines
}

#[track_caller]
fn check(bodies: Vec<Configured>, expected: &[&str]) {
    assert_eq!(reached(bodies), expected);
}

/// The agent's namespace and one with a workload `crm`, with these labels.
pub(super) fn spaces(own: &[(&str, &str)], other: &[(&str, &str)]) -> Vec<Configured> {
    vec![namespace("agents", own), namespace("data", other), workload("Deployment", "data", "crm")]
}

pub(super) fn with(
    mut bodies: Vec<Configured>,
    more: impl IntoIterator<Item = Configured>,
) -> Vec<Configured> {
    bodies.extend(more);
    bodies
}

#[test]
fn every_destination_is_asked() {
    let allow = |rules| Configured::AuthorizationPolicy(policy("data", None, rules));
    let http = || service("data", "crm", "http", &[]);
    let get = |ports: &[&str]| MeshRule {
        to: vec![vec![condition("methods", &["GET"]), condition("ports", ports)]],
        ..from(&["agents"])
    };
    for (own, other, more, expected) in [
        (IN_MESH, IN_MESH, vec![allow(vec![from(&["agents"])])], &["data/crm: yes"][..]),
        (IN_MESH, IN_MESH, vec![allow(vec![from(&["shop"])])], &["data/crm: no"]),
        (IN_MESH, IN_MESH, vec![allow(vec![])], &["data/crm: no"]),
        (IN_MESH, IN_MESH, vec![strict("data")], &["data/crm: yes"]),
        // Outside the mesh the caller is nobody.
        (&[], IN_MESH, vec![allow(vec![from(&["agents"])])], &["data/crm: no"]),
        (&[], IN_MESH, vec![strict("data")], &["data/crm: no"]),
        (&[], IN_MESH, vec![strict("istio-system")], &["data/crm: no"]),
        (&[], IN_MESH, vec![strict("other")], &["data/crm: yes"]),
        // Where no proxy stands nothing is enforced.
        (IN_MESH, &[], vec![allow(vec![])], &["data/crm: yes"]),
        (
            IN_MESH,
            IN_MESH,
            vec![allow(vec![get(&[])]), http()],
            &["data/crm: request.method is GET"],
        ),
        (
            IN_MESH,
            IN_MESH,
            vec![allow(vec![get(&["8080"])]), http()],
            &["data/crm 8080-8080: request.method is GET", "data/crm 1-8079 8081-65535: no"],
        ),
        (
            IN_MESH,
            IN_MESH,
            vec![allow(vec![get(&[])])],
            &["data/crm: request.method is GET; the traffic is HTTP"],
        ),
        (
            IN_MESH,
            IN_MESH,
            vec![allow(vec![get(&[])]), service("data", "crm", "tcp-db", &[])],
            &["data/crm: no"],
        ),
        (IN_MESH, AMBIENT, vec![allow(vec![from(&["agents"])])], &["data/crm: yes"]),
        (IN_MESH, AMBIENT, vec![allow(vec![get(&[])])], &["data/crm: no"]),
    ] {
        check(with(spaces(own, other), more), expected);
    }
    // Without an object of a mesh there is none to ask.
    check(spaces(IN_MESH, IN_MESH), &[]);
}

#[test]
fn a_waypoint_is_asked_about_the_caller_and_ztunnel_about_the_waypoint() {
    let waypoint = &[("istio.io/use-waypoint", "gate")];
    let at_service = |rules| {
        let mut policy = policy("data", None, rules);
        policy.meta.name = "at-service".into();
        policy.scope.targets = vec![MeshTarget {
            kind: "Service".into(),
            name: "crm".into(),
            ..MeshTarget::default()
        }];
        Configured::AuthorizationPolicy(policy)
    };
    let only_from = |principal: &str| {
        let rule = MeshRule {
            from: vec![vec![condition("principals", &[principal])]],
            ..MeshRule::default()
        };
        Configured::AuthorizationPolicy(policy("data", Some("crm"), vec![rule]))
    };
    let gate = "cluster.local/ns/data/sa/gate";
    for (more, expected) in [
        (vec![at_service(vec![from(&["agents"])]), only_from(gate)], "data/crm: yes"),
        (vec![at_service(vec![from(&["shop"])]), only_from(gate)], "data/crm: no"),
        // The workload takes calls past its waypoint as well.
        (vec![at_service(vec![from(&["shop"])])], "data/crm: yes"),
        (vec![at_service(vec![]), only_from("cluster.local/ns/x/sa/x")], "data/crm: no"),
    ] {
        let service = service("data", "crm", "http", waypoint);
        check(with(spaces(AMBIENT, AMBIENT), with(more, [service])), &[expected]);
    }
}

#[test]
fn a_sidecar_lets_out_what_it_imports() {
    let sidecar = |space: &str, hosts: &[&str], outbound: Option<&str>| {
        Configured::Sidecar(Sidecar {
            meta: meta(space, "default", &[]),
            egress: vec![SidecarListener { hosts: texts(hosts), port: None }],
            outbound: outbound.map(Text::from),
            ..Sidecar::default()
        })
    };
    let entry = |export: &[&str]| {
        Configured::ServiceEntry(ServiceEntry {
            meta: meta("data", "models", &[]),
            hosts: texts(&["api.example.com", "*.models.example"]),
            export_to: texts(export),
            ..ServiceEntry::default()
        })
    };
    let only = Some("REGISTRY_ONLY");
    let (crm, api) = ("crm.data.svc.cluster.local", "api.example.com");
    for (more, host, expected) in [
        (vec![entry(&[])], api, Outbound::Known),
        (vec![entry(&[])], "a.models.example", Outbound::Known),
        (vec![entry(&["."])], api, Outbound::PassedThrough),
        (vec![entry(&["agents"])], api, Outbound::Known),
        (vec![entry(&[])], "elsewhere.example", Outbound::PassedThrough),
        (vec![sidecar("agents", &["*/*"], only)], "elsewhere.example", Outbound::Blocked),
        (vec![sidecar("agents", &["*/*"], only)], crm, Outbound::Known),
        (vec![sidecar("agents", &["./*"], only)], crm, Outbound::Blocked),
        (vec![sidecar("agents", &["data/*"], only)], crm, Outbound::Known),
        (vec![sidecar("agents", &["~/*"], None)], crm, Outbound::PassedThrough),
        (vec![sidecar("istio-system", &["./*"], only)], crm, Outbound::Blocked),
        (vec![sidecar("other", &["./*"], only)], crm, Outbound::Known),
        (
            vec![entry(&[]), sidecar("agents", &["data/api.example.com"], only)],
            api,
            Outbound::Known,
        ),
    ] {
        let more = with(more, [service("data", "crm", "http", &[]), strict("x")]);
        let billing = workload("Deployment", "agents", "billing");
        let estate = estate(with(spaces(IN_MESH, IN_MESH), with(more, [billing])));
        let mesh = Mesh::of(&estate, &REALM.into()).expect("a mesh");
        let key = key("billing");
        let caller = mesh.member(&estate, &key).expect("a workload");
        assert_eq!(mesh.outbound(&caller, host), expected, "{host}");
    }
    // What is passed through arrives in plain text.
    let hidden = || vec![sidecar("agents", &["./*"], None), service("data", "crm", "http", &[])];
    check(with(spaces(IN_MESH, IN_MESH), with(hidden(), [strict("data")])), &["data/crm: no"]);
    check(with(spaces(IN_MESH, IN_MESH), hidden()), &["data/crm: yes"]);
}

#[test]
fn network_policies_and_the_mesh_may_disagree() {
    let allow = Configured::AuthorizationPolicy(policy("data", Some("crm"), vec![from(&["shop"])]));
    let erp = workload("Deployment", "data", "erp");
    let billing = workload("Deployment", "agents", "billing");
    let estate = estate(with(spaces(IN_MESH, IN_MESH), [allow, erp, billing]));
    let mesh = Mesh::of(&estate, &REALM.into()).expect("a mesh");
    let key = key("billing");
    let caller = mesh.member(&estate, &key).expect("a workload");
    let destinations = Destinations::of(&mesh, &estate, &REALM.into());
    for (open, expected) in
        [("crm", vec![("crm", Control::Mesh), ("erp", Control::NetworkPolicies)]), ("erp", vec![])]
    {
        let network = |_: &AgentKey, to: &AgentKey, _| Some(to.name == open);
        let found = mesh.disagreements(&caller, &destinations, network);
        let mut found: Vec<_> =
            found.iter().map(|one| (one.to.name.raw(), one.denied_by)).collect();
        found.sort_by_key(|(name, _)| *name);
        assert_eq!(found, expected, "{open}");
    }
}

/// The workloads alone, each with its proxy: of their namespaces nothing is loaded.
fn with_proxies() -> Vec<Configured> {
    let proxy = || Container { name: "istio-proxy".into(), ..Container::default() };
    let of = |space, name| {
        change(workload("Deployment", space, name), |pods| pods.containers.push(proxy()))
    };
    vec![of("data", "crm"), of("agents", "billing")]
}

fn granted(estate: &Estate) -> Vec<String> {
    let mut authority = Authority::default();
    add(estate, &[agent(key("billing"))], &mut authority);
    shown(&authority.grants_of(&key("billing"), Reach::Own))
}

#[test]
fn policies_at_destinations_are_objects_of_the_graph() {
    let allow = |space: &str, app| {
        Configured::AuthorizationPolicy(policy(space, app, vec![from(&["agents"])]))
    };
    let pods = "egress: pods";
    for (more, expected) in [
        (
            vec![allow("data", Some("crm"))],
            vec![
                format!("{pods} app=crm of data | AuthorizationPolicy data/p (another namespace)"),
                format!("{pods} of agents | Mesh namespace agents (default allow)"),
            ],
        ),
        (
            vec![allow("istio-system", None)],
            vec![
                format!(
                    "{pods} of agents | AuthorizationPolicy istio-system/p (cluster-wide policy)"
                ),
                format!(
                    "{pods} of data | AuthorizationPolicy istio-system/p (cluster-wide policy)"
                ),
            ],
        ),
        (
            vec![allow("agents", None)],
            vec![
                format!("{pods} of agents | AuthorizationPolicy agents/p (empty selector)"),
                format!("{pods} of data | Mesh namespace data (default allow)"),
            ],
        ),
        (vec![], vec![]),
    ] {
        assert_eq!(granted(&estate(with(with_proxies(), more))), expected);
    }
}

#[test]
fn what_only_a_request_decides_narrows_the_edge() {
    use crate::domain::{Capability, Permitted};
    let rule = MeshRule {
        to: vec![vec![condition("ports", &["8080"]), condition("paths", &["/tools/*"])]],
        ..from(&["agents"])
    };
    let allow = Configured::AuthorizationPolicy(policy("data", None, vec![rule]));
    let more = [allow, service("data", "crm", "http", &[])];
    let estate = estate(with(with_proxies(), more));
    let mut authority = Authority::default();
    add(&estate, &[agent(key("billing"))], &mut authority);
    let grants = authority.grants_of(&key("billing"), Reach::Own);
    for (port, expected) in
        [(8080, Permitted::Depends(vec!["request.path is /tools/*".into()])), (443, Permitted::No)]
    {
        let used = Capability::Egress {
            host: "data/crm-1".into(),
            port: Some(port),
            protocol: "TCP".into(),
        };
        let best = grants.iter().map(|grant| grant.permits(&used)).max();
        assert_eq!(best, Some(expected), "{port}");
    }
}

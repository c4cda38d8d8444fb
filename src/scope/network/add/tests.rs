//! Workloads, policies and their absence as routes.

use super::add;
use crate::domain::configured::{
    CiliumDomain, CiliumPeer, CiliumPolicy, CiliumRule, CiliumSubject, CiliumTraffic,
    ClusterAction, ClusterNetworkPolicy, ClusterPeer, ClusterRule, Configured, Namespaces,
    NetworkRule, Peer, Port, Selector, Tier,
};
use crate::domain::{Capability, Grant, Permitted, Text};
use crate::scope::authority::{Authority, Reach};
use crate::scope::estate::Estate;
use crate::scope::network::endpoint::NAMESPACE_NAME;
use crate::scope::testing::{
    agent, change, estate, key, meta, namespace, policy, selector, shown, workload,
};

fn grants(estate: &Estate) -> Vec<Grant> {
    let mut authority = Authority::default();
    authority.agent(&key("billing"));
    add(estate, &[agent(key("billing"))], &mut authority);
    authority.grants_of(&key("billing"), Reach::Own)
}

/// The egress grants of the workload `billing`, whose pods carry `app=billing`.
#[track_caller]
fn check(bodies: Vec<Configured>, expected: &[&str]) {
    let estate = estate(bodies.into_iter().chain([workload("Deployment", "agents", "billing")]));
    assert_eq!(shown(&grants(&estate)), expected);
}

fn allowing(peers: Vec<Peer>, ports: Vec<Port>) -> Vec<Configured> {
    let mut policy = policy("agents", "p", selector(&[("app", "billing")]));
    policy.egress_rules = vec![NetworkRule { peers, ports }];
    vec![
        Configured::NetworkPolicy(policy),
        namespace("agents", &[]),
        namespace("data", &[("team", "data")]),
    ]
}

fn port(protocol: &str, port: Option<&str>, end: Option<u16>) -> Port {
    Port { protocol: protocol.into(), port: port.map(Text::from), end }
}

fn pods(namespaces: Option<Selector>, pods: Option<Selector>) -> Vec<Peer> {
    vec![Peer::Pods { namespaces, pods }]
}

#[test]
fn selection_decides_between_default_allow_and_the_policies() {
    let any = Selector::default;
    let named = || selector(&[("app", "billing")]);
    let selecting = |namespace, selects, egress, rules: usize| {
        let mut policy = policy(namespace, "p", selects);
        policy.egress = egress;
        policy.egress_rules = vec![NetworkRule::default(); rules];
        Configured::NetworkPolicy(policy)
    };
    let open = "egress: anywhere | Deployment agents/billing → \
                Namespace agents (default allow)";
    let allowed = "egress: anywhere | Deployment agents/billing → NetworkPolicy agents/p";
    let inherited = format!("{allowed} (empty selector)");
    for (policy, expected) in [
        (selecting("agents", named(), true, 0), None),
        (selecting("agents", named(), true, 1), Some(allowed)),
        (selecting("agents", any(), true, 1), Some(inherited.as_str())),
        (selecting("agents", any(), false, 1), Some(open)),
        (selecting("other", any(), true, 0), Some(open)),
        (selecting("agents", selector(&[("app", "x")]), true, 0), Some(open)),
    ] {
        check(vec![policy], expected.as_slice());
    }
    check(vec![namespace("agents", &[])], &[open]);
    // Nothing of the plane is loaded: no claim.
    check(vec![], &[]);
}

#[test]
fn peers_and_ports() {
    let via = "| Deployment agents/billing → NetworkPolicy agents/p";
    let block = |except: &[&str]| {
        vec![Peer::Block {
            cidr: "10.0.0.0/8".parse().expect("a literal block"),
            except: except.iter().map(|hole| hole.parse().expect("a literal block")).collect(),
        }]
    };
    let team = |team: &str| Some(selector(&[("team", team)]));
    let by_name = Some(selector(&[(NAMESPACE_NAME, "unloaded")]));
    for (peers, ports, expected) in [
        (vec![], vec![port("", Some("443"), None)], Some("anywhere on 443/TCP")),
        (vec![], vec![port("UDP", Some("1"), Some(9))], Some("anywhere on 1-9/UDP")),
        (vec![], vec![port("UDP", Some("9"), Some(1))], None),
        (vec![], vec![port("TCP", Some("70000"), None)], None),
        (vec![], vec![port("TCP", Some("web"), None)], Some("anywhere on 1-65535/TCP")),
        (block(&[]), vec![], Some("10.0.0.0/8")),
        (block(&["10.9.0.0/16"]), vec![], Some("10.0.0.0/8 except 10.9.0.0/16")),
        (pods(None, Some(Selector::default())), vec![], Some("pods of agents")),
        (pods(None, team("x")), vec![], Some("pods team=x of agents")),
        (pods(Some(Selector::default()), None), vec![], Some("pods of every namespace")),
        (pods(team("data"), team("x")), vec![], Some("pods team=x of data")),
        (pods(team("nobody"), None), vec![], None),
        (pods(by_name, None), vec![], Some("pods of unloaded")),
    ] {
        let expected = expected.map(|to| format!("egress: {to} {via}"));
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        check(allowing(peers, ports), &expected);
    }
}

#[test]
fn pods_in_the_network_of_the_node_are_exempt() {
    let host = change(workload("Deployment", "agents", "billing"), |w| w.host_network = true);
    let deny = Configured::NetworkPolicy(policy("agents", "p", Selector::default()));
    let estate = estate([host, deny]);
    assert_eq!(
        shown(&grants(&estate)),
        ["egress: anywhere | Deployment agents/billing → Node network hostNetwork is set (node)"]
    );
}

fn cluster_policy(kind: &str, tier: Tier, rules: &[(ClusterAction, ClusterPeer)]) -> Configured {
    let egress = rules.iter().map(|(action, peer)| ClusterRule {
        name: None,
        action: *action,
        peers: vec![peer.clone()],
        ports: Vec::new(),
    });
    Configured::ClusterNetworkPolicy(ClusterNetworkPolicy {
        kind: kind.into(),
        meta: meta("", "guard", &[]),
        tier,
        priority: Some(10),
        subject: in_namespaces(&[]),
        ingress: Vec::new(),
        egress: egress.collect(),
    })
}

fn in_namespaces(labels: &[(&str, &str)]) -> ClusterPeer {
    ClusterPeer::Namespaces { namespaces: Namespaces::Matching(selector(labels)) }
}

fn networks(cidr: &str) -> ClusterPeer {
    ClusterPeer::Networks { networks: vec![cidr.parse().expect("a literal block")] }
}

/// Whether some grant permits TCP 443 of a host.
#[track_caller]
fn check_hosts(bodies: Vec<Configured>, expected: &[(&str, Permitted)]) {
    let named = [namespace("agents", &[]), namespace("data", &[("team", "data")])];
    let billing = workload("Deployment", "agents", "billing");
    let estate = estate(bodies.into_iter().chain(named).chain([billing]));
    let grants = grants(&estate);
    for (host, permitted) in expected {
        let used =
            Capability::Egress { host: (*host).into(), port: Some(443), protocol: "TCP".into() };
        let best = grants.iter().map(|grant| grant.permits(&used)).max();
        assert_eq!(best.unwrap_or(Permitted::No), *permitted, "{host} {:?}", shown(&grants));
    }
}

#[test]
fn denials_before_take_away() {
    use ClusterAction::{Accept, Deny, Pass};
    let (yes, no) = (Permitted::Yes, Permitted::No);
    let admin = |rules: &[_]| cluster_policy("ClusterNetworkPolicy", Tier::Admin, rules);
    let baseline = |rules: &[_]| cluster_policy("ClusterNetworkPolicy", Tier::Baseline, rules);
    let everywhere = || networks("0.0.0.0/0");
    let inside = || networks("10.0.0.0/8");
    let to_data = || {
        let mut policy = policy("agents", "p", Selector::default());
        let data = Peer::Pods { namespaces: Some(selector(&[("team", "data")])), pods: None };
        policy.egress_rules = vec![NetworkRule { peers: vec![data], ports: vec![] }];
        Configured::NetworkPolicy(policy)
    };
    let data = || in_namespaces(&[("team", "data")]);
    for (bodies, expected) in [
        // From default allow.
        (
            vec![admin(&[(Deny, inside())])],
            vec![("10.0.0.1", no.clone()), ("8.8.8.8", yes.clone())],
        ),
        (vec![baseline(&[(Deny, inside())])], vec![("10.0.0.1", no.clone())]),
        // The first rule that matches decides.
        (
            vec![admin(&[(Accept, inside()), (Deny, everywhere())])],
            vec![("10.0.0.1", yes.clone()), ("8.8.8.8", no.clone())],
        ),
        (
            vec![admin(&[(Deny, inside()), (Accept, everywhere())])],
            vec![("10.0.0.1", no.clone()), ("8.8.8.8", yes.clone())],
        ),
        // From what a policy of a namespace accepts, but the baseline is not asked.
        (vec![to_data(), admin(&[(Deny, data())])], vec![("data/db", no.clone())]),
        (vec![to_data(), baseline(&[(Deny, data())])], vec![("data/db", yes.clone())]),
        (vec![to_data(), baseline(&[(Accept, everywhere())])], vec![("data/db", yes.clone())]),
        // An admin accepts what no policy of the namespace does.
        (vec![to_data(), admin(&[(Accept, inside())])], vec![("10.0.0.1", yes.clone())]),
        // What is passed may be left by a later denial of its tier.
        (
            vec![to_data(), admin(&[(Pass, data()), (Deny, data())])],
            vec![(
                "data/db",
                Permitted::Depends(vec!["not: no rule before it passes it on".into()]),
            )],
        ),
    ] {
        check_hosts(bodies, &expected);
    }
}

#[test]
fn cilium_names_entities_and_denials() {
    let rule = |egress: Vec<CiliumPeer>, deny: Vec<CiliumPeer>| {
        let traffic = |peers: Vec<CiliumPeer>| match peers.is_empty() {
            true => Vec::new(),
            false => vec![CiliumTraffic { peers: Some(peers), ..CiliumTraffic::default() }],
        };
        let rule = CiliumRule {
            subject: CiliumSubject::Endpoints { selector: selector(&[("any:app", "billing")]) },
            default_deny_ingress: None,
            default_deny_egress: None,
            ingress: Vec::new(),
            ingress_deny: Vec::new(),
            egress: traffic(egress),
            egress_deny: traffic(deny),
            description: None,
        };
        vec![Configured::CiliumPolicy(CiliumPolicy {
            kind: "CiliumNetworkPolicy".into(),
            meta: meta("agents", "p", &[]),
            rules: vec![rule],
        })]
    };
    let name = |name: &str| CiliumPeer::Domain(CiliumDomain::Pattern(name.into()));
    let entity = |name: &str| CiliumPeer::Entity { name: name.into() };
    let (yes, no) = (Permitted::Yes, Permitted::No);
    for (bodies, expected) in [
        (
            rule(vec![name("*.example.com")], vec![]),
            vec![
                ("api.example.com", yes.clone()),
                ("a.b.example.com", no.clone()),
                ("data/db", no.clone()),
            ],
        ),
        (
            rule(vec![entity("world")], vec![name("bad.example.com")]),
            vec![
                ("api.example.com", yes.clone()),
                ("bad.example.com", no.clone()),
                ("8.8.8.8", yes.clone()),
                ("data/db", no.clone()),
            ],
        ),
        (rule(vec![entity("cluster")], vec![]), vec![("data/db", yes), ("8.8.8.8", no)]),
        (
            rule(vec![entity("host")], vec![]),
            vec![("10.0.0.1", Permitted::Depends(vec!["it is `host`".into()]))],
        ),
    ] {
        check_hosts(bodies, &expected);
    }
}

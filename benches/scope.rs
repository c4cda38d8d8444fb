//! Effective scope at three sizes: building the estate and the graph, resolving every grant, and
//! asking who can. Cost must grow with the number of objects and no faster (design §7).

use diptych::domain::configured::{
    Binding, Configured, Meta, NetworkPolicy, NetworkRule, Peer, Provisioning, Record, Role, Rule,
    Selector, Subject, Workload,
};
use diptych::domain::{
    Agent, AgentKey, Capability, Digest, EvidenceOfAgency, Location, Place, Text,
};
use diptych::scope::authority::Reach;
use diptych::scope::{self, Authority, Estate};
use divan::Bencher;
use divan::counter::ItemsCount;

/// Agents; each comes with a hundred objects.
const SIZES: [usize; 3] = [100, 300, 1000];

/// Namespaces per agent are fewer than agents: several share one.
const AGENTS_PER_NAMESPACE: usize = 5;

/// Roles, each with its binding and an aggregated part, that make up the hundred.
const ROLES: usize = 32;

fn main() {
    divan::main();
}

#[divan::bench(args = SIZES, sample_count = 5, sample_size = 1)]
fn build_the_graph(bencher: Bencher, agents: usize) {
    let (records, agents) = firm(agents);
    bencher.counter(ItemsCount::new(records.len())).bench_local(|| {
        let estate = Estate::build(&records, &[], &[]);
        Authority::of(&estate, &agents)
    });
}

#[divan::bench(args = SIZES, sample_count = 5, sample_size = 1)]
fn resolve_every_grant(bencher: Bencher, agents: usize) {
    let (records, agents) = firm(agents);
    let estate = Estate::build(&records, &[], &[]);
    bencher
        .counter(ItemsCount::new(records.len()))
        .bench_local(|| scope::resolve(&estate, &agents));
}

#[divan::bench(args = SIZES, sample_count = 20)]
fn who_can(bencher: Bencher, agents: usize) {
    let (records, agents) = firm(agents);
    let estate = Estate::build(&records, &[], &[]);
    let authority = Authority::of(&estate, &agents);
    let secret = secret("team-1");
    bencher.bench_local(|| authority.who_can(&secret, Reach::Derived));
}

#[divan::bench(args = SIZES, sample_count = 20)]
fn explain(bencher: Bencher, agents: usize) {
    let (records, agents) = firm(agents);
    let estate = Estate::build(&records, &[], &[]);
    let authority = Authority::of(&estate, &agents);
    let (agent, secret) = (&agents[7].key, secret("team-1"));
    bencher.bench_local(|| authority.explain(agent, &secret, Reach::Derived));
}

fn secret(namespace: &str) -> Capability {
    Capability::Kubernetes {
        verb: "get".into(),
        group: "".into(),
        resource: "secrets".into(),
        namespace: Some(namespace.into()),
        name: Some("token".into()),
    }
}

/// A firm of so many agents, with workloads, roles and bindings of their own, roles that are
/// aggregated, bindings to groups, and network policies for both directions.
fn firm(agents: usize) -> (Vec<Record>, Vec<Agent>) {
    let mut records = Vec::new();
    let mut keys = Vec::new();
    let mut add = |body: Configured| records.push(record(body, records.len()));
    for number in 0..agents {
        let namespace = format!("team-{}", number / AGENTS_PER_NAMESPACE);
        let name = format!("agent-{number}");
        keys.push(AgentKey::new("prod", namespace.as_str(), name.as_str()));
        add(Configured::Workload(Workload {
            kind: "Deployment".into(),
            meta: meta(&namespace, &name),
            service_account: name.as_str().into(),
            pod_labels: [("app".into(), name.as_str().into())].into(),
            ..Workload::default()
        }));
        add(Configured::NetworkPolicy(NetworkPolicy {
            meta: meta(&namespace, &name),
            selects: Selector {
                labels: [("app".into(), name.as_str().into())].into(),
                expressions: Vec::new(),
            },
            egress: true,
            ..NetworkPolicy::default()
        }));
        for role in 0..ROLES {
            let role = format!("{name}-{role}");
            add(Configured::Role(Role {
                meta: meta(&namespace, &role),
                rules: vec![rule("get", "configmaps"), rule("list", &format!("kind{number}"))],
                aggregates: Vec::new(),
            }));
            add(binding(&namespace, &role, "Role", &role, ("ServiceAccount", &namespace, &name)));
            let mut part = meta("", &role);
            part.labels.insert(Text::from(format!("part-of-{}", number % 10)), "yes".into());
            add(Configured::Role(Role {
                meta: part,
                rules: vec![rule("get", &format!("part{number}"))],
                aggregates: Vec::new(),
            }));
        }
        if number % AGENTS_PER_NAMESPACE == 0 {
            let group = format!("system:serviceaccounts:{namespace}");
            add(binding(
                &namespace,
                "everybody",
                "Role",
                &format!("{name}-0"),
                ("Group", "", &group),
            ));
            add(Configured::NetworkPolicy(NetworkPolicy {
                meta: meta(&namespace, "only-from-within"),
                ingress: true,
                ingress_rules: vec![NetworkRule {
                    peers: vec![Peer::Pods { namespaces: None, pods: Some(Selector::default()) }],
                    ports: Vec::new(),
                }],
                ..NetworkPolicy::default()
            }));
            add(Configured::Role(Role {
                meta: meta(&namespace, "secrets"),
                rules: vec![rule("get", "secrets")],
                aggregates: Vec::new(),
            }));
            add(binding(&namespace, "secrets", "Role", "secrets", ("Group", "", &group)));
        }
    }
    (records, keys.into_iter().map(agent).collect())
}

fn record(body: Configured, number: usize) -> Record {
    Record {
        realm: "prod".into(),
        at: None,
        provisioning: Provisioning::default(),
        place: Place {
            evidence: Digest::of(b"firm"),
            file: "firm.json".into(),
            at: Location::Pointer(format!("/items/{number}").into()),
        },
        body,
    }
}

fn meta(namespace: &str, name: &str) -> Meta {
    Meta { namespace: namespace.into(), name: name.into(), ..Meta::default() }
}

fn rule(verb: &str, resource: &str) -> Rule {
    Rule {
        verbs: vec![verb.into()],
        groups: vec!["".into()],
        resources: vec![resource.into()],
        ..Rule::default()
    }
}

fn binding(
    namespace: &str,
    name: &str,
    role_kind: &str,
    role: &str,
    (kind, of, subject): (&str, &str, &str),
) -> Configured {
    Configured::Binding(Binding {
        meta: meta(namespace, name),
        role_kind: role_kind.into(),
        role: role.into(),
        subjects: vec![Subject { kind: kind.into(), name: subject.into(), namespace: of.into() }],
    })
}

fn agent(key: AgentKey) -> Agent {
    Agent {
        key,
        evidence: vec![EvidenceOfAgency::Declaration],
        registered: true,
        owner: None,
        purpose: None,
        environment: None,
        principals: Vec::new(),
    }
}

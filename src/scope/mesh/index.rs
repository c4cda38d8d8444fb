//! The objects of one realm's mesh, by namespace.

use std::collections::BTreeMap;

use super::authorization::{Policy, Traffic};
use super::call::Identity;
use super::peer::{self, Membership, MutualTls, Peer};
use super::settings::Settings;
use crate::domain::configured::{
    Configured, MeshScope, MeshTarget, Meta, RequestAuthentication, Service, ServiceEntry,
    ServicePort, Sidecar, Workload,
};
use crate::domain::{AgentKey, Record, Text};
use crate::scope::Estate;

type Labels = BTreeMap<Text, Text>;
type ByNamespace<'a, T> = BTreeMap<&'a Text, Vec<T>>;

/// What is loaded of a mesh.
#[derive(Debug, Default)]
pub struct Mesh<'a> {
    pub settings: Settings,
    pub(super) policies: ByNamespace<'a, Policy<'a>>,
    peers: ByNamespace<'a, Peer<'a>>,
    tokens: ByNamespace<'a, &'a RequestAuthentication>,
    pub(super) sidecars: ByNamespace<'a, (&'a Sidecar, &'a Record)>,
    /// The object that installs the mesh.
    pub(super) installation: Option<&'a Record>,
    pub(super) entries: ByNamespace<'a, &'a ServiceEntry>,
    pub(super) services: ByNamespace<'a, &'a Service>,
    namespaces: BTreeMap<&'a Text, &'a Labels>,
}

/// A workload and its part in the mesh.
#[derive(Clone, Debug)]
pub struct Member<'a> {
    pub key: &'a AgentKey,
    pub workload: &'a Workload,
    pub membership: Membership,
    pub identity: Identity,
}

/// A waypoint, by the name and namespace of its gateway.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Waypoint {
    pub namespace: Text,
    pub name: Text,
}

impl<'a> Mesh<'a> {
    /// The mesh of a realm; `None` when no object of one is loaded.
    pub fn of(estate: &'a Estate, realm: &Text) -> Option<Self> {
        let records = || estate.records().filter(|record| record.realm == *realm);
        let (settings, installation) = Settings::of(records());
        let mut mesh = Self { settings, installation, ..Self::default() };
        for record in records() {
            match &record.body {
                Configured::AuthorizationPolicy(policy) => {
                    let found = Policy { policy, record };
                    mesh.policies.entry(&policy.meta.namespace).or_default().push(found);
                }
                Configured::PeerAuthentication(policy) => {
                    mesh.peers.entry(&policy.meta.namespace).or_default().push((policy, record));
                }
                Configured::RequestAuthentication(policy) => {
                    mesh.tokens.entry(&policy.meta.namespace).or_default().push(policy);
                }
                Configured::Sidecar(sidecar) => {
                    let found = (sidecar, record);
                    mesh.sidecars.entry(&sidecar.meta.namespace).or_default().push(found);
                }
                Configured::ServiceEntry(entry) => {
                    mesh.entries.entry(&entry.meta.namespace).or_default().push(entry);
                }
                Configured::Service(service) => {
                    mesh.services.entry(&service.meta.namespace).or_default().push(service);
                }
                Configured::Namespace(Meta { name, labels, .. }) => {
                    mesh.namespaces.insert(name, labels);
                }
                _ => {}
            }
        }
        let is_empty = mesh.policies.is_empty()
            && mesh.peers.is_empty()
            && mesh.tokens.is_empty()
            && mesh.sidecars.is_empty()
            && mesh.entries.is_empty();
        (!is_empty).then_some(mesh)
    }

    /// A workload as a member of the mesh.
    pub fn member(&self, estate: &'a Estate, key: &'a AgentKey) -> Option<Member<'a>> {
        let Configured::Workload(workload) = &estate.workload(key)?.body else { return None };
        let around = self.namespaces.get(&key.space).copied();
        Some(Member {
            key,
            workload,
            membership: peer::membership(workload, around),
            identity: Identity {
                trust_domain: self.trust_domain(),
                namespace: key.space.clone(),
                account: estate.service_account(key)?.clone(),
            },
        })
    }

    pub(super) fn trust_domain(&self) -> Text {
        self.settings.trust_domains.first().cloned().unwrap_or_default()
    }

    /// The policies that a workload's own proxy enforces.
    pub fn policies_of(&self, namespace: &Text, labels: &Labels) -> Vec<Policy<'a>> {
        self.around(&self.policies, namespace)
            .filter(|found| selects(&found.policy.scope, labels))
            .copied()
            .collect()
    }

    /// The policies that are attached to a waypoint, a gateway or the services behind it.
    pub fn policies_at(&self, namespace: &Text, attached: &[MeshTarget]) -> Vec<Policy<'a>> {
        self.around(&self.policies, namespace)
            .filter(|found| {
                let MeshScope { targets, .. } = &found.policy.scope;
                let is_own = found.policy.meta.namespace == *namespace;
                targets.iter().any(|target| {
                    // A class stands in no namespace: it is the root namespace that speaks for it.
                    let speaks = match target.kind == "GatewayClass" {
                        true => found.policy.meta.namespace == self.settings.root_namespace,
                        false => is_own,
                    };
                    speaks && attached.contains(target)
                })
            })
            .copied()
            .collect()
    }

    /// Whether tokens are looked at: without a RequestAuthentication no request has a principal.
    pub fn takes_tokens(&self, namespace: &Text, labels: &Labels) -> bool {
        self.around(&self.tokens, namespace)
            .any(|policy| !policy.scope.targets.is_empty() || selects(&policy.scope, labels))
    }

    pub fn mutual_tls(&self, member: &Member<'_>, port: Option<u16>) -> MutualTls {
        match (self.peer_mode(member, port).0, member.membership) {
            // ztunnel ignores it.
            (MutualTls::Disable, Membership::Ambient) => MutualTls::Permissive,
            (mode, _) => mode,
        }
    }

    /// The PeerAuthentication that demands mutual TLS, or forbids it.
    pub(super) fn demanding(&self, member: &Member<'_>, port: Option<u16>) -> Option<&'a Record> {
        self.peer_mode(member, port).1
    }

    fn peer_mode(&self, member: &Member<'_>, port: Option<u16>) -> (MutualTls, Option<&'a Record>) {
        let of = |namespace| self.peers.get(namespace).map_or(&[][..], Vec::as_slice);
        let root = &self.settings.root_namespace;
        peer::mode(of(root), of(&member.key.space), &member.workload.pod_labels, port)
    }

    /// The services in front of a workload.
    pub fn services_of(&self, member: &Member<'_>) -> impl Iterator<Item = &'a Service> {
        let services = self.services.get(&member.key.space).into_iter().flatten().copied();
        let labels = &member.workload.pod_labels;
        services.filter(move |service| {
            let mut pairs = service.selects.iter();
            !service.selects.is_empty() && pairs.all(|(key, value)| labels.get(key) == Some(value))
        })
    }

    /// The waypoint of a service: its own, else that of its namespace.
    pub fn waypoint_of(&self, service: &Service) -> Option<Waypoint> {
        let namespace = &service.meta.namespace;
        let around = self.namespaces.get(namespace).copied();
        let label = |key: &str| {
            service.meta.labels.get(key).or_else(|| around.and_then(|labels| labels.get(key)))
        };
        let name = label("istio.io/use-waypoint").filter(|name| **name != "none")?;
        let namespace = label("istio.io/use-waypoint-namespace").unwrap_or(namespace);
        Some(Waypoint { namespace: namespace.clone(), name: name.clone() })
    }

    /// How the proxy of a workload takes traffic to a port of it, or to any.
    pub fn traffic(&self, member: &Member<'_>, port: Option<u16>) -> Traffic {
        if member.membership == Membership::Ambient {
            return Traffic::Tunnelled;
        }
        let ports = || self.services_of(member).flat_map(|service| &service.ports);
        let leads_to = |found: &&ServicePort| {
            let target = found.target.as_ref().map_or(Ok(found.port), |text| text.raw().parse());
            port.is_some_and(|port| target == Ok(port))
        };
        let named = |found: &ServicePort| protocol(found.name.as_ref());
        // A port without a service says as much as all of them together.
        only(ports().filter(leads_to).map(named))
            .or_else(|| only(ports().map(named)))
            .unwrap_or(Traffic::Unknown)
    }

    /// The ports for which mutual TLS is set apart.
    pub(super) fn peer_ports(&self, member: &Member<'_>) -> impl Iterator<Item = u16> {
        let peers = self.peers.get(&member.key.space).into_iter().flatten();
        let selecting =
            peers.filter(|(policy, _)| selects(&policy.scope, &member.workload.pod_labels));
        selecting
            .flat_map(|(policy, _)| policy.ports.keys())
            .filter_map(|port| port.raw().parse().ok())
    }

    /// What stands in the root namespace, then what stands in this one.
    fn around<'m, T>(
        &'m self,
        by: &'m ByNamespace<'a, T>,
        namespace: &Text,
    ) -> impl Iterator<Item = &'m T> {
        let root = &self.settings.root_namespace;
        let own = (namespace != root).then(|| by.get(namespace)).flatten();
        by.get(root).into_iter().chain(own).flatten()
    }
}

/// Whether a policy without targets holds for a workload with these labels.
fn selects(scope: &MeshScope, labels: &Labels) -> bool {
    scope.targets.is_empty()
        && scope.selector.as_ref().is_none_or(|selector| selector.matches(labels))
}

/// The kind of traffic that all of these are; `Unknown` when they differ, none when there is none.
fn only(mut kinds: impl Iterator<Item = Traffic>) -> Option<Traffic> {
    let first = kinds.next()?;
    Some(if kinds.all(|kind| kind == first) { first } else { Traffic::Unknown })
}

/// What Envoy makes of a port by its name. Source: Istio, Protocol Selection.
fn protocol(name: Option<&Text>) -> Traffic {
    const HTTP: [&str; 4] = ["http", "http2", "grpc", "grpc-web"];
    const OTHER: [&str; 6] = ["tcp", "tls", "https", "mongo", "mysql", "redis"];
    let name = name.map_or("", Text::raw);
    let is = |known: &&str| {
        name.strip_prefix(*known).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    match (HTTP.iter().any(is), OTHER.iter().any(is)) {
        (true, _) => Traffic::Http,
        (false, true) => Traffic::Tcp,
        (false, false) => Traffic::Unknown,
    }
}

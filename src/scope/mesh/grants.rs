//! The mesh in the graph of authority: a caller is given a destination by the ALLOW policy there, or
//! by the absence of one.
//!
//! Traffic needs network policies as well. Where any of their plane is loaded, they give and the mesh
//! [narrows](super::Narrowing).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::authorization::Policy;
use super::index::Mesh;
use super::peer::Membership;
use super::reach::{Destinations, Reached};
use crate::domain::configured::{MeshAction, Selector};
use crate::domain::pattern::{Destination, PortRange};
use crate::domain::{
    Agent, AgentKey, Attachment, Bounds, Clause, Layer, ObjectRef, Pattern, Permitted, Place,
    Plane, Text,
};
use crate::scope::Estate;
use crate::scope::authority::{Authority, Edge, Permission};

const BY_POLICY: &str = "its ALLOW policy at the destination matches the caller";
const BY_DEFAULT: &str = "no ALLOW policy selects the destination";

/// Adds what the workloads of these agents may call by the mesh of their realm, where nothing of the
/// network plane is loaded.
pub fn add(estate: &Estate, agents: &[Agent], authority: &mut Authority) {
    let hosts: BTreeSet<AgentKey> = agents.iter().map(|agent| agent.key.host()).collect();
    let realms: BTreeSet<&Text> = hosts.iter().map(|host| &host.realm).collect();
    for realm in realms.difference(&estate.realms_with_network.iter().collect()).copied() {
        let Some(mesh) = Mesh::of(estate, realm) else { continue };
        let destinations = Destinations::of(&mesh, estate, realm);
        let mut permitted: BTreeSet<(ObjectRef, Text)> = BTreeSet::new();
        for host in hosts.iter().filter(|host| host.realm == *realm) {
            let Some(caller) = mesh.member(estate, host) else { continue };
            for (object, given) in given(&mesh, &host.space, mesh.reach(&caller, &destinations)) {
                let node = authority.granting(realm, object.clone());
                match given.policy {
                    Some(policy) => authority.loaded(node, policy.record),
                    None => authority.implied(node),
                }
                for namespace in given.namespaces() {
                    if permitted.insert((object.clone(), namespace.clone())) {
                        let to = pods(namespace, given.policy);
                        let pattern = Pattern::Egress { to, ports: Vec::new() };
                        authority.permit(node, Permission::new(pattern, Plane::Network));
                    }
                }
                let from = authority.agent(host);
                let edge = Edge::held(given.attachment.clone(), given.rule());
                let bounds = Arc::new(given.into_bounds(object));
                authority.give(from, node, edge.bounded(bounds));
            }
        }
    }
}

/// What one object gives to one caller.
struct Given<'a> {
    /// None when it is the absence of one.
    policy: Option<Policy<'a>>,
    attachment: Attachment,
    clauses: Vec<(Text, Clause)>,
}

/// By object: the ALLOW policies that may match, or the namespace where there is none.
fn given<'a>(
    mesh: &Mesh<'a>,
    own: &Text,
    reached: Vec<Reached<'a>>,
) -> BTreeMap<ObjectRef, Given<'a>> {
    let mut given: BTreeMap<ObjectRef, Given<'a>> = BTreeMap::new();
    // Where no proxy stands the mesh has nothing to say.
    for reached in reached.iter().filter(|one| one.membership != Membership::Outside) {
        let Some(namespace) = reached.workloads.first().map(|key| &key.space) else { continue };
        let depends_on = match Permitted::from(reached.decision.allowed.clone()) {
            Permitted::No => continue,
            Permitted::Yes => Vec::new(),
            Permitted::Depends(on) => on,
        };
        let by = reached.decision.by.iter();
        let by: Vec<Option<Policy<'a>>> = match reached.decision.by_default {
            true => vec![None],
            false => by
                .filter(|policy| policy.policy.action == MeshAction::Allow)
                .map(|policy| Some(*policy))
                .collect(),
        };
        for policy in by {
            let ports: Vec<PortRange> = reached.ports.clone();
            let pattern = Pattern::Egress { to: pods(namespace, policy), ports };
            let clause = Clause { pattern, depends_on: depends_on.clone() };
            let object = object(namespace, policy);
            let entry = given.entry(object).or_insert_with(|| Given {
                policy,
                attachment: attachment(mesh, own, policy),
                clauses: Vec::new(),
            });
            entry.clauses.push((namespace.clone(), clause));
        }
    }
    given
}

impl Given<'_> {
    fn rule(&self) -> &'static str {
        match self.policy {
            Some(_) => BY_POLICY,
            None => BY_DEFAULT,
        }
    }

    fn namespaces(&self) -> BTreeSet<&Text> {
        self.clauses.iter().map(|(namespace, _)| namespace).collect()
    }

    /// Nothing, when some clause gives all that the object permits.
    fn into_bounds(self, by: ObjectRef) -> Bounds {
        let is_whole = |(_, clause): &(Text, Clause)| {
            let Pattern::Egress { ports, .. } = &clause.pattern else { return false };
            ports.is_empty() && clause.depends_on.is_empty()
        };
        if self.clauses.iter().all(is_whole) {
            return Bounds::default();
        }
        let place: Option<Place> = self.policy.map(|policy| policy.record.place.clone());
        let clauses = self.clauses.into_iter().map(|(_, clause)| clause).collect();
        Bounds { within: vec![Layer { by, place, clauses }], ..Bounds::default() }
    }
}

fn object(namespace: &Text, policy: Option<Policy<'_>>) -> ObjectRef {
    match policy {
        Some(Policy { policy, .. }) => ObjectRef::new(
            "AuthorizationPolicy",
            policy.meta.namespace.clone(),
            policy.meta.name.clone(),
        ),
        None => ObjectRef::new("Mesh namespace", "", namespace.clone()),
    }
}

/// The policy stands at the destination: only one for workloads by name beside the caller is not
/// inherited.
fn attachment(mesh: &Mesh<'_>, own: &Text, policy: Option<Policy<'_>>) -> Attachment {
    let Some(Policy { policy, .. }) = policy else { return Attachment::DefaultAllow };
    let selector = policy.scope.selector.as_ref().filter(|selector| !selector.is_empty());
    match (&policy.meta.namespace, selector) {
        (namespace, _) if *namespace == mesh.settings.root_namespace => Attachment::ClusterWide,
        (namespace, _) if namespace != own => Attachment::OtherNamespace,
        (_, None) if policy.scope.targets.is_empty() => Attachment::EmptySelector,
        (_, _) => Attachment::Own,
    }
}

fn pods(namespace: &Text, policy: Option<Policy<'_>>) -> Destination {
    let selector = policy.and_then(|found| found.policy.scope.selector.as_ref());
    Destination::Pods {
        namespaces: vec![namespace.clone()],
        selector: selector.map(spelled).unwrap_or_default().into(),
    }
}

fn spelled(selector: &Selector) -> String {
    let pairs = selector.labels.iter().map(|(key, value)| format!("{}={}", key.raw(), value.raw()));
    pairs.collect::<Vec<_>>().join(",")
}

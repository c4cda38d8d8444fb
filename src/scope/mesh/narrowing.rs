//! What the mesh takes away from what network policies let through: traffic needs both.
//!
//! One narrowing for each principal and its part in the mesh, shared by the workloads that have it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::call::Identity;
use super::index::{Member, Mesh};
use super::peer::{Membership, takes_part};
use super::reach::{Destinations, Reached};
use crate::domain::configured::{Configured, MeshScope};
use crate::domain::pattern::{Destination, PortRange};
use crate::domain::{AgentKey, Bounds, Clause, Layer, ObjectRef, Pattern, Permitted, Record, Text};
use crate::scope::Estate;

const TOLD_OF: &str = "it is the address of a host that the mesh was told of";

/// The mesh of one realm as it narrows the traffic of its workloads.
pub struct Narrowing<'a> {
    estate: &'a Estate,
    mesh: Mesh<'a>,
    destinations: Destinations<'a>,
    known: BTreeMap<Caller<'a>, Arc<Bounds>>,
}

/// What tells callers apart for the mesh.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Caller<'a> {
    identity: Identity,
    membership: Membership,
    sidecars: Vec<&'a Text>,
    /// Where it is open whether it takes part, that is said by its name.
    open: Option<&'a AgentKey>,
}

impl<'a> Narrowing<'a> {
    /// `None` when no object of a mesh is loaded.
    pub fn of(estate: &'a Estate, realm: &Text) -> Option<Self> {
        let mesh = Mesh::of(estate, realm)?;
        let destinations = Destinations::of(&mesh, estate, realm);
        Some(Self { estate, mesh, destinations, known: BTreeMap::new() })
    }

    /// What a workload may not call, as far as that is known.
    pub fn bounds(&mut self, workload: &AgentKey) -> Option<Arc<Bounds>> {
        let (key, _) = self.estate.workloads.tops.get_key_value(workload)?;
        let member = self.mesh.member(self.estate, key)?;
        let sidecars = self.mesh.sidecars_of(&member);
        let caller = Caller {
            identity: member.identity.clone(),
            membership: member.membership,
            sidecars: sidecars.iter().map(|(sidecar, _)| &sidecar.meta.name).collect(),
            open: (member.membership == Membership::Unknown).then_some(key),
        };
        let (mesh, destinations) = (&self.mesh, &self.destinations);
        let bounds = self.known.entry(caller).or_insert_with(|| {
            let except = refused(mesh.reach(&member, destinations), destinations);
            let within = told_of(mesh, &member).into_iter().collect();
            Arc::new(Bounds { within, except, depends_on: Vec::new() })
        });
        Some(bounds.clone())
    }
}

/// On which ports, and on what it depends.
type Refused = (Vec<PortRange>, Vec<Text>);

/// Where to: whole namespaces, or workloads of them.
#[derive(Default)]
struct Places {
    namespaces: BTreeSet<Text>,
    workloads: BTreeSet<Text>,
}

/// A layer for each object that refuses: where to, alike refusals together.
fn refused<'a>(reached: Vec<Reached<'a>>, destinations: &Destinations<'a>) -> Vec<Layer> {
    let mut by: BTreeMap<ObjectRef, (&'a Record, BTreeMap<Refused, Places>)> = BTreeMap::new();
    for reached in &reached {
        let depends_on = match Permitted::from(reached.decision.allowed.clone().negated()) {
            Permitted::No => continue,
            Permitted::Yes => Vec::new(),
            Permitted::Depends(on) => on,
        };
        let refused: Refused = (reached.ports.clone(), depends_on);
        for record in &reached.decision.against {
            let (_, places) =
                by.entry(object(record)).or_insert_with(|| (*record, BTreeMap::new()));
            let places = places.entry(refused.clone()).or_default();
            match reached.workloads.first() {
                Some(first) if is_wide(record) && destinations.is_uniform(&first.space) => {
                    places.namespaces.insert(first.space.clone());
                }
                _ => places.workloads.extend(reached.workloads.iter().map(|key| named(key))),
            }
        }
    }
    let layers = by.into_iter().map(|(object, (record, refused))| Layer {
        by: object,
        place: Some(record.place.clone()),
        clauses: refused
            .into_iter()
            .flat_map(|(refused, places)| clauses(refused, places))
            .collect(),
    });
    layers.collect()
}

fn clauses((ports, depends_on): Refused, places: Places) -> impl Iterator<Item = Clause> {
    let namespaces: Vec<Text> = places.namespaces.into_iter().collect();
    let names: Vec<Text> = places.workloads.into_iter().collect();
    let spaces = (!namespaces.is_empty())
        .then(|| Destination::Pods { namespaces, selector: Text::default() });
    let workloads = (!names.is_empty()).then_some(Destination::Workloads { names });
    spaces.into_iter().chain(workloads).map(move |to| Clause {
        pattern: Pattern::Egress { to, ports: ports.clone() },
        depends_on: depends_on.clone(),
    })
}

/// Outside of the cluster: the hosts that the proxy of a caller knows, where it lets out to no other.
fn told_of(mesh: &Mesh<'_>, caller: &Member<'_>) -> Option<Layer> {
    let is_held = matches!(caller.membership, Membership::Sidecar | Membership::Unknown);
    let record = mesh.registry_only(caller).filter(|_| is_held)?;
    let takes_part = (caller.membership == Membership::Unknown).then(|| takes_part(caller.key));
    let clause = |to, depends_on: Option<&str>| Clause {
        pattern: Pattern::Egress { to, ports: Vec::new() },
        depends_on: depends_on.into_iter().map(Text::from).collect(),
    };
    let block = |cidr: &str| {
        let cidr = cidr.parse().ok()?;
        Some(Destination::Block { cidr, except: Vec::new() })
    };
    // Whether a workload inside may be called is decided with its own policies.
    let every_pod = Destination::Pods { namespaces: Vec::new(), selector: Text::default() };
    let mut clauses = vec![
        clause(every_pod, None),
        clause(Destination::Hosts { names: mesh.told_of(caller) }, None),
    ];
    let addresses = ["0.0.0.0/0", "::/0"].into_iter().filter_map(block);
    clauses.extend(addresses.map(|to| clause(to, Some(TOLD_OF))));
    if let Some(takes_part) = takes_part {
        clauses.push(clause(Destination::Anywhere, Some(&format!("not: {takes_part}"))));
    }
    Some(Layer { by: object(record), place: Some(record.place.clone()), clauses })
}

fn object(record: &Record) -> ObjectRef {
    let identity = record.body.identity();
    ObjectRef::new(identity.kind, identity.namespace, identity.name)
}

/// Whether it selects no workloads by their labels.
fn is_wide(record: &Record) -> bool {
    let scope: &MeshScope = match &record.body {
        Configured::AuthorizationPolicy(policy) => &policy.scope,
        Configured::PeerAuthentication(policy) => &policy.scope,
        _ => return false,
    };
    scope.targets.is_empty() && scope.selector.as_ref().is_none_or(|selector| selector.is_empty())
}

fn named(key: &AgentKey) -> Text {
    format!("{}/{}", key.space.raw(), key.name.raw()).into()
}

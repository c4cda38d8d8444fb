//! The graph of authority: nodes are objects, an edge says by what rule one gives to the next.
//!
//! Every plane adds its objects, edges and permissions; every answer is a walk through the graph. An
//! edge may narrow what passes it (to a namespace, by a boundary, by a denial). That narrowing is a
//! predicate on the capability, so a route permits what the permission at its end permits and all of
//! its edges admit, and wildcards stay as they were written.

mod denied;
mod questions;
mod routes;
#[cfg(test)]
mod tests;
mod walk;

use std::sync::Arc;

use jiff::Timestamp;
use petgraph::graph::{DiGraph, NodeIndex};
use rustc_hash::FxHashMap;

pub use walk::{Held, Reach};

use super::{Provenance, granted_by};
use crate::domain::{
    AgentKey, Attachment, Bounds, Capability, ObjectRef, ObjectState, Pattern, Permitted, Place,
    Plane, Record, Text,
};

/// Objects, and what they give to each other.
#[derive(Debug, Default)]
pub struct Authority {
    graph: DiGraph<Node, Edge>,
    objects: FxHashMap<(Text, ObjectRef), NodeIndex>,
    agents: FxHashMap<AgentKey, NodeIndex>,
    /// Nodes that permit something, by plane and the exact word that a capability must carry to fall
    /// under it; no word means any capability of the plane may.
    permitting: FxHashMap<(Plane, Option<Text>), Vec<NodeIndex>>,
    instant: Option<Timestamp>,
}

/// An object on a route.
#[derive(Debug)]
pub struct Node {
    pub what: What,
    pub state: ObjectState,
    /// Where it was read.
    pub place: Option<Place>,
    pub permissions: Vec<Permission>,
    part: Part,
    provenance: Provenance,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum What {
    Agent(AgentKey),
    /// An object of a realm: a cluster, an account, a project, a host.
    Object {
        realm: Text,
        object: ObjectRef,
    },
}

/// Which part an object plays in a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// Acts: an agent, a service account, a role that is assumed, a user, a group.
    Principal,
    /// Gives a principal something: a binding, an attachment, a policy that selects it.
    Granting,
    /// What is given: a role, a policy document. Each granting object gives it anew.
    Content,
}

/// By what rule one object gives to the next.
#[derive(Clone, Debug)]
pub struct Edge {
    pub attachment: Attachment,
    /// The rule in words: `the subject of the binding`, `may create pods that run as it`.
    pub rule: &'static str,
    pub passes: Passes,
    /// The objects that make the step possible, where the two ends do not say it: the binding that
    /// lets an account create pods.
    pub through: Vec<ObjectRef>,
    /// Only requests in this namespace pass.
    pub namespace: Option<Text>,
    /// All of them hold. Shared, since many edges are narrowed alike.
    pub bounds: Vec<Arc<Bounds>>,
}

/// What it takes to pass an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Passes {
    /// Nothing: what lies behind it is held.
    Held,
    /// From an inner agent to its host: the grants behind it stand on the host.
    Host,
    /// A step that must first be taken: creating a pod to hold its service account.
    Derived,
    /// It cannot be passed: its bounds say what stands in the way of that which would be held.
    Barred,
}

/// What an object permits.
#[derive(Clone, Debug)]
pub struct Permission {
    pub pattern: Pattern,
    pub plane: Plane,
    /// Declared but not enforced when false.
    pub enforced: bool,
    pub platform_default: bool,
    pub bounds: Option<Arc<Bounds>>,
}

impl Edge {
    /// An edge behind which everything is held, unnarrowed.
    pub fn held(attachment: Attachment, rule: &'static str) -> Self {
        Self {
            attachment,
            rule,
            passes: Passes::Held,
            through: Vec::new(),
            namespace: None,
            bounds: Vec::new(),
        }
    }

    /// A step that must first be taken, from one principal to the next.
    pub fn derived(attachment: Attachment, rule: &'static str, through: Vec<ObjectRef>) -> Self {
        Self { passes: Passes::Derived, through, ..Self::held(attachment, rule) }
    }

    /// What would be held but for these bounds.
    pub fn barred(attachment: Attachment, rule: &'static str, by: Arc<Bounds>) -> Self {
        Self { passes: Passes::Barred, ..Self::held(attachment, rule) }.bounded(by)
    }

    /// Only requests in this namespace pass.
    pub fn in_namespace(self, namespace: &Text) -> Self {
        Self { namespace: Some(namespace.clone()), ..self }
    }

    /// Narrowed by these bounds as well.
    pub fn bounded(mut self, bounds: Arc<Bounds>) -> Self {
        self.bounds.extend((!bounds.is_empty()).then_some(bounds));
        self
    }

    /// Whether a capability that is permitted behind this edge is permitted before it.
    fn admits(&self, capability: &Capability) -> Permitted {
        let own = match self.is_elsewhere(capability) {
            true => Permitted::No,
            false => Permitted::Yes,
        };
        self.bounds.iter().map(|bounds| bounds.admit(capability)).fold(own, Permitted::and)
    }

    /// Whether a request is outside of the namespace to which this edge is limited.
    fn is_elsewhere(&self, capability: &Capability) -> bool {
        let Some(only) = &self.namespace else { return false };
        match capability {
            Capability::Kubernetes { namespace, .. } => namespace.as_ref() != Some(only),
            Capability::NonResource { .. } => true,
            _ => false,
        }
    }

    /// The pattern as it is behind this edge; `None` when nothing of it passes.
    fn narrowed(&self, pattern: Pattern) -> Option<Pattern> {
        let Some(only) = &self.namespace else { return Some(pattern) };
        match pattern {
            Pattern::Kubernetes { namespace: Some(named), .. } if named != *only => None,
            Pattern::Kubernetes { verb, group, resource, name, .. } => Some(Pattern::Kubernetes {
                verb,
                group,
                resource,
                namespace: Some(only.clone()),
                name,
            }),
            // Paths are granted by ClusterRoleBindings only.
            Pattern::NonResource { .. } => None,
            other => Some(other),
        }
    }
}

impl Permission {
    /// Enforced, and no platform default.
    pub fn new(pattern: Pattern, plane: Plane) -> Self {
        Self { pattern, plane, enforced: true, platform_default: false, bounds: None }
    }

    fn permits(&self, capability: &Capability) -> Permitted {
        match (self.pattern.permits(capability), &self.bounds) {
            (false, _) => Permitted::No,
            (true, None) => Permitted::Yes,
            (true, Some(bounds)) => bounds.admit(capability),
        }
    }
}

/// Building. Objects are added by name, once; what is known of them is added as it is found.
impl Authority {
    /// An empty graph, as of an instant or of the latest state.
    pub fn as_of(instant: Option<Timestamp>) -> Self {
        Self { instant, ..Self::default() }
    }

    /// The node of an agent.
    pub fn agent(&mut self, key: &AgentKey) -> NodeIndex {
        if let Some(node) = self.agents.get(key) {
            return *node;
        }
        let node = self.add(What::Agent(key.clone()), Part::Principal);
        self.agents.insert(key.clone(), node);
        node
    }

    /// Something that acts: a service account, a role that is assumed, a user, a group.
    pub fn principal(&mut self, realm: &Text, object: ObjectRef) -> NodeIndex {
        self.object(realm, object, Part::Principal)
    }

    /// Something that gives: a binding, an attachment, a policy that selects.
    pub fn granting(&mut self, realm: &Text, object: ObjectRef) -> NodeIndex {
        self.object(realm, object, Part::Granting)
    }

    /// What is given: a role, a policy document.
    pub fn content(&mut self, realm: &Text, object: ObjectRef) -> NodeIndex {
        self.object(realm, object, Part::Content)
    }

    fn object(&mut self, realm: &Text, object: ObjectRef, part: Part) -> NodeIndex {
        let key = (realm.clone(), object);
        if let Some(node) = self.objects.get(&key) {
            return *node;
        }
        let (realm, object) = key.clone();
        let node = self.add(What::Object { realm, object }, part);
        self.objects.insert(key, node);
        node
    }

    fn add(&mut self, what: What, part: Part) -> NodeIndex {
        let state = match what {
            What::Agent(_) => ObjectState::Implied,
            What::Object { .. } => ObjectState::Missing,
        };
        let (permissions, provenance) = (Vec::new(), Provenance::default());
        self.graph.add_node(Node { what, state, place: None, permissions, part, provenance })
    }

    /// The object was read from this record.
    pub fn loaded(&mut self, node: NodeIndex, record: &Record) {
        if let Some(node) = self.graph.node_weight_mut(node) {
            node.state = match record.at > self.instant && self.instant.is_some() {
                true => ObjectState::Assumed,
                false => ObjectState::Loaded,
            };
            node.place = Some(record.place.clone());
            node.provenance = granted_by(record);
        }
    }

    /// The object is there without a record.
    pub fn implied(&mut self, node: NodeIndex) {
        if let Some(node) = self.graph.node_weight_mut(node)
            && node.state == ObjectState::Missing
        {
            node.state = ObjectState::Implied;
        }
    }

    pub fn give(&mut self, from: NodeIndex, to: NodeIndex, edge: Edge) {
        self.graph.add_edge(from, to, edge);
    }

    /// In place of an edge that is there already: it says more.
    pub fn give_instead(&mut self, from: NodeIndex, to: NodeIndex, edge: Edge) {
        self.graph.update_edge(from, to, edge);
    }

    /// Whether there is an edge between the two already.
    pub fn gives(&self, from: NodeIndex, to: NodeIndex) -> bool {
        self.graph.find_edge(from, to).is_some()
    }

    pub fn permit(&mut self, node: NodeIndex, permission: Permission) {
        let word = word_of_pattern(&permission.pattern);
        let nodes = self.permitting.entry((permission.plane, word)).or_default();
        if nodes.last() != Some(&node) {
            nodes.push(node);
        }
        if let Some(node) = self.graph.node_weight_mut(node) {
            node.permissions.push(permission);
        }
    }

    /// Whether what an object permits has been added: several agents may lead to one.
    pub fn has_permissions(&self, realm: &Text, object: &ObjectRef) -> bool {
        let node = self.objects.get(&(realm.clone(), object.clone()));
        let node = node.and_then(|node| self.graph.node_weight(*node));
        node.is_some_and(|node| !node.permissions.is_empty())
    }

    #[cfg(test)]
    pub fn edges(&self) -> usize {
        self.graph.edge_count()
    }
}

/// The word that a capability must carry exactly to fall under this pattern.
fn word_of_pattern(pattern: &Pattern) -> Option<Text> {
    let exact = |word: &Text| (!word.raw().contains('*')).then(|| word.clone());
    match pattern {
        Pattern::Kubernetes { resource, .. } => exact(resource),
        Pattern::Tool { name, .. } => exact(name),
        Pattern::Model { name, .. } => Some(name.clone()),
        Pattern::Handoff { target } => exact(target),
        Pattern::Exactly { capability } => word_of_capability(capability),
        _ => None,
    }
}

fn word_of_capability(capability: &Capability) -> Option<Text> {
    match capability {
        Capability::Kubernetes { resource, .. } => Some(resource.clone()),
        Capability::Tool { name, .. } | Capability::McpTool { name, .. } => Some(name.clone()),
        Capability::Model { name, .. } => Some(name.clone()),
        Capability::Handoff { target } => Some(target.clone()),
        _ => None,
    }
}

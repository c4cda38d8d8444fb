//! Routes for people: each object, where it was read, and by what rule it gives.

use petgraph::graph::{EdgeIndex, NodeIndex};
use serde::Serialize;

use super::{Authority, NodeState, What};
use crate::domain::{Attachment, Hop, ObjectRef, Permitted, Place, Route};
use crate::scope::Provenance;

/// The kind under which agents stand in a route.
const AGENT: &str = "Agent";

/// One way from a holder to a permission.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AuthorityRoute {
    pub steps: Vec<RouteStep>,
    /// What is permitted at its end, in words.
    pub permits: String,
    pub permitted: Permitted,
    /// It takes an act first: a pod to create, a secret to read.
    pub derived: bool,
}

/// One object of a route.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RouteStep {
    pub object: ObjectRef,
    pub attachment: Attachment,
    /// Why the object before it leads to it.
    pub rule: &'static str,
    /// The objects that make the step possible, where the two ends do not say it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub through: Vec<ObjectRef>,
    pub state: NodeState,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

impl AuthorityRoute {
    /// Every hop is attached to the holder itself.
    pub fn is_immediate(&self) -> bool {
        self.steps.iter().all(|step| step.attachment == Attachment::Own) && !self.derived
    }

    /// As in a [`Route`].
    pub fn visible(&self) -> String {
        let hops = self.steps.iter().map(|step| Hop {
            object: step.object.clone(),
            attachment: step.attachment.clone(),
            place: None,
        });
        Route { hops: hops.collect() }.visible()
    }
}

impl Authority {
    pub(super) fn hop(&self, edge: EdgeIndex) -> Option<Hop> {
        let (_, to) = self.graph.edge_endpoints(edge)?;
        let edge = self.graph.edge_weight(edge)?;
        let place = self.graph.node_weight(to)?.place.clone();
        Some(Hop { object: self.object_of(to)?, attachment: edge.attachment.clone(), place })
    }

    pub(super) fn step(&self, edge: EdgeIndex) -> Option<RouteStep> {
        let (_, to) = self.graph.edge_endpoints(edge)?;
        let Hop { object, attachment, place } = self.hop(edge)?;
        let taken = self.graph.edge_weight(edge)?;
        let state = self.graph.node_weight(to)?.state;
        let (rule, through) = (taken.rule, taken.through.clone());
        Some(RouteStep { object, attachment, rule, through, state, place })
    }

    /// The name under which a node stands in a route.
    pub(super) fn object_of(&self, node: NodeIndex) -> Option<ObjectRef> {
        Some(match &self.graph.node_weight(node)?.what {
            What::Object { object, .. } => object.clone(),
            What::Agent(key) => {
                let name = key.inner.as_ref().unwrap_or(&key.name);
                ObjectRef::new(AGENT, key.space.clone(), name.clone())
            }
        })
    }

    /// Who made a grant and when: as its granting object says.
    pub(super) fn made(&self, edges: &[EdgeIndex]) -> Provenance {
        let nodes = edges.iter().filter_map(|edge| self.graph.edge_endpoints(*edge));
        let nodes: Vec<NodeIndex> = nodes.map(|(_, to)| to).collect();
        let is_binding = |node: &&NodeIndex| match self.graph.node_weight(**node).map(|n| &n.what) {
            Some(What::Object { object, .. }) => object.is_binding(),
            _ => false,
        };
        let granting = nodes.iter().find(is_binding).or(nodes.last());
        let node = granting.and_then(|node| self.graph.node_weight(*node));
        node.map(|node| node.provenance.clone()).unwrap_or_default()
    }
}

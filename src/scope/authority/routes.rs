//! Routes for people: each object, where it was read, and by what rule it gives.

use petgraph::graph::{EdgeIndex, NodeIndex};

use super::{Authority, What};
use crate::domain::{Hop, ObjectRef, RouteStep};
use crate::scope::Provenance;

/// The kind under which agents stand in a route.
const AGENT: &str = "Agent";

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

//! Walking the graph from a principal outwards: what it is granted, each over its shortest route.

use petgraph::Direction;
use petgraph::graph::{EdgeIndex, NodeIndex};
use petgraph::visit::EdgeRef;
use rustc_hash::FxHashSet;

use super::{Authority, Edge, Part, Passes, Permission};
use crate::domain::{AgentKey, Bounds, Grant, Pattern, Route, RouteStep};

/// How far a question goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// What the holder has itself.
    Own,
    /// With what it has by its host.
    WithHost,
    /// With what it can come to hold.
    Derived,
}

impl Reach {
    pub(super) fn passes(self, edge: Passes) -> bool {
        match edge {
            Passes::Held => true,
            Passes::Host => self >= Self::WithHost,
            Passes::Derived => self >= Self::Derived,
            Passes::Barred => false,
        }
    }
}

/// One node as a walk came to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Visit {
    pub node: NodeIndex,
    /// The visit before it and the edge between; none for the start.
    pub came: Option<(usize, EdgeIndex)>,
    /// The visit of the nearest principal or granting object: what is given is given anew by each.
    giver: usize,
}

/// What one object gives to an agent over one route.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    pub grants: Vec<Grant>,
    pub steps: Vec<RouteStep>,
    /// It takes an act first.
    pub derived: bool,
}

impl Authority {
    /// The grants of an agent: what each permission at the end of a route leaves behind the route's
    /// edges. Principals and granting objects are walked once, by the shortest route; what they give
    /// is walked for each of them.
    pub fn grants_of(&self, agent: &AgentKey, reach: Reach) -> Vec<Grant> {
        self.held_by(agent, reach).into_iter().flat_map(|held| held.grants).collect()
    }

    /// The grants of an agent with the steps of their routes.
    pub fn held_by(&self, agent: &AgentKey, reach: Reach) -> Vec<Held> {
        let Some(start) = self.agents.get(agent) else { return Vec::new() };
        let visits = self.visits(*start, reach);
        let mut all = Vec::new();
        for (position, visit) in visits.iter().enumerate() {
            let Some(node) = self.graph.node_weight(visit.node) else { continue };
            if node.permissions.is_empty() {
                continue;
            }
            let edges = edges_to(&visits, position);
            let route = self.route(&edges);
            let made = self.made(&edges);
            let found = node.permissions.iter().filter_map(|permission| {
                let (pattern, bounds) = self.behind(&edges, permission)?;
                Some(Grant {
                    holder: agent.clone(),
                    pattern,
                    plane: permission.plane,
                    route: route.clone(),
                    bounds,
                    enforced: permission.enforced,
                    platform_default: permission.platform_default,
                    since: made.since,
                    granted_by: made.granted_by.clone(),
                    policy: made.policy.clone(),
                })
            });
            let grants: Vec<Grant> = found.collect();
            if !grants.is_empty() {
                let passes = |edge: &EdgeIndex| self.graph.edge_weight(*edge).map(|e| e.passes);
                all.push(Held {
                    grants,
                    steps: edges.iter().filter_map(|edge| self.step(*edge)).collect(),
                    derived: edges.iter().any(|edge| passes(edge) == Some(Passes::Derived)),
                });
            }
        }
        all
    }

    /// Breadth first, so that the first way to a node is a shortest one.
    pub(super) fn visits(&self, start: NodeIndex, reach: Reach) -> Vec<Visit> {
        let mut visits = vec![Visit { node: start, came: None, giver: 0 }];
        let mut givers = FxHashSet::from_iter([start]);
        let mut given: FxHashSet<(usize, NodeIndex)> = FxHashSet::default();
        let mut next = 0;
        while let Some(visit) = visits.get(next).copied() {
            for (edge, to) in self.edges_from(visit.node, |edge| reach.passes(edge.passes)) {
                let is_content = self.graph.node_weight(to).map(|n| n.part) == Some(Part::Content);
                let is_new = match is_content {
                    true => given.insert((visit.giver, to)),
                    false => givers.insert(to),
                };
                if is_new {
                    let giver = if is_content { visit.giver } else { visits.len() };
                    visits.push(Visit { node: to, came: Some((next, edge)), giver });
                }
            }
            next += 1;
        }
        visits
    }

    /// The edges that are open, in the order in which they were added.
    pub(super) fn edges_from(
        &self,
        node: NodeIndex,
        opens: impl Fn(&Edge) -> bool,
    ) -> impl Iterator<Item = (EdgeIndex, NodeIndex)> {
        let edges = self.graph.edges_directed(node, Direction::Outgoing);
        let mut edges: Vec<_> = edges
            .filter(|edge| opens(edge.weight()))
            .map(|edge| (edge.id(), edge.target()))
            .collect();
        edges.sort_unstable();
        edges.into_iter()
    }

    /// What the edges of a route leave of a permission.
    fn behind(&self, edges: &[EdgeIndex], permission: &Permission) -> Option<(Pattern, Bounds)> {
        let mut pattern = permission.pattern.clone();
        let mut bounds = permission.bounds.as_deref().cloned().unwrap_or_default();
        for edge in edges.iter().rev().filter_map(|edge| self.graph.edge_weight(*edge)) {
            pattern = edge.narrowed(pattern)?;
            for narrowing in &edge.bounds {
                bounds.extend(narrowing);
            }
        }
        Some((pattern, bounds))
    }

    fn route(&self, edges: &[EdgeIndex]) -> Route {
        Route { hops: edges.iter().filter_map(|edge| self.hop(*edge)).collect() }
    }
}

/// The edges from the start of a walk to one of its visits.
pub(super) fn edges_to(visits: &[Visit], position: usize) -> Vec<EdgeIndex> {
    let came = |position: usize| visits.get(position).and_then(|visit| visit.came);
    let mut edges: Vec<EdgeIndex> =
        std::iter::successors(came(position), |(before, _)| came(*before))
            .map(|(_, edge)| edge)
            .collect();
    edges.reverse();
    edges
}

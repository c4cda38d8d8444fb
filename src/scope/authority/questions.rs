//! Questions about one capability: who holds it, and over which routes.

use std::collections::VecDeque;

use petgraph::Direction;
use petgraph::graph::{EdgeIndex, NodeIndex};
use petgraph::visit::{EdgeRef, IntoNodeReferences};
use rustc_hash::FxHashMap;

use super::{Authority, Edge, Part, Passes, Permission, Reach, What, word_of_capability};
use crate::domain::{
    AgentKey, AuthorityRoute, Capability, Explanation, Holding, ObjectRef, ObjectState, Permitted,
};

/// More routes than this to one capability are counted as *more* and not listed.
const ROUTES: usize = 200;

/// Longer routes are not looked for: each hop is an object that somebody configured.
const HOPS: usize = 24;

/// For each node from which a permission is reached: the edge to take first, none at its end.
pub(super) type Onward = FxHashMap<NodeIndex, Option<EdgeIndex>>;

impl Authority {
    /// Every principal that holds a capability, each with a shortest route; one that holds it for
    /// certain goes before one that depends on something.
    pub fn who_can(&self, capability: &Capability, reach: Reach) -> Vec<Holding> {
        let certain = self.onward(capability, reach, |answer| *answer == Permitted::Yes);
        let possible = self.onward(capability, reach, Permitted::is_possible);
        let mut holdings = Vec::new();
        for (index, node) in self.graph.node_references() {
            if node.part != Part::Principal {
                continue;
            }
            let onward = if certain.contains_key(&index) { &certain } else { &possible };
            if !onward.contains_key(&index) {
                continue;
            }
            let route = self.described(index, &follow(self, onward, index), capability);
            let (Some(holder), Some(route)) = (self.object_of(index), route) else { continue };
            let (realm, agent) = match &node.what {
                What::Agent(key) => (key.realm.clone(), Some(key.clone())),
                What::Object { realm, .. } => (realm.clone(), None),
            };
            holdings.push(Holding { realm, holder, agent, route });
        }
        holdings.sort_by(|one, other| {
            let rank = |holding: &Holding| {
                (holding.agent.is_none(), holding.realm.clone(), holding.holder.clone())
            };
            rank(one).cmp(&rank(other))
        });
        holdings
    }

    /// All routes of an agent to a capability.
    pub fn explain(&self, agent: &AgentKey, capability: &Capability, reach: Reach) -> Explanation {
        let Some(start) = self.agents.get(agent) else { return Explanation::default() };
        let onward = self.onward(capability, reach, Permitted::is_possible);
        let is_end =
            |node| self.permission_at(node, capability).is_some_and(|answer| answer.is_possible());
        let opens =
            |edge: &Edge| reach.passes(edge.passes) && edge.admits(capability).is_possible();
        let (ways, more) = self.simple_ways(*start, &onward, is_end, opens);
        let mut routes: Vec<AuthorityRoute> =
            ways.iter().filter_map(|way| self.described(*start, way, capability)).collect();
        routes.sort_by_key(|route| (route.derived, route.steps.len()));
        let is_held = |passes| reach.passes(passes);
        let (mut denied, mut more_denied) = self.denied(*start, capability, is_held);
        // What bars a default takes nothing away where something else leads there, or would.
        if routes.is_empty() && denied.is_empty() {
            let or_barred = |passes| reach.passes(passes) || passes == Passes::Barred;
            (denied, more_denied) = self.denied(*start, capability, or_barred);
        }
        let more = more || more_denied;
        Explanation { routes, more, denied, missing: self.missing_from(*start, reach) }
    }

    /// Objects that an agent's authority names and that were not loaded.
    pub fn missing(&self, agent: &AgentKey, reach: Reach) -> Vec<ObjectRef> {
        self.agents.get(agent).map_or_else(Vec::new, |start| self.missing_from(*start, reach))
    }

    fn missing_from(&self, start: NodeIndex, reach: Reach) -> Vec<ObjectRef> {
        let is_missing = |node: &NodeIndex| {
            self.graph.node_weight(*node).map(|node| node.state) == Some(ObjectState::Missing)
        };
        let visits = self.visits(start, reach);
        let nodes = visits.iter().map(|visit| visit.node).filter(is_missing);
        let mut missing: Vec<ObjectRef> = nodes.filter_map(|node| self.object_of(node)).collect();
        missing.sort_unstable();
        missing.dedup();
        missing
    }

    /// Backwards from every node that permits the capability over the edges that admit it.
    fn onward(
        &self,
        capability: &Capability,
        reach: Reach,
        accepts: impl Fn(&Permitted) -> bool,
    ) -> Onward {
        let permits = |node: &NodeIndex| {
            self.permission_at(*node, capability).is_some_and(|answer| accepts(&answer))
        };
        let ends = self.candidates(capability).into_iter().filter(permits).collect();
        self.backwards(ends, |edge| reach.passes(edge.passes) && accepts(&edge.admits(capability)))
    }

    /// Backwards from these nodes over the edges that are open.
    pub(super) fn backwards(&self, ends: Vec<NodeIndex>, opens: impl Fn(&Edge) -> bool) -> Onward {
        let mut onward: Onward = ends.iter().map(|end| (*end, None)).collect();
        let mut queue = VecDeque::from(ends);
        while let Some(node) = queue.pop_front() {
            for edge in self.graph.edges_directed(node, Direction::Incoming) {
                if opens(edge.weight()) && !onward.contains_key(&edge.source()) {
                    onward.insert(edge.source(), Some(edge.id()));
                    queue.push_back(edge.source());
                }
            }
        }
        onward
    }

    /// The nodes whose permissions a capability may fall under, in order.
    pub(super) fn candidates(&self, capability: &Capability) -> Vec<NodeIndex> {
        let plane = capability.plane();
        let word = word_of_capability(capability);
        let exact = word.and_then(|word| self.permitting.get(&(plane, Some(word))));
        let wild = self.permitting.get(&(plane, None));
        let mut found: Vec<NodeIndex> = exact.into_iter().chain(wild).flatten().copied().collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The best answer among the permissions of a node.
    fn permission_at(&self, node: NodeIndex, capability: &Capability) -> Option<Permitted> {
        let permissions = &self.graph.node_weight(node)?.permissions;
        permissions.iter().map(|permission| permission.permits(capability)).max()
    }

    /// Every way without a repeated node, within the limits; and whether there are more.
    pub(super) fn simple_ways(
        &self,
        start: NodeIndex,
        onward: &Onward,
        is_end: impl Fn(NodeIndex) -> bool,
        opens: impl Fn(&Edge) -> bool,
    ) -> (Vec<Vec<EdgeIndex>>, bool) {
        let mut ways = Vec::new();
        let mut queue = VecDeque::from([(start, Vec::<EdgeIndex>::new(), vec![start])]);
        while let Some((node, way, walked)) = queue.pop_front() {
            if is_end(node) {
                ways.push(way.clone());
            }
            if ways.len() + queue.len() > ROUTES || way.len() >= HOPS {
                ways.truncate(ROUTES);
                return (ways, true);
            }
            for (edge, to) in self.edges_from(node, &opens) {
                if onward.contains_key(&to) && !walked.contains(&to) {
                    let way = way.iter().copied().chain([edge]).collect();
                    let walked = walked.iter().copied().chain([to]).collect();
                    queue.push_back((to, way, walked));
                }
            }
        }
        (ways, false)
    }

    fn described(
        &self,
        start: NodeIndex,
        way: &[EdgeIndex],
        capability: &Capability,
    ) -> Option<AuthorityRoute> {
        let permissions = &self.graph.node_weight(self.end_of(start, way))?.permissions;
        let answers =
            permissions.iter().map(|permission| (permission.permits(capability), permission));
        let (permitted, permission) = answers.max_by(|one, other| one.0.cmp(&other.0))?;
        let edges = way.iter().filter_map(|edge| self.graph.edge_weight(*edge));
        let permitted = edges.map(|edge| edge.admits(capability)).fold(permitted, Permitted::and);
        Some(AuthorityRoute { permitted, ..self.route_along(way, permission) })
    }

    pub(super) fn end_of(&self, start: NodeIndex, way: &[EdgeIndex]) -> NodeIndex {
        let last = way.last().and_then(|edge| self.graph.edge_endpoints(*edge));
        last.map_or(start, |(_, to)| to)
    }

    /// A route to a permission, permitted or not.
    pub(super) fn route_along(&self, way: &[EdgeIndex], permission: &Permission) -> AuthorityRoute {
        let mut edges = way.iter().filter_map(|edge| self.graph.edge_weight(*edge));
        AuthorityRoute {
            steps: way.iter().filter_map(|edge| self.step(*edge)).collect(),
            permits: permission.pattern.visible(),
            permitted: Permitted::No,
            derived: edges.any(|edge| edge.passes == Passes::Derived),
        }
    }
}

fn follow(authority: &Authority, onward: &Onward, start: NodeIndex) -> Vec<EdgeIndex> {
    let edge = |node: NodeIndex| onward.get(&node).copied().flatten();
    std::iter::successors(edge(start), |before| {
        authority.graph.edge_endpoints(*before).and_then(|(_, to)| edge(to))
    })
    .collect()
}

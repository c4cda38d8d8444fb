//! Questions about one capability: who holds it, and over which routes.

use std::collections::VecDeque;

use petgraph::Direction;
use petgraph::graph::{EdgeIndex, NodeIndex};
use petgraph::visit::{EdgeRef, IntoNodeReferences};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;

use super::{Authority, AuthorityRoute, NodeState, Part, Passes, Reach, What, word_of_capability};
use crate::domain::{AgentKey, Capability, ObjectRef, Permitted, Text};

/// More routes than this to one capability are counted as *more* and not listed.
const ROUTES: usize = 200;

/// Longer routes are not looked for: each hop is an object that somebody configured.
const HOPS: usize = 24;

/// All routes of one holder to one capability.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Explanation {
    /// Shortest first.
    pub routes: Vec<AuthorityRoute>,
    /// There are more routes than are listed.
    pub more: bool,
    /// Objects on the way of which something is named and nothing loaded: what they give is unknown.
    pub missing: Vec<ObjectRef>,
}

/// One who holds a capability.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Holding {
    pub realm: Text,
    pub holder: ObjectRef,
    /// Set when the holder is an agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentKey>,
    /// A shortest route.
    pub route: AuthorityRoute,
}

/// For each node from which a permission is reached: the edge to take first, none at its end.
type Onward = FxHashMap<NodeIndex, Option<EdgeIndex>>;

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
        let (ways, more) = self.simple_ways(*start, capability, reach, &onward);
        let mut routes: Vec<AuthorityRoute> =
            ways.iter().filter_map(|way| self.described(*start, way, capability)).collect();
        routes.sort_by_key(|route| (route.derived, route.steps.len()));
        Explanation { routes, more, missing: self.missing_from(*start, reach) }
    }

    /// Objects that an agent's authority names and that were not loaded.
    pub fn missing(&self, agent: &AgentKey, reach: Reach) -> Vec<ObjectRef> {
        self.agents.get(agent).map_or_else(Vec::new, |start| self.missing_from(*start, reach))
    }

    fn missing_from(&self, start: NodeIndex, reach: Reach) -> Vec<ObjectRef> {
        let is_missing = |node: &NodeIndex| {
            self.graph.node_weight(*node).map(|node| node.state) == Some(NodeState::Missing)
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
        let mut onward = Onward::default();
        let mut queue = VecDeque::new();
        for node in self.permitting(capability, &accepts) {
            onward.insert(node, None);
            queue.push_back(node);
        }
        while let Some(node) = queue.pop_front() {
            for edge in self.graph.edges_directed(node, Direction::Incoming) {
                let rule = edge.weight();
                let is_open = reach.passes(rule.passes) && accepts(&rule.admits(capability));
                if is_open && !onward.contains_key(&edge.source()) {
                    onward.insert(edge.source(), Some(edge.id()));
                    queue.push_back(edge.source());
                }
            }
        }
        onward
    }

    fn permitting(
        &self,
        capability: &Capability,
        accepts: impl Fn(&Permitted) -> bool,
    ) -> Vec<NodeIndex> {
        let plane = capability.plane();
        let word = word_of_capability(capability);
        let exact = word.and_then(|word| self.permitting.get(&(plane, Some(word))));
        let wild = self.permitting.get(&(plane, None));
        let candidates: FxHashSet<NodeIndex> =
            exact.into_iter().chain(wild).flatten().copied().collect();
        let permits = |node: &NodeIndex| {
            self.permission_at(*node, capability).is_some_and(|answer| accepts(&answer))
        };
        let mut found: Vec<NodeIndex> = candidates.into_iter().filter(permits).collect();
        found.sort_unstable();
        found
    }

    /// The best answer among the permissions of a node.
    fn permission_at(&self, node: NodeIndex, capability: &Capability) -> Option<Permitted> {
        let permissions = &self.graph.node_weight(node)?.permissions;
        permissions.iter().map(|permission| permission.permits(capability)).max()
    }

    /// Every way without a repeated node, within the limits; and whether there are more.
    fn simple_ways(
        &self,
        start: NodeIndex,
        capability: &Capability,
        reach: Reach,
        onward: &Onward,
    ) -> (Vec<Vec<EdgeIndex>>, bool) {
        let mut ways = Vec::new();
        let mut queue = VecDeque::from([(start, Vec::<EdgeIndex>::new(), vec![start])]);
        while let Some((node, way, walked)) = queue.pop_front() {
            let at_end = self.permission_at(node, capability);
            if at_end.is_some_and(|answer| answer.is_possible()) {
                ways.push(way.clone());
            }
            if ways.len() + queue.len() > ROUTES || way.len() >= HOPS {
                ways.truncate(ROUTES);
                return (ways, true);
            }
            for (edge, to) in self.edges_from(node, reach) {
                let admits = self.graph.edge_weight(edge).map(|rule| rule.admits(capability));
                let is_open = admits.is_some_and(|answer| answer.is_possible());
                if is_open && onward.contains_key(&to) && !walked.contains(&to) {
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
        let last = way.last().and_then(|edge| self.graph.edge_endpoints(*edge));
        let end = last.map_or(start, |(_, to)| to);
        let permissions = &self.graph.node_weight(end)?.permissions;
        let answers =
            permissions.iter().map(|permission| (permission.permits(capability), permission));
        let (permitted, permission) = answers.max_by(|one, other| one.0.cmp(&other.0))?;
        let edges = way.iter().filter_map(|edge| self.graph.edge_weight(*edge));
        let permitted =
            edges.clone().map(|edge| edge.admits(capability)).fold(permitted, Permitted::and);
        Some(AuthorityRoute {
            steps: way.iter().filter_map(|edge| self.step(*edge)).collect(),
            permits: permission.pattern.visible(),
            permitted,
            derived: edges.clone().any(|edge| edge.passes == Passes::Derived),
        })
    }
}

fn follow(authority: &Authority, onward: &Onward, start: NodeIndex) -> Vec<EdgeIndex> {
    let edge = |node: NodeIndex| onward.get(&node).copied().flatten();
    std::iter::successors(edge(start), |before| {
        authority.graph.edge_endpoints(*before).and_then(|(_, to)| edge(to))
    })
    .collect()
}

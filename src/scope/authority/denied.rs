//! Why not: routes that would lead to a capability, and the objects that take it away.

use petgraph::graph::{EdgeIndex, NodeIndex};

use super::{Authority, Edge, Passes, Permission};
use crate::domain::{Bounds, Capability, Denial, DeniedRoute, Permitted};

const ELSEWHERE: &str = "gives it in one namespace only";

impl Authority {
    /// The routes whose permission matches and which do not lead to the capability, over edges that
    /// pass, within the limits of [`explain`](Authority::explain); and whether there are more.
    pub(super) fn denied(
        &self,
        start: NodeIndex,
        capability: &Capability,
        passes: impl Fn(Passes) -> bool,
    ) -> (Vec<DeniedRoute>, bool) {
        let matches = |node| self.matching(node, capability).next().is_some();
        let opens = |edge: &Edge| passes(edge.passes);
        let ends = self.candidates(capability).into_iter().filter(|node| matches(*node)).collect();
        let onward = self.backwards(ends, opens);
        let (ways, more) = self.simple_ways(start, &onward, matches, opens);
        let mut denied: Vec<DeniedRoute> =
            ways.iter().filter_map(|way| self.denied_along(start, way, capability)).collect();
        denied.sort_by_key(|denied| (denied.route.derived, denied.route.steps.len()));
        (denied, more)
    }

    /// The permissions of a node under whose pattern a capability falls.
    fn matching(
        &self,
        node: NodeIndex,
        capability: &Capability,
    ) -> impl Iterator<Item = &Permission> {
        let node = self.graph.node_weight(node);
        let permissions = node.into_iter().flat_map(|node| &node.permissions);
        permissions.filter(|permission| permission.pattern.permits(capability))
    }

    /// `None` when the way leads there.
    fn denied_along(
        &self,
        start: NodeIndex,
        way: &[EdgeIndex],
        capability: &Capability,
    ) -> Option<DeniedRoute> {
        let end = self.end_of(start, way);
        let mut by: Vec<Denial> =
            way.iter().flat_map(|edge| self.refused_on(*edge, capability)).collect();
        let is_given = |permission: &Permission| permission.permits(capability) != Permitted::No;
        if !self.matching(end, capability).any(is_given) {
            let permissions = self.matching(end, capability);
            let bounds = permissions.filter_map(|permission| permission.bounds.as_deref());
            by.extend(bounds.flat_map(|bounds| refused_by(bounds, capability)));
        }
        by.sort_by(|one, other| (&one.by, one.rule).cmp(&(&other.by, other.rule)));
        by.dedup();
        let permission = self.matching(end, capability).next()?;
        (!by.is_empty()).then(|| DeniedRoute { route: self.route_along(way, permission), by })
    }

    /// Why an edge does not let a capability pass.
    fn refused_on(&self, edge: EdgeIndex, capability: &Capability) -> Vec<Denial> {
        let Some(taken) = self.graph.edge_weight(edge) else { return Vec::new() };
        let bounds = taken.bounds.iter().flat_map(|bounds| refused_by(bounds, capability));
        let giver = self.graph.edge_endpoints(edge).filter(|_| taken.is_elsewhere(capability));
        let elsewhere = giver.and_then(|(giver, _)| {
            let place = self.graph.node_weight(giver)?.place.clone();
            Some(Denial { by: self.object_of(giver)?, rule: ELSEWHERE, place })
        });
        bounds.chain(elsewhere).collect()
    }
}

fn refused_by<'a>(
    bounds: &'a Bounds,
    capability: &'a Capability,
) -> impl Iterator<Item = Denial> + 'a {
    bounds.refusals(capability).map(|(layer, rule)| Denial {
        by: layer.by.clone(),
        rule,
        place: layer.place.clone(),
    })
}

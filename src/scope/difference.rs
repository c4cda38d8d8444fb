//! What changed in effective scope between two instants, and which object changed it.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::{FxHashMap, FxHashSet};

use super::Estate;
use super::current::{Standing, standing_as};
use crate::domain::{
    AgentKey, Bounds, Configured, Grant, Hop, Layer, ObjectRef, Place, Plane, Record, ScopeChange,
    ScopeDirection,
};

/// One instant: the estate and what it grants.
#[derive(Clone, Copy)]
pub struct Instant<'a> {
    pub estate: &'a Estate,
    pub grants: &'a [Grant],
}

/// Every change from one instant to another, ordered by agent and plane.
pub fn difference(before: Instant<'_>, after: Instant<'_>) -> Vec<ScopeChange> {
    let mut changes = one_way(before, after, [ScopeDirection::Widened, ScopeDirection::RouteAdded]);
    changes.extend(one_way(
        after,
        before,
        [ScopeDirection::Narrowed, ScopeDirection::RouteRemoved],
    ));
    changes.sort_by(|one, other| {
        (&one.agent, one.plane, one.direction, &one.route).cmp(&(
            &other.agent,
            other.plane,
            other.direction,
            &other.route,
        ))
    });
    changes
}

/// What is granted `here` and not `there`, or there by other routes only.
fn one_way(
    there: Instant<'_>,
    here: Instant<'_>,
    [alone, beside]: [ScopeDirection; 2],
) -> Vec<ScopeChange> {
    let permitted: FxHashSet<String> = there.grants.iter().map(permits).collect();
    let known: FxHashSet<(String, String)> = there.grants.iter().map(identity).collect();
    let (places, bodies) = (places(here.estate), bodies(there.estate));
    let is_changed = |hop: &Hop| {
        let read = hop.place.as_ref().and_then(|place| places.get(place));
        let read = read.into_iter().flatten();
        // One file may speak of several objects.
        let named = read.clone().filter(|record| record.body.identity().name == hop.object.name);
        let is_new = |record: &&Record| {
            bodies.get(&standing_as(record)).is_none_or(|body| **body != record.body)
        };
        match named.clone().next() {
            Some(_) => named.copied().any(|record| is_new(&record)),
            None => read.copied().any(|record| is_new(&record)),
        }
    };
    let mut grouped: FxHashMap<(AgentKey, Plane, ScopeDirection, String), ScopeChange> =
        FxHashMap::default();
    for grant in here.grants.iter().filter(|grant| !known.contains(&identity(grant))) {
        let route = grant.route.visible();
        let direction = if permitted.contains(&permits(grant)) { beside } else { alone };
        let key = (grant.holder.clone(), grant.plane, direction, route.clone());
        let change = grouped.entry(key).or_insert_with(|| {
            let changed = grant.route.hops.iter().filter(|hop| is_changed(hop));
            let mut by: Vec<ObjectRef> = changed.map(|hop| hop.object.clone()).collect();
            if by.is_empty() {
                by.extend(grant.route.granting().map(|hop| hop.object.clone()));
            }
            ScopeChange {
                agent: grant.holder.clone(),
                plane: grant.plane,
                direction,
                by,
                patterns: Vec::new(),
                route,
                inherited: !grant.route.is_immediate(),
            }
        });
        change.patterns.push(grant.pattern.visible());
    }
    let mut changes: Vec<ScopeChange> = grouped.into_values().collect();
    for change in &mut changes {
        let patterns: BTreeSet<String> = change.patterns.drain(..).collect();
        change.patterns = patterns.into_iter().collect();
    }
    changes
}

/// What makes two grants the same: the moment and place of reading do not.
fn identity(grant: &Grant) -> (String, String) {
    (permits(grant), grant.route.visible())
}

/// What a grant permits to whom, whatever its route.
fn permits(grant: &Grant) -> String {
    let Bounds { within, except, depends_on } = &grant.bounds;
    let layer = |layer: &Layer| format!("{} {:?}", layer.by.visible(), layer.clauses);
    let layers = |layers: &[Layer]| layers.iter().map(layer).collect::<Vec<_>>().join(", ");
    format!(
        "{} | {} | {} | within {} except {} if {depends_on:?}",
        grant.holder.stored(),
        grant.plane,
        grant.pattern.visible(),
        layers(within),
        layers(except),
    )
}

/// The records that were read at each place.
fn places(estate: &Estate) -> FxHashMap<&Place, Vec<&Record>> {
    let mut places: FxHashMap<&Place, Vec<&Record>> = FxHashMap::default();
    for record in estate.records() {
        places.entry(&record.place).or_default().push(record);
    }
    places
}

fn bodies(estate: &Estate) -> BTreeMap<Standing, &Configured> {
    estate.records().map(|record| (standing_as(record), &record.body)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{agent, binding, key, record_at, role, workload};
    use super::*;
    use crate::scope::resolve;

    /// A workload that reads configuration, with these additions at second 20.
    fn records(later: Vec<Configured>) -> Vec<Record> {
        let first = [
            workload("Deployment", "agents", "billing"),
            role("agents", "reader", &["get configmaps"]),
            binding("agents", "readers", "Role", "reader", &["ServiceAccount agents/billing"]),
        ];
        let first = first.into_iter().map(|body| record_at(body, 10, "first"));
        let later = later.into_iter().map(|body| {
            let mut record = record_at(body, 20, "later");
            record.provisioning.granted_at = record.at;
            record
        });
        first.chain(later).collect()
    }

    #[track_caller]
    fn check(later: Vec<Configured>, expected: &[&str]) {
        let records = records(later);
        let at = |second| jiff::Timestamp::from_second(second).expect("a small number");
        let agents = [agent(key("billing"))];
        let estates = [10, 20].map(|second| Estate::as_of(&records, &[], &[], at(second)));
        let grants = estates.each_ref().map(|estate| resolve(estate, &agents));
        let instant = |index: usize| Instant { estate: &estates[index], grants: &grants[index] };
        let changes: Vec<String> = difference(instant(0), instant(1))
            .iter()
            .map(|change| {
                let by: Vec<String> = change.by.iter().map(ObjectRef::visible).collect();
                format!("{}: {} by {}", change.direction, change.patterns.join(", "), by.join(", "))
            })
            .collect();
        assert_eq!(changes, expected);
    }

    #[test]
    fn a_change_names_the_object_that_made_it() {
        check(vec![], &[]);
        check(
            vec![role("agents", "reader", &["get configmaps", "get secrets"])],
            &["widened: k8s: get secrets @agents by Role agents/reader"],
        );
        check(
            vec![role("agents", "reader", &[])],
            &["narrowed: k8s: get configmaps @agents by Role agents/reader"],
        );
        check(
            vec![binding("agents", "all", "Role", "reader", &["Group system:serviceaccounts"])],
            &["route-added: k8s: get configmaps @agents by RoleBinding agents/all"],
        );
        check(
            vec![
                role("agents", "deleter", &["delete pods"]),
                binding("agents", "all", "Role", "deleter", &["Group system:serviceaccounts"]),
            ],
            &["widened: k8s: delete pods @agents by RoleBinding agents/all, Role agents/deleter"],
        );
    }
}

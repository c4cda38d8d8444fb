//! What agents can reach, by grants.

use std::collections::{BTreeMap, BTreeSet};

use super::Question;
use super::judge::Judge;
use crate::domain::census::{PlaneReach, Widest};
use crate::domain::{AgentKey, Grant, Plane};
use crate::scope::Configuration;

/// Planes whose configuration can be loaded for an agent.
const CONFIGURED: [Plane; 6] = [
    Plane::Kubernetes,
    Plane::Cloud,
    Plane::Network,
    Plane::Tools,
    Plane::Models,
    Plane::Delegation,
];

fn none(plane: Plane) -> PlaneReach {
    PlaneReach { plane, agents: 0, immediate: 0, inherited: 0, not_loaded: 0 }
}

/// The reach of one agent.
pub(super) fn of(question: &Question<'_>, judge: &Judge<'_>, agent: &AgentKey) -> Vec<PlaneReach> {
    let mut planes: BTreeMap<Plane, PlaneReach> = BTreeMap::new();
    for grant in judge.grants_of(agent).filter(|grant| !grant.platform_default) {
        add(planes.entry(grant.plane).or_insert_with(|| none(grant.plane)), grant);
    }
    for reach in planes.values_mut() {
        reach.agents = 1;
    }
    for plane in CONFIGURED {
        if question.estate.configuration(agent, plane) == Configuration::Absent {
            planes.entry(plane).or_insert_with(|| none(plane)).not_loaded = 1;
        }
    }
    planes.into_values().collect()
}

fn add(reach: &mut PlaneReach, grant: &Grant) {
    match grant.route.is_immediate() {
        true => reach.immediate += 1,
        false => reach.inherited += 1,
    }
}

/// The reach of all active agents together, and who reaches most. What stands on a host is counted
/// once, however many agents are inside it.
pub(super) fn of_all(
    question: &Question<'_>,
    is_active: impl Fn(&AgentKey) -> bool,
) -> (Vec<PlaneReach>, Vec<Widest>) {
    let active: Vec<&AgentKey> =
        question.agents.iter().map(|agent| &agent.key).filter(|key| is_active(key)).collect();
    let holders: BTreeSet<AgentKey> =
        active.iter().flat_map(|key| [(*key).clone(), key.host()]).collect();
    let mut planes: BTreeMap<Plane, PlaneReach> = BTreeMap::new();
    let mut held: BTreeMap<(Plane, &AgentKey), Vec<&Grant>> = BTreeMap::new();
    let grants = question.grants.iter();
    for grant in grants.filter(|grant| !grant.platform_default && holders.contains(&grant.holder)) {
        add(planes.entry(grant.plane).or_insert_with(|| none(grant.plane)), grant);
        held.entry((grant.plane, &grant.holder)).or_default().push(grant);
    }
    for (plane, _) in held.keys() {
        if let Some(reach) = planes.get_mut(plane) {
            reach.agents += 1;
        }
    }
    for plane in CONFIGURED {
        let is_absent =
            |key: &&&AgentKey| question.estate.configuration(key, plane) == Configuration::Absent;
        let absent = active.iter().filter(is_absent).count();
        planes.entry(plane).or_insert_with(|| none(plane)).not_loaded = absent;
    }
    (planes.into_values().collect(), widest(&held))
}

fn widest(held: &BTreeMap<(Plane, &AgentKey), Vec<&Grant>>) -> Vec<Widest> {
    let mut widest: BTreeMap<Plane, Widest> = BTreeMap::new();
    for ((plane, agent), grants) in held {
        let is_wider = widest.get(plane).is_none_or(|known| grants.len() > known.grants);
        if is_wider && let Some(example) = example(grants) {
            let agent = (*agent).clone();
            let row = Widest { plane: *plane, agent, grants: grants.len(), example };
            widest.insert(*plane, row);
        }
    }
    widest.into_values().collect()
}

/// The grant with the most wildcards.
fn example(grants: &[&Grant]) -> Option<String> {
    let shown = grants.iter().map(|grant| (grant.pattern.visible(), grant.route.visible()));
    let wildcards = |pattern: &str| pattern.matches('*').count();
    let widest = shown.min_by_key(|(pattern, route)| {
        (std::cmp::Reverse(wildcards(pattern)), pattern.clone(), route.clone())
    });
    widest.map(|(pattern, route)| format!("{pattern} by {route}"))
}

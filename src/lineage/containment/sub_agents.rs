//! Agents that were seen to be started under the agent, and under these.

use std::collections::{BTreeMap, VecDeque};

use super::Question;
use super::configured::{is_scalable, standing};
use super::found::{Found, Holdings, Through, facts};
use crate::domain::configured::Configured;
use crate::domain::containment::{AccessKind, Expiry};
use crate::domain::{AgentKey, HopState, Text};

/// They are followed no further than this.
const SUB_AGENTS: usize = 200;

/// Agents that were seen to be started under it, and under these.
pub(super) fn add(question: &Question<'_>, holdings: &mut Holdings) {
    let agent = &question.subject.agent;
    let mut found: BTreeMap<AgentKey, AgentKey> = BTreeMap::new();
    let family = question.seen.keys().filter(|key| *key == agent || key.host() == *agent);
    let mut queue: VecDeque<AgentKey> = family.cloned().collect();
    while let Some(parent) = queue.pop_front() {
        for child in question.seen.get(&parent).iter().flat_map(|seen| &seen.sub_agents) {
            let is_new = child != agent && !found.contains_key(child) && found.len() < SUB_AGENTS;
            if is_new {
                found.insert(child.clone(), parent.clone());
                queue.push_back(child.clone());
            }
        }
    }
    for (child, parent) in found {
        let seen = question.seen.get(&child);
        let is_inside = child.host() == agent.host();
        let because = match is_inside {
            true => format!("{parent} was seen to start it, in the same workload"),
            false => format!(
                "{parent} was seen to start it; it has a workload and credentials of its own"
            ),
        };
        let id = child.inner.as_ref().unwrap_or(&child.name).clone();
        let mut access = standing(question, AccessKind::SubAgent, &id, because);
        access.holder = child.clone();
        access.since = seen.and_then(|seen| seen.first);
        access.last_used = seen.and_then(|seen| seen.last);
        access.expiry = Expiry::NotRecorded;
        access.known = HopState::Asserted;
        let host = child.host();
        let workload = question.estate.workload(&host).filter(|_| !is_inside);
        let kind = workload.and_then(|record| match &record.body {
            Configured::Workload(workload) if is_scalable(workload) => {
                Some(Text::from(workload.kind.raw().to_lowercase()))
            }
            _ => None,
        });
        let (space, name) = (kind.as_ref().map(|_| &host.space), kind.as_ref().map(|_| &host.name));
        holdings.live.push(Found {
            access,
            facts: facts([
                ("inside", Some(&id).filter(|_| is_inside)),
                ("resource", kind.as_ref()),
                ("namespace", space),
                ("name", name),
            ]),
            through: Through::Agent(child),
        });
    }
}

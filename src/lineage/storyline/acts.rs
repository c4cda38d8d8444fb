//! Acts: what happened in a tool call stands below it.

use std::cmp::Reverse;

use crate::domain::{Event, EventKind, Lane, LinkKind, StorylineLink};

/// What happened because of records in these lanes need not have happened in the same call: a
/// credential that was issued in one is used in others.
const OUTLASTING: [Lane; 3] = [Lane::Identity, Lane::Kubernetes, Lane::Cloud];

/// The tool call in which each event happened, by position. It always stands before the event, so
/// that following it ends.
///
/// An event is in the call that it is tied to; one that is tied to something in a call (a process to
/// its parent, a sub-agent's call to the sub-agent) is in that call too.
pub fn acts(events: &[Event], links: &[StorylineLink]) -> Vec<Option<u32>> {
    let mut into: Vec<&StorylineLink> = links
        .iter()
        .filter(|link| link.from < link.to)
        .filter(|link| matches!(link.kind, LinkKind::Correlation | LinkKind::Delegation))
        .collect();
    into.sort_by_key(|link| (link.to, Reverse((link.confidence, link.from))));
    let mut acts: Vec<Option<u32>> = vec![None; events.len()];
    for links in into.chunk_by(|a, b| a.to == b.to) {
        let kind = |link: &StorylineLink| events.get(link.from as usize).map(|event| event.kind);
        let call = links.iter().find(|link| kind(link) == Some(EventKind::ToolCall));
        let around = || {
            let holds = |link: &&&StorylineLink| {
                let lane = kind(link).map(Lane::of);
                link.kind == LinkKind::Delegation
                    || !lane.is_some_and(|lane| OUTLASTING.contains(&lane))
            };
            let acts = |link: &&StorylineLink| acts.get(link.from as usize).copied().flatten();
            links.iter().filter(holds).find_map(acts)
        };
        let act = call.map(|link| link.from).or_else(around);
        let slot = links.first().and_then(|link| acts.get_mut(link.to as usize));
        if let Some(slot) = slot {
            *slot = act;
        }
    }
    acts
}

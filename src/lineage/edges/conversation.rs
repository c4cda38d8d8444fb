//! Conversations: transcripts and step logs record what was said and called, and no span of the agent
//! that did it. The agent is implied; its steps are under it.

use rustc_hash::FxHashMap;

use super::agents;
use crate::domain::{AgentId, AgentKey, EdgeBasis, EdgeRule, EventId, EventKind, NameId};
use crate::lineage::forest::Forest;
use crate::lineage::spans::{Names, Span, SpanKey};

/// Adds a span for each agent of a conversation that has steps and no record of its own. Its event is
/// none of the case: nothing recorded it.
pub fn imply_agents(spans: &mut Vec<Span>, names: Names<'_>) {
    let mut implied: FxHashMap<(NameId, AgentId), Option<Span>> = FxHashMap::default();
    for span in spans.iter() {
        let (Some(conversation), Some(agent), None) = (span.conversation, span.agent, span.parent)
        else {
            continue;
        };
        let known = implied.entry((conversation, agent));
        if span.kind == EventKind::AgentInvoke {
            known.insert_entry(None);
            continue;
        }
        let own = agent_of(span, conversation, agent, names);
        known
            .and_modify(|known| *known = known.map(|known| whole(known, own)))
            .or_insert(Some(own));
    }
    spans.extend(implied.into_values().flatten());
}

/// The agent as this one step shows it.
fn agent_of(step: &Span, conversation: NameId, agent: AgentId, names: Names<'_>) -> Span {
    let conversation = names.raw(conversation);
    let key = names.agent(agent).map(AgentKey::stored).unwrap_or_default();
    Span {
        key: SpanKey::implied(conversation, &key),
        event: EventId::of("conversation", &[conversation, &key]),
        user: None,
        principal: None,
        kind: EventKind::AgentInvoke,
        label: names.label_of(agent),
        duration: Some(step.duration.unwrap_or(0).max(0)),
        alias: None,
        above: None,
        target: None,
        outcome: None,
        is_denied: 0,
        effect: None,
        tokens: 0,
        cost: 0,
        ..*step
    }
}

/// From the first start to the last end of both.
fn whole(one: Span, other: Span) -> Span {
    let start = one.start.min(other.start);
    let end = one.end().max(other.end());
    Span { start, duration: Some(end.saturating_sub(start)), ..one }
}

/// Hangs the steps of conversations under their agents.
pub fn hang_steps(forest: &mut Forest<'_>) -> bool {
    let mut known: FxHashMap<(NameId, AgentId), Vec<u32>> = FxHashMap::default();
    for (at, span) in agents::of_traces(forest) {
        if let (Some(conversation), Some(agent)) = (span.conversation, span.agent) {
            known.entry((conversation, agent)).or_default().push(at);
        }
    }
    let mut edges: Vec<(u32, u32)> = Vec::new();
    for (at, span) in (0_u32..).zip(&forest.spans) {
        let is_step = span.kind != EventKind::AgentInvoke && span.parent.is_none();
        let (Some(conversation), Some(agent), true) = (span.conversation, span.agent, is_step)
        else {
            continue;
        };
        let agents = known.get(&(conversation, agent)).map(Vec::as_slice).unwrap_or_default();
        edges.extend(agents::latest(forest, agents, at).map(|agent| (at, agent)));
    }
    for (at, agent) in &edges {
        forest.hang(*at, Some(*agent), EdgeBasis::by(EdgeRule::Step));
    }
    !edges.is_empty()
}

/// Hangs sidechains that no call is known to have started under the agent of their session.
pub fn hang_agents(forest: &mut Forest<'_>) -> bool {
    let mut leaders: FxHashMap<(NameId, AgentKey), Vec<u32>> = FxHashMap::default();
    let mut sidechains: Vec<(u32, NameId, AgentKey)> = Vec::new();
    for (at, span) in agents::of_traces(forest) {
        let (Some(conversation), Some(agent)) =
            (span.conversation, span.agent.and_then(|agent| forest.names.agent(agent)))
        else {
            continue;
        };
        if agent.inner.is_none() {
            leaders.entry((conversation, agent.clone())).or_default().push(at);
        } else if span.marks.is_sidechain() && forest.parent(at).is_none() {
            sidechains.push((at, conversation, agent.host()));
        }
    }
    let mut edges: Vec<(u32, u32)> = Vec::new();
    for (at, conversation, host) in sidechains {
        let leaders = leaders.get(&(conversation, host)).map(Vec::as_slice).unwrap_or_default();
        edges.extend(agents::latest(forest, leaders, at).map(|leader| (at, leader)));
    }
    for (at, leader) in &edges {
        forest.hang(*at, Some(*leader), EdgeBasis::by(EdgeRule::Sidechain));
    }
    !edges.is_empty()
}

//! Calls whose result names what they started: the sub-agent of a coding agent, the session of a
//! sub-agent, or a sub-agent that names the call itself.

use rustc_hash::FxHashMap;

use super::agents;
use crate::domain::{EdgeBasis, EdgeRule, EventKind, NameId};
use crate::lineage::forest::Forest;
use crate::lineage::spans::SpanKey;

/// Hangs the agents of conversations under the call that started them.
pub fn infer(forest: &mut Forest<'_>) -> bool {
    let mut calls: FxHashMap<(NameId, &str), u32> = FxHashMap::default();
    let mut by_key: FxHashMap<SpanKey, u32> = FxHashMap::default();
    for (at, span) in (0_u32..).zip(&forest.spans) {
        if let Some(started) = span.alias.filter(|_| span.kind != EventKind::AgentInvoke) {
            calls.entry((span.trace, forest.names.raw(started))).or_insert(at);
        }
        by_key.insert(span.key, at);
    }
    let mut edges: Vec<(u32, u32)> = Vec::new();
    for (at, span) in agents::of_traces(forest) {
        let Some(conversation) = span.conversation.filter(|_| span.parent.is_none()) else {
            continue;
        };
        let Some(agent) = span.agent.and_then(|agent| forest.names.agent(agent)) else { continue };
        let conversation = forest.names.raw(conversation);
        let call = match &agent.inner {
            Some(inner) => calls
                .get(&(span.trace, inner.raw()))
                .or_else(|| by_key.get(&SpanKey::of(conversation, inner.raw()))),
            None => calls.get(&(span.trace, conversation)),
        };
        edges.extend(call.filter(|call| **call != at).map(|call| (at, *call)));
    }
    for (at, call) in &edges {
        forest.hang(*at, Some(*call), EdgeBasis::by(EdgeRule::Started));
    }
    !edges.is_empty()
}

//! What traces tell of chains: agents, and perhaps a user.

use rustc_hash::FxHashMap;

use super::{Acting, Chain, Chains, Middle, Root};
use crate::domain::NameId;
use crate::lineage::forest::Forest;

impl Chains<'_> {
    /// Whole traces.
    pub fn add_traces(&mut self, forest: &Forest<'_>) {
        let reached = self
            .paths
            .of_spans(forest, |at| forest.names.agent(forest.spans.get(at)?.agent?).cloned());
        let users = users(forest);
        for (span, path) in forest.spans.iter().zip(reached) {
            let Some(path) = path else { continue };
            let text = |name: NameId| forest.names.text(name).cloned();
            let root = match (span.user, users.get(&span.trace).map(Vec::as_slice)) {
                (Some(user), _) => text(user).map_or(Root::Unknown, Root::Asserted),
                (None, Some([user])) => text(*user).map_or(Root::Unknown, Root::Asserted),
                (None, Some(users)) => {
                    Root::OneOf(users.iter().filter_map(|user| text(*user)).collect())
                }
                (None, None) => Root::Unknown,
            };
            let acting = span.principal.and_then(text).map_or(Acting::Configured, Acting::Named);
            self.count(span.event, Chain { root, middle: Middle::Path(path), acting });
        }
    }
}

/// The users that each trace names, by their names.
fn users(forest: &Forest<'_>) -> FxHashMap<NameId, Vec<NameId>> {
    let mut users: FxHashMap<NameId, Vec<NameId>> = FxHashMap::default();
    for span in &forest.spans {
        if let Some(user) = span.user {
            let users = users.entry(span.trace).or_default();
            if !users.contains(&user) {
                users.push(user);
            }
        }
    }
    users.values_mut().for_each(|users| users.sort_by_key(|user| forest.names.raw(*user)));
    users
}

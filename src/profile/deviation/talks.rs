//! The sessions of an agent, and which of them are alike.

use rustc_hash::FxHashMap;

use crate::profile::session::{Capture, Context, Facts, Sessions, Shown};

/// The sessions of a stream and what was learned of them.
pub struct Talks {
    pub capture: Capture,
    pub facts: Vec<Facts>,
    /// Of each run the first that is alike: recurring work is scored once.
    pub alike: Vec<usize>,
    pub learned: Sessions,
}

impl Talks {
    pub fn of(capture: Capture, facts: Vec<Facts>) -> Self {
        let mut known: FxHashMap<(&Context, &[Shown]), Vec<usize>> = FxHashMap::default();
        let mut alike = Vec::with_capacity(facts.len());
        for (at, run) in facts.iter().enumerate() {
            let firsts = known.entry((&run.context, &run.shown)).or_default();
            let is_alike =
                |first: &&usize| facts.get(**first).is_some_and(|first| first.is_alike(run));
            alike.push(firsts.iter().find(is_alike).copied().unwrap_or(at));
            if alike.last() == Some(&at) {
                firsts.push(at);
            }
        }
        drop(known);
        Self { capture, facts, alike, learned: Sessions::default() }
    }
}

//! Edges that parent ids do not show, each by a named rule.
//!
//! A file for each rule; what the rules are called and how far they are to be trusted stands in one
//! table, [`EdgeRule`](crate::domain::EdgeRule). What records say for them is read in `said`, before a
//! forest is made. A parent that a record names is never replaced, and no rule makes a cycle survive.

mod agents;
mod conversation;
mod hand_off;
mod named;
pub mod said;
mod started;
#[cfg(test)]
mod tests;
pub mod units;

use super::forest::Forest;
use super::spans::{Names, Span};

/// Adds what records only imply to the spans of some traces: the agents of conversations.
pub fn imply(spans: &mut Vec<Span>, names: Names<'_>) {
    units::unite(spans, names);
    conversation::imply_agents(spans, names);
}

/// Applies the rules, those first that others build on.
pub fn infer(forest: &mut Forest<'_>) {
    const RULES: [fn(&mut Forest<'_>) -> bool; 5] = [
        conversation::hang_steps,
        started::infer,
        named::infer,
        hand_off::infer,
        conversation::hang_agents,
    ];
    for rule in RULES {
        if rule(forest) {
            forest.break_cycles();
        }
    }
}

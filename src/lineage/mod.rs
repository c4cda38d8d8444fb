//! Events → delegation trees and identity chains. Pure.
//!
//! Both stand on a [`forest`] of [`spans`]: who started what, as the traces record it, mended where
//! they are broken and never without saying so. Nothing here recurses: traces may be a hundred
//! thousand spans deep.

pub mod chain;
mod distinct;
pub mod forest;
mod handoff;
mod path;
pub mod repairs;
mod roll_up;
pub mod spans;
pub mod tree;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use spans::{Names, Span};

/// The forest of some traces, whole ones, with the edges that only rules know.
pub fn forest(spans: Vec<Span>, names: Names<'_>) -> forest::Forest<'_> {
    let mut forest = forest::Forest::of(spans, names);
    handoff::infer(&mut forest);
    forest
}

//! Events → delegation trees and identity chains. Pure.
//!
//! Both stand on a [`forest`] of [`spans`]: who started what, as the traces record it, mended where
//! they are broken and never without saying so. Nothing here recurses: traces may be a hundred
//! thousand spans deep.

pub mod census;
pub mod chain;
pub mod containment;
pub mod correlate;
mod distinct;
pub mod edges;
pub mod flow;
pub mod forest;
pub mod origins;
mod path;
pub mod repairs;
mod roll_up;
pub mod spans;
pub mod storyline;
pub mod tree;

#[cfg(test)]
mod real_data;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use spans::{Names, Span};

/// The forest of some traces, whole ones, with the edges that only rules know.
pub fn forest(mut spans: Vec<Span>, names: Names<'_>) -> forest::Forest<'_> {
    edges::imply(&mut spans, names);
    let mut forest = forest::Forest::of(spans, names);
    edges::infer(&mut forest);
    forest
}

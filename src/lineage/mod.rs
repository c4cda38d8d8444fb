//! Events → delegation tree and identity chains. Pure.
//!
//! Both stand on a [`forest`](mod@forest) of spans: who started what, as the traces record it,
//! mended where they are broken and never without saying so. Nothing here recurses: traces may be a
//! hundred thousand spans deep.

pub mod census;
pub mod chain;
pub mod containment;
mod forest;
mod handoff;
mod path;
pub mod tree;

#[cfg(test)]
mod testing;

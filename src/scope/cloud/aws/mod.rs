//! AWS: what the policies of an account let its principals do.
//!
//! The graph of authority has what identities hold. What a resource grants by its own policy is
//! decided by [`evaluate`] and stands in no grant; where such a policy has to allow as well (keys,
//! roles, resources of other accounts), the grant depends on it.
//!
//! | file | says |
//! |---|---|
//! | `evaluate.rs` | whether a request is allowed, by which statements, or what it depends on |
//! | `statement.rs`, `condition.rs`, `operator.rs` | whether one statement applies |
//! | `glob.rs` | wildcards and policy variables |
//! | `principal.rs` | whom a `Principal` element means |
//! | `trust.rs` | whether a role admits somebody who comes from outside |
//! | `weakness.rs` | trust policies that are loose |
//! | `directory.rs` | who is in an account and which policies each holds |
//! | `clauses.rs`, `bounds.rs`, `chain.rs`, `graph.rs` | what of this stands in the graph of authority |

mod bounds;
mod chain;
mod clauses;
mod condition;
mod context;
mod decision;
mod directory;
mod evaluate;
mod found;
mod glob;
mod graph;
mod operator;
mod principal;
mod statement;
#[cfg(test)]
mod tests;
mod trust;
mod truth;
mod weakness;

pub(in crate::scope) use chain::link_between;
pub(in crate::scope) use directory::Directory;
pub(in crate::scope) use graph::add;
pub(in crate::scope) use trust::{Admission, Claim, admits};
pub(in crate::scope) use weakness::{Flaw, loose_trust};

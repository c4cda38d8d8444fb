//! AWS: what the policies of an account let its principals do.
//!
//! | file | says |
//! |---|---|
//! | `evaluate.rs` | whether a request is allowed, by which statements, or what it depends on |
//! | `statement.rs`, `condition.rs`, `operator.rs` | whether one statement applies |
//! | `glob.rs` | wildcards and policy variables |
//! | `principal.rs` | whom a `Principal` element means |
//! | `trust.rs` | whether a role admits somebody who comes from outside |
//! | `weakness.rs` | trust policies that are loose |

mod condition;
mod context;
mod decision;
mod evaluate;
mod found;
mod glob;
mod operator;
mod principal;
mod statement;
#[cfg(test)]
mod tests;
pub mod trust;
mod truth;
pub mod weakness;

pub use context::Context;
pub use decision::{Cause, Decision, Denial, Layer, Policies, Policy, Request};
pub use evaluate::evaluate;
pub use principal::{Principal, PrincipalKind};
pub use truth::Truth;

//! Sessions: how surprising a run is among the runs that were asked for the like.
//!
//! A run's score is a sum of surprises in nats, each the negative logarithm of a share of earlier
//! runs, weighted by how alike they were asked. What the user asked for by name is not surprising;
//! what came out of a tool, went into a call and was never seen for such a request is.
//!
//! | to change | look into |
//! |---|---|
//! | what a run is compared by | `facts.rs` |
//! | which runs are alike, and how rare something is | `baseline.rs` |
//! | what counts, and how much | `terms.rs` |
//! | what can be told from less than everything | `capture.rs` |

mod baseline;
mod capture;
mod facts;
mod terms;
#[cfg(test)]
mod tests;

pub use baseline::{Likeness, Rarity, Sessions};
pub use capture::Capture;
pub use facts::{Act, Context, Facts, Shown};
pub use terms::{Aspect, Term, score, terms};

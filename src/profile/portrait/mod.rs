//! What is normal for one agent in one context: the record that an analyst looks at.
//!
//! On the screen this is the **baseline**, then and now. Here the record is called [`Portrait`],
//! because [`Baseline`](super::baseline::Baseline) is what scores runs: that one knows in how many
//! runs each feature occurred, this one how everything is distributed.
//!
//! A portrait is learned from records and runs in any order, and merged with others: the result is
//! the same to the bit. It takes at most [`Portrait::MOST_BYTES`], because what can grow is kept in
//! sketches whose merge is commutative and associative.
//!
//! | to change | look into |
//! |---|---|
//! | what a portrait is made of | `part.rs` |
//! | what is learned from a record or a run | `learn.rs`, of arguments `arguments.rs` |
//! | the stored form | `record.rs` |
//! | agents, contexts and weeks | `portraits.rs` |
//! | what counts as different | `distance.rs`, `compare.rs`, in words `sentence.rs` |
//! | a sketch | `frequencies.rs` (over `count_min.rs`, `distinct.rs`), `quantiles.rs` |

mod arguments;
mod compare;
mod count_min;
mod distance;
mod distinct;
mod frequencies;
mod hash;
mod learn;
mod matrix;
mod part;
mod portraits;
mod quantiles;
mod record;
mod schedule;
mod sentence;

#[cfg(test)]
mod speed;
#[cfg(test)]
mod tests;

pub use compare::{Aspect, AspectComparison, Comparison, Side, Window, compare};
pub use count_min::OVERESTIMATE;
pub use distance::Difference;
pub use distinct::STANDARD_ERROR;
pub use frequencies::{Count, Frequencies, Item, KEPT};
pub use learn::Vocabulary;
pub use matrix::{Cell, TransitionMatrix};
pub use part::{Amount, Part};
pub use portraits::{Context, Portraits, monday};
pub use quantiles::{Quantiles, RELATIVE_ERROR};
pub use record::{FORMAT, Portrait};
pub use schedule::{Day, Schedule};

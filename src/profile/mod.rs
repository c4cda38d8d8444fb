//! Events → exercises, baselines, convergence, deviation.
//!
//! An [`Observer`] takes events in any order, once, and keeps what can be said of them in bounded
//! memory: what each agent *exercised*, its [`Run`]s with their calls in order, and the tool catalogs
//! it was shown. From that [`Observation`]
//!
//! - [`convergence()`] says whether the window supports a statement, and when it will;
//! - [`deviations()`] says which runs do not fit what the agent did before, and why.
//!
//! Pure: no clock, no IO, no storage. Records are tied to agents through
//! [`Attribution`](crate::domain::Attribution), so this room does not know the configured side.
//!
//! | to change | look into |
//! |---|---|
//! | a number | [`settings`] |
//! | whom an event belongs to | `domain/actor.rs` |
//! | what makes a workload an agent | `seen.rs` |
//! | what counts once | `acts.rs` |
//! | what is compared between runs | `features.rs`; of sessions also `session/` |
//! | how surprising a difference is | `baseline.rs`, `session/terms.rs` |
//! | what becomes of a score | `deviation.rs`, its wording `explain.rs` |

mod acts;
mod argument;
mod arguments;
mod asked;
pub mod baseline;
pub mod cadence;
pub mod catalog;
mod convergence;
mod deviation;
mod explain;
pub mod features;
mod kind;
mod minutes;
mod observation;
mod observe;
mod recent;
mod run;
mod runs;
mod seen;
pub mod session;
pub mod settings;
mod tally;
mod value;
mod window;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod real;

pub use argument::{Argument, NameId, Sort, ValueSource};
pub use cadence::Cadence;
pub use catalog::CatalogVersion;
pub use convergence::convergence;
pub use deviation::{Deviation, Level, Shift, Signals, Term, deviations, p_value};
pub use kind::KindId;
pub use observation::Observation;
pub use observe::Observer;
pub use run::{Amounts, Call, EarlierDay, Run, Span, Tally};
pub use settings::{Settings, UnusualPeriod};

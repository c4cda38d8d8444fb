//! Events → exercises, baselines, convergence, deviation.
//!
//! An [`Observer`] takes events in any order, once, and keeps what can be said of them in bounded
//! memory: what each agent *exercised*, its [`Run`]s with their calls in order, and the tool catalogs
//! it was shown. From that [`Observation`]
//!
//! - [`progress()`] and [`convergence()`] say whether the window supports a statement, and when it will;
//! - [`segments()`] says what a change of model, prompt, tools or image makes of the baseline;
//! - [`contaminations()`] says whether it was learned over a period that was not normal;
//! - [`drifts()`] finds slow changes, [`patterns()`] what is without precedent, and [`rebaseline()`] says whether to learn anew;
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
//! | what is measured of a run as a number | `statistic.rs` |
//! | how sure a difference of many runs is | `bound.rs`, `scan.rs`, `martingale.rs` |
//! | what an analyst sees of it | `portrait/` |
//! | what is compared between runs | `features.rs`; of sessions also `session/` |
//! | how surprising a difference is | `baseline.rs`, `session/terms.rs` |
//! | what becomes of a score | `deviation.rs`, its wording `explain.rs` |

mod acts;
mod appraisal;
mod argument;
mod arguments;
mod asked;
pub mod baseline;
mod bound;
pub mod cadence;
pub mod catalog;
mod contamination;
mod convergence;
mod deviation;
mod drift;
mod explain;
pub mod features;
mod kind;
mod martingale;
mod minutes;
mod observation;
mod observe;
mod pattern;
pub mod portrait;
mod random;
mod rebaseline;
mod recent;
mod run;
mod runs;
mod scan;
mod seen;
mod segment;
pub mod session;
pub mod settings;
mod setup;
mod statistic;
mod tally;
mod value;
mod window;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod real;
#[cfg(test)]
mod simulated;

pub use appraisal::{Appraisal, Normality, appraisals, appraise};
pub use argument::{Argument, NameId, Sort, ValueSource};
pub use cadence::Cadence;
pub use catalog::CatalogVersion;
pub use contamination::{Because, Contamination, contaminations};
pub use convergence::{Progress, Question, convergence, progress};
pub use deviation::{Deviation, Level, Shift, Signals, Term, deviations, p_value};
pub use drift::{Drift, drifts};
pub use kind::KindId;
pub use observation::Observation;
pub use observe::Observer;
pub use pattern::{Pattern, What, patterns};
pub use rebaseline::{Accepted, Proposal, Refusal, Verdict, rebaseline};
pub use run::{Amounts, Call, EarlierDay, Run, Span, Tally};
pub use segment::{Affected, Segment, begins_anew, segments};
pub use settings::{Settings, UnusualPeriod};
pub use setup::{Facet, Setup};
pub use statistic::Statistic;
pub use window::{Part, Requirement};

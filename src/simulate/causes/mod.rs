//! Causes: each changes the firm, so that evidence of it will be written, and says what an honest
//! reading of that evidence is. One file per kind; adding a kind means adding one row.

mod aggregated_route;
mod catalog_shift;
mod conflicting_records;
mod declared_limits;
mod default_allow;
mod group_route;
mod model_substituted;
mod monthly_job;
mod no_coverage;
mod partial_profile;
mod sequence_shift;
mod shadow_agent;
mod shared_identity;
mod standing_refusal;
mod task_mix_change;
mod unused_egress;
mod unused_model;
mod unused_permission;
mod unused_tool;
mod volume;

use super::firm::Firm;
use super::truth::{Planted, Span};

/// One kind of cause.
struct Cause {
    /// Plants it, and returns the truth. Nothing when the firm lacks the agents that it needs.
    plant: fn(&mut Firm) -> Vec<Planted>,
    /// In a shorter window the reading would be another one.
    needs_days: u32,
}

/// Enough for baselines to converge, with room before and after.
const THREE_WEEKS: u32 = 21;

const CAUSES: &[Cause] = &[
    Cause { plant: unused_permission::plant, needs_days: THREE_WEEKS },
    Cause { plant: unused_tool::plant, needs_days: THREE_WEEKS },
    Cause { plant: unused_model::plant, needs_days: THREE_WEEKS },
    Cause { plant: unused_egress::plant, needs_days: THREE_WEEKS },
    Cause { plant: group_route::plant, needs_days: 7 },
    Cause { plant: aggregated_route::plant, needs_days: 7 },
    Cause { plant: default_allow::plant, needs_days: 7 },
    Cause { plant: catalog_shift::plant, needs_days: THREE_WEEKS },
    Cause { plant: model_substituted::plant, needs_days: 7 },
    Cause { plant: sequence_shift::plant, needs_days: THREE_WEEKS },
    Cause { plant: volume::plant, needs_days: THREE_WEEKS },
    Cause { plant: task_mix_change::plant, needs_days: THREE_WEEKS },
    Cause { plant: monthly_job::plant, needs_days: THREE_WEEKS },
    Cause { plant: shadow_agent::plant, needs_days: 7 },
    Cause { plant: declared_limits::plant, needs_days: 7 },
    Cause { plant: shared_identity::plant, needs_days: 7 },
    Cause { plant: no_coverage::plant, needs_days: 7 },
    Cause { plant: partial_profile::plant, needs_days: 7 },
    Cause { plant: conflicting_records::plant, needs_days: 7 },
    Cause { plant: standing_refusal::plant, needs_days: 7 },
];

/// Plants every cause that fits the firm.
pub fn plant(firm: &mut Firm) -> Vec<Planted> {
    let days = firm.window.days;
    CAUSES
        .iter()
        .filter(|cause| days >= cause.needs_days)
        .flat_map(|cause| (cause.plant)(firm))
        .collect()
}

/// The whole window, for what holds throughout.
fn throughout(firm: &Firm) -> Span {
    Span::new(firm.window.start, firm.window.end())
}

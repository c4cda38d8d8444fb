//! Compound findings (design §3.5): findings of one agent in one window, read together.
//!
//! The named one: an MCP catalog changes, a permission that was latent comes into use for the first
//! time, and the behavioural baseline is too young to say whether that is normal. Read apart, the
//! second looks like good news.

use super::draft::Draft;
use super::priority::danger_of;
use super::sides::Sides;
use super::steps::{Path, Stage};
use crate::domain::{
    AgentKey, BehaviouralVerdict, CapabilityLine, Citation, Discipline, Exercise, FindingId,
    GapType, GrantState, Plane, ProvisioningVerdict, Reading, Sufficiency,
};

/// A first use this long after the catalog change is put down to it.
const AFTERMATH_HOURS: i64 = 7 * 24;

/// Compounds, each with the finding it grows from.
pub fn drafts(sides: &Sides<'_>, drafts: &[Draft]) -> Vec<(Draft, FindingId)> {
    drafts
        .iter()
        .filter(|draft| draft.pattern == "catalog-shift")
        .filter_map(|shift| Some((draft(sides, shift)?, shift.id())))
        .collect()
}

fn draft(sides: &Sides<'_>, shift: &Draft) -> Option<Draft> {
    let changed = shift.from?;
    let agent = &shift.agent;
    let host = agent.host();
    let closed: Vec<&Exercise> = sides
        .exercises_under(&host)
        .into_iter()
        .filter(|exercise| {
            let hours = exercise.first.duration_since(changed).as_hours();
            exercise.capability.plane().discipline() == Discipline::Identity
                && exercise.count > 0
                && exercise.first >= changed
                && hours <= AFTERMATH_HOURS
                && is_granted(sides, &host, exercise)
        })
        .collect();
    let first = closed.iter().map(|exercise| exercise.first).min()?;
    let last = closed.iter().map(|exercise| exercise.last).max()?;
    let behaviour = sides.convergence(agent, Discipline::Behavior, GapType::Anomaly);
    if behaviour.is_converged() || behaviour.sufficiency == Sufficiency::Empty {
        return None;
    }
    let names: Vec<String> =
        closed.iter().take(4).map(|exercise| exercise.capability.visible()).collect();
    Some(Draft {
        agent: agent.clone(),
        discipline: Discipline::Model,
        plane: Plane::Catalog,
        anchor: format!("{} and first use", shift.anchor),
        reading: Reading::Compound,
        pattern: "gap-1-closing-after-catalog-shift",
        subject: format!(
            "first use of {} right after the catalog change; behaviour cannot be judged yet",
            names.join(", ")
        ),
        configured: closed_grants(sides, &host, &closed),
        operational: vec![
            Citation::new(format!("the catalog changed on {}", changed.strftime("%Y-%m-%d %H:%M"))),
            Citation {
                text: format!(
                    "first use on {}: {}",
                    first.strftime("%Y-%m-%d %H:%M"),
                    names.join(", ")
                ),
                places: Vec::new(),
                events: closed
                    .iter()
                    .flat_map(|exercise| exercise.events.iter().copied())
                    .take(8)
                    .collect(),
            },
            Citation::new(behaviour.why.clone()),
        ],
        path: Path::default()
            .step(Stage::Records, "loaded", "catalog, permissions and activity are loaded")
            .step(
                Stage::Scope,
                "catalog shifted",
                "Gap 2 of the model discipline, before the first use",
            )
            .step(Stage::Pattern, "not converged", behaviour.why)
            .step(
                Stage::Absence,
                "no longer absent",
                "a Gap 1 closed by a change that nobody approved",
            ),
        capabilities: closed
            .iter()
            .map(|exercise| CapabilityLine {
                capability: exercise.capability.visible(),
                state: GrantState::Exercised,
                count: exercise.count,
                last: Some(exercise.last),
            })
            .collect(),
        danger: closed.iter().filter_map(|exercise| danger_of(&exercise.capability)).max(),
        wide: false,
        from: Some(changed),
        until: Some(last),
        provisioning: ProvisioningVerdict::OutOfScope,
        behavioural: BehaviouralVerdict::NotConverged,
        object: shift.object.clone(),
    })
}

fn is_granted(sides: &Sides<'_>, host: &AgentKey, exercise: &Exercise) -> bool {
    sides
        .own_grants(host)
        .iter()
        .any(|grant| !grant.platform_default && grant.permits(&exercise.capability).is_possible())
}

fn closed_grants(sides: &Sides<'_>, host: &AgentKey, closed: &[&Exercise]) -> Vec<Citation> {
    let grants: Vec<_> = sides
        .own_grants(host)
        .iter()
        .copied()
        .filter(|grant| {
            closed.iter().any(|exercise| grant.permits(&exercise.capability).is_possible())
        })
        .collect();
    super::absence::configured(&grants)
}

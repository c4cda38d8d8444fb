//! Step 6, absence: what was granted and not exercised.
//!
//! One finding per holder and granting object, so that an analyst's tag stays with the object when
//! the window grows and *not converged* becomes Gap 1.

use std::collections::BTreeMap;

use super::draft::Draft;
use super::priority::danger_of_pattern;
use super::sides::Sides;
use super::steps::{Path, Stage};
use crate::domain::{
    AgentKey, Attachment, BehaviouralVerdict, CantTell, CapabilityLine, Citation, Exercise,
    GapType, Grant, GrantState, Pattern, Plane, ProvisioningVerdict, Reading, Sufficiency,
};

/// The drafts of every holder.
pub fn drafts(sides: &Sides<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for holder in sides.holders() {
        if !sides.is_of_interest(holder) {
            continue;
        }
        let exercises = sides.exercises_under(holder);
        let mut objects: BTreeMap<(Plane, String), Vec<&Grant>> = BTreeMap::new();
        for grant in sides.own_grants(holder) {
            if let Some(anchor) = anchor(grant) {
                objects.entry((grant.plane, anchor)).or_default().push(grant);
            }
        }
        for ((plane, anchor), grants) in objects {
            drafts.extend(draft(sides, holder, plane, anchor, &grants, &exercises));
        }
    }
    drafts
}

/// The granting object's name, for grants whose disuse says something. Platform defaults are listed
/// elsewhere, default allow is a matter of step 4, and a pinned catalog is compared with what its
/// server advertises, not with what is called.
fn anchor(grant: &Grant) -> Option<String> {
    let granting = grant.route.granting()?;
    let is_elsewhere = grant.platform_default
        || granting.attachment == Attachment::DefaultAllow
        || grant.plane == Plane::Catalog;
    if is_elsewhere {
        return None;
    }
    let object = &granting.object;
    Some(format!("{} {}/{}", object.kind.raw(), object.namespace.raw(), object.name.raw()))
}

fn draft(
    sides: &Sides<'_>,
    holder: &AgentKey,
    plane: Plane,
    anchor: String,
    grants: &[&Grant],
    exercises: &[&Exercise],
) -> Option<Draft> {
    let lines: Vec<(&Grant, GrantState, u64)> = grants
        .iter()
        .map(|grant| {
            let (state, count) = sides.state(grant, exercises);
            (*grant, state, count)
        })
        .collect();
    let count = |state| lines.iter().filter(|(_, found, _)| *found == state).count();
    let (used, unused, unseen) = (
        count(GrantState::Exercised),
        count(GrantState::ObservedUnused),
        count(GrantState::Unobservable),
    );
    if unused + unseen == 0 {
        return None;
    }
    let granting = lines.first()?.0.route.granting()?;
    let discipline = plane.discipline();
    let convergence = sides.convergence(holder, discipline, GapType::Latent);
    let (reading, verdict, because) = match (&convergence.sufficiency, unused) {
        (_, 0) => (
            Reading::CantTell { why: CantTell::Unobservable },
            "unobservable",
            format!("no loaded source covers {plane} for this agent without gaps"),
        ),
        (Sufficiency::Converged, _) => {
            (Reading::Latent, "observed unused", convergence.why.clone())
        }
        (Sufficiency::NotConverged { until, condition }, _) => (
            Reading::CantTell {
                why: CantTell::NotConverged { until: *until, condition: condition.clone() },
            },
            "window too short",
            convergence.why.clone(),
        ),
        (Sufficiency::Contaminated { because }, _) => (
            Reading::CantTell { why: CantTell::ContaminatedBaseline { because: because.clone() } },
            "baseline contaminated",
            convergence.why.clone(),
        ),
        (Sufficiency::Empty, _) => (
            Reading::CantTell {
                why: CantTell::NotConverged {
                    until: None,
                    condition: "load activity of this agent".to_owned(),
                },
            },
            "nothing observed",
            convergence.why.clone(),
        ),
    };
    let inherited = grants.iter().find_map(|grant| grant.route.upstream());
    let state_of = match inherited {
        Some(hop) => format!("inherited over {}", hop.object.visible()),
        None => "immediate".to_owned(),
    };
    let path = Path::default()
        .step(
            Stage::Records,
            "loaded",
            format!("{} grants {} capabilities", granting.object.visible(), grants.len()),
        )
        .step(
            Stage::Scope,
            &state_of,
            grants.first().map_or_else(String::new, |grant| grant.route.visible()),
        )
        .step(Stage::Absence, verdict, because);
    let capabilities = lines
        .iter()
        .map(|(grant, state, count)| CapabilityLine {
            capability: grant.pattern.visible(),
            state: *state,
            count: *count,
            last: None,
        })
        .collect();
    let danger = lines
        .iter()
        .filter(|(_, state, _)| *state != GrantState::Exercised)
        .filter_map(|(grant, _, _)| danger_of_pattern(&grant.pattern))
        .max();
    let wide = grants
        .iter()
        .any(|grant| matches!(&grant.pattern, Pattern::Kubernetes { namespace: None, .. }));
    Some(Draft {
        agent: holder.clone(),
        discipline,
        plane,
        anchor,
        reading,
        pattern: pattern(plane),
        subject: format!(
            "{} of {} capabilities never used, granted by {}{}",
            unused + unseen,
            grants.len(),
            granting.object.visible(),
            if unseen > 0 { format!("; {unseen} of them unobservable") } else { String::new() },
        ),
        configured: configured(grants),
        operational: operational(sides, holder, plane, used, &convergence.why),
        path,
        capabilities,
        danger,
        wide,
        from: convergence.from,
        until: convergence.until,
        provisioning: ProvisioningVerdict::InScope,
        behavioural: BehaviouralVerdict::NotObserved,
        object: Some(match inherited {
            Some(hop) => hop.object.visible(),
            None => granting.object.visible(),
        }),
    })
}

fn pattern(plane: Plane) -> &'static str {
    match plane {
        Plane::Network => "unused-egress",
        Plane::Models => "unused-model",
        Plane::Delegation => "unused-delegation",
        Plane::Tools => "unused-tool",
        Plane::Kubernetes
        | Plane::Cloud
        | Plane::Catalog
        | Plane::Files
        | Plane::Processes
        | Plane::Artifacts => "unused-permission",
    }
}

/// What the provisioning record shows: the routes, who granted and when.
pub fn configured(grants: &[&Grant]) -> Vec<Citation> {
    let mut routes: BTreeMap<String, (&Grant, usize)> = BTreeMap::new();
    for grant in grants {
        routes.entry(grant.route.visible()).or_insert((grant, 0)).1 += 1;
    }
    routes
        .into_iter()
        .map(|(route, (grant, capabilities))| {
            let mut text = format!("{capabilities} capabilities by {route}");
            if let Some(since) = grant.since {
                text += &format!(", since {}", since.strftime("%Y-%m-%d"));
            }
            if let Some(by) = &grant.granted_by {
                text += &format!(", granted by {}", by.visible());
            }
            if let Some(policy) = &grant.policy {
                text += &format!(", under {}", policy.visible());
            }
            let places = grant.route.hops.iter().filter_map(|hop| hop.place.clone()).collect();
            Citation { text, places, events: Vec::new() }
        })
        .collect()
}

fn operational(
    sides: &Sides<'_>,
    holder: &AgentKey,
    plane: Plane,
    used: usize,
    why: &str,
) -> Vec<Citation> {
    let mut citations = vec![Citation::new(format!("{used} of these capabilities were exercised"))];
    let sources: std::collections::BTreeSet<String> = sides
        .coverage_of(holder, plane)
        .map(|coverage| {
            let partial = if coverage.partial { ", with gaps" } else { "" };
            format!("{}{partial}", coverage.source.visible())
        })
        .collect();
    citations.push(Citation::new(match sources.is_empty() {
        true => format!("no source that covers {plane} is loaded for this agent"),
        false => {
            format!("{plane} is covered by {}", sources.into_iter().collect::<Vec<_>>().join(", "))
        }
    }));
    citations.push(Citation::new(why));
    citations
}

//! What is left after a step: other routes to the same capabilities, other steps, and what nobody
//! should rely on.

use super::Question;
use super::found::{Found, Through};
use crate::domain::containment::{AccessKind, ContainmentStep, Phase, SurvivingRoute, Survivors};
use crate::domain::{AgentKey, ObjectRef};
use crate::scope::authority::Reach;

/// Routes that are listed, and capabilities that are looked at: the most used ones.
const LISTED: usize = 8;
const LOOKED_AT: usize = 40;

/// The capabilities that the agent exercised over the object of an access and that another route
/// permits as well.
pub(super) fn routes(question: &Question<'_>, found: &Found) -> Survivors {
    let mut survivors = Survivors::default();
    if let Some(object) = &found.access.object {
        for route in other_routes(question, object) {
            match survivors.routes.len() < LISTED {
                true => survivors.routes.push(route),
                false => survivors.more_routes += 1,
            }
        }
    }
    survivors.notes = notes(question, found);
    survivors
}

fn other_routes(question: &Question<'_>, object: &ObjectRef) -> Vec<SurvivingRoute> {
    let agent = &question.subject.agent;
    let is_own = |key: &AgentKey| key == agent || *key == agent.host() || key.host() == *agent;
    let mut used: Vec<_> = question
        .exercises
        .iter()
        .filter(|exercise| exercise.count > 0 && !exercise.aggregated && is_own(&exercise.agent))
        .collect();
    used.sort_by(|a, b| (b.count, &a.capability).cmp(&(a.count, &b.capability)));
    let routes = used.iter().take(LOOKED_AT).filter_map(|exercise| {
        let all = question.authority.explain(agent, &exercise.capability, Reach::WithHost).routes;
        let passes = |route: &&crate::domain::AuthorityRoute| {
            route.steps.iter().any(|step| step.object == *object)
        };
        // What never went over the object is no survivor of it.
        all.iter().find(passes)?;
        let other = all.iter().find(|route| !passes(route))?;
        Some(SurvivingRoute { capability: exercise.capability.visible(), route: other.visible() })
    });
    routes.collect()
}

fn notes(question: &Question<'_>, found: &Found) -> Vec<String> {
    let mut notes = Vec::new();
    match (found.access.kind, &found.through) {
        (AccessKind::NetworkReach, _) => {
            let policies = allowing_policies(question);
            if !policies.is_empty() {
                notes.push(format!("Still allowed by other policies: {}.", policies.join(", ")));
            }
        }
        (AccessKind::SubAgent, Through::Agent(child))
            if child.host() == question.subject.agent.host() =>
        {
            notes.push("It runs in the workload of the agent and ends with it.".to_owned());
        }
        (AccessKind::MountedSecret, _) => {
            notes.push("Whoever read the value keeps it.".to_owned());
        }
        _ => {}
    }
    notes
}

/// Policies by which the pods of the agent may connect: they add up.
fn allowing_policies(question: &Question<'_>) -> Vec<String> {
    let host = question.subject.agent.host();
    let grants = question.authority.grants_of(&host, Reach::Own);
    let on_network = grants.iter().filter(|grant| grant.plane == crate::domain::Plane::Network);
    let is_policy = |object: &&ObjectRef| object.kind.raw().contains("Policy");
    let mut objects: Vec<String> = on_network
        .flat_map(|grant| grant.route.hops.iter().map(|hop| &hop.object))
        .filter(is_policy)
        .map(ObjectRef::visible)
        .collect();
    objects.sort_unstable();
    objects.dedup();
    objects.truncate(LISTED);
    objects
}

/// Ties the steps: what was issued from one goes on without it, what issued it can issue another,
/// others of the same identity do the same, and a controller starts a pod again.
pub(super) fn link(steps: &mut [ContainmentStep]) {
    let brief: Vec<_> = steps
        .iter()
        .map(|step| {
            let access = &step.access;
            (
                step.number,
                step.phase,
                access.kind,
                access.id.clone(),
                access.issued_by.clone(),
                access.object.clone(),
                access.holder.clone(),
            )
        })
        .collect();
    for step in steps {
        let own = &step.access;
        let others = brief.iter().filter(|(number, ..)| *number != step.number);
        step.survives.steps = others
            .filter(|(_, phase, kind, id, issued_by, object, holder)| {
                let is_issued = issued_by.as_ref() == Some(&own.id);
                let is_issuer = own.issued_by.as_ref() == Some(id);
                let is_alike = *phase == Phase::RevokeCredentials
                    && step.phase == Phase::RevokeCredentials
                    && own.object.is_some()
                    && *object == own.object
                    && !takes_all(own.kind, *kind);
                let restarts = own.kind == AccessKind::PodToken
                    && matches!(kind, AccessKind::Workload | AccessKind::CronJob | AccessKind::Job)
                    && *holder == own.holder.host();
                is_issued || is_issuer || is_alike || restarts
            })
            .map(|(number, ..)| *number)
            .collect();
    }
}

/// Whether revoking one takes others of the same object with it: a role's older sessions go all at
/// once, and so do the requested tokens of an account that is made anew.
fn takes_all(revoked: AccessKind, other: AccessKind) -> bool {
    matches!(
        (revoked, other),
        (AccessKind::AwsSession | AccessKind::AwsRole, AccessKind::AwsSession)
            | (
                AccessKind::RequestedToken,
                AccessKind::RequestedToken | AccessKind::PodToken | AccessKind::TokenSecret
            )
    )
}

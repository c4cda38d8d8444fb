//! The census: how many agents are active, what can they reach, which of their acts were authorised
//! and which improvised (requirement S4.7), at an instant or over a window.
//!
//! What the words mean here:
//!
//! | word | meaning |
//! |---|---|
//! | *active* | it *acted*: an event in the window is attributed to it; or it is *in a run*: a run or session of it began before and ended after; or it is *standing*: a pod of it, or a credential that it used, was there before and after. An instant has a window too: a stated time before it |
//! | *reach* | the grants of [`scope::resolve`](crate::scope::resolve) on the estate as of the end of the window, an inner agent's with those of its host; platform defaults not counted |
//! | *authorised* | an enforcement point recorded that it decided for the act, or none recorded anything and a grant permits it |
//! | *conditional* | a grant permits it if conditions hold that records do not decide |
//! | *undeclared* | permitted, and not because anybody declared it for this agent: only by a default, or the agent is in no declaration at all |
//! | *improvised* | no grant permits it and no decision was recorded, and the configuration of the plane is loaded in full. A permit by default is never improvised; what nothing loaded could permit or not is never improvised |
//! | *refused* | denied on record |
//! | *unknown* | the configuration of the plane is not loaded, or only partly, and nothing in it permits the act |
//! | *shadow* | observed, not registered |
//! | *dormant* | registered, not observed, although a source without gaps covers it; without such a source: *can't tell* |
//! | *unowned* | no record names an owner or team |
//! | *ephemeral* | another agent was seen to start it, or its workload is a Job, CronJob or bare Pod. Each of its runs is a life |
//!
//! Acts are the exercises of the window as `profile` counts them, so that one act seen by several
//! recorders counts once and the numbers are those of every other screen. Lines of learned profiles,
//! catalogs and imports are no acts.

mod judge;
mod lives;
mod reach;
mod rows;
mod sentences;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use lives::Lives;

use crate::domain::census::{ActiveAgents, Activity, Acts, Census, CensusWindow, SharedIdentity};
use crate::domain::{Agent, AgentKey, Coverage, Exercise, Grant, SeenAgent};
use crate::scope::Estate;
use judge::Judge;

/// What the census is made of.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    pub window: CensusWindow,
    /// As of the end of the window.
    pub estate: &'a Estate,
    /// Every agent of the case.
    pub agents: &'a [Agent],
    pub grants: &'a [Grant],
    /// Of the window.
    pub exercises: &'a [Exercise],
    /// Of the window.
    pub seen: &'a BTreeMap<AgentKey, SeenAgent>,
    /// Events of the window that belong to no agent.
    pub unattributed: u64,
    pub coverage: &'a [Coverage],
    /// Of the whole case.
    pub lives: &'a Lives<'a>,
}

/// Answers the three questions.
pub fn census(question: &Question<'_>) -> Census {
    let judge = Judge::new(question);
    let agents = rows::rows(question, &judge);
    let mut acts = Acts::default();
    let mut active = ActiveAgents { known: agents.len(), ..ActiveAgents::default() };
    for row in &agents {
        acts.add(&row.acts);
        rows::count(&mut active, row);
    }
    let is_active = |key: &AgentKey| {
        let at = agents.binary_search_by(|row| row.agent.cmp(key));
        at.ok().and_then(|at| agents.get(at)).is_some_and(|row| row.activity != Activity::Inactive)
    };
    let (reach, widest) = reach::of_all(question, is_active);
    let mut census = Census {
        window: question.window,
        answers: Vec::new(),
        active,
        reach,
        widest,
        acts,
        ambiguous: shared(question, &judge),
        unattributed: question.unattributed,
        agents,
    };
    census.answers = sentences::sentences(&census);
    census
}

/// The identities whose acts could be of several agents.
fn shared(question: &Question<'_>, judge: &Judge<'_>) -> Vec<SharedIdentity> {
    let mut shared: BTreeMap<&AgentKey, SharedIdentity> = BTreeMap::new();
    for exercise in question.exercises.iter().filter(|exercise| !exercise.candidates.is_empty()) {
        let identity = shared.entry(&exercise.agent).or_insert_with(|| {
            let seen = question.seen.get(&exercise.agent);
            SharedIdentity {
                identity: exercise.agent.clone(),
                candidates: exercise.candidates.clone(),
                events: seen.map_or(0, |seen| seen.events),
                first: seen.and_then(|seen| seen.first),
                last: seen.and_then(|seen| seen.last),
                acts: Acts::default(),
            }
        });
        identity.acts.add(&judge.acts(exercise));
    }
    shared.into_values().collect()
}

//! The containment sheet: what an agent can still use at an instant, how each of it is revoked, what
//! survives that and what it would break.
//!
//! Nothing here is run. Commands are lists of words that are shown quoted (`domain/shell.rs`); what a
//! command does and does not do stands with it in [`table`](mod@table), with the page of the official
//! documentation that says so.
//!
//! | to change | look into |
//! |---|---|
//! | a command, what it does, its documentation | `table/` |
//! | what events tell of credentials and sessions | `trail.rs` |
//! | whose a credential is, and whether it has ended | `credentials.rs` |
//! | what the configured side gives: Secrets, cloud principals, workloads | `configured.rs` |
//! | pods and their tokens, MCP servers, sub-agents | `pods.rs`, `servers.rs`, `sub_agents.rs` |
//! | what is left after a step, and what it breaks | `survivors.rs`, `work.rs` |
//! | the sheet as a document | `markdown.rs` |
//!
//! *Live* is what is not known to have ended: an expiry after the instant, or none on record and the
//! longest life of its kind not over. What expired before the instant is counted, not listed.

mod configured;
mod credentials;
mod expiry;
mod found;
mod markdown;
mod pods;
mod servers;
mod sub_agents;
mod subject;
mod survivors;
mod table;
#[cfg(test)]
mod tests;
mod trail;
mod work;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::Timestamp;

pub use markdown::markdown;
pub use subject::Subject;
pub use trail::Trail;

use crate::domain::containment::{Access, ContainmentSheet, ContainmentStep, EndedAccess, Phase};
use crate::domain::{AgentKey, Exercise, SeenAgent};
use crate::scope::{Authority, Estate};
use found::{Found, Holdings};

/// What the sheet is made of.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    pub subject: &'a Subject,
    pub at: Timestamp,
    /// When the incident began, as far as that is known.
    pub incident_from: Option<Timestamp>,
    /// As of the instant.
    pub estate: &'a Estate,
    /// Of the same estate.
    pub authority: &'a Authority,
    /// Events up to the instant.
    pub trail: &'a Trail<'a>,
    /// Of events up to the instant.
    pub exercises: &'a [Exercise],
    pub seen: &'a BTreeMap<AgentKey, SeenAgent>,
    /// Of events before the incident: the work that is legitimate.
    pub baseline: &'a [Exercise],
}

/// The sheet of one agent.
pub fn sheet(question: &Question<'_>) -> ContainmentSheet {
    let mut holdings = Holdings::default();
    credentials::add(question, &mut holdings);
    configured::add(question, &mut holdings);
    let Holdings { mut live, ended, unknown } = holdings;
    live.sort_by_cached_key(order);
    let mut steps: Vec<ContainmentStep> = live
        .iter()
        .zip(1..)
        .map(|(found, number)| ContainmentStep {
            number,
            phase: table::phase(found.access.kind),
            revocation: table::revocation(question, found),
            survives: survivors::routes(question, found),
            breaks: work::broken(question, found),
            access: found.access.clone(),
        })
        .collect();
    survivors::link(&mut steps);
    ContainmentSheet {
        agent: question.subject.agent.clone(),
        at: question.at,
        incident_from: question.incident_from,
        steps,
        ended: summed(ended),
        unknown,
    }
}

/// Phases in their order; in the phase of credentials the newest first, those of unknown age last.
fn order(found: &Found) -> impl Ord + use<> {
    let Access { kind, since, id, realm, holder, .. } = &found.access;
    let phase = table::phase(*kind);
    let since = since.filter(|_| phase == Phase::RevokeCredentials);
    (phase, Reverse(since), *kind, id.clone(), realm.clone(), holder.clone())
}

/// What had ended, counted by kind and reason.
fn summed(ended: Vec<EndedAccess>) -> Vec<EndedAccess> {
    let mut sums: BTreeMap<_, EndedAccess> = BTreeMap::new();
    for one in ended {
        let key = (one.kind, one.because.clone());
        let sum = sums.entry(key).or_insert_with(|| EndedAccess { count: 0, ..one.clone() });
        sum.count += one.count;
        sum.last = sum.last.max(one.last);
    }
    sums.into_values().collect()
}

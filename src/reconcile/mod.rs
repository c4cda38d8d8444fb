//! Grants × exercises × deviation → findings.
//!
//! The decision path of design §3.3, in one file per step: [`breach`](self) (2), `exercised` (1, 3
//! and 4), `catalogs` (4, for what servers advertise), `anomaly` (5), `absence` (6). The steps are
//! independent readings: none suppresses another, two that hold for one exercise are two linked
//! findings. `compound` reads findings of one agent together. What a pattern means is a row of
//! `patterns`.

mod absence;
mod anomaly;
mod breach;
mod catalogs;
mod compound;
mod draft;
mod exercised;
pub mod patterns;
mod priority;
mod sides;
mod steps;

pub use catalogs::{CatalogShift, catalog_shifts};

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::domain::{
    Agent, AgentKey, Convergence, Coverage, Discipline, Finding, FindingId, GapType, Grant,
    GrantState, Plane,
};
use crate::profile::{Appraisal, Observation, Settings};
use crate::scope::Estate;
use draft::Draft;
use sides::Sides;

pub use sides::declared_cadence;

/// The version of the engine, written into every ledger entry.
pub const ENGINE_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Both panels.
pub struct Input<'a> {
    pub agents: &'a [Agent],
    pub grants: &'a [Grant],
    pub observation: &'a Observation,
    /// Of every agent in the observation.
    pub appraisals: &'a BTreeMap<AgentKey, Appraisal>,
    pub coverage: &'a [Coverage],
    pub estate: &'a Estate,
    pub settings: Settings,
}

/// What reconciling gives.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Reconciliation {
    /// Highest priority first.
    pub findings: Vec<Finding>,
    /// One row per agent of the census, in its order.
    pub agents: Vec<AgentReading>,
}

/// Grants of one agent by state, and its convergence in the nine cells.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AgentReading {
    pub agent: AgentKey,
    pub exercised: usize,
    pub observed_unused: usize,
    pub unobservable: usize,
    pub inherited: usize,
    pub convergence: Vec<Convergence>,
}

/// Reads both panels against each other. Deterministic: the same input gives the same findings in the
/// same order.
pub fn reconcile(input: &Input<'_>) -> Reconciliation {
    let sides = Sides::new(input);
    let mut drafts = breach::drafts(&sides);
    drafts.extend(exercised::drafts(&sides));
    drafts.extend(catalogs::drafts(&sides));
    drafts.extend(anomaly::drafts(&sides));
    drafts.extend(absence::drafts(&sides));
    let compounds = compound::drafts(&sides, &drafts);
    let agents = input.agents.iter().map(|agent| agent_reading(&sides, agent)).collect();
    Reconciliation { findings: finish(input, drafts, compounds), agents }
}

fn finish(
    input: &Input<'_>,
    drafts: Vec<Draft>,
    compounds: Vec<(Draft, FindingId)>,
) -> Vec<Finding> {
    let agents: BTreeMap<&AgentKey, &Agent> =
        input.agents.iter().map(|agent| (&agent.key, agent)).collect();
    let mut findings: Vec<Finding> =
        drafts.into_iter().map(|draft| draft.finish(&agents, input)).collect();
    link_readings_of_one_anchor(&mut findings);
    let mut positions: FxHashMap<FindingId, usize> =
        findings.iter().enumerate().map(|(position, finding)| (finding.id, position)).collect();
    for (draft, member) in compounds {
        let mut compound = draft.finish(&agents, input);
        compound.linked.push(member);
        if let Some(finding) = positions.get(&member).and_then(|at| findings.get_mut(*at)) {
            finding.linked.push(compound.id);
        }
        positions.insert(compound.id, findings.len());
        findings.push(compound);
    }
    findings.sort_by(|a, b| b.priority.score.cmp(&a.priority.score).then_with(|| a.id.cmp(&b.id)));
    findings
}

/// Two readings under one anchor (some of an object's capabilities exercised over a hidden route,
/// others never used) would share an id. The later one, in step order, is told apart by its pattern,
/// and the two are linked.
fn link_readings_of_one_anchor(findings: &mut [Finding]) {
    let mut first: FxHashMap<FindingId, usize> = FxHashMap::default();
    for position in 0..findings.len() {
        let id = findings[position].id;
        match first.get(&id) {
            None => {
                first.insert(id, position);
            }
            Some(&earlier) => {
                let finding = &mut findings[position];
                let anchor = format!("{} / {}", finding.anchor.raw(), finding.pattern);
                finding.id =
                    FindingId::of(&finding.agent, finding.discipline, finding.plane, &anchor);
                finding.linked.push(id);
                let own = finding.id;
                findings[earlier].linked.push(own);
            }
        }
    }
}

fn agent_reading(sides: &Sides<'_>, agent: &Agent) -> AgentReading {
    let mut reading = AgentReading {
        agent: agent.key.clone(),
        exercised: 0,
        observed_unused: 0,
        unobservable: 0,
        inherited: 0,
        convergence: cells(sides, &agent.key),
    };
    let host = agent.key.host();
    let mut holders = vec![&agent.key];
    if host != agent.key {
        holders.push(&host);
    }
    for holder in holders {
        let exercises = sides.exercises_under(holder);
        // A pinned catalog is compared with what its server advertises, not with what is called.
        let counted = |grant: &&&Grant| !grant.platform_default && grant.plane != Plane::Catalog;
        for grant in sides.own_grants(holder).iter().filter(counted) {
            reading.inherited += usize::from(!grant.route.is_immediate());
            match sides.state(grant, &exercises).0 {
                GrantState::Exercised => reading.exercised += 1,
                GrantState::ObservedUnused => reading.observed_unused += 1,
                GrantState::Unobservable => reading.unobservable += 1,
            }
        }
    }
    reading
}

fn cells(sides: &Sides<'_>, agent: &AgentKey) -> Vec<Convergence> {
    let disciplines = [Discipline::Model, Discipline::Identity, Discipline::Behavior];
    let gaps = [GapType::Latent, GapType::HiddenScope, GapType::Anomaly];
    disciplines
        .into_iter()
        .flat_map(|discipline| gaps.map(|gap| sides.convergence(agent, discipline, gap)))
        .collect()
}

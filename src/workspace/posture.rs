//! The reading of one generation: what the floors below make of it, kept in the case as a derived
//! file so that opening a case is instant.

use serde::{Deserialize, Serialize};

use super::Error;
use super::trees::Builder;
use crate::case::{Case, EventFilter};
use crate::domain::coverage::CoverageScope;
use crate::domain::{
    AgentKey, Coverage, Digest, Finding, IdentityChain, Plane, Record, Snapshot, Text, digest_of,
};
use crate::profile::{self, Observer, Settings};
use crate::reconcile::{self, ENGINE_VERSION, Input};
use crate::scope::{self, Estate};
use crate::view::AgentRow;

/// The name of the derived file.
const DERIVED: &str = "posture.json";

/// What was read from one generation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Posture {
    engine: String,
    pub findings: Vec<Finding>,
    pub agents: Vec<AgentRow>,
    pub chains: Vec<IdentityChain>,
    pub coverage: Vec<Coverage>,
    /// Planes of which configured records are loaded.
    pub configured: Vec<Plane>,
    /// Digest of the configured records: the snapshot that ledger entries refer to.
    pub snapshot: Digest,
    /// Documents and records set aside in all loads.
    pub problems: usize,
}

impl Posture {
    /// The kept reading of this generation and engine, or a new one.
    pub fn of(case: &Case) -> Result<Self, Error> {
        if let Some(kept) = case.derived(DERIVED)?
            && let Ok(posture) = serde_json::from_slice::<Self>(&kept)
            && posture.engine == ENGINE_VERSION
        {
            return Ok(posture);
        }
        let posture = Self::read(case)?;
        let kept = serde_json::to_vec(&posture)
            .map_err(|error| Error::data(format!("cannot keep the reading: {error}")))?;
        // A case that cannot be written (read-only media) is still read, only slower.
        drop(case.put_derived(DERIVED, &kept));
        Ok(posture)
    }

    fn read(case: &Case) -> Result<Self, Error> {
        let records = case.records()?;
        let mut coverage = case.coverage()?;
        let estate = estate(&records, &case.snapshots()?, &coverage);
        // An audit log names no cluster; like the manifests it then speaks for the one they are of.
        for statement in &mut coverage {
            if let CoverageScope::Realm { realm } = &mut statement.scope
                && let (true, Some(meant)) = (realm.is_empty(), estate.realm_of_unnamed())
            {
                *realm = meant.clone();
            }
        }
        let mut observer = Observer::new(&estate, Settings::default());
        let mut lineage = Builder::new(&estate);
        for event in case.events(EventFilter::default()) {
            let event = event?;
            observer.observe(&event);
            lineage.observe(&event)?;
        }
        let observation = observer.finish();
        let agents = scope::census(&estate, &observation.agents);
        let grants = scope::resolve(&estate, &agents);
        let settings = Settings::default();
        let cadence = |agent: &AgentKey| reconcile::declared_cadence(&estate, agent);
        let appraisals = profile::appraisals(&observation, &cadence, &settings);
        let reconciliation = reconcile::reconcile(&Input {
            appraisals: &appraisals,
            agents: &agents,
            grants: &grants,
            observation: &observation,
            coverage: &coverage,
            estate: &estate,
            settings,
        });
        let cited = reconciliation.findings.iter().flat_map(|finding| &finding.operational);
        let cited = cited.flat_map(|citation| &citation.events).copied().collect();
        let chains = lineage.finish(case, &cited)?;
        let rows = agents
            .into_iter()
            .zip(reconciliation.agents)
            .map(|(agent, reading)| {
                let seen = observation.agents.get(&agent.key);
                let findings = reconciliation
                    .findings
                    .iter()
                    .filter(|finding| finding.agent == agent.key)
                    .count();
                AgentRow {
                    events: seen.map_or(0, |seen| seen.events),
                    first: seen.and_then(|seen| seen.first),
                    last: seen.and_then(|seen| seen.last),
                    exercised: reading.exercised,
                    observed_unused: reading.observed_unused,
                    unobservable: reading.unobservable,
                    inherited: reading.inherited,
                    findings,
                    spawns: seen.is_some_and(|seen| !seen.sub_agents.is_empty()),
                    convergence: reading.convergence,
                    agent,
                }
            })
            .collect();
        let mut configured: Vec<Plane> = grants.iter().map(|grant| grant.plane).collect();
        configured.sort_unstable();
        configured.dedup();
        let problems = case.file_reports()?.iter().map(|file| file.problems).sum::<u64>();
        Ok(Self {
            engine: ENGINE_VERSION.to_owned(),
            findings: reconciliation.findings,
            agents: rows,
            chains,
            coverage,
            configured,
            snapshot: digest_of(&records),
            problems: usize::try_from(problems).unwrap_or(usize::MAX),
        })
    }
}

/// The configured side, with the realms that either side names.
pub fn estate(records: &[Record], snapshots: &[Snapshot], coverage: &[Coverage]) -> Estate {
    Estate::build(records, snapshots, &realms(coverage))
}

/// The realms in which events were seen.
pub fn realms(coverage: &[Coverage]) -> Vec<Text> {
    // The account of a cloud log is no realm in which workloads run.
    let mut realms: Vec<Text> = coverage
        .iter()
        .filter(|coverage| coverage.plane != Plane::Cloud)
        .map(|coverage| match &coverage.scope {
            CoverageScope::Realm { realm } => realm.clone(),
            CoverageScope::Workload { agent } => agent.realm.clone(),
        })
        .filter(|realm| !realm.is_empty())
        .collect();
    realms.sort_unstable();
    realms.dedup();
    realms
}

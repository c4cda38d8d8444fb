//! The 3×3 matrix: how mature each discipline is for each gap, decided by the evidence that actually
//! arrived. Maturity is nine numbers, not one: IAM with usage data only is runtime-informed for
//! Gap 1 and static for Gaps 2 and 3.

use std::collections::BTreeSet;

use strum::IntoEnumIterator as _;

use super::{Input, MatrixCell, Share};
use crate::domain::{
    Convergence, Discipline, GapType, GrantState, Plane, ProvisioningVerdict, Sufficiency,
};

const NOTHING: u8 = 0;
const STATIC: u8 = 2;
const RUNTIME_INFORMED: u8 = 3;

pub(super) fn matrix(input: &Input<'_>) -> Vec<MatrixCell> {
    Discipline::iter()
        .flat_map(|discipline| GapType::iter().map(move |gap| (discipline, gap)))
        .map(|(discipline, gap)| {
            let (level, because) = level(input, discipline, gap);
            let decidable = decidable(input, discipline, gap);
            MatrixCell { discipline, gap, level, because, decidable }
        })
        .collect()
}

/// The level of one cell and the evidence that decides it.
fn level(input: &Input<'_>, discipline: Discipline, gap: GapType) -> (u8, String) {
    let runtime = match gap {
        GapType::Latent => observed_planes(input, discipline)
            .map(|planes| format!("what is unused can be seen: {planes} covered")),
        GapType::HiddenScope => exercised(input, discipline),
        GapType::Anomaly => converged(input, discipline),
    };
    match (is_configured(input, discipline), runtime) {
        (true, Some(because)) => (RUNTIME_INFORMED, because),
        (true, None) => {
            let missing = match gap {
                GapType::Latent => "no source covers its planes",
                GapType::HiddenScope => "no use of it was recorded",
                GapType::Anomaly => "no baseline has converged",
            };
            (STATIC, format!("configuration only: {missing}"))
        }
        (false, Some(_)) => {
            (NOTHING, "operational records only: no configuration to hold them against".to_owned())
        }
        (false, None) => (NOTHING, "no evidence of either side".to_owned()),
    }
}

/// Whether any configured record of the discipline arrived.
fn is_configured(input: &Input<'_>, discipline: Discipline) -> bool {
    let loaded = input.configured.iter().any(|plane| plane.discipline() == discipline);
    // A finding that says what is in scope and what is not has a configured side.
    loaded
        || input.rows.iter().any(|row| {
            row.finding.discipline == discipline
                && row.finding.provisioning != ProvisioningVerdict::Unknown
        })
}

/// The planes of the discipline that some source covers. A partial source proves no absence.
fn observed_planes(input: &Input<'_>, discipline: Discipline) -> Option<String> {
    let planes: BTreeSet<Plane> = input
        .coverage
        .iter()
        .filter(|coverage| !coverage.partial)
        .map(|coverage| coverage.plane)
        .filter(|plane| plane.discipline() == discipline)
        .collect();
    let names: Vec<String> = planes.iter().map(ToString::to_string).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// Uses that can be held against routes: those of the findings, and those that found their grant and
/// only show in the windows that were watched.
fn exercised(input: &Input<'_>, discipline: Discipline) -> Option<String> {
    let in_findings = input
        .rows
        .iter()
        .filter(|row| row.finding.discipline == discipline)
        .flat_map(|row| &row.finding.capabilities)
        .filter(|line| line.state == GrantState::Exercised)
        .count();
    let watched = agents_with(input, discipline, |convergence| {
        convergence.sufficiency != Sufficiency::Empty && convergence.runs > 0
    });
    (in_findings > 0 || watched > 0).then(|| {
        format!(
            "uses can be held against routes: {in_findings} in findings, {watched} agents watched"
        )
    })
}

fn converged(input: &Input<'_>, discipline: Discipline) -> Option<String> {
    let agents = agents_with(input, discipline, |convergence| {
        convergence.gap == GapType::Anomaly && convergence.is_converged()
    });
    (agents > 0).then(|| format!("baselines of {agents} agents have converged"))
}

fn agents_with(
    input: &Input<'_>,
    discipline: Discipline,
    holds: impl Fn(&Convergence) -> bool,
) -> usize {
    let of = |convergence: &&Convergence| convergence.discipline == discipline;
    input.agents.iter().filter(|row| row.convergence.iter().filter(of).any(&holds)).count()
}

/// Agents for which the cell can be decided, of all agents: one without telemetry is not left out of
/// the denominator.
fn decidable(input: &Input<'_>, discipline: Discipline, gap: GapType) -> Share {
    let part = agents_with(input, discipline, |convergence| {
        convergence.gap == gap && convergence.is_converged()
    });
    Share { part, whole: input.agents.len() }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::assess;
    use super::*;
    use crate::domain::coverage::CoverageScope;
    use crate::domain::{Agent, AgentKey, Coverage, Text};
    use crate::view::AgentRow;

    fn agent(name: &str, states: &[(Discipline, GapType, Sufficiency)]) -> AgentRow {
        let key = AgentKey::new("prod", "agents", name);
        let convergence = states.iter().map(|(discipline, gap, sufficiency)| Convergence {
            agent: key.clone(),
            discipline: *discipline,
            gap: *gap,
            sufficiency: sufficiency.clone(),
            from: None,
            until: None,
            days: 8,
            runs: 20,
            unseen: 0.0,
            why: String::new(),
        });
        AgentRow {
            convergence: convergence.collect(),
            agent: Agent {
                key,
                evidence: Vec::new(),
                registered: false,
                owner: None,
                purpose: None,
                environment: None,
                principals: Vec::new(),
            },
            events: 0,
            first: None,
            last: None,
            exercised: 0,
            observed_unused: 0,
            unobservable: 0,
            inherited: 0,
            findings: 0,
            spawns: false,
        }
    }

    fn coverage(plane: Plane, partial: bool) -> Coverage {
        Coverage {
            source: "audit".into(),
            plane,
            scope: CoverageScope::Realm { realm: Text::default() },
            from: Timestamp::UNIX_EPOCH,
            until: Timestamp::UNIX_EPOCH,
            acts: Vec::new(),
            partial,
            missed: Vec::new(),
        }
    }

    #[track_caller]
    fn check(
        agents: &[AgentRow],
        coverage: &[Coverage],
        configured: &[Plane],
        levels: [[u8; 3]; 3],
    ) {
        let assessment = assess(&Input { rows: &[], last: 10, agents, coverage, configured });
        let found: Vec<u8> = assessment.matrix.iter().map(|cell| cell.level).collect();
        assert_eq!(found, levels.concat(), "{:#?}", assessment.matrix);
    }

    #[test]
    fn the_evidence_that_arrived_decides_each_cell() {
        let (iam, tools) = (Plane::Kubernetes, Plane::Tools);
        check(&[], &[], &[], [[0; 3]; 3]);
        check(&[], &[], &[iam, tools], [[0; 3], [2; 3], [2; 3]]);
        // Usage data without single events: the worked example of an entitlement manager.
        check(&[], &[coverage(iam, false)], &[iam], [[0; 3], [3, 2, 2], [0; 3]]);
        check(&[], &[coverage(iam, true)], &[iam], [[0; 3], [2; 3], [0; 3]]);
        check(&[], &[coverage(iam, false)], &[tools], [[0; 3], [0; 3], [2; 3]]);

        let waiting = Sufficiency::NotConverged { until: None, condition: String::new() };
        let watched = agent("a", &[(Discipline::Identity, GapType::Anomaly, waiting)]);
        check(&[watched], &[], &[iam], [[0; 3], [2, 3, 2], [0; 3]]);
        let empty = agent("a", &[(Discipline::Identity, GapType::Anomaly, Sufficiency::Empty)]);
        check(&[empty], &[], &[iam], [[0; 3], [2; 3], [0; 3]]);
        let settled =
            agent("a", &[(Discipline::Behavior, GapType::Anomaly, Sufficiency::Converged)]);
        check(&[settled], &[], &[iam, tools], [[0; 3], [2; 3], [2, 3, 3]]);
    }

    #[test]
    fn agents_without_telemetry_stay_in_the_denominator() {
        let converged = |gap| (Discipline::Identity, gap, Sufficiency::Converged);
        let agents = [
            agent("a", &[converged(GapType::Latent), converged(GapType::HiddenScope)]),
            agent("b", &[converged(GapType::Latent)]),
            agent("silent", &[]),
        ];
        let input = Input { rows: &[], last: 10, agents: &agents, coverage: &[], configured: &[] };
        let assessment = assess(&input);
        assert_eq!(assessment.actual, Share { part: 3, whole: 27 });
        let shares: Vec<Share> =
            assessment.matrix[3..6].iter().map(|cell| cell.decidable).collect();
        assert_eq!(shares, [2, 1, 0].map(|part| Share { part, whole: 3 }));
    }
}

//! Maturity self-assessment over the last N findings (design §3.10, requirement S2.23): what the
//! queue says, why it cannot tell, and how much of the territory could be told at all.

mod assessment;
pub mod evidence;
mod matrix;

pub use assessment::{Assessment, DisciplineRow, MatrixCell, ReasonRow, Share};

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::Timestamp;
use strum::IntoEnumIterator as _;

use crate::domain::TagState;
use crate::domain::reading::CantTellKind;
use crate::domain::{CantTell, Coverage, Discipline, Plane, Reading, Signal, Verdict};
use crate::view::{AgentRow, QueueRow};

/// What an assessment is made of.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The whole queue; the latest `last` of it are assessed.
    pub rows: &'a [QueueRow],
    pub last: usize,
    /// All agents, those without telemetry included.
    pub agents: &'a [AgentRow],
    pub coverage: &'a [Coverage],
    /// Planes of which configured records are loaded.
    pub configured: &'a [Plane],
}

pub fn assess(input: &Input<'_>) -> Assessment {
    let mut latest: Vec<&QueueRow> = input.rows.iter().collect();
    latest.sort_by_key(|row| (Reverse(row.finding.until), row.finding.id));
    latest.truncate(input.last);
    let matrix = matrix::matrix(input);
    Assessment {
        asked: input.last,
        findings: latest.len(),
        disciplines: Discipline::iter().map(|discipline| tally(discipline, &latest)).collect(),
        cant_tell: reasons(&latest),
        perceived: perceived(&latest),
        actual: Share {
            part: matrix.iter().map(|cell| cell.decidable.part).sum(),
            whole: matrix.iter().map(|cell| cell.decidable.whole).sum(),
        },
        matrix,
    }
}

/// The effective tag, else what the reading says. A stale or contested tag is in no effect. Breaches
/// and compounds are none of the four.
fn verdict(row: &QueueRow) -> Option<Verdict> {
    match &row.tag {
        TagState::Tagged { verdict, .. } => Some(*verdict),
        TagState::Untagged | TagState::Stale { .. } | TagState::Contested { .. } => {
            Verdict::iter().find(|verdict| verdict.agrees_with(&row.finding.reading))
        }
    }
}

fn tally(discipline: Discipline, rows: &[&QueueRow]) -> DisciplineRow {
    let of = || rows.iter().filter(move |row| row.finding.discipline == discipline);
    let count = |wanted: Option<Verdict>| of().filter(|row| verdict(row) == wanted).count();
    DisciplineRow {
        discipline,
        gap_1: count(Some(Verdict::Gap1)),
        gap_2: count(Some(Verdict::Gap2)),
        gap_3: count(Some(Verdict::Gap3)),
        cant_tell: count(Some(Verdict::CantTell)),
        other: count(None),
        tagged: of().filter(|row| matches!(row.tag, TagState::Tagged { .. })).count(),
    }
}

/// Gap-typed findings among those that could be: breaches and compounds are no gap types and stay
/// out of both numbers.
fn perceived(rows: &[&QueueRow]) -> Share {
    let verdicts = || rows.iter().filter_map(|row| verdict(row));
    Share {
        part: verdicts().filter(|verdict| *verdict != Verdict::CantTell).count(),
        whole: verdicts().count(),
    }
}

/// Can't-tells that one step would resolve, together: this is the instrumentation backlog.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    Engine(CantTellKind, Option<Signal>),
    /// An analyst cannot tell what the engine can; the reason is the analyst's.
    Analyst(String),
}

fn reasons(rows: &[&QueueRow]) -> Vec<ReasonRow> {
    let mut causes: BTreeMap<Cause, (ReasonRow, Option<Timestamp>)> = BTreeMap::new();
    for row in rows.iter().filter(|row| verdict(row) == Some(Verdict::CantTell)) {
        let (cause, reason, resolved_by, until) = match (&row.finding.reading, &row.tag) {
            (Reading::CantTell { why }, _) => {
                let signal = match why {
                    CantTell::MissingSignal { signal } => Some(*signal),
                    _ => None,
                };
                let until = match why {
                    CantTell::NotConverged { until, .. } => *until,
                    _ => None,
                };
                (Cause::Engine(why.into(), signal), heading(why), why.resolved_by(), until)
            }
            (reading, TagState::Tagged { reason, author, .. }) => {
                let reason = reason.visible().into_owned();
                let resolved_by = format!(
                    "settle with {}: the engine reads {}",
                    author.visible(),
                    reading.label()
                );
                (Cause::Analyst(reason.clone()), reason, resolved_by, None)
            }
            // Without a tag the verdict is can't tell only where the reading is.
            _ => continue,
        };
        let (counted, latest) = causes.entry(cause).or_insert_with(|| {
            (ReasonRow { reason, findings: 0, resolved_by: resolved_by.clone() }, until)
        });
        counted.findings += 1;
        // The last date is when all of them are decidable.
        if until > *latest {
            (counted.resolved_by, *latest) = (resolved_by, until);
        }
    }
    let mut reasons: Vec<ReasonRow> = causes.into_values().map(|(row, _)| row).collect();
    reasons.sort_by_key(|row| Reverse(row.findings));
    reasons
}

/// A reason without what is particular to one finding.
fn heading(why: &CantTell) -> String {
    match why {
        CantTell::NoConfiguredRecord => "no configured record".to_owned(),
        CantTell::ConflictingRecords { .. } => "conflicting records".to_owned(),
        CantTell::AmbiguousIdentity { .. } => "ambiguous identity".to_owned(),
        CantTell::NotConverged { .. } => "not converged".to_owned(),
        CantTell::Unfamiliar => "unfamiliar".to_owned(),
        CantTell::MissingSignal { signal } => format!("missing signal: {signal}"),
        CantTell::Unobservable => "unobservable".to_owned(),
        CantTell::BrokenChain { .. } => "broken chain".to_owned(),
        CantTell::ContaminatedBaseline { .. } => "contaminated baseline".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::fixture;

    fn row(second: i64, reading: Reading, tag: TagState) -> QueueRow {
        let mut finding = fixture::finding(&second.to_string(), reading);
        finding.until = Timestamp::from_second(second).ok();
        QueueRow { finding, tag, notes: Vec::new() }
    }

    fn tagged(verdict: Verdict) -> TagState {
        TagState::Tagged { verdict, reason: "odd\u{200b}".into(), author: "anna".into() }
    }

    fn not_converged(day: &str) -> Reading {
        let until = Some(day.parse().expect("an instant"));
        Reading::CantTell { why: CantTell::NotConverged { until, condition: String::new() } }
    }

    fn assessed(rows: &[QueueRow], last: usize) -> Assessment {
        assess(&Input { rows, last, agents: &[], coverage: &[], configured: &[] })
    }

    #[test]
    fn the_latest_are_assessed_by_tag_and_else_by_reading() {
        let stale = TagState::Stale { verdict: Verdict::Gap3, author: "anna".into() };
        let rows = [
            row(1, Reading::Latent, TagState::Untagged),
            row(2, Reading::Latent, TagState::Untagged),
            row(3, Reading::Latent, tagged(Verdict::Gap2)),
            row(4, Reading::HiddenScope { unresolved: true }, stale),
            row(5, Reading::Breach, TagState::Untagged),
            row(6, Reading::Breach, tagged(Verdict::Gap3)),
            row(7, not_converged("2026-11-03T00:00:00Z"), TagState::Untagged),
        ];
        let assessment = assessed(&rows, 6);
        assert_eq!((assessment.asked, assessment.findings), (6, 6));
        let expected = DisciplineRow {
            discipline: Discipline::Identity,
            gap_1: 1,
            gap_2: 2,
            gap_3: 1,
            cant_tell: 1,
            other: 1,
            tagged: 2,
        };
        assert_eq!(assessment.disciplines[1], expected);
        assert_eq!(assessment.perceived, Share { part: 4, whole: 5 });
        assert_eq!(assessed(&rows, 1).perceived, Share { part: 0, whole: 1 });
    }

    #[test]
    fn reasons_are_grouped_by_what_would_resolve_them() {
        let missing = |signal| Reading::CantTell { why: CantTell::MissingSignal { signal } };
        let rows = [
            row(1, not_converged("2026-11-03T00:00:00Z"), TagState::Untagged),
            row(2, not_converged("2026-11-09T00:00:00Z"), TagState::Untagged),
            row(3, not_converged("2026-11-05T00:00:00Z"), tagged(Verdict::CantTell)),
            row(4, missing(Signal::PromptContext), TagState::Untagged),
            row(5, missing(Signal::PromptContext), TagState::Untagged),
            row(6, missing(Signal::ToolCall), tagged(Verdict::Gap3)),
            row(7, Reading::Latent, tagged(Verdict::CantTell)),
        ];
        let shown: Vec<_> = assessed(&rows, 10)
            .cant_tell
            .into_iter()
            .map(|row| (row.findings, row.reason, row.resolved_by))
            .collect();
        let expected = [
            (3, "not converged", "wait until 2026-11-09"),
            (2, "missing signal: prompt context", "record the prompt context"),
            (1, "odd\\u{200b}", "settle with anna: the engine reads Gap 1"),
        ];
        let expected = expected.map(|(count, a, b)| (count, a.to_owned(), b.to_owned()));
        assert_eq!(shown, expected);
    }

    #[test]
    fn the_difference_is_a_number() {
        let assessment = Assessment {
            perceived: Share { part: 9, whole: 10 },
            actual: Share { part: 9, whole: 36 },
            ..Assessment::default()
        };
        assert!((assessment.overstatement() - 65.0).abs() < 1e-9);
        assert!(Assessment::default().overstatement().abs() < f64::EPSILON);
    }
}

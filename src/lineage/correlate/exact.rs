//! Ties by an identifier that two records share.

use super::identifiers::Identifiers;
use super::keys::{Key, Keys, NONE};
use super::row::{Mark, Row, Rows};
use super::rules::RuleId;
use super::spans::Spans;
use super::ties::Ties;
use crate::domain::RecordLayer;

/// Candidates that are named.
pub(super) const MOST: usize = 16;

pub(super) fn tie(rows: &Rows, spans: &Spans, processes: &Processes, ties: &mut Ties<'_>) {
    let Identifiers { calls, credentials, requests, .. } = &rows.identifiers;
    for keys in calls {
        tie_calls(keys, rows, spans, ties);
    }
    for (issues, uses) in credentials.groups() {
        tie_to_only(issues, uses, RuleId::IssuedCredential, rows, ties);
    }
    for (gives, takes) in requests.groups() {
        let first = gives.iter().min_by_key(|key| rows.get(key.row).map(when));
        let Some(first) = first else { continue };
        for further in takes.iter().filter(|key| key.row != first.row) {
            tie_as(first.row, further.row, RuleId::SameRequest, rows, ties);
        }
    }
    for (row, started) in (0_u32..).zip(&processes.0).filter(|(_, started)| **started != NONE) {
        let is_exec = rows.get(row).is_some_and(|row| row.is(Mark::Exec));
        let rule = if is_exec { RuleId::ParentProcess } else { RuleId::SameProcess };
        tie_as(*started, row, rule, rows, ties);
    }
}

/// Earlier first; of the same moment in the order of ids, which no order of reading changes.
pub(super) fn when(row: &Row) -> (i64, crate::domain::EventId) {
    (row.start, row.id)
}

/// Ties if the rule is about these layers.
fn tie_as(from: u32, to: u32, rule: RuleId, rows: &Rows, ties: &mut Ties<'_>) {
    let is_about =
        |layers: &[RecordLayer], row| rows.layer(row).is_some_and(|it| layers.contains(&it));
    if is_about(rule.rule().from, from) && is_about(rule.rule().to, to) {
        ties.tie(from, to, rule, false);
    }
}

fn tie_to_only(gives: &[Key], takes: &[Key], rule: RuleId, rows: &Rows, ties: &mut Ties<'_>) {
    match gives {
        [only] => takes.iter().for_each(|key| tie_as(only.row, key.row, rule, rows, ties)),
        several => {
            let named = candidates(several.iter().map(|key| key.row), rows);
            takes.iter().for_each(|key| ties.several(key.row, named.clone(), rule));
        }
    }
}

/// A call id may come again: a second session in one capture counts from one again. Then the call
/// that ended at the moment of the result is the one.
fn tie_calls(keys: &Keys, rows: &Rows, spans: &Spans, ties: &mut Ties<'_>) {
    for (gives, takes) in keys.groups() {
        let mut calls: Vec<(i64, u32)> = gives
            .iter()
            .filter(|key| !spans.is_echo(key.row))
            .filter_map(|key| Some((rows.get(key.row)?, key.row)))
            .map(|(row, number)| (if row.is(Mark::Ends) { row.end } else { i64::MIN }, number))
            .collect();
        calls.sort_unstable();
        let mut named = None;
        for take in takes {
            if ties.is_in_call(take.row) {
                continue;
            }
            let Some(at) = rows.get(take.row).map(|row| row.start) else { continue };
            let from = calls.partition_point(|(end, _)| *end < at);
            let until = calls.partition_point(|(end, _)| *end <= at);
            match (calls.as_slice(), calls.get(from..until)) {
                ([(_, only)], _) | (_, Some([(_, only)])) => {
                    tie_as(*only, take.row, RuleId::SameCall, rows, ties);
                }
                _ => {
                    let all = || candidates(calls.iter().map(|(_, row)| *row), rows);
                    let named = named.get_or_insert_with(all).clone();
                    ties.several(take.row, named, RuleId::SameCall);
                }
            }
        }
    }
}

/// The first of them, in the order of time.
fn candidates(all: impl Iterator<Item = u32>, rows: &Rows) -> Vec<u32> {
    let mut all: Vec<u32> = all.collect();
    if all.len() > MOST {
        return Vec::new();
    }
    all.sort_by_key(|row| rows.get(*row).map(when));
    all
}

/// For every row the execution of its process; for an execution, the one that started it.
pub(super) struct Processes(Vec<u32>);

impl Processes {
    pub fn of(rows: &Rows) -> Self {
        let mut started = vec![NONE; rows.rows.len()];
        for (gives, takes) in rows.identifiers.processes.groups() {
            let [exec] = gives else { continue };
            for key in takes.iter().filter(|key| key.row != exec.row) {
                if let Some(started) = started.get_mut(key.row as usize) {
                    *started = exec.row;
                }
            }
        }
        Self(started)
    }

    pub fn start_of(&self, row: u32) -> Option<u32> {
        self.0.get(row as usize).copied().filter(|exec| *exec != NONE)
    }
}

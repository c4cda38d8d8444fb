//! When tool calls of an agent were recorded, and on which instances: why a record is tied to none.

use rustc_hash::{FxHashMap, FxHashSet};

use super::keys::NONE;
use super::row::{Mark, Row, Rows};
use crate::domain::coverage::CoverageScope;
use crate::domain::{AgentKey, Attribution, Coverage, Plane, RecordLayer};

/// Stretches of time in which a recorder was there.
#[derive(Clone, Debug, Default)]
pub(super) struct Windows {
    /// Start, end, and whether the recorder says that it missed something.
    stretches: Vec<(i64, i64, bool)>,
    /// The latest end of a stretch and those before it, so that one search answers.
    latest: Vec<i64>,
}

/// Whether a moment was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Attention {
    Never,
    OtherTimes,
    Partial,
    Whole,
}

/// Stretches that overlap, at most, of which the best is looked for.
const LOOKED_AT: usize = 64;

impl Windows {
    pub fn add(&mut self, from: i64, until: i64, partial: bool) {
        self.stretches.push((from, until, partial));
    }

    /// Makes [`Windows::at`] ready.
    pub fn sort(&mut self) {
        self.stretches.sort_unstable();
        self.stretches.dedup();
        let mut latest = i64::MIN;
        self.latest.clear();
        for (_, until, _) in &self.stretches {
            latest = latest.max(*until);
            self.latest.push(latest);
        }
    }

    pub fn at(&self, moment: i64) -> Attention {
        let begun = self.stretches.partition_point(|(from, ..)| *from <= moment);
        let before = self.stretches.iter().zip(&self.latest).take(begun).rev();
        let around = before
            .take_while(|(_, latest)| **latest >= moment)
            .take(LOOKED_AT)
            .filter(|((_, until, _), _)| *until >= moment)
            .map(|((.., partial), _)| if *partial { Attention::Partial } else { Attention::Whole });
        let otherwise = match self.stretches.is_empty() {
            true => Attention::Never,
            false => Attention::OtherTimes,
        };
        around.max().unwrap_or(otherwise)
    }
}

/// What is known of the recording of tool calls.
pub(super) struct Recorded {
    of_agent: FxHashMap<u32, Windows>,
    /// Instances on which a tool call with an end was recorded.
    places: FxHashSet<u32>,
}

impl Recorded {
    pub fn of(rows: &Rows, coverage: &[Coverage], attribution: &dyn Attribution) -> Self {
        let mut of_agent: FxHashMap<u32, Windows> = FxHashMap::default();
        let mut calls: FxHashMap<u32, (i64, i64)> = FxHashMap::default();
        let mut places = FxHashSet::default();
        let is_call = |row: &&Row| row.layer == Some(RecordLayer::ToolCall) && row.agent != NONE;
        for row in rows.rows.iter().filter(is_call) {
            let (from, until) = calls.entry(row.agent).or_insert((row.start, row.end));
            (*from, *until) = ((*from).min(row.start), (*until).max(row.end));
            if row.place != NONE && row.is(Mark::Ends) {
                places.insert(row.place);
            }
        }
        let tools = coverage.iter().filter(|statement| statement.plane == Plane::Tools);
        let of_workload = |statement: &Coverage| match &statement.scope {
            CoverageScope::Workload { agent } => Some(attribution.canonical(agent).host()),
            CoverageScope::Realm { .. } => None,
        };
        let mut stated: FxHashMap<AgentKey, Windows> = FxHashMap::default();
        for statement in tools {
            let [from, until] = [statement.from, statement.until].map(super::row::nanoseconds);
            if let Some(agent) = of_workload(statement) {
                stated.entry(agent).or_default().add(from, until, statement.partial);
            }
        }
        for (number, agent) in (0_u32..).zip(&rows.agents) {
            let called = calls.get(&number);
            // What spans state of their workload, else from the first call to the last.
            let windows = match (stated.remove(agent), called) {
                (Some(windows), _) => windows,
                (None, Some((from, until))) => {
                    let mut windows = Windows::default();
                    windows.add(*from, *until, false);
                    windows
                }
                (None, None) => continue,
            };
            of_agent.insert(number, windows);
        }
        of_agent.values_mut().for_each(Windows::sort);
        Self { of_agent, places }
    }

    pub fn at(&self, agent: u32, moment: i64) -> Attention {
        self.of_agent.get(&agent).map_or(Attention::Never, |windows| windows.at(moment))
    }

    pub fn has_calls_at(&self, place: u32) -> bool {
        self.places.contains(&place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_seen_by_the_best_recorder_that_was_there() {
        let mut windows = Windows::default();
        assert_eq!(windows.at(5), Attention::Never);
        for (from, until, partial) in [(0, 100, true), (10, 20, false), (200, 210, true)] {
            windows.add(from, until, partial);
        }
        windows.sort();
        for (moment, expected) in [
            (-1, Attention::OtherTimes),
            (0, Attention::Partial),
            (15, Attention::Whole),
            (20, Attention::Whole),
            (21, Attention::Partial),
            (101, Attention::OtherTimes),
            (205, Attention::Partial),
            (211, Attention::OtherTimes),
        ] {
            assert_eq!(windows.at(moment), expected, "{moment}");
        }
    }
}

//! Transitions as a matrix that fits on a screen.

use std::collections::BTreeMap;

use serde::Serialize;

use super::frequencies::Frequencies;
use super::part::Part;
use super::record::Portrait;
use crate::domain::Text;

/// Rows are what came before, columns what came next.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TransitionMatrix {
    /// The kinds of calls that stand in rows and columns, the most frequent first. The first row is
    /// the start of a run and the first column its end; the last row and column are all other kinds.
    pub kinds: Vec<Text>,
    /// `kinds.len() + 2` rows of as many cells.
    pub rows: Vec<Vec<Cell>>,
    /// Whether counts are exact; beyond a bound they are estimates, and rare transitions are missing.
    pub is_exact: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Cell {
    pub count: u64,
    /// Of its row, 0 to 1.
    pub share: f64,
}

impl TransitionMatrix {
    /// The matrices of several portraits with the same rows and columns, so that they can be laid on
    /// one another; `most` kinds are told apart.
    pub fn of<const N: usize>(portraits: [&Portrait; N], most: usize) -> [TransitionMatrix; N] {
        let nothing = Frequencies::default();
        let transitions =
            portraits.map(|portrait| portrait.frequencies(Part::Transitions).unwrap_or(&nothing));
        let kinds = most_frequent(&transitions, most);
        transitions.map(|of| Self::with(kinds.clone(), of))
    }

    fn with(kinds: Vec<Text>, transitions: &Frequencies) -> Self {
        let size = kinds.len() + 2;
        let numbers: BTreeMap<&Text, usize> =
            kinds.iter().enumerate().map(|(number, kind)| (kind, number + 1)).collect();
        let place = |kind: &Text| match kind.is_empty() {
            true => 0,
            false => numbers.get(kind).copied().unwrap_or(size - 1),
        };
        let mut rows = vec![vec![Cell::default(); size]; size];
        for item in transitions.items() {
            let row = rows.get_mut(place(&item.given));
            if let Some(cell) = row.and_then(|row| row.get_mut(place(&item.what))) {
                cell.count = cell.count.saturating_add(transitions.times(item));
            }
        }
        for row in &mut rows {
            let sum = row.iter().map(|cell| cell.count).fold(0, u64::saturating_add);
            for cell in row.iter_mut().filter(|cell| cell.count > 0) {
                cell.share = cell.count as f64 / sum as f64;
            }
        }
        Self { kinds, rows, is_exact: transitions.is_exact() }
    }
}

/// The kinds that are gone to most often, over all of them.
fn most_frequent(transitions: &[&Frequencies], most: usize) -> Vec<Text> {
    let mut counts: BTreeMap<&Text, u64> = BTreeMap::new();
    for of in transitions {
        for item in of.items().filter(|item| !item.what.is_empty()) {
            let count = counts.entry(&item.what).or_default();
            *count = count.saturating_add(of.times(item));
        }
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.into_iter().take(most).map(|(kind, _)| kind.clone()).collect()
}

//! What a self-assessment says.

use serde::{Deserialize, Serialize};

use crate::domain::{Discipline, GapType};

/// The answer of `diptych assess --last N`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Assessment {
    /// Findings asked for, and findings there were.
    pub asked: usize,
    pub findings: usize,
    /// One row per discipline.
    pub disciplines: Vec<DisciplineRow>,
    /// Why findings could not be told, most frequent first, with what would resolve them.
    pub cant_tell: Vec<ReasonRow>,
    /// The 3×3 matrix, discipline by gap.
    pub matrix: Vec<MatrixCell>,
    /// Share of gap-typed findings among those assessed, 0..=1, as numerator and denominator.
    pub perceived: Share,
    /// Share of (agent, cell) pairs that are decidable.
    pub actual: Share,
}

/// Tags (or, untagged, readings) of one discipline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisciplineRow {
    pub discipline: Discipline,
    pub gap_1: usize,
    pub gap_2: usize,
    pub gap_3: usize,
    pub cant_tell: usize,
    /// Breaches and compounds, which are no gap type.
    pub other: usize,
    /// How many of the row carry an analyst's tag.
    pub tagged: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasonRow {
    pub reason: String,
    pub findings: usize,
    pub resolved_by: String,
}

/// One of the nine cells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatrixCell {
    pub discipline: Discipline,
    pub gap: GapType,
    /// 2 *static* or 3 *runtime-informed*; 0 when no evidence of either side arrived.
    pub level: u8,
    /// What evidence decided it.
    pub because: String,
    /// Agents for which the cell is decidable, of all agents.
    pub decidable: Share,
}

/// A numerator and its denominator; never shown apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    pub part: usize,
    pub whole: usize,
}

impl Share {
    /// 0..=100, for people; nothing of nothing is nothing.
    pub fn percent(self) -> f64 {
        match self.whole {
            0 => 0.0,
            whole => 100.0 * self.part as f64 / whole as f64,
        }
    }
}

impl Assessment {
    /// Perceived minus actual maturity in percentage points: by how much the queue flatters.
    pub fn overstatement(&self) -> f64 {
        self.perceived.percent() - self.actual.percent()
    }
}

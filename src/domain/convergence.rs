//! Convergence: whether an observation window can support a statement, and when it will.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{AgentKey, Discipline, GapType};

/// The state of one agent × discipline × gap.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Convergence {
    pub agent: AgentKey,
    pub discipline: Discipline,
    pub gap: GapType,
    pub sufficiency: Sufficiency,
    /// The observed window.
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
    /// Active days, and runs, inside it.
    pub days: u32,
    pub runs: u64,
    /// Good–Turing probability that the next event is of an unseen kind, in 0..=1.
    pub unseen: f64,
    /// Why, in one sentence.
    pub why: String,
}

/// Whether the window suffices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Sufficiency {
    Converged,
    /// Not yet; the date, where one can be computed, and the condition that is missing.
    NotConverged {
        until: Option<Timestamp>,
        condition: String,
    },
    /// The baseline was learned over an incident, a release or an unusual period.
    Contaminated {
        because: String,
    },
    /// Nothing observed at all.
    Empty,
}

impl Convergence {
    pub fn is_converged(&self) -> bool {
        self.sufficiency == Sufficiency::Converged
    }
}

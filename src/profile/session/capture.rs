//! What the runs of an agent carry, and what a score of no more than that can be expected to catch.

use serde::{Deserialize, Serialize};

use crate::profile::argument::ValueSource;
use crate::profile::run::Run;

/// How much of its sessions is recorded.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    strum::Display,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Capture {
    /// Prompts, arguments and where they came from.
    Full,
    /// Arguments of which none is known to come from an output.
    NoOutputs,
    /// Arguments, but not what was asked.
    NoPrompt,
    /// The names of the tools in order.
    #[default]
    Names,
}

impl Capture {
    /// What runs carry: each thing counts once any run shows it.
    pub fn of<'r>(runs: impl IntoIterator<Item = &'r Run>) -> Self {
        let (mut prompts, mut arguments, mut outputs) = (false, false, false);
        for run in runs {
            prompts |= !run.asked.is_empty();
            for argument in run.calls.iter().flat_map(|call| call.arguments.iter()) {
                arguments |= argument.source != ValueSource::Unknown;
                outputs |= matches!(argument.source, ValueSource::Output(_));
            }
        }
        match (arguments, prompts, outputs) {
            (false, ..) => Self::Names,
            (true, false, _) => Self::NoPrompt,
            (true, true, false) => Self::NoOutputs,
            (true, true, true) => Self::Full,
        }
    }

    /// What is missing and what that costs, for a reader; the figures are those of `docs/gap3.md`.
    pub fn limits(self) -> &'static str {
        match self {
            Self::Full => "prompts, arguments and their origins are recorded",
            Self::NoOutputs => {
                "the outputs of tools are not recorded: it cannot be told whether a value came from \
                 them, so instructions hidden in outputs are found by unusual tools and values only"
            }
            Self::NoPrompt => {
                "what was asked is not recorded: unusual work that a user asked for looks like \
                 unusual work that nobody asked for"
            }
            Self::Names => {
                "only the names of the tools are recorded: expect about a third of the attacks that \
                 use the agent's own tools to go unseen"
            }
        }
    }
}

//! What a portrait is made of, in words.

use serde::{Deserialize, Serialize};

/// A distribution over items. What stands in the two fields of an [`Item`](super::Item) is said with
/// each; nothing stands for a start or an end.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumIter,
    strum::EnumString,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Part {
    /// Kinds of calls that were not refused, each call counted.
    Calls,
    /// The same, each run counted once.
    Runs,
    /// Given a kind of call: `allowed` or `refused`.
    Refusals,
    /// Given a kind of call, or the start of a run: the next one, or the end.
    Transitions,
    /// Given a call that changes something: a kind that came any time before it in the run.
    EarlierThanWrites,
    /// Where a value came from, and into which argument of which tool it went.
    Flows,
    /// Given an argument of a tool: the type of its value.
    ArgumentTypes,
    /// Given an argument of a tool: where its value came from.
    ArgumentOrigins,
    /// Hosts connected to.
    Destinations,
    /// Given a kind of call: what it was done to.
    Targets,
    Models,
    /// Given a model of a run, or the start: the one that was first used next.
    ModelOrder,
    /// As whom a principal acted.
    IdentityHops,
    /// The credentials of a principal.
    Credentials,
    /// Given a kind of call: whether the run shows a prompt. Each call that was not refused counts.
    Prompts,
}

impl Part {
    /// Whether what an item is *given* is compared elsewhere: that a tool is called more often says
    /// nothing about its arguments.
    pub fn is_conditional(self) -> bool {
        matches!(
            self,
            Self::Refusals
                | Self::Transitions
                | Self::EarlierThanWrites
                | Self::ArgumentTypes
                | Self::ArgumentOrigins
                | Self::Targets
                | Self::ModelOrder
                | Self::Prompts
        )
    }

    /// What one occurrence is, in the plural.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::Runs => "kinds of calls in runs",
            Self::Refusals => "attempts",
            Self::Transitions => "steps from one call to the next",
            Self::EarlierThanWrites => "calls before a change",
            Self::Flows => "flows of data into arguments",
            Self::ArgumentTypes => "types of arguments",
            Self::ArgumentOrigins => "origins of arguments",
            Self::Destinations => "connections",
            Self::Targets => "targets of calls",
            Self::Models => "uses of models",
            Self::ModelOrder => "steps from one model to the next",
            Self::IdentityHops => "changes of identity",
            Self::Credentials => "uses of credentials",
            Self::Prompts => "calls with or without a prompt",
        }
    }
}

/// Something that has a size.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumIter,
    strum::EnumString,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Amount {
    /// Of sessions and traces, as all amounts of runs.
    CallsPerRun,
    /// Calls that change, trigger or send something.
    WritesPerRun,
    /// Nanoseconds from the first to the last record.
    RunDuration,
    /// Of a call of a model.
    TokensIn,
    TokensOut,
    /// Nanoseconds.
    ModelLatency,
    /// Nanoseconds inside any other call.
    CallLatency,
    /// Bytes that a tool or a model gave back.
    OutputSize,
    /// Bytes moved by one connection, request or file access.
    BytesMoved,
    /// Of days with calls; from the days of a portrait, not kept as a sketch.
    CallsPerDay,
    RunsPerDay,
}

impl Amount {
    /// What is measured, in the plural.
    pub fn noun(self) -> &'static str {
        match self {
            Self::CallsPerRun => "calls in a run",
            Self::WritesPerRun => "changes in a run",
            Self::RunDuration => "durations of runs",
            Self::TokensIn => "tokens into a model",
            Self::TokensOut => "tokens out of a model",
            Self::ModelLatency => "latencies of models",
            Self::CallLatency => "latencies of calls",
            Self::OutputSize => "sizes of outputs",
            Self::BytesMoved => "bytes moved at once",
            Self::CallsPerDay => "calls on a day",
            Self::RunsPerDay => "runs on a day",
        }
    }

    /// An amount with its unit, for people.
    pub fn shown(self, amount: u64) -> String {
        match self {
            Self::RunDuration | Self::ModelLatency | Self::CallLatency => {
                crate::domain::amounts::took(i64::try_from(amount).unwrap_or(i64::MAX))
            }
            Self::OutputSize | Self::BytesMoved => format!("{amount} bytes"),
            _ => amount.to_string(),
        }
    }
}

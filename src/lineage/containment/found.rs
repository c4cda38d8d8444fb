//! What is found of an agent while its sheet is made.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::domain::containment::{Access, AccessKind, EndedAccess};
use crate::domain::{AgentKey, Text};

/// Names and ids that commands are made of, by their placeholder.
pub(super) type Facts = BTreeMap<&'static str, Text>;

/// Something that can be used.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub access: Access,
    pub facts: Facts,
    pub through: Through,
}

/// By what work goes through it.
#[derive(Clone, Debug)]
pub(super) enum Through {
    /// These identities, in the spelling of the records.
    Principals(Vec<Text>),
    /// Tools of this MCP server.
    Server(Text),
    /// Whatever this agent does, and what those inside it do.
    Agent(AgentKey),
    /// No work can be told to go through it.
    Untold,
}

/// Everything that was found.
#[derive(Debug, Default)]
pub(super) struct Holdings {
    pub live: Vec<Found>,
    pub ended: Vec<EndedAccess>,
    pub unknown: Vec<String>,
}

impl Holdings {
    pub fn ended(&mut self, kind: AccessKind, because: &str, last: Option<Timestamp>) {
        self.ended.push(EndedAccess { kind, count: 1, because: because.to_owned(), last });
    }
}

/// Facts from pairs; what is not known has none.
pub(super) fn facts<const N: usize>(pairs: [(&'static str, Option<&Text>); N]) -> Facts {
    pairs.into_iter().filter_map(|(name, value)| Some((name, value?.clone()))).collect()
}

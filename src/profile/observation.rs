//! What one pass over the events leaves behind.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::argument::NameId;
use super::catalog::CatalogVersion;
use super::kind::KindId;
use super::run::{EarlierDay, Run};
use super::setup::{Facet, Setup};
use crate::domain::{AgentKey, Capability, Exercise, SeenAgent, Text};

/// What the events show.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// By agent, then capability.
    pub exercises: Vec<Exercise>,
    /// Everybody to whom events were attributed, agents by evidence and other workloads alike.
    #[serde(with = "by_agent")]
    pub agents: BTreeMap<AgentKey, SeenAgent>,
    /// The most recent runs of each agent, oldest first.
    #[serde(with = "by_agent")]
    pub runs: BTreeMap<AgentKey, Vec<Run>>,
    /// The runs before those, by day since 1970.
    #[serde(with = "by_agent")]
    pub earlier: BTreeMap<AgentKey, BTreeMap<i64, EarlierDay>>,
    /// The kinds of calls that runs refer to by [`KindId`].
    pub kinds: Vec<Capability>,
    /// The names that arguments refer to by [`NameId`].
    pub names: Vec<Text>,
    pub catalogs: Vec<CatalogVersion>,
    /// Instructions and images over time, as records state them.
    #[serde(with = "by_agent", default)]
    pub setups: BTreeMap<AgentKey, BTreeMap<Facet, Vec<Setup>>>,
    /// Events that belong to no agent: their principal is used by none.
    pub unattributed: u64,
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
}

impl Observation {
    pub fn kind(&self, id: KindId) -> Option<&Capability> {
        self.kinds.get(id.0 as usize)
    }

    pub fn name(&self, id: NameId) -> Option<&Text> {
        self.names.get(id.0 as usize)
    }

    /// How many tool calls a run made.
    pub fn tool_calls(&self, run: &Run) -> u64 {
        let is_tool = |kind: &KindId| matches!(self.kind(*kind), Some(Capability::Tool { .. }));
        run.tally.iter().filter(|(kind, _)| is_tool(kind)).map(|(_, tally)| tally.calls).sum()
    }

    /// The runs of one agent, oldest first.
    pub fn runs_of(&self, agent: &AgentKey) -> &[Run] {
        self.runs.get(agent).map_or(&[], Vec::as_slice)
    }

    /// The runs of a host workload and of every agent inside it.
    pub fn runs_on<'a>(&'a self, host: &AgentKey) -> impl Iterator<Item = &'a Run> + use<'a> {
        let host = host.host();
        // A host stands right before its inner agents.
        self.runs
            .range(host.clone()..)
            .take_while(move |(agent, _)| agent.host() == host)
            .flat_map(|(_, runs)| runs)
    }
}

/// Maps by agent are written as lists of pairs: JSON has no keys but strings.
mod by_agent {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::domain::AgentKey;

    pub fn serialize<S: Serializer, V: Serialize>(
        map: &BTreeMap<AgentKey, V>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(map)
    }

    pub fn deserialize<'de, D: Deserializer<'de>, V: Deserialize<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<AgentKey, V>, D::Error> {
        Ok(Vec::<(AgentKey, V)>::deserialize(deserializer)?.into_iter().collect())
    }
}

//! The join rate: of each layer how many records are tied to what, and for the rest why not.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::exact::when;
use super::keys::NONE;
use super::layer::Layer;
use super::recorded::{Attention, Recorded};
use super::row::{Mark, Row, Rows};
use super::ties::{Joined, Ties};
use crate::domain::{AgentKey, EventId};

/// Examples that are kept of every reason: the first ones.
pub const EXAMPLES: usize = 5;

/// The joins of one layer of one agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerJoin {
    pub layer: Layer,
    /// The host workload; `None` where no agent is known.
    pub agent: Option<AgentKey>,
    pub events: u64,
    /// By layer and rule, the most first.
    pub joined: Vec<JoinedBy>,
    /// By reason, the most first.
    pub rest: Vec<Unjoined>,
}

/// Records that one rule joined to one layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinedBy {
    pub to: Layer,
    pub rule: String,
    /// Percent; the lower one of ties that need skewed clocks.
    pub confidence: u8,
    pub events: u64,
}

/// Records that are not joined for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unjoined {
    pub why: NotJoined,
    pub events: u64,
    /// The first ones, at most [`EXAMPLES`].
    pub examples: Vec<EventId>,
}

/// Why a record is tied to nothing of the layer that counts for it.
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
)]
#[serde(rename_all = "kebab-case")]
pub enum NotJoined {
    #[strum(serialize = "it sums up many acts, or is undated: it tells no moment")]
    NoMoment,
    #[strum(serialize = "no agent is known to be behind it")]
    NoAgent,
    #[strum(serialize = "several agents share the identity and it names no pod")]
    SharedIdentity,
    #[strum(serialize = "it names no instance (pod, container, host)")]
    NoInstance,
    #[strum(serialize = "nobody recorded tool calls of that agent")]
    NobodyRecorded,
    #[strum(serialize = "nobody recorded tool calls of that agent at that time")]
    OutsideRecording,
    #[strum(
        serialize = "the recorded tool calls of that agent name other instances, or none, or no end"
    )]
    OtherInstance,
    #[strum(serialize = "no tool call was open, but their recorder says that it missed some")]
    PartlyRecorded,
    #[strum(serialize = "no tool call was open on that instance")]
    NoCallOpen,
    #[strum(serialize = "several calls were possible: candidates, no tie")]
    Several,
    #[strum(serialize = "it carries no identifier that could tie it")]
    NoIdentifier,
    #[strum(serialize = "no loaded record carries the same identifier")]
    NoCounterpart,
    #[strum(serialize = "it names neither trace nor session")]
    NoConversation,
    #[strum(serialize = "nothing in its trace or session came before it that it follows from")]
    NothingBefore,
    #[strum(serialize = "no model call of its trace or session follows it")]
    NothingAfter,
}

impl LayerJoin {
    pub fn joined_events(&self) -> u64 {
        self.joined.iter().map(|joined| joined.events).sum()
    }

    /// Percent of the events, rounded down: 100 only when all are joined.
    pub fn rate(&self) -> Option<u64> {
        self.joined_events().saturating_mul(100).checked_div(self.events)
    }
}

/// The join rate over all agents, and agent by agent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinRate {
    pub layers: Vec<LayerJoin>,
    pub agents: Vec<LayerJoin>,
}

/// What becomes of one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    Joined(Joined),
    Not(NotJoined),
}

#[derive(Debug, Default)]
struct Tally {
    events: u64,
    first: First,
}

/// The first records by time, at most [`EXAMPLES`].
#[derive(Clone, Debug, Default)]
pub(super) struct First(BTreeSet<(i64, EventId)>);

impl First {
    pub fn add(&mut self, row: &Row) {
        let is_early = self.0.last().is_none_or(|last| when(row) < *last);
        if is_early || self.0.len() < EXAMPLES {
            self.0.insert(when(row));
            if self.0.len() > EXAMPLES {
                self.0.pop_last();
            }
        }
    }

    pub fn ids(&self) -> Vec<EventId> {
        self.0.iter().map(|(_, id)| *id).collect()
    }
}

/// By layer and agent; the agent is left out where all are meant.
type Tallies = BTreeMap<(Layer, Option<u32>), BTreeMap<Fate, Tally>>;

/// The join rate of all rows.
pub(super) fn of(rows: &Rows, ties: &Ties<'_>, recorded: &Recorded) -> JoinRate {
    let mut tallies = Tallies::new();
    for (number, row) in (0_u32..).zip(&rows.rows) {
        let Some(layer) = row.layer else { continue };
        let fate = match ties.joined(number) {
            Some(joined) => Fate::Joined(joined),
            None if ties.is_several(number) => Fate::Not(NotJoined::Several),
            None => Fate::Not(why(row, layer, recorded)),
        };
        for agent in [None, Some(row.agent)] {
            let fates = tallies.entry((layer, agent)).or_default();
            let tally = fates.entry(fate).or_default();
            tally.events += 1;
            tally.first.add(row);
        }
    }
    let mut rate = JoinRate::default();
    for ((layer, agent), fates) in tallies {
        let key = agent.and_then(|agent| rows.agents.get(agent as usize)).cloned();
        let join = layer_join(layer, key, fates);
        match agent {
            None => rate.layers.push(join),
            Some(_) => rate.agents.push(join),
        }
    }
    rate.agents.sort_by(|a, b| (&a.agent, a.layer).cmp(&(&b.agent, b.layer)));
    rate
}

fn layer_join(layer: Layer, agent: Option<AgentKey>, fates: BTreeMap<Fate, Tally>) -> LayerJoin {
    let mut join = LayerJoin {
        layer,
        agent,
        events: fates.values().map(|tally| tally.events).sum(),
        joined: Vec::new(),
        rest: Vec::new(),
    };
    for (fate, Tally { events, first }) in fates {
        match fate {
            Fate::Joined(Joined { confidence, rule, to }) => {
                let rule = rule.rule().name.to_owned();
                join.joined.push(JoinedBy { to, rule, confidence, events });
            }
            Fate::Not(why) => join.rest.push(Unjoined { why, events, examples: first.ids() }),
        }
    }
    // Stable: what is as frequent stays in the order of the tables.
    join.joined.sort_by_key(|joined| std::cmp::Reverse(joined.events));
    join.rest.sort_by_key(|rest| std::cmp::Reverse(rest.events));
    join
}

/// Why a record that no rule ties is tied to nothing.
fn why(row: &Row, layer: Layer, recorded: &Recorded) -> NotJoined {
    match layer {
        Layer::Kernel | Layer::Network | Layer::KubernetesApi | Layer::CloudApi | Layer::Alert => {
            beneath_calls(row, recorded)
        }
        Layer::ToolResult | Layer::Decision | Layer::Identity => match row.is(Mark::Keyed) {
            true => NotJoined::NoCounterpart,
            false => NotJoined::NoIdentifier,
        },
        Layer::Prompt | Layer::ModelCall | Layer::ToolCall if row.conversation == 0 => {
            NotJoined::NoConversation
        }
        Layer::Prompt => NotJoined::NothingAfter,
        Layer::ModelCall | Layer::ToolCall => NotJoined::NothingBefore,
    }
}

fn beneath_calls(row: &Row, recorded: &Recorded) -> NotJoined {
    if row.is(Mark::NoMoment) {
        return NotJoined::NoMoment;
    }
    if row.agent == NONE {
        let shared = row.is(Mark::Shared);
        return if shared { NotJoined::SharedIdentity } else { NotJoined::NoAgent };
    }
    match recorded.at(row.agent, row.start) {
        Attention::Never => NotJoined::NobodyRecorded,
        Attention::OtherTimes => NotJoined::OutsideRecording,
        Attention::Partial | Attention::Whole if row.place == NONE => NotJoined::NoInstance,
        Attention::Partial | Attention::Whole if !recorded.has_calls_at(row.place) => {
            NotJoined::OtherInstance
        }
        Attention::Partial => NotJoined::PartlyRecorded,
        Attention::Whole => NotJoined::NoCallOpen,
    }
}

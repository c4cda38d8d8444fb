//! The join rate: of each layer how many records are tied to what, and for the rest why not.

use std::collections::{BTreeMap, BTreeSet};

use super::exact::when;
use super::keys::NONE;
use super::recorded::{Attention, Recorded};
use super::row::{Mark, Row, Rows};
use super::ties::{Joined, Ties};
use crate::domain::correlation::EXAMPLES;
use crate::domain::{
    AgentKey, EventId, JoinRate, JoinedBy, LayerJoin, NotJoined, RecordLayer, Unjoined,
};

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
type Tallies = BTreeMap<(RecordLayer, Option<u32>), BTreeMap<Fate, Tally>>;

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

fn layer_join(
    layer: RecordLayer,
    agent: Option<AgentKey>,
    fates: BTreeMap<Fate, Tally>,
) -> LayerJoin {
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
fn why(row: &Row, layer: RecordLayer, recorded: &Recorded) -> NotJoined {
    match layer {
        RecordLayer::Kernel
        | RecordLayer::Network
        | RecordLayer::KubernetesApi
        | RecordLayer::CloudApi
        | RecordLayer::Alert => beneath_calls(row, recorded),
        RecordLayer::ToolResult | RecordLayer::Decision | RecordLayer::Identity => {
            match row.is(Mark::Keyed) {
                true => NotJoined::NoCounterpart,
                false => NotJoined::NoIdentifier,
            }
        }
        RecordLayer::Prompt | RecordLayer::ModelCall | RecordLayer::ToolCall
            if row.conversation == 0 =>
        {
            NotJoined::NoConversation
        }
        RecordLayer::Prompt => NotJoined::NothingAfter,
        RecordLayer::ModelCall | RecordLayer::ToolCall => NotJoined::NothingBefore,
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

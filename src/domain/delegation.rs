//! The delegation tree: agent → sub-agent → tool call, flat in memory so that a million nodes work.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{AgentKey, EventId, EventKind, Outcome, Text};

/// Nodes in depth-first order; each knows its depth and the size of its subtree, so that folding,
/// windowing and drawing need no pointers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DelegationTree {
    pub nodes: Vec<DelegationNode>,
    /// What was mended while building: orphans, cycles, duplicates.
    pub repairs: Vec<String>,
}

/// One node of the tree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DelegationNode {
    pub depth: u32,
    /// Nodes in the subtree, this one included.
    pub size: u32,
    pub edge: EdgeBasis,
    pub kind: EventKind,
    pub agent: Option<AgentKey>,
    /// Agent, tool, model or span name.
    pub label: Text,
    pub event: Option<EventId>,
    pub trace: Option<Text>,
    pub start: Option<Timestamp>,
    /// Nanoseconds.
    pub duration: Option<i64>,
    pub outcome: Option<Outcome>,
    /// Sums over the subtree, this node included.
    pub totals: Totals,
}

/// How an edge to the parent is known.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "edge", rename_all = "kebab-case")]
pub enum EdgeBasis {
    /// The top of a tree.
    Root,
    /// The source records the parent itself.
    Recorded,
    /// Inferred by a named rule.
    Inferred { rule: String },
    /// The record names a parent that is not there.
    Orphan,
}

/// Roll-ups at a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    pub tool_calls: u64,
    pub model_calls: u64,
    pub sub_agents: u64,
    pub errors: u64,
    pub denied: u64,
    pub tokens: u64,
    pub findings: u64,
}

impl Totals {
    pub fn add(&mut self, other: &Self) {
        self.tool_calls += other.tool_calls;
        self.model_calls += other.model_calls;
        self.sub_agents += other.sub_agents;
        self.errors += other.errors;
        self.denied += other.denied;
        self.tokens += other.tokens;
        self.findings += other.findings;
    }
}

//! The delegation tree: agent → sub-agent → tool call, flat in memory so that a million nodes work.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::packed::{Packed, packed, packed_words};
use super::{AgentKey, EdgeRule, Effect, EventId, EventKind, Outcome, Text};

/// Nodes in depth-first order; each knows its depth and the size of its subtree, so that folding,
/// windowing and drawing need no pointers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DelegationTree {
    pub nodes: Vec<DelegationNode>,
    pub names: Arc<DelegationNames>,
    /// What was mended while building, in words: orphans, cycles, duplicates.
    pub repairs: Vec<String>,
}

/// What the nodes of trees are called. Shared by all trees of a case.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DelegationNames {
    pub names: Vec<Text>,
    pub agents: Vec<AgentKey>,
    /// Of each agent, in the order of `agents`; missing ones have no limits.
    #[serde(default)]
    pub budgets: Vec<Budget>,
}

/// What its posture policy allows an agent in one run (requirement S1.19); `None` is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    pub tool_calls: Option<u64>,
    pub sub_agents: Option<u64>,
}

/// A name in [`DelegationNames::names`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameId(pub u32);

/// An agent in [`DelegationNames::agents`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AgentId(pub u32);

packed! {
    /// One node of the tree.
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub struct DelegationNode {
        pub depth: u32,
        /// Nodes in the subtree, this one included.
        pub size: u32,
        pub edge: EdgeBasis,
        pub kind: EventKind,
        pub agent: Option<AgentId>,
        /// Agent, tool, model or span name.
        pub label: NameId,
        pub event: EventId,
        pub trace: NameId,
        /// Nanoseconds since 1970.
        pub start: i64,
        /// Nanoseconds, as recorded.
        pub duration: Option<i64>,
        /// Nanoseconds of the duration in which no child was under way.
        pub own_time: Option<i64>,
        /// Nanoseconds from the start to the last end in the subtree.
        pub elapsed: i64,
        pub outcome: Option<Outcome>,
        /// Sums over the subtree, this node included.
        pub totals: Totals,
    }
}

packed! {
    /// One trace among all: where its nodes are, and what they come to.
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub struct TraceRow {
        pub trace: NameId,
        /// The position of its first node among the nodes of all traces.
        pub first: u64,
        pub nodes: u32,
        /// Nodes without a parent.
        pub roots: u32,
        /// Spans that name a parent that is not there, or before which a cycle was cut.
        pub mended: u32,
        /// The first agent, or the first root where there is none.
        pub label: NameId,
        pub kind: EventKind,
        pub agent: Option<AgentId>,
        /// Nanoseconds since 1970.
        pub start: i64,
        /// Nanoseconds from the first start to the last end.
        pub elapsed: i64,
        pub totals: Totals,
    }
}

packed! {
    /// Roll-ups at a node.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
    pub struct Totals {
        pub tool_calls: u32,
        pub model_calls: u32,
        pub sub_agents: u32,
        pub errors: u32,
        pub denied: u32,
        /// Events that a finding cites.
        pub findings: u32,
        /// Different tools called.
        pub tools: u32,
        /// Different targets of calls.
        pub targets: u32,
        /// What was done to the targets.
        pub reads: u32,
        pub modifies: u32,
        pub triggers: u32,
        pub sends: u32,
        /// Sub-agents that act with the identity of the agent above them.
        pub inherited: u32,
        /// Steps from an agent to one in another namespace, cluster or organisation.
        pub crossings: u32,
        /// Into models and out of them.
        pub tokens: u64,
        /// Millionths of a US dollar, as recorded.
        pub cost: u64,
    }
}

/// How an edge to the parent is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "edge", rename_all = "kebab-case")]
pub enum EdgeBasis {
    /// The top of a tree.
    Root,
    /// The source records the parent itself.
    Recorded,
    /// The source says so by its shape, or by another id than the parent's.
    Structural { rule: EdgeRule },
    /// By a named rule that may be wrong.
    Inferred { rule: EdgeRule },
    /// The record names a parent that is not there.
    Orphan,
}

impl DelegationTree {
    pub fn label(&self, node: &DelegationNode) -> &Text {
        self.names.name(node.label)
    }

    pub fn agent(&self, node: &DelegationNode) -> Option<&AgentKey> {
        self.names.agent(node.agent)
    }

    pub fn trace(&self, node: &DelegationNode) -> &Text {
        self.names.name(node.trace)
    }

    /// What the agent of a run may spend in it; other nodes have no budget of their own.
    pub fn budget(&self, node: &DelegationNode) -> Budget {
        let is_run = node.kind == EventKind::AgentInvoke;
        let of_run = node.agent.filter(|_| is_run);
        let budget = of_run.and_then(|agent| self.names.budgets.get(agent.0 as usize));
        budget.copied().unwrap_or_default()
    }
}

impl DelegationNames {
    pub fn agent(&self, id: Option<AgentId>) -> Option<&AgentKey> {
        self.agents.get(id?.0 as usize)
    }

    /// The name; a number that is not there has none.
    pub fn name(&self, id: NameId) -> &Text {
        static NONE: std::sync::LazyLock<Text> = std::sync::LazyLock::new(Text::default);
        self.names.get(id.0 as usize).unwrap_or(&NONE)
    }
}

impl TraceRow {
    pub fn start(&self) -> Timestamp {
        Timestamp::from_nanosecond(self.start.into()).unwrap_or_default()
    }
}

impl DelegationNode {
    pub fn start(&self) -> Timestamp {
        Timestamp::from_nanosecond(self.start.into()).unwrap_or_default()
    }
}

impl EdgeBasis {
    /// What a rule makes of an edge.
    pub fn by(rule: EdgeRule) -> Self {
        match rule.confidence() {
            100 => Self::Structural { rule },
            _ => Self::Inferred { rule },
        }
    }

    pub fn rule(self) -> Option<EdgeRule> {
        match self {
            Self::Structural { rule } | Self::Inferred { rule } => Some(rule),
            Self::Root | Self::Recorded | Self::Orphan => None,
        }
    }
}

impl Totals {
    /// Adds what can be added: numbers of different tools and targets cannot.
    pub fn add(&mut self, other: &Self) {
        let counts = [
            (&mut self.tool_calls, other.tool_calls),
            (&mut self.model_calls, other.model_calls),
            (&mut self.sub_agents, other.sub_agents),
            (&mut self.errors, other.errors),
            (&mut self.denied, other.denied),
            (&mut self.findings, other.findings),
            (&mut self.reads, other.reads),
            (&mut self.modifies, other.modifies),
            (&mut self.triggers, other.triggers),
            (&mut self.sends, other.sends),
            (&mut self.inherited, other.inherited),
            (&mut self.crossings, other.crossings),
        ];
        for (count, more) in counts {
            *count = count.saturating_add(more);
        }
        self.tokens = self.tokens.saturating_add(other.tokens);
        self.cost = self.cost.saturating_add(other.cost);
    }
}

packed_words!(
    EventKind = Self::Other,
    Effect = Self::Read,
    Outcome = Self::Success,
    EdgeRule = Self::HandOff,
);

macro_rules! packed_ids {
    ($($id:ident),*) => {$(
        impl Packed for $id {
            const WIDTH: usize = u32::WIDTH;

            fn pack(&self, out: &mut Vec<u8>) {
                self.0.pack(out);
            }

            fn unpack(bytes: &[u8]) -> Self {
                Self(u32::unpack(bytes))
            }
        }
    )*};
}

packed_ids!(NameId, AgentId);

impl Packed for EventId {
    const WIDTH: usize = 16;

    fn pack(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_bytes());
    }

    fn unpack(bytes: &[u8]) -> Self {
        Self::from_bytes(bytes.first_chunk().copied().unwrap_or_default())
    }
}

/// What kind of edge, then its rule.
impl Packed for EdgeBasis {
    const WIDTH: usize = 2;

    fn pack(&self, out: &mut Vec<u8>) {
        let (kind, rule) = match self {
            Self::Root => (0, 0),
            Self::Recorded => (1, 0),
            Self::Inferred { rule } => (2, *rule as u8),
            Self::Orphan => (3, 0),
            Self::Structural { rule } => (4, *rule as u8),
        };
        out.extend_from_slice(&[kind, rule]);
    }

    fn unpack(bytes: &[u8]) -> Self {
        match bytes {
            [1, ..] => Self::Recorded,
            [2, rule @ ..] => Self::Inferred { rule: EdgeRule::unpack(rule) },
            [3, ..] => Self::Orphan,
            [4, rule @ ..] => Self::Structural { rule: EdgeRule::unpack(rule) },
            _ => Self::Root,
        }
    }
}

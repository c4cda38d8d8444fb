//! The rules by which an edge of the delegation tree is known without a parent id: one table.

use serde::{Serialize, Serializer};

/// A rule. Its words are what people read on the edge.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    strum::Display,
    strum::EnumIter,
    strum::FromRepr,
    strum::IntoStaticStr,
)]
#[repr(u8)]
pub enum EdgeRule {
    #[strum(serialize = "a hand-off names the agent that starts next in the trace")]
    HandOff,
    #[strum(serialize = "the record names its caller")]
    Caller,
    #[strum(serialize = "a link leads to the span that caused it")]
    Link,
    #[strum(serialize = "the kernel names the process that started it")]
    Process,
    #[strum(serialize = "the graph of agents names the node before it")]
    GraphNode,
    #[strum(serialize = "a step of a conversation is its agent's")]
    Step,
    #[strum(serialize = "the call names the agent that it started")]
    Started,
    #[strum(serialize = "a sidechain belongs to the agent of its session")]
    Sidechain,
}

/// Rule, confidence in percent, and what it needs. At 100 the source itself says so, by its shape or by
/// another id than the parent's: the edge is structural. Below, it is inferred.
const TABLE: [(EdgeRule, u8, &str); 8] = [
    (
        EdgeRule::HandOff,
        60,
        "a hand-off, or a call of a tool named after an agent; an agent of that name that starts after \
         it in the trace and has no agent above",
    ),
    (
        EdgeRule::Caller,
        80,
        "gen_ai.caller.name; an agent of that name in the trace, and none above by parentage",
    ),
    (EdgeRule::Link, 100, "exactly one span link, and no parent id"),
    (
        EdgeRule::Process,
        100,
        "an execution with the id of the process that started it, in the same container",
    ),
    (
        EdgeRule::GraphNode,
        100,
        "graph.node.parent_id; an agent that is this node, and none above by parentage",
    ),
    (EdgeRule::Step, 100, "a transcript or a log of steps, whose session is the trace"),
    (
        EdgeRule::Started,
        100,
        "the id of a sub-agent or of its session in the result of a call, or the id of the call in the \
         lines of the sub-agent",
    ),
    (
        EdgeRule::Sidechain,
        100,
        "a sub-agent in the transcript of its session, and no call that it names",
    ),
];

impl EdgeRule {
    /// Percent.
    pub fn confidence(self) -> u8 {
        self.row().1
    }

    /// What must be on record for the rule to hold.
    pub fn needs(self) -> &'static str {
        self.row().2
    }

    fn row(self) -> (Self, u8, &'static str) {
        TABLE.into_iter().find(|(rule, ..)| *rule == self).unwrap_or((self, 0, ""))
    }
}

/// As people read it.
impl Serialize for EdgeRule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.into())
    }
}

//! What a record says of edges beside its parent.

use serde::Deserialize;

use crate::domain::packed::Packed;
use crate::domain::{Event, EventKind, Text};
use crate::lineage::spans::SpanKey;

/// What kind of name leads from a span to another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks(u8);

impl Marks {
    const NODE_BEFORE: u8 = 1;
    const CALLER: u8 = 1 << 1;
    const LINK: u8 = 1 << 2;
    const PROCESS: u8 = 1 << 3;
    const SIDECHAIN: u8 = 1 << 4;

    /// `above` is the node before it in the graph of agents.
    pub fn names_node(self) -> bool {
        self.has(Self::NODE_BEFORE)
    }

    /// `above` is the agent that called it.
    pub fn names_caller(self) -> bool {
        self.has(Self::CALLER)
    }

    /// Its parent is the span that a link leads to, and `above` that span's trace.
    pub fn is_linked(self) -> bool {
        self.has(Self::LINK)
    }

    /// Its parent is the process that started it.
    pub fn is_process(self) -> bool {
        self.has(Self::PROCESS)
    }

    /// It is told in a sidechain of a session.
    pub fn is_sidechain(self) -> bool {
        self.has(Self::SIDECHAIN)
    }

    /// The marks of both.
    pub fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn has(self, mark: u8) -> bool {
        self.0 & mark != 0
    }
}

impl Packed for Marks {
    const WIDTH: usize = u8::WIDTH;

    fn pack(&self, out: &mut Vec<u8>) {
        self.0.pack(out);
    }

    fn unpack(bytes: &[u8]) -> Self {
        Self(u8::unpack(bytes))
    }
}

/// What one record says.
#[derive(Debug, Default, PartialEq)]
pub struct Said {
    pub marks: Marks,
    /// The name of the agent above, or the trace of the linked span.
    pub above: Option<Text>,
    /// The span that a link leads to.
    pub linked: Option<SpanKey>,
    /// The processes of one pod or host, in place of a trace.
    pub unit: Option<Text>,
    /// An agent's node in the graph of agents, or the id of what a call started.
    pub alias: Option<Text>,
}

/// The only parameters that say anything here.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Parameters {
    links: Vec<Link>,
    graph_node: Option<Text>,
    graph_parent: Option<Text>,
    caller: Option<Text>,
}

#[derive(Deserialize)]
struct Link {
    trace: Text,
    span: Text,
}

/// Parameters are read only where readers wrote them: those of a tool call are what a model wrote.
const READ: [EventKind; 4] =
    [EventKind::AgentInvoke, EventKind::ModelCall, EventKind::Handoff, EventKind::Other];
const KEYS: [&str; 4] = ["\"links\"", "\"graph_node\"", "\"graph_parent\"", "\"caller\""];

impl Said {
    pub fn of(event: &Event) -> Self {
        let mut said = Self::default();
        let is_process = event.trace_id.is_none() && PROCESSES.contains(&event.kind);
        if is_process {
            said.mark(Marks::PROCESS, true);
            let place = event.instance.as_ref().map_or("", Text::raw);
            said.unit = Some(format!("processes of {place}").into());
        }
        let inner = event.agent.as_ref().and_then(|agent| agent.inner.as_ref());
        said.mark(Marks::SIDECHAIN, event.source == "claude-code" && inner.is_some());
        said.alias = started(event).cloned();
        let params = event.params.as_ref().map_or("", Text::raw);
        let is_read = READ.contains(&event.kind) && KEYS.iter().any(|key| params.contains(key));
        let Some(parameters) = is_read.then(|| parse(params)).flatten() else { return said };
        let has_parent = event.parent_span_id.as_ref().is_some_and(|parent| !parent.is_empty());
        let is_agent = event.kind == EventKind::AgentInvoke;
        said.alias = parameters.graph_node.filter(|_| is_agent).or(said.alias);
        match (parameters.links.as_slice(), parameters.graph_parent, parameters.caller) {
            // Of several links none is the one that started it.
            ([link], ..) if !has_parent => {
                said.mark(Marks::LINK, true);
                said.above = Some(link.trace.clone());
                said.linked = Some(SpanKey::of(link.trace.raw(), link.span.raw()));
            }
            (_, Some(node), _) if is_agent => {
                said.mark(Marks::NODE_BEFORE, true);
                said.above = Some(node);
            }
            (_, None, Some(caller)) if is_agent => {
                said.mark(Marks::CALLER, true);
                said.above = Some(caller);
            }
            _ => {}
        }
        said
    }

    fn mark(&mut self, mark: u8, set: bool) {
        self.marks.0 |= if set { mark } else { 0 };
    }
}

/// Kinds of event that sensors write as processes.
const PROCESSES: [EventKind; 2] = [EventKind::Exec, EventKind::Alert];

/// The id of what a call started, as its result or the hand-off tells it.
fn started(event: &Event) -> Option<&Text> {
    let is_agent = event.target_kind.as_ref().is_some_and(|kind| *kind == "agent");
    let tells = match event.kind {
        EventKind::ToolResult => is_agent,
        EventKind::Handoff => event.source == "acs",
        _ => false,
    };
    event.target.as_ref().filter(|_| tells)
}

fn parse(params: &str) -> Option<Parameters> {
    serde_json::from_str(params).ok()
}

//! Spans as lean rows: what the tree and the chains need of an event, a tenth of its size.

use std::hash::BuildHasher;

use rustc_hash::FxHashMap;

use super::edges::said::{Marks, Said};
use crate::domain::packed::{Packed, packed};
use crate::domain::{
    AgentId, AgentKey, Attribution, Authorisation, DelegationNames, Effect, Event, EventId,
    EventKind, NameId, Outcome, Text,
};

packed! {
    /// One record of a span.
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub struct Span {
        pub key: SpanKey,
        /// The parent that the record names, there or not.
        pub parent: Option<SpanKey>,
        pub event: EventId,
        pub trace: NameId,
        pub kind: EventKind,
        pub agent: Option<AgentId>,
        /// Agent, tool, model or span name.
        pub label: NameId,
        /// The user the trace names.
        pub user: Option<NameId>,
        /// The identity the record names for whoever acts.
        pub principal: Option<NameId>,
        /// A number for what the call was directed at; equal for equal targets.
        pub target: Option<u64>,
        /// Nanoseconds since 1970.
        pub start: i64,
        /// Nanoseconds.
        pub duration: Option<i64>,
        pub outcome: Option<Outcome>,
        pub is_denied: u8,
        pub effect: Option<Effect>,
        pub tokens: u64,
        /// Millionths of a US dollar.
        pub cost: u64,
        /// The conversation of which it is a step, where a trace is nothing but one.
        pub conversation: Option<NameId>,
        /// A name that leads to what is above, as the marks say.
        pub above: Option<NameId>,
        /// An agent's node in the graph of agents, or the id of what a call started.
        pub alias: Option<NameId>,
        pub marks: Marks,
    }
}

/// What tells a span from every other: 128 bits of a cryptographic digest over trace and span id, so
/// that nobody can make two spans look like one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpanKey(u128);

impl SpanKey {
    /// The key of a span of a trace; both in their source's spelling.
    pub fn of(trace: &str, span: &str) -> Self {
        Self(u128::from_le_bytes(*EventId::of("span", &[trace, span]).as_bytes()))
    }

    /// The key of an agent that no record shows; no span can have it.
    pub fn implied(conversation: &str, agent: &str) -> Self {
        Self(u128::from_le_bytes(*EventId::of("implied", &[conversation, agent]).as_bytes()))
    }
}

impl Packed for SpanKey {
    const WIDTH: usize = u128::WIDTH;

    fn pack(&self, out: &mut Vec<u8>) {
        self.0.pack(out);
    }

    fn unpack(bytes: &[u8]) -> Self {
        Self(u128::unpack(bytes))
    }
}

impl Span {
    /// Nanoseconds since 1970.
    pub fn end(&self) -> i64 {
        self.start.saturating_add(self.duration.unwrap_or(0).max(0))
    }

    /// Takes over what another record of the same span knows and this one does not.
    pub fn absorb(&mut self, other: &Self) {
        let took = other.start.saturating_sub(self.start);
        let until_result = Some(took).filter(|_| other.kind == EventKind::ToolResult && took > 0);
        self.duration = self.duration.or(until_result).or(other.duration);
        self.parent = self.parent.or(other.parent);
        self.agent = self.agent.or(other.agent);
        self.user = self.user.or(other.user);
        self.principal = self.principal.or(other.principal);
        self.target = self.target.or(other.target);
        self.outcome = self.outcome.or(other.outcome);
        self.is_denied |= other.is_denied;
        self.effect = self.effect.or(other.effect);
        self.tokens = self.tokens.max(other.tokens);
        self.cost = self.cost.max(other.cost);
        self.conversation = self.conversation.or(other.conversation);
        self.above = self.above.or(other.above);
        self.alias = self.alias.or(other.alias);
        self.marks = self.marks.and(other.marks);
    }
}

/// Makes spans of events, and keeps what they are called.
pub struct SpanReader<'a> {
    attribution: &'a dyn Attribution,
    names: Vec<Text>,
    known_names: FxHashMap<Text, NameId>,
    agents: Vec<AgentKey>,
    /// Keys as records spell them.
    known_agents: FxHashMap<AgentKey, AgentId>,
    /// What each agent is called in a tree.
    agent_labels: Vec<NameId>,
    canonical: FxHashMap<AgentKey, AgentId>,
}

impl<'a> SpanReader<'a> {
    /// Agents get the keys that `attribution` uses.
    pub fn new(attribution: &'a dyn Attribution) -> Self {
        Self {
            attribution,
            names: Vec::new(),
            known_names: FxHashMap::default(),
            agents: Vec::new(),
            known_agents: FxHashMap::default(),
            agent_labels: Vec::new(),
            canonical: FxHashMap::default(),
        }
    }

    /// The span of an event, if it has one.
    pub fn read(&mut self, event: &Event) -> Option<Span> {
        let span = event.span_id.as_ref()?.raw();
        let said = Said::of(event);
        let trace = said.unit.or_else(|| event.trace_id.clone()).unwrap_or_default();
        let parent = event.parent_span_id.as_ref().filter(|parent| !parent.is_empty());
        let parent = parent.map(|parent| SpanKey::of(trace.raw(), parent.raw())).or(said.linked);
        let is_conversation = event.session.is_some() && event.session == event.trace_id;
        let target = event.target.as_ref().filter(|target| !target.is_empty());
        Some(Span {
            key: SpanKey::of(trace.raw(), span),
            parent,
            event: event.id,
            kind: event.kind,
            agent: event.agent.as_ref().map(|agent| self.agent(agent)),
            label: self.label(event),
            user: event.on_behalf_of.as_ref().map(|user| self.name(user)),
            principal: event.principal.as_ref().map(|principal| self.name(principal)),
            target: target.map(|target| rustc_hash::FxBuildHasher.hash_one(target.raw())),
            start: nanoseconds(event.time),
            duration: event.duration,
            outcome: event.outcome,
            is_denied: u8::from(event.authorisation() == Authorisation::Refused),
            effect: event.effect,
            tokens: event.tokens_in.unwrap_or(0).saturating_add(event.tokens_out.unwrap_or(0)),
            cost: event.cost.unwrap_or(0),
            conversation: is_conversation.then(|| self.name(&trace)),
            above: said.above.as_ref().map(|above| self.name(above)),
            alias: said.alias.as_ref().map(|alias| self.name(alias)),
            marks: said.marks,
            trace: self.name(&trace),
        })
    }

    /// What the spans read so far are called.
    pub fn names(&self) -> Names<'_> {
        Names { names: &self.names, agents: &self.agents, labels: &self.agent_labels }
    }

    /// The agents met so far, by their number.
    pub fn agents(&self) -> &[AgentKey] {
        &self.agents
    }

    pub fn into_names(self) -> DelegationNames {
        DelegationNames { names: self.names, agents: self.agents, budgets: Vec::new() }
    }

    fn name(&mut self, text: &Text) -> NameId {
        if let Some(id) = self.known_names.get(text) {
            return *id;
        }
        let id = NameId(u32::try_from(self.names.len()).unwrap_or(u32::MAX));
        self.names.push(text.clone());
        self.known_names.insert(text.clone(), id);
        id
    }

    /// A case names few agents and names them often.
    fn agent(&mut self, key: &AgentKey) -> AgentId {
        if let Some(id) = self.known_agents.get(key) {
            return *id;
        }
        let canonical = self.attribution.canonical(key);
        let next = AgentId(u32::try_from(self.agents.len()).unwrap_or(u32::MAX));
        let id = *self.canonical.entry(canonical.clone()).or_insert(next);
        if id == next {
            let label = canonical.inner.clone().unwrap_or_else(|| canonical.name.clone());
            let label = self.name(&label);
            self.agent_labels.push(label);
            self.agents.push(canonical);
        }
        self.known_agents.insert(key.clone(), id);
        id
    }

    fn label(&mut self, event: &Event) -> NameId {
        let agent = event.agent.as_ref().map(|agent| agent.inner.as_ref().unwrap_or(&agent.name));
        let named = match event.kind {
            EventKind::AgentInvoke => event.target.as_ref().or(agent),
            EventKind::ModelCall => event.target.as_ref().or(event.model.as_ref()),
            EventKind::Handoff | EventKind::Exec => event.target.as_ref(),
            _ => None,
        };
        let label = named.or(event.action.as_ref()).filter(|name| !name.is_empty());
        match label {
            Some(label) => self.name(label),
            None => self.name(&Text::from(<&'static str>::from(event.kind))),
        }
    }
}

/// What spans are called.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    names: &'a [Text],
    agents: &'a [AgentKey],
    labels: &'a [NameId],
}

impl<'a> Names<'a> {
    /// The name as its source spells it; empty for a number that is not there.
    pub fn raw(&self, id: NameId) -> &'a str {
        self.text(id).map_or("", Text::raw)
    }

    pub fn text(&self, id: NameId) -> Option<&'a Text> {
        self.names.get(id.0 as usize)
    }

    /// What an agent is called in a tree.
    pub fn label_of(&self, agent: AgentId) -> NameId {
        self.labels.get(agent.0 as usize).copied().unwrap_or_default()
    }

    pub fn agent(&self, id: AgentId) -> Option<&'a AgentKey> {
        self.agents.get(id.0 as usize)
    }
}

/// Nanoseconds since 1970; the ends of what 64 bits hold stand for what is beyond them.
fn nanoseconds(time: jiff::Timestamp) -> i64 {
    let nanoseconds = time.as_nanosecond();
    i64::try_from(nanoseconds).unwrap_or(if nanoseconds < 0 { i64::MIN } else { i64::MAX })
}

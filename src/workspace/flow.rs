//! Where arguments come from and where data goes, conversation by conversation.

use jiff::Timestamp;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{Error, Workspace};
use crate::case::{Case, EventFilter};
use crate::domain::flow::Boundary;
use crate::domain::{Attribution, Event, EventId, EventKind, Text};
use crate::lineage::flow::{by_order, flows};
use crate::lineage::origins::{Threads, origins};
use crate::view::{FlowRow, OriginRow};

/// Events of a case that are held at a time, unless one conversation has more.
const HELD: u64 = 200_000;

/// Which conversations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConversationFocus {
    All,
    Trace(Text),
    Session(Text),
    /// The conversation of an event.
    Event(EventId),
    /// Those in which an agent takes part whose key contains this.
    AgentContaining(String),
}

/// Which flows.
#[derive(Clone, Copy, Debug, Default)]
pub struct FlowOptions {
    /// Only those that are known to leave.
    pub external_only: bool,
    /// Also what only the order in a conversation suggests.
    pub by_order: bool,
}

impl Workspace {
    /// Where the arguments of calls come from, by time. With one event in focus only those of this
    /// call.
    pub fn origins(&self, focus: &ConversationFocus) -> Result<Vec<OriginRow>, Error> {
        let mut rows = Vec::new();
        self.conversations(focus, &mut |events| {
            let by_id: FxHashMap<EventId, &Event> =
                events.iter().map(|event| (event.id, event)).collect();
            for found in origins(&events, &[]) {
                let is_asked = !matches!(focus, ConversationFocus::Event(id) if *id != found.call);
                let Some(call) = by_id.get(&found.call).filter(|_| is_asked) else { continue };
                rows.extend(found.arguments.into_iter().map(|argument| OriginRow {
                    call: found.call,
                    time: call.time,
                    agent: call.agent.clone(),
                    action: call.action.clone().unwrap_or_default(),
                    argument,
                }));
            }
            Ok(())
        })?;
        rows.sort_by_key(|row: &OriginRow| (row.time, row.call));
        Ok(rows)
    }

    /// Sensitive data on its way to what sent it, by the time of sending.
    pub fn flows(
        &self,
        focus: &ConversationFocus,
        options: FlowOptions,
    ) -> Result<Vec<FlowRow>, Error> {
        let rules = self.case().settings()?.data;
        let mut rows = Vec::new();
        self.conversations(focus, &mut |events| {
            let mut found = flows(&events, &origins(&events, &[]), &[], &rules);
            if options.by_order {
                found.extend(by_order(&events, &found, &rules));
            }
            let by_id: FxHashMap<EventId, &Event> =
                events.iter().map(|event| (event.id, event)).collect();
            let name = |id: &EventId| {
                let event = by_id.get(id)?;
                event.action.clone().or_else(|| event.target.clone())
            };
            for flow in found {
                let leaves = matches!(flow.boundary, Boundary::External { .. });
                if options.external_only && !leaves {
                    continue;
                }
                let Some(sent) = by_id.get(&flow.sink).map(|sink| sink.time) else { continue };
                let stations = flow.path.iter().map(|link| link.from).chain([flow.sink]);
                let steps = stations.map(|id| name(&id).unwrap_or_default()).collect();
                rows.push(FlowRow { sent, steps, flow });
            }
            Ok(())
        })?;
        rows.sort_by_key(|row: &FlowRow| (row.sent, row.flow.sink, row.flow.source));
        Ok(rows)
    }

    /// Hands on the events of whole conversations, as many of them at a time as may be held.
    fn conversations(
        &self,
        focus: &ConversationFocus,
        take: &mut dyn FnMut(Vec<Event>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let case = self.case();
        let mut known = Known::read(&case)?;
        let wanted: Vec<Conversation> = match focus {
            ConversationFocus::All => known.all(|_| true),
            ConversationFocus::Trace(trace) => known.with_trace(trace),
            ConversationFocus::Session(session) => known.with_session(session),
            ConversationFocus::Event(id) => {
                let event = case.event(id)?.ok_or_else(|| {
                    Error::usage("the case has no such event")
                        .with_hint("`diptych search kind:tool_call` lists calls with their ids.")
                })?;
                known.with_event(&event)
            }
            ConversationFocus::AgentContaining(part) => {
                let estate = self.latest()?;
                let takes_part = |event: &Event| {
                    let agent = event.agent.as_ref();
                    agent.is_some_and(|agent| estate.canonical(agent).visible().contains(part))
                };
                known.where_any(&case, takes_part)?
            }
        };
        let mut wanted = wanted.into_iter().peekable();
        while wanted.peek().is_some() {
            let mut held = Held::default();
            while let Some(next) = wanted.next_if(|next| held.has_room(next)) {
                held.add(&next);
            }
            let mut events = Vec::new();
            for event in case.events(held.filter()) {
                let event = event?;
                if known.number(&event).is_some_and(|number| held.numbers.contains(&number)) {
                    events.push(event);
                }
            }
            take(events)?;
        }
        Ok(())
    }
}

/// The conversations of a case in which something was called.
struct Known {
    threads: Threads,
    conversations: FxHashMap<usize, Conversation>,
}

#[derive(Clone, Copy)]
struct Conversation {
    number: usize,
    events: u64,
    from: Timestamp,
    until: Timestamp,
    has_call: bool,
}

impl Known {
    fn read(case: &Case) -> Result<Self, Error> {
        let mut threads = Threads::default();
        let mut parts: FxHashMap<usize, Conversation> = FxHashMap::default();
        for event in case.events(EventFilter { without_params: true, ..EventFilter::default() }) {
            let event = event?;
            let Some(number) = threads.add(&event) else { continue };
            let has_call = matches!(event.kind, EventKind::ToolCall | EventKind::Handoff);
            let one =
                Conversation { number, events: 1, from: event.time, until: event.time, has_call };
            parts.entry(number).and_modify(|known| known.join(&one)).or_insert(one);
        }
        let mut conversations: FxHashMap<usize, Conversation> = FxHashMap::default();
        for part in parts.into_values() {
            let number = threads.conversation(part.number);
            let part = Conversation { number, ..part };
            conversations.entry(number).and_modify(|known| known.join(&part)).or_insert(part);
        }
        conversations.retain(|_, conversation| conversation.has_call);
        Ok(Self { threads, conversations })
    }

    fn number(&mut self, event: &Event) -> Option<usize> {
        let number = self.threads.add(event)?;
        Some(self.threads.conversation(number))
    }

    /// By the time of their first event.
    fn all(&self, is_wanted: impl Fn(usize) -> bool) -> Vec<Conversation> {
        let wanted = self.conversations.values().filter(|one| is_wanted(one.number));
        let mut wanted: Vec<Conversation> = wanted.copied().collect();
        wanted.sort_by_key(|one| (one.from, one.number));
        wanted
    }

    fn only(&mut self, number: Option<usize>) -> Vec<Conversation> {
        let number = number.map(|number| self.threads.conversation(number));
        self.all(|conversation| number == Some(conversation))
    }

    fn with_trace(&mut self, trace: &Text) -> Vec<Conversation> {
        let number = self.threads.of_trace(trace);
        self.only(number)
    }

    fn with_session(&mut self, session: &Text) -> Vec<Conversation> {
        let number = self.threads.of_session(session);
        self.only(number)
    }

    fn with_event(&mut self, event: &Event) -> Vec<Conversation> {
        let number = self.threads.add(event);
        self.only(number)
    }

    fn where_any(
        &mut self,
        case: &Case,
        is_wanted: impl Fn(&Event) -> bool,
    ) -> Result<Vec<Conversation>, Error> {
        let mut numbers = FxHashSet::default();
        for event in case.events(EventFilter { without_params: true, ..EventFilter::default() }) {
            let event = event?;
            if is_wanted(&event) {
                numbers.extend(self.number(&event));
            }
        }
        Ok(self.all(|number| numbers.contains(&number)))
    }
}

impl Conversation {
    fn join(&mut self, other: &Self) {
        self.events += other.events;
        self.from = self.from.min(other.from);
        self.until = self.until.max(other.until);
        self.has_call |= other.has_call;
    }
}

/// Conversations that are read together.
#[derive(Default)]
struct Held {
    numbers: FxHashSet<usize>,
    events: u64,
    window: Option<(Timestamp, Timestamp)>,
}

impl Held {
    fn has_room(&self, next: &Conversation) -> bool {
        self.numbers.is_empty() || self.events.saturating_add(next.events) <= HELD
    }

    fn add(&mut self, next: &Conversation) {
        self.numbers.insert(next.number);
        self.events = self.events.saturating_add(next.events);
        let (from, until) = self.window.unwrap_or((next.from, next.until));
        self.window = Some((from.min(next.from), until.max(next.until)));
    }

    fn filter(&self) -> EventFilter {
        let (from, until) = self.window.unzip();
        EventFilter { from, until, ..EventFilter::default() }
    }
}

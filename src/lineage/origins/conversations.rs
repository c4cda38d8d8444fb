//! Which events belong together: one trace or session, and conversations that started one another.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::domain::{Event, EventLink, LinkKind, Text};

/// Conversations: events that share a trace or a session. Groups: conversations that are linked.
pub struct Conversations<'a> {
    events: &'a [Event],
    /// By the position of the event; `None` when it names neither trace nor session.
    of_event: Vec<Option<usize>>,
    group_of: FxHashMap<usize, usize>,
    delegated: FxHashSet<usize>,
}

impl<'a> Conversations<'a> {
    pub fn of(events: &'a [Event], ties: &[EventLink]) -> Self {
        let mut threads = Threads::default();
        let first_of: Vec<Option<usize>> = events.iter().map(|event| threads.add(event)).collect();
        let mut sets = threads.sets;
        let of_event: Vec<Option<usize>> =
            first_of.into_iter().map(|first| first.map(|first| sets.top(first))).collect();
        let mut positions = FxHashMap::default();
        for (event, conversation) in events.iter().zip(&of_event) {
            positions.extend(conversation.map(|conversation| (event.id, conversation)));
        }
        let mut delegated = FxHashSet::default();
        for tie in ties.iter().filter(|tie| tie.kind == LinkKind::Delegation) {
            let ends = (positions.get(&tie.from), positions.get(&tie.to));
            let (Some(from), Some(to)) = ends else { continue };
            if from != to {
                delegated.insert(*to);
                sets.join(*from, *to);
            }
        }
        let of_conversations = of_event.iter().flatten();
        let group_of = of_conversations.map(|number| (*number, sets.top(*number))).collect();
        Self { events, of_event, group_of, delegated }
    }

    /// Whether another conversation started this one.
    pub fn is_delegated(&self, conversation: usize) -> bool {
        self.delegated.contains(&conversation)
    }

    /// The events of each group with the number of their conversation.
    pub fn groups(&self) -> impl Iterator<Item = Vec<(&'a Event, usize)>> {
        let mut groups: FxHashMap<usize, Vec<(&'a Event, usize)>> = FxHashMap::default();
        for (event, conversation) in self.events.iter().zip(&self.of_event) {
            let Some(conversation) = conversation else { continue };
            let group = self.group_of.get(conversation).unwrap_or(conversation);
            groups.entry(*group).or_default().push((event, *conversation));
        }
        groups.into_values()
    }
}

/// Numbers for conversations: all that shares a trace or a session, over any way of both.
#[derive(Default)]
pub struct Threads {
    traces: FxHashMap<Text, usize>,
    sessions: FxHashMap<Text, usize>,
    sets: Sets,
}

impl Threads {
    /// Takes an event; `None` when it names neither trace nor session. The number stands for its
    /// conversation once all events are in: see [`Threads::conversation`].
    pub fn add(&mut self, event: &Event) -> Option<usize> {
        let Self { traces, sessions, sets } = self;
        let mut number = |names: &mut FxHashMap<Text, usize>, name: &Option<Text>| {
            let name = name.as_ref()?;
            if let Some(number) = names.get(name) {
                return Some(*number);
            }
            names.insert(name.clone(), sets.add());
            names.get(name).copied()
        };
        let (trace, session) = (number(traces, &event.trace_id), number(sessions, &event.session));
        if let (Some(trace), Some(session)) = (trace, session) {
            sets.join(trace, session);
        }
        trace.or(session)
    }

    pub fn of_trace(&self, trace: &Text) -> Option<usize> {
        self.traces.get(trace).copied()
    }

    pub fn of_session(&self, session: &Text) -> Option<usize> {
        self.sessions.get(session).copied()
    }

    /// The conversation that a number belongs to.
    pub fn conversation(&mut self, number: usize) -> usize {
        self.sets.top(number)
    }
}

/// Disjoint sets of numbers.
#[derive(Default)]
struct Sets(Vec<usize>);

impl Sets {
    fn add(&mut self) -> usize {
        self.0.push(self.0.len());
        self.0.len() - 1
    }

    /// The number that stands for a set; paths are halved on the way.
    fn top(&mut self, mut number: usize) -> usize {
        while let Some(above) = self.0.get(number).copied().filter(|above| *above != number) {
            let further = self.0.get(above).copied().unwrap_or(above);
            if let Some(slot) = self.0.get_mut(number) {
                *slot = further;
            }
            number = further;
        }
        number
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.top(one), self.top(other));
        if let Some(slot) = self.0.get_mut(one.max(other)) {
            *slot = one.min(other);
        }
    }
}

//! Events as lean rows: what ties need of each, in 64 bytes, so that ten million fit in memory.

use jiff::Timestamp;
use rustc_hash::FxHashMap;

use super::actor::{Actor, Actors, Granted};
use super::identifiers::{Identifiers, conversation};
use super::keys::NONE;
use crate::domain::{AgentKey, Attribution, AuthorityUse, Event, EventId, EventKind, RecordLayer};

/// Sources whose events are learned profiles: sums of many acts.
const AGGREGATES: &[&str] = &["kubescape"];

/// Hops from a credential back to the one with which it was asked for.
const LONGEST_CHAIN: usize = 16;

/// What ties need of one event.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub id: EventId,
    /// Nanoseconds since 1970.
    pub start: i64,
    pub end: i64,
    /// The trace, else the session; 0 when neither is named.
    pub conversation: u64,
    /// The host workload.
    pub agent: u32,
    /// The agent itself.
    pub inner: u32,
    /// The instance of the host workload.
    pub place: u32,
    source: u16,
    marks: u8,
    pub layer: Option<RecordLayer>,
    pub act: Option<AuthorityUse>,
}

const _: () = assert!(size_of::<Row>() <= 64);

/// What is so of a row.
#[derive(Clone, Copy)]
#[repr(u8)]
pub(super) enum Mark {
    /// The record tells how long it took.
    Ends = 1,
    /// A sum of many acts, or undated: no moment.
    NoMoment = 2,
    /// Holds a prompt.
    Prompt = 4,
    /// Several agents share its identity.
    Shared = 8,
    /// The span of an agent.
    Agent = 16,
    /// The enforcement point that wrote the record had authenticated who asked.
    Authenticated = 32,
    /// Names an identifier by which its layer is tied.
    Keyed = 64,
    /// The start of a process.
    Exec = 128,
}

impl Row {
    pub fn is(&self, mark: Mark) -> bool {
        self.marks & mark as u8 != 0
    }

    fn mark(&mut self, mark: Mark, is_so: bool) {
        if is_so {
            self.marks |= mark as u8;
        }
    }

    /// The format it was read from, by number.
    pub fn source(&self) -> u16 {
        self.source
    }

    pub fn has_other_source(&self, other: &Self) -> bool {
        self.source != other.source
    }
}

/// All rows, complete.
pub(super) struct Rows {
    pub rows: Vec<Row>,
    pub identifiers: Identifiers,
    pub agents: Vec<AgentKey>,
}

impl Rows {
    pub fn get(&self, row: u32) -> Option<&Row> {
        self.rows.get(row as usize)
    }

    pub fn layer(&self, row: u32) -> Option<RecordLayer> {
        self.get(row)?.layer
    }
}

/// Takes events one by one.
pub(super) struct Builder<'a> {
    actors: Actors<'a>,
    rows: Vec<Row>,
    identifiers: Identifiers,
    sources: FxHashMap<String, u16>,
}

impl<'a> Builder<'a> {
    pub fn new(attribution: &'a dyn Attribution) -> Self {
        Self {
            actors: Actors::new(attribution),
            rows: Vec::new(),
            identifiers: Identifiers::default(),
            sources: FxHashMap::default(),
        }
    }

    pub fn add(&mut self, event: &Event) {
        let layer = RecordLayer::of(event.kind);
        let act = AuthorityUse::of(event);
        let holds_together = event.span_id.is_some();
        if layer.is_none() && act.is_none() && !holds_together {
            return;
        }
        let granted = Granted::of(event);
        let actor = self.actors.of(event, granted.as_ref());
        let (agent, inner) = match actor {
            Actor::Known { host, inner } => (host, inner),
            Actor::Shared | Actor::Unknown => (NONE, NONE),
        };
        let pod = granted.as_ref().and_then(|granted| granted.pod.as_ref());
        let instance = event.instance.as_ref().or(pod).filter(|name| !name.is_empty());
        let start = nanoseconds(event.time);
        let length = event.duration.filter(|length| *length >= 0);
        let mut row = Row {
            id: event.id,
            start,
            end: start.saturating_add(length.unwrap_or(0)),
            conversation: conversation(event),
            agent,
            inner,
            place: instance.map_or(NONE, |name| self.actors.instance(actor, name)),
            source: self.source(event),
            marks: 0,
            layer,
            act,
        };
        let sums_up = AGGREGATES.contains(&event.source.raw()) && event.kind != EventKind::Alert;
        let has_prompt =
            || event.params.as_ref().is_some_and(|it| it.raw().contains("prompt_digest"));
        row.mark(Mark::Ends, length.is_some());
        row.mark(Mark::NoMoment, sums_up || start == 0);
        row.mark(Mark::Prompt, event.kind == EventKind::ModelCall && has_prompt());
        row.mark(Mark::Shared, actor == Actor::Shared);
        row.mark(Mark::Agent, event.kind == EventKind::AgentInvoke);
        row.mark(Mark::Authenticated, is_authenticated(event));
        row.mark(Mark::Exec, event.kind == EventKind::Exec);
        let number = u32::try_from(self.rows.len()).unwrap_or(NONE);
        let is_keyed = self.identifiers.note(number, event, granted.as_ref(), row.place);
        row.mark(Mark::Keyed, is_keyed);
        self.rows.push(row);
    }

    fn source(&mut self, event: &Event) -> u16 {
        let next = u16::try_from(self.sources.len()).unwrap_or(u16::MAX);
        match self.sources.get(event.source.raw()) {
            Some(number) => *number,
            None => *self.sources.entry(event.source.raw().to_owned()).or_insert(next),
        }
    }

    /// All rows, each event once: a scope may name it twice, and of two records of one event (a log
    /// record that repeats its span) the one that says more is kept.
    pub fn finish(mut self) -> Rows {
        let mut order: Vec<(EventId, bool, i64, std::cmp::Reverse<i64>, u32)> = (0_u32..)
            .zip(&self.rows)
            .map(|(at, row)| {
                (row.id, !row.is(Mark::Ends), row.start, std::cmp::Reverse(row.end), at)
            })
            .collect();
        order.sort_unstable();
        let mut is_again = vec![false; self.rows.len()];
        for [(id, ..), (again, .., at)] in order.array_windows() {
            let at = *at as usize;
            if let (true, Some(is_again), Some(row)) =
                (id == again, is_again.get_mut(at), self.rows.get_mut(at))
            {
                *is_again = true;
                (row.layer, row.act, row.place) = (None, None, NONE);
            }
        }
        drop(order);
        for keys in self.identifiers.all() {
            keys.sort(|row| is_again.get(row as usize) == Some(&false));
        }
        let Self { actors, rows, identifiers, .. } = self;
        let mut rows = Rows { rows, identifiers, agents: actors.agents };
        place_by_credential(&mut rows);
        rows
    }
}

/// A record that names a credential and no instance was written about the instance to which that
/// credential was given, when there is one.
fn place_by_credential(rows: &mut Rows) {
    let mut issue_of: FxHashMap<u32, u32> = FxHashMap::default();
    for (issues, uses) in rows.identifiers.credentials.groups() {
        let [issue] = issues else { continue };
        issue_of.extend(uses.iter().map(|used| (used.row, issue.row)));
    }
    let holder = |row: u32| {
        let mut at = row;
        for _ in 0..LONGEST_CHAIN {
            at = *issue_of.get(&at)?;
            let issue = rows.get(at)?;
            if issue.agent != NONE && issue.layer == Some(RecordLayer::Identity) {
                return Some((issue.agent, issue.inner, issue.place));
            }
        }
        None
    };
    let held: Vec<_> = issue_of
        .keys()
        .filter(|row| rows.get(**row).is_some_and(|row| row.agent == NONE || row.place == NONE))
        .filter_map(|row| Some((*row, holder(*row)?)))
        .collect();
    for (row, (agent, inner, place)) in held {
        let Some(row) = rows.rows.get_mut(row as usize) else { continue };
        if row.agent == NONE {
            (row.agent, row.inner) = (agent, inner);
        }
        if row.agent == agent && row.place == NONE {
            row.place = place;
        }
    }
}

fn is_authenticated(event: &Event) -> bool {
    const NOBODY: &[&str] = &["system:anonymous", "system:unauthenticated", "anonymous"];
    matches!(event.kind, EventKind::K8sApi | EventKind::CloudApi)
        && event.principal.as_ref().is_some_and(|name| !NOBODY.contains(&name.raw()))
}

/// Nanoseconds since 1970, at the ends of what 64 bits hold for times outside of 1677 to 2262.
pub(super) fn nanoseconds(time: Timestamp) -> i64 {
    let time = time.as_nanosecond();
    i64::try_from(time).unwrap_or(if time < 0 { i64::MIN } else { i64::MAX })
}

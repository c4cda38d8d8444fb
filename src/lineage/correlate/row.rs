//! Events as lean rows: what ties need of each, in 64 bytes, so that ten million fit in memory.

use jiff::Timestamp;
use rustc_hash::FxHashMap;
use serde_json::Value;

use super::actor::{Actor, Actors, Granted};
use super::keys::{Keys, NONE, number};
use crate::domain::{AgentKey, Attribution, AuthorityUse, Event, EventId, EventKind, RecordLayer};

/// Sources whose events are learned profiles: sums of many acts.
const AGGREGATES: &[&str] = &["kubescape"];

/// Identifiers shorter than this are not unique over accounts and tenants.
const UNIQUE: usize = 16;

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

/// Identifiers by kind.
#[derive(Debug, Default)]
pub(super) struct Identifiers {
    pub spans: Keys,
    /// Calls within a trace, within a session, within a capture.
    pub calls: [Keys; 3],
    pub credentials: Keys,
    pub requests: Keys,
    pub processes: Keys,
    pub connections: Keys,
}

impl Identifiers {
    fn all(&mut self) -> impl Iterator<Item = &mut Keys> {
        let Self { spans, calls, credentials, requests, processes, connections } = self;
        [spans, credentials, requests, processes, connections].into_iter().chain(calls)
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
        let is_keyed = self.identify(number, event, granted.as_ref(), row.place);
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

    /// Notes the identifiers of an event; whether there was one that ties records of its layer.
    fn identify(&mut self, row: u32, event: &Event, granted: Option<&Granted>, place: u32) -> bool {
        let known = &mut self.identifiers;
        let trace = event.trace_id.as_ref().map(|trace| trace.raw());
        let mut is_keyed = false;
        if let (Some(trace), Some(span)) = (trace, &event.span_id) {
            known.spans.give(row, &[trace], span.raw());
        }
        if let (Some(trace), Some(parent)) = (trace, &event.parent_span_id)
            && !parent.is_empty()
        {
            known.spans.take(row, &[trace], parent.raw());
            is_keyed = true;
        }
        let call = event.call_id.as_ref().map(|call| call.raw()).filter(|call| !call.is_empty());
        if let (Some(call), Some((gives, takes))) = (call, call_roles(event.kind)) {
            let capture = event.evidence.evidence.to_string();
            let scopes = [trace.map(|id| ["", id]), session(event), Some(["", capture.as_str()])];
            for (keys, scope) in known.calls.iter_mut().zip(scopes) {
                let Some(scope) = scope else { continue };
                if gives {
                    keys.give(row, &scope, call);
                }
                if takes {
                    keys.take(row, &scope, call);
                }
            }
            is_keyed = true;
        }
        let boundary = event.tenant.as_ref().or(event.account.as_ref());
        let boundary = boundary.map_or("", |boundary| boundary.raw());
        // A short identifier is unique in its account or tenant at most.
        let scope = |identifier: &str| if identifier.len() < UNIQUE { boundary } else { "" };
        if let Some(used) = event.credential_id.as_ref().filter(|used| !used.is_empty()) {
            known.credentials.take(row, &[scope(used.raw())], used.raw());
        }
        if let Some(issued) = granted.and_then(|granted| granted.credential.as_ref()) {
            known.credentials.give(row, &[scope(issued.raw())], issued.raw());
            is_keyed = true;
        }
        let asks = matches!(event.kind, EventKind::CloudApi | EventKind::IdentityHop);
        if let Some(request) = call.filter(|_| asks || event.kind == EventKind::PolicyDecision) {
            if asks {
                known.requests.give(row, &[boundary], request);
            }
            known.requests.take(row, &[boundary], request);
        }
        let is_kernel = matches!(
            event.kind,
            EventKind::Exec | EventKind::File | EventKind::Syscall | EventKind::Egress
        ) || event.kind == EventKind::Ingress;
        // A connection needs an instance to be told from the same one elsewhere.
        if let (EventKind::Egress, Some(target), true) = (event.kind, &event.target, place != NONE)
        {
            known.connections.give(row, &[&place.to_string()], target.raw());
        }
        if let (Some(process), true) = (call, is_kernel) {
            let realm = event.account.as_ref().map_or("", |realm| realm.raw());
            let parent = parent_process(event);
            match event.kind {
                EventKind::Exec => known.processes.give(row, &[realm], process),
                _ => known.processes.take(row, &[realm], process),
            }
            if let Some(parent) = parent.filter(|_| event.kind == EventKind::Exec) {
                known.processes.take(row, &[realm], &parent);
            }
        }
        is_keyed
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

/// Whether an event stands for a call, and whether it refers to one.
fn call_roles(kind: EventKind) -> Option<(bool, bool)> {
    match kind {
        EventKind::ToolCall => Some((true, false)),
        EventKind::ToolResult | EventKind::PolicyDecision | EventKind::Guardrail => {
            Some((false, true))
        }
        _ => None,
    }
}

/// The execution that started this one.
fn parent_process(event: &Event) -> Option<String> {
    let params = event.params.as_ref().filter(|params| params.raw().contains("parent_exec_id"))?;
    let params: Value = serde_json::from_str(params.raw()).ok()?;
    params.get("parent_exec_id")?.as_str().filter(|id| !id.is_empty()).map(str::to_owned)
}

fn is_authenticated(event: &Event) -> bool {
    const NOBODY: &[&str] = &["system:anonymous", "system:unauthenticated", "anonymous"];
    matches!(event.kind, EventKind::K8sApi | EventKind::CloudApi)
        && event.principal.as_ref().is_some_and(|name| !NOBODY.contains(&name.raw()))
}

/// The trace, else the session, as a number that is not 0.
fn conversation(event: &Event) -> u64 {
    let trace = event.trace_id.as_ref().map(|id| id.raw()).filter(|id| !id.is_empty());
    let trace = trace.map(|id| number(&["trace"], id));
    let session = || session(event).map(|[realm, id]| number(&["session", realm], id));
    trace.or_else(session).map_or(0, |number| number.max(1))
}

/// The realm and the session. Sessions are named by whoever runs them: a short name may be another
/// session elsewhere.
fn session(event: &Event) -> Option<[&str; 2]> {
    let id = event.session.as_ref().map(|id| id.raw()).filter(|id| !id.is_empty())?;
    let realm = event.agent.as_ref().map_or("", |agent| agent.realm.raw());
    Some([if id.len() < UNIQUE { realm } else { "" }, id])
}

/// Nanoseconds since 1970, at the ends of what 64 bits hold for times outside of 1677 to 2262.
pub(super) fn nanoseconds(time: Timestamp) -> i64 {
    let time = time.as_nanosecond();
    i64::try_from(time).unwrap_or(if time < 0 { i64::MIN } else { i64::MAX })
}

//! The identifiers of an event, each in the scope within which it is unique.

use serde_json::Value;

use super::actor::Granted;
use super::keys::{Keys, NONE, number};
use crate::domain::{Event, EventKind, RecordLayer, Text};

/// Identifiers shorter than this are not unique over accounts, tenants and realms.
const UNIQUE: usize = 16;

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
    pub fn all(&mut self) -> impl Iterator<Item = &mut Keys> {
        let Self { spans, calls, credentials, requests, processes, connections } = self;
        [spans, credentials, requests, processes, connections].into_iter().chain(calls)
    }

    /// Notes the identifiers of an event; whether there was one that ties records of its layer.
    pub fn note(&mut self, row: u32, event: &Event, granted: Option<&Granted>, place: u32) -> bool {
        let is_beneath = self.note_span(row, event);
        let is_called = self.note_call(row, event);
        let is_issue = self.note_credential(row, event, granted);
        self.note_request(row, event);
        self.note_process(row, event, place);
        is_beneath || is_called || is_issue
    }

    /// Spans are unique in their trace, and traces everywhere.
    fn note_span(&mut self, row: u32, event: &Event) -> bool {
        let Some(trace) = filled(&event.trace_id) else { return false };
        if let Some(span) = filled(&event.span_id) {
            self.spans.give(row, &[trace], span);
        }
        let parent = filled(&event.parent_span_id);
        if let Some(parent) = parent {
            self.spans.take(row, &[trace], parent);
        }
        parent.is_some()
    }

    /// Call ids are unique in their trace, in their session, or in the capture they were read from.
    fn note_call(&mut self, row: u32, event: &Event) -> bool {
        let Some(call) = filled(&event.call_id) else { return false };
        let gives = match event.kind {
            EventKind::ToolCall => true,
            EventKind::ToolResult | EventKind::PolicyDecision | EventKind::Guardrail => false,
            _ => return false,
        };
        let capture = event.evidence.evidence.to_string();
        let trace = filled(&event.trace_id).map(|trace| ["", trace]);
        let scopes = [trace, session(event), Some(["", capture.as_str()])];
        for (keys, scope) in self.calls.iter_mut().zip(scopes) {
            match scope {
                Some(scope) if gives => keys.give(row, &scope, call),
                Some(scope) => keys.take(row, &scope, call),
                None => {}
            }
        }
        true
    }

    fn note_credential(&mut self, row: u32, event: &Event, granted: Option<&Granted>) -> bool {
        let boundary = boundary(event);
        let scope = |identifier: &str| if identifier.len() < UNIQUE { boundary } else { "" };
        if let Some(used) = filled(&event.credential_id) {
            self.credentials.take(row, &[scope(used)], used);
        }
        let issued = granted.and_then(|granted| filled(&granted.credential));
        if let Some(issued) = issued {
            self.credentials.give(row, &[scope(issued)], issued);
        }
        issued.is_some()
    }

    /// Request and correlation ids are unique in their account or tenant.
    fn note_request(&mut self, row: u32, event: &Event) {
        let Some(request) = filled(&event.call_id) else { return };
        let asks = matches!(event.kind, EventKind::CloudApi | EventKind::IdentityHop);
        if asks {
            self.requests.give(row, &[boundary(event)], request);
        }
        if asks || event.kind == EventKind::PolicyDecision {
            self.requests.take(row, &[boundary(event)], request);
        }
    }

    /// Executions are unique in their cluster, connections on their instance.
    fn note_process(&mut self, row: u32, event: &Event, place: u32) {
        let layer = RecordLayer::of(event.kind);
        if !matches!(layer, Some(RecordLayer::Kernel | RecordLayer::Network)) {
            return;
        }
        if let (EventKind::Egress, Some(target), true) =
            (event.kind, filled(&event.target), place != NONE)
        {
            self.connections.give(row, &[&place.to_string()], target);
        }
        let Some(process) = filled(&event.call_id) else { return };
        let realm = filled(&event.account).unwrap_or_default();
        if event.kind != EventKind::Exec {
            return self.processes.take(row, &[realm], process);
        }
        self.processes.give(row, &[realm], process);
        if let Some(parent) = parent_process(event) {
            self.processes.take(row, &[realm], &parent);
        }
    }
}

fn filled(text: &Option<Text>) -> Option<&str> {
    text.as_ref().map(Text::raw).filter(|text| !text.is_empty())
}

/// The tenant, else the account.
fn boundary(event: &Event) -> &str {
    filled(&event.tenant).or(filled(&event.account)).unwrap_or_default()
}

/// The execution that started this one.
fn parent_process(event: &Event) -> Option<String> {
    let params = event.params.as_ref().filter(|params| params.raw().contains("parent_exec_id"))?;
    let params: Value = serde_json::from_str(params.raw()).ok()?;
    params.get("parent_exec_id")?.as_str().filter(|id| !id.is_empty()).map(str::to_owned)
}

/// The trace, else the session, as a number; 0 when neither is named.
pub(super) fn conversation(event: &Event) -> u64 {
    let trace = filled(&event.trace_id).map(|trace| number(&["trace"], trace));
    let session = || session(event).map(|[realm, id]| number(&["session", realm], id));
    trace.or_else(session).map_or(0, |number| number.max(1))
}

/// The realm and the session. Sessions are named by whoever runs them: a short name may be another
/// session elsewhere.
fn session(event: &Event) -> Option<[&str; 2]> {
    let id = filled(&event.session)?;
    let realm = event.agent.as_ref().map_or("", |agent| agent.realm.raw());
    Some([if id.len() < UNIQUE { realm } else { "" }, id])
}

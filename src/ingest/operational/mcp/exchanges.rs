//! What only a whole file of messages shows: which answer belongs to which request, what the server
//! calls itself, in which revision of the protocol it speaks, and which pages are one list.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::messages::RESPONSE;
use super::{ID, names};
use crate::domain::coverage::CoverageScope;
use crate::domain::{Coverage, Event, EventKind, Plane, Text};

/// Requests that wait for their answer; when there are more, all are given up as not answered.
const WAITING: usize = 10_000;

/// Joins the events of one file on their way to the sink. A request is held back until its answer is
/// there, and then says what came of it.
#[derive(Debug)]
pub struct Exchanges {
    /// What a server is called that nobody names.
    unnamed: Text,
    /// What it calls itself, once it has said so.
    own_name: Option<Text>,
    protocol: Option<Text>,
    waiting: BTreeMap<Text, Event>,
    listings: Vec<Listing>,
}

/// One listing of a server's tools, over all its pages.
#[derive(Debug)]
struct Listing {
    server: Text,
    from: Timestamp,
    until: Timestamp,
    /// The request that the last page answered.
    call: Option<Text>,
    /// The first page is there.
    has_begin: bool,
    /// Where the next page begins.
    next: Option<String>,
}

impl Exchanges {
    pub fn new(file: &str) -> Self {
        Self {
            unnamed: names::server(file).into(),
            own_name: None,
            protocol: None,
            waiting: BTreeMap::new(),
            listings: Vec::new(),
        }
    }

    /// Hands on the event, or those that it completes.
    pub fn pass(&mut self, mut event: Event, emit: &mut dyn FnMut(Event)) {
        if event.source != ID {
            return emit(event);
        }
        let is_answer = matches!(event.kind, EventKind::Catalog | EventKind::ToolResult)
            || event.action.as_ref().is_some_and(|action| *action == RESPONSE);
        match event.call_id.clone() {
            Some(call) if !is_answer => {
                self.name(&mut event);
                if let Some(protocol) = param(&event, "protocolVersion") {
                    self.protocol = Some(protocol.into());
                }
                if self.waiting.len() >= WAITING {
                    std::mem::take(&mut self.waiting).into_values().for_each(&mut *emit);
                }
                // A second session in the file counts its requests from one again.
                if let Some(unanswered) = self.waiting.insert(call, event) {
                    emit(unanswered);
                }
            }
            call => {
                let mut request = call.and_then(|call| self.waiting.remove(&call));
                self.learn(request.as_ref(), &event);
                self.name(&mut event);
                if let Some(request) = &mut request {
                    self.name(request);
                    answer(request, &mut event);
                }
                if event.kind == EventKind::Catalog {
                    self.listed(request.as_ref(), &mut event);
                }
                request.into_iter().for_each(&mut *emit);
                emit(event);
            }
        }
    }

    /// Hands on what was never answered, and says what the listings covered.
    pub fn finish(&mut self, emit: &mut dyn FnMut(Event)) -> Vec<Coverage> {
        std::mem::take(&mut self.waiting).into_values().for_each(emit);
        std::mem::take(&mut self.listings).into_iter().map(Listing::coverage).collect()
    }

    /// Takes from an answer what it says of its server.
    fn learn(&mut self, request: Option<&Event>, answer: &Event) {
        let is_unnamed = |event: &Event| event.target.as_ref() == Some(&self.unnamed);
        if request.is_none_or(is_unnamed) && !is_unnamed(answer) {
            self.own_name = answer.target.clone();
        }
        if answer.kind == EventKind::Catalog
            && answer.action.is_none()
            && let Some(protocol) = param(answer, "protocolVersion")
        {
            self.protocol = Some(protocol.into());
        }
    }

    fn name(&self, event: &mut Event) {
        if event.target.as_ref() == Some(&self.unnamed)
            && let Some(name) = &self.own_name
        {
            event.target = Some(name.clone());
        }
    }

    /// Dates every page of a listing to its first, so that they are one state of the catalog.
    fn listed(&mut self, request: Option<&Event>, event: &mut Event) {
        if let Some(protocol) = &self.protocol {
            insert(event, "protocolVersion", protocol.raw());
        }
        let is_tool = event.action.is_some() || param(event, "part").as_deref() == Some("tools");
        if !is_tool || event.time == Timestamp::UNIX_EPOCH {
            return;
        }
        let server = event.target.clone().unwrap_or_default();
        let open = self.listings.iter_mut().rev().find(|listing| listing.server == server);
        let next = param(event, "nextCursor");
        let cursor = request.and_then(|request| param(request, "cursor"));
        match open {
            Some(open) if open.call == event.call_id && open.until == event.time => {
                event.time = open.from;
            }
            Some(open) if cursor.is_some() && open.next == cursor => {
                open.until = event.time;
                open.call = event.call_id.clone();
                open.next = next;
                event.time = open.from;
            }
            _ => self.listings.push(Listing {
                server,
                from: event.time,
                until: event.time,
                call: event.call_id.clone(),
                has_begin: cursor.is_none(),
                next,
            }),
        }
    }
}

impl Listing {
    fn coverage(self) -> Coverage {
        let missed = [
            (!self.has_begin, "the first page of the list is not there"),
            (self.next.is_some(), "the list goes on; its next page is not there"),
        ];
        let missed = missed.into_iter().filter(|(is_missed, _)| *is_missed);
        let missed: Vec<Text> = missed.map(|(_, why)| why.into()).collect();
        Coverage {
            source: ID.into(),
            plane: Plane::Catalog,
            scope: CoverageScope::Realm { realm: Text::default() },
            from: self.from,
            until: self.until,
            acts: Vec::new(),
            partial: !missed.is_empty(),
            missed,
        }
    }
}

/// Tells each of the two what the other one knows.
fn answer(request: &mut Event, answer: &mut Event) {
    request.outcome = answer.outcome;
    request.error = answer.error.clone();
    request.output_digest = answer.output_digest;
    request.duration = answer.time.duration_since(request.time).as_nanos().try_into().ok();
    answer.trace_id = request.trace_id.clone();
    answer.parent_span_id = request.parent_span_id.clone();
    match request.kind {
        // An error of the protocol is a result of the call as well; one that asks for more is not.
        EventKind::ToolCall if answer.outcome.is_some() => {
            answer.kind = EventKind::ToolResult;
            answer.action = request.action.clone();
            answer.target_kind = request.target_kind.clone();
        }
        _ if answer.kind == EventKind::Other => {
            let method = request.action.as_ref().map_or("", Text::raw);
            insert(answer, "method", method.strip_prefix("mcp ").unwrap_or("tools/call"));
        }
        _ => {}
    }
}

/// A string among the parameters.
fn param(event: &Event, key: &str) -> Option<String> {
    let params = event.params.as_ref()?;
    if event.kind == EventKind::ToolCall || !params.raw().contains(key) {
        return None;
    }
    let params: BTreeMap<&str, Value> = serde_json::from_str(params.raw()).ok()?;
    params.get(key)?.as_str().map(str::to_owned)
}

/// Adds a string to the parameters.
fn insert(event: &mut Event, key: &str, value: &str) {
    let params = event.params.as_ref().map_or("{}", Text::raw);
    if let Ok(mut params @ Value::Object(_)) = serde_json::from_str::<Value>(params) {
        params[key] = value.into();
        event.params = Some(params.to_string().into());
    }
}

#[cfg(test)]
mod tests;

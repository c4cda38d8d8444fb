//! One act seen by several recorders: an agent framework's tool span, the MCP client's span inside
//! it and the server's inside that are one tool call.
//!
//! Joined by exact keys only: the same call id in one trace, or a parent span that is a call of the
//! same tool. The outermost record is the act, the others are echoes of it. Spans are exported when
//! they end, so an echo often arrives before its act and is taken back then. A result with the call's
//! id settles what came of a call whose own record does not say.

use jiff::Timestamp;

use super::recent::{Recent, key};
use crate::domain::{Authorisation, Event, EventId, Outcome, Text};

/// Calls are joined while they lie within this many of each other.
const WITHIN: usize = 100_000;

/// More echoes of one call than this are counted as calls of their own.
const MOST_ECHOES: usize = 64;

/// Chains of echoes are as long as there are layers of instrumentation, so a bound is no loss.
const LAYERS: usize = 16;

/// A tool call that was counted, with what it takes to take it back.
#[derive(Clone, Debug, PartialEq)]
pub struct Act {
    pub agent: u32,
    pub capability: u32,
    pub run: Text,
    pub event: EventId,
    pub time: Timestamp,
    pub source: Text,
    pub authorisation: Authorisation,
    /// A decision for it was recorded.
    pub decided: bool,
}

/// What one more record of a tool call means.
#[derive(Debug, PartialEq)]
pub struct Placement {
    /// The act that the record echoes; `None` when the record is an act itself.
    pub echo_of: Option<Act>,
    /// Acts counted earlier that turn out to be echoes.
    pub taken_back: Vec<Act>,
}

/// The tool calls seen lately.
pub struct Acts {
    acts: Recent<EventId, Known>,
    by_span: Recent<u64, EventId>,
    by_call: Recent<u64, EventId>,
    /// Counted acts by the parent span they name, waiting for that span.
    waiting: Recent<u64, Vec<EventId>>,
    /// The parents of spans that only pass a call on.
    passed_on: Recent<u64, u64>,
    /// Calls without an outcome, by source and call id, waiting for their result.
    unsettled: Recent<u64, EventId>,
}

enum Known {
    Act(Act),
    EchoOf(EventId),
}

impl Acts {
    pub fn new() -> Self {
        Self {
            acts: Recent::new(WITHIN),
            by_span: Recent::new(WITHIN),
            by_call: Recent::new(WITHIN),
            waiting: Recent::new(WITHIN),
            passed_on: Recent::new(WITHIN),
            unsettled: Recent::new(WITHIN),
        }
    }

    /// Places one record among those seen lately. `act` is how it is counted if it is an act.
    pub fn place(&mut self, event: &Event, act: Act) -> Placement {
        let Some(Keys { own, parent, call }) = keys(event, event.action.as_ref()) else {
            self.admit(event, act);
            return Placement { echo_of: None, taken_back: Vec::new() };
        };
        let outer = parent
            .and_then(|parent| self.outer_span(parent))
            .or_else(|| self.root(*self.by_call.get(&call?)?));
        let root = outer.as_ref().map_or(act.event, |outer| outer.event);
        let waiting = own.and_then(|own| self.waiting.remove(&own)).unwrap_or_default();
        let taken_back = self.take_back(waiting, root);
        if let Some(own) = own {
            self.by_span.insert(own, root);
        }
        if let Some(call) = call {
            self.by_call.insert(call, root);
        }
        if outer.is_none() {
            if let Some(parent) = parent {
                let outermost = self.outermost(parent);
                self.wait(outermost, vec![act.event]);
            }
            self.admit(event, act);
        }
        Placement { echo_of: outer, taken_back }
    }

    /// A span that is no call of its own but passes one on: it joins what is below it to what is
    /// above. Returns the act above and the acts below that turn out to be its echoes.
    pub fn pass_on(&mut self, event: &Event, tool: &Text) -> Option<(Act, Vec<Act>)> {
        let Keys { own, parent, .. } = keys(event, Some(tool))?;
        let (own, parent) = (own?, parent?);
        self.passed_on.insert(own, parent);
        let waiting = self.waiting.remove(&own)?;
        match self.outer_span(parent) {
            Some(outer) => {
                let taken_back = self.take_back(waiting, outer.event);
                Some((outer, taken_back))
            }
            None => {
                let outermost = self.outermost(parent);
                self.wait(outermost, waiting);
                None
            }
        }
    }

    /// The call that a successful result settles: allowed, though its own record does not say so.
    pub fn settle(&mut self, result: &Event) -> Option<Act> {
        if result.outcome != Some(Outcome::Success) {
            return None;
        }
        let call = result.call_id.as_ref()?;
        let id = self.unsettled.remove(&key(&(&result.source, call)))?;
        let root = self.root(id)?.event;
        let Known::Act(act) = self.acts.get_mut(&root)? else {
            return None;
        };
        let undecided = act.clone();
        act.authorisation = Authorisation::Allowed;
        (undecided.authorisation == Authorisation::Undecided).then_some(undecided)
    }

    /// The act was counted under another capability after all.
    pub fn refine(&mut self, event: EventId, capability: u32) {
        if let Some(Known::Act(act)) = self.acts.get_mut(&event) {
            act.capability = capability;
        }
    }

    fn admit(&mut self, event: &Event, act: Act) {
        if let (Authorisation::Undecided, Some(call)) = (act.authorisation, &event.call_id) {
            self.unsettled.insert(key(&(&event.source, call)), act.event);
        }
        self.acts.insert(act.event, Known::Act(act));
    }

    fn take_back(&mut self, echoes: Vec<EventId>, root: EventId) -> Vec<Act> {
        let mut taken_back = Vec::new();
        for echo in echoes.into_iter().filter(|echo| *echo != root) {
            if let Some(Known::Act(echo)) = self.acts.remove(&echo) {
                self.acts.insert(echo.event, Known::EchoOf(root));
                taken_back.push(echo);
            }
        }
        taken_back
    }

    fn wait(&mut self, parent: u64, mut acts: Vec<EventId>) {
        match self.waiting.get_mut(&parent) {
            Some(waiting) => {
                waiting.append(&mut acts);
                waiting.truncate(MOST_ECHOES);
            }
            None => self.waiting.insert(parent, acts),
        }
    }

    /// The span above all those that only pass on.
    fn outermost(&self, mut span: u64) -> u64 {
        for _ in 0..LAYERS {
            match self.passed_on.get(&span) {
                Some(parent) => span = *parent,
                None => break,
            }
        }
        span
    }

    fn outer_span(&self, span: u64) -> Option<Act> {
        self.root(*self.by_span.get(&self.outermost(span))?)
    }

    /// The act behind an id, over the echoes in between.
    fn root(&self, mut id: EventId) -> Option<Act> {
        for _ in 0..LAYERS {
            match self.acts.get(&id)? {
                Known::Act(act) => return Some(act.clone()),
                Known::EchoOf(outer) => id = *outer,
            }
        }
        None
    }
}

struct Keys {
    own: Option<u64>,
    parent: Option<u64>,
    call: Option<u64>,
}

/// The keys of one record; none without a trace or session in which ids mean something.
fn keys(event: &Event, tool: Option<&Text>) -> Option<Keys> {
    let scope = event.trace_id.as_ref().or(event.session.as_ref())?;
    let span_key = |span: &Text| key(&(scope, tool, span));
    Some(Keys {
        own: event.span_id.as_ref().map(span_key),
        parent: event.parent_span_id.as_ref().map(span_key),
        call: event.call_id.as_ref().map(|call| key(&(scope, call))),
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    /// Places tool spans given as (span, parent, call id) and returns how many acts remain.
    #[track_caller]
    fn check(spans: &[(&str, &str, &str)], expected: usize) {
        let mut acts = Acts::new();
        let mut counted = 0;
        for (number, (span, parent, call)) in spans.iter().enumerate() {
            let some = |text: &&str| (!text.is_empty()).then(|| Text::from(*text));
            let mut event = fixture::tool(&format!("{number}"), 0.0, "search");
            event.trace_id = Some("t".into());
            event.span_id = some(span);
            event.parent_span_id = some(parent);
            event.call_id = some(call);
            let placement = acts.place(&event, fixture::act(&event));
            counted += usize::from(placement.echo_of.is_none());
            counted -= placement.taken_back.len();
        }
        assert_eq!(counted, expected, "{spans:?}");
    }

    #[test]
    fn echoes_count_once_in_any_order() {
        let chain = [("a", "agent", ""), ("b", "a", ""), ("c", "b", "")];
        for order in [[0, 1, 2], [2, 1, 0], [2, 0, 1], [1, 2, 0], [1, 0, 2], [0, 2, 1]] {
            let spans: Vec<_> = order.iter().filter_map(|&at| chain.get(at).copied()).collect();
            check(&spans, 1);
        }
        check(&[("b", "a", ""), ("c", "a", ""), ("a", "agent", "")], 1);
        check(&[("a", "", "call"), ("x", "", "call")], 1);
    }

    #[test]
    fn calls_beside_each_other_count_apart() {
        check(&[("a", "agent", ""), ("b", "agent", "")], 2);
        check(&[("a", "agent", "1"), ("b", "agent", "2")], 2);
        check(&[("", "", ""), ("", "", "")], 2);
    }

    #[test]
    fn cycles_end() {
        check(&[("a", "b", ""), ("b", "a", "")], 1);
        check(&[("a", "a", "")], 1);
    }
}

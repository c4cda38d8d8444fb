//! The spans of one document → events: one for each span, and those that a span tells of besides: the
//! verdicts and tool results during it, the tools that a model was given, the hand-offs it asked for.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use super::mapping::{context, event};
use super::operation::{self, Operation};
use super::origins::Origins;
use super::params::Params;
use super::transfer::{self, Transfer};
use super::tree::Tree;
use super::{Span, guardrail, offered, sampling, span_events};
use crate::domain::coverage::CoverageScope;
use crate::domain::{
    AgentKey, Coverage, Digest, Event, EventId, EventKind, Outcome, Text, digest_of,
};
use crate::ingest::coverage::SPAN_PLANES;
use crate::ingest::sink::Window;
use crate::ingest::{Document, Sink};

/// Ids of events that are told beside a span, apart from those of spans.
const ID: &str = "otlp";

/// Puts the events of a document's spans into the sink, and what they say of what was missed.
pub fn emit(spans: &[Span<'_>], source: &str, document: &Document<'_>, sink: &mut dyn Sink) {
    let source = sink.intern(source);
    let mut emitter = Emitter {
        tree: Tree::of(spans),
        spans,
        source,
        document,
        offered: FxHashSet::default(),
        missed: BTreeMap::new(),
    };
    let origins = Origins::of(spans, &emitter.tree);
    for span in spans {
        let mut event = event(span, &emitter.tree, &emitter.source, document, sink);
        if let Some(stated) = origins.stated(event.id) {
            // Links already stand beside the arguments.
            let params = match span.attached.links.is_empty() {
                true => event.params.as_ref().map(|arguments| stated.beside(arguments)),
                false => event.params.as_ref().map(|params| stated.added_to(params)),
            };
            event.params = params;
        }
        emitter.note_missed(span, &event);
        emitter.beside(span, &event, sink);
        sink.event(event);
    }
    emitter.state_missed(sink);
}

struct Emitter<'s, 'a> {
    tree: Tree<'s, 'a>,
    spans: &'s [Span<'a>],
    source: Text,
    document: &'s Document<'s>,
    /// Tools already told of in this document: a model is given the same ones call after call.
    offered: FxHashSet<EventId>,
    missed: BTreeMap<AgentKey, (Window, Vec<Text>)>,
}

impl<'s, 'a> Emitter<'s, 'a> {
    fn beside(&mut self, span: &'s Span<'a>, event: &Event, sink: &mut dyn Sink) {
        for (index, happened) in span.attached.events.iter().enumerate() {
            if guardrail::is_verdict(&happened.name) {
                let key = ["verdict", &index.to_string()];
                let mut verdict = self.new_event(span, &key, EventKind::Guardrail, sink);
                verdict.time = happened.time.unwrap_or(span.start);
                guardrail::verdict(&happened.attributes, &happened.name, &mut verdict, sink);
                sink.event(verdict);
            }
        }
        if matches!(span.operation, Operation::Model | Operation::Agent) {
            self.tool_results(span, sink);
            self.offers(span, event, sink);
        }
        if span.operation == Operation::Model {
            for asked in transfer::asked_for(span) {
                self.transfer(span, &asked, sink);
            }
        }
    }

    /// An event beneath a span.
    fn new_event(
        &self,
        span: &'s Span<'a>,
        key: &[&str],
        kind: EventKind,
        sink: &mut dyn Sink,
    ) -> Event {
        let of_span = span.id.to_string();
        let key: Vec<&str> = std::iter::once(of_span.as_str()).chain(key.iter().copied()).collect();
        let id = EventId::of(ID, &key);
        let mut event = Event::new(id, span.start, &self.source, kind, self.document.place());
        context(span, &self.tree, &mut event, sink);
        event.span_id = None;
        event.parent_span_id = span.span_id.clone();
        event.duration = None;
        event.outcome = None;
        event.error = None;
        event
    }

    /// A model is told the same results again in every later call: the id of the call and the content
    /// are the identity.
    fn tool_results(&self, span: &'s Span<'a>, sink: &mut dyn Sink) {
        for (call, content) in span_events::tool_results(span) {
            let mut event = self.new_event(span, &["result"], EventKind::ToolResult, sink);
            let digest = Digest::of(content.as_bytes());
            let trace = event.trace_id.clone().unwrap_or_default();
            event.id = EventId::of(ID, &["result", trace.raw(), &call, &digest.to_string()]);
            event.action = Some(sink.intern("tool result"));
            event.call_id = Some(Text::new(&*call));
            event.output_digest = Some(digest);
            sink.event(event);
        }
    }

    /// The catalog that the model had, once for each agent and trace.
    fn offers(&mut self, span: &'s Span<'a>, event: &Event, sink: &mut dyn Sink) {
        let tools = offered::tools(&span.attributes);
        if tools.is_empty() {
            return;
        }
        let mut pairs: Vec<_> = tools.iter().map(|tool| (&tool.name, &tool.digest)).collect();
        pairs.sort();
        let catalog = digest_of(&pairs).to_string();
        let agent = event.agent.as_ref().map(AgentKey::visible).unwrap_or_default();
        let trace = event.trace_id.clone().unwrap_or_default();
        for tool in &tools {
            let key =
                ["offered", trace.raw(), &agent, tool.name.raw(), tool.digest.raw(), &catalog];
            let id = EventId::of(ID, &key);
            if !self.offered.insert(id) {
                continue;
            }
            let mut event = self.new_event(span, &["offered"], EventKind::Catalog, sink);
            event.id = id;
            event.action = Some(sink.intern(tool.name.raw()));
            event.target_kind = Some(tool.digest.clone());
            event.outcome = Some(Outcome::Success);
            let params = Params::default()
                .with("catalog", &catalog)
                .with("offered_to", &"model")
                .with("readOnlyHint", &tool.read_only)
                .with("schema_digest", &tool.schema_digest)
                .with("tools", &tools.len());
            event.params = Some(params.into_text());
            sink.event(event);
        }
    }

    /// A hand-off that is inferred, unless the call has a span of its own in this document.
    fn transfer(&self, span: &'s Span<'a>, asked: &Transfer, sink: &mut dyn Sink) {
        let is_recorded = self.spans.iter().any(|other| {
            other.trace_id == span.trace_id
                && matches!(other.operation, Operation::Tool | Operation::Handoff)
                && operation::tool(other).is_some_and(|name| name == asked.tool)
        });
        if is_recorded {
            return;
        }
        let call = asked.call_id.as_deref().unwrap_or_default();
        let mut event =
            self.new_event(span, &["transfer", &asked.tool, call], EventKind::Handoff, sink);
        event.time = span.end.unwrap_or(span.start);
        // No span of its own: a name beneath the model's span lets it stand in the tree.
        event.span_id =
            span.span_id.as_ref().map(|id| format!("{}/{}", id.raw(), asked.tool).into());
        event.action = Some(sink.intern("handoff"));
        event.target = Some(sink.intern(&asked.target));
        event.target_kind = Some(sink.intern("agent"));
        event.call_id = asked.call_id.as_ref().map(Text::new);
        let params = Params::default().with("inferred", &transfer::RULE).with("tool", &asked.tool);
        event.params = Some(params.into_text());
        sink.event(event);
    }

    fn note_missed(&mut self, span: &Span<'_>, event: &Event) {
        let Some(agent) = &event.agent else { return };
        for what in sampling::missed(span) {
            let (window, missed) = self.missed.entry(agent.host()).or_default();
            window.include(event.time);
            if !missed.iter().any(|known| *known == *what) {
                missed.push(Text::new(&*what));
            }
        }
    }

    fn state_missed(self, sink: &mut dyn Sink) {
        for (agent, (window, missed)) in self.missed {
            let Some((from, until)) = window.span else { continue };
            for plane in SPAN_PLANES {
                sink.coverage(Coverage {
                    source: self.source.clone(),
                    plane,
                    scope: CoverageScope::Workload { agent: agent.clone() },
                    from,
                    until,
                    acts: Vec::new(),
                    partial: true,
                    missed: missed.clone(),
                });
            }
        }
    }
}

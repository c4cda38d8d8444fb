//! A normalised span → an event.

use std::borrow::Cow;

use super::facts::{
    ARGUMENTS, CALL_ID, CALLER, COST, COST_IN, COST_OUT, DATA_SOURCE, GRAPH_NODE, GRAPH_PARENT,
    METADATA_SESSION, METADATA_USER, MODEL_ANSWERED, ON_BEHALF_OF, RESULT, SESSION, TOKENS_IN,
    TOKENS_OUT, TOOL_SERVER, TRANSFER_TARGET,
};
use super::operation::{self, Operation};
use super::params::Params;
use super::tree::Tree;
use super::{
    Attributes, Span, SpanKind, facts, guardrail, prompt, retrieval, span_events, transfer,
};
use crate::domain::{Digest, Effect, Event, EventKind, Outcome, Text};
use crate::ingest::json::argument;
use crate::ingest::{Document, Sink};

/// Fills in what a record by itself says of who, where and when.
pub fn context_alone(span: &Span<'_>, event: &mut Event, sink: &mut dyn Sink) {
    context(span, &Tree::of(&[]), event, sink);
    event.outcome = None;
}

/// The event of a span.
pub fn event<'s, 'a>(
    span: &'s Span<'a>,
    tree: &Tree<'s, 'a>,
    source: &Text,
    document: &Document<'_>,
    sink: &mut dyn Sink,
) -> Event {
    let mut event = Event::new(span.id, span.start, source, EventKind::Other, document.place());
    context(span, tree, &mut event, sink);
    event.action = Some(sink.intern(&operation::action(span)));
    match span.operation {
        Operation::Agent if operation::is_workflow(span) => {
            event.action = Some(sink.intern(&span.name));
        }
        Operation::Agent => agent(span, &mut event, sink),
        Operation::Tool => tool(span, &mut event, sink),
        Operation::Model => model(span, &mut event, sink),
        Operation::Retrieval => retrieve(span, &mut event, sink),
        Operation::Handoff => handoff(span, &mut event, sink),
        Operation::Guardrail => guardrail::span(span, &mut event, sink),
        Operation::Mcp => mcp(span, tree, &mut event, sink),
        Operation::A2a => message_to_agent(span, &mut event, sink),
        Operation::Other => {}
    }
    if !span.attached.links.is_empty() {
        let params = Params::beside(event.kind, event.params.take());
        event.params = Some(params.with("links", &span.attached.links).into_text());
    }
    event
}

/// What every span says: who, where, when, in which session, and whether it failed.
pub fn context<'s, 'a>(
    span: &'s Span<'a>,
    tree: &Tree<'s, 'a>,
    event: &mut Event,
    sink: &mut dyn Sink,
) {
    let workload = &span.workload;
    event.recorder = span.scope.clone().or_else(|| workload.sdk.clone());
    event.tenant = workload.tenant.clone();
    event.environment = workload.environment.clone();
    event.account = workload.account.clone();
    event.instance = workload.instance.clone();
    let inner = tree.nearest(span, |span| operation::agent(span)).map(|name| sink.intern(&name));
    event.agent = match (&workload.key, inner) {
        (None, None) => None,
        (key, inner) => {
            let mut key = key.clone().unwrap_or_default();
            key.inner = inner;
            Some(key)
        }
    };
    let mut nearest = |keys, in_metadata| {
        let stated = |span: &'s Span<'a>| {
            let of_metadata = || operation::metadata(&span.attributes, in_metadata);
            span.attributes.text(keys).or_else(|| of_metadata().map(Cow::Owned))
        };
        tree.nearest(span, stated).map(|text| sink.intern(&text))
    };
    event.session = nearest(SESSION, METADATA_SESSION);
    event.on_behalf_of = nearest(ON_BEHALF_OF, METADATA_USER);
    event.trace_id = span.trace_id.clone();
    event.span_id = span.span_id.clone();
    event.parent_span_id = span.parent_span_id.clone();
    event.duration = span
        .end
        .map(|end| end.as_nanosecond() - span.start.as_nanosecond())
        .and_then(|length| i64::try_from(length).ok())
        .filter(|length| *length >= 0);
    outcome(span, event);
}

/// OpenTelemetry leaves the status of what went well unset. An exception that was caught leaves its
/// words behind and no failure.
fn outcome(span: &Span<'_>, event: &mut Event) {
    let kind = span.attributes.text(&["error.type"]);
    let exception = span_events::exception(span);
    let escaped = exception.as_ref().is_some_and(|(_, escaped)| *escaped);
    let failed = span.error.is_some() || kind.is_some() || escaped;
    event.outcome = Some(if failed { Outcome::Failure } else { Outcome::Success });
    let message = span.error.as_deref().filter(|message| !message.is_empty());
    let thrown = exception.as_ref().map(|(text, _)| text.as_str());
    event.error = match (kind, message.or(thrown)) {
        (Some(kind), Some(message)) => Some(format!("{kind}: {message}").into()),
        (kind, message) => kind.or(message.map(Cow::Borrowed)).map(|text| Text::new(&*text)),
    };
}

fn agent(span: &Span<'_>, event: &mut Event, sink: &mut dyn Sink) {
    event.kind = EventKind::AgentInvoke;
    event.target = operation::agent(span).map(|name| sink.intern(&name));
    event.target_kind = Some(sink.intern("agent"));
    event.model = operation::model_requested(&span.attributes).map(|model| sink.intern(&model));
    tokens(&span.attributes, event);
    event.params = prompt::parameters(span).map(Text::from);
    let named = [("graph_node", GRAPH_NODE), ("graph_parent", GRAPH_PARENT), ("caller", CALLER)];
    for (name, keys) in named {
        if let Some(value) = span.attributes.text(keys) {
            let params = Params::beside(event.kind, event.params.take());
            event.params = Some(params.with(name, &value).into_text());
        }
    }
}

/// Where the message arrives an agent starts to work, which has the name of its service. The spans of
/// its sender are the way there.
fn message_to_agent(span: &Span<'_>, event: &mut Event, sink: &mut dyn Sink) {
    let on_server = span.kind == SpanKind::Server || span.name.starts_with(operation::A2A_SERVER);
    let named = operation::agent(span).map(|name| sink.intern(&name));
    if let (true, Some(agent)) = (on_server, named.or_else(|| span.workload.service.clone())) {
        event.kind = EventKind::AgentInvoke;
        event.action = Some(sink.intern("a2a message"));
        event.target = Some(agent);
        event.target_kind = Some(sink.intern("agent"));
    }
}

fn tool(span: &Span<'_>, event: &mut Event, sink: &mut dyn Sink) {
    event.kind = EventKind::ToolCall;
    event.action = operation::tool(span).map(|name| sink.intern(&name));
    event.target = span.attributes.text(TOOL_SERVER).map(|server| sink.intern(&server));
    event.target_kind = Some(sink.intern("tool"));
    event.call_id = span.attributes.text(CALL_ID).map(|id| Text::new(&*id));
    call_contents(span, event);
    let tool = event.action.clone().unwrap_or_default();
    let arguments = event.params.as_ref().map_or("", Text::raw);
    if let Some(target) = transfer::named_in(tool.raw(), arguments) {
        let params = Params::beside(event.kind, event.params.take()).with("tool", &tool);
        event.kind = EventKind::Handoff;
        event.action = Some(sink.intern("handoff"));
        event.target = Some(sink.intern(&target));
        event.target_kind = Some(sink.intern("agent"));
        event.params = Some(params.into_text());
    }
}

/// Arguments, and the digest of the result: the result itself stays in the evidence.
fn call_contents(span: &Span<'_>, event: &mut Event) {
    let attributes = &span.attributes;
    let arguments = attributes.content(ARGUMENTS).or_else(|| span_events::arguments(span));
    event.params = arguments.map(|raw| argument(&raw));
    let result = attributes.content(RESULT).or_else(|| span_events::result(span));
    event.output_digest = result.map(|result| Digest::of(result.as_bytes()));
}

fn retrieve(span: &Span<'_>, event: &mut Event, sink: &mut dyn Sink) {
    event.kind = EventKind::ToolCall;
    let source = span.attributes.text(DATA_SOURCE);
    event.action = Some(sink.intern(source.as_deref().unwrap_or("retrieval")));
    event.target_kind = Some(sink.intern("retrieval"));
    event.effect = Some(Effect::Read);
    call_contents(span, event);
    let documents = retrieval::documents(&span.attributes);
    if !documents.is_empty() {
        let params = Params::beside(event.kind, event.params.take());
        event.params = Some(params.with("documents", &documents).into_text());
    }
}

fn model(span: &Span<'_>, event: &mut Event, sink: &mut dyn Sink) {
    let attributes = &span.attributes;
    event.kind = EventKind::ModelCall;
    let requested = operation::model_requested(attributes).map(|model| sink.intern(&model));
    let answered = attributes.text(MODEL_ANSWERED).map(|model| sink.intern(&model));
    if answered.is_some() && answered != requested {
        event.requested = requested.clone();
    }
    event.target = answered.clone().or_else(|| requested.clone());
    event.model = requested.or(answered);
    tokens(attributes, event);
    event.params = prompt::parameters(span).map(Text::from);
}

fn tokens(attributes: &Attributes<'_>, event: &mut Event) {
    event.tokens_in = attributes.number(TOKENS_IN);
    event.tokens_out = attributes.number(TOKENS_OUT);
    let parts = [COST_IN, COST_OUT].map(|keys| attributes.millionths(keys));
    let sum = parts.into_iter().flatten().reduce(u64::saturating_add);
    event.cost = attributes.millionths(COST).or(sum);
}

fn handoff(span: &Span<'_>, event: &mut Event, sink: &mut dyn Sink) {
    let attributes = &span.attributes;
    let Some(target) = attributes.text(TRANSFER_TARGET) else { return };
    event.kind = EventKind::Handoff;
    event.action = Some(sink.intern("handoff"));
    event.target = Some(sink.intern(&target));
    event.target_kind = Some(sink.intern("agent"));
    event.call_id = attributes.text(CALL_ID).map(|id| Text::new(&*id));
    let params = Params::default().with("mode", &attributes.text(&["gen_ai.transfer.mode"]));
    event.params = Some(params.with("tool", &attributes.text(facts::TOOL_NAME)).into_text());
}

/// One tool call can be told three times: by the framework (`execute_tool`), by the MCP client and by
/// the MCP server. Only one of them is the call; the others are kept as echoes, so that tool baselines
/// are not doubled.
fn mcp<'s, 'a>(span: &'s Span<'a>, tree: &Tree<'s, 'a>, event: &mut Event, sink: &mut dyn Sink) {
    let attributes = &span.attributes;
    let method = attributes.text(facts::MCP_METHOD).unwrap_or_default();
    event.action = Some(sink.intern(&format!("mcp {method}")));
    if method != "tools/call" {
        event.target = attributes.text(&["mcp.resource.uri"]).map(|uri| sink.intern(&uri));
        return;
    }
    let tool = operation::tool(span).unwrap_or_default();
    let on_server = span.kind == SpanKind::Server;
    // A server span with a parent continues its caller's trace: the caller has told of the call.
    if tree.echoes(span, &tool) || (on_server && span.parent_span_id.is_some()) {
        event.target = Some(sink.intern(&tool));
        return;
    }
    event.kind = EventKind::ToolCall;
    event.action = Some(sink.intern(&tool));
    event.target_kind = Some(sink.intern("tool"));
    event.target = match on_server {
        // The server speaks; who called is not known.
        true => {
            event.agent = None;
            span.workload.service.clone()
        }
        false => attributes
            .text(TOOL_SERVER)
            .or_else(|| attributes.text(&["server.address"]))
            .map(|server| sink.intern(&server)),
    };
    call_contents(span, event);
}

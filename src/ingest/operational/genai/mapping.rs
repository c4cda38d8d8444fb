//! A normalised span → an event.

use std::borrow::Cow;

use super::operation::{self, MODEL_REQUESTED, Operation, TRANSFER_TARGET};
use super::tree::Tree;
use super::{Attributes, Span, SpanKind, prompt};
use crate::domain::{Decision, Digest, Effect, Event, EventKind, Outcome, Text};
use crate::ingest::json::argument;
use crate::ingest::{Document, Sink};

const MODEL_ANSWERED: &[&str] = &["gen_ai.response.model", "llm.response.model"];
const TOKENS_IN: &[&str] = &[
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.prompt_tokens",
    "llm.token_count.prompt",
    "llm.usage.prompt_tokens",
];
const TOKENS_OUT: &[&str] = &[
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.completion_tokens",
    "llm.token_count.completion",
    "llm.usage.completion_tokens",
];
const CALL_ID: &[&str] = &["gen_ai.tool.call.id", "tool_call.id", "tool.id"];
const ARGUMENTS: &[&str] = &[
    "gen_ai.tool.call.arguments",
    "gen_ai.tool.args",
    "tool_call.function.arguments",
    "input.value",
    "tool.parameters",
    "traceloop.entity.input",
];
const RESULT: &[&str] =
    &["gen_ai.tool.call.result", "gen_ai.output", "output.value", "traceloop.entity.output"];
const SESSION: &[&str] =
    &["gen_ai.conversation.id", "session.id", "traceloop.association.properties.session_id"];
const ON_BEHALF_OF: &[&str] =
    &["enduser.id", "user.id", "traceloop.association.properties.user_id"];
const TOOL_SERVER: &[&str] = &["mcp.server.name", "gen_ai.tool.server.name"];
const VERDICTS: &[(&str, Decision)] = &[
    ("allow", Decision::Allow),
    ("deny", Decision::Deny),
    ("block", Decision::Deny),
    ("modify", Decision::Restrict),
    ("warn", Decision::Monitor),
    ("escalate", Decision::Challenge),
];

/// Puts one event per span of a document into the sink.
pub fn emit(spans: &[Span<'_>], source: &str, document: &Document<'_>, sink: &mut dyn Sink) {
    let tree = Tree::of(spans);
    let source = sink.intern(source);
    for span in spans {
        let event = event(span, &tree, &source, document, sink);
        sink.event(event);
    }
}

/// Fills in what a record by itself says of who, where and when.
pub fn context_alone(span: &Span<'_>, event: &mut Event, sink: &mut dyn Sink) {
    context(span, &Tree::of(&[]), event, sink);
    event.outcome = None;
}

fn event<'s, 'a>(
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
        Operation::Agent => agent(span, &mut event, sink),
        Operation::Tool => tool(span, &mut event, sink),
        Operation::Model => model(&span.attributes, &mut event, sink),
        Operation::Retrieval => retrieval(&span.attributes, &mut event, sink),
        Operation::Handoff => handoff(span, &mut event, sink),
        Operation::Guardrail => guardrail(span, &mut event, sink),
        Operation::Mcp => mcp(span, tree, &mut event, sink),
        Operation::Other => {}
    }
    event
}

/// What every span says: who, where, when, in which session, and whether it failed.
fn context<'s, 'a>(
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
    let mut nearest =
        |keys| tree.nearest(span, |span| span.attributes.text(keys)).map(|text| sink.intern(&text));
    event.session = nearest(SESSION);
    event.on_behalf_of = nearest(ON_BEHALF_OF);
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

/// OpenTelemetry leaves the status of what went well unset.
fn outcome(span: &Span<'_>, event: &mut Event) {
    let kind = span.attributes.text(&["error.type"]);
    if span.error.is_none() && kind.is_none() {
        event.outcome = Some(Outcome::Success);
        return;
    }
    event.outcome = Some(Outcome::Failure);
    let message = span.error.as_deref().filter(|message| !message.is_empty());
    event.error = match (kind, message) {
        (Some(kind), Some(message)) => Some(format!("{kind}: {message}").into()),
        (kind, message) => kind.or(message.map(Cow::Borrowed)).map(|text| Text::new(&*text)),
    };
}

fn agent(span: &Span<'_>, event: &mut Event, sink: &mut dyn Sink) {
    event.kind = EventKind::AgentInvoke;
    event.target = operation::agent(span).map(|name| sink.intern(&name));
    event.target_kind = Some(sink.intern("agent"));
    event.model = span.attributes.text(MODEL_REQUESTED).map(|model| sink.intern(&model));
    tokens(&span.attributes, event);
    event.params = prompt::parameters(&span.attributes).map(Text::from);
}

fn tool(span: &Span<'_>, event: &mut Event, sink: &mut dyn Sink) {
    event.kind = EventKind::ToolCall;
    event.action = operation::tool(span).map(|name| sink.intern(&name));
    event.target = span.attributes.text(TOOL_SERVER).map(|server| sink.intern(&server));
    event.target_kind = Some(sink.intern("tool"));
    event.call_id = span.attributes.text(CALL_ID).map(|id| Text::new(&*id));
    call_contents(&span.attributes, event);
}

/// Arguments, and the digest of the result: the result itself stays in the evidence.
fn call_contents(attributes: &Attributes<'_>, event: &mut Event) {
    event.params = attributes.content(ARGUMENTS).map(|raw| argument(&raw));
    let result: Option<Cow<'_, str>> = attributes.content(RESULT);
    event.output_digest = result.map(|result| Digest::of(result.as_bytes()));
}

fn retrieval(attributes: &Attributes<'_>, event: &mut Event, sink: &mut dyn Sink) {
    event.kind = EventKind::ToolCall;
    let source = attributes.text(&["gen_ai.data_source.id", "retriever.name"]);
    event.action = Some(sink.intern(source.as_deref().unwrap_or("retrieval")));
    event.target_kind = Some(sink.intern("retrieval"));
    event.effect = Some(Effect::Read);
    call_contents(attributes, event);
}

fn model(attributes: &Attributes<'_>, event: &mut Event, sink: &mut dyn Sink) {
    event.kind = EventKind::ModelCall;
    let requested = attributes.text(MODEL_REQUESTED).map(|model| sink.intern(&model));
    let answered = attributes.text(MODEL_ANSWERED).map(|model| sink.intern(&model));
    if answered.is_some() && answered != requested {
        event.requested = requested.clone();
    }
    event.target = answered.clone().or_else(|| requested.clone());
    event.model = requested.or(answered);
    tokens(attributes, event);
    event.params = prompt::parameters(attributes).map(Text::from);
}

fn tokens(attributes: &Attributes<'_>, event: &mut Event) {
    event.tokens_in = attributes.number(TOKENS_IN);
    event.tokens_out = attributes.number(TOKENS_OUT);
}

fn handoff(span: &Span<'_>, event: &mut Event, sink: &mut dyn Sink) {
    let attributes = &span.attributes;
    let Some(target) = attributes.text(TRANSFER_TARGET) else { return };
    event.kind = EventKind::Handoff;
    event.action = Some(sink.intern("handoff"));
    event.target = Some(sink.intern(&target));
    event.target_kind = Some(sink.intern("agent"));
    event.call_id = attributes.text(CALL_ID).map(|id| Text::new(&*id));
    let params = serde_json::json!({
        "mode": attributes.text(&["gen_ai.transfer.mode"]),
        "tool": attributes.text(operation::TOOL_NAME),
    });
    event.params = Some(params.to_string().into());
}

fn guardrail(span: &Span<'_>, event: &mut Event, sink: &mut dyn Sink) {
    let attributes = &span.attributes;
    event.kind = EventKind::Guardrail;
    let name = attributes.text(&["gen_ai.guardrail.name", "guardrail.name"]);
    event.action = Some(sink.intern(name.as_deref().unwrap_or(&span.name)));
    event.target_kind =
        attributes.text(&["gen_ai.security.target.type"]).map(|kind| sink.intern(&kind));
    let verdict = attributes.text(&["gen_ai.guardrail.verdict.type"]);
    event.decision = verdict.and_then(|verdict| {
        VERDICTS.iter().find(|(name, _)| *name == verdict).map(|(_, decision)| *decision)
    });
    event.inline = attributes.text(&["gen_ai.guardrail.action.type"]).map(|_| true);
    event.justification = attributes
        .text(&["gen_ai.guardrail.verdict.reason", "gen_ai.security.policy.id"])
        .map(|reason| sink.intern(&reason));
}

/// One tool call can be told three times: by the framework (`execute_tool`), by the MCP client and by
/// the MCP server. Only one of them is the call; the others are kept as echoes, so that tool baselines
/// are not doubled.
fn mcp<'s, 'a>(span: &'s Span<'a>, tree: &Tree<'s, 'a>, event: &mut Event, sink: &mut dyn Sink) {
    let attributes = &span.attributes;
    let method = attributes.text(operation::MCP_METHOD).unwrap_or_default();
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
    call_contents(attributes, event);
}

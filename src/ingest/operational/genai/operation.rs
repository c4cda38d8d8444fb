//! What a span did, by the vocabulary it is written in.

use std::borrow::Cow;

use serde::Deserialize;

use super::facts::{
    A2A_METHOD, AGENT_NAME, ENTITY_NAME, GRAPH_NODE, Keys, MCP_METHOD, METADATA_AGENT,
    MODEL_REQUESTED, MODEL_SETTINGS, TOOL_NAME, TRANSFER_TARGET,
};
use super::{Attributes, Span};
use crate::domain::Text;
use crate::ingest::json::Str;

/// The operations that become events of their own kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Agent,
    Tool,
    Model,
    Retrieval,
    Handoff,
    Guardrail,
    /// A message of the Model Context Protocol.
    Mcp,
    /// A message to another agent over the Agent2Agent protocol.
    A2a,
    Other,
}

/// Attributes that name the kind of a span, the most telling first.
const KINDS: &[&str] = &[
    "gen_ai.operation.name",
    "openinference.span.kind",
    "traceloop.span.kind",
    "langfuse.observation.type",
    "ai.operationId",
    "llm.request.type",
];

/// A kind that says nothing: the same attribute stands on spans of every sort.
const UNTELLING: (&str, &[&str]) = ("langfuse.observation.type", &["span", "event"]);

/// Attribute, value, what it means, and the action under which the event is kept.
const VOCABULARY: &[Row] = &[
    ("gen_ai.operation.name", "invoke_agent", Operation::Agent, INVOKE_AGENT),
    ("gen_ai.operation.name", "create_agent", Operation::Agent, "create_agent"),
    ("gen_ai.operation.name", "execute_tool", Operation::Tool, "execute_tool"),
    ("gen_ai.operation.name", "chat", Operation::Model, CHAT),
    ("gen_ai.operation.name", "chat.completions", Operation::Model, CHAT),
    ("gen_ai.operation.name", "call_llm", Operation::Model, CHAT),
    ("gen_ai.operation.name", "completion", Operation::Model, "text_completion"),
    ("gen_ai.operation.name", "text.completions", Operation::Model, "text_completion"),
    ("gen_ai.operation.name", "text_completion", Operation::Model, "text_completion"),
    ("gen_ai.operation.name", "generate_content", Operation::Model, "generate_content"),
    ("gen_ai.operation.name", "embedding", Operation::Model, EMBEDDINGS),
    ("gen_ai.operation.name", "embeddings", Operation::Model, EMBEDDINGS),
    ("gen_ai.operation.name", "retrieval", Operation::Retrieval, "retrieval"),
    ("gen_ai.operation.name", "handoff", Operation::Handoff, "handoff"),
    ("gen_ai.operation.name", "run_guardrail", Operation::Guardrail, RUN_GUARDRAIL),
    ("openinference.span.kind", "AGENT", Operation::Agent, INVOKE_AGENT),
    ("openinference.span.kind", "TOOL", Operation::Tool, "execute_tool"),
    ("openinference.span.kind", "LLM", Operation::Model, CHAT),
    ("openinference.span.kind", "EMBEDDING", Operation::Model, EMBEDDINGS),
    ("openinference.span.kind", "RERANKER", Operation::Model, "rerank"),
    ("openinference.span.kind", "RETRIEVER", Operation::Retrieval, "retrieval"),
    ("openinference.span.kind", "GUARDRAIL", Operation::Guardrail, RUN_GUARDRAIL),
    ("openinference.span.kind", "EVALUATOR", Operation::Guardrail, "evaluate"),
    ("traceloop.span.kind", "agent", Operation::Agent, INVOKE_AGENT),
    ("traceloop.span.kind", "tool", Operation::Tool, "execute_tool"),
    ("langfuse.observation.type", "agent", Operation::Agent, INVOKE_AGENT),
    ("langfuse.observation.type", "tool", Operation::Tool, "execute_tool"),
    ("langfuse.observation.type", "generation", Operation::Model, CHAT),
    ("langfuse.observation.type", "embedding", Operation::Model, EMBEDDINGS),
    ("langfuse.observation.type", "retriever", Operation::Retrieval, "retrieval"),
    ("langfuse.observation.type", "guardrail", Operation::Guardrail, RUN_GUARDRAIL),
    ("langfuse.observation.type", "evaluator", Operation::Guardrail, "evaluate"),
    // The outer `ai.generateText` and its like hold these and are no call of their own.
    ("ai.operationId", "ai.generateText.doGenerate", Operation::Model, CHAT),
    ("ai.operationId", "ai.streamText.doStream", Operation::Model, CHAT),
    ("ai.operationId", "ai.generateObject.doGenerate", Operation::Model, CHAT),
    ("ai.operationId", "ai.streamObject.doStream", Operation::Model, CHAT),
    ("ai.operationId", "ai.embed.doEmbed", Operation::Model, EMBEDDINGS),
    ("ai.operationId", "ai.embedMany.doEmbed", Operation::Model, EMBEDDINGS),
    ("ai.operationId", "ai.rerank.doRerank", Operation::Model, "rerank"),
    ("ai.operationId", "ai.toolCall", Operation::Tool, "execute_tool"),
    ("llm.request.type", "chat", Operation::Model, CHAT),
    ("llm.request.type", "completion", Operation::Model, "text_completion"),
    ("llm.request.type", "embedding", Operation::Model, EMBEDDINGS),
    ("llm.request.type", "rerank", Operation::Model, "rerank"),
];

const INVOKE_AGENT: &str = "invoke_agent";
const CHAT: &str = "chat";
const EMBEDDINGS: &str = "embeddings";
const RUN_GUARDRAIL: &str = "run_guardrail";

/// Kinds of OpenInference that say how a program is built and not what it did.
const STRUCTURE: &[&str] = &["CHAIN", "PROMPT", "UNKNOWN"];

/// What a span did that states no kind, by an attribute that only such spans carry.
const HINTS: &[(&str, Operation)] = &[
    ("gen_ai.tool.name", Operation::Tool),
    ("ai.toolCall.name", Operation::Tool),
    ("gcp.vertex.agent.tool_call_args", Operation::Tool),
    ("all_messages_events", Operation::Agent),
    ("pydantic_ai.all_messages", Operation::Agent),
    ("gen_ai.request.model", Operation::Model),
    ("llm.model_name", Operation::Model),
    ("embedding.model_name", Operation::Model),
    ("reranker.model_name", Operation::Model),
];

/// Beginnings of the names of spans that say what they are by nothing else: older Google ADK, CrewAI.
const NAMES: &[(&str, Operation)] =
    &[("agent_run [", Operation::Agent), ("Tool Usage", Operation::Tool)];

/// Names of spans before the name of their agent, with what follows it.
const AGENT_SPANS: &[(&str, &str)] =
    &[("invoke_agent ", ""), ("create_agent ", ""), ("agent_run [", "]")];

impl Operation {
    /// By the kind that the span states, else by what it carries.
    pub fn of(attributes: &Attributes<'_>) -> Self {
        Self::of_named("", attributes)
    }

    /// The same with the span's name, for spans that say it by nothing else.
    pub fn of_named(name: &str, attributes: &Attributes<'_>) -> Self {
        if attributes.get(MCP_METHOD).is_some() {
            return Self::Mcp;
        }
        if attributes.get(TRANSFER_TARGET).is_some() {
            return Self::Handoff;
        }
        match stated(attributes) {
            Some((_, Some((.., operation, _)))) => *operation,
            _ if is_message_to_agent(name, attributes) => Self::A2a,
            Some((kind, None)) if kind == "CHAIN" && is_agent_chain(name, attributes) => {
                Self::Agent
            }
            Some((_, None)) => Self::Other,
            None => {
                let named = NAMES.iter().find(|(beginning, _)| name.starts_with(beginning));
                let hinted = || HINTS.iter().find(|(key, _)| attributes.get(&[key]).is_some());
                named.or_else(hinted).map_or(Self::Other, |(_, operation)| *operation)
            }
        }
    }
}

/// The methods of A2A 0.x and 1.0 by which an agent is given work; the others ask after it.
const A2A_SENDS: &[&str] =
    &["message/send", "message/stream", "SendMessage", "SendStreamingMessage"];

/// By the method, or by the function that takes the message in: the spans of the A2A SDK for Python are
/// named after its functions.
fn is_message_to_agent(name: &str, attributes: &Attributes<'_>) -> bool {
    const TAKEN: &[&str] = &[".on_message_send", ".on_message_send_stream"];
    let method = attributes.text(A2A_METHOD);
    method.is_some_and(|method| A2A_SENDS.iter().any(|send| method == *send))
        || name.starts_with(A2A_SERVER) && TAKEN.iter().any(|taken| name.ends_with(taken))
}

/// The beginning of what the SDK calls its server's spans.
pub const A2A_SERVER: &str = "a2a.server.";

/// Whether the span is the frame around a run that its vocabulary calls an agent: OpenInference does so
/// for the trace of the OpenAI Agents SDK, whose agents are nodes of the graph.
pub fn is_workflow(span: &Span<'_>) -> bool {
    let scope = span.scope.as_ref().map_or("", Text::raw);
    scope == "openinference.instrumentation.openai_agents"
        && span.operation == Operation::Agent
        && span.parent_span_id.is_none()
        && span.attributes.get(GRAPH_NODE).is_none()
}

/// OpenInference has instrumentors that write agents as chains: those that are a node of the agent
/// graph, are named an agent, or carry the name of the agent that they are.
fn is_agent_chain(name: &str, attributes: &Attributes<'_>) -> bool {
    attributes.get(&["agent.name"]).is_some()
        || attributes.get(GRAPH_NODE).is_some()
        || metadata(attributes, METADATA_AGENT).is_some_and(|agent| agent == name)
}

/// The action of a span: the vocabulary's word for its kind, its own when the vocabulary has none, or
/// the span's name when it states no kind or one that says nothing of what was done.
pub fn action<'s>(span: &'s Span<'_>) -> Cow<'s, str> {
    match (stated(&span.attributes), span.operation) {
        (Some((_, Some((.., action)))), _) => Cow::Borrowed(*action),
        (_, Operation::Agent) => INVOKE_AGENT.into(),
        (Some((kind, None)), _) if !STRUCTURE.contains(&&*kind) || span.name.is_empty() => kind,
        (None, Operation::Model) => CHAT.into(),
        _ => Cow::Borrowed(&*span.name),
    }
}

type Row = (&'static str, &'static str, Operation, &'static str);

/// The first kind that a row of the vocabulary explains, else the first that the span states.
fn stated<'s>(attributes: &'s Attributes<'_>) -> Option<(Cow<'s, str>, Option<&'static Row>)> {
    let mut unexplained = None;
    for key in KINDS {
        let Some(kind) = attributes.text(&[key]) else { continue };
        let row = VOCABULARY
            .iter()
            .find(|(vocabulary, value, ..)| vocabulary == key && kind.eq_ignore_ascii_case(value));
        let (untelling, kinds) = UNTELLING;
        match row {
            Some(row) => return Some((kind, Some(row))),
            None if *key == untelling && kinds.iter().any(|k| kind.eq_ignore_ascii_case(k)) => {}
            None => unexplained = unexplained.or(Some((kind, None))),
        }
    }
    unexplained
}

/// The tool a tool or MCP span is about: its attribute, else the rest of a name such as
/// `execute_tool read_file` or `MCP send tools/call read_file`.
pub fn tool<'s>(span: &'s Span<'_>) -> Option<Cow<'s, str>> {
    let named = span.attributes.text(TOOL_NAME).or_else(|| span.attributes.text(ENTITY_NAME));
    named.or_else(|| {
        let rest = ["execute_tool ", "tools/call "]
            .iter()
            .find_map(|prefix| Some(span.name.split_once(prefix)?.1));
        rest.or(Some(&*span.name)).filter(|name| !name.is_empty()).map(Cow::Borrowed)
    })
}

/// The agent that a span itself names. Only a span that *is* an agent may fall back on its own name.
pub fn agent<'s>(span: &'s Span<'_>) -> Option<Cow<'s, str>> {
    let attributes = &span.attributes;
    let named = attributes.text(AGENT_NAME);
    let named = named.or_else(|| metadata(attributes, METADATA_AGENT).map(Cow::Owned));
    if named.is_some() || span.operation != Operation::Agent || is_workflow(span) {
        return named;
    }
    attributes.text(ENTITY_NAME).or_else(|| doer_of_task(span).map(Cow::Owned)).or_else(|| {
        let name = &*span.name;
        let rest = AGENT_SPANS
            .iter()
            .find_map(|(prefix, suffix)| name.strip_prefix(prefix)?.strip_suffix(suffix));
        Some(Cow::Borrowed(rest.unwrap_or(name))).filter(|name| !name.is_empty())
    })
}

/// The agent that did a task of CrewAI: the span is named after the function, the agent stands in what
/// the task gave back.
fn doer_of_task(span: &Span<'_>) -> Option<String> {
    #[derive(Deserialize)]
    struct TaskOutput<'a> {
        #[serde(borrow)]
        agent: Str<'a>,
    }
    if !span.name.starts_with("Task._execute") {
        return None;
    }
    let output = span.attributes.content(&["output.value"])?;
    let output: TaskOutput<'_> = serde_json::from_str(&output).ok()?;
    Some(output.agent.0.into_owned()).filter(|agent| !agent.is_empty())
}

/// The model that was asked for.
pub fn model_requested<'s>(attributes: &'s Attributes<'_>) -> Option<Cow<'s, str>> {
    #[derive(Deserialize)]
    struct Settings<'a> {
        #[serde(borrow)]
        model: Str<'a>,
    }
    attributes.text(MODEL_REQUESTED).or_else(|| {
        let settings = attributes.content(MODEL_SETTINGS)?;
        let settings: Settings<'_> = serde_json::from_str(&settings).ok()?;
        Some(Cow::Owned(settings.model.0.into_owned()))
    })
}

/// One fact of `metadata`, a JSON string that OpenInference spans of LangChain and LangGraph carry.
/// Metadata of another shape says nothing.
pub fn metadata(attributes: &Attributes<'_>, keys: Keys) -> Option<String> {
    let json = attributes.content(&["metadata"])?;
    let members: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&json).ok()?;
    let fact = keys.iter().find_map(|key| members.get(*key)?.as_str())?;
    Some(fact.to_owned()).filter(|fact| !fact.is_empty())
}

//! What a span did, by the vocabulary it is written in.

use std::borrow::Cow;

use super::{Attributes, Span};

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
    Other,
}

/// Attribute, value, what it means, and the action under which the event is kept.
const VOCABULARY: &[Row] = &[
    ("gen_ai.operation.name", "invoke_agent", Operation::Agent, "invoke_agent"),
    ("gen_ai.operation.name", "create_agent", Operation::Agent, "create_agent"),
    ("gen_ai.operation.name", "execute_tool", Operation::Tool, "execute_tool"),
    ("gen_ai.operation.name", "chat", Operation::Model, "chat"),
    ("gen_ai.operation.name", "call_llm", Operation::Model, "chat"),
    ("gen_ai.operation.name", "completion", Operation::Model, "text_completion"),
    ("gen_ai.operation.name", "text_completion", Operation::Model, "text_completion"),
    ("gen_ai.operation.name", "generate_content", Operation::Model, "generate_content"),
    ("gen_ai.operation.name", "embeddings", Operation::Model, "embeddings"),
    ("gen_ai.operation.name", "retrieval", Operation::Retrieval, "retrieval"),
    ("gen_ai.operation.name", "handoff", Operation::Handoff, "handoff"),
    ("gen_ai.operation.name", "run_guardrail", Operation::Guardrail, "run_guardrail"),
    ("openinference.span.kind", "AGENT", Operation::Agent, "invoke_agent"),
    ("openinference.span.kind", "TOOL", Operation::Tool, "execute_tool"),
    ("openinference.span.kind", "LLM", Operation::Model, "chat"),
    ("openinference.span.kind", "EMBEDDING", Operation::Model, "embeddings"),
    ("openinference.span.kind", "RETRIEVER", Operation::Retrieval, "retrieval"),
    ("openinference.span.kind", "GUARDRAIL", Operation::Guardrail, "run_guardrail"),
    ("traceloop.span.kind", "agent", Operation::Agent, "invoke_agent"),
    ("traceloop.span.kind", "tool", Operation::Tool, "execute_tool"),
    ("llm.request.type", "chat", Operation::Model, "chat"),
    ("llm.request.type", "completion", Operation::Model, "text_completion"),
    ("llm.request.type", "embedding", Operation::Model, "embeddings"),
];

/// Attributes that name the kind of a span, the most telling first.
const KINDS: &[&str] = &[
    "gen_ai.operation.name",
    "openinference.span.kind",
    "traceloop.span.kind",
    "llm.request.type",
];

pub const MODEL_REQUESTED: &[&str] =
    &["gen_ai.request.model", "llm.model_name", "embedding.model_name"];
pub const TOOL_NAME: &[&str] = &["gen_ai.tool.name", "tool.name", "tool_call.function.name"];
pub const AGENT_NAME: &[&str] =
    &["gen_ai.agent.name", "agent.name", "gen_ai.agent.id", "agent.id", "gen_ai.agent_name"];
pub const ENTITY_NAME: &[&str] = &["traceloop.entity.name", "graph.node.name", "graph.node.id"];
pub const TRANSFER_TARGET: &[&str] = &["gen_ai.transfer.target.name", "gen_ai.handoff.to_agent"];
pub const MCP_METHOD: &[&str] = &["mcp.method.name"];

impl Operation {
    /// By the kind that the span states, else by what it carries.
    pub fn of(attributes: &Attributes<'_>) -> Self {
        if attributes.get(MCP_METHOD).is_some() {
            return Self::Mcp;
        }
        if attributes.get(TRANSFER_TARGET).is_some() {
            return Self::Handoff;
        }
        match stated(attributes) {
            Some((_, Some((.., operation, _)))) => *operation,
            Some((_, None)) => Self::Other,
            None if attributes.get(&["gen_ai.tool.name"]).is_some() => Self::Tool,
            None if attributes.get(MODEL_REQUESTED).is_some() => Self::Model,
            None => Self::Other,
        }
    }
}

/// The action of a span: the vocabulary's word for its kind, its own when the vocabulary has none, or
/// the span's name when it states no kind.
pub fn action<'s>(span: &'s Span<'_>) -> Cow<'s, str> {
    match stated(&span.attributes) {
        Some((_, Some((.., action)))) => Cow::Borrowed(*action),
        Some((kind, None)) => kind,
        None if span.operation == Operation::Model => "chat".into(),
        None => Cow::Borrowed(&*span.name),
    }
}

type Row = (&'static str, &'static str, Operation, &'static str);

/// The kind that a span states first, and the row of the vocabulary that explains it.
fn stated<'s>(attributes: &'s Attributes<'_>) -> Option<(Cow<'s, str>, Option<&'static Row>)> {
    KINDS.iter().find_map(|key| {
        let kind = attributes.text(&[key])?;
        let row = VOCABULARY
            .iter()
            .find(|(vocabulary, value, ..)| vocabulary == key && kind.eq_ignore_ascii_case(value));
        Some((kind, row))
    })
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
    span.attributes.text(AGENT_NAME).or_else(|| {
        let is_agent = span.operation == Operation::Agent;
        let own = || {
            span.attributes.text(ENTITY_NAME).or_else(|| {
                let name = &*span.name;
                let rest =
                    ["invoke_agent ", "create_agent "].iter().find_map(|p| name.strip_prefix(p));
                Some(Cow::Borrowed(rest.unwrap_or(name))).filter(|name| !name.is_empty())
            })
        };
        if is_agent { own() } else { None }
    })
}

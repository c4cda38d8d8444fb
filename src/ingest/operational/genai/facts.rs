//! Under which attributes each fact stands, the most telling first.
//!
//! OpenTelemetry's GenAI conventions old and new come first, then those that wrote before them or
//! beside them: OpenInference (`llm.*`, `tool.*`, `graph.node.*`), Traceloop, the Vercel AI SDK
//! (`ai.*`), Pydantic AI and Logfire, Langfuse, Google ADK (`gcp.vertex.agent.*`), CrewAI, Strands.

pub type Keys = &'static [&'static str];

pub const AGENT_NAME: Keys = &[
    "gen_ai.agent.name",
    "agent.name",
    "agent_name",
    "crewai.agent.role",
    "gen_ai.agent.id",
    "agent.id",
    "gen_ai.agent_name",
];
/// What a span is about, in vocabularies that have one name for agents, tools and steps.
pub const ENTITY_NAME: Keys = &["traceloop.entity.name", "graph.node.name", "graph.node.id"];
/// An explicit graph of agents, apart from the tree of spans.
pub const GRAPH_NODE: Keys = &["graph.node.id"];
pub const GRAPH_PARENT: Keys = &["graph.node.parent_id"];

pub const MODEL_REQUESTED: Keys =
    &["gen_ai.request.model", "ai.model.id", "langfuse.observation.model.name", "model_name"];
/// Vocabularies with one name for the model write the one that answered, if they know it.
pub const MODEL_ANSWERED: Keys = &[
    "gen_ai.response.model",
    "ai.response.model",
    "llm.response.model",
    "llm.model_name",
    "embedding.model_name",
    "reranker.model_name",
];
/// A JSON object of settings that may name the model requested.
pub const MODEL_SETTINGS: Keys = &["llm.invocation_parameters"];
pub const TOKENS_IN: Keys = &[
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.prompt_tokens",
    "llm.token_count.prompt",
    "llm.usage.prompt_tokens",
    "ai.usage.inputTokens",
    "ai.usage.promptTokens",
    "ai.usage.tokens",
];
/// US dollars: of the call, or of what went in and what came out.
pub const COST: Keys = &["gen_ai.usage.cost", "llm.cost.total", "operation.cost"];
pub const COST_IN: Keys = &["gen_ai.usage.input_cost", "llm.cost.prompt"];
pub const COST_OUT: Keys = &["gen_ai.usage.output_cost", "llm.cost.completion"];
pub const TOKENS_OUT: Keys = &[
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.completion_tokens",
    "llm.token_count.completion",
    "llm.usage.completion_tokens",
    "ai.usage.outputTokens",
    "ai.usage.completionTokens",
];

pub const TOOL_NAME: Keys = &[
    "gen_ai.tool.name",
    "tool.name",
    "tool_call.function.name",
    "ai.toolCall.name",
    "semantic_kernel.function.name",
    "tool_name",
];
pub const TOOL_SERVER: Keys = &["mcp.server.name", "gen_ai.tool.server.name"];
pub const CALL_ID: Keys =
    &["gen_ai.tool.call.id", "tool_call.id", "ai.toolCall.id", "tool_call_id", "tool.id"];
pub const ARGUMENTS: Keys = &[
    "gen_ai.tool.call.arguments",
    "gen_ai.tool.args",
    "tool_call.function.arguments",
    "ai.toolCall.args",
    "ai.toolCall.input",
    "gcp.vertex.agent.tool_call_args",
    "tool_arguments",
    "langfuse.observation.input",
    "input.value",
    "tool.parameters",
    "traceloop.entity.input",
    "input",
];
pub const RESULT: Keys = &[
    "gen_ai.tool.call.result",
    "gen_ai.output",
    "ai.toolCall.result",
    "ai.toolCall.output",
    "gcp.vertex.agent.tool_response",
    "tool_response",
    "tool.result",
    "langfuse.observation.output",
    "output.value",
    "traceloop.entity.output",
    "output",
];

pub const SESSION: Keys = &[
    "gen_ai.conversation.id",
    "session.id",
    "gen_ai.thread.id",
    "langfuse.session.id",
    "traceloop.association.properties.session_id",
    "traceloop.association.properties.thread_id",
    "gcp.vertex.agent.session_id",
    "ai.telemetry.metadata.sessionId",
];
pub const ON_BEHALF_OF: Keys = &[
    "enduser.id",
    "user.id",
    "langfuse.user.id",
    "traceloop.association.properties.user_id",
    "ai.telemetry.metadata.userId",
];

/// The same facts in the JSON of OpenInference's `metadata`.
pub const METADATA_AGENT: Keys = &["lc_agent_name"];
pub const METADATA_SESSION: Keys = &["thread_id", "session_id", "conversation_id"];
pub const METADATA_USER: Keys = &["user_id"];

pub const DATA_SOURCE: Keys = &["gen_ai.data_source.id", "retriever.name"];
pub const TRANSFER_TARGET: Keys = &["gen_ai.transfer.target.name", "gen_ai.handoff.to_agent"];
/// Who called an agent (`gen_ai.invoke_agent.caller.client`).
pub const CALLER: Keys = &["gen_ai.caller.name"];
pub const A2A_METHOD: Keys = &["a2a.method.name"];
pub const MCP_METHOD: Keys = &["mcp.method.name"];

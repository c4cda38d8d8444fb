//! Declarative agents of Microsoft: Agent Framework (`kind: Prompt`), Semantic Kernel
//! (`type: foundry_agent`, `chat_completion_agent`, …) and definitions exported from Foundry.

use serde::Deserialize;
use serde_json::Value;

use crate::domain::configured::{AgentDeclaration, Configured};
use crate::domain::{Discipline, ProblemKind, Text};
use crate::ingest::configured::reading::{
    Object, Reading, digest, items, object, text, text_of, texts,
};
use crate::ingest::json::Str;
use crate::ingest::{Document, Format, Shape, Side, Sink};

pub const FORMAT: Format = Format {
    id: "foundry-agent",
    title: "Microsoft declarative agent",
    side: Side::Configured,
    says: &[
        (Discipline::Behavior, "tools, and those of MCP servers that are allowed"),
        (Discipline::Model, "the model and the digest of the instructions"),
    ],
    coverage: "one agent as declared; its connections hold credentials that are not in it",
    recognises,
    read,
};

/// Types of Semantic Kernel, and the same agents elsewhere.
const TYPES: &[&str] = &[
    "foundry_agent",
    "chat_completion_agent",
    "azure_openai_assistant",
    "openai_assistant",
    "openai_responses",
    "azure_openai_responses",
    "bedrock_agent",
    "copilot_studio_agent",
];

fn recognises(shape: &Shape<'_>) -> bool {
    let is_prompt = ["Prompt", "prompt"].iter().any(|kind| shape.is_kind(kind));
    let has_parts = ["instructions", "model", "tools"].iter().any(|key| shape.has(key));
    (is_prompt && shape.api_version.is_none() && has_parts)
        || (shape.has("type") && has_parts && is_agent_type(shape.json()))
}

/// Whether `type` is one of the agents; nothing else of the document is kept.
fn is_agent_type(json: &str) -> bool {
    #[derive(Deserialize)]
    struct Typed<'a> {
        #[serde(borrow, rename = "type")]
        kind: Str<'a>,
    }
    serde_json::from_str::<Typed<'_>>(json).is_ok_and(|typed| TYPES.contains(&&*typed.kind))
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some((mut reading, root)) = Reading::begin(document, sink) else { return };
    let Some(name) = text_of(&root, &["name", "displayName", "id"]) else {
        return reading.problem("", ProblemKind::MissingField, "the agent has no `name`");
    };
    let model = text(&root, "model")
        .or_else(|| object(&root, "model").and_then(|model| text_of(model, &["id", "name"])));
    let mut tools = Vec::new();
    let mut targets = Vec::new();
    for (_, item) in items(&root, "tools") {
        match item {
            Value::Object(item) => tool(item, &mut tools, &mut targets),
            other => tools.extend(other.as_str().map(super::tool)),
        }
    }
    let declaration = AgentDeclaration {
        kind: text_of(&root, &["type", "kind"]).unwrap_or_default(),
        framework: Some("microsoft".into()),
        name,
        purpose: text(&root, "description"),
        model,
        tools,
        delegates_to: targets,
        instructions: digest(&root, "instructions"),
        ..AgentDeclaration::default()
    };
    reading.record("", Configured::AgentDeclaration(declaration));
}

/// One tool: a function by its name, an MCP server with the tools it may use, another agent, or a
/// service of the platform by its type.
fn tool(item: &Object, tools: &mut Vec<(Option<Text>, Text)>, targets: &mut Vec<Text>) {
    let kind = text_of(item, &["kind", "type"]).unwrap_or_default();
    let named = text_of(item, &["id", "name"]);
    match kind.raw() {
        "mcp" => {
            let server = text_of(item, &["server_label", "serverName", "name", "id"]);
            let allowed = match texts(item, "allowed_tools") {
                names if names.is_empty() => texts(item, "allowedTools"),
                names => names,
            };
            let allowed = if allowed.is_empty() { vec!["*".into()] } else { allowed };
            tools.extend(allowed.into_iter().map(|tool| (server.clone(), tool)));
        }
        "connected_agent" | "agent" => targets.extend(named),
        "function" => tools.extend(named.map(super::tool)),
        _ => {
            tools.push(super::tool(if kind.is_empty() { named.unwrap_or_default() } else { kind }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use crate::ingest::configured::tests::read_text;

    #[test]
    fn both_families() {
        check(
            "agent.yaml",
            "
kind: Prompt
name: Assistant
instructions: Help.
model: {id: m, provider: OpenAI}
tools:
- {kind: function, name: lookup}
- {kind: mcp, name: docs, allowedTools: [search]}
- {kind: web_search}
",
            &["Assistant m [lookup docs/search web_search] -> []"],
        );
        check(
            "agent.yaml",
            "
type: foundry_agent
name: Host
model: {id: m}
instructions: Help.
tools:
- {id: Menu.prices, type: function}
- {type: mcp, server_label: crm}
- {type: connected_agent, id: writer}
",
            &["Host m [Menu.prices crm/*] -> [writer]"],
        );
    }

    #[test]
    fn other_kinds_are_not_claimed() {
        for text in ["kind: Prompt\nname: x\n", "type: object\ntools: []\n"] {
            assert_eq!(read_text("a.yaml", text).records.len(), 0, "{text}");
        }
    }
}

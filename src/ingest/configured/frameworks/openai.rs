//! OpenAI Assistants as the API exports them: one object, or a list of them.

use jiff::Timestamp;
use serde_json::Value;

use crate::domain::configured::{AgentDeclaration, Configured, Provisioning};
use crate::domain::{Discipline, ProblemKind, Text};
use crate::ingest::configured::reading::{
    Object, Reading, digest, items, object, text, text_of, texts,
};
use crate::ingest::{Document, Format, Shape, Side, Sink};

pub const FORMAT: Format = Format {
    id: "openai-assistant",
    title: "OpenAI assistants",
    side: Side::Configured,
    says: &[
        (Discipline::Behavior, "tools and functions"),
        (Discipline::Model, "the model and the digest of the instructions"),
    ],
    coverage: "assistants kept by the API; agents built in code are not among them",
    recognises,
    read,
};

fn recognises(shape: &Shape<'_>) -> bool {
    shape.has("object")
        && (shape.has("instructions") || shape.has("data"))
        // Looked for before the whole is parsed: the API answers everything in this shape.
        && shape.json().contains("\"assistant\"")
        && serde_json::from_str::<Object>(shape.json()).is_ok_and(|root| {
            is_assistant(&root)
                || items(&root, "data")
                    .next()
                    .is_some_and(|(_, first)| first.as_object().is_some_and(is_assistant))
        })
}

fn is_assistant(object: &Object) -> bool {
    object.get("object").and_then(Value::as_str) == Some("assistant")
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some((mut reading, root)) = Reading::begin(document, sink) else { return };
    if is_assistant(&root) {
        return assistant(&mut reading, "", &root);
    }
    for (index, item) in items(&root, "data") {
        let at = format!("/data/{index}");
        match item.as_object().filter(|item| is_assistant(item)) {
            Some(item) => assistant(&mut reading, &at, item),
            None => reading.problem(&at, ProblemKind::Malformed, "no assistant"),
        }
    }
    if root.get("has_more").and_then(Value::as_bool) == Some(true) {
        reading.problem("", ProblemKind::Incomplete, "one page of several: `has_more` is true");
    }
}

fn assistant(reading: &mut Reading<'_>, at: &str, assistant: &Object) {
    let Some(name) = text_of(assistant, &["name", "id"]) else {
        let message = "the assistant has neither a name nor an id";
        return reading.problem(at, ProblemKind::MissingField, message);
    };
    let created = assistant.get("created_at").and_then(Value::as_i64);
    let created = created.and_then(|seconds| Timestamp::from_second(seconds).ok());
    let tools = items(assistant, "tools").filter_map(|(_, tool)| tool.as_object());
    let declaration = AgentDeclaration {
        kind: "OpenAI assistant".into(),
        workload: text(assistant, "id"),
        name,
        purpose: text(assistant, "description"),
        model: text(assistant, "model"),
        tools: tools.flat_map(tool).collect(),
        instructions: digest(assistant, "instructions"),
        ..AgentDeclaration::default()
    };
    let provisioning = Provisioning { granted_at: created, ..Provisioning::default() };
    reading.record_of(at, created, provisioning, Configured::AgentDeclaration(declaration));
}

/// A function by its name, an MCP server with its tools, or a tool of the platform by its type.
fn tool(tool: &Object) -> Vec<(Option<Text>, Text)> {
    let kind = text(tool, "type").unwrap_or_default();
    let function = object(tool, "function").and_then(|function| text(function, "name"));
    match (kind.raw(), function) {
        ("mcp", _) => {
            let server = text(tool, "server_label");
            let allowed = texts(tool, "allowed_tools");
            let allowed = if allowed.is_empty() { vec!["*".into()] } else { allowed };
            allowed.into_iter().map(|name| (server.clone(), name)).collect()
        }
        (_, Some(function)) => vec![super::tool(function)],
        _ => vec![super::tool(kind)],
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use crate::ingest::configured::tests::read_text;

    const ASSISTANT: &str = r#"{"object":"assistant","id":"asst_1","name":"Desk","created_at":1767322800,
        "model":"m","instructions":"x","tools":[{"type":"code_interpreter"},
        {"type":"function","function":{"name":"refund"}},{"type":"mcp","server_label":"crm"}]}"#;

    #[test]
    fn one_and_a_list() {
        let expected = ["Desk m [code_interpreter refund crm/*] -> []"];
        check("a.json", ASSISTANT, &expected);
        check("a.json", &format!(r#"{{"object":"list","data":[{ASSISTANT}]}}"#), &expected);
    }

    #[test]
    fn creation_and_pages() {
        let found = read_text(
            "a.json",
            &format!(r#"{{"object":"list","data":[{ASSISTANT},{{}}],"has_more":true}}"#),
        );
        let created = found.records.first().and_then(|record| record.at).map(|at| at.to_string());
        assert_eq!(created.as_deref(), Some("2026-01-02T03:00:00Z"));
        assert_eq!(found.problems.len(), 2);
    }
}

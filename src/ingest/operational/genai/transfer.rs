//! Hand-offs that are tool calls, and those that no span shows.
//!
//! Frameworks that have one tool for all agents name the one in an argument. The OpenAI Agents SDK, among others, offers a model one tool for each agent that it may hand over
//! to. When the model asks for one, no tool span follows: the next agent just starts beside the first.
//! The request in the model's answer is the only evidence, so the hand-off is inferred and says so.

use serde_json::Value;

use super::{Attributes, Span, span_events};

/// The rule as people read it beside the hand-off.
pub const RULE: &str =
    "a model asked for a tool named after a transfer, and no span shows the call";

const PREFIX: &str = "transfer_to_";
/// Tools that hand over to any agent, and the argument that names it. Words are compared without case
/// and with `_` for spaces.
const BY_ARGUMENT: &[(&str, &str)] = &[
    // Google ADK
    ("transfer_to_agent", "agent_name"),
    // Strands
    ("handoff_to_agent", "agent_name"),
    // CrewAI
    ("delegate_work_to_coworker", "coworker"),
    ("ask_question_to_coworker", "coworker"),
    // Agno
    ("delegate_task_to_member", "member_id"),
    ("transfer_task_to_member", "member_id"),
    ("forward_task_to_member", "member_id"),
];

/// The agent that the arguments of a hand-off name.
pub fn named_in(tool: &str, arguments: &str) -> Option<String> {
    let tool = tool.trim().to_ascii_lowercase().replace(' ', "_");
    let (_, argument) = BY_ARGUMENT.iter().find(|(name, _)| *name == tool)?;
    let arguments: Value = serde_json::from_str(arguments).ok()?;
    let target = arguments.get(argument)?.as_str()?.trim();
    (!target.is_empty()).then(|| target.to_owned())
}

/// Attributes that hold what a model answered.
const ANSWERS: &[&str] =
    &["gen_ai.output.messages", "gen_ai.output", "ai.response.toolCalls", "output.value"];
/// Beginnings of flattened answers, with what stands before the parts of a tool call.
const FLATTENED: &[&str] = &["llm.output_messages.", "gen_ai.completion."];
/// Longer answers are not looked into.
const LONGEST: usize = 1 << 20;
/// Answers nest this deep at most: messages, parts, calls, functions.
const DEEPEST: usize = 8;

/// A transfer that a model asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Transfer {
    pub tool: String,
    pub target: String,
    pub call_id: Option<String>,
}

/// The transfers in the answer of a model span, each once.
pub fn asked_for(span: &Span<'_>) -> Vec<Transfer> {
    let attributes = &span.attributes;
    let answers = ANSWERS.iter().filter_map(|key| attributes.content(&[key]));
    let mut found = Vec::new();
    for answer in answers.chain(span_events::choices(span)) {
        if answer.len() <= LONGEST
            && answer.contains(PREFIX)
            && let Ok(value) = serde_json::from_str(&answer)
        {
            collect(&value, 0, &mut found);
        }
    }
    found.extend(flattened(attributes));
    let mut once: Vec<Transfer> = Vec::new();
    for transfer in found {
        if !once.iter().any(|known| known.is_the_same(&transfer)) {
            once.push(transfer);
        }
    }
    once
}

impl Transfer {
    fn new(tool: &str, arguments: Option<&Value>, call_id: Option<String>) -> Option<Self> {
        let suffix = tool.strip_prefix(PREFIX).filter(|suffix| !suffix.is_empty())?;
        let named = match arguments {
            Some(Value::String(json)) => named_in(tool, json),
            Some(arguments) => named_in(tool, &arguments.to_string()),
            None => None,
        };
        let target = named.unwrap_or_else(|| suffix.to_owned());
        Some(Self { tool: tool.to_owned(), target, call_id })
    }

    /// The same answer may stand in two attributes, in one of them without the ids of calls.
    fn is_the_same(&self, other: &Self) -> bool {
        let same_call = match (&self.call_id, &other.call_id) {
            (Some(one), Some(two)) => one == two,
            _ => true,
        };
        self.tool == other.tool && same_call
    }
}

/// Tool calls stand under `tool_calls`, `parts` or bare; their name may stand under `function`.
fn collect(value: &Value, depth: usize, found: &mut Vec<Transfer>) {
    if depth > DEEPEST {
        return;
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, depth + 1, found)),
        Value::Object(members) => {
            let function = members.get("function").unwrap_or(value);
            let first =
                |of: &Value, keys: &[&str]| keys.iter().find_map(|key| of.get(*key).cloned());
            let name = first(function, &["name", "toolName", "tool.name"]);
            let id = first(value, &["id", "toolCallId", "tool_call_id", "call_id"]);
            let arguments = first(function, &["arguments", "input", "args", "tool.args"]);
            let id = id.as_ref().and_then(Value::as_str).map(str::to_owned);
            let name = name.as_ref().and_then(Value::as_str).unwrap_or_default();
            match Transfer::new(name, arguments.as_ref(), id) {
                Some(transfer) => found.push(transfer),
                None => members.values().for_each(|member| collect(member, depth + 1, found)),
            }
        }
        _ => {}
    }
}

/// `…tool_calls.<index>.tool_call.function.name` and `…tool_calls.<index>.name`.
fn flattened(attributes: &Attributes<'_>) -> impl Iterator<Item = Transfer> {
    attributes.0.iter().filter_map(|attribute| {
        let key = &*attribute.key;
        if !FLATTENED.iter().any(|prefix| key.starts_with(prefix)) {
            return None;
        }
        let function = key.strip_suffix(".name")?;
        let call = function.strip_suffix(".function").unwrap_or(function);
        let text = |key: String| attributes.text(&[&key]).map(|text| text.into_owned());
        let arguments = text(format!("{function}.arguments")).map(Value::from);
        Transfer::new(&attribute.value.text()?, arguments.as_ref(), text(format!("{call}.id")))
    })
}

//! One message of a conversation, in the shape of any provider → steps.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::value::RawValue;

use super::block::{self, Block};
use super::step::{Answer, Output, Step, What};
use crate::ingest::members::{self, Members};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    System,
    User,
    Assistant,
    Tool,
}

/// What messages call their roles: OpenAI, Anthropic, Gemini, LangChain's `type` and class names, the
/// Gemini client.
const ROLES: &[(&str, Role)] = &[
    ("system", Role::System),
    ("developer", Role::System),
    ("user", Role::User),
    ("human", Role::User),
    ("assistant", Role::Assistant),
    ("ai", Role::Assistant),
    ("model", Role::Assistant),
    ("gemini", Role::Assistant),
    ("tool", Role::Tool),
    ("function", Role::Tool),
];

/// Where the content of a message stands.
const CONTENT: &[&str] = &["content", "parts"];
const TOOL_CALLS: &[&str] = &["tool_calls", "toolCalls"];
const TIMES: &[&str] = &["timestamp", "created_at", "createdAt", "create_time", "time"];

/// Whether the object looks like a message of a conversation with a model.
///
/// Messages of other protocols also have a role: those of MCP hold one part, those of A2A an id.
pub fn is_message(json: &str) -> bool {
    let Some(message) = Members::parse(json) else { return false };
    if message.has("messageId") {
        return false;
    }
    let Some(unwrapped) = unwrap(message) else { return false };
    let one_part = |raw: &RawValue| raw.get().starts_with('{');
    let has_content = unwrapped.body.raw(CONTENT).is_some_and(|content| !one_part(content));
    has_content || unwrapped.body.raw(TOOL_CALLS).is_some_and(|calls| calls.get().starts_with('['))
}

/// Whether the item is one of the Responses API's lists: a message, a call or an output.
pub fn is_item(raw: &RawValue) -> bool {
    is_message(raw.get()) || block::block(raw).iter().any(|block| !matches!(block, Block::Text(_)))
}

/// Whether a model wrote it: an answer, or a call by itself.
pub fn is_of_model(raw: &RawValue) -> bool {
    let unwrapped = Members::parse(raw.get()).and_then(unwrap);
    match unwrapped {
        Some(unwrapped) => unwrapped.role == Role::Assistant,
        None => block::block(raw).iter().any(|block| matches!(block, Block::Call(_))),
    }
}

struct Unwrapped<'a> {
    role: Role,
    body: Members<'a>,
    time: Option<Timestamp>,
}

/// Finds role and body: on the message itself, in LangChain's `{"type", "data"}` and
/// `{"lc", "id": [… "AIMessage"], "kwargs"}`, or in OpenCode's `{"info", "parts"}`.
fn unwrap(message: Members<'_>) -> Option<Unwrapped<'_>> {
    let class = message.list(&["id"]).last().and_then(|name| members::text(name));
    let info = message.object(&["info"]);
    let named = class
        .or_else(|| info.as_ref().and_then(|info| info.text(&["role"])))
        .or_else(|| message.text(&["role", "type"]))?;
    let plain = named.trim_end_matches("Chunk").trim_end_matches("Message");
    let (_, role) = *ROLES.iter().find(|(name, _)| plain.eq_ignore_ascii_case(name))?;
    let stated = info.as_ref().unwrap_or(&message);
    let created = || stated.object(&["time"])?.time(&["created", "start"]);
    let time = stated.time(TIMES).or_else(created);
    let body = message.object(&["data", "kwargs"]).unwrap_or(message);
    Some(Unwrapped { role, body, time })
}

/// Puts the steps of a message behind `steps`; `false` when it is neither a message nor a part of one.
/// A bare string is a prompt.
pub fn read<'a>(raw: &'a RawValue, pointer: &str, steps: &mut Vec<Step<'a>>) -> bool {
    if raw.get().starts_with('"') {
        steps.extend(members::text(raw).map(|text| step(None, pointer, None, What::Prompt(text))));
        return true;
    }
    let Some(message) = Members::parse(raw.get()) else { return false };
    let author = message.text(&["name"]);
    let Some(Unwrapped { role, body, time }) = unwrap(message) else {
        // An item that is a call or an output by itself.
        let blocks = block::block(raw);
        let is_known = !blocks.is_empty() || raw.get().contains("\"type\"");
        steps.extend(parts(blocks).into_iter().map(|what| step(None, pointer, None, what)));
        return is_known;
    };
    let author = body.text(&["name"]).or(author).filter(|_| role == Role::Assistant);
    let content = body.raw(CONTENT).map(block::blocks).unwrap_or_default();
    let text = block::text(&content);
    let mut whats = parts(content);
    match role {
        Role::System => whats.extend(text.map(What::Instructions)),
        Role::User => whats.extend(text.map(What::Prompt)),
        Role::Tool if whats.is_empty() => whats.push(What::Output(block::output(&body))),
        Role::Tool => {}
        Role::Assistant => {
            let told: Vec<_> = whats.iter().filter_map(call_id).cloned().collect();
            whats.insert(0, What::Answer(answer(&body, text)));
            whats.extend(tool_calls(&body, &told));
        }
    }
    steps.extend(whats.into_iter().map(|what| step(time, pointer, author.clone(), what)));
    true
}

fn step<'a>(
    time: Option<Timestamp>,
    pointer: &str,
    author: Option<Cow<'a, str>>,
    what: What<'a>,
) -> Step<'a> {
    Step { time, pointer: pointer.to_owned(), author, what }
}

/// Calls and outputs. The text belongs to the message as a whole.
fn parts(blocks: Vec<Block<'_>>) -> Vec<What<'_>> {
    let part = |block| match block {
        Block::Text(_) => None,
        Block::Call(call) => Some(What::Call(call)),
        Block::Output(output) => Some(What::Output(output)),
    };
    blocks.into_iter().filter_map(part).collect()
}

fn answer<'a>(body: &Members<'a>, text: Option<Cow<'a, str>>) -> Answer<'a> {
    let id = body.text(&["id"]);
    Answer { id, text: text.filter(|text| !text.is_empty()), model: model(body), ..usage(body) }
}

/// The calls beside the content; LangChain repeats those of the content here. A client that ran the
/// tool itself adds the result.
fn tool_calls<'a>(body: &Members<'a>, told: &[Cow<'a, str>]) -> Vec<What<'a>> {
    let mut whats = Vec::new();
    for raw in body.list(TOOL_CALLS) {
        let Some(members) = Members::parse(raw.get()) else { continue };
        let call = block::call(&members);
        if call.name.is_empty() || call.id.as_ref().is_some_and(|id| told.contains(id)) {
            continue;
        }
        let id = call.id.clone();
        whats.push(What::Call(call));
        if members.has("result") {
            whats.push(What::Output(Output { id, ..block::output(&members) }));
        }
    }
    whats
}

fn call_id<'s, 'a>(what: &'s What<'a>) -> Option<&'s Cow<'a, str>> {
    match what {
        What::Call(call) => call.id.as_ref(),
        _ => None,
    }
}

fn model<'a>(body: &Members<'a>) -> Option<Cow<'a, str>> {
    let metadata = || body.object(&["response_metadata"])?.text(&["model_name", "model"]);
    body.text(&["model", "modelID"]).or_else(metadata)
}

/// The tokens that an answer, or the response around it, says it took.
pub fn usage<'a>(members: &Members<'a>) -> Answer<'a> {
    let usage = members.object(&["usage", "usage_metadata", "usageMetadata", "tokens"]);
    let usage = usage.unwrap_or_default();
    Answer {
        tokens_in: usage.number(&[
            "input_tokens",
            "prompt_tokens",
            "inputTokens",
            "promptTokenCount",
            "input",
        ]),
        tokens_out: usage.number(&[
            "output_tokens",
            "completion_tokens",
            "outputTokens",
            "candidatesTokenCount",
            "output",
        ]),
        ..Answer::default()
    }
}

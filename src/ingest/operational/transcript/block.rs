//! Parts of messages in the shapes of all providers → text, calls and outputs.
//!
//! | where | call | output |
//! |---|---|---|
//! | OpenAI Chat, LangChain | `tool_calls[]` | a message of role `tool` |
//! | OpenAI Responses, Codex | `{"type": "function_call"}` | `{"type": "function_call_output"}` |
//! | Anthropic, Claude Code | `{"type": "tool_use"}` | `{"type": "tool_result"}` |
//! | Gemini | `{"functionCall": {}}` | `{"functionResponse": {}}` |
//! | Bedrock Converse | `{"toolUse": {}}` | `{"toolResult": {}}` |
//! | OpenTelemetry GenAI messages | `{"type": "tool_call"}` | `{"type": "tool_call_response"}` |
//!
//! Tools that a provider runs itself (`web_search_call`, `mcp_call`) state call and output in one.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::step::{Call, Output};
use crate::ingest::members::{self, Members};

/// One part of a message. What is none of these (images, reasoning) is not kept.
#[derive(Debug)]
pub enum Block<'a> {
    Text(Cow<'a, str>),
    Call(Call<'a>),
    Output(Output<'a>),
}

/// Members that hold a whole call or output of their own.
const NESTED_CALLS: &[&str] = &["functionCall", "function_call", "toolUse"];
const NESTED_OUTPUTS: &[&str] = &["functionResponse", "function_response", "toolResult"];
/// Endings of `type`; outputs first, for `tool_call_response` is no call.
const OUTPUT_TYPES: &[&str] = &["_result", "_output", "_response", "toolResult"];
const CALL_TYPES: &[&str] = &["_call", "_use", "toolCall"];
const TEXT_TYPES: &[&str] = &["text", "input_text", "output_text", "refusal"];

const CALL_IDS: &[&str] = &["call_id", "toolUseId", "tool_use_id", "tool_call_id", "callID", "id"];
const ARGUMENTS: &[&str] = &["input", "arguments", "args", "action", "parameters"];
const OUTPUTS: &[&str] = &["content", "output", "response", "result", "outputs"];

/// The parts of a message's content: a string, one part, or a list of parts.
pub fn blocks(content: &RawValue) -> Vec<Block<'_>> {
    if let Some(text) = members::text(content) {
        return vec![Block::Text(text)];
    }
    match members::list(content) {
        Some(parts) => parts.into_iter().flat_map(block).collect(),
        None => block(content),
    }
}

/// One part: nothing, one block, or a call with its output.
pub fn block(part: &RawValue) -> Vec<Block<'_>> {
    if let Some(text) = members::text(part) {
        return vec![Block::Text(text)];
    }
    let Some(part) = Members::parse(part.get()) else { return Vec::new() };
    if let Some(nested) = part.object(NESTED_CALLS).filter(|nested| nested.has("name")) {
        return vec![Block::Call(call(&nested))];
    }
    if let Some(nested) = part.object(NESTED_OUTPUTS) {
        return vec![Block::Output(output(&nested))];
    }
    let kind = part.text(&["type", "kind"]).unwrap_or_default();
    let ends = |endings: &[&str]| endings.iter().any(|ending| kind.ends_with(ending));
    if kind.is_empty() || TEXT_TYPES.contains(&&*kind) {
        return part.text(&["text", "refusal"]).map(Block::Text).into_iter().collect();
    }
    if kind == "tool" && part.has("state") {
        return stateful(&part);
    }
    if ends(OUTPUT_TYPES) {
        return vec![Block::Output(output(&part))];
    }
    if !ends(CALL_TYPES) {
        return Vec::new();
    }
    let mut found = call(&part);
    if found.name.is_empty() {
        let name = kind.strip_suffix("_call").unwrap_or(&kind);
        found.name = Cow::Owned(name.to_owned());
    }
    let mut blocks = vec![Block::Call(found)];
    if part.raw(OUTPUTS).is_some() || part.has("error") {
        blocks.push(Block::Output(output(&part)));
    }
    blocks
}

/// A call in any shape: `{id, name, input}`, `{id, function: {name, arguments}}`, `{function, args}`.
pub fn call<'a>(members: &Members<'a>) -> Call<'a> {
    let function = members.object(&["function"]).unwrap_or_default();
    let name = members.text(&["name", "toolName", "function"]).or_else(|| function.text(&["name"]));
    Call {
        id: members.text(CALL_IDS),
        name: name.unwrap_or_default(),
        server: members.text(&["server_name", "server_label"]),
        arguments: members.raw(ARGUMENTS).or_else(|| function.raw(ARGUMENTS)),
    }
}

pub fn output<'a>(members: &Members<'a>) -> Output<'a> {
    Output {
        id: members.text(CALL_IDS),
        name: members.text(&["name", "tool_name"]),
        text: members.raw(OUTPUTS).map(content).unwrap_or_default(),
        error: error(members),
        ..Output::default()
    }
}

/// The text of a content; what is structured otherwise keeps its JSON. Parts inside parts are not
/// followed: outputs nest as deep as somebody likes.
pub fn content(raw: &RawValue) -> Cow<'_, str> {
    let texts = match members::list(raw) {
        Some(parts) => joined(parts.into_iter().filter_map(plain)),
        None => plain(raw),
    };
    texts.unwrap_or(Cow::Borrowed(raw.get()))
}

/// A string, or a part that is nothing but text.
fn plain(part: &RawValue) -> Option<Cow<'_, str>> {
    members::text(part).or_else(|| Members::parse(part.get())?.text(&["text"]))
}

fn joined<'a>(texts: impl Iterator<Item = Cow<'a, str>>) -> Option<Cow<'a, str>> {
    texts.reduce(|all, next| format!("{all}\n{next}").into())
}

/// The texts of a message, one a line.
pub fn text<'a>(blocks: &[Block<'a>]) -> Option<Cow<'a, str>> {
    let texts = blocks.iter().filter_map(|block| match block {
        Block::Text(text) => Some(text),
        _ => None,
    });
    joined(texts.cloned())
}

/// The error of a tool, by any of the ways in which it is said.
fn error<'a>(members: &Members<'a>) -> Option<Cow<'a, str>> {
    let stated = members.raw(&["error"]).and_then(|raw| {
        let message = Members::parse(raw.get()).and_then(|error| error.text(&["message", "type"]));
        message.or_else(|| members::text(raw)).filter(|text| !text.is_empty())
    });
    let is_error = members.flag(&["is_error", "isError"]) == Some(true)
        || members.text(&["status"]).is_some_and(|status| FAILED.contains(&&*status));
    stated.or_else(|| is_error.then(Cow::default))
}

const FAILED: &[&str] = &["error", "failed", "failure", "cancelled", "incomplete"];

/// OpenCode's part: `{"type": "tool", "tool", "callID", "state": {"input", "output", "status"}}`.
fn stateful<'a>(part: &Members<'a>) -> Vec<Block<'a>> {
    let state = part.object(&["state"]).unwrap_or_default();
    let mut call = call(part);
    call.name = part.text(&["tool"]).unwrap_or_default();
    call.arguments = state.raw(ARGUMENTS);
    let id = call.id.clone();
    let mut blocks = vec![Block::Call(call)];
    if state.has("output") || state.has("error") {
        blocks.push(Block::Output(Output { id, ..output(&state) }));
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Blocks in one line each: `text T`, `call ID NAME ARGUMENTS`, `output ID TEXT [ERROR]`.
    #[track_caller]
    fn check(content: &str, expected: &[&str]) {
        let raw: &RawValue = serde_json::from_str(content).expect("JSON");
        let shown: Vec<String> = blocks(raw)
            .into_iter()
            .map(|block| match block {
                Block::Text(text) => format!("text {text}"),
                Block::Call(call) => {
                    let (server, tool) = call.spelled();
                    let server = server.map(|server| format!("{server}/")).unwrap_or_default();
                    let arguments = call.arguments().unwrap_or_default();
                    format!(
                        "call {} {server}{tool} {}",
                        call.id.as_deref().unwrap_or_default(),
                        arguments.raw()
                    )
                }
                Block::Output(output) => {
                    let error = output.error.map(|error| format!(" [{error}]")).unwrap_or_default();
                    format!("output {} {}{error}", output.id.unwrap_or_default(), output.text)
                }
            })
            .collect();
        assert_eq!(shown, expected, "{content}");
    }

    #[test]
    fn every_provider_says_the_same() {
        check(r#""hello""#, &["text hello"]);
        check(
            r#"[{"type":"thinking","thinking":"hm"},{"type":"text","text":"hello"},
                {"type":"tool_use","id":"t1","name":"find","input":{"q":"x"}}]"#,
            &["text hello", r#"call t1 find {"q":"x"}"#],
        );
        check(
            r#"[{"type":"tool_result","tool_use_id":"t1","is_error":true,
                "content":[{"type":"text","text":"no"},{"type":"text","text":"luck"}]}]"#,
            &["output t1 no\nluck []"],
        );
        check(
            r#"{"type":"function_call","id":"fc1","call_id":"c1","name":"find","arguments":"{\"q\":1}"}"#,
            &[r#"call c1 find {"q":1}"#],
        );
        check(
            r#"{"type":"function_call_output","call_id":"c1","output":"found"}"#,
            &["output c1 found"],
        );
        check(
            r#"[{"text":"hi"},{"functionCall":{"name":"find","args":{"q":1}}},
                {"functionResponse":{"name":"find","response":{"n":2}}}]"#,
            &["text hi", r#"call  find {"q":1}"#, r#"output  {"n":2}"#],
        );
        check(
            r#"[{"toolUse":{"toolUseId":"b1","name":"find","input":{}}},
                {"toolResult":{"toolUseId":"b1","status":"error","content":[{"text":"no"}]}}]"#,
            &["call b1 find {}", "output b1 no []"],
        );
        check(
            r#"[{"type":"tool_call","id":"s1","name":"find","arguments":{}},
                {"type":"tool_call_response","id":"s1","response":"found"}]"#,
            &["call s1 find {}", "output s1 found"],
        );
    }

    #[test]
    fn tools_of_the_provider_answer_at_once() {
        check(
            r#"{"type":"mcp_call","id":"m1","server_label":"docs","name":"find","arguments":"{}","output":null,
                "error":{"type":"http_error","message":"gone"}}"#,
            &["call m1 docs/find {}", "output m1  [gone]"],
        );
        check(
            r#"{"type":"web_search_call","id":"w1","status":"completed","action":{"query":"x"}}"#,
            &[r#"call w1 web_search {"query":"x"}"#],
        );
        check(
            r#"{"type":"tool","tool":"bash","callID":"o1","state":{"status":"completed","input":{"command":"ls"},"output":"a"}}"#,
            &[r#"call o1 bash {"command":"ls"}"#, "output o1 a"],
        );
        check(
            r#"{"type":"tool_use","id":"x","name":"mcp__crm__export","input":{}}"#,
            &["call x crm/export {}"],
        );
    }
}

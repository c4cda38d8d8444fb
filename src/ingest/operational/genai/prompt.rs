//! The last thing a person (or the calling agent) asked of a model, wherever it is kept.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Attributes, Span, span_events};
use crate::domain::Digest;
use crate::ingest::json::Str;

/// Attributes that hold a conversation.
pub const CONVERSATION: &[&str] = &[
    "gen_ai.input.messages",
    "gen_ai.prompt",
    "pydantic_ai.all_messages",
    "all_messages_events",
    "llm.prompts",
    "ai.prompt.messages",
    "ai.prompt",
    "gcp.vertex.agent.llm_request",
];
/// Attributes that hold whatever went into a step.
const INPUT: &[&str] = &[
    "langfuse.observation.input",
    "langfuse.trace.input",
    "input.value",
    "traceloop.entity.input",
    "input",
];
/// Flattened lists of messages: `PREFIX<index>MIDDLE{role,content}`.
pub const FLATTENED: &[(&str, &str)] =
    &[("llm.input_messages.", ".message."), ("gen_ai.prompt.", ".")];
/// The same for the parts of a message: `contents.<index>.message_content.text`.
const PART: (&str, &str) = ("contents.", ".message_content.text");

/// Characters of a prompt that are kept; its digest is over all of it.
const KEPT: usize = 500;

/// `{"prompt_digest", "prompt"}` as JSON, when there is a user message.
pub fn parameters(span: &Span<'_>) -> Option<String> {
    last_user_message(span).map(|prompt| describe(&prompt))
}

/// The same for a prompt that is already at hand.
pub fn describe(prompt: &str) -> String {
    let end = prompt.char_indices().nth(KEPT).map_or(prompt.len(), |(end, _)| end);
    let described =
        Described { prompt: &prompt[..end], prompt_digest: Digest::of(prompt.as_bytes()) };
    serde_json::to_string(&described).unwrap_or_default()
}

#[derive(Serialize)]
struct Described<'a> {
    prompt: &'a str,
    prompt_digest: Digest,
}

/// What was last asked of a model.
pub fn last_user_message(span: &Span<'_>) -> Option<String> {
    let attributes = &span.attributes;
    let among =
        |keys: &[&str]| keys.iter().find_map(|key| from_conversation(&attributes.content(&[key])?));
    let flattened =
        || FLATTENED.iter().find_map(|(prefix, middle)| flattened(attributes, prefix, middle));
    let in_events = || {
        let text = span_events::prompt(span)?;
        from_conversation(&text).or_else(|| content(&text))
    };
    among(CONVERSATION).or_else(flattened).or_else(|| among(INPUT)).or_else(in_events)
}

/// A list of messages, an object that holds one, or the prompt itself.
fn from_conversation(text: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Request<'a> {
        #[serde(borrow, alias = "contents", default)]
        messages: Vec<&'a RawValue>,
        #[serde(borrow, default)]
        prompt: Option<Str<'a>>,
    }
    let messages: Vec<&RawValue> = match text.trim_start().as_bytes().first() {
        Some(b'[') => serde_json::from_str(text).ok()?,
        Some(b'{') => match serde_json::from_str::<Request<'_>>(text) {
            Ok(Request { prompt: Some(prompt), .. }) => return Some(prompt.0.into_owned()),
            Ok(Request { messages, .. }) if !messages.is_empty() => messages,
            _ => return Some(text.to_owned()),
        },
        _ => return Some(text.to_owned()),
    };
    messages.iter().rev().find_map(|message| user_message(message.get()))
}

fn user_message(json: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Message<'a> {
        #[serde(borrow)]
        role: Option<Str<'a>>,
        #[serde(borrow)]
        parts: Option<&'a RawValue>,
        #[serde(borrow)]
        content: Option<&'a RawValue>,
    }
    let message: Message<'_> = serde_json::from_str(json).ok()?;
    if message.role.as_deref() != Some("user") {
        return None;
    }
    content(message.parts.or(message.content)?.get())
}

/// A string, or the texts of a list of parts.
pub fn content(json: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Part<'a> {
        #[serde(borrow)]
        content: Option<Cow<'a, str>>,
        #[serde(borrow)]
        text: Option<Cow<'a, str>>,
    }
    if let Ok(text) = serde_json::from_str::<String>(json) {
        return Some(text);
    }
    let parts: Vec<&RawValue> = serde_json::from_str(json).ok()?;
    let texts = parts.iter().filter_map(|part| {
        let part: Part<'_> = serde_json::from_str(part.get()).ok()?;
        part.content.or(part.text).map(Cow::into_owned)
    });
    Some(texts.collect::<Vec<_>>().join("\n")).filter(|text| !text.is_empty())
}

fn flattened(attributes: &Attributes<'_>, prefix: &str, middle: &str) -> Option<String> {
    let users = attributes.0.iter().filter_map(|attribute| {
        let rest = attribute.key.strip_prefix(prefix)?;
        let (index, field) = rest.split_once(middle)?;
        let is_user = field == "role" && attribute.value.text().as_deref() == Some("user");
        if is_user { index.parse::<u32>().ok() } else { None }
    });
    let message = format!("{prefix}{}{middle}", users.max()?);
    let whole = attributes.text(&[&format!("{message}content")]);
    whole.map(Cow::into_owned).or_else(|| {
        let (before, after) = PART;
        let parts = attributes.0.iter().filter_map(|attribute| {
            let part = attribute.key.strip_prefix(&message)?.strip_prefix(before)?;
            if part.ends_with(after) { attribute.value.text() } else { None }
        });
        Some(parts.collect::<Vec<_>>().join("\n")).filter(|text| !text.is_empty())
    })
}

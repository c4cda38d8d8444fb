//! The last thing a person (or the calling agent) asked of a model, wherever it is kept.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Attributes;
use crate::domain::Digest;
use crate::ingest::json::Str;

/// Attributes that hold a conversation or a bare prompt.
const CONVERSATION: &[&str] = &[
    "gen_ai.input.messages",
    "gen_ai.prompt",
    "llm.prompts",
    "input.value",
    "traceloop.entity.input",
];
/// Flattened lists of messages: `PREFIX<index>MIDDLE{role,content}`.
const FLATTENED: &[(&str, &str)] = &[("llm.input_messages.", ".message."), ("gen_ai.prompt.", ".")];

/// Characters of a prompt that are kept; its digest is over all of it.
const KEPT: usize = 500;

/// `{"prompt_digest", "prompt"}` as JSON, when there is a user message.
pub fn parameters(attributes: &Attributes<'_>) -> Option<String> {
    last_user_message(attributes).map(|prompt| describe(&prompt))
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

fn last_user_message(attributes: &Attributes<'_>) -> Option<String> {
    let conversation = attributes.content(CONVERSATION);
    conversation.and_then(|conversation| from_conversation(&conversation)).or_else(|| {
        FLATTENED.iter().find_map(|(prefix, middle)| flattened(attributes, prefix, middle))
    })
}

/// A list of messages, an object that holds one, or the prompt itself.
fn from_conversation(text: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Request<'a> {
        #[serde(borrow)]
        messages: Vec<&'a RawValue>,
    }
    let messages: Vec<&RawValue> = match text.trim_start().as_bytes().first() {
        Some(b'[') => serde_json::from_str(text).ok()?,
        Some(b'{') => match serde_json::from_str::<Request<'_>>(text) {
            Ok(request) => request.messages,
            Err(_) => return Some(text.to_owned()),
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
    let last = users.max()?;
    let key = format!("{prefix}{last}{middle}content");
    attributes.text(&[&key]).map(Cow::into_owned)
}

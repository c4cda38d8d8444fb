//! Everything a model was told: the messages of its conversation with the role of each.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::prompt::{CONVERSATION, FLATTENED};
use super::{Attributes, Span};
use crate::domain::Origin;
use crate::ingest::json::Str;

const INSTRUCTIONS: &[&str] = &["gen_ai.system_instructions"];
/// Events that hold one message each.
const EVENTS: &[(&str, Origin)] = &[
    ("gen_ai.system.message", Origin::System),
    ("gen_ai.user.message", Origin::UserInput),
    ("gen_ai.assistant.message", Origin::AgentGenerated),
    ("gen_ai.tool.message", Origin::ToolOutput),
];
const EVENT_CONTENT: &[&str] = &["content", "gen_ai.event.content", "event_body"];
/// Roles of messages, or types of those without one, and who speaks in them.
const ROLES: &[(&str, Origin)] = &[
    ("system", Origin::System),
    ("developer", Origin::System),
    ("user", Origin::UserInput),
    ("human", Origin::UserInput),
    ("assistant", Origin::AgentGenerated),
    ("ai", Origin::AgentGenerated),
    ("model", Origin::AgentGenerated),
    ("tool", Origin::ToolOutput),
    ("function", Origin::ToolOutput),
    ("function_call_output", Origin::ToolOutput),
    ("function_call", Origin::AgentGenerated),
];
/// Messages of users carry the results of tools in some shapes.
const RESULTS: &[&str] = &[
    "\"tool_result\"",
    "\"tool_call_response\"",
    "\"toolResult\"",
    "\"functionResponse\"",
    "\"function_response\"",
];

/// The messages in order, each as the text or JSON in which it stands.
pub fn messages<'s>(span: &'s Span<'_>) -> Vec<(Origin, Cow<'s, str>)> {
    let attributes = &span.attributes;
    let instructions = attributes.content(INSTRUCTIONS).map(|text| (Origin::System, text));
    let mut found: Vec<(Origin, Cow<'s, str>)> = instructions.into_iter().collect();
    let before = found.len();
    found.extend(CONVERSATION.iter().filter_map(|key| attributes.content(&[key])).flat_map(listed));
    if found.len() == before {
        found.extend(
            FLATTENED.iter().flat_map(|(prefix, middle)| flattened(attributes, prefix, middle)),
        );
    }
    for event in &span.attached.events {
        let role = EVENTS.iter().find(|(name, _)| *name == &*event.name);
        let content = event.attributes.content(EVENT_CONTENT);
        found.extend(role.zip(content).map(|((_, origin), text)| (*origin, text)));
        let details = event.attributes.content(&["gen_ai.input.messages"]);
        found.extend(details.into_iter().flat_map(listed));
    }
    found
}

/// The messages of a list, or of an object that holds one.
fn listed<'s>(text: Cow<'s, str>) -> Vec<(Origin, Cow<'s, str>)> {
    #[derive(Deserialize)]
    struct Request<'a> {
        #[serde(borrow, alias = "contents")]
        messages: Vec<&'a RawValue>,
    }
    #[derive(Deserialize)]
    struct Message<'a> {
        #[serde(borrow, default)]
        role: Option<Str<'a>>,
        #[serde(borrow, default, rename = "type")]
        kind: Option<Str<'a>>,
    }
    let list: Option<Vec<&RawValue>> = serde_json::from_str(&text)
        .or_else(|_| serde_json::from_str::<Request<'_>>(&text).map(|request| request.messages))
        .ok();
    let with_role = |raw: &&RawValue| {
        let message: Message<'_> = serde_json::from_str(raw.get()).ok()?;
        let role = message.role.or(message.kind)?;
        Some((speaker(&role.0, raw.get())?, Cow::Owned(raw.get().to_owned())))
    };
    list.iter().flatten().filter_map(with_role).collect()
}

fn flattened<'s>(
    attributes: &'s Attributes<'_>,
    prefix: &str,
    middle: &str,
) -> Vec<(Origin, Cow<'s, str>)> {
    /// The role of a message and what it says.
    type Message<'s> = (Option<Cow<'s, str>>, Vec<Cow<'s, str>>);
    let mut by_number: BTreeMap<u32, Message<'s>> = BTreeMap::new();
    for attribute in &attributes.0 {
        let field = attribute.key.strip_prefix(prefix).and_then(|rest| rest.split_once(middle));
        let Some((Ok(number), field)) = field.map(|(number, field)| (number.parse(), field)) else {
            continue;
        };
        let (role, contents) = by_number.entry(number).or_default();
        match field {
            "role" => *role = attribute.value.text(),
            _ => contents.extend(attribute.value.content()),
        }
    }
    let messages = by_number.into_values().filter_map(|(role, contents)| {
        let text = contents.join("\n");
        Some((speaker(&role?, &text)?, Cow::Owned(text)))
    });
    messages.collect()
}

fn speaker(role: &str, message: &str) -> Option<Origin> {
    let (_, origin) = ROLES.iter().find(|(known, _)| role.eq_ignore_ascii_case(known))?;
    let is_result = || RESULTS.iter().any(|mark| message.contains(mark));
    match origin {
        Origin::UserInput if is_result() => Some(Origin::ToolOutput),
        origin => Some(*origin),
    }
}

//! What happened during a span, as far as the span's own attributes do not say it: messages, tool
//! results, exceptions.

use std::borrow::Cow;

use super::Span;

/// Events that hold what a person asked of a model; the last one counts.
const PROMPTS: &[&str] = &["gen_ai.user.message", "gen_ai.content.prompt"];
/// Where these events keep their text.
const CONTENT: &[&str] =
    &["content", "gen_ai.prompt", "gen_ai.event.content", "gen_ai.input.messages", "event_body"];
const TOOL_MESSAGE: &str = "gen_ai.tool.message";
/// The answer of a model, or of a tool in its own span.
const CHOICE: &str = "gen_ai.choice";
const CHOICE_CONTENT: &[&str] =
    &["message", "content", "tool_calls", "gen_ai.event.content", "gen_ai.completion"];
/// All of a call in one event, under the names that span attributes have.
const DETAILS: &str = "gen_ai.client.inference.operation.details";

/// What was last asked of a model during the span.
pub fn prompt<'s>(span: &'s Span<'_>) -> Option<Cow<'s, str>> {
    let events = span.attached.events.iter().rev();
    events
        .filter(|event| PROMPTS.contains(&&*event.name) || *event.name == *DETAILS)
        .find_map(|event| event.attributes.content(CONTENT))
}

/// What a model answered during the span: text, or JSON with the tools it asked for.
pub fn choices<'s>(span: &'s Span<'_>) -> impl Iterator<Item = Cow<'s, str>> {
    span.attached.events.iter().flat_map(|event| {
        let keys: &[&str] = match &*event.name {
            CHOICE => CHOICE_CONTENT,
            DETAILS => &["gen_ai.output.messages"],
            _ => &[],
        };
        keys.iter().filter_map(|key| event.attributes.content(&[key]))
    })
}

/// In the span of a tool, its arguments and its result.
pub fn arguments<'s>(span: &'s Span<'_>) -> Option<Cow<'s, str>> {
    let message = span.attached.events.iter().find(|event| *event.name == *TOOL_MESSAGE)?;
    message.attributes.content(CONTENT)
}

pub fn result<'s>(span: &'s Span<'_>) -> Option<Cow<'s, str>> {
    choices(span).next()
}

/// Results of tools that a model was given: the id of each call and the content.
pub fn tool_results<'s>(span: &'s Span<'_>) -> impl Iterator<Item = (Cow<'s, str>, Cow<'s, str>)> {
    let messages = span.attached.events.iter().filter(|event| *event.name == *TOOL_MESSAGE);
    messages.filter_map(|event| {
        let call = event.attributes.text(&["id", "tool_call_id", "gen_ai.tool.call.id"])?;
        Some((call, event.attributes.content(CONTENT)?))
    })
}

/// The last exception recorded during the span, and whether it left the span.
pub fn exception(span: &Span<'_>) -> Option<(String, bool)> {
    let event = span.attached.events.iter().rev().find(|event| *event.name == *"exception")?;
    let part = |key| event.attributes.text(&[key]);
    let text = match (part("exception.type"), part("exception.message")) {
        (Some(kind), Some(message)) => format!("{kind}: {message}"),
        (kind, message) => kind.or(message)?.into_owned(),
    };
    Some((
        text,
        part("exception.escaped").as_deref().is_some_and(|it| it.eq_ignore_ascii_case("true")),
    ))
}

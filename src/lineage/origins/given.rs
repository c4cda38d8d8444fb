//! What an event keeps of arguments and prompts.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;

use super::stated;
use crate::domain::origin::Source;
use crate::domain::{ArgumentOrigin, Digest, Event, EventKind};

/// What an event was given.
pub enum Given {
    Arguments {
        arguments: Value,
        stated: Option<Vec<ArgumentOrigin<Source>>>,
    },
    /// Arguments of which only the beginning is kept.
    Cut,
    Prompt {
        text: String,
        is_whole: bool,
    },
    Nothing,
}

pub fn given(event: &Event) -> Given {
    match event.kind {
        EventKind::ToolCall | EventKind::Handoff => {
            let value = event.params.as_ref().and_then(|params| parse(params.raw()));
            value.map_or(Given::Nothing, of_call)
        }
        EventKind::Prompt | EventKind::AgentInvoke | EventKind::ModelCall => prompt(event),
        _ => Given::Nothing,
    }
}

/// The arguments of a call, without what stands beside them.
pub fn arguments(event: &Event) -> Option<Value> {
    match given(event) {
        Given::Arguments { arguments, .. } => Some(arguments),
        _ => None,
    }
}

fn parse(params: &str) -> Option<Value> {
    serde_json::from_str(params).ok()
}

fn of_call(value: Value) -> Given {
    let is_cut = |value: &Value| value.get("truncated").is_some() && value.get("bytes").is_some();
    if is_cut(&value) {
        return Given::Cut;
    }
    let stated = value.get("origins").and_then(stated::read);
    let arguments = match value.get("arguments") {
        Some(Value::String(text)) => parse(text).unwrap_or_else(|| text.clone().into()),
        Some(inner) => inner.clone(),
        None => value,
    };
    match (is_cut(&arguments), &stated) {
        (true, None) => Given::Cut,
        // Their origins were found before they were cut.
        (true, Some(_)) => Given::Arguments { arguments: Value::Null, stated },
        (false, _) => Given::Arguments { arguments, stated },
    }
}

fn prompt(event: &Event) -> Given {
    #[derive(Deserialize)]
    struct Asked<'a> {
        #[serde(borrow)]
        prompt: Cow<'a, str>,
        prompt_digest: Option<Digest>,
    }
    let params = event.params.as_ref();
    let asked = params.and_then(|params| serde_json::from_str::<Asked<'_>>(params.raw()).ok());
    let Some(asked) = asked else { return Given::Nothing };
    let is_whole =
        asked.prompt_digest.is_none_or(|digest| digest == Digest::of(asked.prompt.as_bytes()));
    Given::Prompt { text: asked.prompt.into_owned(), is_whole }
}

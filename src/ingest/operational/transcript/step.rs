//! A conversation, normalised: what was said, called and returned, in order.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::value::RawValue;

use crate::domain::Text;

/// One step of a conversation.
#[derive(Clone, Debug)]
pub struct Step<'a> {
    /// Absent in most transcripts: then the order is the only clock.
    pub time: Option<Timestamp>,
    /// JSON pointer of the message inside its document.
    pub pointer: String,
    /// The agent that the message itself names as its author.
    pub author: Option<Cow<'a, str>>,
    pub what: What<'a>,
}

#[derive(Clone, Debug)]
pub enum What<'a> {
    /// Standing instructions: no act, but values can come from them.
    Instructions(Cow<'a, str>),
    Prompt(Cow<'a, str>),
    Answer(Answer<'a>),
    Call(Call<'a>),
    /// A call by which work goes to another agent.
    Handoff {
        target: Cow<'a, str>,
        call: Call<'a>,
    },
    Output(Output<'a>),
}

/// One answer of a model.
#[derive(Clone, Debug, Default)]
pub struct Answer<'a> {
    /// The API's id of the answer: the parts of one answer share it.
    pub id: Option<Cow<'a, str>>,
    pub text: Option<Cow<'a, str>>,
    pub model: Option<Cow<'a, str>>,
    pub tokens_in: Option<u64>,
    pub tokens_out: Option<u64>,
}

/// A tool that the model asked for.
#[derive(Clone, Debug, Default)]
pub struct Call<'a> {
    pub id: Option<Cow<'a, str>>,
    pub name: Cow<'a, str>,
    /// The MCP server, when the call names it.
    pub server: Option<Cow<'a, str>>,
    /// As written: JSON, or a JSON string that holds JSON.
    pub arguments: Option<&'a RawValue>,
}

/// What a tool gave back.
#[derive(Clone, Debug, Default)]
pub struct Output<'a> {
    /// The call it answers.
    pub id: Option<Cow<'a, str>>,
    pub name: Option<Cow<'a, str>>,
    pub text: Cow<'a, str>,
    /// The tool failed; the message may be empty.
    pub error: Option<Cow<'a, str>>,
    /// Why the call was refused before it ran, when it was.
    pub refusal: Option<Cow<'a, str>>,
    /// The agent that did the work, when the call was a hand-off.
    pub worker: Option<Cow<'a, str>>,
}

impl Call<'_> {
    /// Server and tool. Clients of MCP call a server's tool `mcp__SERVER__TOOL`.
    pub fn spelled(&self) -> (Option<&str>, &str) {
        let parts = self.name.strip_prefix("mcp__").and_then(|rest| rest.split_once("__"));
        match parts {
            Some((server, tool)) if !tool.is_empty() => (Some(server), tool),
            _ => (self.server.as_deref(), &self.name),
        }
    }

    /// The arguments as JSON text, unwrapped when they are a string that holds JSON.
    pub fn arguments(&self) -> Option<Text> {
        let raw = self.arguments?.get();
        match serde_json::from_str::<String>(raw) {
            Ok(text) if text.is_empty() => None,
            Ok(text) => Some(crate::ingest::json::argument(&text)),
            Err(_) => Some(Text::new(raw)),
        }
    }
}

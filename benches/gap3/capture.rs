//! Less of a transcript, as poorer sources would have it.

use diptych::profile::{Argument, Run};
use serde_json::{Value, json};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capture {
    Full,
    /// The names of the tools in order, nothing else.
    Names,
    NoPrompt,
    NoOutputs,
    /// Every value of an argument occurs in one run only.
    FreshValues,
}

impl Capture {
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "full" => Self::Full,
            "names" => Self::Names,
            "no-prompt" => Self::NoPrompt,
            "no-outputs" => Self::NoOutputs,
            "fresh-values" => Self::FreshValues,
            _ => return None,
        })
    }

    /// Takes out of a transcript what is not captured.
    pub fn transcript(self, transcript: &mut Value) {
        let (prompt, outputs, arguments) = match self {
            Self::Full | Self::FreshValues => return,
            Self::Names => (false, false, false),
            Self::NoPrompt => (false, true, true),
            Self::NoOutputs => (true, false, true),
        };
        let list = if transcript.get("traj").is_some() { "traj" } else { "messages" };
        let Some(messages) = transcript.get_mut(list).and_then(Value::as_array_mut) else {
            return;
        };
        messages.retain(|message| prompt || !matches!(role(message), "user" | "system"));
        for message in messages {
            match role(message) {
                "tool" if !outputs => {
                    message["content"] = json!("");
                    message["error"] = Value::Null;
                }
                "assistant" if !arguments => {
                    message["content"] = Value::Null;
                    let calls = message.get_mut("tool_calls").and_then(Value::as_array_mut);
                    for call in calls.into_iter().flatten() {
                        if let Some(args) = call.get_mut("args") {
                            *args = json!({});
                        }
                        if let Some(args) = call.pointer_mut("/function/arguments") {
                            *args = json!("{}");
                        }
                    }
                }
                _ => {}
            }
        }
    }

    pub fn run(self, run: &mut Run) {
        if self != Self::FreshValues {
            return;
        }
        let salt = blake3::hash(run.id.raw().as_bytes());
        let salt = salt.as_bytes().first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        let fresh = |argument: &Argument| Argument { value: argument.value ^ salt, ..*argument };
        for call in &mut run.calls {
            call.arguments = call.arguments.iter().map(fresh).collect();
        }
        for address in &mut run.asked.addresses {
            *address ^= salt;
        }
        run.asked.addresses.sort_unstable();
    }
}

fn role(message: &Value) -> &str {
    message.get("role").and_then(Value::as_str).unwrap_or_default()
}

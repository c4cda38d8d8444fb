//! Conversations with models as applications and gateways log them (`chat`): dumps of messages,
//! requests, answers, and both together, in the shapes of OpenAI (Chat and Responses), Anthropic,
//! Gemini, Bedrock (Converse and invocation logs), LangChain and LangGraph; fine-tuning lines; the sessions of Gemini CLI and
//! OpenCode; a message alone.
//!
//! A record of one request with its answer repeats the conversation so far. Only what is new in it
//! becomes events: what followed the last answer of the history, and the answer. An application that
//! does not name itself is named after the file.

mod found;

use jiff::Timestamp;
use serde_json::value::RawValue;

pub use self::found::{Placed, numbered};

use self::found::Found;
use super::run::{self, Run};
use super::step::{Answer, Step, What};
use super::{block, message, messages, stem};
use crate::domain::{AgentKey, Digest, Discipline, Location, ProblemKind};
use crate::ingest::members::Members;
use crate::ingest::{Document, Format, Shape, Side, Sink};

const ID: &str = "chat";

pub const FORMAT: Format = Format {
    id: ID,
    title: "Conversations with models",
    side: Side::Operational,
    says: &[
        (Discipline::Model, "models called"),
        (Discipline::Behavior, "prompts, tool calls and the origin of their arguments, in order"),
    ],
    coverage: "what was said to and by the model; not what tools did beyond their answers",
    recognises,
    read,
};

const SESSIONS: &[&str] = &[
    "session_id",
    "sessionId",
    "sessionID",
    "conversation_id",
    "conversationId",
    "thread_id",
    "threadId",
    "chat_id",
    "custom_id",
];
const AGENTS: &[&str] = &["agent_name", "agentName", "agent", "assistant_id"];
const MODELS: &[&str] = &["model", "modelId", "model_name", "modelVersion"];
const USERS: &[&str] = &["user_id", "userId", "user"];
const TIMES: &[&str] =
    &["created", "created_at", "createTime", "timestamp", "startTime", "start_time", "time"];

/// Keys one of which every conversation has; documents without are not looked into.
const TELLING: &[&str] = &[
    "messages",
    "input",
    "contents",
    "choices",
    "candidates",
    "output",
    "request",
    "response",
    "body",
    "values",
];
/// Keys of a LangChain message, which has a `type` and no role.
const LANGCHAIN: &[&str] =
    &["additional_kwargs", "data", "kwargs", "tool_call_id", "response_metadata"];

fn recognises(shape: &Shape<'_>) -> bool {
    let has_any = |keys: &[&str]| keys.iter().any(|key| shape.has(key));
    if shape.api_version.is_some() || shape.has("jsonrpc") {
        return false;
    }
    // The answers of MCP's sampling look alike but for the spelling of this key.
    let is_alone = (shape.has("role") && !shape.has("stopReason")) || has_any(LANGCHAIN);
    let is_message = is_alone && message::is_message(shape.json());
    let is_conversation = || has_any(TELLING) && !Found::in_document(shape.json()).is_empty();
    is_message || is_conversation() || is_script(shape)
}

/// A script for a model that stands in for a real one in tests: `{"openai": [{name, match, response}]}`.
fn is_script(shape: &Shape<'_>) -> bool {
    const PROVIDERS: &[&str] = &["openai", "anthropic"];
    PROVIDERS.iter().any(|provider| shape.has(provider))
        && Members::parse(shape.json()).is_some_and(|script| {
            let first = script.list(PROVIDERS).first().and_then(|raw| Members::parse(raw.get()));
            first.is_some_and(|first| first.has("match") && first.has("response"))
        })
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Ok(whole) = serde_json::from_str(document.json) else { return };
    let mut found = Found::in_document(document.json);
    let is_alone = found.is_empty();
    if is_alone {
        if !message::is_message(document.json) {
            let message = "a script for a model that stands in for a real one: nothing was done";
            return sink.problem(document.problem(ProblemKind::Unsupported, message));
        }
        found.answers.push((String::new(), whole));
    }
    let started = found.around().find_map(|members| members.time(TIMES));
    let is_exchange = !is_alone && !found.answers.is_empty();
    let (mut steps, told) = steps(&found, is_exchange, document, sink);
    if is_exchange {
        steps.iter_mut().for_each(|step| step.time = step.time.or(started));
    }
    let digest = Digest::of(document.json.as_bytes()).short();
    let session = found.text(SESSIONS).map(|session| session.into_owned());
    let mut agent = AgentKey::new("", "", stem(document));
    agent.inner = found.text(AGENTS).map(|name| sink.intern(&name));
    let run = Run {
        source: ID,
        // Exchanges of one session number their steps anew.
        key: match (&session, is_exchange || is_alone) {
            (Some(session), false) => session.clone(),
            _ => digest.clone(),
        },
        session: session.or_else(|| is_alone.then(|| stem(document).to_owned())),
        agent: Some(agent),
        model: found.text(MODELS),
        account: found.text(&["accountId"]),
        principal: found.around().find_map(|members| members.object(&["identity"])?.text(&["arn"])),
        on_behalf_of: found.text(USERS),
        trace_id: found.text(&["trace_id", "traceId"]),
        started: started.or_else(|| if is_alone { order(&document.at) } else { None }),
        steps,
        told,
        ..Run::default()
    };
    run::emit(&run, document, sink);
}

/// All steps in order, and how many of them another document tells of.
fn steps<'a>(
    found: &Found<'a>,
    is_exchange: bool,
    document: &Document<'_>,
    sink: &mut dyn Sink,
) -> (Vec<Step<'a>>, usize) {
    let mut steps: Vec<_> = found.instructions.map(instructions).into_iter().collect();
    let last_answer = found.history.iter().rposition(|(_, raw)| message::is_of_model(raw));
    let known = last_answer.filter(|_| is_exchange).map_or(0, |last| last + 1);
    let (known, new) = found.history.split_at(known);
    steps.extend(messages(known, document, sink));
    let told = steps.len();
    steps.extend(messages(new, document, sink));
    let asked = steps.len();
    steps.extend(messages(&found.answers, document, sink));
    if is_exchange {
        complete(&mut steps, asked, found);
    }
    (steps, told)
}

fn instructions(raw: &RawValue) -> Step<'_> {
    Step {
        time: None,
        pointer: String::new(),
        author: None,
        what: What::Instructions(block::content(raw)),
    }
}

/// Gives the answer of an exchange what the response around it says: model and tokens. A response of
/// nothing but calls is an answer too.
fn complete<'a>(steps: &mut Vec<Step<'a>>, asked: usize, found: &Found<'a>) {
    let answers = |step: &Step<'_>| matches!(step.what, What::Answer(_));
    if !steps.iter().skip(asked).any(answers) {
        let pointer = steps.get(asked).map(|step| step.pointer.clone()).unwrap_or_default();
        let what = What::Answer(Answer::default());
        steps.insert(asked, Step { time: None, pointer, author: None, what });
    }
    let usage = found.around().map(message::usage).find(|usage| usage.tokens_in.is_some());
    let answer = steps.iter_mut().skip(asked).find_map(|step| match &mut step.what {
        What::Answer(answer) => Some(answer),
        _ => None,
    });
    if let (Some(answer), Some(usage)) = (answer, usage) {
        answer.tokens_in = answer.tokens_in.or(usage.tokens_in);
        answer.tokens_out = answer.tokens_out.or(usage.tokens_out);
    }
}

/// The place of a message in its file, as seconds since the epoch: messages one by one have no other
/// order.
pub fn order(at: &Location) -> Option<Timestamp> {
    let number = match at {
        Location::Line(line) => i64::try_from(*line).ok()?,
        Location::Pointer(pointer) => {
            pointer.raw().rsplit(['/', '#']).find_map(|part| part.parse().ok())?
        }
        Location::Whole | Location::Bytes { .. } => return None,
    };
    Timestamp::from_second(number).ok()
}

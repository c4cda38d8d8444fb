//! A conversation → events: the one mapping for transcripts of every provider.

use std::borrow::Cow;
use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use rustc_hash::{FxHashMap, FxHashSet};

use super::origins;
use super::step::{Answer, Call, Output, Step, What};
use crate::domain::{
    AgentKey, ArgumentOrigin, Decision, Digest, Event, EventId, EventKind, Location, Outcome,
    Place, Problem, ProblemKind, Text,
};
use crate::ingest::operational::genai::prompt;
use crate::ingest::operational::origins::{Source, Stated};
use crate::ingest::{Document, Sink, location, mask};

/// One conversation with what its document says about it.
#[derive(Debug, Default)]
pub struct Run<'a> {
    /// The format's id.
    pub source: &'static str,
    /// What identifies the run in its format; the digest of the document when nothing does.
    pub key: String,
    /// The conversation, when the key is not it.
    pub session: Option<String>,
    pub agent: Option<AgentKey>,
    pub recorder: Option<&'static str>,
    pub model: Option<Cow<'a, str>>,
    pub account: Option<Cow<'a, str>>,
    pub principal: Option<Cow<'a, str>>,
    pub on_behalf_of: Option<Cow<'a, str>>,
    pub trace_id: Option<Cow<'a, str>>,
    /// When the run began, as far as the document says.
    pub started: Option<Timestamp>,
    /// Circumstances that are kept with its prompts, in the source's own words.
    pub context: serde_json::Map<String, serde_json::Value>,
    /// The run as a whole becomes an event of its own.
    pub invocation: Option<Invocation>,
    pub steps: Vec<Step<'a>>,
    /// How many of the steps another document tells of: values can come from them.
    pub told: usize,
}

/// What is said of a run as a whole.
#[derive(Debug, Default)]
pub struct Invocation {
    /// Structured facts in the source's own words, as a JSON object.
    pub params: serde_json::Map<String, serde_json::Value>,
    /// Nanoseconds.
    pub duration: Option<i64>,
    pub error: Option<String>,
}

/// Puts one event per step into the sink: prompts, answers, and calls joined with their outputs. An
/// output whose call is not in the run is an event of its own.
pub fn emit(run: &Run<'_>, document: &Document<'_>, sink: &mut dyn Sink) {
    let writer = Writer::new(run, document, sink);
    let mut outputs = join(&run.steps);
    outputs.retain(|call, _| *call >= run.told);
    let mut called = FxHashSet::default();
    let answered: FxHashMap<usize, usize> =
        outputs.iter().map(|(call, output)| (*output, *call)).collect();
    let origins = origins::of(&run.steps);
    // What a tool gave back is told in the event of its call.
    let source = |step: usize| Source {
        tool: origins::tool(&run.steps, step).map(str::to_owned),
        event: writer.id(*answered.get(&step).unwrap_or(&step)),
    };
    if let Some(invocation) = &run.invocation {
        let event = writer.invocation(invocation, sink);
        sink.event(event);
    }
    for (index, step) in run.steps.iter().enumerate().skip(run.told) {
        if matches!(step.what, What::Instructions(_)) || answered.contains_key(&index) {
            continue;
        }
        let mut event = writer.event(index, step, sink);
        match &step.what {
            What::Instructions(_) => {}
            What::Prompt(text) => {
                event.kind = EventKind::Prompt;
                event.action = Some(sink.intern("prompt"));
                event.params = Some(writer.prompt(text));
            }
            What::Answer(answer) => fill_answer(&mut event, answer, sink),
            What::Call(call) => {
                fill_call(&mut event, call, origins.get(&index), source, sink);
            }
            What::Handoff { target, call } => {
                fill_call(&mut event, call, origins.get(&index), source, sink);
                event.kind = EventKind::Handoff;
                event.action = Some(sink.intern("handoff"));
                event.target = Some(sink.intern(target));
                event.target_kind = Some(sink.intern("agent"));
            }
            What::Output(output) => {
                event.kind = EventKind::ToolResult;
                event.call_id = output.id.as_deref().map(Text::new);
                event.action = output.name.as_deref().map(|name| sink.intern(name));
                fill_outcome(&mut event, output, sink);
            }
        }
        let output = outputs.get(&index).and_then(|output| run.steps.get(*output));
        if let Some(Step { what: What::Output(output), .. }) = output {
            fill_outcome(&mut event, output, sink);
        }
        event.span_id = span(&event, &mut called);
        sink.event(event);
    }
    let is_undated =
        |step: &Step<'_>| step.time.is_none() && !matches!(step.what, What::Instructions(_));
    if run.steps.iter().skip(run.told).any(is_undated) {
        sink.problem(Problem {
            kind: ProblemKind::Incomplete,
            file: document.source.file.clone(),
            at: Location::Whole,
            message: "the steps of its conversations have no times: they are dated one second \
                      apart, which is an order and no instant"
                .to_owned(),
        });
    }
}

/// What all events of a run share.
struct Writer<'r> {
    run: &'r Run<'r>,
    place: Place,
    source: Text,
    session: Text,
    agent: Option<AgentKey>,
    model: Option<Text>,
    recorder: Option<Text>,
    instructions: Option<Digest>,
}

impl<'r> Writer<'r> {
    fn new(run: &'r Run<'_>, document: &Document<'_>, sink: &mut dyn Sink) -> Self {
        let instructions = run.steps.iter().find_map(|step| match &step.what {
            What::Instructions(text) => Some(Digest::of(text.as_bytes())),
            _ => None,
        });
        Self {
            run,
            place: document.place(),
            source: sink.intern(run.source),
            session: sink.intern(run.session.as_ref().unwrap_or(&run.key)),
            agent: run.agent.clone(),
            model: run.model.as_deref().map(|model| sink.intern(model)),
            recorder: run.recorder.map(|recorder| sink.intern(recorder)),
            instructions,
        }
    }

    fn blank(&self, key: &str, time: Timestamp) -> Event {
        let id = EventId::of(self.run.source, &[&self.run.key, key]);
        let mut event = Event::new(id, time, &self.source, EventKind::Other, self.place.clone());
        event.recorder = self.recorder.clone();
        event.agent = self.agent.clone();
        event.session = Some(self.session.clone());
        event.model = self.model.clone();
        event.account = self.run.account.as_deref().map(Text::new);
        event.principal = self.run.principal.as_deref().map(Text::new);
        event.on_behalf_of = self.run.on_behalf_of.as_deref().map(Text::new);
        // A conversation is a trace of its own, unless it is known to be part of another.
        let trace = self.run.trace_id.as_deref().map(Text::new);
        event.trace_id = trace.or_else(|| event.session.clone());
        event
    }

    /// The event of a step. Instructions have none, nor has what another document tells.
    fn id(&self, index: usize) -> Option<EventId> {
        match &self.run.steps.get(index)?.what {
            What::Instructions(_) => None,
            _ if index < self.run.told => None,
            // Some writers repeat the answer with every part of it.
            What::Answer(Answer { id: Some(id), .. }) => {
                Some(EventId::of(self.run.source, &[self.session.raw(), "answer", id]))
            }
            _ => Some(EventId::of(self.run.source, &[&self.run.key, &index.to_string()])),
        }
    }

    /// Steps without a time are dated one second apart from the start of the run, or from the epoch.
    fn event(&self, index: usize, step: &Step<'_>, sink: &mut dyn Sink) -> Event {
        let ordinal = || {
            let seconds = SignedDuration::from_secs(i64::try_from(index).unwrap_or(i64::MAX));
            self.start().checked_add(seconds).unwrap_or(Timestamp::MAX)
        };
        let time = step.time.unwrap_or_else(ordinal);
        let mut event = self.blank(&index.to_string(), time);
        if let Some(id) = self.id(index) {
            event.id = id;
        }
        event.evidence.at = location::beneath(&event.evidence.at, &step.pointer);
        if let Some(author) = &step.author {
            event.agent.get_or_insert_default().inner = Some(sink.intern(author));
        }
        event
    }

    fn start(&self) -> Timestamp {
        let first = self.run.steps.iter().find_map(|step| step.time);
        self.run.started.or(first).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    fn invocation(&self, invocation: &Invocation, sink: &mut dyn Sink) -> Event {
        let mut event = self.blank("run", self.start());
        event.kind = EventKind::AgentInvoke;
        event.span_id = Some(event.id.to_string().into());
        event.action = Some(sink.intern("invoke_agent"));
        event.target = self.agent.as_ref().map(|agent| agent.name.clone());
        event.target_kind = Some(sink.intern("agent"));
        event.duration = invocation.duration;
        event.outcome = Some(match invocation.error {
            Some(_) => Outcome::Failure,
            None => Outcome::Success,
        });
        event.error = invocation.error.as_deref().map(Text::new);
        event.params = serde_json::to_string(&invocation.params).ok().map(Text::from);
        event
    }

    /// Beginning and digest of a prompt, the digest of the standing instructions it met, and the
    /// circumstances.
    fn prompt(&self, text: &str) -> Text {
        let mut params: serde_json::Map<_, _> =
            serde_json::from_str(&prompt::describe(text)).unwrap_or_default();
        if let Some(digest) = &self.instructions {
            params.insert("instructions_digest".to_owned(), digest.to_string().into());
        }
        params.extend(self.run.context.clone());
        serde_json::Value::from(params).to_string().into()
    }
}

/// The place of a step in the delegation tree. A call and its result share the id of the call; what is
/// said has no place. Some models use the id of a call (`called`) again for the next.
fn span(event: &Event, called: &mut FxHashSet<Text>) -> Option<Text> {
    let own = || Some(event.id.to_string().into());
    match event.kind {
        EventKind::Prompt | EventKind::Other => None,
        EventKind::ToolResult => event.call_id.clone(),
        _ => event.call_id.clone().filter(|id| called.insert(id.clone())).or_else(own),
    }
}

fn fill_answer(event: &mut Event, answer: &Answer<'_>, sink: &mut dyn Sink) {
    event.kind = EventKind::ModelCall;
    event.action = Some(sink.intern("chat"));
    if let Some(model) = &answer.model {
        event.model = Some(sink.intern(model));
    }
    event.target = event.model.clone();
    event.tokens_in = answer.tokens_in;
    event.tokens_out = answer.tokens_out;
    event.outcome = Some(Outcome::Success);
    event.output_digest = answer.text.as_deref().map(|text| Digest::of(text.as_bytes()));
}

/// Fills in a call without what came of it.
fn fill_call(
    event: &mut Event,
    call: &Call<'_>,
    origins: Option<&Vec<ArgumentOrigin<usize>>>,
    source: impl Fn(usize) -> Source,
    sink: &mut dyn Sink,
) {
    let (server, tool) = call.spelled();
    event.kind = EventKind::ToolCall;
    event.action = Some(sink.intern(tool));
    event.target = server.map(|server| sink.intern(server));
    event.target_kind = Some(sink.intern("tool"));
    event.call_id = call.id.as_deref().map(Text::new);
    let stated = origins.and_then(|origins| Stated::of(origins, source));
    event.params = call.arguments().map(|arguments| match stated {
        Some(stated) => stated.beside(&arguments),
        None => arguments,
    });
}

/// Fills in what a tool gave back. The output itself stays in the evidence.
fn fill_outcome(event: &mut Event, output: &Output<'_>, sink: &mut dyn Sink) {
    event.output_digest = Some(Digest::of(output.text.as_bytes()));
    event.outcome = Some(match output.error {
        Some(_) => Outcome::Failure,
        None => Outcome::Success,
    });
    let kept = |text: &str| Text::new(mask::bounded(text, LONGEST_MESSAGE));
    event.error = output.error.as_deref().filter(|message| !message.is_empty()).map(kept);
    if let Some(reason) = &output.refusal {
        event.decision = Some(Decision::Deny);
        event.inline = Some(true);
        event.justification = Some(kept(reason));
        event.outcome = Some(Outcome::Failure);
    }
    if let Some(worker) = &output.worker {
        event.target = Some(sink.intern(worker));
        event.target_kind = Some(sink.intern("agent"));
    }
}

/// Bytes of a message about an error or a refusal that are kept.
const LONGEST_MESSAGE: usize = 1000;

/// The outputs of the calls, by their steps: by id, and without ids in order.
fn join(steps: &[Step<'_>]) -> FxHashMap<usize, usize> {
    let mut waiting: FxHashMap<&str, VecDeque<usize>> = FxHashMap::default();
    let mut joined = FxHashMap::default();
    for (index, step) in steps.iter().enumerate() {
        match &step.what {
            What::Call(call) | What::Handoff { call, .. } => {
                let key = call.id.as_deref().unwrap_or(&call.name);
                waiting.entry(key).or_default().push_back(index);
            }
            What::Output(output) => {
                let key = output.id.as_deref().or(output.name.as_deref());
                let calls = key.and_then(|key| waiting.get_mut(key));
                if let Some(call) = calls.and_then(VecDeque::pop_front) {
                    joined.insert(call, index);
                }
            }
            _ => {}
        }
    }
    joined
}

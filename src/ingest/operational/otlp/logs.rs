//! Log records: the GenAI events of agent software, and everything else for search.
//!
//! `gen_ai.client.inference.operation.details` tells of the same call as its span: a second record of
//! it, under the span's ids; the older message events (`gen_ai.user.message`, …) are prompts and tool results.

use std::rc::Rc;

use serde_json::value::RawValue;

use super::ID;
use super::wire::{LogRecord, ResourceLogs};
use crate::domain::{Digest, Event, EventId, EventKind, ProblemKind, Text, text};
use crate::ingest::json::{Integer, Str};
use crate::ingest::mask;
use crate::ingest::operational::genai::{
    self, Attached, Operation, Span, SpanKind, Value, Workload, guardrail, ids, prompt,
};
use crate::ingest::{Document, Sink};

/// The event that carries what a span of the same operation would.
const OPERATION_DETAILS: &str = "gen_ai.client.inference.operation.details";
const MESSAGES: &[(&str, EventKind)] = &[
    ("gen_ai.user.message", EventKind::Prompt),
    ("gen_ai.content.prompt", EventKind::Prompt),
    ("gen_ai.tool.message", EventKind::ToolResult),
];
/// Bytes of a plain log line that are kept for search.
const LONGEST_BODY: usize = 500;

pub fn read(resources: &[ResourceLogs<'_>], document: &Document<'_>, sink: &mut dyn Sink) {
    let mut operations = Vec::new();
    for resource in resources {
        let workload = Rc::new(Workload::of(&resource.resource.attributes, sink));
        for scope in &resource.scope_logs {
            let name = scope.scope.name().map(|name| sink.intern(name));
            for raw in &scope.log_records {
                match record(raw, &name, &workload) {
                    Ok((record, _)) if *record.name == *OPERATION_DETAILS => {
                        operations.push(record);
                    }
                    Ok((record, body)) => {
                        let event = message(&record, &body, document, sink);
                        sink.event(event);
                    }
                    Err((kind, message)) => sink.problem(document.problem(kind, message)),
                }
            }
        }
    }
    genai::emit(&operations, ID, document, sink);
}

/// A log record in the shape of a span (named after its event, without an end), and its body.
fn record<'a>(
    raw: &'a RawValue,
    scope: &Option<Text>,
    workload: &Rc<Workload>,
) -> Result<(Span<'a>, Value<'a>), (ProblemKind, String)> {
    let log: LogRecord<'_> = serde_json::from_str(raw.get()).map_err(|error| {
        let message = format!("a log record: {}", text::visible(&error.to_string()));
        (ProblemKind::Malformed, message)
    })?;
    let time = log.time_unix_nano.and_then(|time| time.as_time());
    let observed = log.observed_time_unix_nano.and_then(|time| time.as_time());
    let Some(start) = time.or(observed) else {
        return Err((ProblemKind::MissingField, "a log record without a time".to_owned()));
    };
    let trace_id = log.trace_id.and_then(|id| ids::normalise(id.get(), ids::TRACE));
    let span_id = log.span_id.and_then(|id| ids::normalise(id.get(), ids::SPAN));
    let identity = identity(&log, trace_id.as_ref(), span_id.as_ref());
    let older_name = || {
        let name = log.attributes.text(&["event.name"])?;
        Some(Str(name.into_owned().into()))
    };
    let name = log.event_name.filter(|name| !name.is_empty()).or_else(older_name);
    let name = name.or(log.severity_text).unwrap_or_default();
    let id = EventId::of(ID, &["log", &identity]);
    let record = Span {
        id,
        trace_id,
        span_id,
        parent_span_id: None,
        kind: SpanKind::Other,
        error: None,
        name,
        start,
        end: None,
        operation: Operation::of(&log.attributes),
        attributes: log.attributes,
        attached: Attached::default(),
        scope: scope.clone(),
        workload: Rc::clone(workload),
    };
    Ok((record, log.body))
}

/// All that a record says, in whichever encoding it was written: it has no id of its own.
fn identity(log: &LogRecord<'_>, trace: Option<&Text>, span: Option<&Text>) -> String {
    let number = |time: Option<Integer>| time.map_or(0, |Integer(number)| number);
    let mut identity = format!(
        "{} {} {trace:?} {span:?} {:?} {:?} {:?}",
        number(log.time_unix_nano),
        number(log.observed_time_unix_nano),
        log.event_name.as_deref().unwrap_or_default(),
        log.severity_text.as_deref().unwrap_or_default(),
        log.body.content(),
    );
    for attribute in &log.attributes.0 {
        let value = attribute.value.content();
        identity.push_str(&format!(" {:?} {value:?}", &*attribute.key));
    }
    identity
}

/// A record that is no operation: a prompt, a tool's result, or a line of text.
fn message(
    record: &Span<'_>,
    body: &Value<'_>,
    document: &Document<'_>,
    sink: &mut dyn Sink,
) -> Event {
    if guardrail::is_verdict(&record.name) {
        return verdict(record, document, sink);
    }
    let row = MESSAGES.iter().find(|(name, _)| *record.name == **name);
    let kind = row.map_or(EventKind::Other, |(_, kind)| *kind);
    let source = sink.intern(ID);
    let mut event = Event::new(record.id, record.start, &source, kind, document.place());
    genai::context_alone(record, &mut event, sink);
    event.action = Some(sink.intern(&record.name)).filter(|name| !name.is_empty());
    let body = body.content();
    match kind {
        EventKind::Prompt => {
            event.params = body
                .as_deref()
                .and_then(message_content)
                .map(|text| Text::from(prompt::describe(&text)));
        }
        EventKind::ToolResult => {
            let digest = |text: String| Digest::of(text.as_bytes());
            event.output_digest = body.as_deref().and_then(message_content).map(digest);
            event.call_id = body.as_deref().and_then(call_id);
        }
        _ => {
            let line = body.map(|line| mask::bounded(&line, LONGEST_BODY).to_owned());
            event.params = line.map(|line| serde_json::json!({ "body": line }).to_string().into());
        }
    }
    event
}

/// What a guardrail or an evaluation says of the span that the record belongs to.
fn verdict(record: &Span<'_>, document: &Document<'_>, sink: &mut dyn Sink) -> Event {
    let source = sink.intern(ID);
    let place = document.place();
    let mut event = Event::new(record.id, record.start, &source, EventKind::Guardrail, place);
    genai::context_alone(record, &mut event, sink);
    event.parent_span_id = event.span_id.take();
    guardrail::verdict(&record.attributes, &record.name, &mut event, sink);
    event
}

/// `content` of a message body.
fn message_content(json: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Body<'a> {
        #[serde(borrow)]
        content: &'a RawValue,
    }
    let body: Body<'_> = serde_json::from_str(json).ok()?;
    prompt::content(body.content.get())
}

/// `id` of a tool message body.
fn call_id(json: &str) -> Option<Text> {
    #[derive(serde::Deserialize)]
    struct Body<'a> {
        #[serde(borrow)]
        id: Str<'a>,
    }
    let body: Body<'_> = serde_json::from_str(json).ok()?;
    Some(Text::new(&*body.id))
}

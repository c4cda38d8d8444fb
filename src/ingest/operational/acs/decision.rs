//! What a guardian answers → a decision, or how it was agreed to decide.

use jiff::Timestamp;

use super::{Message, blank, kept};
use crate::domain::{Event, EventKind, Outcome, Text};
use crate::ingest::members::Members;
use crate::ingest::operational::verdict;
use crate::ingest::{Document, Sink};

const KEPT: &[&str] = &[
    "decision",
    "reason_codes",
    "policy_references",
    "cited_provenance_ids",
    "chain_hash",
    "metadata",
];

pub fn emit(
    message: &Message<'_>,
    result: &Members<'_>,
    time: Timestamp,
    document: &Document<'_>,
    sink: &mut dyn Sink,
) {
    let id = message.envelope.text(&["id"]).unwrap_or_default();
    let answered = result.text(&["request_id", "request_id_ref"]).unwrap_or_else(|| id.clone());
    let key = ["answer", &*answered, &*id, &*time.to_string()];
    let mut event = blank(&key, time, &Members::default(), document, sink);
    event.recorder = Some(sink.intern("guardian"));
    event.action = message.method.as_deref().map(|method| sink.intern(method));
    event.call_id = Some(Text::new(&answered)).filter(|id| !id.is_empty());
    match result.has("decision") {
        true => decision(&mut event, result),
        false => agreement(&mut event, message, result),
    }
    sink.event(event);
}

fn decision(event: &mut Event, result: &Members<'_>) {
    event.kind = EventKind::PolicyDecision;
    event.inline = Some(true);
    event.decision = result.text(&["decision"]).and_then(|word| verdict::decision(&word));
    event.justification = result.text(&["reasoning", "reason"]).map(Text::new);
    event.params = Some(kept(result, KEPT));
}

/// The terms of the session, or a refusal of the message itself (its signature, its time, a replay).
fn agreement(event: &mut Event, message: &Message<'_>, result: &Members<'_>) {
    const TERMS: &[&str] =
        &["negotiated_version", "on_decision_failure", "methods_evaluated", "timeout_config"];
    event.kind = EventKind::Guardrail;
    event.params = Some(kept(result, TERMS));
    if result.text(&["on_decision_failure"]).as_deref() == Some("proceed") {
        event.justification =
            Some("acts proceed when the guardian does not decide (on_decision_failure)".into());
    }
    if let Some(error) = message.envelope.object(&["error"]) {
        event.outcome = Some(Outcome::Failure);
        event.error = error.text(&["message", "code"]).map(Text::new);
    }
}

//! Verdicts over what an agent did: guardrail and evaluator spans, and the events that carry a verdict
//! inside another span or as a log record.

use super::{Attributes, Span};
use crate::domain::{Decision, Event, EventKind, Text};
use crate::ingest::Sink;

/// Names of events that carry a verdict, and the beginnings of such names.
const EVENTS: &[&str] =
    &["acs.decision", "gen_ai.evaluation", "gen_ai.guardrail", "gen_ai.security"];

const NAME: &[&str] =
    &["gen_ai.guardrail.name", "guardrail.name", "gen_ai.evaluation.name", "acs.evaluator"];
const VERDICT: &[&str] = &["gen_ai.guardrail.verdict.type", "acs.decision"];
const REASON: &[&str] = &[
    "gen_ai.guardrail.verdict.reason",
    "gen_ai.evaluation.explanation",
    "acs.reasoning",
    "gen_ai.security.policy.id",
];
const VERDICTS: &[(&str, Decision)] = &[
    ("allow", Decision::Allow),
    ("deny", Decision::Deny),
    ("block", Decision::Deny),
    ("modify", Decision::Restrict),
    ("warn", Decision::Monitor),
    ("escalate", Decision::Challenge),
    ("ask", Decision::Challenge),
    ("defer", Decision::Challenge),
];
/// What was found, under short names in the parameters. An evaluation's score decides nothing.
const FOUND: &[(&str, &str)] = &[
    ("code", "gen_ai.guardrail.verdict.code"),
    ("label", "gen_ai.evaluation.score.label"),
    ("policy", "gen_ai.security.policy.id"),
    ("rule", "gen_ai.security.rule.id"),
    ("risk", "gen_ai.security.risk.category"),
    ("risk_score", "gen_ai.security.risk.score"),
    ("score", "gen_ai.evaluation.score.value"),
    ("subtype", "gen_ai.security.target.subtype"),
];

/// Whether an event or log record of this name carries a verdict.
pub fn is_verdict(name: &str) -> bool {
    EVENTS.iter().any(|event| name.starts_with(event))
}

/// A guardrail or evaluator span.
pub fn span(span: &Span<'_>, event: &mut Event, sink: &mut dyn Sink) {
    verdict(&span.attributes, &span.name, event, sink);
}

/// Fills in a verdict. `name` is that of the record, for guardrails without a name of their own.
pub fn verdict(attributes: &Attributes<'_>, name: &str, event: &mut Event, sink: &mut dyn Sink) {
    event.kind = EventKind::Guardrail;
    let own = attributes.text(NAME);
    event.action = Some(sink.intern(own.as_deref().unwrap_or(name)));
    event.target_kind =
        attributes.text(&["gen_ai.security.target.type"]).map(|kind| sink.intern(&kind));
    event.decision = attributes.text(VERDICT).and_then(|verdict| {
        let row = VERDICTS.iter().find(|(name, _)| verdict.eq_ignore_ascii_case(name));
        row.map(|(_, decision)| *decision)
    });
    event.inline = attributes.text(&["gen_ai.guardrail.action.type"]).map(|_| true);
    event.justification = attributes.text(REASON).map(|reason| sink.intern(&reason));
    let found: serde_json::Map<String, serde_json::Value> = FOUND
        .iter()
        .filter_map(|(name, key)| {
            Some(((*name).to_owned(), attributes.text(&[key])?.into_owned().into()))
        })
        .collect();
    if !found.is_empty() {
        event.params = Some(Text::from(serde_json::Value::from(found).to_string()));
    }
}

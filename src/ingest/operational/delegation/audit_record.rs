//! The agent audit record (draft-gilda-audit-agent-audit-record): what a policy decision point
//! reported beside what an observer saw of the effect, as the predicate of an in-toto statement.
//!
//! It comes in a DSSE envelope, which is opened before. Its signatures are not verified.

use serde::Deserialize;

use crate::domain::{Decision, Discipline, Event, EventId, EventKind, Outcome, ProblemKind};
use crate::ingest::json::{Part, Word};
use crate::ingest::operational::parameters::Parameters;
use crate::ingest::time::Time;
use crate::ingest::{Document, Format, Side, Sink};

const ID: &str = "agent-audit-record";

pub const FORMAT: Format = Format {
    id: ID,
    title: "Agent audit records (in-toto)",
    side: Side::Operational,
    says: &[
        (Discipline::Identity, "agent, delegating subject and decision of each request"),
        (Discipline::Behavior, "whether the decided act took place"),
    ],
    coverage: "the requests that the decision point saw; gaps are listed in the record",
    recognises: |shape| {
        shape.has("predicateType") && shape.has("predicate") && shape.json().contains(ID)
    },
    read,
};

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Statement<'a> {
    #[serde(borrow)]
    predicate_type: Word<'a>,
    #[serde(borrow)]
    predicate: Part<Predicate<'a>>,
    #[serde(borrow)]
    signatures: Part<Vec<Part<Signature<'a>>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Signature<'a> {
    #[serde(borrow)]
    keyid: Word<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Predicate<'a> {
    #[serde(borrow)]
    record_id: Word<'a>,
    #[serde(borrow)]
    tier: Word<'a>,
    issued_at: Time,
    #[serde(borrow)]
    agreement: Word<'a>,
    #[serde(borrow)]
    agent: Part<Agent<'a>>,
    #[serde(borrow)]
    delegation: Part<Delegation<'a>>,
    #[serde(borrow)]
    resource: Part<Resource<'a>>,
    #[serde(borrow)]
    decision: Part<Reported<'a>>,
    #[serde(borrow)]
    effect: Part<Observed<'a>>,
    #[serde(borrow)]
    correlation: Part<Correlation<'a>>,
    #[serde(borrow)]
    observation: Part<Observation<'a>>,
    #[serde(borrow)]
    evaluation: Part<Evaluation<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Agent<'a> {
    #[serde(borrow)]
    id: Word<'a>,
    #[serde(borrow)]
    credential_digest: Word<'a>,
    #[serde(borrow)]
    authentication: Word<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Delegation<'a> {
    #[serde(borrow)]
    subject: Word<'a>,
    #[serde(borrow)]
    subject_kind: Word<'a>,
    #[serde(borrow)]
    authority_digest: Word<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Resource<'a> {
    #[serde(borrow)]
    kind: Word<'a>,
    #[serde(borrow)]
    id: Word<'a>,
    #[serde(borrow)]
    arguments_digest: Word<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Reported<'a> {
    #[serde(borrow)]
    action: Word<'a>,
    #[serde(borrow)]
    reported: Word<'a>,
    #[serde(borrow)]
    decision_point_id: Word<'a>,
    #[serde(borrow)]
    policy_digest: Word<'a>,
    #[serde(borrow)]
    request_digest: Word<'a>,
    reported_at: Time,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Observed<'a> {
    #[serde(borrow)]
    observed: Word<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Correlation<'a> {
    #[serde(borrow)]
    id: Word<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Observation<'a> {
    #[serde(borrow)]
    vantage: Word<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Evaluation<'a> {
    #[serde(borrow)]
    status: Word<'a>,
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(statement) = document.parse::<Statement<'_>>(sink) else { return };
    if !statement.predicate_type.get().is_some_and(|url| url.ends_with(ID)) {
        let message = "an in-toto statement with another predicate than an agent audit record";
        return sink.problem(document.problem(ProblemKind::Unsupported, message));
    }
    let record = &statement.predicate;
    let decision = &record.decision;
    let Some(time) = decision.reported_at.0.or(record.issued_at.0) else {
        let message = "an agent audit record without the time of its decision";
        return sink.problem(document.problem(ProblemKind::MissingField, message));
    };
    let source = sink.intern(ID);
    let id = EventId::of(ID, &[record.record_id.get().unwrap_or(document.json)]);
    let mut event = Event::new(id, time, &source, EventKind::PolicyDecision, document.place());
    let text = |word: &Word<'_>, sink: &mut dyn Sink| word.get().map(|word| sink.intern(word));
    event.recorder = text(&decision.decision_point_id, sink);
    event.principal = text(&record.agent.id, sink);
    event.credential_id = text(&record.agent.credential_digest, sink);
    event.on_behalf_of = text(&record.delegation.subject, sink);
    event.action = text(&decision.action, sink);
    event.target = text(&record.resource.id, sink);
    event.target_kind = text(&record.resource.kind, sink);
    event.call_id = text(&record.correlation.id, sink);
    event.decision = match decision.reported.get() {
        Some("permit") => Some(Decision::Allow),
        Some("permit-with-conditions") => Some(Decision::Restrict),
        Some("deny") => Some(Decision::Deny),
        _ => None,
    };
    // The act that was decided took place, or it did not; a reported permit alone is no success.
    event.outcome = match record.effect.observed.get() {
        Some("occurred") => Some(Outcome::Success),
        Some("none") if event.decision == Some(Decision::Deny) => Some(Outcome::Failure),
        _ => None,
    };
    event.params = parameters(&statement).text();
    sink.event(event);
}

fn parameters(statement: &Statement<'_>) -> Parameters {
    let record = &statement.predicate;
    let keys: Vec<&str> = statement.signatures.iter().filter_map(|it| it.keyid.get()).collect();
    let mut parameters = Parameters::default();
    for (name, word) in [
        ("recordId", &record.record_id),
        ("tier", &record.tier),
        ("agreement", &record.agreement),
        ("effect", &record.effect.observed),
        ("vantage", &record.observation.vantage),
        ("evaluation", &record.evaluation.status),
        ("authentication", &record.agent.authentication),
        ("subjectKind", &record.delegation.subject_kind),
        ("authorityDigest", &record.delegation.authority_digest),
        ("argumentsDigest", &record.resource.arguments_digest),
        ("requestDigest", &record.decision.request_digest),
        ("policyDigest", &record.decision.policy_digest),
    ] {
        parameters.put(name, word.get());
    }
    parameters
        .put("keyIds", (!keys.is_empty()).then_some(keys))
        .put("signature", Some("unverified"));
    parameters
}

//! Decisions that policy engines log (`decision-log`), one record each: decisions over agent passports,
//! Open Policy Agent, Cedar and AgentCore, the Agent Governance Toolkit.
//!
//! A dialect is a row of names; the mapping is one. What was asked about is kept by name: inputs and
//! arguments stay in the evidence.

use std::borrow::Cow;

use super::verdict;
use crate::domain::{AgentKey, Discipline, Event, EventId, EventKind, Outcome, ProblemKind, Text};
use crate::ingest::members::Members;
use crate::ingest::{Document, Format, Shape, Side, Sink};

const ID: &str = "decision-log";

pub const FORMAT: Format = Format {
    id: ID,
    title: "Decisions of policy engines",
    side: Side::Operational,
    says: &[
        (Discipline::Identity, "who asked, under which passport and tenant"),
        (Discipline::Behavior, "what was allowed or refused, and why"),
    ],
    coverage: "what was asked of the engine; nothing that went past it, nor whether its answer was \
               enforced",
    recognises,
    read,
};

/// How one engine names what a decision has. Names are paths: `input.action` is looked up inside.
struct Dialect {
    recorder: &'static str,
    /// Every one of these is there.
    keys: &'static [&'static str],
    id: &'static [&'static str],
    time: &'static [&'static str],
    verdict: &'static [&'static str],
    reason: &'static [&'static str],
    agent: &'static [&'static str],
    principal: &'static [&'static str],
    action: &'static [&'static str],
    resource: &'static [&'static str],
    session: &'static [&'static str],
    /// Kept in the parameters under its own name.
    policy: &'static [&'static str],
}

const PASSPORT: Dialect = Dialect {
    recorder: "passport",
    keys: &["decision", "passport_id"],
    id: &["decision_id", "id", "request_id"],
    time: &["timestamp", "time"],
    verdict: &["decision"],
    reason: &["reason", "justification"],
    agent: &["agent_id", "agent"],
    principal: &["principal", "subject"],
    action: &["tool", "action", "operation"],
    resource: &["resource", "target"],
    session: &["session", "session_id"],
    policy: &["policy", "policy_id", "rule", "budget", "remaining"],
};

/// Decision log events of the management API; `result` is a truth value or an object with one.
const OPA: Dialect = Dialect {
    recorder: "opa",
    keys: &["decision_id", "labels", "result"],
    id: &["decision_id"],
    time: &["timestamp"],
    verdict: &["result", "result.allow", "result.allowed", "result.decision"],
    reason: &["result.reason", "result.message", "error.message"],
    agent: &["input.agent_id", "input.agent", "input.agent.id"],
    principal: &["input.principal", "input.user", "input.subject", "requested_by"],
    action: &["input.tool", "input.tool.name", "input.action", "input.method", "path"],
    resource: &["input.resource", "input.resource.id", "input.path"],
    session: &["input.session_id", "trace_id"],
    policy: &["path", "query", "bundles", "revision", "labels"],
};

const CEDAR: Dialect = Dialect {
    recorder: "cedar",
    keys: &["principal", "action", "resource", "decision"],
    id: &["decision_id", "request_id", "requestId", "id"],
    time: &["timestamp", "time", "event_timestamp"],
    verdict: &["decision"],
    reason: &["reason", "diagnostics.errors"],
    agent: &["agent_id"],
    principal: &["principal", "principal.entityId", "principal.id"],
    action: &["action", "action.actionId", "action.id"],
    resource: &["resource", "resource.entityId", "resource.id"],
    session: &["session_id", "sessionId"],
    policy: &["determiningPolicies", "determining_policies", "policies", "diagnostics"],
};

const AGT: Dialect = Dialect {
    recorder: "agt",
    keys: &["event_type", "policy_decision"],
    id: &["entry_id", "event_id", "id"],
    time: &["timestamp"],
    verdict: &["policy_decision"],
    reason: &["reason", "data.reason", "matched_rule"],
    agent: &["agent_did", "agent_id"],
    principal: &["user_id"],
    action: &["action", "tool_name"],
    resource: &["resource", "target_did"],
    session: &["session_id"],
    policy: &["event_type", "matched_rule", "outcome", "previous_hash", "entry_hash"],
};

const DIALECTS: &[Dialect] = &[PASSPORT, OPA, CEDAR, AGT];

fn dialect(has: impl Fn(&str) -> bool) -> Option<&'static Dialect> {
    DIALECTS.iter().find(|dialect| dialect.keys.iter().all(|key| has(key)))
}

fn recognises(shape: &Shape<'_>) -> bool {
    shape.api_version.is_none() && dialect(|key| shape.has(key)).is_some()
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(record) = document.parse::<Members<'_>>(sink) else { return };
    let named = |key: &str| record.iter().any(|(present, _)| present == key);
    let Some(dialect) = dialect(named) else { return };
    let Some(time) = record.time(dialect.time) else {
        let message = "a decision without a time";
        return sink.problem(document.problem(ProblemKind::MissingField, message));
    };
    let id = match record.text(dialect.id) {
        Some(id) => EventId::of(ID, &[dialect.recorder, &id]),
        None => EventId::of(ID, &[document.json]),
    };
    let text = |paths: &[&str]| paths.iter().find_map(|path| at(&record, path));
    let source = sink.intern(ID);
    let mut event = Event::new(id, time, &source, EventKind::PolicyDecision, document.place());
    let mut intern = |text: Option<Cow<'_, str>>| text.map(|text| sink.intern(&text));
    event.recorder = intern(Some(dialect.recorder.into()));
    event.agent = intern(text(dialect.agent)).map(|name| AgentKey::new("", "", name));
    event.principal = intern(text(dialect.principal));
    event.action = intern(text(dialect.action));
    event.target = intern(text(dialect.resource));
    event.session = intern(text(dialect.session));
    event.tenant = intern(text(&["tenant", "tenant_id"]));
    event.on_behalf_of = intern(text(&["on_behalf_of", "user"]));
    event.justification = text(dialect.reason).map(Text::new);
    event.passport_id = text(&["passport_id"]).map(Text::new);
    event.trace_id = text(&["trace_id"]).map(Text::new);
    event.call_id = text(&["call_id", "tool_call_id"]).map(Text::new);
    let word = text(dialect.verdict);
    event.decision = word.as_deref().and_then(verdict::decision);
    if record.has("error") {
        event.outcome = Some(Outcome::Failure);
        event.error = text(&["error", "error.message"]).map(Text::new);
    }
    event.inline = record.flag(&["enforced", "inline"]);
    event.params = Some(parameters(&record, dialect, word).into());
    sink.event(event);
}

/// The text at a path of members; `true` and `false` in words.
fn at<'a>(record: &Members<'a>, path: &str) -> Option<Cow<'a, str>> {
    match path.split_once('.') {
        Some((outer, inner)) => at(&record.object(&[outer])?, inner),
        None => record.text(&[path]).or_else(|| {
            record.flag(&[path]).map(|truth| if truth { "true".into() } else { "false".into() })
        }),
    }
}

fn parameters(record: &Members<'_>, dialect: &Dialect, verdict: Option<Cow<'_, str>>) -> String {
    let mut params = serde_json::Map::new();
    if let Some(verdict) = verdict {
        params.insert("verdict".to_owned(), verdict.into());
    }
    for key in dialect.policy {
        let value = record.raw(&[key]).and_then(|raw| serde_json::from_str(raw.get()).ok());
        if let Some(value) = value {
            params.insert((*key).to_owned(), value);
        }
    }
    serde_json::Value::from(params).to_string()
}

#[cfg(test)]
mod tests {
    use crate::domain::ProblemKind;
    use crate::ingest::operational::tests::{one, read};

    /// `DECISION AGENT/PRINCIPAL ACTION TARGET (REASON)`.
    #[track_caller]
    fn check(json: &str, expected: &str) {
        let event = one("decisions.jsonl", json);
        let part =
            |text: Option<&crate::domain::Text>| text.map_or("-", |text| text.raw()).to_owned();
        let shown = format!(
            "{} {}/{} {} {} ({})",
            event.decision.map_or("-".to_owned(), |decision| decision.to_string()),
            part(event.agent.as_ref().map(|agent| &agent.name)),
            part(event.principal.as_ref()),
            part(event.action.as_ref()),
            part(event.target.as_ref()),
            part(event.justification.as_ref()),
        );
        assert_eq!(shown, expected, "{json}");
    }

    #[test]
    fn dialects_of_policy_engines() {
        check(
            r#"{"timestamp":"2026-08-01T10:00:00Z","decision":"challenge","reason":"budget spent",
                "passport_id":"p-7","session":"s1","tenant":"acme","agent_id":"billing","tool":"refund"}"#,
            "challenge billing/- refund - (budget spent)",
        );
        check(
            r#"{"decision_id":"d1","labels":{"id":"opa-1"},"path":"agents/allow","result":false,
                "input":{"agent_id":"billing","user":"ana","tool":"refund","resource":"order/4"},
                "timestamp":"2026-08-01T10:00:00.5Z"}"#,
            "deny billing/ana refund order/4 (-)",
        );
        check(
            r#"{"decision_id":"d2","labels":{},"path":"agents/main","timestamp":"2026-08-01T10:00:00Z",
                "result":{"allow":true,"reason":"in scope"}}"#,
            "allow -/- agents/main - (in scope)",
        );
        check(
            r#"{"timestamp":"2026-08-01T10:00:00Z","decision":"Deny","principal":{"entityType":"User","entityId":"ana"},
                "action":"Action::\"refund\"","resource":"Gateway::\"g\"","determiningPolicies":["p1"]}"#,
            r#"deny -/ana Action::"refund" Gateway::"g" (-)"#,
        );
        check(
            r#"{"entry_id":"e1","timestamp":"2026-08-01T10:00:00Z","event_type":"tool_invocation",
                "agent_did":"did:mesh:1","action":"send","policy_decision":"deny","matched_rule":"no-mail"}"#,
            "deny did:mesh:1/- send - (no-mail)",
        );
    }

    #[test]
    fn inputs_stay_in_the_evidence() {
        let event = one(
            "opa.json",
            r#"{"decision_id":"d1","labels":{},"path":"p","result":true,"timestamp":"2026-08-01T10:00:00Z",
                "input":{"body":"the whole letter"}}"#,
        );
        let json = serde_json::to_string(&event).expect("an event is JSON");
        assert!(!json.contains("letter") && event.inline.is_none());
    }

    #[test]
    fn an_undated_decision_is_a_problem() {
        let found = read("x.json", r#"{"decision":"allow","passport_id":"p"}"#);
        assert_eq!(found.events, []);
        assert_eq!(found.problems[0].kind, ProblemKind::MissingField);
    }
}

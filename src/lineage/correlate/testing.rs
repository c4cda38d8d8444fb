//! Events of several layers in a line each, for the tests of this folder.

use jiff::Timestamp;

use super::super::testing;
use super::{RULES, Rule};
use crate::domain::{AgentKey, Attribution, Event, EventId, EventKind, EventLink, Text};

/// One agent behind every principal `sa-NAME`; two behind `shared`.
pub struct ByName;

impl Attribution for ByName {
    fn canonical(&self, key: &AgentKey) -> AgentKey {
        key.clone()
    }

    fn agents_of(&self, realm: &Text, principal: &Text, _: Option<&Text>) -> Vec<AgentKey> {
        let realm = if realm.is_empty() { "prod" } else { realm.raw() };
        let agent = |name: &str| AgentKey::new(realm, "agents", name);
        let account = principal.raw().rsplit(':').next().unwrap_or_default();
        match account.strip_prefix("sa-") {
            Some("shared") => vec![agent("desk"), agent("mail")],
            Some(name) => vec![agent(name)],
            None => Vec::new(),
        }
    }
}

pub fn id(name: &str) -> EventId {
    EventId::of("test", &[name])
}

/// Milliseconds after the start of the tests' time.
pub fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(1_750_000_000_000 + milliseconds).expect("in range")
}

/// An event written as `NAME KIND START[..END] [KEY=VALUE …]`, in milliseconds. Without an agent it
/// is the agent `desk` of the realm `prod`; `agent=-` is none, `agent=other/mail` one of another realm.
pub fn event(line: &str) -> Event {
    let mut words = line.split_whitespace();
    let mut word = || words.next().unwrap_or_else(|| unreachable!("too short: {line}"));
    let (name, kind, time) = (word(), word(), word());
    let kind = match kind {
        "tool" => EventKind::ToolCall,
        "model" => EventKind::ModelCall,
        "result" => EventKind::ToolResult,
        "agent" => EventKind::AgentInvoke,
        "hop" => EventKind::IdentityHop,
        "decision" => EventKind::PolicyDecision,
        "k8s" => EventKind::K8sApi,
        "cloud" => EventKind::CloudApi,
        other => other.parse().expect("a kind of event"),
    };
    let (start, end) = match time.split_once("..") {
        Some((start, end)) => (start, Some(end)),
        None => (time, None),
    };
    let milliseconds = |text: &str| text.parse::<i64>().expect("milliseconds");
    let mut event = testing::event("test", 0, kind);
    event.id = id(name);
    event.time = at(milliseconds(start));
    event.duration = end.map(|end| (milliseconds(end) - milliseconds(start)) * 1_000_000);
    event.agent = Some(AgentKey::new("prod", "agents", "desk"));
    let mut params = serde_json::Map::new();
    for pair in words {
        let (key, value) = pair.split_once('=').expect("KEY=VALUE");
        let text = Some(Text::from(value));
        match key {
            "on" => event.instance = text,
            "agent" if value == "-" => event.agent = None,
            "agent" => {
                let (realm, name) = value.split_once('/').unwrap_or(("prod", value));
                event.agent = Some(AgentKey::new(realm, "agents", name));
            }
            "inner" => event.agent.get_or_insert_default().inner = text,
            "trace" => event.trace_id = text,
            "span" => event.span_id = text,
            "under" => event.parent_span_id = text,
            "session" => event.session = text,
            "call" | "process" | "request" => event.call_id = text,
            "uses" => event.credential_id = text,
            "as" => (event.principal, event.agent) = (text, None),
            "account" => event.account = text,
            "source" => event.source = value.into(),
            "to" => event.target = text,
            "kind" => event.target_kind = text,
            "issues" => drop(params.insert("issuedCredentialId".into(), value.into())),
            "started_by" => drop(params.insert("parent_exec_id".into(), value.into())),
            "prompt" => drop(params.insert("prompt_digest".into(), value.into())),
            "pod_of" => {
                let (account, pod) = value.split_once(',').expect("ACCOUNT,POD");
                let tags = serde_json::json!({
                    "kubernetes-namespace": "agents",
                    "kubernetes-service-account": account,
                    "kubernetes-pod-name": pod,
                });
                params.insert("sessionTags".into(), tags);
            }
            other => unreachable!("unknown key {other}"),
        }
    }
    if !params.is_empty() {
        event.params = Some(serde_json::Value::from(params).to_string().into());
    }
    event
}

pub fn events(lines: &[&str]) -> Vec<Event> {
    lines.iter().map(|line| event(line)).collect()
}

/// The name of the test's line by its id.
pub fn name_of<'l>(lines: &[&'l str], wanted: EventId) -> &'l str {
    let names = lines.iter().map(|line| line.split_whitespace().next().unwrap_or_default());
    names.into_iter().find(|name| id(name) == wanted).unwrap_or("?")
}

/// The rule of a tie; a name may begin with another one.
pub fn rule_of(words: &str) -> &'static Rule {
    let rules = RULES.iter().filter(|rule| words.starts_with(rule.name));
    rules.max_by_key(|rule| rule.name.len()).expect("a rule of the table")
}

/// `FROM RULE TO CONFIDENCE`.
pub fn shown(lines: &[&str], link: &EventLink) -> String {
    let (from, to) = (name_of(lines, link.from), name_of(lines, link.to));
    format!("{from} {} {to} {}", rule_of(&link.rule).id, link.confidence)
}

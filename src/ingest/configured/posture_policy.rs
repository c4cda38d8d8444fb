//! The agent posture policy: what an agent declares about itself, its tools, its limits and its
//! monitoring.
//!
//! Copies of such policies often arrive with their indentation lost, which turns the sections into
//! empty keys beside the settings. Both forms say the same and are read the same.

use serde_json::{Map, Value};

use crate::domain::configured::{Configured, PosturePolicy, Provisioning};
use crate::domain::text::visible;
use crate::domain::{Discipline, ProblemKind, Record, Text};
use crate::ingest::{Document, Format, Shape, Side, Sink};

pub const FORMAT: Format = Format {
    id: "agent-posture-policy",
    title: "Agent posture policy",
    side: Side::Configured,
    says: &[(Discipline::Behavior, "tools allowed and denied, limits and approvals")],
    coverage: "declares without enforcing",
    recognises,
    read,
};

const ROOT: &str = "agent_posture_policy";
const SECTIONS: &[&str] = &[ROOT, "identity", "permissions", "execution", "monitoring"];

/// By its outer key, or without it by its sections.
fn recognises(shape: &Shape<'_>) -> bool {
    let has_sections = ["identity", "permissions"].iter().all(|section| shape.has(section))
        && ["execution", "monitoring"].iter().any(|section| shape.has(section));
    shape.has(ROOT) || (has_sections && shape.json().contains("\"agent_id\""))
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(root) = document.parse::<Map<String, Value>>(sink) else { return };
    let mut settings = Map::new();
    let body = collect(root, &mut settings).and_then(|()| policy(&settings));
    match body {
        Ok(body) => sink.record(Record {
            realm: Text::default(),
            at: None,
            provisioning: Provisioning::default(),
            place: document.place(),
            body: Configured::PosturePolicy(body),
        }),
        Err((kind, message)) => sink.problem(document.problem(kind, message)),
    }
}

type Failure = (ProblemKind, String);

/// Gathers the settings of all sections, however they are nested.
fn collect(object: Map<String, Value>, settings: &mut Map<String, Value>) -> Result<(), Failure> {
    for (key, value) in object {
        match value {
            Value::Object(section) if SECTIONS.contains(&key.as_str()) => {
                collect(section, settings)?
            }
            Value::Null => {}
            value => {
                let shown = visible(&key).into_owned();
                if settings.insert(key, value).is_some() {
                    let message = format!("`{shown}` is set twice");
                    return Err((ProblemKind::Malformed, message));
                }
            }
        }
    }
    Ok(())
}

fn policy(settings: &Map<String, Value>) -> Result<PosturePolicy, Failure> {
    let agent_id = match settings.get("agent_id") {
        Some(Value::String(agent_id)) if !agent_id.is_empty() => agent_id.as_str().into(),
        Some(_) => return Err(wrong("agent_id", "a name")),
        None => return Err((ProblemKind::MissingField, "`agent_id` is missing".to_owned())),
    };
    Ok(PosturePolicy {
        agent_id,
        credential_scope: names(settings, "credential_scope")?.unwrap_or_default(),
        allowed_tools: names(settings, "allowed_tools")?,
        denied_tools: names(settings, "denied_tools")?.unwrap_or_default(),
        max_tool_calls_per_run: number(settings, "max_tool_calls_per_run")?,
        max_sub_agents: number(settings, "max_sub_agents")?,
        requires_human_approval: names(settings, "requires_human_approval")?.unwrap_or_default(),
        trace_retention_days: number(settings, "trace_retention_days")?,
        alert_on_baseline_deviation: match settings.get("alert_on_baseline_deviation") {
            None => None,
            Some(Value::Bool(alert)) => Some(*alert),
            Some(_) => return Err(wrong("alert_on_baseline_deviation", "true or false")),
        },
    })
}

/// A list of names, or one string with commas between them.
fn names(settings: &Map<String, Value>, key: &str) -> Result<Option<Vec<Text>>, Failure> {
    let expected = || wrong(key, "a list of names");
    match settings.get(key) {
        None => Ok(None),
        Some(Value::String(list)) => {
            let names = list.split(',').map(str::trim).filter(|name| !name.is_empty());
            Ok(Some(names.map(Text::from).collect()))
        }
        Some(Value::Array(list)) => {
            let name = |name: &Value| name.as_str().map(Text::from).ok_or_else(expected);
            Ok(Some(list.iter().map(name).collect::<Result<_, _>>()?))
        }
        Some(_) => Err(expected()),
    }
}

fn number(settings: &Map<String, Value>, key: &str) -> Result<Option<u64>, Failure> {
    match settings.get(key) {
        None => Ok(None),
        Some(value) => value.as_u64().map(Some).ok_or_else(|| wrong(key, "a whole number")),
    }
}

fn wrong(key: &str, expected: &str) -> Failure {
    (ProblemKind::Malformed, format!("`{key}` must be {expected}"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{body, only, read_text};
    use super::*;

    const NESTED: &str = r#"
agent_posture_policy:
  identity:
    agent_id: "ledger-agent"
    credential_scope: "read:accounts, read:transactions"
  permissions:
    allowed_tools:
      - summarize
    denied_tools: [shell, exec]
  execution:
    max_tool_calls_per_run: 25
    max_sub_agents: 0
    requires_human_approval:
      - any_write_operation
  monitoring:
    trace_retention_days: 90
    alert_on_baseline_deviation: true
"#;

    #[test]
    fn nested_flattened_and_without_the_outer_key_say_the_same() {
        let flattened: String = NESTED.lines().map(|line| format!("{}\n", line.trim())).collect();
        let Configured::PosturePolicy(policy) = body(only(NESTED)) else {
            unreachable!("a policy")
        };
        assert_eq!(policy.agent_id, "ledger-agent");
        assert_eq!(policy.credential_scope, ["read:accounts", "read:transactions"]);
        assert_eq!(policy.allowed_tools, Some(vec!["summarize".into()]));
        assert_eq!(policy.denied_tools, ["shell", "exec"]);
        assert_eq!((policy.max_tool_calls_per_run, policy.max_sub_agents), (Some(25), Some(0)));
        assert_eq!(policy.requires_human_approval, ["any_write_operation"]);
        assert_eq!(policy.trace_retention_days, Some(90));
        assert_eq!(policy.alert_on_baseline_deviation, Some(true));
        assert_eq!(body(only(&flattened)), Configured::PosturePolicy(policy.clone()));
        let inner = NESTED.trim_start().lines().skip(1);
        let without_root: String = inner.map(|line| format!("{}\n", &line[2..])).collect();
        assert_eq!(body(only(&without_root)), Configured::PosturePolicy(policy));
    }

    #[test]
    fn scope_as_a_list_and_no_limit_on_tools() {
        let text = "agent_posture_policy: {identity: {agent_id: a, credential_scope: [x, y]}}";
        let Configured::PosturePolicy(policy) = body(only(&format!("---\n{text}"))) else {
            unreachable!("a policy");
        };
        assert_eq!((policy.credential_scope.len(), policy.allowed_tools), (2, None));
    }

    #[test]
    fn wrong_settings_are_named() {
        for (text, named) in [
            ("agent_posture_policy: {}", "agent_id"),
            ("agent_posture_policy: {agent_id: a, max_sub_agents: -1}", "max_sub_agents"),
            ("agent_posture_policy: {agent_id: a, allowed_tools: {b: c}}", "allowed_tools"),
            ("agent_posture_policy: {agent_id: a, identity: {agent_id: b}}", "agent_id"),
        ] {
            let found = read_text("policy.yaml", text);
            let [problem] = found.problems.as_slice() else { unreachable!("one problem: {text}") };
            assert!(problem.message.contains(named), "{text}: {}", problem.message);
        }
    }
}

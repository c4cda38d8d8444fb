//! Who may call which tool: the Cedar policies that ToolHive's proxy asks before it passes a call on.

use serde::Deserialize;

use crate::domain::configured::{Configured, GatewayPolicy, GatewayRule, RuleEffect};
use crate::domain::{Discipline, ProblemKind, Text};
use crate::ingest::{Document, Format, Shape, Side, Sink, location};

pub const FORMAT: Format = Format {
    id: "toolhive-authorization",
    title: "ToolHive authorisation (Cedar)",
    side: Side::Configured,
    says: &[(Discipline::Identity, "who may use which tools, prompts and resources")],
    coverage: "holds for the servers that are run with it",
    recognises,
    read,
};

fn recognises(shape: &Shape<'_>) -> bool {
    shape.has("type") && shape.has("cedar") && shape.has("version")
}

#[derive(Deserialize)]
struct Configuration {
    #[serde(rename = "type")]
    kind: Text,
    cedar: Cedar,
}

#[derive(Deserialize)]
struct Cedar {
    policies: Vec<Text>,
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(configuration) = document.parse::<Configuration>(sink) else { return };
    if configuration.kind != "cedarv1" {
        let message = "authorisation of this type is not read; `cedarv1` is";
        return sink.problem(document.problem(ProblemKind::Unsupported, message));
    }
    let mut rules = Vec::new();
    for (index, policy) in configuration.cedar.policies.into_iter().enumerate() {
        let Some(effect) = effect(policy.raw()) else {
            let at = location::beneath(&document.at, &format!("/cedar/policies/{index}"));
            let message = "a Cedar policy that neither permits nor forbids; the file is set aside";
            return sink.problem(document.problem_at(at, ProblemKind::Malformed, message));
        };
        rules.push(GatewayRule {
            language: "cedar".into(),
            effect,
            applies_to: "mcp".into(),
            rule: policy,
            target: None,
        });
    }
    let file = document.source.file.raw();
    let policy = GatewayPolicy {
        gateway: "toolhive".into(),
        route: file.rsplit(['/', '\\']).next().unwrap_or(file).into(),
        rules,
        ..GatewayPolicy::default()
    };
    sink.record(document.record(document.at.clone(), Configured::GatewayPolicy(policy)));
}

/// The effect of a Cedar policy, which begins with it after annotations and comments.
fn effect(policy: &str) -> Option<RuleEffect> {
    let statement = policy
        .lines()
        .map(str::trim_start)
        .find(|line| !line.is_empty() && !line.starts_with(['@', '/']))?;
    match statement.split(|c: char| !c.is_ascii_alphabetic()).next()? {
        "permit" => Some(RuleEffect::Allow),
        "forbid" => Some(RuleEffect::Deny),
        _ => None,
    }
}

//! Agent Control Specification, as the Microsoft Agent Governance Toolkit uses it: manifests that put
//! policies before and after the acts of an agent.
//!
//! The specification's conformance cases wrap manifests together with the verdict that an engine must
//! give. They are test vectors: nobody configured them, so nothing of them is read.

use serde_json::Value;

use super::tool;
use crate::domain::configured::{AgentDeclaration, Configured, Hook, Provisioning};
use crate::domain::{Discipline, ProblemKind};
use crate::ingest::configured::reading::{Object, Reading, members, names, object, text, text_of};
use crate::ingest::{Document, Format, Shape, Side, Sink};

pub const FORMAT: Format = Format {
    id: "agent-control",
    title: "Agent Control manifest",
    side: Side::Configured,
    says: &[(
        Discipline::Behavior,
        "tools of the agent and the policies at each point of intervention",
    )],
    coverage: "that a policy is asked at a point, not what it answers",
    recognises: |shape| is_manifest(shape) || is_vector(shape),
    read,
};

fn is_manifest(shape: &Shape<'_>) -> bool {
    shape.has("agent_control_specification_version")
}

/// A conformance case, a set of them, or their schema.
fn is_vector(shape: &Shape<'_>) -> bool {
    let is_case = shape.has("manifest_yaml") && shape.has("expected");
    let is_set = shape.has("reserved_reasons") && shape.has("cases");
    let is_stream = shape.has("assemble") && shape.has("synthesize");
    is_case || is_set || is_stream
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some((mut reading, root)) = Reading::begin(document, sink) else { return };
    if !root.contains_key("agent_control_specification_version") {
        let message =
            "a conformance case with its expected verdict: a test vector, not a configuration";
        return reading.problem("", ProblemKind::Unsupported, message);
    }
    let none = Object::new();
    let metadata = object(&root, "metadata").unwrap_or(&none);
    let path = reading.path();
    // A manifest without a name is known by its folder.
    let folder = || path.rsplit('/').nth(1).filter(|folder| !folder.is_empty()).map(Into::into);
    let Some(name) = text_of(metadata, &["name", "agent"]).or_else(folder) else {
        return reading.problem("/metadata", ProblemKind::MissingField, "the manifest has no name");
    };
    let points = members(&root, "intervention_points").map(|(point, settings)| Hook {
        event: point.as_str().into(),
        command: policy(settings).unwrap_or_else(|| "no policy".into()),
        ..Hook::default()
    });
    let declaration = AgentDeclaration {
        kind: "agent control manifest".into(),
        framework: Some("agent-control".into()),
        name,
        purpose: text(metadata, "description"),
        tools: names(&root, "tools").into_iter().map(tool).collect(),
        hooks: points.collect(),
        ..AgentDeclaration::default()
    };
    let provisioning = Provisioning {
        owner: text_of(metadata, &["owner", "author"]),
        policy: text(metadata, "version"),
        ..Provisioning::default()
    };
    reading.record_of("", None, provisioning, Configured::AgentDeclaration(declaration));
}

fn policy(settings: &Value) -> Option<crate::domain::Text> {
    let policy = settings.get("policy")?;
    policy.as_str().map(Into::into).or_else(|| text(policy.as_object()?, "id"))
}

#[cfg(test)]
mod tests {
    use super::super::testing::agents;
    use crate::domain::ProblemKind;
    use crate::ingest::configured::tests::read_text;

    #[test]
    fn tools_and_points_of_intervention() {
        let found = agents(
            "desk/manifest.yaml",
            "
agent_control_specification_version: 0.4.0
policies: {gate: {type: rego, query: data.gate.verdict}}
intervention_points:
  pre_tool_call: {policy_target: $.args, policy: {id: gate}}
  output: {}
tools: {search: {type: Tool, clearance: internal}}
",
        );
        let [agent] = found.as_slice() else { unreachable!("one agent") };
        assert_eq!((agent.name.raw(), agent.tools.len()), ("desk", 1));
        let points: Vec<_> =
            agent.hooks.iter().map(|hook| (hook.event.raw(), hook.command.raw())).collect();
        assert_eq!(points, [("output", "no policy"), ("pre_tool_call", "gate")]);
    }

    #[test]
    fn conformance_cases_are_no_configuration() {
        for text in [
            r#"{"id":"x","manifest_yaml":"agent_control_specification_version: 0.3.1","expected":{"decision":"deny"}}"#,
            r#"{"schema_version":1,"reserved_reasons":[],"cases":[]}"#,
            r#"{"limits":{},"assemble":[],"synthesize":[]}"#,
        ] {
            let found = read_text("case.json", text);
            let kinds: Vec<_> = found.problems.iter().map(|problem| problem.kind).collect();
            assert_eq!((found.records.len(), kinds), (0, vec![ProblemKind::Unsupported]), "{text}");
        }
    }
}

//! Configuration of OpenCode (`opencode.json`): permissions, agents with permissions of their own,
//! MCP servers, plugins.
//!
//! Of several rules that match, the last one in the text decides, so their order is kept.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::rules;
use super::servers::servers;
use super::whose::layer;
use crate::domain::configured::{
    AgentDeclaration, ClientExtension, Configured, Effect, PermissionRule, PermissionRules,
};
use crate::domain::{Discipline, Text};
use crate::ingest::configured::reading::{
    Object, Ordered, Reading, digest, flag, members, object, pointer, text, texts,
};
use crate::ingest::{Document, Format, Shape, Side, Sink};

pub const FORMAT: Format = Format {
    id: "opencode",
    title: "OpenCode configuration",
    side: Side::Configured,
    says: &[
        (
            Discipline::Behavior,
            "what runs without asking, for the client and for each of its agents",
        ),
        (Discipline::Model, "models, plugins and MCP servers"),
    ],
    coverage: "one layer of several; without a rule OpenCode runs most tools without asking",
    recognises,
    read,
};

const CLIENT: &str = "opencode";

fn recognises(shape: &Shape<'_>) -> bool {
    let is_named = ["opencode.json", "opencode.jsonc"].contains(&shape.file_name);
    is_named || (shape.has("$schema") && shape.json().contains("opencode.ai/config"))
}

/// The parts whose order matters.
#[derive(Deserialize)]
struct InOrder<'a> {
    #[serde(borrow, default)]
    permission: Option<&'a RawValue>,
    #[serde(borrow, default)]
    agent: Option<&'a RawValue>,
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some((mut reading, root)) = Reading::begin(document, sink) else { return };
    // The document was read as an object already.
    let Ok(in_order) = serde_json::from_str::<InOrder<'_>>(document.json) else { return };
    let rules = section(&mut reading, "", &root, in_order.permission);
    if !rules.is_silent() {
        reading.record("", Configured::PermissionRules(rules));
    }
    if let Some(agents) = in_order.agent
        && let Ok(Ordered(agents)) = serde_json::from_str::<Ordered<&RawValue>>(agents.get())
    {
        for (name, json) in agents {
            agent(&mut reading, &name, json);
        }
    }
    servers(&mut reading, &CLIENT.into(), "", &root, "mcp");
    for name in texts(&root, "plugin") {
        let plugin = ClientExtension {
            client: CLIENT.into(),
            kind: "plugin".into(),
            name,
            enabled: Some(true),
            ..ClientExtension::default()
        };
        reading.record("/plugin", Configured::ClientExtension(plugin));
    }
}

/// The rules of the file as a whole, or of one agent.
fn section(
    reading: &mut Reading<'_>,
    under: &str,
    section: &Object,
    permission: Option<&RawValue>,
) -> PermissionRules {
    // The older switches come first: a permission for the same tool says more.
    let mut found: Vec<PermissionRule> = members(section, "tools").filter_map(switch).collect();
    if let Some(permission) = permission {
        found.extend(rules::tree(reading, &pointer(under, "permission"), permission));
    }
    PermissionRules {
        client: CLIENT.into(),
        layer: layer(&reading.path()),
        rules: found,
        model: text(section, "model"),
        ..PermissionRules::default()
    }
}

fn switch((tool, on): (&String, &Value)) -> Option<PermissionRule> {
    let effect = if on.as_bool()? { Effect::Allow } else { Effect::Deny };
    Some(PermissionRule { effect, tool: tool.as_str().into(), pattern: None })
}

fn agent(reading: &mut Reading<'_>, name: &str, json: &RawValue) {
    let at = pointer("/agent", name);
    let (Ok(settings), Ok(in_order)) = (
        serde_json::from_str::<Object>(json.get()),
        serde_json::from_str::<InOrder<'_>>(json.get()),
    ) else {
        let kind = crate::domain::ProblemKind::Malformed;
        return reading.problem(&at, kind, "an agent must be an object");
    };
    if flag(&settings, "disable") == Some(true) {
        return;
    }
    let rules = section(reading, &at, &settings, in_order.permission);
    let declaration = AgentDeclaration {
        kind: "OpenCode agent definition".into(),
        framework: Some(CLIENT.into()),
        name: name.into(),
        purpose: text(&settings, "description"),
        model: text(&settings, "model"),
        tools: names(&settings, true),
        denied_tools: names(&settings, false),
        instructions: digest(&settings, "prompt"),
        ..AgentDeclaration::default()
    };
    reading.record(&at, Configured::AgentDeclaration(declaration));
    let rules = PermissionRules { profile: Some(name.into()), model: None, ..rules };
    if !rules.is_silent() {
        reading.record(&at, Configured::PermissionRules(rules));
    }
}

/// The tools that are switched on or off by name.
fn names(settings: &Object, on: bool) -> Vec<(Option<Text>, Text)> {
    let switched = object(settings, "tools").into_iter().flatten();
    let named = switched.filter(|(_, value)| value.as_bool() == Some(on));
    named.map(|(tool, _)| (None, tool.as_str().into())).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::read_text;
    use super::super::testing::{permission_rules, spelled};
    use super::*;

    #[test]
    fn rules_stay_in_their_order() {
        let rules = permission_rules(
            "opencode.jsonc",
            r#"{// c
              "permission":{"bash":{"*":"ask","git *":"allow","aws *":"deny"},"edit":"deny","*":"ask"},
              "tools":{"webfetch":false}}"#,
        );
        assert_eq!(
            spelled(&rules),
            [
                "deny webfetch",
                "ask bash(*)",
                "allow bash(git *)",
                "deny bash(aws *)",
                "deny edit",
                "ask *"
            ]
        );
        let all = permission_rules("opencode.json", r#"{"permission":"allow"}"#);
        assert_eq!(spelled(&all), ["allow *"]);
    }

    #[test]
    fn agents_servers_and_plugins() {
        let found = read_text(
            "opencode.json",
            r#"{"$schema":"https://opencode.ai/config.json","plugin":["p"],
              "mcp":{"s":{"type":"local","command":["uvx","s==1.0"]},"t":{"type":"remote","url":"https://h","enabled":false}},
              "agent":{"review":{"description":"d","model":"m","prompt":"x","tools":{"write":false,"read":true},
                "permission":{"bash":"perhaps"}},"off":{"disable":true},"bad":7}}"#,
        );
        let problems: Vec<_> =
            found.problems.iter().map(|problem| problem.at.to_string()).collect();
        assert_eq!(problems, [":/agent/review/permission/bash", ":/agent/bad"]);
        let bodies: Vec<_> = found.records.iter().map(|record| &record.body).collect();
        let [
            Configured::AgentDeclaration(agent),
            Configured::PermissionRules(rules),
            Configured::McpServer(server),
            Configured::ClientExtension(plugin),
        ] = bodies.as_slice()
        else {
            unreachable!("an agent with rules, a server and a plugin: {bodies:?}")
        };
        assert_eq!(
            (agent.name.raw(), agent.tools.len(), agent.denied_tools.len()),
            ("review", 1, 1)
        );
        assert!(agent.instructions.is_some());
        assert_eq!((rules.profile.clone(), rules.rules.len()), (Some("review".into()), 2));
        assert_eq!((server.server.raw(), plugin.name.raw()), ("s", "p"));
    }
}

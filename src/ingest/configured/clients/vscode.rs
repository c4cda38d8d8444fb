//! Settings of Visual Studio Code (`settings.json`): what its agent runs without asking, and MCP
//! servers in the place they had before `mcp.json`.

use serde_json::Value;

use super::rules;
use super::servers::servers;
use super::whose::layer;
use crate::domain::Discipline;
use crate::domain::configured::{Configured, Effect, PermissionRule, PermissionRules};
use crate::ingest::configured::reading::{Object, Reading, flag, members, object};
use crate::ingest::{Document, Format, Shape, Side, Sink};

pub const FORMAT: Format = Format {
    id: "vscode-settings",
    title: "Visual Studio Code agent settings",
    side: Side::Configured,
    says: &[
        (Discipline::Behavior, "commands, edits and addresses that are approved by themselves"),
        (Discipline::Model, "MCP servers in the settings"),
    ],
    coverage: "one layer of several; without a setting every command asks",
    recognises,
    read,
};

const CLIENT: &str = "vscode";

/// Settings and keys are one word each there, so a prefix tells them.
fn recognises(shape: &Shape<'_>) -> bool {
    let is_chat =
        |key: &str| ["chat.tools.", "chat.mcp.", "chat.agent."].iter().any(|p| key.starts_with(p));
    shape.keys.iter().any(|key| is_chat(key))
        || (shape.has("mcp") && shape.file_name == "settings.json")
}

/// Settings that approve patterns one by one, and the tool that each is about.
const PATTERNS: &[(&str, &str)] = &[
    ("chat.tools.terminal.autoApprove", "terminal"),
    ("chat.tools.edits.autoApprove", "edit"),
    ("chat.tools.urls.autoApprove", "fetch"),
];

/// Settings that approve everything.
const EVERYTHING: &[&str] = &["chat.tools.autoApprove", "chat.tools.global.autoApprove"];

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some((mut reading, root)) = Reading::begin(document, sink) else { return };
    let client = CLIENT.into();
    let mut found: Vec<PermissionRule> = Vec::new();
    if EVERYTHING.iter().any(|key| flag(&root, key) == Some(true)) {
        found.push(rules::rule(Effect::Allow, "*"));
    }
    for (key, tool) in PATTERNS {
        found.extend(members(&root, key).filter_map(|(pattern, value)| {
            Some(PermissionRule {
                effect: if approves(value)? { Effect::Allow } else { Effect::Ask },
                tool: (*tool).into(),
                pattern: Some(pattern.as_str().into()),
            })
        }));
    }
    let none = Object::new();
    servers(&mut reading, &client, "/mcp", object(&root, "mcp").unwrap_or(&none), "servers");
    servers(&mut reading, &client, "", &root, "mcp.servers");
    let layer = layer(&reading.path());
    let rules = PermissionRules { client, layer, rules: found, ..PermissionRules::default() };
    if !rules.is_silent() {
        reading.record("", Configured::PermissionRules(rules));
    }
}

/// A flag, or an object with the flag in it.
fn approves(value: &Value) -> Option<bool> {
    value.as_bool().or_else(|| {
        let parts = value.as_object()?;
        flag(parts, "approve").or_else(|| flag(parts, "approveRequest"))
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::read_text;
    use super::super::testing::{permission_rules, spelled};
    use super::*;

    #[test]
    fn what_is_approved() {
        let rules = permission_rules(
            ".vscode/settings.json",
            r#"{"editor.tabSize":2,"chat.tools.global.autoApprove":true,
              "chat.tools.terminal.autoApprove":{"git status":true,"/^rm/":false,"npm":null,
                "make":{"approve":true,"matchCommandLine":true}},
              "chat.tools.edits.autoApprove":{"**/*.env":false}}"#,
        );
        assert_eq!(
            spelled(&rules),
            [
                "allow *",
                "ask terminal(/^rm/)",
                "allow terminal(git status)",
                "allow terminal(make)",
                "ask edit(**/*.env)",
            ]
        );
    }

    #[test]
    fn servers_in_the_settings() {
        for text in [
            r#"{"mcp":{"servers":{"a":{"command":"x"}}},"editor":1}"#,
            r#"{"chat.mcp.access":"all","mcp.servers":{"a":{"command":"x"}}}"#,
        ] {
            let found = read_text("settings.json", text);
            let [record] = found.records.as_slice() else { unreachable!("one record: {text}") };
            let Configured::McpServer(server) = &record.body else { unreachable!("a server") };
            assert_eq!((server.client.raw(), server.server.raw()), ("vscode", "a"));
        }
    }

    #[test]
    fn settings_that_say_nothing_of_agents_give_nothing() {
        let found = read_text("settings.json", r#"{"chat.mcp.gallery.enabled":true,"mcp":{}}"#);
        assert_eq!((found.records.len(), found.problems.len()), (0, 0));
    }
}

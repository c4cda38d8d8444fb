//! Settings of Gemini CLI (`.gemini/settings.json`) and of Qwen Code, which follows it: tools, trust,
//! sandbox, hooks, MCP servers. The older flat keys and the newer sections say the same.

use serde_json::Value;

use super::hooks::hooks;
use super::rules;
use super::servers::servers;
use super::whose::{known_client, layer};
use crate::domain::Discipline;
use crate::domain::configured::{
    Configured, Effect, PermissionRule, PermissionRules, ProjectServers, Sandbox,
};
use crate::ingest::configured::reading::{Object, Reading, flag, object, pointer, text, texts};
use crate::ingest::{Document, Format, Shape, Side, Sink};

pub const FORMAT: Format = Format {
    id: "gemini-cli",
    title: "Gemini CLI settings",
    side: Side::Configured,
    says: &[
        (Discipline::Behavior, "tools offered, approved and excluded, hooks and sandbox"),
        (Discipline::Model, "the model and MCP servers"),
    ],
    coverage: "one layer of four; policy files and command-line flags may say otherwise",
    recognises,
    read,
};

const CLIENTS: &[&str] = &["gemini-cli", "qwen-code"];

fn recognises(shape: &Shape<'_>) -> bool {
    let named = ["settings.json", "system-defaults.json"].contains(&shape.file_name);
    let is_in_folder = || known_client(shape.path).is_some_and(|client| CLIENTS.contains(&client));
    (named && is_in_folder()) || shape.has("coreTools") || shape.has("excludeTools")
}

/// The older key, the section and key that took its place, and what it says of the tools in it.
const LISTS: &[(&str, &str, Effect)] =
    &[("allowedTools", "allowed", Effect::Allow), ("excludeTools", "exclude", Effect::Deny)];

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some((mut reading, root)) = Reading::begin(document, sink) else { return };
    let path = reading.path();
    let client = known_client(&path).filter(|client| CLIENTS.contains(client));
    let client = client.unwrap_or("gemini-cli").into();
    let none = Object::new();
    let section = |name: &str| object(&root, name).unwrap_or(&none);
    let rules = PermissionRules {
        client,
        layer: layer(&path),
        rules: tool_rules(&mut reading, &root, section("tools")),
        default_mode: text(section("general"), "defaultApprovalMode")
            .or_else(|| flag(&root, "autoAccept")?.then(|| "autoAccept".into()))
            .or_else(|| flag(section("tools"), "autoAccept")?.then(|| "autoAccept".into())),
        sandbox: sandbox(section("tools").get("sandbox").or(root.get("sandbox"))),
        model: text(section("model"), "name").or_else(|| text(&root, "model")),
        folders: texts(section("context"), "includeDirectories"),
        hooks: hooks(&mut reading, "", &root, "hooks"),
        project_servers: project_servers(section("mcp"), &root),
        ..PermissionRules::default()
    };
    servers(&mut reading, &rules.client, "", &root, "mcpServers");
    if !rules.is_silent() {
        reading.record("", Configured::PermissionRules(rules));
    }
}

fn tool_rules(reading: &mut Reading<'_>, root: &Object, tools: &Object) -> Vec<PermissionRule> {
    let mut found = Vec::new();
    for (older, newer, effect) in LISTS {
        let mut add = |tool: &str| found.push(rules::rule(*effect, tool));
        rules::list(reading, "", root, older, &mut add);
        rules::list(reading, "/tools", tools, newer, &mut add);
    }
    // A list of core tools leaves out every other; those in it still ask.
    let mut core = Vec::new();
    let mut add = |tool: &str| core.push(rules::rule(Effect::Ask, tool));
    rules::list(reading, "", root, "coreTools", &mut add);
    rules::list(reading, &pointer("", "tools"), tools, "core", &mut add);
    if root.contains_key("coreTools") || tools.contains_key("core") {
        core.push(rules::rule(Effect::Deny, "*"));
    }
    found.extend(core);
    found
}

/// On, off, or the program that confines it.
fn sandbox(value: Option<&Value>) -> Option<Sandbox> {
    let mode = match value? {
        Value::Bool(true) => "on",
        Value::Bool(false) => "off",
        Value::String(program) => program,
        _ => return None,
    };
    Some(Sandbox { mode: mode.into(), ..Sandbox::default() })
}

fn project_servers(mcp: &Object, root: &Object) -> Option<ProjectServers> {
    let either = |newer: &str, older: &str| match texts(mcp, newer) {
        names if names.is_empty() => texts(root, older),
        names => names,
    };
    let servers = ProjectServers {
        all: None,
        enabled: either("allowed", "allowMCPServers"),
        disabled: either("excluded", "excludeMCPServers"),
    };
    (servers != ProjectServers::default()).then_some(servers)
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::read_text;
    use super::super::testing::{permission_rules, spelled};
    use super::*;

    #[test]
    fn the_older_and_the_newer_form() {
        let newer = permission_rules(
            "/home/jo/.gemini/settings.json",
            r#"{"tools":{"core":["read_file","run_shell_command(git)"],"allowed":["read_file"],
                "exclude":["web_fetch"],"sandbox":"docker"},
               "general":{"defaultApprovalMode":"auto_edit"},"model":{"name":"m"},
               "mcp":{"allowed":["a"]},"context":{"includeDirectories":["../x"]}}"#,
        );
        let older = permission_rules(
            "settings.json",
            r#"{"coreTools":["read_file","run_shell_command(git)"],"allowedTools":["read_file"],
               "excludeTools":["web_fetch"],"sandbox":"docker","allowMCPServers":["a"],"autoAccept":true}"#,
        );
        let expected = [
            "allow read_file",
            "deny web_fetch",
            "ask read_file",
            "ask run_shell_command(git)",
            "deny *",
        ];
        assert_eq!(
            (spelled(&newer), spelled(&older)),
            (expected.map(String::from).into(), expected.map(String::from).into())
        );
        assert_eq!(
            (&newer.sandbox, &newer.project_servers),
            (&older.sandbox, &older.project_servers)
        );
        assert_eq!(newer.default_mode, Some("auto_edit".into()));
        assert_eq!((newer.layer, newer.model), (Some("user".into()), Some("m".into())));
        assert_eq!(older.default_mode, Some("autoAccept".into()));
    }

    #[test]
    fn servers_that_are_trusted() {
        let found = read_text(
            ".gemini/settings.json",
            r#"{"mcpServers":{"a":{"command":"x","trust":true,"includeTools":["t"]}},"mcp":{}}"#,
        );
        let [record] = found.records.as_slice() else { unreachable!("one record") };
        let Configured::McpServer(server) = &record.body else { unreachable!("a server") };
        assert_eq!((server.client.raw(), server.approved_tools.len()), ("gemini-cli", 1));
        assert_eq!(found.problems, []);
    }
}

//! Settings of Claude Code (`.claude/settings.json`, `settings.local.json`, `managed-settings.json`):
//! permissions, hooks, sandbox, plugins.

use super::hooks::hooks;
use super::rules;
use super::servers::servers;
use super::whose::layer;
use crate::domain::configured::{
    ClientExtension, Configured, Hook, PermissionRules, ProjectServers, Sandbox,
};
use crate::domain::{Discipline, ProblemKind, Text};
use crate::ingest::configured::reading::{
    Object, Reading, flag, members, names, object, pointer, text, texts,
};
use crate::ingest::{Document, Format, Shape, Side, Sink};

pub const FORMAT: Format = Format {
    id: "claude-code-settings",
    title: "Claude Code settings",
    side: Side::Configured,
    says: &[
        (Discipline::Behavior, "what runs without asking, what never runs, hooks and sandbox"),
        (Discipline::Model, "the model, plugins and MCP servers that are switched on"),
    ],
    coverage: "one layer of several; managed settings and command-line flags may say otherwise",
    recognises,
    read,
};

const CLIENT: &str = "claude-code";

/// Keys that no other client writes.
const OWN_KEYS: &[&str] = &[
    "enableAllProjectMcpServers",
    "enabledMcpjsonServers",
    "disabledMcpjsonServers",
    "enabledPlugins",
    "extraKnownMarketplaces",
    "allowManagedPermissionRulesOnly",
];

fn recognises(shape: &Shape<'_>) -> bool {
    let is_settings = shape.file_name.contains("settings") && shape.file_name.ends_with(".json");
    let is_in_folder = shape.path.rsplit('/').nth(1) == Some(".claude");
    (is_settings && (is_in_folder || shape.file_name.starts_with("managed")))
        || OWN_KEYS.iter().any(|key| shape.has(key))
        || (is_settings
            && shape.has("permissions")
            && ["\"allow\"", "\"deny\"", "\"ask\""].iter().any(|key| shape.json().contains(key)))
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some((mut reading, root)) = Reading::begin(document, sink) else { return };
    let client = Text::from(CLIENT);
    let rules = permissions(&mut reading, &root, &client);
    if !rules.is_silent() {
        reading.record("", Configured::PermissionRules(rules));
    }
    servers(&mut reading, &client, "", &root, "mcpServers");
    for (name, enabled) in members(&root, "enabledPlugins") {
        let plugin = ClientExtension {
            client: client.clone(),
            kind: "plugin".into(),
            name: name.as_str().into(),
            origin: name.rsplit_once('@').map(|(_, marketplace)| marketplace.into()),
            // A list of components instead of a flag switches on those.
            enabled: enabled.as_bool().or(Some(!enabled.is_null())),
            ..ClientExtension::default()
        };
        reading.record(&pointer("/enabledPlugins", name), Configured::ClientExtension(plugin));
    }
}

fn permissions(reading: &mut Reading<'_>, root: &Object, client: &Text) -> PermissionRules {
    let none = Object::new();
    if root.get("permissions").is_some_and(|permissions| !permissions.is_object()) {
        reading.problem("/permissions", ProblemKind::Malformed, "must be an object");
    }
    let permissions = object(root, "permissions").unwrap_or(&none);
    let rules = rules::lists(reading, "/permissions", permissions);
    let is_disabled = |key: &str| {
        text(permissions, key).or_else(|| text(root, key)).is_some_and(|word| word == "disable")
    };
    let modes =
        [("disableBypassPermissionsMode", "bypassPermissions"), ("disableAutoMode", "auto")];
    let forbidden = modes.iter().filter(|(key, _)| is_disabled(key));
    PermissionRules {
        client: client.clone(),
        layer: layer(&reading.path()),
        rules,
        default_mode: text(permissions, "defaultMode"),
        forbidden_modes: forbidden.map(|(_, mode)| (*mode).into()).collect(),
        sandbox: object(root, "sandbox").map(sandbox),
        model: text(root, "model"),
        folders: texts(permissions, "additionalDirectories"),
        hooks: hooks(reading, "", root, "hooks")
            .into_iter()
            .chain(helpers(reading, root))
            .collect(),
        project_servers: project_servers(root),
        environment: names(root, "env"),
        ..PermissionRules::default()
    }
}

/// Settings whose value is a command that the client runs by itself.
const HELPERS: &[&str] =
    &["apiKeyHelper", "awsAuthRefresh", "awsCredentialExport", "otelHeadersHelper"];

fn helpers(reading: &Reading<'_>, root: &Object) -> Vec<Hook> {
    let helpers = HELPERS.iter().filter_map(|key| {
        let command = reading.command_line(text(root, key)?.raw());
        Some(Hook { event: (*key).into(), command, ..Hook::default() })
    });
    helpers.collect()
}

fn sandbox(sandbox: &Object) -> Sandbox {
    let none = Object::new();
    let network = object(sandbox, "network").unwrap_or(&none);
    let files = object(sandbox, "filesystem").unwrap_or(&none);
    Sandbox {
        mode: if flag(sandbox, "enabled") == Some(true) { "on" } else { "off" }.into(),
        network: None,
        hosts: texts(network, "allowedDomains"),
        writable: texts(files, "allowWrite"),
        excluded_commands: texts(sandbox, "excludedCommands"),
        allows_inside: flag(sandbox, "autoAllowBashIfSandboxed"),
    }
}

fn project_servers(root: &Object) -> Option<ProjectServers> {
    let servers = ProjectServers {
        all: flag(root, "enableAllProjectMcpServers"),
        enabled: texts(root, "enabledMcpjsonServers"),
        disabled: texts(root, "disabledMcpjsonServers"),
    };
    (servers != ProjectServers::default()).then_some(servers)
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::read_text;
    use super::super::testing::{permission_rules, spelled};
    use super::*;

    #[test]
    fn rules_modes_and_surroundings() {
        let found = permission_rules(
            ".claude/settings.local.json",
            r#"{"permissions":{"allow":["Bash(git:*)","mcp__a__b"],"ask":["WebFetch(domain:x.org)"],
              "deny":["Read(./.env)"],"defaultMode":"acceptEdits","additionalDirectories":["../b"],
              "disableBypassPermissionsMode":"disable"},
             "env":{"B_TOKEN":"secret","A":1},"model":"m","enableAllProjectMcpServers":true,
             "disabledMcpjsonServers":["x"],"apiKeyHelper":"get-key --vault v",
             "sandbox":{"enabled":true,"autoAllowBashIfSandboxed":false,"excludedCommands":["docker"],
               "network":{"allowedDomains":["h"]},"filesystem":{"allowWrite":["/t"]}},
             "hooks":{"PreToolUse":[{"matcher":"Bash","hooks":[
               {"type":"command","command":"check --token abc"},{"type":"prompt","prompt":"p"}]}]}}"#,
        );
        assert_eq!(
            spelled(&found),
            [
                "allow Bash(git:*)",
                "allow mcp__a__b",
                "ask WebFetch(domain:x.org)",
                "deny Read(./.env)"
            ]
        );
        assert_eq!((found.client.raw(), found.layer), ("claude-code", Some("local".into())));
        assert_eq!(found.default_mode, Some("acceptEdits".into()));
        assert_eq!(found.forbidden_modes, ["bypassPermissions"]);
        assert_eq!((found.folders.len(), found.model), (1, Some("m".into())));
        assert_eq!(found.environment, ["A", "B_TOKEN"]);
        let sandbox = found.sandbox.unwrap_or_default();
        assert_eq!((sandbox.mode.raw(), sandbox.allows_inside), ("on", Some(false)));
        assert_eq!((sandbox.hosts.len(), sandbox.writable.len()), (1, 1));
        let servers = found.project_servers.unwrap_or_default();
        assert_eq!((servers.all, servers.disabled.len()), (Some(true), 1));
        let hooks: Vec<_> = found.hooks.iter().map(|hook| hook.command.raw()).collect();
        let [command, prompt, helper] = hooks.as_slice() else { unreachable!("three: {hooks:?}") };
        assert!(command.starts_with("check --token ***"), "{command}");
        assert_eq!((*prompt, *helper), ("prompt", "get-key --vault v"));
    }

    #[test]
    fn plugins_and_servers_are_records_of_their_own() {
        let found = read_text(
            "settings.json",
            r#"{"enabledPlugins":{"a@m":true,"b@m":false},"mcpServers":{"s":{"command":"x"}}}"#,
        );
        let shown: Vec<_> = found
            .records
            .iter()
            .map(|record| match &record.body {
                Configured::ClientExtension(it) => format!("{} {:?}", it.name.raw(), it.enabled),
                Configured::McpServer(server) => server.server.raw().to_owned(),
                other => unreachable!("neither: {other:?}"),
            })
            .collect();
        assert_eq!(shown, ["s", "a@m Some(true)", "b@m Some(false)"]);
    }

    #[test]
    fn a_rule_that_is_none_is_said_so() {
        let found = read_text(
            ".claude/settings.json",
            r#"{"permissions":{"deny":["Read(x)",7],"allow":"Bash"},"hooks":{"Stop":[{"hooks":[{}]},1]}}"#,
        );
        let places: Vec<_> = found.problems.iter().map(|problem| problem.at.to_string()).collect();
        assert_eq!(
            places,
            [":/permissions/allow", ":/permissions/deny/1", ":/hooks/Stop/0", ":/hooks/Stop/1"]
        );
        assert_eq!(found.records.len(), 1);
    }
}

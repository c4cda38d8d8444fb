//! Permissions of Cursor: `cli-config.json` and `.cursor/cli.json` of its command line,
//! `permissions.json` of the editor.

use super::rules;
use super::whose::layer;
use crate::domain::Discipline;
use crate::domain::configured::{Configured, Effect, PermissionRule, PermissionRules};
use crate::ingest::configured::reading::{Object, Reading, object, text};
use crate::ingest::{Document, Format, Shape, Side, Sink};

pub const FORMAT: Format = Format {
    id: "cursor-permissions",
    title: "Cursor permissions",
    side: Side::Configured,
    says: &[(
        Discipline::Behavior,
        "commands, files and MCP tools that run without asking, or never",
    )],
    coverage: "one file of several; what is chosen inside the editor is kept elsewhere",
    recognises,
    read,
};

const CLIENT: &str = "cursor";

fn recognises(shape: &Shape<'_>) -> bool {
    let is_cli = ["cli.json", "cli-config.json"].contains(&shape.file_name);
    (is_cli && shape.has("permissions"))
        || shape.has("terminalAllowlist")
        || shape.has("mcpAllowlist")
}

/// Lists of the editor, and the tool that each is about.
const ALLOWLISTS: &[(&str, &str)] = &[("terminalAllowlist", "Shell"), ("mcpAllowlist", "Mcp")];

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some((mut reading, root)) = Reading::begin(document, sink) else { return };
    let none = Object::new();
    let permissions = object(&root, "permissions").unwrap_or(&none);
    let mut found = rules::lists(&mut reading, "/permissions", permissions);
    for (key, tool) in ALLOWLISTS {
        rules::list(&mut reading, "", &root, key, &mut |pattern| {
            found.push(PermissionRule {
                effect: Effect::Allow,
                tool: (*tool).into(),
                pattern: Some(pattern.into()),
            });
        });
    }
    let rules = PermissionRules {
        client: CLIENT.into(),
        layer: layer(&reading.path()),
        rules: found,
        default_mode: text(&root, "approvalMode"),
        ..PermissionRules::default()
    };
    reading.record("", Configured::PermissionRules(rules));
}

#[cfg(test)]
mod tests {
    use super::super::testing::{permission_rules, spelled};
    use super::*;

    #[test]
    fn rules_of_the_command_line_and_of_the_editor() {
        let cli = permission_rules(
            "/home/jo/.cursor/cli-config.json",
            r#"{"version":1,"permissions":{"allow":["Shell(ls)"],"deny":["Write(**/*.env)"]},"approvalMode":"allowlist"}"#,
        );
        assert_eq!(spelled(&cli), ["allow Shell(ls)", "deny Write(**/*.env)"]);
        assert_eq!((cli.layer, cli.default_mode), (Some("user".into()), Some("allowlist".into())));
        let editor = permission_rules(
            ".cursor/permissions.json",
            r#"{"terminalAllowlist":["git"],"mcpAllowlist":["crm:*"]}"#,
        );
        assert_eq!(spelled(&editor), ["allow Shell(git)", "allow Mcp(crm:*)"]);
        assert_eq!(editor.rules.first().map(|rule| rule.effect), Some(Effect::Allow));
    }
}

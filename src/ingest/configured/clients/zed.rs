//! Settings of Zed (`settings.json`): context servers (its word for MCP servers) and tool permissions.

use super::servers::servers;
use super::whose::layer;
use crate::domain::configured::{Configured, Effect, PermissionRule, PermissionRules};
use crate::domain::{Discipline, Text};
use crate::ingest::configured::reading::{Object, Reading, flag, items, members, object, text};
use crate::ingest::{Document, Format, Side, Sink};

pub const FORMAT: Format = Format {
    id: "zed",
    title: "Zed agent settings",
    side: Side::Configured,
    says: &[
        (Discipline::Behavior, "tools that run without asking, after asking, or never"),
        (Discipline::Model, "context servers, pinned or not"),
    ],
    coverage: "one layer of two; a project's settings add to a person's",
    recognises: |shape| {
        shape.has("context_servers")
            || (shape.has("agent") && shape.json().contains("\"tool_permissions\""))
    },
    read,
};

const CLIENT: &str = "zed";

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some((mut reading, root)) = Reading::begin(document, sink) else { return };
    let none = Object::new();
    let agent = object(&root, "agent").unwrap_or(&none);
    let permissions = object(agent, "tool_permissions").unwrap_or(&none);
    let asks_never = flag(agent, "always_allow_tool_actions") == Some(true);
    let rules = PermissionRules {
        client: CLIENT.into(),
        layer: layer(&reading.path()),
        rules: rules(permissions),
        default_mode: text(permissions, "default").or_else(|| asks_never.then(|| "allow".into())),
        model: object(agent, "default_model").and_then(|model| text(model, "model")),
        ..PermissionRules::default()
    };
    if !rules.is_silent() {
        reading.record("", Configured::PermissionRules(rules));
    }
    servers(&mut reading, &CLIENT.into(), "", &root, "context_servers");
}

/// Lists of patterns for a tool.
const LISTS: &[(&str, Effect)] = &[
    ("always_deny", Effect::Deny),
    ("always_confirm", Effect::Ask),
    ("always_allow", Effect::Allow),
];

/// What a tool does when no pattern of its own matches.
const DEFAULTS: &[(&str, Effect)] =
    &[("allow", Effect::Allow), ("confirm", Effect::Ask), ("deny", Effect::Deny)];

fn rules(permissions: &Object) -> Vec<PermissionRule> {
    let mut found = Vec::new();
    for (tool, settings) in members(permissions, "tools") {
        let Some(settings) = settings.as_object() else { continue };
        let tool = Text::from(tool.as_str());
        for (key, effect) in LISTS {
            let patterns =
                items(settings, key).filter_map(|(_, entry)| text(entry.as_object()?, "pattern"));
            found.extend(patterns.map(|pattern| PermissionRule {
                effect: *effect,
                tool: tool.clone(),
                pattern: Some(pattern),
            }));
        }
        let default = text(settings, "default");
        let named =
            DEFAULTS.iter().find(|(word, _)| default.as_ref().is_some_and(|it| it == *word));
        found.extend(named.map(|(_, effect)| PermissionRule {
            effect: *effect,
            tool: tool.clone(),
            pattern: None,
        }));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::read_text;
    use super::super::testing::{permission_rules, spelled};
    use super::*;

    #[test]
    fn tools_and_servers() {
        let text = r#"{"theme":"x","agent":{"default_model":{"provider":"p","model":"m"},
            "tool_permissions":{"default":"confirm","tools":{"terminal":{"default":"allow",
              "always_deny":[{"pattern":"rm"}],"always_allow":[{"pattern":"^git"}]}}}},
            "context_servers":{"a":{"source":"custom","command":{"path":"node","args":["s.js"]}},
              "b":{"command":"uvx","args":["s"],"enabled":true}}}"#;
        let rules = permission_rules(".zed/settings.json", text);
        assert_eq!(
            spelled(&rules),
            ["deny terminal(rm)", "allow terminal(^git)", "allow terminal"]
        );
        assert_eq!((rules.default_mode, rules.model), (Some("confirm".into()), Some("m".into())));
        let servers = read_text(".zed/settings.json", text).records.into_iter().skip(1);
        let endpoints: Vec<_> = servers
            .map(|record| match record.body {
                Configured::McpServer(server) => server.endpoint,
                other => unreachable!("a server, not {other:?}"),
            })
            .collect();
        assert_eq!(endpoints, ["node s.js", "uvx s"]);
    }

    #[test]
    fn the_older_switch() {
        let rules = permission_rules(
            "settings.json",
            r#"{"agent":{"always_allow_tool_actions":true},"context_servers":{}}"#,
        );
        assert_eq!(rules.default_mode, Some("allow".into()));
    }
}

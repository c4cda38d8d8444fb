//! Configuration of Goose (`~/.config/goose/config.yaml`, `permission.yaml`): mode, extensions (its
//! word for MCP servers), and tools by level.

use super::rules;
use super::servers::servers;
use super::whose::layer;
use crate::domain::Discipline;
use crate::domain::configured::{Configured, Effect, PermissionRule, PermissionRules};
use crate::ingest::configured::reading::{Object, Reading, object, text};
use crate::ingest::{Document, Format, Shape, Side, Sink};

pub const FORMAT: Format = Format {
    id: "goose",
    title: "Goose configuration",
    side: Side::Configured,
    says: &[
        (Discipline::Behavior, "the mode of approval and tools allowed, asked for and denied"),
        (Discipline::Model, "the model and the extensions that are switched on"),
    ],
    coverage: "one machine's file; environment variables of the same names go before it",
    recognises,
    read,
};

const CLIENT: &str = "goose";

fn recognises(shape: &Shape<'_>) -> bool {
    shape.keys.iter().any(|key| key.starts_with("GOOSE_"))
        || (shape.file_name == "permission.yaml" && shape.has("user"))
        || (shape.path.contains("goose/") && shape.has("extensions"))
}

/// Levels of tools in `permission.yaml`.
const LEVELS: &[(&str, Effect)] =
    &[("always_allow", Effect::Allow), ("ask_before", Effect::Ask), ("never_allow", Effect::Deny)];

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some((mut reading, root)) = Reading::begin(document, sink) else { return };
    let none = Object::new();
    let rules = PermissionRules {
        client: CLIENT.into(),
        layer: layer(&reading.path()),
        rules: levels(&mut reading, object(&root, "user").unwrap_or(&none)),
        default_mode: text(&root, "GOOSE_MODE"),
        model: text(&root, "GOOSE_MODEL"),
        ..PermissionRules::default()
    };
    if !rules.is_silent() {
        reading.record("", Configured::PermissionRules(rules));
    }
    servers(&mut reading, &CLIENT.into(), "", &root, "extensions");
}

fn levels(reading: &mut Reading<'_>, user: &Object) -> Vec<PermissionRule> {
    let mut found = Vec::new();
    for (key, effect) in LEVELS {
        rules::list(reading, "/user", user, key, &mut |tool| {
            found.push(rules::rule(*effect, tool))
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::read_text;
    use super::super::testing::{permission_rules, spelled};
    use super::*;

    #[test]
    fn mode_and_extensions() {
        let found = read_text(
            "config.yaml",
            "
GOOSE_MODE: auto
GOOSE_MODEL: m
extensions:
  developer: {type: builtin, enabled: true, name: developer}
  docs: {type: stdio, cmd: uvx, args: [docs], enabled: true, env_keys: [DOCS_KEY], available_tools: [search]}
  old: {type: sse, uri: 'https://h/sse', enabled: false}
",
        );
        assert_eq!(found.problems, []);
        let bodies: Vec<_> = found.records.iter().map(|record| &record.body).collect();
        let [
            Configured::PermissionRules(rules),
            Configured::McpServer(developer),
            Configured::McpServer(docs),
        ] = bodies.as_slice()
        else {
            unreachable!("rules and two servers: {bodies:?}")
        };
        assert_eq!(rules.default_mode, Some("auto".into()));
        assert_eq!((developer.transport.raw(), docs.transport.raw()), ("built-in", "stdio"));
        assert_eq!(docs.secret_names, ["DOCS_KEY"]);
        assert_eq!(docs.allowed_tools, Some(vec!["search".into()]));
    }

    #[test]
    fn tools_by_level() {
        let rules = permission_rules(
            "permission.yaml",
            "user:\n  always_allow: [a__b]\n  ask_before: [c]\n  never_allow: [d]\n",
        );
        assert_eq!(spelled(&rules), ["allow a__b", "ask c", "deny d"]);
    }
}

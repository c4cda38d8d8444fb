//! What extends a client: skills, commands and rules in Markdown, plugins and their marketplaces in
//! JSON.
//!
//! A skill follows the Agent Skills specification; `allowed-tools` in it lets its tools run without
//! asking while it is in use.

use super::hooks::hooks;
use super::rules::{rule, spelled_tools};
use super::servers::servers;
use super::whose::known_client;
use crate::domain::configured::{ClientExtension, Configured, Effect, Provisioning};
use crate::domain::{Discipline, ProblemKind, Text};
use crate::ingest::configured::reading::{
    Object, Reading, flag, items, object, text, text_of, texts,
};
use crate::ingest::container::front_matter::BODY;
use crate::ingest::{Document, Format, Shape, Side, Sink};

pub const FORMAT: Format = Format {
    id: "client-extension",
    title: "Skill, command, rule or plugin of a client",
    side: Side::Configured,
    says: &[
        (
            Discipline::Behavior,
            "tools that run without asking while the extension is in use, hooks",
        ),
        (
            Discipline::Model,
            "instructions by digest, plugins by version, MCP servers they bring along",
        ),
    ],
    coverage: "that it exists, not that anybody uses it; the files beside it are not digested",
    recognises: |shape| KINDS.iter().any(|kind| (kind.recognises)(shape)),
    read,
};

/// One kind of extension.
struct Kind {
    recognises: fn(&Shape<'_>) -> bool,
    read: fn(&mut Reading<'_>, &Object),
}

const KINDS: &[Kind] = &[
    Kind { recognises: is_skill, read: |reading, root| prose(reading, root, "skill") },
    Kind { recognises: is_command, read: |reading, root| prose(reading, root, "command") },
    Kind { recognises: is_rule, read: |reading, root| prose(reading, root, "rule") },
    Kind { recognises: is_plugin, read: plugin },
    Kind { recognises: is_marketplace, read: marketplace },
];

fn is_skill(shape: &Shape<'_>) -> bool {
    shape.has(BODY) && shape.file_name.eq_ignore_ascii_case("SKILL.md")
}

fn is_command(shape: &Shape<'_>) -> bool {
    let folders = ["commands", "command", "prompts"];
    let is_in_folder = shape.path.rsplit('/').skip(1).any(|folder| folders.contains(&folder));
    let own_keys = ["allowed-tools", "argument-hint"];
    let is_command =
        || known_client(shape.path).is_some() || own_keys.iter().any(|key| shape.has(key));
    shape.has(BODY) && is_in_folder && is_command()
}

fn is_rule(shape: &Shape<'_>) -> bool {
    let own_keys = ["globs", "alwaysApply", "applyTo"];
    let is_scoped = || shape.has("paths") && known_client(shape.path).is_some();
    let is_named = shape.file_name.ends_with(".mdc");
    shape.has(BODY) && (is_named || own_keys.iter().any(|key| shape.has(key)) || is_scoped())
}

fn is_plugin(shape: &Shape<'_>) -> bool {
    shape.file_name == "plugin.json" && shape.path.contains(".claude-plugin/") && shape.has("name")
}

fn is_marketplace(shape: &Shape<'_>) -> bool {
    shape.file_name == "marketplace.json" && shape.has("plugins") && shape.has("owner")
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some((mut reading, root)) = Reading::begin(document, sink) else { return };
    let path = reading.path();
    let keys = root.keys().map(|key| key.as_str().into()).collect();
    let file_name = path.rsplit('/').next().unwrap_or_default();
    let shape = Shape { keys, file_name, path: &path, ..Shape::default() };
    if let Some(kind) = KINDS.iter().find(|kind| (kind.recognises)(&shape)) {
        (kind.read)(&mut reading, &root);
    }
}

/// A skill, a command or a rule: front matter and instructions.
fn prose(reading: &mut Reading<'_>, root: &Object, kind: &str) {
    let path = reading.path();
    let Some(name) = text(root, "name").or_else(|| name_of(&path)) else {
        return reading.problem("", ProblemKind::MissingField, "the extension has no name");
    };
    let tools = root.get("allowed-tools").or_else(|| root.get("tools"));
    let tools = tools.map(spelled_tools).unwrap_or_default();
    let metadata = object(root, "metadata");
    let extension = ClientExtension {
        client: owner(&path),
        kind: kind.into(),
        name,
        version: text(root, "version").or_else(|| text(metadata?, "version")),
        purpose: text(root, "description"),
        rules: tools.iter().map(|tool| rule(Effect::Allow, tool)).collect(),
        applies_to: applies_to(root),
        model: text(root, "model"),
        hooks: hooks(reading, "", root, "hooks"),
        instructions: reading.instructions(root),
        ..ClientExtension::default()
    };
    reading.record("", Configured::ClientExtension(extension));
}

/// Files whose mention adds a rule by itself; `*` when it is always added.
fn applies_to(root: &Object) -> Vec<Text> {
    if flag(root, "alwaysApply") == Some(true) {
        return vec!["*".into()];
    }
    let keys = ["globs", "applyTo", "paths"];
    let patterns = keys.iter().flat_map(|key| texts(root, key));
    let split =
        |line: Text| -> Vec<Text> { line.raw().split(',').map(|p| p.trim().into()).collect() };
    patterns.flat_map(split).filter(|pattern| !pattern.is_empty()).collect()
}

/// The client of the folder; skills and commands without one follow Claude Code's shape.
fn owner(path: &str) -> Text {
    known_client(path).unwrap_or("claude-code").into()
}

/// The file's name, or its folder's when every such file has the same name.
fn name_of(path: &str) -> Option<Text> {
    let mut parts = path.rsplit('/');
    let base = parts.next()?;
    let name = match base.eq_ignore_ascii_case("SKILL.md") {
        true => parts.next()?,
        false => base.split('.').next()?,
    };
    (!name.is_empty()).then(|| name.into())
}

fn plugin(reading: &mut Reading<'_>, root: &Object) {
    let path = reading.path();
    let client = owner(&path);
    let found = entry(&client, root);
    let hooks = hooks(reading, "", root, "hooks");
    match found {
        Some((extension, provisioning)) => {
            let body = Configured::ClientExtension(ClientExtension { hooks, ..extension });
            reading.record_of("", None, provisioning, body);
        }
        None => reading.problem("", ProblemKind::MissingField, "the plugin has no name"),
    }
    servers(reading, &client, "", root, "mcpServers");
}

fn marketplace(reading: &mut Reading<'_>, root: &Object) {
    let client = owner(&reading.path());
    let market = text(root, "name");
    let owner = object(root, "owner").and_then(|owner| text(owner, "name"));
    for (index, item) in items(root, "plugins") {
        let at = format!("/plugins/{index}");
        let Some((extension, provisioning)) =
            item.as_object().and_then(|item| entry(&client, item))
        else {
            reading.problem(&at, ProblemKind::MissingField, "the plugin has no name");
            continue;
        };
        // As settings name it.
        let name = match &market {
            Some(market) => format!("{}@{}", extension.name.raw(), market.raw()).into(),
            None => extension.name.clone(),
        };
        let provisioning = Provisioning { granted_by: owner.clone(), ..provisioning };
        let body = Configured::ClientExtension(ClientExtension { name, ..extension });
        reading.record_of(&at, None, provisioning, body);
    }
}

/// One plugin, as it describes itself or as a marketplace lists it.
fn entry(client: &Text, item: &Object) -> Option<(ClientExtension, Provisioning)> {
    let source = object(item, "source");
    let origin = text(item, "source")
        .or_else(|| source.and_then(|source| text_of(source, &["repo", "url", "path"])))
        .or_else(|| text(item, "repository"));
    let author = object(item, "author").and_then(|author| text(author, "name"));
    let extension = ClientExtension {
        client: client.clone(),
        kind: "plugin".into(),
        name: text(item, "name")?,
        version: text(item, "version"),
        purpose: text(item, "description"),
        origin,
        ..ClientExtension::default()
    };
    let owner = author.or_else(|| text(item, "author"));
    Some((extension, Provisioning { owner, ..Provisioning::default() }))
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::read_text;
    use super::*;

    /// Reads extensions and writes each on one line, servers by their name.
    #[track_caller]
    fn check(file: &str, text: &str, expected: &[&str]) {
        let found = read_text(file, text);
        assert_eq!(found.problems, [], "{file}");
        let shown = found.records.iter().map(|record| match &record.body {
            Configured::ClientExtension(it) => {
                let part = |text: &Option<Text>| text.clone().unwrap_or_else(|| "-".into());
                let rules = it.rules.iter().map(|rule| match &rule.pattern {
                    Some(pattern) => format!("{}({})", rule.tool.raw(), pattern.raw()),
                    None => rule.tool.raw().to_owned(),
                });
                let applies: Vec<_> = it.applies_to.iter().map(Text::raw).collect();
                format!(
                    "{} {} {} v{} from {} by {} [{}] for [{}]",
                    it.client.raw(),
                    it.kind.raw(),
                    it.name.raw(),
                    part(&it.version).raw(),
                    part(&it.origin).raw(),
                    part(&record.provisioning.owner).raw(),
                    rules.collect::<Vec<_>>().join(" "),
                    applies.join(" ")
                )
            }
            Configured::McpServer(server) => server.server.raw().to_owned(),
            other => unreachable!("neither: {other:?}"),
        });
        assert_eq!(shown.collect::<Vec<_>>(), expected, "{file}");
    }

    #[test]
    fn skills_commands_and_rules() {
        check(
            ".claude/skills/pdf/SKILL.md",
            "---\nname: pdf\ndescription: d\nallowed-tools: Bash(git:*) Read\nmetadata: {version: '1'}\n---\nDo.\n",
            &["claude-code skill pdf v1 from - by - [Bash(git:*) Read] for []"],
        );
        check(
            ".claude/commands/git/commit.md",
            "---\nallowed-tools: Bash(git add:*), Bash(git commit:*)\ndescription: d\n---\nDo.\n",
            &[
                "claude-code command commit v- from - by - [Bash(git add:*) Bash(git commit:*)] for []",
            ],
        );
        check(
            ".cursor/rules/api.mdc",
            "---\ndescription: d\nglobs: src/**/*.ts,lib/**\nalwaysApply: false\n---\nUse.\n",
            &["cursor rule api v- from - by - [] for [src/**/*.ts lib/**]"],
        );
        check(
            ".github/instructions/a.instructions.md",
            "---\napplyTo: '**'\n---\nUse.\n",
            &["copilot rule a v- from - by - [] for [**]"],
        );
    }

    #[test]
    fn plugins_and_marketplaces() {
        check(
            "p/.claude-plugin/plugin.json",
            r#"{"name":"p","version":"1.0.0","author":{"name":"Jo"},"repository":"r","mcpServers":{"s":{"url":"https://h"}}}"#,
            &["claude-code plugin p v1.0.0 from r by Jo [] for []", "s"],
        );
        check(
            ".claude-plugin/marketplace.json",
            r#"{"name":"m","owner":{"name":"Org"},"plugins":[{"name":"a","source":"./a"},
              {"name":"b","source":{"source":"github","repo":"o/b"},"version":"2"}]}"#,
            &[
                "claude-code plugin a@m v- from ./a by - [] for []",
                "claude-code plugin b@m v2 from o/b by - [] for []",
            ],
        );
    }

    #[test]
    fn one_bad_plugin_leaves_the_others() {
        let found = read_text(
            ".claude-plugin/marketplace.json",
            r#"{"name":"m","owner":{},"plugins":[{"source":"./a"},7,{"name":"b"}]}"#,
        );
        let places: Vec<_> = found.problems.iter().map(|problem| problem.at.to_string()).collect();
        assert_eq!(
            (found.records.len(), places),
            (1, vec![":/plugins/0".into(), ":/plugins/1".into()])
        );
    }
}

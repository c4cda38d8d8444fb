//! Agents that people define in Markdown beside a client's settings: `.claude/agents/*.md`,
//! `.opencode/agent/*.md`, `.cursor/agents/*.md`, `.github/agents/*.agent.md`, `.gemini/agents/*.md`.

use serde_json::Value;

use super::hooks::hooks;
use super::rules::{server_and_tool, spelled_tools};
use super::servers::servers;
use super::whose::known_client;
use crate::domain::configured::{AgentDeclaration, Configured};
use crate::domain::{Discipline, ProblemKind, Text};
use crate::ingest::configured::reading::{Object, Reading, text};
use crate::ingest::container::front_matter::BODY;
use crate::ingest::{Document, Format, Shape, Side, Sink};

pub const FORMAT: Format = Format {
    id: "client-agent",
    title: "Agent defined for a client",
    side: Side::Configured,
    says: &[
        (Discipline::Behavior, "the tools, permission mode and hooks of an agent inside a client"),
        (Discipline::Model, "the model and the digest of the instructions"),
    ],
    coverage: "what was declared; an agent without a list of tools has all of its client's",
    recognises,
    read,
};

/// Folders in which such files lie.
const FOLDERS: &[&str] = &["agents", "agent"];

fn recognises(shape: &Shape<'_>) -> bool {
    let is_in_folder = shape.path.rsplit('/').skip(1).any(|folder| FOLDERS.contains(&folder));
    // Pages about agents have descriptions too, but neither a name nor a place beside settings.
    let is_named = shape.has("name") || known_client(shape.path).is_some();
    shape.has(BODY)
        && shape.has("description")
        && shape.file_name != "SKILL.md"
        && (shape.file_name.ends_with(".agent.md") || (is_in_folder && is_named))
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some((mut reading, root)) = Reading::begin(document, sink) else { return };
    let path = reading.path();
    let base = path.rsplit('/').next().unwrap_or_default();
    let stem = base.split('.').next().filter(|stem| !stem.is_empty());
    let Some(name) = text(&root, "name").or_else(|| stem.map(Text::from)) else {
        return reading.problem("", ProblemKind::MissingField, "the agent has no name");
    };
    // A folder of a plugin or repository does not name its client; Claude Code's have this shape.
    let client = Text::from(known_client(&path).unwrap_or("claude-code"));
    let (tools, denied_tools) = tools(&root);
    let declaration = AgentDeclaration {
        kind: "sub-agent of a client".into(),
        framework: Some(client.clone()),
        name,
        purpose: text(&root, "description"),
        // `inherit` is the client's own model, whatever that is.
        model: text(&root, "model").filter(|model| *model != "inherit"),
        tools,
        denied_tools,
        instructions: reading.instructions(&root),
        permission_mode: text(&root, "permissionMode"),
        hooks: hooks(&mut reading, "", &root, "hooks"),
        ..AgentDeclaration::default()
    };
    reading.record("", Configured::AgentDeclaration(declaration));
    servers(&mut reading, &client, "", &root, "mcpServers");
}

type Tools = Vec<(Option<Text>, Text)>;

/// Tools given and taken away: by name, or by a switch for each.
fn tools(root: &Object) -> (Tools, Tools) {
    let all = || vec![(None, "*".into())];
    let spelled = |value: &Value| -> Tools {
        spelled_tools(value).iter().map(|tool| server_and_tool(tool)).collect()
    };
    let mut denied = root.get("disallowedTools").map(spelled).unwrap_or_default();
    let given = match root.get("tools") {
        Some(Value::Object(switches)) => {
            let off = switches.iter().filter(|(_, on)| on.as_bool() == Some(false));
            denied.extend(off.map(|(tool, _)| server_and_tool(tool)));
            all()
        }
        Some(value @ (Value::Array(_) | Value::String(_))) => spelled(value),
        _ => all(),
    };
    (given, denied)
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::read_text;
    use super::*;

    #[track_caller]
    fn agent(file: &str, text: &str) -> AgentDeclaration {
        let found = read_text(file, text);
        assert_eq!(found.problems, []);
        let [record] = found.records.as_slice() else { unreachable!("one record") };
        assert!(record.body.is_personal());
        match &record.body {
            Configured::AgentDeclaration(agent) => agent.clone(),
            other => unreachable!("an agent, not {other:?}"),
        }
    }

    fn tool(server: Option<&str>, name: &str) -> (Option<Text>, Text) {
        (server.map(Text::from), name.into())
    }

    #[test]
    fn tools_as_a_list_a_line_and_switches() {
        let list = agent(
            ".claude/agents/a.md",
            "---\nname: a\ndescription: d\ntools: [Read, mcp__docs__search]\npermissionMode: plan\nmodel: inherit\n---\nDo.\n",
        );
        assert_eq!(list.tools, [tool(None, "Read"), tool(Some("docs"), "search")]);
        assert_eq!((list.permission_mode, list.model), (Some("plan".into()), None));
        assert_eq!(list.framework, Some("claude-code".into()));
        assert_eq!(list.instructions, Some(crate::domain::Digest::of(b"Do.\n")));
        let line = agent(
            "plugin/agents/b.md",
            "---\nname: b\ndescription: d\ntools: Read, Grep\ndisallowedTools: Bash\nmodel: m\n---\nDo.\n",
        );
        assert_eq!((line.tools.len(), line.model), (2, Some("m".into())));
        assert_eq!(line.denied_tools, [tool(None, "Bash")]);
        let switches = agent(
            ".opencode/agent/c.md",
            "---\ndescription: d\ntools:\n  write: false\n  read: true\n---\nDo.\n",
        );
        assert_eq!((switches.name.raw(), switches.framework), ("c", Some("opencode".into())));
        assert_eq!(switches.tools, [tool(None, "*")]);
        assert_eq!(switches.denied_tools, [tool(None, "write")]);
    }

    #[test]
    fn without_a_list_every_tool_is_given() {
        let open = agent(".claude/agents/a.md", "---\nname: a\ndescription: use: x: y\n---\nDo.\n");
        assert_eq!(open.tools, [tool(None, "*")]);
        assert_eq!(open.purpose, Some("use: x: y".into()));
    }

    #[test]
    fn other_prose_is_not_claimed() {
        for (file, text) in [
            ("docs/agents/a.md", "---\ntitle: About\ndescription: d\n---\nText.\n"),
            ("docs/a.md", "---\nname: a\ndescription: d\n---\nText.\n"),
        ] {
            let found = read_text(file, text);
            assert_eq!((found.records.len(), found.problems.len()), (0, 1), "{file}");
        }
    }
}

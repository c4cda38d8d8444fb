//! What holds for every reader of files that people write: it takes its own documents and no others,
//! survives values of any type in any place, and what it gives can be written and read again.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::FORMATS;
use crate::domain::{Digest, Location};
use crate::ingest::{Collected, Document, Source, formats, read};

/// A format, a file's name and a document of that format with most of its parts.
fn documents() -> Vec<(&'static str, &'static str, Value)> {
    vec![
        (
            "claude-code-settings",
            ".claude/settings.json",
            json!({"permissions": {"allow": ["Bash(git:*)"], "deny": ["Read(x)"], "defaultMode": "plan"},
                "hooks": {"Stop": [{"matcher": "x", "hooks": [{"type": "command", "command": "x"}]}]},
                "sandbox": {"enabled": true, "network": {"allowedDomains": ["h"]}},
                "enabledPlugins": {"a@b": true}, "mcpServers": {"s": {"command": "x"}}}),
        ),
        (
            "client-agent",
            ".claude/agents/a.md",
            json!({"name": "a", "description": "d", "tools": "Read, Bash(x:*)", "model": "m",
                "hooks": {"Stop": [{"command": "x"}]}, "$body": "Do."}),
        ),
        (
            "client-extension",
            "skills/a/SKILL.md",
            json!({"name": "a", "allowed-tools": "Read", "metadata": {"version": "1"}, "$body": "Do."}),
        ),
        (
            "client-extension",
            ".claude-plugin/marketplace.json",
            json!({"name": "m", "owner": {"name": "o"}, "plugins": [{"name": "p", "source": {"repo": "r"}}]}),
        ),
        (
            "client-hooks",
            ".cursor/hooks.json",
            json!({"version": 1, "hooks": {"stop": [{"command": "x", "failClosed": true}]}}),
        ),
        (
            "codex-settings",
            ".codex/config.toml",
            json!({"approval_policy": "never", "sandbox_mode": "read-only", "profiles": {"a": {"model": "m"}},
                "sandbox_workspace_write": {"writable_roots": ["/t"]}, "tools": {"web_search": true},
                "mcp_servers": {"s": {"command": "x", "env_vars": ["A"], "enabled_tools": ["t"]}},
                "projects": {"/p": {"trust_level": "trusted"}}}),
        ),
        (
            "cursor-permissions",
            ".cursor/cli.json",
            json!({"permissions": {"allow": ["Shell(ls)"]}, "terminalAllowlist": ["git"]}),
        ),
        (
            "gemini-cli",
            ".gemini/settings.json",
            json!({"tools": {"core": ["a"], "allowed": ["b"], "sandbox": true}, "excludeTools": ["c"],
                "mcp": {"allowed": ["s"]}, "mcpServers": {"s": {"httpUrl": "https://h", "trust": true}}}),
        ),
        (
            "opencode",
            "opencode.json",
            json!({"permission": {"bash": {"*": "ask"}, "edit": "deny"}, "tools": {"x": false}, "plugin": ["p"],
                "agent": {"a": {"prompt": "x", "tools": {"y": true}, "permission": "allow"}},
                "mcp": {"s": {"command": ["x"], "environment": {"A": "b"}}}}),
        ),
        (
            "vscode-settings",
            ".vscode/settings.json",
            json!({"chat.tools.terminal.autoApprove": {"git": true, "rm": {"approve": false}},
                "chat.tools.global.autoApprove": true, "mcp": {"servers": {"s": {"url": "https://h"}}}}),
        ),
        (
            "goose",
            "config.yaml",
            json!({"GOOSE_MODE": "auto", "extensions": {"d": {"type": "builtin"}, "e": {"cmd": "x"}},
                "user": {"always_allow": ["t"]}}),
        ),
        (
            "zed",
            "settings.json",
            json!({"context_servers": {"s": {"command": {"path": "x", "args": ["y"]}}},
                "agent": {"tool_permissions": {"tools": {"t": {"always_deny": [{"pattern": "x"}]}}}}}),
        ),
        (
            "mcp-client",
            "mcp.json",
            json!({"mcpServers": [{"name": "s", "transport": {"type": "stdio", "command": "x"}}],
                "projects": {"/p": {"mcpServers": {"t": {"url": "https://h/sse"}}}},
                "experimental": {"modelContextProtocolServers": [{"command": "x"}]}}),
        ),
        (
            "a2a-agent-card",
            "agent-card.json",
            json!({"name": "a", "defaultInputModes": ["text"], "url": "https://h", "provider": {"organization": "o"},
                "supportedInterfaces": [{"url": "https://h", "protocolBinding": "JSONRPC"}],
                "capabilities": {"streaming": true, "extensions": [{"uri": "u"}]},
                "securitySchemes": {"b": {"type": "http"}}, "security": [{"b": ["s"]}],
                "skills": [{"id": "s", "tags": ["t"]}], "signatures": [{"protected": "eyJhbGciOiJFUzI1NiJ9"}]}),
        ),
        (
            "mcp-signature",
            "s.json",
            json!({"metadata": {"serverInfo": {"name": "s"}}, "prompts": [], "resources": [], "resource_templates": [],
                "tools": [{"name": "t", "inputSchema": {}}]}),
        ),
        (
            "google-adk",
            "root_agent.yaml",
            json!({"agent_class": "LlmAgent", "name": "a", "tools": [{"name": "t", "args": {"x_server_params": {}}}],
                "sub_agents": [{"config_path": "b.yaml"}]}),
        ),
        (
            "agent-control",
            "desk/manifest.yaml",
            json!({"agent_control_specification_version": "0.4", "metadata": {"name": "a"}, "tools": {"t": {}},
                "intervention_points": {"output": {"policy": {"id": "p"}}}}),
        ),
        (
            "autogen",
            "team.json",
            json!({"provider": "p", "component_type": "team", "config": {"participants": [
                {"component_type": "agent", "config": {"name": "a", "tools": [{"config": {"name": "t"}}],
                  "handoffs": ["b"], "workbench": [{"config": {"server_params": {"command": "x"}}}]}}]}}),
        ),
        (
            "bedrock-agent",
            "get-agent.json",
            json!({"agent": {"agentId": "A", "agentName": "a", "agentArn": "arn:aws:bedrock:r:1:agent/A",
                "createdAt": "2026-03-01T00:00:00Z"}}),
        ),
        (
            "crewai",
            "agents.yaml",
            json!({"a": {"role": "r", "goal": "g", "tools": ["t"], "allow_delegation": true},
                "b": {"role": "r", "goal": "g"}}),
        ),
        (
            "crewai",
            "tasks.yaml",
            json!({"a": {"description": "d", "expected_output": "e", "agent": "b", "tools": ["t"]}}),
        ),
        (
            "dify",
            "app.yml",
            json!({"kind": "app", "app": {"name": "a", "mode": "agent-chat"},
                "model_config": {"agent_mode": {"tools": [{"enabled": true, "tool_name": "t"}]}},
                "workflow": {"graph": {"nodes": [{"data": {"type": "tool", "tool_name": "u"}}]}}}),
        ),
        (
            "foundry-agent",
            "agent.yaml",
            json!({"kind": "Prompt", "name": "a", "instructions": "x", "model": {"id": "m"},
                "tools": [{"kind": "mcp", "name": "s", "allowedTools": ["t"]}, {"type": "function", "id": "f"}]}),
        ),
        (
            "langgraph",
            "langgraph.json",
            json!({"dependencies": ["."], "graphs": {"a": "./a.py:g", "b": {"path": "./b.py:g"}}}),
        ),
        (
            "openai-assistant",
            "assistants.json",
            json!({"object": "list", "data": [{"object": "assistant", "id": "i", "created_at": 1,
                "tools": [{"type": "function", "function": {"name": "f"}}, {"type": "mcp", "server_label": "s"}]}]}),
        ),
    ]
}

fn source(file: &str) -> Source {
    Source::new(Digest::of(b""), file)
}

/// The format that reads a document of this name.
fn format_of(file: &str, json: &str) -> Option<&'static str> {
    let Ok(crate::ingest::detect::TopLevel::Object(keys)) = serde_json::from_str(json) else {
        return None;
    };
    let shape = keys.into_shape(file, json);
    formats().find(|format| (format.recognises)(&shape)).map(|format| format.id)
}

#[test]
fn every_document_goes_to_its_own_format() {
    for (id, file, value) in documents() {
        let json = value.to_string();
        assert_eq!(format_of(file, &json), Some(id), "{file}: {json}");
        let mut found = Collected::default();
        let format = FORMATS.iter().find(|format| format.id == id);
        let format = format.unwrap_or_else(|| unreachable!("{id} has a row"));
        let document = Document { source: &source(file), at: Location::Whole, json: &json };
        (format.read)(&document, &mut found);
        assert_eq!(found.problems, [], "{file}");
        assert_ne!(found.records, [], "{file}");
    }
}

#[test]
fn other_documents_are_left_alone() {
    for (file, json) in [
        ("package.json", r#"{"name":"x","version":"1","dependencies":{},"tools":{}}"#),
        ("settings.json", r#"{"theme":"dark","permissions":{"admin":true}}"#),
        ("config.toml", r#"{"model":"m","server":{"port":1}}"#),
        ("app.yaml", r#"{"kind":"Application","apiVersion":"argoproj.io/v1","spec":{}}"#),
        ("prompt.json", r#"{"kind":"Prompt","apiVersion":"x/v1","model":"m"}"#),
        ("agents.json", r#"{"agents":[{"name":"x"}]}"#),
        ("graph.json", r#"{"graphs":{},"nodes":[]}"#),
        ("list.json", r#"{"object":"list","data":[{"object":"model","id":"m"}]}"#),
        ("post.md", r##"{"title":"x","description":"d","$body":"# T"}"##),
        ("agent.json", r#"{"agent":{"name":"beat"},"ecs":{"version":"8"}}"#),
        ("github.json", r#"{"name":"x","skills":["rust"],"url":"https://h"}"#),
        ("hooks.json", r#"{"hooks":[],"repos":[]}"#),
        ("bom.json", r#"{"bomFormat":"CycloneDX","metadata":{},"components":[]}"#),
    ] {
        assert_eq!(format_of(file, json), None, "{file}: {json}");
    }
}

/// Any value, of a small size.
fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z@:/()*\\\\\"é,_ -]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-zA-Z/~$.]{0,8}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Puts `replacement` in the place of the `at`-th value below `root`; gives what is left of `at`.
fn replace(root: &mut Value, at: usize, replacement: &Value) -> Option<usize> {
    let Some(mut left) = at.checked_sub(1) else {
        *root = replacement.clone();
        return None;
    };
    let below: Vec<&mut Value> = match root {
        Value::Array(items) => items.iter_mut().collect(),
        Value::Object(members) => members.values_mut().collect(),
        _ => Vec::new(),
    };
    for value in below {
        left = replace(value, left, replacement)?;
    }
    Some(left)
}

proptest! {
    #[test]
    fn values_of_any_type_are_survived(
        document in 0..documents().len(),
        edits in prop::collection::vec((1..40_usize, any_value()), 1..4),
    ) {
        let (_, file, mut value) = documents().swap_remove(document);
        for (at, replacement) in &edits {
            replace(&mut value, *at, replacement);
        }
        let json = value.to_string();
        let source = source(file);
        for format in FORMATS {
            let mut found = Collected::default();
            let document = Document { source: &source, at: Location::Whole, json: &json };
            (format.read)(&document, &mut found);
            for record in found.records {
                let written = serde_json::to_string(&record).expect("records are JSON");
                let again: crate::domain::Record =
                    serde_json::from_str(&written).expect("records are read again");
                prop_assert_eq!(again, record);
            }
        }
    }

    #[test]
    fn files_of_any_content_are_survived(
        file in prop::sample::select(&[
            ".claude/settings.json", ".claude/agents/a.md", "SKILL.md", ".codex/config.toml", "opencode.json",
            "agents.yaml", "agent-card.json",
        ][..]),
        text in "(---\\n)?[a-z_]{0,9}[:=] ?[\\[{\"a-z0-9}\\],:\\n ]{0,40}(---\\n)?",
    ) {
        let mut found = Collected::default();
        let mut go_on = |_| std::ops::ControlFlow::Continue(());
        let counts = read(&source(file), &mut text.as_bytes(), &mut found, &mut go_on);
        prop_assert_eq!(counts.records, found.records.len() as u64);
        prop_assert!(counts.documents <= counts.formats.values().sum::<u64>() + counts.with_problems + counts.set_aside);
    }
}

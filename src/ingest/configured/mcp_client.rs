//! Client configurations that name MCP servers.
//!
//! | client | shape |
//! |---|---|
//! | Claude Desktop, Claude Code, Cursor, Copilot CLI and most others | `mcpServers` map; Claude Code also per project |
//! | VS Code | `servers` map in `mcp.json`, `mcp.servers` in settings |
//! | OpenCode | `mcp` map with commands as lists |

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use super::mcp_package;
use crate::domain::configured::{Configured, McpServer, Provisioning};
use crate::domain::text::visible;
use crate::domain::{Discipline, Place, ProblemKind, Record, Text};
use crate::ingest::json::nullable;
use crate::ingest::mask::Masker;
use crate::ingest::{Document, Format, Shape, Side, Sink, location};

pub const FORMAT: Format = Format {
    id: "mcp-client",
    title: "MCP client configuration",
    side: Side::Configured,
    says: &[
        (Discipline::Model, "MCP servers configured, pinned or not"),
        (Discipline::Behavior, "tools that the client allows or denies"),
    ],
    coverage: "a statement of one client on one machine; other clients may be configured elsewhere",
    recognises,
    read,
};

/// `servers` and `mcp` are words of other formats too, so they need more than the key.
fn recognises(shape: &Shape<'_>) -> bool {
    if shape.kind.is_some() || shape.has("jsonrpc") {
        return false;
    }
    let named_for_mcp = shape.file_name.contains("mcp");
    shape.has("mcpServers")
        || shape.has("mcp")
        || (shape.has("projects") && shape.file_name == ".claude.json")
        || (shape.has("servers") && (named_for_mcp || shape.has("inputs") || shape.keys.len() == 1))
}

/// Which client reads a file, by how its path ends; the first match wins.
const CLIENTS: &[(&str, &str)] = &[
    ("claude_desktop_config.json", "claude-desktop"),
    (".claude.json", "claude-code"),
    (".mcp.json", "claude-code"),
    (".claude/settings.json", "claude-code"),
    (".claude/settings.local.json", "claude-code"),
    (".cursor/mcp.json", "cursor"),
    (".vscode/mcp.json", "vscode"),
    (".copilot/mcp-config.json", "copilot-cli"),
    (".gemini/settings.json", "gemini-cli"),
    ("cline_mcp_settings.json", "cline"),
    ("windsurf/mcp_config.json", "windsurf"),
    ("opencode.json", "opencode"),
    ("settings.json", "vscode"),
];

fn client(path: &str) -> Text {
    let path = path.replace('\\', "/");
    let known = CLIENTS.iter().find(|(ending, _)| path.ends_with(ending));
    let base = path.rsplit('/').next().unwrap_or(&path);
    let stem = base.split_once('.').map_or(base, |(stem, _)| stem);
    known.map_or(stem, |(_, client)| client).into()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Configuration {
    #[serde(default, deserialize_with = "nullable")]
    mcp_servers: BTreeMap<String, Value>,
    #[serde(default, deserialize_with = "nullable")]
    servers: BTreeMap<String, Value>,
    #[serde(default, deserialize_with = "nullable")]
    mcp: BTreeMap<String, Value>,
    #[serde(default, deserialize_with = "nullable")]
    projects: BTreeMap<String, Value>,
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(configuration) = document.parse::<Configuration>(sink) else { return };
    let mut reader = Reader { document, client: client(document.source.file.raw()), sink };
    reader.servers("/mcpServers", configuration.mcp_servers);
    reader.servers("/servers", configuration.servers);
    for (key, value) in configuration.mcp {
        match (key.as_str(), value) {
            ("servers", Value::Object(servers)) => reader.servers("/mcp/servers", servers),
            ("inputs", _) => {}
            (_, value) => reader.server("/mcp", &key, value),
        }
    }
    for (path, mut project) in configuration.projects {
        if let Some(Value::Object(servers)) = project.get_mut("mcpServers").map(Value::take) {
            reader.servers(&format!("/projects/{}/mcpServers", location::step(&path)), servers);
        }
    }
}

/// One entry of a server map, in the union of what the clients write.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(default, rename = "type", alias = "transport")]
    transport: Option<String>,
    /// A string, or the whole command line as a list.
    #[serde(default)]
    command: Option<Words>,
    #[serde(default, deserialize_with = "nullable")]
    args: Vec<String>,
    #[serde(default, alias = "serverUrl", alias = "httpUrl")]
    url: Option<String>,
    #[serde(default, deserialize_with = "nullable", alias = "environment")]
    env: BTreeMap<Text, Value>,
    #[serde(default, deserialize_with = "nullable")]
    headers: BTreeMap<Text, Value>,
    #[serde(default, alias = "tools", alias = "includeTools")]
    allowed_tools: Option<Vec<Text>>,
    #[serde(default, deserialize_with = "nullable", alias = "excludeTools")]
    disabled_tools: Vec<Text>,
    #[serde(default)]
    disabled: Option<bool>,
    #[serde(default)]
    enabled: Option<bool>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Words {
    One(String),
    Many(Vec<String>),
}

struct Reader<'a> {
    document: &'a Document<'a>,
    client: Text,
    sink: &'a mut dyn Sink,
}

impl Reader<'_> {
    fn servers(&mut self, under: &str, servers: impl IntoIterator<Item = (String, Value)>) {
        for (name, value) in servers {
            self.server(under, &name, value);
        }
    }

    fn server(&mut self, under: &str, name: &str, value: Value) {
        let at = location::beneath(&self.document.at, &format!("{under}/{}", location::step(name)));
        let entry = match serde_json::from_value::<Entry>(value) {
            Ok(entry) => entry,
            Err(error) => {
                let message =
                    format!("MCP server `{}`: {}", visible(name), visible(&error.to_string()));
                let problem = self.document.problem(ProblemKind::Malformed, message);
                return self.sink.problem(crate::domain::Problem { at, ..problem });
            }
        };
        // A server that is switched off is granted to nobody.
        if entry.disabled == Some(true) || entry.enabled == Some(false) {
            return;
        }
        let Some(server) =
            entry.into_server(self.client.clone(), name.into(), self.document.masker())
        else {
            let message = format!("MCP server `{}` has neither a command nor a URL", visible(name));
            let problem = self.document.problem(ProblemKind::MissingField, message);
            return self.sink.problem(crate::domain::Problem { at, ..problem });
        };
        self.sink.record(Record {
            realm: Text::default(),
            at: None,
            provisioning: Provisioning::default(),
            place: Place { at, ..self.document.place() },
            body: Configured::McpServer(server),
        });
    }
}

impl Entry {
    fn into_server(self, client: Text, server: Text, masker: &Masker) -> Option<McpServer> {
        let mut words = match self.command {
            None => Vec::new(),
            Some(Words::Many(words)) => words,
            Some(Words::One(command)) => command.split_whitespace().map(str::to_owned).collect(),
        };
        words.extend(self.args);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let (endpoint, local) = match (&self.url, words.is_empty()) {
            (Some(url), true) => (masker.address(url), false),
            (_, false) => (masker.command_line(words.iter().copied()), true),
            (None, true) => return None,
        };
        let transport = match (self.transport.as_deref(), local) {
            (Some("sse"), _) => "sse",
            (_, true) => "stdio",
            (None, false) if endpoint.ends_with("/sse") => "sse",
            (_, false) => "http",
        };
        let names: BTreeSet<Text> = self.env.into_keys().chain(self.headers.into_keys()).collect();
        Some(McpServer {
            client,
            server,
            transport: transport.into(),
            endpoint: endpoint.into(),
            secret_names: names.into_iter().collect(),
            // A star among the tools allows them all.
            allowed_tools: self
                .allowed_tools
                .filter(|tools| !tools.iter().any(|tool| *tool == "*")),
            denied_tools: self.disabled_tools,
            pinned: !local || mcp_package::is_pinned(&words),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::read_text;
    use super::*;

    /// Reads a configuration and writes each server on one line.
    #[track_caller]
    fn check(file: &str, text: &str, expected: &[&str]) -> Vec<McpServer> {
        let found = read_text(file, text);
        let mut lines = Vec::new();
        let mut servers = Vec::new();
        for record in found.records {
            let Configured::McpServer(server) = record.body else { unreachable!("a server") };
            let pinned = if server.pinned { "pinned" } else { "unpinned" };
            lines.push(format!(
                "{} {} {} {} {pinned}",
                server.client.raw(),
                server.server.raw(),
                server.transport.raw(),
                server.endpoint.raw()
            ));
            servers.push(server);
        }
        lines.extend(
            found.problems.iter().map(|problem| format!("{}: {}", problem.at, problem.kind)),
        );
        assert_eq!(lines, expected, "{file}");
        servers
    }

    #[test]
    fn every_client_shape() {
        let servers = check(
            "/home/u/claude_desktop_config.json",
            r#"{"mcpServers": { // comment
                "gh": {"command":"npx","args":["-y","@x/gh","--token","t0"],"env":{"GH_TOKEN":"s"}}, }}"#,
            &["claude-desktop gh stdio npx -y @x/gh --token ***c6f1bc8a unpinned"],
        );
        assert_eq!(servers.first().map(|s| s.secret_names.clone()), Some(vec!["GH_TOKEN".into()]));
        check(
            "p/.vscode/mcp.json",
            r#"{"servers":{"a":{"type":"http","url":"https://h/mcp","headers":{"Authorization":"x"}},
                "b":{"url":"https://h/sse"}},"inputs":[]}"#,
            &["vscode a http https://h/mcp pinned", "vscode b sse https://h/sse pinned"],
        );
        check(
            "opencode.json",
            r#"{"mcp":{"a":{"type":"local","command":["uvx","s==1.0"],"environment":{}},
                "b":{"type":"remote","url":"https://h","enabled":false}}}"#,
            &["opencode a stdio uvx s==1.0 pinned"],
        );
        check(
            "settings.json",
            r#"{"mcp":{"servers":{"a":{"command":"docker run o/s"}}},"editor":1}"#,
            &["vscode a stdio docker run o/s unpinned"],
        );
        check(
            ".claude.json",
            r#"{"numStartups":3,"projects":{"/a/b":{"mcpServers":{"x":{"command":"node","args":["s.js"]}}}}}"#,
            &["claude-code x stdio node s.js pinned"],
        );
    }

    #[test]
    fn tools_that_the_client_limits() {
        let servers = check(
            ".gemini/settings.json",
            r#"{"mcpServers":{"a":{"command":"x","includeTools":["t"],"excludeTools":["u"]},
                "b":{"command":"x","tools":["*"]}}}"#,
            &["gemini-cli a stdio x pinned", "gemini-cli b stdio x pinned"],
        );
        let limits: Vec<_> =
            servers.into_iter().map(|s| (s.allowed_tools, s.denied_tools)).collect();
        assert_eq!(limits, [(Some(vec!["t".into()]), vec!["u".into()]), (None, vec![])]);
    }

    #[test]
    fn one_bad_server_leaves_the_others() {
        check(
            "custom.json",
            r#"{"mcpServers":{"a/b":{"args":1},"c":{},"d":{"command":"x"}}}"#,
            &[
                "custom d stdio x pinned",
                ":/mcpServers/a~1b: malformed",
                ":/mcpServers/c: missing-field",
            ],
        );
        check("mcp.json", r#"{"mcp":[]}"#, &[": malformed"]);
        check("openapi.json", r#"{"openapi":"3.0.0","servers":[]}"#, &[": unknown-format"]);
    }
}

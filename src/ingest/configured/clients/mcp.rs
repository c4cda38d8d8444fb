//! Client configurations that name MCP servers and say little else.
//!
//! | client | shape |
//! |---|---|
//! | Claude Desktop, Claude Code, Cursor, Copilot CLI, Windsurf, Cline, LM Studio and most others | `mcpServers` map; Claude Code also per project |
//! | Continue | `mcpServers` list; before that `experimental.modelContextProtocolServers` |
//! | VS Code | `servers` map in `mcp.json` |
//! | Amp | `amp.mcpServers` map |

use serde_json::Value;

use super::servers::{server, servers};
use super::whose::client;
use crate::domain::{Discipline, ProblemKind};
use crate::ingest::configured::reading::{Object, Reading, items, members, object, pointer};
use crate::ingest::{Document, Format, Shape, Side, Sink};

pub const FORMAT: Format = Format {
    id: "mcp-client",
    title: "MCP client configuration",
    side: Side::Configured,
    says: &[
        (Discipline::Model, "MCP servers configured, pinned or not"),
        (Discipline::Behavior, "tools that the client allows, denies or approves by itself"),
    ],
    coverage: "a statement of one client on one machine; other clients may be configured elsewhere",
    recognises,
    read,
};

/// Keys under which servers stand, and no other format's words.
const KEYS: &[&str] = &["mcpServers", "amp.mcpServers"];

/// `servers` and `mcp` are words of other formats too, so they need more than the key.
fn recognises(shape: &Shape<'_>) -> bool {
    if shape.kind.is_some() || shape.has("jsonrpc") {
        return false;
    }
    let named_for_mcp = shape.file_name.contains("mcp");
    let is_alone = shape.keys.len() == 1 || shape.has("inputs");
    KEYS.iter().any(|key| shape.has(key))
        || (shape.has("servers") && (named_for_mcp || is_alone))
        || (shape.has("mcp") && (named_for_mcp || shape.json().contains("\"servers\"")))
        || (shape.has("projects") && shape.file_name == ".claude.json")
        || (shape.has("experimental") && shape.json().contains("\"modelContextProtocolServers\""))
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some((mut reading, root)) = Reading::begin(document, sink) else { return };
    let client = client(&reading.path());
    for key in KEYS.iter().chain(&["servers"]) {
        servers(&mut reading, &client, "", &root, key);
    }
    if root.contains_key("mcp") {
        nested(&mut reading, &root);
    }
    for (path, project) in members(&root, "projects") {
        if let Value::Object(project) = project {
            let under = pointer("/projects", path);
            servers(&mut reading, &client, &under, project, "mcpServers");
        }
    }
    if let Some(experimental) = object(&root, "experimental") {
        let key = "modelContextProtocolServers";
        for (index, value) in items(experimental, key) {
            let at = format!("/experimental/{key}/{index}");
            server(&mut reading, &client, &at, &index.to_string(), value);
        }
    }
}

/// `mcp` holds the servers themselves, or `servers` beside the inputs that they ask for.
fn nested(reading: &mut Reading<'_>, root: &Object) {
    let client = client(&reading.path());
    match object(root, "mcp") {
        Some(mcp) if mcp.contains_key("servers") => {
            servers(reading, &client, "/mcp", mcp, "servers");
        }
        Some(_) => servers(reading, &client, "", root, "mcp"),
        None => reading.problem("/mcp", ProblemKind::Malformed, "MCP servers must be an object"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::read_text;
    use crate::domain::configured::{Configured, McpServer};

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
            "all.json",
            r#"{"mcp":{"inputs":[],"servers":{"a":{"command":"docker run o/s"}}}}"#,
            &["all a stdio docker run o/s unpinned"],
        );
        check(
            ".claude.json",
            r#"{"numStartups":3,"projects":{"/a/b":{"mcpServers":{"x":{"command":"node","args":["s.js"]}}}}}"#,
            &["claude-code x stdio node s.js pinned"],
        );
        check(
            ".continue/config.yaml",
            "name: n\nschema: v1\nmcpServers:\n- {name: a, command: uvx, args: [s]}\n- {command: x}\n",
            &["continue a stdio uvx s unpinned", ":/mcpServers/1: missing-field"],
        );
        check(
            ".continue/config.json",
            r#"{"experimental":{"modelContextProtocolServers":[{"transport":{"type":"stdio","command":"uvx"}}]}}"#,
            &["continue 0 stdio uvx pinned"],
        );
        check(
            "amp.json",
            r#"{"amp.mcpServers":{"a":{"url":"https://h"}}}"#,
            &["amp a http https://h pinned"],
        );
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
        check("mcp.json", r#"{"mcp":[]}"#, &[":/mcp: malformed"]);
        check("mcp.json", r#"{"mcpServers":7}"#, &[":/mcpServers: malformed"]);
        check("openapi.json", r#"{"openapi":"3.0.0","servers":[]}"#, &[": unknown-format"]);
    }
}

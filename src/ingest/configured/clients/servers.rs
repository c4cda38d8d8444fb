//! MCP servers as clients are configured to start or call them: one entry for each, in the union of
//! what the clients write.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use crate::domain::configured::{Configured, McpServer};
use crate::domain::{ProblemKind, Text};
use crate::ingest::configured::mcp_package;
use crate::ingest::configured::reading::{Object, Reading, items, members, pointer, text};
use crate::ingest::json::nullable;
use crate::ingest::mask::Masker;

/// Reads the servers under `key`: a map by name, or a list of entries that name themselves.
pub fn servers(reading: &mut Reading<'_>, client: &Text, under: &str, parent: &Object, key: &str) {
    let under = pointer(under, key);
    for (name, value) in members(parent, key) {
        server(reading, client, &pointer(&under, name), name, value);
    }
    for (index, value) in items(parent, key) {
        let at = format!("{under}/{index}");
        // A name alone refers to a server that is configured elsewhere.
        if value.is_string() {
            continue;
        }
        match value.as_object().and_then(|entry| text(entry, "name")) {
            Some(name) => server(reading, client, &at, name.raw(), value),
            None => reading.problem(&at, ProblemKind::MissingField, "the MCP server has no name"),
        }
    }
    let is_readable = |value: &&Value| value.is_object() || value.is_array() || value.is_null();
    if parent.get(key).is_some_and(|value| !is_readable(&value)) {
        reading.problem(&under, ProblemKind::Malformed, "MCP servers must be an object or a list");
    }
}

/// Reads one server.
pub fn server(reading: &mut Reading<'_>, client: &Text, at: &str, name: &str, value: &Value) {
    let entry = match Entry::deserialize(value) {
        Ok(entry) => entry,
        Err(error) => {
            let message = format!("MCP server `{name}`: {error}");
            return reading.problem(at, ProblemKind::Malformed, &message);
        }
    };
    // A server that is switched off is granted to nobody.
    if entry.disabled == Some(true) || entry.enabled == Some(false) {
        return;
    }
    match entry.into_server(client.clone(), name.into(), reading.document.masker()) {
        Some(server) => reading.record(at, Configured::McpServer(server)),
        None => {
            let message = format!("MCP server `{name}` has neither a command nor a URL");
            reading.problem(at, ProblemKind::MissingField, &message);
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(default, rename = "type", alias = "transport")]
    transport: Option<Transport>,
    #[serde(default, alias = "cmd")]
    command: Option<Command>,
    #[serde(default, deserialize_with = "nullable")]
    args: Vec<String>,
    #[serde(default, alias = "serverUrl", alias = "httpUrl", alias = "uri")]
    url: Option<String>,
    #[serde(default, deserialize_with = "nullable", alias = "environment", alias = "envs")]
    env: BTreeMap<Text, Value>,
    /// Variables that are handed on from the client's own environment.
    #[serde(default, deserialize_with = "nullable", rename = "env_vars", alias = "env_keys")]
    passed_on: Vec<Value>,
    #[serde(default, deserialize_with = "nullable", alias = "http_headers")]
    headers: BTreeMap<Text, Value>,
    #[serde(default, deserialize_with = "nullable", rename = "env_http_headers")]
    headers_from_env: BTreeMap<Text, Value>,
    #[serde(default, rename = "bearer_token_env_var")]
    token_from_env: Option<Text>,
    #[serde(
        default,
        alias = "tools",
        alias = "includeTools",
        alias = "enabled_tools",
        alias = "available_tools"
    )]
    allowed_tools: Option<Value>,
    #[serde(
        default,
        deserialize_with = "nullable",
        alias = "excludeTools",
        alias = "disabled_tools"
    )]
    disabled_tools: Vec<Text>,
    #[serde(default, deserialize_with = "nullable", alias = "autoApprove")]
    always_allow: Vec<Text>,
    /// Every tool runs without asking.
    #[serde(default)]
    trust: Option<bool>,
    #[serde(default)]
    disabled: Option<bool>,
    #[serde(default)]
    enabled: Option<bool>,
}

/// Its name, or an object that is the entry itself.
#[derive(Deserialize)]
#[serde(untagged)]
enum Transport {
    Name(String),
    Entry(Object),
}

/// A program, the whole command line as a list, or a program with its arguments and environment.
#[derive(Deserialize)]
#[serde(untagged)]
enum Command {
    Line(String),
    Words(Vec<String>),
    Program {
        path: String,
        #[serde(default, deserialize_with = "nullable")]
        args: Vec<String>,
        #[serde(default, deserialize_with = "nullable")]
        env: BTreeMap<Text, Value>,
    },
}

/// Transports of what is a part of the client.
const BUILT_IN: &[&str] = &["builtin", "platform", "frontend"];

impl Entry {
    fn into_server(mut self, client: Text, server: Text, masker: &Masker) -> Option<McpServer> {
        let transport = match self.transport.take() {
            Some(Transport::Entry(inner)) => {
                // A transport inside a transport is no entry.
                let inner = Self::deserialize(Value::Object(inner)).ok()?;
                let Some(Transport::Name(name)) = inner.transport else { return None };
                self.command = self.command.or(inner.command);
                self.args.extend(inner.args);
                self.env.extend(inner.env);
                self.url = self.url.or(inner.url);
                name
            }
            Some(Transport::Name(name)) => name,
            None => String::new(),
        };
        let mut words = match self.command {
            None => Vec::new(),
            Some(Command::Words(words)) => words,
            Some(Command::Line(command)) => command.split_whitespace().map(str::to_owned).collect(),
            Some(Command::Program { path, args, env }) => {
                self.env.extend(env);
                [path].into_iter().chain(args).collect()
            }
        };
        words.extend(self.args);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let (endpoint, transport, pinned) = match &self.url {
            _ if !words.is_empty() => {
                let line = masker.command_line(words.iter().copied());
                let transport = if transport == "sse" { "sse" } else { "stdio" };
                (line, transport, mcp_package::is_pinned(&words))
            }
            Some(url) => {
                let url = masker.address(url);
                let is_sse = transport == "sse" || (transport.is_empty() && url.ends_with("/sse"));
                (url, if is_sse { "sse" } else { "http" }, true)
            }
            None if BUILT_IN.contains(&transport.as_str()) => (String::new(), "built-in", true),
            None => return None,
        };
        let passed_on = self.passed_on.iter().filter_map(Value::as_str).map(Text::from);
        let names: BTreeSet<Text> = (self.env.into_keys().chain(passed_on))
            .chain(self.headers.into_keys().chain(self.headers_from_env.into_keys()))
            .chain(self.token_from_env)
            .collect();
        // An object has settings of single tools and leaves the others as they are.
        let allowed_tools = match self.allowed_tools {
            Some(Value::Array(names)) => {
                Some(names.iter().filter_map(Value::as_str).map(Text::from).collect::<Vec<_>>())
            }
            _ => None,
        };
        Some(McpServer {
            client,
            server,
            transport: transport.into(),
            endpoint: endpoint.into(),
            secret_names: names.into_iter().collect(),
            // A star among the tools allows them all.
            allowed_tools: allowed_tools.filter(|tools| !tools.iter().any(|tool| *tool == "*")),
            denied_tools: self.disabled_tools,
            approved_tools: match self.trust {
                Some(true) => vec!["*".into()],
                _ => self.always_allow,
            },
            pinned,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::read_text;
    use super::*;

    /// The one server of an entry.
    #[track_caller]
    fn server(entry: &str) -> McpServer {
        let found = read_text("mcp.json", &format!(r#"{{"mcpServers":{{"s":{entry}}}}}"#));
        assert_eq!(found.problems, []);
        let [record] = found.records.as_slice() else { unreachable!("one record") };
        match &record.body {
            Configured::McpServer(server) => server.clone(),
            other => unreachable!("a server, not {other:?}"),
        }
    }

    #[track_caller]
    fn check(entry: &str, transport: &str, endpoint: &str) {
        let server = server(entry);
        assert_eq!((server.transport.raw(), server.endpoint.raw()), (transport, endpoint));
    }

    #[test]
    fn commands_and_addresses_in_every_spelling() {
        check(r#"{"command":"uv run python","args":["s.py"]}"#, "stdio", "uv run python s.py");
        check(r#"{"command":["node","s.js"]}"#, "stdio", "node s.js");
        check(
            r#"{"command":{"path":"node","args":["s.js"],"env":{"A":"b"}}}"#,
            "stdio",
            "node s.js",
        );
        check(r#"{"type":"stdio","cmd":"uvx","args":["s"],"envs":{}}"#, "stdio", "uvx s");
        check(r#"{"transport":{"type":"stdio","command":"uvx","args":["s"]}}"#, "stdio", "uvx s");
        check(r#"{"serverUrl":"https://h/mcp"}"#, "http", "https://h/mcp");
        check(r#"{"type":"streamable_http","uri":"https://h/sse"}"#, "http", "https://h/sse");
        check(r#"{"url":"https://h/sse"}"#, "sse", "https://h/sse");
        check(r#"{"type":"builtin","enabled":true}"#, "built-in", "");
    }

    #[test]
    fn names_of_secrets_wherever_they_stand() {
        let server = server(
            r#"{"url":"https://h","headers":{"A":"1"},"env_http_headers":{"B":"V"},"env":{"C":"2"},
            "env_vars":["D",{"name":"x"}],"bearer_token_env_var":"E"}"#,
        );
        assert_eq!(server.secret_names, ["A", "B", "C", "D", "E"]);
    }

    #[test]
    fn tools_that_the_client_limits_or_approves() {
        let limited = server(
            r#"{"command":"x","enabled_tools":["t"],"disabled_tools":["u"],"autoApprove":["t"]}"#,
        );
        assert_eq!(limited.allowed_tools, Some(vec!["t".into()]));
        assert_eq!((limited.denied_tools.len(), limited.approved_tools.len()), (1, 1));
        let open = server(r#"{"command":"x","tools":["*"],"trust":true}"#);
        assert_eq!((open.allowed_tools, open.approved_tools), (None, vec!["*".into()]));
        let settings = server(r#"{"command":"x","tools":{"t":{"approval_mode":"auto"}}}"#);
        assert_eq!(settings.allowed_tools, None);
    }
}

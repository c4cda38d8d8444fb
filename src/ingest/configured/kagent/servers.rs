//! MCP servers: those that kagent runs, and those that it reaches.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::super::kubernetes::{Metadata, Scope, record, specified};
use super::super::mcp_package;
use super::{PLATFORM, ValueReference};
use crate::domain::Text;
use crate::domain::configured::{Configured, HostedMcpServer, ValueHolder, VariableSource};
use crate::ingest::json::nullable;
use crate::ingest::{Document, Sink};

#[derive(Deserialize)]
struct Object<Spec> {
    kind: Text,
    metadata: Metadata,
    #[serde(default = "Option::default")]
    spec: Option<Spec>,
}

/// Reads the object and makes a record of what `server` says of its spec.
fn read<Spec: serde::de::DeserializeOwned>(
    document: &Document<'_>,
    sink: &mut dyn Sink,
    server: impl FnOnce(Spec) -> HostedMcpServer,
) {
    let Some(Object { kind, metadata, spec }) = document.parse::<Object<Spec>>(sink) else {
        return;
    };
    let Some(spec) = specified(document, spec, sink) else { return };
    let platform = PLATFORM.into();
    record(
        document,
        &metadata,
        Scope::Namespaced,
        |meta| {
            Configured::HostedMcpServer(HostedMcpServer { platform, kind, meta, ..server(spec) })
        },
        sink,
    );
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Remote {
    url: String,
    /// `SSE` or `STREAMABLE_HTTP`, the default.
    #[serde(default)]
    protocol: Option<Text>,
    #[serde(default, deserialize_with = "nullable")]
    headers: BTreeMap<Text, IgnoredAny>,
    #[serde(default, deserialize_with = "nullable")]
    headers_from: Vec<ValueReference>,
}

impl Remote {
    fn into_server(self, document: &Document<'_>, transport: &str) -> HostedMcpServer {
        let names = self.headers_from.iter().map(|header| header.name.clone());
        HostedMcpServer {
            transport: transport.into(),
            endpoint: Some(document.masker().address(&self.url).into()),
            pinned: true,
            variable_sources: self.headers_from.iter().filter_map(ValueReference::source).collect(),
            names: self.headers.into_keys().chain(names).collect(),
            ..HostedMcpServer::default()
        }
    }
}

pub fn remote(document: &Document<'_>, sink: &mut dyn Sink) {
    read(document, sink, |remote: Remote| {
        let is_sse = remote.protocol.as_ref().is_some_and(|p| p.raw().eq_ignore_ascii_case("sse"));
        remote.into_server(document, if is_sse { "sse" } else { "http" })
    });
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Deployed {
    #[serde(default)]
    transport_type: Option<Text>,
    #[serde(default, deserialize_with = "nullable")]
    deployment: Deployment,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Deployment {
    #[serde(default)]
    image: Option<Text>,
    #[serde(default)]
    cmd: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    args: Vec<String>,
    #[serde(default, deserialize_with = "nullable")]
    env: BTreeMap<Text, IgnoredAny>,
    #[serde(default, deserialize_with = "nullable")]
    secret_refs: Vec<Named>,
    #[serde(default, deserialize_with = "nullable")]
    config_map_refs: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    name: Text,
}

pub fn deployed(document: &Document<'_>, sink: &mut dyn Sink) {
    read(document, sink, |spec: Deployed| {
        let Deployment { image, cmd, args, env, secret_refs, config_map_refs } = spec.deployment;
        let whole = |holder: ValueHolder| {
            move |of: Named| VariableSource { holder, name: of.name, key: None, variable: None }
        };
        let secrets = secret_refs.into_iter().map(whole(ValueHolder::Secret));
        let maps = config_map_refs.into_iter().map(whole(ValueHolder::ConfigMap));
        let transport = match spec.transport_type.as_ref().map(Text::raw) {
            Some("http") => "http",
            Some("sse") => "sse",
            _ => "stdio",
        };
        HostedMcpServer {
            transport: transport.into(),
            names: env.into_keys().collect(),
            variable_sources: secrets.chain(maps).collect(),
            ..local(document, cmd, &args, image)
        }
    });
}

/// A server that runs in a container: a command, an image or both.
fn local(
    document: &Document<'_>,
    command: Option<String>,
    args: &[String],
    image: Option<Text>,
) -> HostedMcpServer {
    let words = command.iter().chain(args).flat_map(|word| word.split_whitespace());
    let words: Vec<&str> = words.collect();
    let image_is_pinned =
        image.as_ref().is_none_or(|image| mcp_package::is_pinned(&["docker", "run", image.raw()]));
    HostedMcpServer {
        pinned: image_is_pinned && mcp_package::is_pinned(&words),
        endpoint: (!words.is_empty()).then(|| document.masker().command_line(words).into()),
        image,
        ..HostedMcpServer::default()
    }
}

/// `v1alpha1`: exactly one of the three.
#[derive(Deserialize)]
struct ToolServer {
    config: ToolServerConfig,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ToolServerConfig {
    #[serde(default)]
    stdio: Option<Stdio>,
    #[serde(default)]
    sse: Option<Remote>,
    #[serde(default)]
    streamable_http: Option<Remote>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stdio {
    command: String,
    #[serde(default, deserialize_with = "nullable")]
    args: Vec<String>,
    #[serde(default, deserialize_with = "nullable")]
    env: BTreeMap<Text, IgnoredAny>,
    #[serde(default, deserialize_with = "nullable")]
    env_from: Vec<ValueReference>,
}

pub fn tool_server(document: &Document<'_>, sink: &mut dyn Sink) {
    read(document, sink, |spec: ToolServer| {
        let ToolServerConfig { stdio, sse, streamable_http } = spec.config;
        let remote = sse.map(|remote| remote.into_server(document, "sse"));
        let remote =
            remote.or_else(|| streamable_http.map(|remote| remote.into_server(document, "http")));
        match (stdio, remote) {
            (_, Some(remote)) => remote,
            (None, None) => HostedMcpServer::default(),
            (Some(stdio), None) => {
                let names = stdio.env_from.iter().map(|variable| variable.name.clone());
                HostedMcpServer {
                    transport: "stdio".into(),
                    names: stdio.env.into_keys().chain(names).collect(),
                    variable_sources: stdio
                        .env_from
                        .iter()
                        .filter_map(ValueReference::source)
                        .collect(),
                    ..local(document, Some(stdio.command), &stdio.args, None)
                }
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{body, only};
    use super::*;

    /// Reads a server of this kind and checks `transport endpoint image pinned`.
    #[track_caller]
    fn check(kind: &str, version: &str, spec: &str, expected: &str) -> HostedMcpServer {
        let Configured::HostedMcpServer(server) = body(only(&format!(
            r#"{{"apiVersion":"kagent.dev/{version}","kind":"{kind}","metadata":{{"name":"s"}},"spec":{spec}}}"#
        ))) else {
            unreachable!("a server");
        };
        let part = |text: &Option<Text>| text.as_ref().map_or("-", |text| text.raw()).to_owned();
        let pinned = if server.pinned { "pinned" } else { "unpinned" };
        let shown = format!(
            "{} {} {} {pinned}",
            server.transport.raw(),
            part(&server.endpoint),
            part(&server.image)
        );
        assert_eq!(shown, expected, "{spec}");
        assert_eq!((server.platform.raw(), server.kind.raw()), ("kagent", kind));
        server
    }

    #[test]
    fn remote_servers() {
        let server = check(
            "RemoteMCPServer",
            "v1alpha2",
            r#"{"url":"http://r:8080/mcp","protocol":"STREAMABLE_HTTP","headersFrom":[
            {"name":"Authorization","valueFrom":{"type":"Secret","name":"s","key":"k"}},
            {"name":"X-Plain","value":"v"}]}"#,
            "http http://r:8080/mcp - pinned",
        );
        assert_eq!(server.names, ["Authorization", "X-Plain"]);
        let source = VariableSource {
            holder: ValueHolder::Secret,
            name: "s".into(),
            key: Some("k".into()),
            variable: Some("Authorization".into()),
        };
        assert_eq!(server.variable_sources, [source]);
        check(
            "RemoteMCPServer",
            "v1alpha2",
            r#"{"url":"http://r/","protocol":"SSE"}"#,
            "sse http://r/ - pinned",
        );
    }

    #[test]
    fn deployed_servers() {
        check(
            "MCPServer",
            "v1alpha1",
            r#"{"deployment":{"cmd":"npx","args":["-y","s"]},"transportType":"stdio"}"#,
            "stdio npx -y s - unpinned",
        );
        let server = check(
            "MCPServer",
            "v1alpha1",
            r#"{"deployment":{"image":"r/s:1.2","port":3000,"env":{"A":"b"},"secretRefs":[{"name":"k"}]},
            "transportType":"http","httpTransport":{"path":"/mcp"}}"#,
            "http - r/s:1.2 pinned",
        );
        assert_eq!((server.names.len(), server.variable_sources.len()), (1, 1));
    }

    #[test]
    fn tool_servers_of_the_older_form() {
        let server = check(
            "ToolServer",
            "v1alpha1",
            r#"{"description":"d","config":{"type":"stdio","stdio":{"command":"uvx","args":["s==1.0"],
            "env":{"A":"b"},"envFrom":[{"name":"K","valueFrom":{"type":"ConfigMap","name":"c","key":"k"}}]}}}"#,
            "stdio uvx s==1.0 - pinned",
        );
        assert_eq!(server.names, ["A", "K"]);
        check(
            "ToolServer",
            "v1alpha1",
            r#"{"config":{"type":"sse","sse":{"url":"http://h/sse","headers":{"X":"y"}}}}"#,
            "sse http://h/sse - pinned",
        );
        check(
            "ToolServer",
            "v1alpha1",
            r#"{"config":{"streamableHttp":{"url":"http://h/mcp"}}}"#,
            "http http://h/mcp - pinned",
        );
    }
}

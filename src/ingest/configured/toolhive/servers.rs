//! MCP servers: run by the operator, reached through its proxy, listed, or put together of others.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::super::kubernetes::{Metadata, Scope, record, specified};
use super::super::mcp_package;
use super::PLATFORM;
use crate::domain::Text;
use crate::domain::configured::{Configured, HostedMcpServer, Meta, ValueHolder, VariableSource};
use crate::ingest::json::nullable;
use crate::ingest::{Document, Sink};

#[derive(Deserialize)]
struct Object {
    kind: Text,
    metadata: Metadata,
    #[serde(default)]
    spec: Option<Spec>,
}

/// The union of the kinds.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    #[serde(default)]
    image: Option<Text>,
    #[serde(default, alias = "remoteURL")]
    remote_url: Option<String>,
    #[serde(default)]
    transport: Option<Text>,
    #[serde(default, deserialize_with = "nullable")]
    args: Vec<String>,
    #[serde(default, deserialize_with = "nullable")]
    env: Vec<Named>,
    #[serde(default, deserialize_with = "nullable")]
    secrets: Vec<Secret>,
    #[serde(default, deserialize_with = "nullable")]
    volumes: Vec<Volume>,
    #[serde(default, deserialize_with = "nullable")]
    header_forward: HeaderForward,
    #[serde(default)]
    service_account: Option<Text>,
    #[serde(default)]
    permission_profile: Option<Profile>,
    /// The filter of `v1alpha1`.
    #[serde(default, deserialize_with = "nullable")]
    tools: Vec<Text>,
    #[serde(default)]
    group_ref: Option<Named>,
    #[serde(default)]
    tool_config_ref: Option<Named>,
    #[serde(default)]
    oidc_config_ref: Option<Named>,
    /// In place of the reference, in `v1alpha1`.
    #[serde(default)]
    oidc_config: Option<IgnoredAny>,
    #[serde(default)]
    external_auth_config_ref: Option<Named>,
    #[serde(default)]
    auth_server_ref: Option<Named>,
    #[serde(default)]
    webhook_config_ref: Option<Named>,
    #[serde(default)]
    authz_config_ref: Option<Named>,
    #[serde(default)]
    authz_config: Option<Authorization>,
    #[serde(default)]
    incoming_auth: Option<Incoming>,
    #[serde(default)]
    audit: Option<Audit>,
    #[serde(default, deserialize_with = "nullable")]
    config: VirtualConfig,
}

#[derive(Deserialize)]
struct Named {
    name: Text,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Secret {
    name: Text,
    key: Text,
    /// The key itself when it is absent.
    #[serde(default)]
    target_env_name: Option<Text>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Volume {
    host_path: Text,
    #[serde(default, deserialize_with = "nullable")]
    read_only: bool,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct HeaderForward {
    #[serde(default, deserialize_with = "nullable")]
    add_plaintext_headers: BTreeMap<Text, IgnoredAny>,
    #[serde(default, deserialize_with = "nullable")]
    add_headers_from_secret: Vec<SecretHeader>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SecretHeader {
    header_name: Text,
    value_secret_ref: Secret,
}

#[derive(Deserialize)]
struct Profile {
    #[serde(default, rename = "type", deserialize_with = "nullable")]
    kind: Text,
    name: Text,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Authorization {
    #[serde(default)]
    config_map: Option<Named>,
    #[serde(default, deserialize_with = "nullable")]
    inline: Cedar,
}

#[derive(Default, Deserialize)]
struct Cedar {
    #[serde(default, deserialize_with = "nullable")]
    policies: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Incoming {
    #[serde(default, rename = "type")]
    method: Option<Text>,
    #[serde(default)]
    oidc_config_ref: Option<Named>,
    #[serde(default)]
    authz_config: Option<Authorization>,
}

#[derive(Deserialize)]
struct Audit {
    #[serde(default, deserialize_with = "nullable")]
    enabled: bool,
}

/// What only a virtual server has.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct VirtualConfig {
    #[serde(default, alias = "groupRef")]
    group: Option<Text>,
    #[serde(default, deserialize_with = "nullable")]
    aggregation: Aggregation,
    #[serde(default, deserialize_with = "nullable")]
    composite_tool_refs: Vec<Named>,
    #[serde(default)]
    audit: Option<Audit>,
}

#[derive(Default, Deserialize)]
struct Aggregation {
    #[serde(default, deserialize_with = "nullable")]
    tools: Vec<WorkloadTools>,
}

#[derive(Deserialize)]
struct WorkloadTools {
    #[serde(default)]
    workload: Option<Text>,
    #[serde(default, deserialize_with = "nullable")]
    filter: Vec<Text>,
}

pub fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(Object { kind, metadata, spec }) = document.parse(sink) else { return };
    let Some(spec) = specified(document, spec, sink) else { return };
    record(
        document,
        &metadata,
        Scope::Namespaced,
        |meta| Configured::HostedMcpServer(spec.into_server(document, kind, meta)),
        sink,
    );
}

impl Spec {
    fn into_server(mut self, document: &Document<'_>, kind: Text, meta: Meta) -> HostedMcpServer {
        let incoming = self.incoming_auth.take();
        let (method, incoming_oidc, incoming_cedar) = match incoming {
            Some(incoming) => (incoming.method, incoming.oidc_config_ref, incoming.authz_config),
            None => (None, None, None),
        };
        let oidc = self.oidc_config_ref.take().or(incoming_oidc);
        let has_oidc = oidc.is_some() || self.oidc_config.is_some();
        let authorization = self.authz_config.take().or(incoming_cedar);
        let (cedar_map, policies) =
            authorization.map_or((None, Vec::new()), |by| (by.config_map, by.inline.policies));
        let composed = std::mem::take(&mut self.config.composite_tool_refs).into_iter();
        let uses = [
            ("MCPToolConfig", self.tool_config_ref.take()),
            ("MCPOIDCConfig", oidc),
            ("MCPExternalAuthConfig", self.external_auth_config_ref.take()),
            ("MCPExternalAuthConfig", self.auth_server_ref.take()),
            ("MCPWebhookConfig", self.webhook_config_ref.take()),
            ("MCPAuthzConfig", self.authz_config_ref.take()),
            ("ConfigMap", cedar_map),
        ];
        let uses = uses.into_iter().filter_map(|(kind, named)| Some((kind.into(), named?.name)));
        let composed =
            composed.map(|named| ("VirtualMCPCompositeToolDefinition".into(), named.name));
        let transport = self.transport();
        let image = self.image.take();
        let pinned =
            image.as_ref().is_none_or(|i| mcp_package::is_pinned(&["docker", "run", i.raw()]));
        HostedMcpServer {
            platform: PLATFORM.into(),
            kind,
            meta,
            transport: transport.into(),
            endpoint: self.endpoint(document),
            image,
            pinned,
            service_account: self.service_account.take(),
            names: self.names(),
            tools: self.tool_filter(),
            host_paths: self.volumes.iter().map(Volume::shown).collect(),
            group: self.group_ref.take().map(|group| group.name).or(self.config.group.take()),
            uses: uses.chain(composed).collect(),
            authentication: method.or_else(|| has_oidc.then(|| "oidc".into())),
            authorization: policies,
            profile: self.permission_profile.take().map(Profile::into_name),
            audited: self.audit.or(self.config.audit).map(|audit| audit.enabled),
            variable_sources: sources(self.secrets, self.header_forward.add_headers_from_secret),
        }
    }

    fn transport(&self) -> &'static str {
        match self.transport.as_ref().map(Text::raw) {
            Some("sse") => "sse",
            Some("streamable-http") => "http",
            // The default of a server that is run; all others are reached over HTTP.
            _ if self.image.is_some() => "stdio",
            _ => "http",
        }
    }

    fn endpoint(&self, document: &Document<'_>) -> Option<Text> {
        let masker = document.masker();
        match &self.remote_url {
            Some(url) => Some(masker.address(url).into()),
            None if self.args.is_empty() => None,
            None => Some(masker.command_line(self.args.iter().map(String::as_str)).into()),
        }
    }

    fn names(&self) -> Vec<Text> {
        let plain = self.env.iter().map(|variable| &variable.name);
        let headers = self.header_forward.add_plaintext_headers.keys();
        plain.chain(headers).cloned().collect()
    }

    /// The tools let through: of the server itself, or of each server that a virtual one fronts.
    fn tool_filter(&self) -> Option<Vec<(Option<Text>, Text)>> {
        let own = self.tools.iter().map(|tool| (None, tool.clone()));
        let of_workloads = self
            .config
            .aggregation
            .tools
            .iter()
            .flat_map(|of| of.filter.iter().map(|tool| (of.workload.clone(), tool.clone())));
        let tools: Vec<_> = own.chain(of_workloads).collect();
        (!tools.is_empty()).then_some(tools)
    }
}

fn sources(secrets: Vec<Secret>, headers: Vec<SecretHeader>) -> Vec<VariableSource> {
    let source = |secret: Secret, variable| VariableSource {
        holder: ValueHolder::Secret,
        name: secret.name,
        variable: Some(variable),
        key: Some(secret.key),
    };
    let variables = secrets.into_iter().map(|secret| {
        let variable = secret.target_env_name.clone().unwrap_or_else(|| secret.key.clone());
        source(secret, variable)
    });
    let headers = headers.into_iter().map(|of| source(of.value_secret_ref, of.header_name));
    variables.chain(headers).collect()
}

impl Volume {
    fn shown(&self) -> Text {
        let mode = if self.read_only { "ro" } else { "rw" };
        format!("{}:{mode}", self.host_path.raw()).into()
    }
}

impl Profile {
    fn into_name(self) -> Text {
        match self.kind == "configmap" {
            true => format!("ConfigMap/{}", self.name.raw()).into(),
            false => self.name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{body, only, read_text};
    use super::*;
    use crate::domain::ProblemKind;

    fn object(kind: &str, spec: &str) -> String {
        format!(
            r#"{{"kind":"{kind}","apiVersion":"toolhive.stacklok.dev/v1beta1","metadata":{{"name":"s","namespace":"n"}}{spec}}}"#
        )
    }

    /// Checks `transport endpoint image pinned`.
    #[track_caller]
    fn check(kind: &str, spec: &str, expected: &str) -> HostedMcpServer {
        let Configured::HostedMcpServer(server) =
            body(only(&object(kind, &format!(r#","spec":{spec}"#))))
        else {
            unreachable!("a server");
        };
        let part = |text: &Option<Text>| text.as_ref().map_or("-", |text| text.raw()).to_owned();
        let pinned = if server.pinned { "pinned" } else { "unpinned" };
        let (endpoint, image) = (part(&server.endpoint), part(&server.image));
        assert_eq!(format!("{} {endpoint} {image} {pinned}", server.transport.raw()), expected);
        server
    }

    #[test]
    fn a_server_that_is_run() {
        let server = check(
            "MCPServer",
            r#"{"image":"r.example/s:1.2.0","transport":"stdio","args":["--token","t"],
            "env":[{"name":"LEVEL","value":"info"}],"serviceAccount":"sa",
            "secrets":[{"name":"k","key":"token","targetEnvName":"TOKEN"},{"name":"k","key":"B"}],
            "volumes":[{"name":"v","hostPath":"/srv","mountPath":"/x","readOnly":true}],
            "permissionProfile":{"type":"configmap","name":"p","key":"p.json"},
            "toolConfigRef":{"name":"f"},"oidcConfigRef":{"name":"o","audience":"a"},
            "authzConfig":{"type":"inline","inline":{"policies":["permit(principal, action, resource);"]}},
            "groupRef":{"name":"g"},"audit":{"enabled":true}}"#,
            "stdio --token ***65c06a8d r.example/s:1.2.0 pinned",
        );
        assert_eq!(server.names, ["LEVEL"]);
        let variables: Vec<_> =
            server.variable_sources.iter().filter_map(|source| source.variable.clone()).collect();
        assert_eq!(variables, ["TOKEN", "B"]);
        assert_eq!(server.host_paths, ["/srv:ro"]);
        assert_eq!(server.profile, Some("ConfigMap/p".into()));
        assert_eq!((server.service_account, server.group), (Some("sa".into()), Some("g".into())));
        assert_eq!(
            server.uses,
            [("MCPToolConfig".into(), "f".into()), ("MCPOIDCConfig".into(), "o".into())]
        );
        assert_eq!(server.authentication, Some("oidc".into()));
        assert_eq!((server.authorization.len(), server.audited), (1, Some(true)));
    }

    #[test]
    fn servers_that_are_reached() {
        let server = check(
            "MCPServerEntry",
            r#"{"remoteUrl":"https://h.example/mcp","transport":"sse","headerForward":{
            "addPlaintextHeaders":{"X-Tenant":"t"},"addHeadersFromSecret":[{"headerName":"Authorization",
            "valueSecretRef":{"name":"s","key":"k"}}]}}"#,
            "sse https://h.example/mcp - pinned",
        );
        assert_eq!((server.names, server.variable_sources.len()), (vec!["X-Tenant".into()], 1));
        check(
            "MCPRemoteProxy",
            r#"{"remoteUrl":"https://h.example/mcp"}"#,
            "http https://h.example/mcp - pinned",
        );
        check("MCPServer", r#"{"image":"s"}"#, "stdio - s unpinned");
    }

    #[test]
    fn a_server_put_together_of_others() {
        let server = check(
            "VirtualMCPServer",
            r#"{"groupRef":{"name":"g"},"incomingAuth":{"type":"anonymous","authzConfig":{"type":"configMap",
            "configMap":{"name":"cedar"}}},"config":{"aggregation":{"tools":[{"workload":"a","filter":["x","y"]}]},
            "compositeToolRefs":[{"name":"c"}],"audit":{"enabled":false}}}"#,
            "http - - pinned",
        );
        let tool = |name: &str| (Some("a".into()), name.into());
        assert_eq!(server.tools, Some(vec![tool("x"), tool("y")]));
        assert_eq!(server.authentication, Some("anonymous".into()));
        let uses: Vec<_> = server.uses.iter().map(|(_, name)| name.raw()).collect();
        assert_eq!((uses, server.audited), (vec!["cedar", "c"], Some(false)));
    }

    #[test]
    fn the_expectation_of_a_test_is_no_server() {
        let found =
            read_text("assert.json", &object("MCPServer", r#","status":{"phase":"Ready"}"#));
        let kinds: Vec<_> = found.problems.iter().map(|problem| problem.kind).collect();
        assert_eq!((found.records.len(), kinds), (0, vec![ProblemKind::Incomplete]));
    }
}

//! MCPOIDCConfig (how callers authenticate) and MCPExternalAuthConfig (how servers authenticate to
//! what lies behind them). Each has one part, named by its type.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::super::kubernetes::{Metadata, Scope, record, specified};
use super::PLATFORM;
use crate::domain::Text;
use crate::domain::configured::{Configured, McpAuthentication, ValueHolder, VariableSource};
use crate::ingest::{Document, Sink};

#[derive(Deserialize)]
struct Object {
    kind: Text,
    metadata: Metadata,
    #[serde(default)]
    spec: Option<Spec>,
}

#[derive(Deserialize)]
struct Spec {
    #[serde(rename = "type")]
    method: Text,
    #[serde(flatten)]
    parts: Map<String, Value>,
}

/// The words of all parts for one thing; older manifests write them with underscores.
const ISSUER: &[&str] = &["issuer", "tokenUrl", "token_url", "region"];
const CLIENT: &[&str] = &["clientId", "clientID", "client_id"];
const SCOPES: &[&str] = &["scopes", "scope"];

pub fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(Object { kind, metadata, spec }) = document.parse(sink) else { return };
    let Some(Spec { method, parts }) = specified(document, spec, sink) else { return };
    let part = parts.get(method.raw()).unwrap_or(&Value::Null);
    let stated = |names: &[&str]| names.iter().find_map(|name| part.get(name));
    let word = |names: &[&str]| stated(names).and_then(Value::as_str).filter(|w| !w.is_empty());
    let scopes = match stated(SCOPES) {
        Some(Value::String(scopes)) => scopes.split_whitespace().map(Text::new).collect(),
        Some(Value::Array(scopes)) => {
            scopes.iter().filter_map(Value::as_str).map(Text::new).collect()
        }
        _ => Vec::new(),
    };
    let mut found = Found::default();
    found.search("", part);
    record(
        document,
        &metadata,
        Scope::Namespaced,
        |meta| {
            Configured::McpAuthentication(McpAuthentication {
                platform: PLATFORM.into(),
                kind,
                meta,
                issuer: word(ISSUER).map(|issuer| document.masker().address(issuer).into()),
                audience: word(&["audience"]).map(Text::new),
                client: word(CLIENT).map(Text::new),
                scopes,
                roles: found.roles,
                variable_sources: found.secrets,
                method,
            })
        },
        sink,
    );
}

/// What stands at any depth of a part: references to secrets, and cloud roles.
#[derive(Default)]
struct Found {
    secrets: Vec<VariableSource>,
    roles: Vec<Text>,
}

impl Found {
    fn search(&mut self, key: &str, value: &Value) {
        let key = key.replace('_', "").to_ascii_lowercase();
        match value {
            Value::String(role) if key.ends_with("rolearn") => self.roles.push(Text::new(role)),
            Value::Object(members) => {
                let word = |name: &str| members.get(name).and_then(Value::as_str).map(Text::new);
                match word("name") {
                    Some(name) if key.ends_with("secretref") => self.secrets.push(VariableSource {
                        holder: ValueHolder::Secret,
                        name,
                        key: word("key"),
                        variable: None,
                    }),
                    _ => members.iter().for_each(|(key, value)| self.search(key, value)),
                }
            }
            // `hmacSecretRefs` holds what `hmacSecretRef` would.
            Value::Array(items) => {
                let key = key.trim_end_matches('s');
                items.iter().for_each(|item| self.search(key, item));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{body, only};
    use super::*;

    /// Checks `method issuer audience client [scopes] [roles] [secrets]`.
    #[track_caller]
    fn check(kind: &str, spec: &str, expected: &str) {
        let Configured::McpAuthentication(by) = body(only(&format!(
            r#"{{"kind":"{kind}","apiVersion":"toolhive.stacklok.dev/v1beta1","metadata":{{"name":"a"}},"spec":{spec}}}"#
        ))) else {
            unreachable!("authentication");
        };
        let part = |text: &Option<Text>| text.as_ref().map_or("-", |text| text.raw()).to_owned();
        let list = |list: &[Text]| list.iter().map(Text::raw).collect::<Vec<_>>().join(",");
        let secrets: Vec<Text> = by
            .variable_sources
            .iter()
            .map(|source| format!("{}/{}", source.name.raw(), part(&source.key)).into())
            .collect();
        let shown = format!(
            "{} {} {} {} [{}] [{}] [{}]",
            by.method.raw(),
            part(&by.issuer),
            part(&by.audience),
            part(&by.client),
            list(&by.scopes),
            list(&by.roles),
            list(&secrets)
        );
        assert_eq!(shown, expected, "{spec}");
    }

    #[test]
    fn callers() {
        check(
            "MCPOIDCConfig",
            r#"{"type":"inline","inline":{"issuer":"https://i.example","clientID":"c",
            "clientSecretRef":{"name":"s","key":"k"}}}"#,
            "inline https://i.example - c [] [] [s/k]",
        );
        check(
            "MCPOIDCConfig",
            r#"{"type":"kubernetesServiceAccount","kubernetesServiceAccount":{}}"#,
            "kubernetesServiceAccount - - - [] [] []",
        );
    }

    #[test]
    fn what_lies_behind() {
        check(
            "MCPExternalAuthConfig",
            r#"{"type":"tokenExchange","tokenExchange":{"token_url":"https://t.example/token",
            "client_id":"c","client_secret_ref":{"name":"s","key":"k"},"audience":"b","scope":"x y"}}"#,
            "tokenExchange https://t.example/token b c [x,y] [] [s/k]",
        );
        check(
            "MCPExternalAuthConfig",
            r#"{"type":"awsSts","awsSts":{"region":"eu-west-1","fallbackRoleArn":"arn:1",
            "roleMappings":[{"roleArn":"arn:2"}]}}"#,
            "awsSts eu-west-1 - - [] [arn:1,arn:2] []",
        );
        check(
            "MCPExternalAuthConfig",
            r#"{"type":"embeddedAuthServer","embeddedAuthServer":{"issuer":"https://a.example",
            "hmacSecretRefs":[{"name":"h","key":"1"}],"upstreamProviders":[{"oidcConfig":
            {"clientSecretRef":{"name":"u","key":"2"}}}]}}"#,
            "embeddedAuthServer https://a.example - - [] [] [h/1,u/2]",
        );
        check(
            "MCPExternalAuthConfig",
            r#"{"type":"unauthenticated"}"#,
            "unauthenticated - - - [] [] []",
        );
    }
}

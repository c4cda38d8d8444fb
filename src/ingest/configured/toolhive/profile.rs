//! Permission profiles: what an MCP server may reach from its container. JSON files by themselves
//! (<https://docs.stacklok.com/toolhive/guides-cli/custom-permissions>).

use serde::Deserialize;

use crate::domain::configured::{Configured, McpPermissionProfile, Provisioning};
use crate::domain::{Record, Text};
use crate::ingest::json::nullable;
use crate::ingest::{Document, Shape, Sink};

/// All members that a profile can have. Their words are common, so nothing else may stand beside
/// them and the outbound rules must be there.
const MEMBERS: [&str; 5] = ["name", "read", "write", "network", "privileged"];

pub fn recognises(shape: &Shape<'_>) -> bool {
    #[derive(Deserialize)]
    struct Signs {
        #[serde(rename = "network")]
        _network: NetworkSigns,
    }
    #[derive(Deserialize)]
    struct NetworkSigns {
        #[serde(rename = "outbound")]
        _outbound: serde_json::Map<String, serde_json::Value>,
    }
    shape.has("network")
        && shape.keys.iter().all(|key| MEMBERS.contains(&&**key))
        && serde_json::from_str::<Signs>(shape.json).is_ok()
}

#[derive(Deserialize)]
struct Profile {
    #[serde(default)]
    name: Option<Text>,
    #[serde(default, deserialize_with = "nullable")]
    privileged: bool,
    #[serde(default, deserialize_with = "nullable")]
    read: Vec<Text>,
    #[serde(default, deserialize_with = "nullable")]
    write: Vec<Text>,
    network: Network,
}

#[derive(Deserialize)]
struct Network {
    outbound: Outbound,
}

#[derive(Deserialize)]
struct Outbound {
    #[serde(default, alias = "insecureAllowAll", deserialize_with = "nullable")]
    insecure_allow_all: bool,
    #[serde(default, alias = "allowHost", deserialize_with = "nullable")]
    allow_host: Vec<Text>,
    #[serde(default, alias = "allowPort", deserialize_with = "nullable")]
    allow_port: Vec<u16>,
}

pub fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(profile) = document.parse::<Profile>(sink) else { return };
    let Network { outbound } = profile.network;
    let file = document.source.file.raw();
    let stem = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let stem = stem.split_once('.').map_or(stem, |(stem, _)| stem);
    sink.record(Record {
        realm: Text::default(),
        at: None,
        provisioning: Provisioning::default(),
        place: document.place(),
        body: Configured::McpPermissionProfile(McpPermissionProfile {
            name: profile.name.unwrap_or_else(|| stem.into()),
            privileged: profile.privileged,
            read: profile.read,
            write: profile.write,
            hosts: outbound.allow_host,
            ports: outbound.allow_port,
            any_host: outbound.insecure_allow_all,
        }),
    });
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::read_text;
    use super::*;

    #[track_caller]
    fn check(json: &str) -> Option<McpPermissionProfile> {
        let mut found = read_text("profiles/desk.json", json);
        match found.records.pop()?.body {
            Configured::McpPermissionProfile(profile) => Some(profile),
            other => unreachable!("a profile, not {other:?}"),
        }
    }

    #[test]
    fn what_may_be_reached() {
        let profile = check(
            r#"{"read":["/data"],"write":["/out"],"network":{"outbound":{"insecure_allow_all":false,
            "allow_host":["api.example.com",".example.org"],"allow_port":[443]}}}"#,
        );
        let expected = McpPermissionProfile {
            name: "desk".into(),
            read: vec!["/data".into()],
            write: vec!["/out".into()],
            hosts: vec!["api.example.com".into(), ".example.org".into()],
            ports: vec![443],
            ..McpPermissionProfile::default()
        };
        assert_eq!(profile, Some(expected));
        let open = check(r#"{"name":"open","network":{"outbound":{"insecure_allow_all":true}}}"#);
        assert_eq!(
            open.map(|profile| (profile.name, profile.any_host)),
            Some(("open".into(), true))
        );
    }

    #[test]
    fn other_documents_are_left_alone() {
        assert_eq!(check(r#"{"network":{"outbound":[]}}"#), None);
        assert_eq!(check(r#"{"network":{"outbound":{}},"version":1}"#), None);
    }
}

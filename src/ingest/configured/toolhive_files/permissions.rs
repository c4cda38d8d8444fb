//! Permission profiles: what a server's container may reach.
//!
//! ```json
//! {"read": ["/srv/in"], "write": ["/srv/out"], "network": {"outbound": {"allow_host": ["a.example"], "allow_port": [443]}}}
//! ```

use serde::Deserialize;

use crate::domain::configured::{Configured, NetworkReach, ServerPermissions};
use crate::domain::{Discipline, Text};
use crate::ingest::json::{Str, lenient, nullable};
use crate::ingest::{Document, Format, Shape, Side, Sink};

pub const FORMAT: Format = Format {
    id: "mcp-permission-profile",
    title: "ToolHive permission profile",
    side: Side::Configured,
    says: &[(Discipline::Behavior, "hosts, ports and paths that a server may reach")],
    coverage: "holds for the servers that are run with it, outbound hosts only under network isolation",
    recognises,
    read,
};

/// The only keys of a profile.
const KEYS: &[&str] = &["name", "read", "write", "network", "privileged"];

fn recognises(shape: &Shape<'_>) -> bool {
    let has_list = ["read", "write"].iter().any(|key| shape.has(key));
    shape.keys.iter().all(|key| KEYS.contains(&key.as_ref()))
        && (shape.has("network") || has_list)
        && serde_json::from_str::<Permissions<'_>>(shape.json()).is_ok_and(|profile| {
            profile.network.is_some_and(|network| network.outbound.is_some())
                || !profile.read.is_empty()
                || !profile.write.is_empty()
        })
}

#[derive(Default, Deserialize)]
pub struct Permissions<'a> {
    #[serde(borrow, default, deserialize_with = "lenient")]
    name: Option<Str<'a>>,
    #[serde(default, deserialize_with = "nullable")]
    read: Vec<Text>,
    #[serde(default, deserialize_with = "nullable")]
    write: Vec<Text>,
    #[serde(default, deserialize_with = "nullable")]
    network: Option<Network>,
    #[serde(default, deserialize_with = "nullable")]
    privileged: bool,
}

#[derive(Deserialize)]
struct Network {
    #[serde(default)]
    outbound: Option<Outbound>,
}

#[derive(Deserialize)]
struct Outbound {
    #[serde(default, deserialize_with = "nullable")]
    insecure_allow_all: bool,
    #[serde(default, deserialize_with = "nullable")]
    allow_host: Vec<Text>,
    #[serde(default, deserialize_with = "nullable")]
    allow_port: Vec<u16>,
}

impl Permissions<'_> {
    /// Everything but whose permissions these are.
    pub fn granted(self) -> ServerPermissions {
        let outbound = self.network.and_then(|network| network.outbound);
        ServerPermissions {
            network: outbound.map(|outbound| match outbound.insecure_allow_all {
                true => NetworkReach::All,
                false => {
                    NetworkReach::Limited { hosts: outbound.allow_host, ports: outbound.allow_port }
                }
            }),
            reads: self.read,
            writes: self.write,
            privileged: self.privileged,
            ..ServerPermissions::default()
        }
    }
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(profile) = document.parse::<Permissions<'_>>(sink) else { return };
    let file = document.source.file.raw();
    let base = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let stem = base.split_once('.').map_or(base, |(stem, _)| stem);
    let server = profile.name.as_deref().filter(|name| !name.is_empty()).unwrap_or(stem).into();
    let permissions =
        ServerPermissions { server, declared_by: "profile".into(), ..profile.granted() };
    let body = Configured::ServerPermissions(permissions);
    sink.record(document.record(document.at.clone(), body));
}

//! ToolHive's own registry file: maps of servers in containers and of remote ones, maybe in groups.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::entry::{Entry, TOOLHIVE};
use crate::domain::configured::{Configured, PublishedServer};
use crate::domain::{Discipline, ProblemKind, Record};
use crate::ingest::json::{Str, nullable};
use crate::ingest::{Document, Format, Shape, Side, Sink, location};

pub const FORMAT: Format = Format {
    id: "toolhive-registry",
    title: "ToolHive registry",
    side: Side::Configured,
    says: &[
        (Discipline::Model, "published servers, their images, who signed them, their tools"),
        (Discipline::Behavior, "hosts and ports that a server may reach"),
        (Discipline::Identity, "secrets that a server asks for"),
    ],
    coverage: "what was published under a name; whether anybody runs it stands elsewhere",
    recognises,
    read,
};

fn recognises(shape: &Shape<'_>) -> bool {
    shape.has("version")
        && shape.has("last_updated")
        && ["servers", "remote_servers", "groups"].iter().any(|key| shape.has(key))
        && serde_json::from_str::<Registry<'_>>(shape.json()).is_ok()
}

type Entries<'a> = BTreeMap<Str<'a>, &'a RawValue>;

#[derive(Deserialize)]
struct Registry<'a> {
    #[serde(borrow, default, deserialize_with = "nullable")]
    servers: Entries<'a>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    remote_servers: Entries<'a>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    groups: Vec<Group<'a>>,
}

#[derive(Deserialize)]
struct Group<'a> {
    #[serde(borrow, default, deserialize_with = "nullable")]
    servers: Entries<'a>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    remote_servers: Entries<'a>,
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(registry) = document.parse::<Registry<'_>>(sink) else { return };
    let is_empty = registry.servers.is_empty()
        && registry.remote_servers.is_empty()
        && registry.groups.iter().all(|g| g.servers.is_empty() && g.remote_servers.is_empty());
    if is_empty {
        let message = "the registry holds no server";
        return sink.problem(document.problem(ProblemKind::Incomplete, message));
    }
    entries(document, "/servers", &registry.servers, sink);
    entries(document, "/remote_servers", &registry.remote_servers, sink);
    for (index, group) in registry.groups.iter().enumerate() {
        entries(document, &format!("/groups/{index}/servers"), &group.servers, sink);
        entries(document, &format!("/groups/{index}/remote_servers"), &group.remote_servers, sink);
    }
}

fn entries(document: &Document<'_>, under: &str, entries: &Entries<'_>, sink: &mut dyn Sink) {
    for (name, json) in entries {
        let at = location::beneath(&document.at, &format!("{under}/{}", location::step(name)));
        let entry: Entry<'_> = match serde_json::from_str(json.get()) {
            Ok(entry) => entry,
            Err(error) => {
                let message = format!("server `{}`: {error}", &**name);
                sink.problem(document.problem_at(at, ProblemKind::Malformed, &message));
                continue;
            }
        };
        let updated = entry.updated();
        let mut server = PublishedServer {
            registry: TOOLHIVE.into(),
            server: (&**name).into(),
            ..PublishedServer::default()
        };
        let declared = entry.describe(&mut server, document.masker());
        for body in declared.into_iter().chain([Configured::PublishedServer(server)]) {
            sink.record(Record { at: updated, ..document.record(at.clone(), body) });
        }
    }
}

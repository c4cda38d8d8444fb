//! MCP registries: `server.json` on its own, wrapped as the API answers it, in lists of both, and in
//! the registry file of ToolHive, which carries tools and permissions beside each server.
//!
//! | shape | schema |
//! |---|---|
//! | `{"name", "version_detail", "packages": [{"registry_name", "name"}]}` | 2025-05 to 2025-07 |
//! | `{"name", "version", "packages": [{"registryType", "identifier"}]}` | since 2025-09 |
//! | `{"server": {…}, "_meta": {…}}`, `{"servers": […], "metadata": {"nextCursor"}}` | the registry API |
//! | `{"version", "meta", "data": {"servers": […]}}` | ToolHive's upstream registry |

mod servers;
mod wire;

use serde::Deserialize;
use serde_json::value::RawValue;

use self::wire::{Listing, Meta, Wrapped};
use crate::domain::{Discipline, ProblemKind};
use crate::ingest::detect::TopLevel;
use crate::ingest::json::{Str, lenient};
use crate::ingest::{Document, Format, Shape, Side, Sink, location};

pub const FORMAT: Format = Format {
    id: "mcp-registry",
    title: "MCP registry: server.json",
    side: Side::Configured,
    says: &[
        (Discipline::Model, "published servers, their packages and whether those are pinned"),
        (Discipline::Identity, "secrets that a server asks for"),
    ],
    coverage: "what was published under a name; whether anybody runs it stands elsewhere",
    recognises,
    read,
};

fn recognises(shape: &Shape<'_>) -> bool {
    if shape.kind.is_some() {
        return false;
    }
    if shape.has("servers") || (shape.has("data") && shape.has("meta")) {
        return is_listing(shape.json());
    }
    if shape.has("server") {
        return !shape.has("jsonrpc")
            && serde_json::from_str::<Wrapped<'_>>(shape.json())
                .is_ok_and(|wrapped| is_server(wrapped.server.get()));
    }
    let may_be = ["version_detail", "packages", "remotes", "$schema"];
    shape.has("name") && may_be.iter().any(|key| shape.has(key)) && is_server(shape.json())
}

/// Whether a list holds servers; its first item speaks for all.
fn is_listing(json: &str) -> bool {
    let Ok(listing) = serde_json::from_str::<Listing<'_>>(json) else { return false };
    let is_paged = listing.metadata.is_some();
    match listing.into_servers().first() {
        Some(first) => match serde_json::from_str::<Wrapped<'_>>(first.get()) {
            Ok(wrapped) => is_server(wrapped.server.get()),
            Err(_) => is_server(first.get()),
        },
        None => is_paged,
    }
}

/// Whether an object is a `server.json`, which shares most of its keys with other manifests.
fn is_server(json: &str) -> bool {
    #[derive(Deserialize)]
    struct Probe<'a> {
        #[serde(borrow, default, rename = "$schema", deserialize_with = "lenient")]
        schema: Option<Str<'a>>,
        #[serde(borrow, default, deserialize_with = "lenient")]
        name: Option<Str<'a>>,
        #[serde(borrow, default, deserialize_with = "lenient")]
        version_detail: Option<wire::VersionDetail<'a>>,
        #[serde(borrow, default, deserialize_with = "lenient")]
        packages: Vec<wire::Package<'a>>,
        #[serde(borrow, default, deserialize_with = "lenient")]
        remotes: Vec<wire::Remote<'a>>,
    }
    let Ok(probe) = serde_json::from_str::<Probe<'_>>(json) else { return false };
    let of_schema = probe.schema.is_some_and(|schema| schema.ends_with("/server.schema.json"));
    probe.name.is_some()
        && (of_schema
            || probe.version_detail.is_some_and(|detail| detail.version.is_some())
            || probe.packages.iter().any(|package| package.kind.is_some())
            || probe.remotes.iter().any(|remote| remote.transport.is_some()))
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Ok(TopLevel::Object(keys)) = serde_json::from_str(document.json) else { return };
    let has = |key: &str| keys.keys.iter().any(|found| found == key);
    let (under, registry) = match has("servers") {
        true => ("/servers", "mcp"),
        false => ("/data/servers", "toolhive"),
    };
    if !has("servers") && !has("data") {
        return one(document, "", document.json, "mcp", sink);
    }
    let Some(listing) = document.parse::<Listing<'_>>(sink) else { return };
    let next = listing.metadata.as_ref().and_then(|page| page.next.as_deref());
    if next.is_some_and(|next| !next.is_empty()) {
        let message = "one page of a list that goes on; load the pages that follow it too";
        sink.problem(document.problem(ProblemKind::Incomplete, message));
    }
    let servers = listing.into_servers();
    if servers.is_empty() {
        let message = "the list holds no server";
        return sink.problem(document.problem(ProblemKind::Incomplete, message));
    }
    for (index, json) in servers.into_iter().enumerate() {
        one(document, &format!("{under}/{index}"), json.get(), registry, sink);
    }
}

/// Reads one server, wrapped or not.
fn one(document: &Document<'_>, pointer: &str, json: &str, registry: &str, sink: &mut dyn Sink) {
    let at = match pointer {
        "" => document.at.clone(),
        pointer => location::beneath(&document.at, pointer),
    };
    let (json, meta) = match serde_json::from_str::<Wrapped<'_>>(json) {
        Ok(Wrapped { server, meta, official }) => {
            (server.get(), Meta { official: meta.official.or(official), ..meta })
        }
        Err(_) => (json, Meta::default()),
    };
    match serde_json::from_str(json) {
        Ok(server) => servers::emit(server, meta, registry, document, &at, sink),
        Err(error) => {
            sink.problem(document.problem_at(at, ProblemKind::Malformed, &error.to_string()));
        }
    }
}

impl<'a> Listing<'a> {
    fn into_servers(self) -> Vec<&'a RawValue> {
        self.servers.or(self.data.map(|data| data.servers)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;

//! ToolHive, which runs MCP servers in containers: its registry, its permission profiles and its
//! authorisation configuration. Its Kubernetes objects are read elsewhere.

mod authorization;
mod entry;
mod permissions;
mod registry;

use serde::Deserialize;

use self::entry::Entry;
use crate::domain::configured::{Configured, PublishedServer};
use crate::domain::{Location, ProblemKind};
use crate::ingest::json::Str;
use crate::ingest::{Document, Sink};

pub use authorization::FORMAT as AUTHORIZATION;
pub use permissions::FORMAT as PERMISSIONS;
pub use registry::FORMAT as REGISTRY;

/// The name under which ToolHive publishes beside a `server.json`.
pub const PUBLISHER: &str = "io.github.stacklok";

/// What ToolHive says beside a `server.json`, by the package's identifier or the remote's address:
/// completes the server, gives its tools and permissions.
pub fn extension(
    json: &str,
    server: &mut PublishedServer,
    document: &Document<'_>,
    at: &Location,
    sink: &mut dyn Sink,
) -> Vec<Configured> {
    #[derive(Deserialize)]
    struct Extensions<'a>(#[serde(borrow)] std::collections::BTreeMap<Str<'a>, Entry<'a>>);
    match serde_json::from_str::<Extensions<'_>>(json) {
        Ok(Extensions(entries)) => entries
            .into_values()
            .flat_map(|entry| entry.describe(server, document.masker()))
            .collect(),
        Err(error) => {
            let message = format!("what {PUBLISHER} says beside the server: {error}");
            sink.problem(document.problem_at(at.clone(), ProblemKind::Malformed, &message));
            Vec::new()
        }
    }
}

#[cfg(test)]
mod tests;

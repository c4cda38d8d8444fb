//! ToolHive resources: MCP servers that its operator runs or fronts, which of their tools are let
//! through, and how callers and servers authenticate. Fields of `v1alpha1` and `v1beta1` are read
//! side by side. Groups, registries and telemetry are kept as objects.

mod authentication;
mod profile;
mod servers;
mod tool_filter;

use serde::Deserialize;

use super::kubernetes::kind;
use crate::domain::{Discipline, Text};
use crate::ingest::{Document, Format, Shape, Side, Sink};

pub const FORMAT: Format = Format {
    id: "toolhive",
    title: "ToolHive MCP servers and permission profiles",
    side: Side::Configured,
    says: &[
        (Discipline::Model, "MCP servers that are run, by image, pinned or not"),
        (Discipline::Identity, "how callers are authenticated and which Cedar policies they meet"),
        (Discipline::Behavior, "tools that are let through; hosts and paths that may be reached"),
    ],
    coverage: "what was declared; the operator makes the workloads of it",
    recognises,
    read,
};

type ReadKind = fn(&Document<'_>, &mut dyn Sink);

const KINDS: &[(&str, ReadKind)] = &[
    ("MCPServer", servers::read),
    ("MCPRemoteProxy", servers::read),
    ("MCPServerEntry", servers::read),
    ("VirtualMCPServer", servers::read),
    ("MCPToolConfig", tool_filter::read),
    ("MCPOIDCConfig", authentication::read),
    ("MCPExternalAuthConfig", authentication::read),
];

/// The name of the platform in records.
const PLATFORM: &str = "toolhive";

fn recognises(shape: &Shape<'_>) -> bool {
    let is_resource = shape.in_group("toolhive.stacklok.dev")
        && KINDS.iter().any(|(kind, _)| shape.is_kind(kind));
    is_resource || profile::recognises(shape)
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    #[derive(Deserialize)]
    struct Kind {
        #[serde(default)]
        kind: Option<Text>,
    }
    let is_profile = serde_json::from_str::<Kind>(document.json).is_ok_and(|of| of.kind.is_none());
    if is_profile {
        return profile::read(document, sink);
    }
    let Some(found) = kind(document, sink) else { return };
    if let Some((_, read)) = KINDS.iter().find(|(kind, _)| found == *kind) {
        read(document, sink);
    }
}

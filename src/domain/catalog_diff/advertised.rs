//! A tool's definition as an event of kind `catalog` carries it.

use serde::Deserialize;

use crate::domain::configured::{ToolDefinition, ToolOutline, ToolParts};
use crate::domain::{Event, EventKind, Text};

/// One tool of a listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Advertised {
    pub definition: ToolDefinition,
    /// Revision of the protocol in which it was asked for.
    pub protocol: Option<Text>,
    /// Its page was not the last one.
    pub goes_on: bool,
}

/// The definition in an event; `None` when it is about no tool.
pub fn advertised(event: &Event) -> Option<Advertised> {
    let name = event.action.clone().filter(|_| event.kind == EventKind::Catalog)?;
    let params = event.params.as_ref().map_or("{}", Text::raw);
    let said: Said = serde_json::from_str(params).unwrap_or_default();
    Some(Advertised {
        definition: ToolDefinition {
            name,
            digest: event.target_kind.clone().unwrap_or_default(),
            schema_digest: said.schema_digest,
            parts: said.parts,
            outline: said.outline,
            title: said.title,
            read_only: said.read_only,
            destructive: said.destructive,
            idempotent: said.idempotent,
            open_world: said.open_world,
        },
        protocol: said.protocol,
        goes_on: said.next_cursor.is_some(),
    })
}

/// What the parameters of such an event say.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Said {
    schema_digest: Text,
    parts: ToolParts,
    outline: ToolOutline,
    title: Option<Text>,
    #[serde(rename = "readOnlyHint")]
    read_only: Option<bool>,
    #[serde(rename = "destructiveHint")]
    destructive: Option<bool>,
    #[serde(rename = "idempotentHint")]
    idempotent: Option<bool>,
    #[serde(rename = "openWorldHint")]
    open_world: Option<bool>,
    #[serde(rename = "protocolVersion")]
    protocol: Option<Text>,
    #[serde(rename = "nextCursor")]
    next_cursor: Option<Text>,
}

//! A page of a tool catalog → one event per advertised tool.

use jiff::Timestamp;
use serde_json::value::RawValue;

use super::wire::ToolsResult;
use super::{ID, Sighting};
use crate::domain::configured::ToolDefinition;
use crate::domain::coverage::CoverageScope;
use crate::domain::{
    Coverage, Event, EventId, EventKind, Outcome, Plane, ProblemKind, Text, digest_of,
};
use crate::ingest::tool_definition::tool_definition;
use crate::ingest::{Document, Sink};

pub fn emit(
    result: &ToolsResult<'_>,
    sighting: &mut Sighting,
    document: &Document<'_>,
    sink: &mut dyn Sink,
) {
    if let Some(server) = result.meta.as_ref().and_then(|meta| meta.server()) {
        sighting.server = sink.intern(server);
    }
    let advertised = result.tools.as_deref().unwrap_or_default();
    let tools: Vec<ToolDefinition> =
        advertised.iter().filter_map(|raw: &&RawValue| tool_definition(raw.get())).collect();
    if tools.len() < advertised.len() {
        let unnamed = advertised.len() - tools.len();
        let message = format!("{unnamed} advertised tools that are no object with a name");
        sink.problem(document.problem(ProblemKind::Malformed, message));
    }
    let catalog = catalog_digest(&tools);
    let is_page = result.next_cursor.is_some_and(|cursor| cursor.get() != "null");
    for tool in &tools {
        let event = advertisement(tool, &catalog, tools.len(), sighting, document, sink);
        sink.event(event);
    }
    if let Some(time) = sighting.time {
        sink.coverage(Coverage {
            source: ID.into(),
            plane: Plane::Catalog,
            scope: CoverageScope::Realm { realm: Text::default() },
            from: time,
            until: time,
            acts: Vec::new(),
            partial: is_page,
            missed: Vec::new(),
        });
    }
}

/// Over all (name, digest) pairs in order, so that the order of advertisement does not matter.
fn catalog_digest(tools: &[ToolDefinition]) -> String {
    let mut pairs: Vec<_> = tools.iter().map(|tool| (&tool.name, &tool.digest)).collect();
    pairs.sort();
    digest_of(&pairs).to_string()
}

fn advertisement(
    tool: &ToolDefinition,
    catalog: &str,
    count: usize,
    sighting: &Sighting,
    document: &Document<'_>,
    sink: &mut dyn Sink,
) -> Event {
    let seen = sighting.time.map_or_else(|| "undated".to_owned(), |time| time.to_string());
    let key =
        [sighting.server.raw(), tool.name.raw(), tool.digest.raw(), sighting.label.raw(), &seen];
    let time = sighting.time.unwrap_or(Timestamp::UNIX_EPOCH);
    let source = sink.intern(ID);
    let id = EventId::of(ID, &key);
    let mut event = Event::new(id, time, &source, EventKind::Catalog, document.place());
    event.principal = sighting.principal.clone();
    event.session = Some(sighting.label.clone());
    event.action = Some(sink.intern(tool.name.raw()));
    event.target = Some(sighting.server.clone());
    event.target_kind = Some(tool.digest.clone());
    event.outcome = Some(Outcome::Success);
    let mut params = serde_json::json!({
        "schema_digest": tool.schema_digest,
        "catalog": catalog,
        "tools": count,
        "readOnlyHint": tool.read_only,
    });
    if sighting.time.is_none() {
        params["undated"] = true.into();
    }
    event.params = Some(params.to_string().into());
    event
}

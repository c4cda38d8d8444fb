//! The bill of materials that an agent declares when its session starts or its parts change.

use serde_json::value::RawValue;

use crate::domain::configured::{AgentInventory, Configured, InventoryItem, Provisioning, Record};
use crate::domain::{Event, Text};
use crate::ingest::members::{self, Members};
use crate::ingest::{Document, Sink};

/// The record of a snapshot, or of the components that a change names.
pub fn emit(event: &Event, payload: &Members<'_>, document: &Document<'_>, sink: &mut dyn Sink) {
    let bom = payload.object(&["agbom", "snapshot"]).unwrap_or_else(|| payload.clone());
    let components = bom.list(&["components", "added", "changed"]);
    let agent = event.agent.as_ref().map(|agent| agent.name.clone()).unwrap_or_default();
    let inventory = AgentInventory {
        agent,
        session: event.session.clone(),
        items: components.into_iter().filter_map(item).collect(),
    };
    sink.record(Record {
        realm: Text::default(),
        at: Some(event.time),
        provisioning: Provisioning::default(),
        place: document.place(),
        body: Configured::AgentInventory(inventory),
    });
}

fn item(raw: &RawValue) -> Option<InventoryItem> {
    let component = Members::parse(raw.get())?;
    let digest = component.text(&["digest", "hash"]).or_else(|| {
        let definition = component
            .object(&["digest"])
            .or_else(|| component.object(&["definition"])?.object(&["digest"]));
        definition?.text(&["value"])
    });
    let tools = component.list(&["tools"]).into_iter().filter_map(|raw| {
        let named = || Members::parse(raw.get())?.text(&["name", "id"]);
        members::text(raw).or_else(named).map(Text::new)
    });
    Some(InventoryItem {
        kind: Text::new(component.text(&["type", "kind"])?),
        name: Text::new(component.text(&["name", "id"]).unwrap_or_default()),
        version: component.text(&["version"]).map(Text::new),
        provider: component.text(&["provider", "endpoint", "agent_card_ref"]).map(Text::new),
        digest: digest.map(Text::new),
        tools: tools.collect(),
    })
}

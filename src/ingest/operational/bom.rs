//! Bills of materials that were made of what runs: models that were loaded, packages that were
//! imported.

use serde_json::json;

use crate::domain::configured::Component;
use crate::domain::{Discipline, Event, EventId, EventKind, Outcome, Place, ProblemKind, Text};
use crate::ingest::{Document, Format, Side, Sink, cyclonedx, location};

pub const FORMAT: Format = Format {
    id: "cyclonedx-runtime",
    title: "CycloneDX bill of materials of what runs",
    side: Side::Operational,
    says: &[(Discipline::Model, "models loaded and packages imported")],
    coverage: "a state at one time: neither when a part was loaded nor what came and went",
    recognises: |shape| cyclonedx::is_bill(shape) && cyclonedx::is_of_run_time(shape),
    read,
};

const MODEL: &str = "machine-learning-model";

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(bill) = cyclonedx::read(document, sink) else { return };
    let Some(time) = bill.at else {
        let message = "a bill of what runs that does not say when";
        return sink.problem(document.problem(ProblemKind::MissingField, message));
    };
    let source = sink.intern(FORMAT.id);
    let serial = bill.bom.serial.as_ref().map_or("", Text::raw);
    let revision = bill.bom.revision.map(|revision| revision.to_string()).unwrap_or_default();
    let mut unnamed = 0;
    for listed in &bill.components {
        let component = &listed.component;
        let (kind, action, target, target_kind) = match (component.kind == MODEL, &component.purl) {
            (true, _) => (EventKind::ModelLoad, "load", &component.name, digest(component)),
            (false, Some(purl)) => (EventKind::Import, "import", purl, Some("artifact".into())),
            (false, None) => {
                unnamed += 1;
                continue;
            }
        };
        let id = EventId::of(FORMAT.id, &[serial, &revision, &time.to_string(), listed.json]);
        let at = location::beneath(&document.at, &listed.pointer);
        let mut event = Event::new(id, time, &source, kind, Place { at, ..document.place() });
        event.recorder = bill.tool.clone();
        event.model = (kind == EventKind::ModelLoad).then(|| component.name.clone());
        event.action = Some(action.into());
        event.target = Some(target.clone());
        event.target_kind = target_kind;
        event.inline = Some(false);
        event.outcome = Some(Outcome::Success);
        event.params = Some(params(&bill.bom.of, component).into());
        sink.event(event);
    }
    if unnamed > 0 {
        let message =
            format!("{unnamed} components without a package URL: nothing to match them by");
        sink.problem(document.problem(ProblemKind::MissingField, message));
    }
}

/// The strongest digest there is, as registries write it: `sha256:…`.
fn digest(component: &Component) -> Option<Text> {
    let found = ["SHA-256", "SHA-512", "SHA-384", "SHA-1", "MD5"].iter().find_map(|algorithm| {
        let digest = component.hashes.get(*algorithm)?;
        Some((algorithm.replace('-', "").to_lowercase(), digest))
    });
    found.map(|(algorithm, digest)| format!("{algorithm}:{}", digest.raw().to_lowercase()).into())
}

/// Of what the component is a part, and what else is known of it.
fn params(of: &Text, component: &Component) -> String {
    json!({
        "subject": of,
        "name": component.name,
        "version": component.version,
        "purl": component.purl,
        "hashes": component.hashes,
        "locations": component.locations.iter().take(LOCATIONS).collect::<Vec<_>>(),
    })
    .to_string()
}

/// Places of one component that its event names.
const LOCATIONS: usize = 20;

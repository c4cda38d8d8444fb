//! Bills of materials that were designed, built or declared.

use crate::domain::configured::{Configured, Provisioning};
use crate::domain::{Discipline, Place, Record, Text};
use crate::ingest::{Document, Format, Side, Sink, cyclonedx, location};

pub const FORMAT: Format = Format {
    id: "cyclonedx",
    title: "CycloneDX bill of materials",
    side: Side::Configured,
    says: &[(Discipline::Model, "models, data, packages and services of which a thing is made")],
    coverage: "what the bill declares; of its own gaps it says which are known",
    recognises: |shape| cyclonedx::is_bill(shape) && !cyclonedx::is_of_run_time(shape),
    read,
};

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(bill) = cyclonedx::read(document, sink) else { return };
    let provisioning = Provisioning { owner: bill.supplier, ..Provisioning::default() };
    let mut record = |place, body| {
        let provisioning = provisioning.clone();
        sink.record(Record { realm: Text::default(), at: bill.at, provisioning, place, body });
    };
    record(document.place(), Configured::Bom(bill.bom));
    for listed in bill.components {
        let at = location::beneath(&document.at, &listed.pointer);
        record(Place { at, ..document.place() }, Configured::Component(listed.component));
    }
}

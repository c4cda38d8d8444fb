//! CycloneDX bills of materials, JSON, 1.2 to 1.7 (ECMA-424).
//!
//! A bill that is designed, built or declared says what is meant to be used; one that was made of
//! what runs (`operations`, `discovery`) says what was used. Both panels read it here.
//!
//! Checked is what the reading rests on: required fields, types, digests, references. The rest of
//! the schema is not.

mod check;
mod component;
mod service;
#[cfg(test)]
mod tests;
mod wire;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use self::check::{References, SPEC_VERSIONS};
use self::wire::{Composition, Dependency, Head, Lifecycle, Metadata, Tools};
use super::doubts::Doubts;
use super::json::Str;
use super::{Document, Shape, Sink};
use crate::domain::configured::{Bom, Component};
use crate::domain::text::visible;
use crate::domain::{Digest, ProblemKind, Text};

/// A bill that was read.
pub struct Bill<'a> {
    pub bom: Bom,
    /// When it was made.
    pub at: Option<Timestamp>,
    pub supplier: Option<Text>,
    /// The first tool that made it.
    pub tool: Option<Text>,
    pub components: Vec<Listed<'a>>,
}

/// A component with its JSON pointer and text.
pub struct Listed<'a> {
    pub pointer: String,
    pub json: &'a str,
    pub component: Component,
}

/// Whether the document says that it is a bill of materials.
pub fn is_bill(shape: &Shape<'_>) -> bool {
    shape.has("bomFormat") && shape.has("specVersion")
}

/// Whether every phase of the life cycle that the bill names is one of running.
pub fn is_of_run_time(shape: &Shape<'_>) -> bool {
    #[derive(Deserialize)]
    struct Phases<'a> {
        #[serde(borrow)]
        metadata: Metadata<'a>,
    }
    let Ok(Phases { metadata }) = serde_json::from_str(shape.json()) else { return false };
    let phases = phases(metadata.lifecycles);
    !phases.is_empty()
        && phases.iter().all(|phase| ["operations", "discovery"].contains(&phase.raw()))
}

/// The phases, those of one's own invention by their name.
fn phases(lifecycles: Option<Vec<Lifecycle<'_>>>) -> Vec<Text> {
    let lifecycles = lifecycles.unwrap_or_default().into_iter();
    lifecycles
        .filter_map(|cycle| cycle.phase.or(cycle.name))
        .map(|name| Text::new(&*name))
        .collect()
}

/// Reads a bill; what is wrong with it goes into the sink.
pub fn read<'a>(document: &'a Document<'_>, sink: &mut dyn Sink) -> Option<Bill<'a>> {
    let head: Head<'a> = document.parse(sink)?;
    let format = head.bom_format.as_deref().unwrap_or_default();
    if format != "CycloneDX" {
        let message =
            format!("a bill of materials in the format `{}` is not read", visible(format));
        sink.problem(document.problem(ProblemKind::Unsupported, message));
        return None;
    }
    let mut doubts = Doubts::default();
    let bill =
        Reader { document, doubts: &mut doubts, references: References::default() }.bill(head);
    doubts.report(document, sink);
    Some(bill)
}

struct Reader<'r, 'a> {
    document: &'a Document<'a>,
    doubts: &'r mut Doubts,
    references: References,
}

/// What a component or service depends on, by its reference.
type Dependencies = BTreeMap<Text, Vec<Text>>;

impl<'a> Reader<'_, 'a> {
    fn bill(mut self, head: Head<'a>) -> Bill<'a> {
        let spec_version = head.spec_version.as_deref().unwrap_or_default();
        if !SPEC_VERSIONS.contains(&spec_version) {
            let message = format!("version `{}` of CycloneDX is not known", visible(spec_version));
            self.doubts.add("/specVersion", message);
        }
        let serial = head.serial_number.as_deref();
        if serial.is_some_and(|serial| !check::is_serial(serial)) {
            self.doubts.add("/serialNumber", "a serial number that is no UUID");
        }
        let metadata = head.metadata.unwrap_or_default();
        let tools = Tools::of(metadata.tools);
        self.references.external(tools.references);
        let subject = metadata.component.map(|raw| ("/metadata/component".to_owned(), None, raw));
        let subject = self.components(subject.into_iter().collect());
        let listed = self.components(beneath("/components", head.components));
        let mut services = self.services(head.services);
        let dependencies = self.dependencies(head.dependencies);

        // What is inside the subject is listed like everything else.
        let mut subject = subject.into_iter();
        let itself = subject.next();
        let of = name(itself.as_ref().map(|listed| &listed.component), serial, self.document);
        let complete = |component: &mut Component| {
            component.bom = of.clone();
            let reference = component.reference.as_ref();
            component.depends_on =
                reference.and_then(|name| dependencies.get(name)).cloned().unwrap_or_default();
        };
        let mut components: Vec<Listed<'a>> = subject.chain(listed).collect();
        components.iter_mut().for_each(|listed| complete(&mut listed.component));
        let subject = itself.map(|mut listed| {
            complete(&mut listed.component);
            listed.component
        });
        for service in &mut services {
            let reference = service.reference.as_ref();
            service.depends_on =
                reference.and_then(|name| dependencies.get(name)).cloned().unwrap_or_default();
        }
        let suppliers = [metadata.supplier, metadata.manufacturer, metadata.manufacture];
        Bill {
            at: self.time(metadata.timestamp.as_deref()),
            supplier: wire::first_name(suppliers),
            tool: tools.first,
            bom: Bom {
                of,
                serial: serial.map(Text::new),
                revision: head.version,
                spec_version: spec_version.into(),
                phases: phases(metadata.lifecycles),
                subject,
                services,
                components: components.len() as u64,
                gaps: gaps(head.compositions),
            },
            components,
        }
    }

    fn time(&mut self, written: Option<&str>) -> Option<Timestamp> {
        let time = written?.parse().ok();
        if time.is_none() {
            self.doubts.add("/metadata/timestamp", "a time without date, clock and offset");
        }
        time
    }

    fn dependencies(&mut self, listed: Option<Vec<&'a RawValue>>) -> Dependencies {
        let mut dependencies = Dependencies::new();
        for (index, raw) in listed.unwrap_or_default().into_iter().enumerate() {
            let pointer = format!("/dependencies/{index}");
            let dependency: Dependency<'_> = serde_json::from_str(raw.get()).unwrap_or_default();
            let Some(from) = dependency.reference.filter(|name| !name.is_empty()) else {
                self.doubts.add(pointer, "a dependency that does not say of what");
                continue;
            };
            let on = dependency.depends_on.unwrap_or_default();
            let mut dangling: Vec<&Str<'_>> =
                on.iter().chain([&from]).filter(|name| !self.references.knows(name)).collect();
            dangling.dedup();
            for name in dangling {
                let message = format!("a reference to `{}`, which nothing has", visible(name));
                self.doubts.add(&pointer, message);
            }
            dependencies
                .entry(Text::new(&*from))
                .or_default()
                .extend(on.iter().map(|name| Text::new(&**name)));
        }
        dependencies
    }
}

/// The items of a list with their pointers; nothing is around them.
fn beneath<'a>(
    pointer: &str,
    list: Option<Vec<&'a RawValue>>,
) -> Vec<(String, Option<Text>, &'a RawValue)> {
    let list = list.unwrap_or_default().into_iter().enumerate();
    list.map(|(index, raw)| (format!("{pointer}/{index}"), None, raw)).collect()
}

/// Of what a bill is. The serial number alone is new with every bill of the same thing.
fn name(subject: Option<&Component>, serial: Option<&str>, document: &Document<'_>) -> Text {
    match (subject, serial) {
        (Some(Component { group: Some(group), name, .. }), _) => {
            format!("{}/{}", group.raw(), name.raw()).into()
        }
        (Some(subject), _) => subject.name.clone(),
        (None, Some(serial)) => serial.into(),
        (None, None) => Digest::of(document.json.as_bytes()).to_string().into(),
    }
}

/// What the bill says of its own gaps, each once.
fn gaps(compositions: Option<Vec<Composition<'_>>>) -> Vec<Text> {
    let stated = compositions.unwrap_or_default().into_iter().filter_map(|part| part.aggregate);
    let mut gaps: Vec<Text> = stated
        .filter(|aggregate| **aggregate != *"complete")
        .map(|aggregate| Text::new(&*aggregate))
        .collect();
    gaps.sort();
    gaps.dedup();
    gaps
}

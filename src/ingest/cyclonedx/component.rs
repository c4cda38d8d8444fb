//! Components, with those inside them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::check::{SCOPES, TYPES, is_digest, is_purl};
use super::wire::{Organisation, first_name};
use super::{Listed, Reader};
use crate::domain::Text;
use crate::domain::configured::{Component, ModelCard};
use crate::domain::text::visible;
use crate::ingest::json::{Str, lenient};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Object<'a> {
    #[serde(borrow, default, rename = "type", deserialize_with = "lenient")]
    kind: Option<Str<'a>>,
    #[serde(borrow, default, rename = "bom-ref", deserialize_with = "lenient")]
    reference: Option<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    group: Option<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    name: Option<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    version: Option<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    version_range: Option<Str<'a>>,
    #[serde(default, deserialize_with = "lenient")]
    is_external: Option<bool>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    purl: Option<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    scope: Option<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    hashes: Option<Vec<Hash<'a>>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    licenses: Option<Vec<LicenceChoice<'a>>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    supplier: Option<Organisation<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    manufacturer: Option<Organisation<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    publisher: Option<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    model_card: Option<CardObject<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    evidence: Option<Evidence<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    components: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct Hash<'a> {
    #[serde(borrow, rename = "alg")]
    algorithm: Str<'a>,
    #[serde(borrow)]
    content: Str<'a>,
}

#[derive(Deserialize)]
struct LicenceChoice<'a> {
    #[serde(borrow, default, deserialize_with = "lenient")]
    expression: Option<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    license: Option<Licence<'a>>,
}

#[derive(Deserialize)]
struct Licence<'a> {
    #[serde(borrow, default, deserialize_with = "lenient")]
    id: Option<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    name: Option<Str<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CardObject<'a> {
    #[serde(borrow, default, deserialize_with = "lenient")]
    model_parameters: Option<Parameters<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Parameters<'a> {
    #[serde(borrow, deserialize_with = "lenient")]
    approach: Option<Approach<'a>>,
    #[serde(borrow, deserialize_with = "lenient")]
    task: Option<Str<'a>>,
    #[serde(borrow, deserialize_with = "lenient")]
    architecture_family: Option<Str<'a>>,
    #[serde(borrow, deserialize_with = "lenient")]
    model_architecture: Option<Str<'a>>,
    #[serde(borrow, deserialize_with = "lenient")]
    datasets: Option<Vec<Dataset<'a>>>,
}

#[derive(Deserialize)]
struct Approach<'a> {
    #[serde(borrow, default, rename = "type", deserialize_with = "lenient")]
    kind: Option<Str<'a>>,
}

/// Described in place, or a component of the bill.
#[derive(Deserialize)]
struct Dataset<'a> {
    #[serde(borrow, default, deserialize_with = "lenient")]
    name: Option<Str<'a>>,
    #[serde(borrow, default, rename = "ref", deserialize_with = "lenient")]
    reference: Option<Str<'a>>,
}

#[derive(Deserialize)]
struct Evidence<'a> {
    #[serde(borrow, default, deserialize_with = "lenient")]
    occurrences: Option<Vec<Occurrence<'a>>>,
}

#[derive(Deserialize)]
struct Occurrence<'a> {
    #[serde(borrow, default, deserialize_with = "lenient")]
    location: Option<Str<'a>>,
}

fn text(text: Option<Str<'_>>) -> Option<Text> {
    text.filter(|text| !text.is_empty()).map(|text| Text::new(&*text))
}

impl<'a> Reader<'_, 'a> {
    /// Reads components and those inside them, in the order of the document. Each is a pointer, the
    /// component around it, and its text. How deep they nest is bounded by the depth of a document.
    pub(super) fn components(
        &mut self,
        mut waiting: Vec<(String, Option<Text>, &'a RawValue)>,
    ) -> Vec<Listed<'a>> {
        let mut listed = Vec::new();
        waiting.reverse();
        while let Some((pointer, inside, raw)) = waiting.pop() {
            let Some((component, nested)) = self.component(&pointer, raw) else { continue };
            let around = component.reference.clone().unwrap_or_else(|| component.name.clone());
            for (index, raw) in nested.into_iter().enumerate().rev() {
                waiting.push((format!("{pointer}/components/{index}"), Some(around.clone()), raw));
            }
            let component = Component { inside, ..component };
            listed.push(Listed { pointer, json: raw.get(), component });
        }
        listed
    }

    fn component(
        &mut self,
        pointer: &str,
        raw: &'a RawValue,
    ) -> Option<(Component, Vec<&'a RawValue>)> {
        let object: Object<'a> = match serde_json::from_str(raw.get()) {
            Ok(object) => object,
            Err(error) => {
                self.doubts.add(pointer, format!("a component: {}", visible(&error.to_string())));
                return None;
            }
        };
        let Some(name) = text(object.name) else {
            self.doubts.add(pointer, "a component without a name");
            return None;
        };
        let kind = text(object.kind).unwrap_or_default();
        let reference = object.reference.map(|name| Text::new(&*name));
        if let Some(reason) = reference.as_ref().and_then(|name| self.references.add(name)) {
            self.doubts.add(pointer, reason);
        }
        let (version, version_range) = (text(object.version), text(object.version_range));
        let (purl, scope) = (text(object.purl), text(object.scope));
        let external = object.is_external.unwrap_or_default();
        let unknown = |text: &Option<Text>, known: &[&str]| {
            text.as_ref().is_some_and(|text| !known.contains(&text.raw()))
        };
        self.doubts.add_if(
            pointer,
            &[
                (kind.is_empty(), "a component without a type"),
                (
                    unknown(&Some(kind.clone()), TYPES) && !kind.is_empty(),
                    "a type that is not known",
                ),
                (unknown(&scope, SCOPES), "a scope that is not known"),
                (
                    purl.as_ref().is_some_and(|purl| !is_purl(purl.raw())),
                    "a package URL that is none",
                ),
                (version.is_some() && version_range.is_some(), "both a version and a range"),
                (
                    version_range.is_some() && !external,
                    "a range of versions for a component that is not external",
                ),
            ],
        );
        let organisations = [object.supplier, object.manufacturer];
        let component = Component {
            kind,
            group: text(object.group),
            name,
            version,
            version_range,
            purl,
            reference: reference.filter(|name| !name.is_empty()),
            scope,
            external,
            hashes: self.hashes(pointer, object.hashes.unwrap_or_default()),
            licences: self.licences(pointer, object.licenses.unwrap_or_default()),
            supplier: first_name(organisations).or(text(object.publisher)),
            model: object.model_card.map(card),
            locations: locations(object.evidence),
            ..Component::default()
        };
        Some((component, object.components.unwrap_or_default()))
    }

    /// The digests that can be digests: a wrong one must not be compared with.
    fn hashes(&mut self, pointer: &str, hashes: Vec<Hash<'_>>) -> BTreeMap<Text, Text> {
        let (good, bad): (Vec<_>, Vec<_>) =
            hashes.into_iter().partition(|hash| is_digest(&hash.algorithm, &hash.content));
        for hash in bad {
            let message = format!("no digest of `{}`", visible(&hash.algorithm));
            self.doubts.add(pointer, message);
        }
        let hashes = good.into_iter();
        hashes.map(|hash| (Text::new(&*hash.algorithm), Text::new(&*hash.content))).collect()
    }

    fn licences(&mut self, pointer: &str, choices: Vec<LicenceChoice<'_>>) -> Vec<Text> {
        let mut licences = Vec::new();
        for LicenceChoice { expression, license } in choices {
            if expression.is_some() && license.is_some() {
                self.doubts.add(pointer, "a licence and an expression in one");
            }
            let named = license.and_then(|licence| text(licence.id).or(text(licence.name)));
            match (text(expression), named) {
                (None, None) => self.doubts.add(pointer, "a licence without an id or a name"),
                (expression, named) => licences.extend(expression.into_iter().chain(named)),
            }
        }
        licences
    }
}

fn card(card: CardObject<'_>) -> ModelCard {
    let parameters = card.model_parameters.unwrap_or_default();
    let datasets = parameters.datasets.unwrap_or_default().into_iter();
    ModelCard {
        task: text(parameters.task),
        approach: parameters.approach.and_then(|approach| text(approach.kind)),
        architecture_family: text(parameters.architecture_family),
        architecture: text(parameters.model_architecture),
        datasets: datasets.filter_map(|set| text(set.name).or(text(set.reference))).collect(),
    }
}

fn locations(evidence: Option<Evidence<'_>>) -> Vec<Text> {
    let occurrences = evidence.and_then(|evidence| evidence.occurrences).unwrap_or_default();
    occurrences.into_iter().filter_map(|occurrence| text(occurrence.location)).collect()
}

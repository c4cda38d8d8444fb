//! The JSON of a bill. An optional field of another type than the specification's counts as absent.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::domain::Text;
use crate::ingest::json::{Str, lenient};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Head<'a> {
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub bom_format: Option<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub spec_version: Option<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub serial_number: Option<Str<'a>>,
    #[serde(default, deserialize_with = "lenient")]
    pub version: Option<u64>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub metadata: Option<Metadata<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub components: Option<Vec<&'a RawValue>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub services: Option<Vec<&'a RawValue>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub dependencies: Option<Vec<&'a RawValue>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub compositions: Option<Vec<Composition<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Metadata<'a> {
    #[serde(borrow, deserialize_with = "lenient")]
    pub timestamp: Option<Str<'a>>,
    #[serde(borrow, deserialize_with = "lenient")]
    pub lifecycles: Option<Vec<Lifecycle<'a>>>,
    #[serde(borrow, deserialize_with = "lenient")]
    pub component: Option<&'a RawValue>,
    #[serde(borrow, deserialize_with = "lenient")]
    pub tools: Option<&'a RawValue>,
    #[serde(borrow, deserialize_with = "lenient")]
    pub supplier: Option<Organisation<'a>>,
    #[serde(borrow, deserialize_with = "lenient")]
    pub manufacturer: Option<Organisation<'a>>,
    /// Its name until 1.5.
    #[serde(borrow, deserialize_with = "lenient")]
    pub manufacture: Option<Organisation<'a>>,
}

#[derive(Deserialize)]
pub struct Lifecycle<'a> {
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub phase: Option<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub name: Option<Str<'a>>,
}

#[derive(Default, Deserialize)]
pub struct Organisation<'a> {
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub name: Option<Str<'a>>,
}

/// The first of several organisations that has a name.
pub fn first_name<const N: usize>(organisations: [Option<Organisation<'_>>; N]) -> Option<Text> {
    let names = organisations.into_iter().flatten().filter_map(|organisation| organisation.name);
    names.map(|name| Text::new(&*name)).find(|name| !name.is_empty())
}

/// Something that has a name and a reference.
#[derive(Deserialize)]
pub struct Named<'a> {
    #[serde(borrow, default, rename = "bom-ref", deserialize_with = "lenient")]
    pub reference: Option<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub name: Option<Str<'a>>,
}

/// The tools that made the bill: a list until 1.4, components and services since.
#[derive(Default)]
pub struct Tools {
    pub first: Option<Text>,
    pub references: Vec<Text>,
}

impl Tools {
    pub fn of(raw: Option<&RawValue>) -> Self {
        #[derive(Default, Deserialize)]
        struct Parts<'a> {
            #[serde(borrow, default, deserialize_with = "lenient")]
            components: Option<Vec<Named<'a>>>,
            #[serde(borrow, default, deserialize_with = "lenient")]
            services: Option<Vec<Named<'a>>>,
        }
        let Some(json) = raw.map(RawValue::get) else { return Self::default() };
        let tools: Vec<Named<'_>> = serde_json::from_str(json).unwrap_or_else(|_| {
            let parts: Parts<'_> = serde_json::from_str(json).unwrap_or_default();
            [parts.components, parts.services].into_iter().flatten().flatten().collect()
        });
        let first = tools.iter().find_map(|tool| tool.name.as_deref()).map(Text::new);
        let references = tools.into_iter().filter_map(|tool| tool.reference);
        Self { first, references: references.map(|name| Text::new(&*name)).collect() }
    }
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Dependency<'a> {
    #[serde(borrow, rename = "ref", deserialize_with = "lenient")]
    pub reference: Option<Str<'a>>,
    #[serde(borrow, deserialize_with = "lenient")]
    pub depends_on: Option<Vec<Str<'a>>>,
}

#[derive(Deserialize)]
pub struct Composition<'a> {
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub aggregate: Option<Str<'a>>,
}

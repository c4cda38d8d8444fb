//! Services: what the subject offers or calls over a network.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::check::FLOWS;
use super::{Reader, beneath};
use crate::domain::Text;
use crate::domain::configured::BomService;
use crate::domain::text::visible;
use crate::ingest::json::{Str, lenient};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Object<'a> {
    #[serde(borrow, default, rename = "bom-ref", deserialize_with = "lenient")]
    reference: Option<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    group: Option<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    name: Option<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    version: Option<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    endpoints: Option<Vec<Str<'a>>>,
    #[serde(default, deserialize_with = "lenient")]
    authenticated: Option<bool>,
    #[serde(default, rename = "x-trust-boundary", deserialize_with = "lenient")]
    crosses_trust_boundary: Option<bool>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    trust_zone: Option<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    data: Option<Vec<Data<'a>>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    services: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow, default, deserialize_with = "lenient")]
    flow: Option<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    classification: Option<Str<'a>>,
}

impl<'a> Reader<'_, 'a> {
    /// Services and those inside them, in the order of the document.
    pub(super) fn services(&mut self, listed: Option<Vec<&'a RawValue>>) -> Vec<BomService> {
        let mut services = Vec::new();
        let mut waiting = beneath("/services", listed);
        waiting.reverse();
        while let Some((pointer, _, raw)) = waiting.pop() {
            let Some((service, nested)) = self.service(&pointer, raw) else { continue };
            services.push(service);
            let nested = beneath(&format!("{pointer}/services"), Some(nested));
            waiting.extend(nested.into_iter().rev());
        }
        services
    }

    fn service(
        &mut self,
        pointer: &str,
        raw: &'a RawValue,
    ) -> Option<(BomService, Vec<&'a RawValue>)> {
        let object: Object<'a> = match serde_json::from_str(raw.get()) {
            Ok(object) => object,
            Err(error) => {
                self.doubts.add(pointer, format!("a service: {}", visible(&error.to_string())));
                return None;
            }
        };
        let text = |text: Option<Str<'a>>| text.map(|text| Text::new(&*text));
        let Some(name) = text(object.name).filter(|name| !name.is_empty()) else {
            self.doubts.add(pointer, "a service without a name");
            return None;
        };
        let reference = text(object.reference);
        if let Some(reason) = reference.as_ref().and_then(|name| self.references.add(name)) {
            self.doubts.add(pointer, reason);
        }
        let data = object.data.unwrap_or_default().into_iter();
        let data: Vec<(Text, Text)> = data
            .map(|data| {
                let text = |named| text(named).unwrap_or_default();
                (text(data.flow), text(data.classification))
            })
            .collect();
        if data.iter().any(|(flow, _)| !FLOWS.contains(&flow.raw())) {
            self.doubts.add(pointer, "a flow of data that is not known");
        }
        let masker = self.document.masker();
        let endpoints = object.endpoints.unwrap_or_default();
        let service = BomService {
            group: text(object.group),
            name,
            version: text(object.version),
            reference,
            endpoints: endpoints.iter().map(|address| masker.address(address).into()).collect(),
            authenticated: object.authenticated,
            crosses_trust_boundary: object.crosses_trust_boundary,
            trust_zone: text(object.trust_zone),
            data,
            depends_on: Vec::new(),
        };
        Some((service, object.services.unwrap_or_default()))
    }
}

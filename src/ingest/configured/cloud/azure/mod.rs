//! Azure and Microsoft Entra: role assignments and definitions, federated credentials, agent
//! identities and diagnostic settings, as `az` and the APIs write them.

mod entra;
mod resources;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::parts::Parts;
use crate::domain::{Discipline, Text};
use crate::ingest::{Document, Format, Shape, Side, Sink};

pub const FORMAT: Format = Format {
    id: "azure-access",
    title: "Azure roles and Entra agent identities",
    side: Side::Configured,
    says: &[(
        Discipline::Identity,
        "role assignments and definitions, federated credentials, agent identities, log settings",
    )],
    coverage: "assignments above the scope, and of groups, only where they were asked for too",
    recognises,
    read,
};

fn recognises(shape: &Shape<'_>) -> bool {
    let is_wrapped = || shape.has("value") && (shape.has("@odata.context") || shape.keys.len() <= 2);
    if !is_wrapped() {
        return serde_json::from_str(shape.json).is_ok_and(|head| Kind::of(&head, None).is_some());
    }
    let Ok(list) = serde_json::from_str::<List<'_>>(shape.json) else { return false };
    let first = list.value.first().and_then(|item| serde_json::from_str(item.get()).ok());
    first.is_some_and(|head| Kind::of(&head, list.context.as_ref().map(Text::raw)).is_some())
}

#[derive(Deserialize)]
struct List<'a> {
    #[serde(default, rename = "@odata.context")]
    context: Option<Text>,
    #[serde(borrow)]
    value: Vec<&'a RawValue>,
}

/// The members of an item that tell its kind.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Head {
    #[serde(rename = "type")]
    kind: Option<Text>,
    #[serde(rename = "@odata.type")]
    odata_type: Option<Text>,
    #[serde(rename = "@odata.context")]
    context: Option<Text>,
    #[serde(rename = "servicePrincipalType")]
    service_principal_type: Option<Text>,
    issuer: Option<Text>,
    audiences: Option<Vec<Text>>,
}

/// What an item is.
enum Kind {
    Resource(resources::Read),
    /// An agent object of Graph, by its type.
    Agent(&'static str),
}

impl Kind {
    fn of(head: &Head, context: Option<&str>) -> Option<Self> {
        let kind = head.kind.as_ref().map_or("", Text::raw);
        let named = |(name, _): &&(&str, resources::Read)| kind.eq_ignore_ascii_case(name);
        if let Some((_, read)) = resources::KINDS.iter().find(named) {
            return Some(Self::Resource(*read));
        }
        let context = head.context.as_ref().map(Text::raw).or(context).unwrap_or_default();
        let stated = head.odata_type.as_ref().map_or(context, Text::raw);
        if let Some(agent) = entra::kind(stated) {
            return Some(Self::Agent(agent));
        }
        if head.service_principal_type.as_ref().is_some_and(|kind| *kind == "ServiceIdentity") {
            return Some(Self::Agent(entra::AGENT_IDENTITY));
        }
        let is_federated = head.issuer.is_some() && head.audiences.is_some();
        is_federated.then_some(Self::Resource(resources::federated_credential))
    }
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let mut parts = Parts::new(document, sink);
    let list = serde_json::from_str::<List<'_>>(document.json);
    match list {
        Ok(List { context, value }) => {
            let items: Vec<(String, &RawValue)> = parts.items("/value", &value);
            let context = context.as_ref().map(Text::raw);
            items.into_iter().for_each(|(at, item)| emit(&at, item.get(), context, &mut parts));
        }
        Err(_) => emit("", document.json, None, &mut parts),
    }
}

fn emit(pointer: &str, json: &str, context: Option<&str>, parts: &mut Parts<'_>) {
    use crate::domain::ProblemKind::{Malformed, Unsupported};
    let head = match serde_json::from_str::<Head>(json) {
        Ok(head) => head,
        Err(error) => return parts.problem(pointer, Malformed, &error.to_string()),
    };
    let read = match Kind::of(&head, context) {
        Some(Kind::Resource(read)) => read(pointer, json, parts),
        Some(Kind::Agent(kind)) => entra::read(kind, pointer, json, parts),
        None => return parts.problem(pointer, Unsupported, "an item of another kind"),
    };
    if let Err(error) = read {
        parts.problem(pointer, Malformed, &error.to_string());
    }
}

//! The custom resources as they are written, in the JSON names of their definitions.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use std::collections::BTreeMap;

use crate::ingest::json::{Str, nullable};

#[derive(Deserialize)]
pub struct Profile<'a> {
    #[serde(borrow)]
    pub kind: Str<'a>,
    #[serde(borrow, default)]
    pub metadata: Metadata<'a>,
    #[serde(borrow)]
    spec: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata<'a> {
    #[serde(borrow)]
    pub name: Option<Str<'a>>,
    #[serde(borrow)]
    pub namespace: Option<Str<'a>>,
    creation_timestamp: Option<Timestamp>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    annotations: BTreeMap<Str<'a>, Str<'a>>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    labels: BTreeMap<Str<'a>, Str<'a>>,
}

impl Metadata<'_> {
    /// The value of `kubescape.io/KEY` among the annotations.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        named(&self.annotations, key)
    }

    pub fn label(&self, key: &str) -> Option<&str> {
        named(&self.labels, key)
    }

    pub fn created(&self) -> Option<Timestamp> {
        self.creation_timestamp
    }

    pub fn reported(&self) -> Option<Timestamp> {
        super::time::parse(self.annotation("report-timestamp")?)
    }

    pub fn previously_reported(&self) -> Option<Timestamp> {
        super::time::parse(self.annotation("previous-report-timestamp")?)
    }
}

fn named<'m>(map: &'m BTreeMap<Str<'_>, Str<'_>>, key: &str) -> Option<&'m str> {
    map.iter()
        .find(|(name, _)| name.strip_prefix("kubescape.io/") == Some(key))
        .map(|(_, value)| &**value)
        .filter(|value| !value.is_empty())
}

impl<'a> Profile<'a> {
    /// The containers of the spec, whether it groups them or (`ContainerProfile`) is itself one. Empty
    /// when the spec has been emptied.
    pub fn containers(&self) -> serde_json::Result<Vec<Container<'a>>> {
        let Some(spec) = self.spec else { return Ok(Vec::new()) };
        let groups: Groups<'a> = serde_json::from_str(spec.get())?;
        let mut containers = groups.containers;
        containers.extend(groups.init_containers);
        containers.extend(groups.ephemeral_containers);
        let flat: Container<'a> = serde_json::from_str(spec.get())?;
        if containers.is_empty() && !flat.is_emptied() {
            containers.push(flat);
        }
        Ok(containers)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Groups<'a> {
    #[serde(borrow, default, deserialize_with = "nullable")]
    containers: Vec<Container<'a>>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    init_containers: Vec<Container<'a>>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    ephemeral_containers: Vec<Container<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Container<'a> {
    #[serde(borrow)]
    pub name: Option<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    architectures: Vec<Str<'a>>,
    #[serde(borrow, rename = "imageID")]
    image_id: Option<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    pub capabilities: Vec<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    pub execs: Vec<Exec<'a>>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    pub opens: Vec<Open<'a>>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    pub syscalls: Vec<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    pub endpoints: Vec<Endpoint<'a>>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    pub ingress: Vec<Neighbor<'a>>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    pub egress: Vec<Neighbor<'a>>,
}

impl Container<'_> {
    /// A container that ran has an architecture, an image or an entry. One that has nothing at all is
    /// what a list call leaves of it.
    fn is_emptied(&self) -> bool {
        self.architectures.is_empty()
            && self.image_id.as_ref().is_none_or(|id| id.is_empty())
            && self.capabilities.is_empty()
            && self.execs.is_empty()
            && self.opens.is_empty()
            && self.syscalls.is_empty()
            && self.endpoints.is_empty()
            && self.ingress.is_empty()
            && self.egress.is_empty()
    }
}

#[derive(Deserialize)]
pub struct Exec<'a> {
    #[serde(borrow)]
    pub path: Str<'a>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    pub args: Vec<Str<'a>>,
}

#[derive(Deserialize)]
pub struct Open<'a> {
    #[serde(borrow)]
    pub path: Str<'a>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    pub flags: Vec<Str<'a>>,
}

#[derive(Deserialize)]
pub struct Endpoint<'a> {
    #[serde(borrow)]
    pub endpoint: Str<'a>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    pub methods: Vec<Str<'a>>,
    #[serde(borrow)]
    pub direction: Option<Str<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Neighbor<'a> {
    #[serde(borrow)]
    pub dns: Option<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    pub dns_names: Vec<Str<'a>>,
    #[serde(borrow)]
    pub ip_address: Option<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    pub ip_addresses: Vec<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    pub ports: Vec<Port<'a>>,
    #[serde(borrow)]
    pub pod_selector: Option<Selector<'a>>,
    #[serde(borrow)]
    pub namespace_selector: Option<Selector<'a>>,
}

#[derive(Deserialize)]
pub struct Port<'a> {
    #[serde(borrow)]
    pub protocol: Option<Str<'a>>,
    pub port: Option<u16>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Selector<'a> {
    #[serde(borrow, default, deserialize_with = "nullable")]
    pub match_labels: BTreeMap<Str<'a>, Str<'a>>,
}

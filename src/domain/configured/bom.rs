//! Bills of materials: of what a piece of software, or an agent, says it is made.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::Text;

/// The head of a bill of materials. Its components are records of their own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bom {
    /// Of what it is: group and name of the subject; else the serial number, else a digest.
    pub of: Text,
    /// `urn:uuid:…`, new with every bill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<Text>,
    /// Revision of the bill with this serial number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// Of the CycloneDX specification.
    pub spec_version: Text,
    /// Phases of the life cycle in which it was made: `design`, `build`, `operations`, …
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub phases: Vec<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Component>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<BomService>,
    /// Components listed, nested ones included, the subject not.
    pub components: u64,
    /// What the bill says of its own gaps: `incomplete`, `unknown`, `incomplete_first_party_only`, …
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<Text>,
}

/// One component of a bill of materials.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Component {
    /// [`Bom::of`] of the bill that lists it.
    pub bom: Text,
    /// `library`, `application`, `container`, `machine-learning-model`, `data`, …; empty when the
    /// bill does not say.
    pub kind: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Text>,
    pub name: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Text>,
    /// A range (`vers:`) instead of a version, for what is not part of the subject itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_range: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purl: Option<Text>,
    /// How the bill refers to it (`bom-ref`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Text>,
    /// The component around it, by reference or name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inside: Option<Text>,
    /// `required`, `optional`, `excluded`; required when the bill does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Text>,
    /// The subject needs it, but it comes from elsewhere.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub external: bool,
    /// By algorithm: `SHA-256`, …
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub hashes: BTreeMap<Text, Text>,
    /// SPDX ids, expressions or names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub licences: Vec<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplier: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelCard>,
    /// Where it was found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub locations: Vec<Text>,
    /// References of what it needs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<Text>,
}

impl Component {
    /// What stays the same from one bill to the next: the package URL, else kind, group, name and
    /// version.
    pub fn key(&self) -> Text {
        if let Some(purl) = &self.purl {
            return purl.clone();
        }
        let part = |text: &Option<Text>| text.as_ref().map_or("", Text::raw).to_owned();
        let (group, version) = (part(&self.group), part(&self.version));
        format!("{}:{group}/{}@{version}", self.kind.raw(), self.name.raw()).into()
    }
}

/// The essentials of a model card.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelCard {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Text>,
    /// `supervised`, `unsupervised`, `reinforcement-learning`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approach: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub architecture_family: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub architecture: Option<Text>,
    /// Names, or references to components of the bill.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub datasets: Vec<Text>,
}

/// A service that the subject offers or calls: an MCP server, another agent, a model's API.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BomService {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Text>,
    pub name: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Text>,
    /// Addresses, masked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub endpoints: Vec<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authenticated: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crosses_trust_boundary: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust_zone: Option<Text>,
    /// Flow (`inbound`, `outbound`, `bi-directional`, `unknown`) and classification of its data.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub data: Vec<(Text, Text)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<Text>,
}

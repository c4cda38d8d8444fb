//! Agents that can be called over the Agent2Agent (A2A) protocol, as their cards describe them.

use serde::{Deserialize, Serialize};

use crate::domain::Text;

/// An agent card (A2A specification 1.0 §4.4, and its older forms). The agent says this of itself;
/// nothing in it is verified.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentCard {
    pub name: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Text>,
    /// The organization that offers the agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<Text>,
    /// Where it is called, the preferred way first.
    pub interfaces: Vec<CardInterface>,
    pub skills: Vec<CardSkill>,
    /// Optional parts of the protocol that it supports: `streaming`, `pushNotifications`, …
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub capabilities: Vec<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extensions: Vec<CardExtension>,
    /// Ways to authenticate that it declares.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub security: Vec<SecurityScheme>,
    /// Alternatives of what a caller must satisfy; empty when anybody may call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requirements: Vec<Vec<SecurityRequirement>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signatures: Vec<CardSignature>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardInterface {
    /// Secrets in it are masked by the reader.
    pub url: Text,
    /// `JSONRPC`, `GRPC` or `HTTP+JSON`.
    pub binding: Text,
    /// Version of the protocol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<Text>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardSkill {
    pub id: Text,
    pub name: Text,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Text>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardExtension {
    pub uri: Text,
    /// Whether a caller must understand it.
    pub required: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityScheme {
    pub name: Text,
    /// `apiKey`, `http`, `oauth2`, `openIdConnect` or `mutualTLS`.
    pub kind: Text,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityRequirement {
    pub scheme: Text,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<Text>,
}

/// A signature that is present. It was not verified: that takes the key and the card's exact bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardSignature {
    /// `alg` of the protected header (RFC 7515 §4.1.1).
    pub algorithm: Text,
    /// `kid` (RFC 7515 §4.1.4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Text>,
    /// `jku`, where the keys are said to be (RFC 7515 §4.1.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys_at: Option<Text>,
}

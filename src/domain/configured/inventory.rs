//! What an agent declares at run time that it is made of.

use serde::{Deserialize, Serialize};

use crate::domain::Text;

/// An agent's own bill of materials (AgBOM of the Agent Control Standard, Inspect profile).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentInventory {
    pub agent: Text,
    /// The session for which it was declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Text>,
    pub items: Vec<InventoryItem>,
}

/// One component.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InventoryItem {
    /// `model`, `mcp_server`, `a2a_peer`, `tool`, `knowledge_source`, `memory_store`, `skill`, …
    pub kind: Text,
    pub name: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Text>,
    /// Provider, endpoint or card of the component, as stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Text>,
    /// Tools of an MCP server.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Text>,
}

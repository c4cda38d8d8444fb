//! Declarations of agents and the rules that are declared for them.

use serde::{Deserialize, Serialize};

use crate::domain::Text;

/// An agent as an agent resource or a registry declares it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AgentDeclaration {
    /// `kagent Agent`, `registry`, …
    pub kind: Text,
    pub namespace: Text,
    pub name: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workload: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<Text>,
    /// The object of the same namespace that says which model, where the agent names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_configuration: Option<Text>,
    /// Server, if named, and tool.
    pub tools: Vec<(Option<Text>, Text)>,
    /// Agents it may hand off to or call.
    pub delegates_to: Vec<Text>,
    /// How often it works: `daily`, `weekly`, `monthly`, `quarterly`, when declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cadence: Option<Text>,
}

/// The agent posture policy of requirement S1.19, exactly.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PosturePolicy {
    pub agent_id: Text,
    pub credential_scope: Vec<Text>,
    /// `None` when the policy does not limit tools.
    pub allowed_tools: Option<Vec<Text>>,
    pub denied_tools: Vec<Text>,
    pub max_tool_calls_per_run: Option<u64>,
    pub max_sub_agents: Option<u64>,
    pub requires_human_approval: Vec<Text>,
    pub trace_retention_days: Option<u64>,
    pub alert_on_baseline_deviation: Option<bool>,
}

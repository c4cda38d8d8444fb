//! Declarations of agents and the rules that are declared for them.

use serde::{Deserialize, Serialize};

use super::Hook;
use crate::domain::{Digest, Text};

/// An agent as an agent resource or a registry declares it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AgentDeclaration {
    /// `kagent Agent`, `registry`, …
    pub kind: Text,
    /// The client or framework in whose own file it is declared: `claude-code`, `crewai`. There are
    /// many such files, told apart by their path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub framework: Option<Text>,
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
    /// Server, if named, and tool; `*` for every tool.
    pub tools: Vec<(Option<Text>, Text)>,
    /// Tools that are taken away from it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub denied_tools: Vec<(Option<Text>, Text)>,
    /// Agents it may hand off to or call.
    pub delegates_to: Vec<Text>,
    /// How often it works: `daily`, `weekly`, `monthly`, `quarterly`, when declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cadence: Option<Text>,
    /// Digest of its instructions, which are not kept in derived form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions: Option<Digest>,
    /// The role, account or user as which it acts, in its source's spelling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<Text>,
    /// How it asks for permission, in its framework's own word: `acceptEdits`, `never`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permission_mode: Option<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hooks: Vec<Hook>,
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

//! Agent posture policies: what an agent may do, declared and not enforced.

use serde_json::json;

use super::super::SimulateError;
use super::super::firm::Firm;
use super::Folder;

pub fn write(folder: &Folder, firm: &Firm) -> Result<(), SimulateError> {
    for agent in &firm.agents {
        let Some(policy) = &agent.policy else { continue };
        let name = agent.key.name.raw();
        let document = json!({ "agent_posture_policy": {
            "identity": { "agent_id": name, "credential_scope": policy.credential_scope },
            "permissions": {
                "allowed_tools": agent.declared_tools,
                "denied_tools": policy.denied_tools,
            },
            "execution": {
                "max_tool_calls_per_run": policy.max_tool_calls_per_run,
                "max_sub_agents": policy.max_sub_agents,
                "requires_human_approval": policy.requires_human_approval,
            },
            "monitoring": { "trace_retention_days": 90, "alert_on_baseline_deviation": true },
        } });
        folder.yaml(&format!("policies/{name}.yaml"), &document)?;
    }
    Ok(())
}

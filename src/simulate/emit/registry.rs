//! The firm's agent registry.

use serde_json::{Value, json};

use super::super::SimulateError;
use super::super::calendar::seconds;
use super::super::firm::{Agent, Cadence, Firm};
use super::super::servers;
use super::Folder;

pub fn write(folder: &Folder, firm: &Firm) -> Result<(), SimulateError> {
    let agents: Vec<_> =
        firm.agents.iter().filter(|agent| agent.registered).map(|a| entry(firm, a)).collect();
    let registry = json!({ "apiVersion": "diptych/v1", "kind": "AgentRegistry", "agents": agents });
    folder.yaml("registry/agents.yaml", &registry)
}

fn entry(firm: &Firm, agent: &Agent) -> Value {
    let tools: Vec<_> = agent
        .declared_tools
        .iter()
        .map(|name| match servers::find(name) {
            Some((server, _)) => format!("{server}/{name}"),
            None => (*name).to_owned(),
        })
        .collect();
    let cadence = match agent.cadence {
        Cadence::Daily => "daily",
        Cadence::Monthly(_) => "monthly",
    };
    let mut entry = json!({
        "cluster": agent.key.realm,
        "namespace": agent.key.space,
        "workload": agent.key.name,
        "name": agent.key.name,
        "account": agent.account,
        "purpose": agent.purpose,
        "environment": agent.environment,
        "cadence": cadence,
    });
    let mut say = |key: &str, value: Value| entry[key] = value;
    if !agent.owner.is_empty() {
        say("owner", agent.owner.into());
        say("team", agent.team.into());
        say("model", agent.model.name.into());
        say("tools", json!(tools));
        say("delegates_to", json!(agent.delegates_to));
        say("granted_by", agent.team.into());
        say("granted_at", seconds(firm.window.before(90)).into());
    }
    if agent.policy.is_some() {
        say("policy", format!("policies/{}.yaml", agent.key.name.raw()).into());
    }
    if !agent.notes.is_empty() {
        say("notes", agent.notes.as_str().into());
    }
    entry
}

//! The workload behind a service account: which it is, what starts it, and how it is known to act as
//! the account.

use super::step::{Step, inferred};
use crate::domain::configured::Configured;
use crate::domain::{AgentKey, HopState, Principal, RootKind, Text};
use crate::scope::{Estate, Holders};

/// Confidence of inferences, in percent.
const ONLY_HOLDER: u8 = 70;
const POD_OF_WORKLOAD: u8 = 90;
const SCHEDULED: u8 = 80;

/// How the workload is known to be the one that acted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Holding {
    ByPod,
    Only,
    OneOf(Vec<AgentKey>),
}

pub(super) fn holdings(holders: &Holders) -> Vec<(AgentKey, Holding)> {
    let holding = match (holders.named_by_pod, holders.agents.len()) {
        (true, _) => Holding::ByPod,
        (false, 1) => Holding::Only,
        (false, _) => Holding::OneOf(holders.agents.clone()),
    };
    holders.agents.iter().map(|agent| (agent.clone(), holding.clone())).collect()
}

/// What started an agent of which no record names the user; `unseen` is why none does.
pub(super) fn root(estate: &Estate, agent: &AgentKey, unseen: &str) -> (RootKind, Step) {
    match schedule(estate, agent) {
        Some(schedule) => {
            let name = format!("schedule {}", schedule.raw()).into();
            let hop = inferred("a CronJob is started by its schedule", SCHEDULED);
            let because = "the workload is a CronJob; a person may also have started it";
            (RootKind::Schedule, Step::new(Principal::Trigger { name }, hop, because))
        }
        None => {
            let because = "no record says who or what started the agent";
            (RootKind::Unknown, Step::unrecorded(format!("who asked: {unseen}"), because))
        }
    }
}

fn schedule<'e>(estate: &'e Estate, agent: &AgentKey) -> Option<&'e Text> {
    match &estate.workload(agent)?.body {
        Configured::Workload(workload) => workload.schedule.as_ref(),
        _ => None,
    }
}

/// The step to a workload.
pub(super) fn link(agent: &AgentKey, holding: &Holding) -> Step {
    let (hop, because) = match holding {
        Holding::ByPod => (
            inferred("the pod belongs to the workload", POD_OF_WORKLOAD),
            "the record names a pod of this workload; which agent inside it acted is not recorded"
                .to_owned(),
        ),
        Holding::Only => (
            inferred("the only workload with this service account", ONLY_HOLDER),
            "no pod of it is named".to_owned(),
        ),
        Holding::OneOf(all) => (
            HopState::Ambiguous { candidates: as_principals(all) },
            format!("{} workloads share the service account and no pod is named", all.len()),
        ),
    };
    Step::new(Principal::Agent { key: agent.clone() }, hop, because)
}

/// How the hop from a workload to an account that the API server authenticated is known.
pub(super) fn authenticated(
    estate: &Estate,
    agent: &AgentKey,
    holding: &Holding,
    user: &Text,
) -> (HopState, String) {
    match holding {
        Holding::ByPod => {
            let configured = estate.service_account(agent).map(|account| user_name(agent, account));
            match configured {
                Some(other) if other != *user => (
                    HopState::Contradicted {
                        by: format!("the workload is configured to run as {}", other.visible()),
                    },
                    "the token names a pod of this workload, but is of another account".to_owned(),
                ),
                _ => (
                    HopState::Verified,
                    "the API server authenticated a token that is bound to a pod of this workload"
                        .to_owned(),
                ),
            }
        }
        Holding::Only => (
            inferred("service account of the workload", ONLY_HOLDER),
            "the account was authenticated, but no record names a pod of this workload".to_owned(),
        ),
        Holding::OneOf(all) => (
            HopState::Ambiguous { candidates: as_principals(all) },
            format!("{} workloads share the account and no pod is named", all.len()),
        ),
    }
}

fn as_principals(agents: &[AgentKey]) -> Vec<Principal> {
    agents.iter().map(|key| Principal::Agent { key: key.clone() }).collect()
}

/// A service account of the agent's namespace as the API server spells it.
pub(super) fn user_name(agent: &AgentKey, account: &Text) -> Text {
    format!("system:serviceaccount:{}:{}", agent.space.raw(), account.raw()).into()
}

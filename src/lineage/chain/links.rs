//! The links of a chain as people read them, each with how it is known and why.

use rustc_hash::FxHashSet;

use super::{Acting, Chain, Holding, Middle, Root, Tally};
use crate::domain::configured::Configured;
use crate::domain::{AgentKey, HopState, IdentityChain, IdentityLink, Principal, Text};
use crate::lineage::path::{Arrival, Paths};
use crate::scope::Estate;

/// Confidence of inferences, in percent.
const CONFIGURED_ACCOUNT: u8 = 60;
const CONFIGURED_AND_SEEN: u8 = 90;
const ONLY_HOLDER: u8 = 70;
const POD_OF_WORKLOAD: u8 = 90;
const SCHEDULED: u8 = 80;
const HAND_OFF: u8 = 60;

/// The chain as people read it. `None` only when its path is empty, which no chain has.
pub(super) fn written(
    tally: Tally,
    estate: &Estate,
    paths: &Paths,
    acting: &FxHashSet<(AgentKey, Text)>,
) -> Option<IdentityChain> {
    let Tally { chain, events, samples } = tally;
    let agent = match &chain.middle {
        Middle::Path(path) => paths.last(*path)?.clone(),
        Middle::Workload { agent, .. } | Middle::Impersonated { agent } => agent.clone(),
    };
    let mut links = vec![root_link(&chain, &agent, estate)];
    match &chain.middle {
        Middle::Path(path) => links.extend(agent_links(&paths.agents(*path))),
        Middle::Workload { agent, holders } => links.push(workload_link(agent, holders)),
        Middle::Impersonated { .. } => {}
    }
    links.extend(acting_links(&chain, &agent, estate, acting));
    for link in &mut links {
        // What the configuration tells, and what is missing, no event shows.
        let is_shown = matches!(
            link.hop,
            HopState::Verified | HopState::Asserted | HopState::Contradicted { .. }
        );
        if is_shown {
            link.events.clone_from(&samples);
        }
    }
    Some(IdentityChain { agent, links, events })
}

fn link(principal: Principal, hop: HopState, because: impl Into<String>) -> IdentityLink {
    IdentityLink { principal, hop, because: because.into(), events: Vec::new() }
}

fn inferred(rule: &str, confidence: u8) -> HopState {
    HopState::Inferred { rule: rule.into(), confidence }
}

fn root_link(chain: &Chain, agent: &AgentKey, estate: &Estate) -> IdentityLink {
    let human = |name: &Text| Principal::Human { name: name.clone() };
    match &chain.root {
        Root::Asserted(user) => {
            link(human(user), HopState::Asserted, "the trace names the user; nobody checked it")
        }
        Root::OneOf(users) => {
            let candidates: Vec<Principal> = users.iter().map(human).collect();
            let name = Text::from("one of several users");
            link(
                Principal::Trigger { name },
                HopState::Ambiguous { candidates },
                "the trace names several users and this record none of them",
            )
        }
        Root::Authenticated(user) => link(
            Principal::from_kubernetes_user(&agent.realm, user),
            HopState::Verified,
            "the API server authenticated the user who impersonated the next identity",
        ),
        Root::Unknown => match schedule(estate, agent) {
            Some(schedule) => link(
                Principal::Trigger { name: format!("schedule {}", schedule.raw()).into() },
                inferred("a CronJob is started by its schedule", SCHEDULED),
                "the workload is a CronJob; a person may also have started it",
            ),
            None => {
                let missing = match chain.middle {
                    Middle::Path(_) => "who asked: no record of the trace names a user",
                    _ => "who asked: no trace is tied to these requests",
                };
                link(
                    Principal::Trigger { name: "not recorded".into() },
                    HopState::Broken { missing: missing.into() },
                    "no record says who or what started the agent",
                )
            }
        },
    }
}

fn schedule<'e>(estate: &'e Estate, agent: &AgentKey) -> Option<&'e Text> {
    match &estate.workload(agent)?.body {
        Configured::Workload(workload) => workload.schedule.as_ref(),
        _ => None,
    }
}

fn agent_links(agents: &[(&AgentKey, &Arrival)]) -> Vec<IdentityLink> {
    let step = |(agent, arrival): &(&AgentKey, &Arrival)| {
        let (hop, because) = match arrival {
            Arrival::Named => (HopState::Asserted, "the record itself names the agent"),
            Arrival::Recorded => {
                (HopState::Asserted, "the parent of its span is a span of the agent before")
            }
            Arrival::Inferred(rule) => (
                inferred((*rule).into(), HAND_OFF),
                "no span parentage leads from the agent before",
            ),
        };
        link(Principal::Agent { key: (*agent).clone() }, hop, because)
    };
    agents.iter().map(step).collect()
}

fn workload_link(agent: &AgentKey, holders: &Holding) -> IdentityLink {
    let (hop, because) = match holders {
        Holding::ByPod => (
            inferred("the pod belongs to the workload", POD_OF_WORKLOAD),
            "the token names a pod of this workload; which agent inside it acted is not recorded"
                .to_owned(),
        ),
        Holding::Only => (
            inferred("the only workload with this service account", ONLY_HOLDER),
            "no pod of it is named by the token".to_owned(),
        ),
        Holding::OneOf(all) => (
            HopState::Ambiguous { candidates: as_principals(all) },
            format!("{} workloads share the service account and no pod is named", all.len()),
        ),
    };
    link(Principal::Agent { key: agent.clone() }, hop, because)
}

fn as_principals(agents: &[AgentKey]) -> Vec<Principal> {
    agents.iter().map(|key| Principal::Agent { key: key.clone() }).collect()
}

fn acting_links(
    chain: &Chain,
    agent: &AgentKey,
    estate: &Estate,
    acting: &FxHashSet<(AgentKey, Text)>,
) -> Vec<IdentityLink> {
    let named = |name: &Text| match name.raw().starts_with("arn:") {
        true => Principal::CloudRole { arn: name.clone() },
        false => Principal::from_kubernetes_user(&agent.realm, name),
    };
    match &chain.acting {
        Acting::Configured => configured_link(agent, estate, acting).into_iter().collect(),
        Acting::Named(name) => {
            vec![link(named(name), HopState::Asserted, "the record itself names the identity")]
        }
        Acting::Authenticated(name) => {
            let (hop, because) = authenticated(chain, agent, estate, name);
            vec![link(named(name), hop, because)]
        }
        Acting::Impersonating { account, as_user } => {
            let (hop, because) = authenticated(chain, agent, estate, account);
            let impersonated = "the API server authorised the impersonation";
            vec![
                link(named(account), hop, because),
                link(named(as_user), HopState::Verified, impersonated),
            ]
        }
    }
}

/// The service account that the configuration gives to the agent's workload.
fn configured_link(
    agent: &AgentKey,
    estate: &Estate,
    acting: &FxHashSet<(AgentKey, Text)>,
) -> Option<IdentityLink> {
    let account = estate.service_account(agent)?;
    let principal = Principal::ServiceAccount {
        realm: agent.realm.clone(),
        namespace: agent.space.clone(),
        name: account.clone(),
    };
    let seen = acting.contains(&(agent.host(), user_name(agent, account)));
    let (confidence, because) = match seen {
        true => (
            CONFIGURED_AND_SEEN,
            "the workload runs as this account, and the audit log shows its pods using it",
        ),
        false => (CONFIGURED_ACCOUNT, "the workload is configured to run as this account"),
    };
    Some(link(principal, inferred("service account of the workload", confidence), because))
}

/// How the hop to an identity that the API server authenticated is known.
fn authenticated(
    chain: &Chain,
    agent: &AgentKey,
    estate: &Estate,
    name: &Text,
) -> (HopState, String) {
    let configured = estate.service_account(agent).map(|account| user_name(agent, account));
    match &chain.middle {
        Middle::Workload { holders: Holding::ByPod, .. } => match configured {
            Some(other) if other != *name => (
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
        },
        Middle::Workload { holders: Holding::Only, .. } => (
            inferred("service account of the workload", ONLY_HOLDER),
            "the API server authenticated the account, but the token names no pod of this workload"
                .to_owned(),
        ),
        Middle::Workload { holders: Holding::OneOf(all), .. } => (
            HopState::Ambiguous { candidates: as_principals(all) },
            format!("{} workloads share the account and the token names no pod", all.len()),
        ),
        Middle::Impersonated { .. } => {
            (HopState::Verified, "the API server authorised the impersonation".to_owned())
        }
        Middle::Path(_) => {
            (HopState::Verified, "the API server authenticated the identity".to_owned())
        }
    }
}

/// A service account of the agent's namespace as the API server spells it.
fn user_name(agent: &AgentKey, account: &Text) -> Text {
    format!("system:serviceaccount:{}:{}", agent.space.raw(), account.raw()).into()
}

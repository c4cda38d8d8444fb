//! Whose sheet it is, and whether a record speaks of it.

use crate::domain::{AgentKey, Attribution, Event, HopState, Principal, Text};
use crate::scope::Estate;

/// Confidence of inferences, in percent, as identity chains have them.
const ONLY_HOLDER: u8 = 70;

/// An agent and the identities that are its own beside the service account of its workload.
#[derive(Clone, Debug)]
pub struct Subject {
    pub agent: AgentKey,
    /// In the spelling of the records: role ARNs, users, client ids.
    pub principals: Vec<Text>,
}

/// Who a record says acted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Claim {
    pub agent: Option<AgentKey>,
    pub realm: Text,
    pub principal: Option<Text>,
    pub pod: Option<Text>,
}

impl Claim {
    pub fn of(event: &Event) -> Self {
        Self {
            agent: event.agent.clone(),
            realm: event.account.clone().unwrap_or_default(),
            principal: event.principal.clone(),
            pod: event.instance.clone(),
        }
    }
}

impl Subject {
    /// How it is known that the claim is of the subject; `None` when it is not.
    pub(super) fn is_meant(&self, estate: &Estate, claim: &Claim) -> Option<HopState> {
        if let Some(agent) = &claim.agent {
            let is_family = estate.canonical(agent).host() == self.agent.host();
            return is_family.then_some(HopState::Asserted);
        }
        let principal = claim.principal.as_ref()?;
        if self.principals.iter().any(|own| is_same(own, principal)) {
            return Some(HopState::Verified);
        }
        let holders = estate.holders_of(&claim.realm, principal, claim.pod.as_ref());
        if !holders.agents.contains(&self.agent.host()) {
            return None;
        }
        Some(match (holders.named_by_pod, holders.agents.as_slice()) {
            (true, _) => HopState::Verified,
            (false, [_]) => HopState::Inferred {
                rule: "the only workload with this service account".to_owned(),
                confidence: ONLY_HOLDER,
            },
            (false, several) => {
                let agent = |key: &AgentKey| Principal::Agent { key: key.clone() };
                HopState::Ambiguous { candidates: several.iter().map(agent).collect() }
            }
        })
    }

    /// Whether an event is of this agent itself, an agent inside it included.
    pub(super) fn is_actor(&self, estate: &Estate, event: &Event) -> bool {
        event.agent.as_ref().is_some_and(|agent| {
            let agent = estate.canonical(agent);
            agent == self.agent || agent.host() == self.agent
        })
    }
}

/// The same principal; the sessions of a role are the role.
pub(super) fn is_same(own: &Text, other: &Text) -> bool {
    let role = |text: &Text| {
        assumed_role(text).map(|(account, role)| (account.to_owned(), role.to_owned()))
    };
    own == other || role(own).is_some() && role(own) == role(other)
}

/// Account and name of a role, from its ARN or from that of a session of it (IAM User Guide, "IAM
/// identifiers"): `arn:aws:iam::ACCOUNT:role/PATH/NAME`, `arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION`.
pub(super) fn assumed_role(arn: &Text) -> Option<(&str, &str)> {
    let mut parts = arn.raw().strip_prefix("arn:")?.splitn(5, ':');
    let (_, service, _, account, resource) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let name = match (service, resource.split_once('/')?) {
        ("sts", ("assumed-role", rest)) => rest.split('/').next()?,
        ("iam", ("role", path)) => path.rsplit('/').next()?,
        _ => return None,
    };
    Some((account, name))
}

/// Account and name of a user, from its ARN.
pub(super) fn user(arn: &Text) -> Option<&str> {
    let (_, path) = arn.raw().strip_prefix("arn:")?.split_once(":user/")?;
    path.rsplit('/').next()
}

//! Identity chains: who asked → agent → sub-agent → the identities that acted → what they acted on.
//!
//! Each source tells a part: a trace tells of agents and perhaps of a user, the audit log which account
//! the API server authenticated and for which pod, the log of a cloud which call issued the credential
//! of a later one, a token for whom it was given. A part that no record tells stays broken and names the
//! record that is missing.
//!
//! Events are counted in one pass, in any order, and are not kept: a use may be read before the call
//! that issued its credential. Memory grows with identities and credentials, not with events.
//!
//! | file | what is in it |
//! |---|---|
//! | `actor` | the identity of one record |
//! | `issue` | calls that gave out a credential |
//! | `known` | what the configured side knows of identities |
//! | `name` | what names mean, by platform |
//! | `walk` | from an identity back to where its chain begins |
//! | `begin` | the beginning of a chain |
//! | `workload` | the workload behind a service account |
//! | `traces` | chains of spans |
//! | `tally` | activity, counted |
//! | `merged` | chains that read the same, as one |

mod actor;
mod begin;
mod issue;
mod known;
mod merged;
mod name;
mod step;
mod tally;
#[cfg(test)]
mod tests;
mod traces;
mod walk;
mod workload;

use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};

use self::actor::{Actor, Params, Platform};
use self::issue::{Issue, Issues};
use self::known::Known;
use self::merged::Merged;
use self::step::Walked;
use self::tally::Tally;
use self::traces::Traces;
use self::walk::Walk;
use crate::domain::{AgentKey, Attribution, Event, EventId, IdentityChain, RootKind, Text};
use crate::lineage::forest::Forest;
use crate::scope::Estate;

/// Which chains are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ChainFocus {
    #[default]
    All,
    /// Those that go over a credential, by its id.
    Credential(Text),
    /// The chain behind one event.
    Event(EventId),
}

/// Counts events into chains.
pub struct Chains<'e> {
    estate: &'e Estate,
    focus: ChainFocus,
    issues: Issues,
    actors: FxHashMap<Actor, Tally>,
    /// Realm, account and pod of tokens that the API server saw, whichever chains are wanted.
    pods: FxHashSet<(Text, Text, Text)>,
    /// Accounts of clouds whose logs were read.
    logged: BTreeSet<Text>,
    traces: Traces,
}

impl<'e> Chains<'e> {
    pub fn new(estate: &'e Estate, focus: ChainFocus) -> Self {
        Self {
            estate,
            focus,
            issues: Issues::default(),
            actors: FxHashMap::default(),
            pods: FxHashSet::default(),
            logged: BTreeSet::new(),
            traces: Traces::default(),
        }
    }

    /// One event, in any order. What belongs to a span counts only as far as it gives out an identity;
    /// the rest of it comes with [`Chains::add_traces`].
    ///
    /// `params` are needed of identity hops, of requests for tokens of service accounts, and of calls
    /// on somebody's behalf; without them a chain is broken where a credential was issued, and
    /// delegations lack the identities between the first and the last.
    pub fn observe(&mut self, event: &Event) {
        let platform = actor::platform(event);
        if platform == Platform::Unchecked && event.span_id.is_some() {
            return;
        }
        let params = Params::of(event);
        let Some(actor) = Actor::of(event, &params) else {
            return self.add_agent(event);
        };
        let actor = issue::caller(event, actor, &params);
        if let Some((credential, issue)) = Issue::of(event, &actor, &params) {
            self.issues.add(credential, issue);
        }
        if let (Platform::Kubernetes, Some(pod)) = (platform, &actor.instance) {
            // Under impersonation the token, and the pod in it, are those of the impersonator.
            let authenticated = actor.before.first().unwrap_or(&actor.principal);
            self.pods.insert((actor.realm.clone(), authenticated.clone(), pod.clone()));
        }
        if platform == Platform::Aws {
            self.logged.extend(event.account.clone());
        }
        let is_said_only = platform == Platform::Unchecked && actor.credential.is_none();
        match (&event.agent, is_said_only) {
            (Some(_), true) => self.add_agent(event),
            // Nobody acted for anybody, and nobody checked who acted.
            (None, true) if actor.before.is_empty() => {}
            _ if self.focus.admits(event.id) => {
                let tally = self.actors.entry(actor).or_default();
                tally.count(event.time, event.id, event.target.clone());
            }
            _ => {}
        }
    }

    /// The spans of whole traces; see [`Chains::observe`] for all other events.
    pub fn add_traces(&mut self, forest: &Forest<'_>) {
        let focus = &self.focus;
        self.traces.add_forest(forest, |event| focus.admits(event));
    }

    fn add_agent(&mut self, event: &Event) {
        if let (Some(agent), None, true) =
            (&event.agent, &event.span_id, self.focus.admits(event.id))
        {
            self.traces.add(event, agent, self.estate);
        }
    }

    /// The chains of all that was counted, by agent, the busiest first; those without an agent last.
    pub fn finish(self) -> Vec<IdentityChain> {
        let known = Known::of(self.estate);
        let acting = self.acting();
        let walk =
            Walk { known: &known, issues: &self.issues, acting: &acting, logged: &self.logged };
        let mut merged = Merged::default();
        for (actor, tally) in &self.actors {
            for mut walked in walk.chains(actor) {
                walked.agent = walked.agent.or_else(|| agent_of(actor, &walk));
                if self.focus.wants(&walked, actor) {
                    merged.add(walked, tally.clone());
                }
            }
        }
        for (walked, tally) in self.traces.chains(self.estate, &acting) {
            if self.focus.goes_over(&walked) {
                merged.add(walked, tally);
            }
        }
        merged.chains()
    }
}

impl Chains<'_> {
    /// Workloads, and the accounts whose tokens the API server saw one of their pods use.
    fn acting(&self) -> FxHashSet<(AgentKey, Text)> {
        let mut acting = FxHashSet::default();
        for (realm, user, pod) in &self.pods {
            let holders = self.estate.holders_of(realm, user, Some(pod));
            if holders.named_by_pod {
                acting.extend(holders.agents.into_iter().map(|key| (key, user.clone())));
            }
        }
        acting
    }
}

impl ChainFocus {
    fn admits(&self, event: EventId) -> bool {
        match self {
            Self::Event(id) => *id == event,
            _ => true,
        }
    }

    fn goes_over(&self, walked: &Walked) -> bool {
        match self {
            Self::Credential(id) => {
                walked.steps.iter().any(|step| step.credential.as_ref() == Some(id))
            }
            _ => true,
        }
    }

    /// Where all are listed, those are left out in which nobody acted for anybody: people and the
    /// components of a cluster that did something themselves.
    fn wants(&self, walked: &Walked, actor: &Actor) -> bool {
        let is_alone = walked.hops == 0 && walked.agent.is_none();
        let is_own_act = actor.platform == Platform::Kubernetes || walked.root == RootKind::Human;
        self.goes_over(walked) && !(*self == Self::All && is_alone && is_own_act)
    }
}

/// The agent of a chain that begins with none: the one that a token names, or the only one that runs as
/// the account that somebody impersonated.
fn agent_of(actor: &Actor, walk: &Walk<'_>) -> Option<AgentKey> {
    match actor.platform {
        Platform::Token | Platform::Unchecked => walk.agent_called(actor),
        Platform::Kubernetes if !actor.before.is_empty() => {
            let mut agents = walk.known.estate.agents_of(&actor.realm, &actor.principal, None);
            agents.pop().filter(|_| agents.is_empty())
        }
        _ => None,
    }
}

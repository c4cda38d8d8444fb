//! Chains of traces: who asked, and over which agents a span was reached.

use jiff::Timestamp;
use rustc_hash::{FxHashMap, FxHashSet};

use super::actor::Platform;
use super::name;
use super::step::{Step, Walked, inferred};
use super::tally::Tally;
use super::workload::{self, user_name};
use crate::domain::{
    AgentKey, Attribution, Event, EventId, EventKind, HopState, NameId, Principal, RootKind, Text,
};
use crate::lineage::forest::Forest;
use crate::lineage::path::{Arrival, PathId, Paths};
use crate::scope::Estate;

/// Confidence of inferences, in percent.
const CONFIGURED_ACCOUNT: u8 = 60;
const CONFIGURED_AND_SEEN: u8 = 90;

/// The chains of spans, and of single records that name an agent as a span does.
#[derive(Debug, Default)]
pub(super) struct Traces {
    paths: Paths,
    tallies: FxHashMap<Traced, Tally>,
}

/// What tells one chain from another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Traced {
    root: Root,
    path: PathId,
    /// The identity that the record names beside its agent.
    identity: Option<Text>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Root {
    /// The trace names a user.
    Asserted(Text),
    /// The trace names several users, and the record none.
    OneOf(Vec<Text>),
    Unknown,
}

impl Traces {
    /// A record that belongs to no span and names its agent.
    pub fn add(&mut self, event: &Event, agent: &AgentKey, estate: &Estate) {
        let path = self.paths.start(estate.canonical(agent));
        let root = event.on_behalf_of.clone().map_or(Root::Unknown, Root::Asserted);
        self.count(event, root, path);
    }

    /// The spans of whole traces.
    pub fn add_forest(&mut self, forest: &Forest<'_>, is_wanted: impl Fn(EventId) -> bool) {
        let names = forest.names;
        let reached =
            self.paths.of_spans(forest, |at| names.agent(forest.spans.get(at)?.agent?).cloned());
        let users = users_of_traces(forest);
        for (span, path) in forest.spans.iter().zip(reached) {
            // Calls that an API has checked have a chain of their own.
            let is_checked = matches!(
                span.kind,
                EventKind::K8sApi | EventKind::CloudApi | EventKind::IdentityHop
            );
            let Some(path) = path.filter(|_| !is_checked && is_wanted(span.event)) else {
                continue;
            };
            let text = |name: NameId| names.text(name).cloned();
            let root = match (span.user, users.get(&span.trace).map(Vec::as_slice)) {
                (Some(user), _) => text(user).map_or(Root::Unknown, Root::Asserted),
                (None, Some([user])) => Root::Asserted(user.clone()),
                (None, Some(users)) => Root::OneOf(users.to_vec()),
                (None, None) => Root::Unknown,
            };
            let traced = Traced { root, path, identity: span.principal.and_then(text) };
            // What a tool was called on is told by its name.
            let tool = text(span.label).filter(|_| span.kind == EventKind::ToolCall);
            let time = Timestamp::from_nanosecond(span.start.into()).unwrap_or_default();
            self.tallies.entry(traced).or_default().count(time, span.event, tool);
        }
    }

    fn count(&mut self, event: &Event, root: Root, path: PathId) {
        let traced = Traced { root, path, identity: event.principal.clone() };
        let tally = self.tallies.entry(traced).or_default();
        tally.count(event.time, event.id, event.target.clone());
    }

    /// Every chain with its activity. `acting`: the accounts that pods of workloads were seen to use.
    pub fn chains(
        self,
        estate: &Estate,
        acting: &FxHashSet<(AgentKey, Text)>,
    ) -> impl Iterator<Item = (Walked, Tally)> {
        let Self { paths, tallies } = self;
        tallies.into_iter().filter_map(move |(traced, tally)| {
            Some((written(&traced, &paths, estate, acting)?, tally))
        })
    }
}

/// The users that each trace names, in the order of their names.
fn users_of_traces(forest: &Forest<'_>) -> FxHashMap<NameId, Vec<Text>> {
    let mut users: FxHashMap<NameId, Vec<Text>> = FxHashMap::default();
    for span in &forest.spans {
        let Some(user) = span.user.and_then(|user| forest.names.text(user)) else { continue };
        let users = users.entry(span.trace).or_default();
        if let Err(at) = users.binary_search(user) {
            users.insert(at, user.clone());
        }
    }
    users
}

/// `None` only when the path is empty, which no chain's is.
fn written(
    traced: &Traced,
    paths: &Paths,
    estate: &Estate,
    acting: &FxHashSet<(AgentKey, Text)>,
) -> Option<Walked> {
    let agent = paths.last(traced.path)?.clone();
    let (kind, root) = root(&traced.root, &agent, estate);
    let mut steps = vec![root];
    steps.extend(paths.agents(traced.path).into_iter().map(agent_step));
    match &traced.identity {
        Some(identity) => {
            let principal = name::principal(Platform::Kubernetes, &agent.realm, identity);
            let because = "the record itself names the identity";
            steps.push(Step::new(principal, HopState::Asserted, because));
        }
        None => steps.extend(configured(&agent, estate, acting)),
    }
    Some(Walked::from(Some(agent), kind, steps))
}

fn root(root: &Root, agent: &AgentKey, estate: &Estate) -> (RootKind, Step) {
    let human = |name: &Text| Principal::Human { name: name.clone() };
    match root {
        Root::Asserted(user) => {
            let because = "the trace names the user; nobody checked it";
            (RootKind::Human, Step::new(human(user), HopState::Asserted, because))
        }
        Root::OneOf(users) => {
            let candidates = users.iter().map(human).collect();
            let principal = Principal::Trigger { name: "one of several users".into() };
            let because = "the trace names several users and this record none of them";
            let hop = HopState::Ambiguous { candidates };
            (RootKind::Human, Step::new(principal, hop, because))
        }
        Root::Unknown => workload::root(estate, agent, "no record of the trace names a user"),
    }
}

fn agent_step((agent, arrival): (&AgentKey, &Arrival)) -> Step {
    let (hop, because) = match arrival {
        Arrival::Named => (HopState::Asserted, "the record itself names the agent"),
        Arrival::Recorded => {
            (HopState::Asserted, "the parent of its span is a span of the agent before")
        }
        Arrival::Inferred(rule) => (
            inferred((*rule).into(), rule.confidence()),
            "no span parentage leads from the agent before",
        ),
    };
    Step::new(Principal::Agent { key: agent.clone() }, hop, because)
}

/// The service account that the configuration gives to the agent's workload.
fn configured(
    agent: &AgentKey,
    estate: &Estate,
    acting: &FxHashSet<(AgentKey, Text)>,
) -> Option<Step> {
    let account = estate.service_account(agent)?;
    let principal = Principal::ServiceAccount {
        realm: agent.realm.clone(),
        namespace: agent.space.clone(),
        name: account.clone(),
    };
    let is_seen = acting.contains(&(agent.host(), user_name(agent, account)));
    let (confidence, because) = match is_seen {
        true => (
            CONFIGURED_AND_SEEN,
            "the workload runs as this account, and the audit log shows its pods using it",
        ),
        false => (CONFIGURED_ACCOUNT, "the workload is configured to run as this account"),
    };
    Some(Step::new(principal, inferred("service account of the workload", confidence), because))
}

//! Identity chains: who asked → agent → sub-agent → the identity that acted.
//!
//! Each source tells a part: a trace tells of agents and perhaps of a user, the audit log tells which
//! account the API server authenticated and, for tokens that are bound to one, for which pod. A part
//! that no record tells stays broken and names the record that is missing. Activity that went over
//! the same chain is counted on it once.

mod links;
mod traces;

use rustc_hash::{FxHashMap, FxHashSet};

use self::links::written;
use super::path::{PathId, Paths};
use crate::domain::exercise::SAMPLES;
use crate::domain::{AgentKey, Attribution, Event, EventId, EventKind, IdentityChain, Text};
use crate::scope::{Estate, Holders};

/// Collects the chains of events that come in any order. Memory grows with the number of different
/// chains, not of events.
pub struct Chains<'e> {
    estate: &'e Estate,
    paths: Paths,
    tallies: Vec<Tally>,
    known: FxHashMap<Chain, usize>,
    /// Workloads whose pods were seen to use an account.
    acting: FxHashSet<(AgentKey, Text)>,
}

impl<'e> Chains<'e> {
    pub fn new(estate: &'e Estate) -> Self {
        Self {
            estate,
            paths: Paths::default(),
            tallies: Vec::new(),
            known: FxHashMap::default(),
            acting: FxHashSet::default(),
        }
    }

    /// An event that is no span; spans come with their traces, by [`Chains::add_traces`].
    pub fn observe(&mut self, event: &Event) {
        if event.kind == EventKind::K8sApi {
            // Whichever log it is in, the API server has authenticated every identity in it.
            self.add_request(event);
        } else if let Some(agent) = &event.agent {
            let path = self.paths.start(self.estate.canonical(agent));
            let root = event.on_behalf_of.clone().map_or(Root::Unknown, Root::Asserted);
            let acting = event.principal.clone().map_or(Acting::Configured, Acting::Named);
            self.count(event.id, Chain { root, middle: Middle::Path(path), acting });
        }
    }

    /// The chains, by agent, the busiest first.
    pub fn finish(self) -> Vec<IdentityChain> {
        let Self { estate, paths, tallies, acting, .. } = self;
        let mut built: Vec<IdentityChain> = tallies
            .into_iter()
            .filter_map(|tally| written(tally, estate, &paths, &acting))
            .collect();
        built.sort_by(|a, b| (&a.agent, b.events).cmp(&(&b.agent, a.events)));
        built
    }
}

/// What tells one chain from another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Chain {
    root: Root,
    middle: Middle,
    acting: Acting,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Root {
    /// The trace names a user.
    Asserted(Text),
    /// The trace names several users, and the record none.
    OneOf(Vec<Text>),
    /// The API server authenticated this user, who then impersonated another.
    Authenticated(Text),
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Middle {
    /// Agents that records name.
    Path(PathId),
    /// A workload that acts as the authenticated account.
    Workload { agent: AgentKey, holders: Holding },
    /// No agent took part: a person impersonated the account of this one.
    Impersonated { agent: AgentKey },
}

/// How the workload is known to be the one that acted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Holding {
    ByPod,
    Only,
    OneOf(Vec<AgentKey>),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Acting {
    /// The account that the configuration gives to the workload of the last agent.
    Configured,
    /// The record itself names it, without an enforcement point behind it.
    Named(Text),
    /// Authenticated by the API server.
    Authenticated(Text),
    /// Authenticated, and then impersonating another.
    Impersonating { account: Text, as_user: Text },
}

/// A chain with its activity.
struct Tally {
    chain: Chain,
    events: u64,
    samples: Vec<EventId>,
}

impl Chains<'_> {
    fn count(&mut self, event: EventId, chain: Chain) {
        let at = match self.known.get(&chain) {
            Some(at) => *at,
            None => {
                self.known.insert(chain.clone(), self.tallies.len());
                self.tallies.push(Tally { chain, events: 0, samples: Vec::new() });
                self.tallies.len() - 1
            }
        };
        if let Some(tally) = self.tallies.get_mut(at) {
            tally.events += 1;
            if tally.samples.len() < SAMPLES {
                tally.samples.push(event);
            }
        }
    }

    fn add_request(&mut self, event: &Event) {
        let Some(effective) = &event.principal else { return };
        let realm = event.account.clone().unwrap_or_default();
        // Under impersonation the token, and the pod in it, are those of the impersonator.
        let authenticated = event.on_behalf_of.as_ref().unwrap_or(effective);
        let holders = self.estate.holders_of(&realm, authenticated, event.instance.as_ref());
        let account = match &event.on_behalf_of {
            Some(account) => {
                Acting::Impersonating { account: account.clone(), as_user: effective.clone() }
            }
            None => Acting::Authenticated(effective.clone()),
        };
        if holders.named_by_pod {
            self.acting
                .extend(holders.agents.iter().map(|key| (key.clone(), authenticated.clone())));
        }
        for (agent, holders) in holdings(&holders) {
            let middle = Middle::Workload { agent, holders };
            self.count(event.id, Chain { root: Root::Unknown, middle, acting: account.clone() });
        }
        if !holders.agents.is_empty() {
            return;
        }
        if let Some(agent) = &event.agent {
            let path = self.paths.start(self.estate.canonical(agent));
            let middle = Middle::Path(path);
            self.count(event.id, Chain { root: Root::Unknown, middle, acting: account });
        } else if event.on_behalf_of.is_some() {
            let root = Root::Authenticated(authenticated.clone());
            for agent in self.estate.agents_of(&realm, effective, None) {
                let middle = Middle::Impersonated { agent };
                let acting = Acting::Authenticated(effective.clone());
                self.count(event.id, Chain { root: root.clone(), middle, acting });
            }
        }
    }
}

fn holdings(holders: &Holders) -> Vec<(AgentKey, Holding)> {
    let holding = match (holders.named_by_pod, holders.agents.len()) {
        (true, _) => Holding::ByPod,
        (false, 1) => Holding::Only,
        (false, _) => Holding::OneOf(holders.agents.clone()),
    };
    holders.agents.iter().map(|agent| (agent.clone(), holding.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::super::spans::SpanReader;
    use super::super::testing::{event, spans};
    use super::*;
    use crate::domain::EventKind;
    use crate::scope::testing::{acting_as, change, estate, key, owned, workload};

    fn example() -> Estate {
        estate([
            workload("Deployment", "agents", "billing"),
            acting_as(workload("Deployment", "agents", "crm"), "shared"),
            acting_as(workload("Deployment", "agents", "hr"), "shared"),
            change(workload("CronJob", "agents", "report"), |w| {
                w.schedule = Some("0 3 * * *".into());
            }),
        ])
    }

    fn build(events: &[Event], estate: &Estate) -> Vec<IdentityChain> {
        let mut chains = Chains::new(estate);
        let mut reader = SpanReader::new(estate);
        let rows = events.iter().filter_map(|event| match reader.read(event) {
            Some(span) => Some(span),
            None => {
                chains.observe(event);
                None
            }
        });
        let rows = rows.collect();
        chains.add_traces(&crate::lineage::forest(rows, reader.names()));
        chains.finish()
    }

    fn request(number: u32, principal: &str, pod: Option<&str>, behalf: Option<&str>) -> Event {
        let mut event = event("k8s-audit", number, EventKind::K8sApi);
        event.principal = Some(principal.into());
        event.instance = pod.map(Text::from);
        event.on_behalf_of = behalf.map(Text::from);
        event
    }

    /// Each chain as its count and `principal (hop)` of its links.
    #[track_caller]
    fn check(events: &[Event], expected: &[&str]) {
        let show = |chain: &IdentityChain| {
            let links =
                chain.links.iter().map(|l| format!("{} ({})", l.principal.visible(), l.hop));
            let links: Vec<String> = links.collect();
            format!("{}: {}", chain.events, links.join(" → "))
        };
        let chains = build(events, &example());
        assert_eq!(chains.iter().map(show).collect::<Vec<_>>(), expected);
        assert!(chains.iter().flat_map(|chain| &chain.links).all(|l| !l.because.is_empty()));
    }

    /// Spans of the workload `billing`; agents are its inner ones.
    fn trace(lines: &[&str], user: Option<&str>) -> Vec<Event> {
        let mut events = spans(lines);
        for event in &mut events {
            let agent = key("billing");
            event.agent = Some(match (&event.kind, &event.target) {
                (EventKind::AgentInvoke, Some(name)) => agent.with_inner(name.clone()),
                _ => agent,
            });
        }
        if let (Some(first), Some(user)) = (events.first_mut(), user) {
            first.on_behalf_of = Some(user.into());
        }
        events
    }

    #[test]
    fn traces_tell_the_user_and_the_agents() {
        let lines = [
            "1 other http",
            "2 agent planner under 1",
            "3 agent writer under 2",
            "4 tool t under 3",
        ];
        let account = "service account agents/billing (inferred)";
        check(
            &trace(&lines, Some("alice")),
            &[
                &format!(
                    "1: human alice (asserted) → agent prod/agents/billing (asserted) → {account}"
                ),
                &format!(
                    "1: human alice (asserted) → agent prod/agents/billing/planner (asserted) → {account}"
                ),
                &format!(
                    "2: human alice (asserted) → agent prod/agents/billing/planner (asserted) → \
                 agent prod/agents/billing/writer (asserted) → {account}"
                ),
            ],
        );
        check(
            &trace(&lines[1..2], None),
            &[&format!(
                "1: trigger not recorded (broken) → agent prod/agents/billing/planner (asserted) → \
             {account}"
            )],
        );
    }

    #[test]
    fn the_audit_log_verifies_what_a_pod_bound_token_shows() {
        let billing = "system:serviceaccount:agents:billing";
        let (root, agent) =
            ("trigger not recorded (broken)", "agent prod/agents/billing (inferred)");
        let account = "service account agents/billing";
        check(
            &[
                request(1, billing, Some("billing-7f-x"), None),
                request(2, billing, Some("billing-7f-y"), None),
            ],
            &[&format!("2: {root} → {agent} → {account} (verified)")],
        );
        check(
            &[request(1, billing, None, None)],
            &[&format!("1: {root} → {agent} → {account} (inferred)")],
        );
        check(&[request(1, "alice", None, None), request(2, "system:node:n", None, None)], &[]);
    }

    #[test]
    fn shared_accounts_are_ambiguous_until_a_pod_is_named() {
        let shared = "system:serviceaccount:agents:shared";
        let chain = |agent: &str, hop: &str, account: &str| {
            format!(
                "1: trigger not recorded (broken) → agent prod/agents/{agent} ({hop}) → \
                 service account agents/shared ({account})"
            )
        };
        check(
            &[request(1, shared, None, None)],
            &[&chain("crm", "ambiguous", "ambiguous"), &chain("hr", "ambiguous", "ambiguous")],
        );
        check(
            &[request(1, shared, Some("hr-7f-x"), None)],
            &[&chain("hr", "inferred", "verified")],
        );
    }

    #[test]
    fn impersonation_is_verified_on_both_sides() {
        let billing = "system:serviceaccount:agents:billing";
        check(
            &[request(1, billing, None, Some("admin"))],
            &["1: human admin (verified) → service account agents/billing (verified)"],
        );
        check(
            &[request(1, "admin", Some("billing-7f-x"), Some(billing))],
            &["1: trigger not recorded (broken) → agent prod/agents/billing (inferred) → \
               service account agents/billing (verified) → human admin (verified)"],
        );
    }

    #[test]
    fn a_token_of_another_account_contradicts_the_configuration() {
        let mut bodies = vec![workload("Deployment", "agents", "billing")];
        bodies.push(acting_as(workload("Deployment", "agents", "crm"), "shared"));
        bodies.push(owned(workload("Pod", "agents", "odd"), "Deployment", "billing"));
        let shared = "system:serviceaccount:agents:shared";
        let chains = build(&[request(1, shared, Some("odd"), None)], &estate(bodies));
        let hops: Vec<String> =
            chains.iter().flat_map(|c| &c.links).map(|link| link.hop.to_string()).collect();
        assert_eq!(hops, ["broken", "inferred", "contradicted"]);
    }

    #[test]
    fn hand_offs_and_several_users_are_marked() {
        let lines = [
            "1 other workflow",
            "2 agent triage under 1",
            "3 tool transfer_to_invoices under 2",
            "4 agent invoices under 1",
        ];
        let mut events = trace(&lines, Some("alice"));
        events[1].on_behalf_of = Some("mallory".into());
        let last = build(&events, &example());
        let last = last.iter().find(|chain| chain.agent.inner == Some("invoices".into()));
        let hops = last.into_iter().flat_map(|c| &c.links).map(|link| link.hop.to_string());
        assert_eq!(hops.collect::<Vec<_>>(), ["ambiguous", "asserted", "inferred", "inferred"]);
    }

    #[test]
    fn schedules_are_roots_of_cron_jobs() {
        check(
            &[request(1, "system:serviceaccount:agents:report", Some("report-1-x"), None)],
            &["1: trigger schedule 0 3 * * * (inferred) → agent prod/agents/report (inferred) → \
               service account agents/report (verified)"],
        );
    }

    #[test]
    fn samples_are_bounded_and_only_on_links_that_events_show() {
        let billing = "system:serviceaccount:agents:billing";
        let events: Vec<Event> =
            (0..50).map(|n| request(n, billing, Some("billing-7f-x"), None)).collect();
        let chains = build(&events, &example());
        let samples: Vec<usize> =
            chains.iter().flat_map(|c| &c.links).map(|link| link.events.len()).collect();
        assert_eq!(samples, [0, 0, SAMPLES]);
    }
}

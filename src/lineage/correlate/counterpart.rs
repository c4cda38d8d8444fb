//! Acts that used authority and have no counterpart in any log of credentials.
//!
//! A call of a REST service without a checkout from a vault, a retrieval from an index and a hand-off
//! to another agent leave nothing in the logs by which credentials are watched. Whether such a log was
//! there at all and shows nothing, or none of that time and place is loaded, are two findings.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::keys::NONE;
use super::recorded::{Attention, Windows};
use super::report::First;
use super::row::{Mark, Row, Rows, nanoseconds};
use super::rules::RuleId;
use super::spans::Spans;
use super::ties::Tie;
use crate::domain::coverage::CoverageScope;
use crate::domain::{
    AgentKey, AuthorityUse, Counterpart, Coverage, CredentialGap, Plane, RecordLayer, Text,
};

/// By what each row is found, as ties come.
pub(super) struct Counterparts {
    found: Vec<Option<Counterpart>>,
    /// Tool calls that the wire tells again. The wire knows the server.
    told_again: FxHashMap<u32, u32>,
}

impl Counterparts {
    pub fn new(rows: &Rows) -> Self {
        let own = |row: &Row| row.is(Mark::Authenticated).then_some(Counterpart::Authenticated);
        Self { found: rows.rows.iter().map(own).collect(), told_again: FxHashMap::default() }
    }

    pub fn tie(&mut self, tie: Tie, rows: &Rows) {
        let (Some(from), Some(to)) = (rows.get(tie.from), rows.get(tie.to)) else { return };
        let is_call = |row: &Row| row.layer == Some(RecordLayer::ToolCall);
        let shows = to.is(Mark::Authenticated) || to.layer == Some(RecordLayer::Identity);
        if tie.rule == RuleId::IssuedCredential {
            self.show(tie.to, Counterpart::Issued);
        } else if is_call(from) && shows {
            self.show(tie.from, Counterpart::Tied);
        } else if is_call(from) && is_call(to) {
            self.told_again.insert(tie.to, tie.from);
        }
    }

    fn show(&mut self, row: u32, by: Counterpart) {
        if let Some(known) = self.found.get_mut(row as usize) {
            // The issue of the credential says more than that it was accepted.
            let says_more = known.is_none() || by == Counterpart::Issued;
            *known = if says_more { Some(by) } else { *known };
        }
    }

    fn of(&self, row: u32) -> Option<Counterpart> {
        self.found.get(row as usize).copied().flatten()
    }
}

/// When logs of credentials were written, by cluster; for accounts and tenants by time alone, because
/// no record says whose agents they serve.
#[derive(Default)]
struct CredentialLogs {
    clusters: FxHashMap<Text, Windows>,
    /// Audit logs that name no cluster speak for any.
    anywhere: Windows,
}

impl CredentialLogs {
    fn of(rows: &Rows, coverage: &[Coverage]) -> Self {
        let mut logs = Self::default();
        for statement in coverage {
            let [from, until] = [statement.from, statement.until].map(nanoseconds);
            let realm = match &statement.scope {
                CoverageScope::Realm { realm } => realm,
                CoverageScope::Workload { .. } => continue,
            };
            let windows = match statement.plane {
                Plane::Kubernetes if !realm.is_empty() => {
                    logs.clusters.entry(realm.clone()).or_default()
                }
                Plane::Kubernetes | Plane::Cloud => &mut logs.anywhere,
                _ => continue,
            };
            windows.add(from, until, statement.partial);
        }
        // Logs of sign-ins and tokens state nothing: they speak from their first record to the last.
        let mut hops: FxHashMap<u16, (i64, i64)> = FxHashMap::default();
        for row in rows.rows.iter().filter(|row| row.layer == Some(RecordLayer::Identity)) {
            let (from, until) = hops.entry(row.source()).or_insert((row.start, row.start));
            (*from, *until) = ((*from).min(row.start), (*until).max(row.start));
        }
        hops.into_values().for_each(|(from, until)| logs.anywhere.add(from, until, true));
        logs.clusters.values_mut().for_each(Windows::sort);
        logs.anywhere.sort();
        logs
    }

    fn were_there(&self, agent: Option<&AgentKey>, moment: i64) -> bool {
        let was_there = |windows: &Windows| windows.at(moment) >= Attention::Partial;
        let cluster = agent.and_then(|agent| self.clusters.get(&agent.realm));
        cluster.is_some_and(was_there) || was_there(&self.anywhere)
    }
}

#[derive(Default)]
struct Tally {
    events: u64,
    recorded: BTreeMap<Counterpart, u64>,
    without_moment: u64,
    silent: (u64, First),
    unobservable: (u64, First),
}

/// The acts of every agent by kind, with what the logs of credentials show of them.
pub(super) fn of(
    rows: &Rows,
    spans: &Spans,
    counterparts: &Counterparts,
    coverage: &[Coverage],
) -> Vec<CredentialGap> {
    let logs = CredentialLogs::of(rows, coverage);
    let named_by_wire = counterparts.told_again.iter().filter(|(wire, _)| {
        rows.get(**wire).is_some_and(|wire| wire.act == Some(AuthorityUse::ServerToolCall))
    });
    let served: FxHashSet<u32> = named_by_wire.map(|(_, call)| *call).collect();
    let mut tallies: BTreeMap<(u32, AuthorityUse), Tally> = BTreeMap::new();
    for (number, row) in (0_u32..).zip(&rows.rows) {
        let Some(act) = row.act else { continue };
        // One act that several recorders tell of counts once.
        if spans.is_echo(number) || counterparts.told_again.contains_key(&number) {
            continue;
        }
        let act = if served.contains(&number) { AuthorityUse::ServerToolCall } else { act };
        // Requests of people and of the control plane are no acts of an agent.
        if row.agent == NONE
            && matches!(act, AuthorityUse::KubernetesRequest | AuthorityUse::CloudCall)
        {
            continue;
        }
        let tally = tallies.entry((row.agent, act)).or_default();
        tally.events += 1;
        let agent = rows.agents.get(row.agent as usize);
        if let Some(by) = counterparts.of(number) {
            *tally.recorded.entry(by).or_default() += 1;
        } else if row.is(Mark::NoMoment) {
            tally.without_moment += 1;
        } else {
            let (count, first) = match logs.were_there(agent, row.start) {
                true => &mut tally.silent,
                false => &mut tally.unobservable,
            };
            *count += 1;
            first.add(row);
        }
    }
    let mut gaps: Vec<CredentialGap> = tallies
        .into_iter()
        .map(|((agent, act), tally)| CredentialGap {
            agent: rows.agents.get(agent as usize).cloned(),
            act,
            events: tally.events,
            recorded: tally.recorded.into_iter().collect(),
            silent: tally.silent.0,
            unobservable: tally.unobservable.0,
            without_moment: tally.without_moment,
            silent_examples: tally.silent.1.ids(),
            unobservable_examples: tally.unobservable.1.ids(),
            shown_by: act.shown_by().to_owned(),
        })
        .collect();
    gaps.sort_by(|a, b| (&a.agent, a.act).cmp(&(&b.agent, b.act)));
    gaps
}

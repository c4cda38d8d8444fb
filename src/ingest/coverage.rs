//! What a file of events could have shown: coverage of the sources that do not state their own.
//!
//! An audit log speaks for a whole cluster or account, for the verbs and actions that its policy let
//! through. Spans speak for the workload that wrote them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::sink::Window;
use crate::domain::coverage::{AGENT_FORMATS, CoverageScope};
use crate::domain::{AgentKey, Coverage, Event, EventKind, Plane, Text};

/// Logs of whole clusters and accounts.
const LOGS: &[Log] = &[
    Log { source: "k8s-audit", missed: None },
    Log {
        source: "cloudtrail",
        missed: Some("which calls the trail selects is not in its log; data events are opt-in"),
    },
    Log {
        source: "gcp-audit",
        missed: Some("which data access logs are enabled is not in the log"),
    },
    Log {
        source: "azure-activity",
        missed: Some("which categories the diagnostic settings send is not in the log"),
    },
];

struct Log {
    source: &'static str,
    /// Why what is absent from the log proves nothing.
    missed: Option<&'static str>,
}

/// The planes on which an instrumented agent records what it does.
pub const SPAN_PLANES: [Plane; 3] = [Plane::Tools, Plane::Models, Plane::Delegation];

/// Sensors that record what happens on a plane, the kind of act that shows it, and which acts they
/// record there; empty means all. Sensors that only alert cover nothing.
const SENSORS: &[(&str, EventKind, Plane, &[&str])] = &[
    ("tetragon", EventKind::Exec, Plane::Processes, &["exec"]),
    ("hubble", EventKind::Egress, Plane::Network, &[]),
];

/// The format of the spans, and the agent they are of.
type Writer = (Text, AgentKey);

/// The log, what it shows and of which cluster or account.
type Recorded = (&'static str, Plane, Text);
/// More reasons why a file is not whole are not told apart.
const MOST_MISSED: usize = 16;

/// What the events of one file have shown so far.
#[derive(Debug, Default)]
pub struct Observed {
    realms: BTreeMap<Recorded, Realm>,
    workloads: BTreeMap<Writer, Window>,
    sensed: BTreeMap<(usize, AgentKey), Window>,
    /// Sources that say that they lost something.
    lossy: BTreeSet<Text>,
    missed: BTreeMap<Writer, BTreeSet<Text>>,
}

#[derive(Debug, Default)]
struct Realm {
    window: Window,
    acts: BTreeSet<Text>,
}

impl Observed {
    pub fn include(&mut self, event: &Event) {
        let source = event.source.raw();
        if let Some(log) = LOGS.iter().find(|log| log.source == source) {
            return self.include_in(log, event);
        }
        let Some(agent) = &event.agent else { return };
        let sensor =
            SENSORS.iter().position(|(name, kind, ..)| *name == source && *kind == event.kind);
        if AGENT_FORMATS.contains(&source) {
            let writer = (event.source.clone(), agent.clone());
            self.workloads.entry(writer).or_default().include(event.time);
        } else if let Some(sensor) = sensor {
            self.sensed.entry((sensor, agent.clone())).or_default().include(event.time);
        }
    }

    /// Takes what a source says of itself: what it lost concerns everything that it saw.
    pub fn stated(&mut self, coverage: &Coverage) {
        if coverage.partial && SENSORS.iter().any(|(name, ..)| coverage.source == *name) {
            self.lossy.insert(coverage.source.clone());
        }
    }

    /// What a reader of spans says that was missed goes into the one statement over the file; `false`
    /// when the statement is of another kind and stands on its own.
    pub fn missed(&mut self, stated: &Coverage) -> bool {
        let CoverageScope::Workload { agent } = &stated.scope else { return false };
        if !AGENT_FORMATS.contains(&stated.source.raw()) {
            return false;
        }
        let writer = (stated.source.clone(), agent.host());
        let missed = self.missed.entry(writer).or_default();
        missed.extend(
            stated.missed.iter().take(MOST_MISSED - missed.len().min(MOST_MISSED)).cloned(),
        );
        true
    }

    fn include_in(&mut self, log: &Log, event: &Event) {
        let plane = match event.kind {
            EventKind::K8sApi => Plane::Kubernetes,
            _ => Plane::Cloud,
        };
        let agent = event.agent.as_ref();
        let realm = event.account.clone().or(agent.map(|agent| agent.realm.clone()));
        let recorded = (log.source, plane, realm.unwrap_or_default());
        let realm = self.realms.entry(recorded).or_default();
        realm.window.include(event.time);
        if let Some(act) = event.action.as_ref()
            && !realm.acts.contains(act)
        {
            realm.acts.insert(act.clone());
        }
    }

    /// One statement per cluster or account and plane, and per workload and plane. `partial` when the
    /// file was cut off.
    pub fn statements(self, partial: bool) -> Vec<Coverage> {
        let realms = self.realms.into_iter().filter_map(|((source, plane, realm), seen)| {
            let (from, until) = seen.window.span?;
            let log = LOGS.iter().find(|log| log.source == source);
            let missed = log.and_then(|log| log.missed).filter(|_| plane == Plane::Cloud);
            Some(Coverage {
                source: source.into(),
                plane,
                scope: CoverageScope::Realm { realm },
                from,
                until,
                acts: seen.acts.into_iter().collect(),
                partial: partial || missed.is_some(),
                missed: missed.map(Text::new).into_iter().collect(),
            })
        });
        let workloads =
            hosts(self.workloads).into_iter().flat_map(move |(writer, (from, until))| {
                let missed = self.missed.get(&writer).cloned().unwrap_or_default();
                let (source, agent) = writer;
                SPAN_PLANES.map(move |plane| Coverage {
                    source: source.clone(),
                    plane,
                    scope: CoverageScope::Workload { agent: agent.clone() },
                    from,
                    until,
                    acts: Vec::new(),
                    partial: partial || !missed.is_empty(),
                    missed: missed.iter().cloned().collect(),
                })
            });
        let sensed = self.sensed.into_iter().filter_map(|((sensor, agent), window)| {
            let (source, _, plane, acts) = SENSORS.get(sensor)?;
            let (from, until) = window.span?;
            Some(Coverage {
                source: (*source).into(),
                plane: *plane,
                scope: CoverageScope::Workload { agent },
                from,
                until,
                acts: acts.iter().map(Text::new).collect(),
                partial: partial || self.lossy.contains(*source),
                missed: Vec::new(),
            })
        });
        realms.chain(workloads).chain(sensed).collect()
    }
}

/// The windows of inner agents folded to their host workloads, which is what wrote the spans.
fn hosts(agents: BTreeMap<Writer, Window>) -> BTreeMap<Writer, (Timestamp, Timestamp)> {
    let mut hosts: BTreeMap<Writer, Window> = BTreeMap::new();
    for ((source, agent), window) in agents {
        let host = hosts.entry((source, agent.host())).or_default();
        for time in window.span.into_iter().flat_map(|(from, until)| [from, until]) {
            host.include(time);
        }
    }
    hosts.into_iter().filter_map(|(writer, window)| Some((writer, window.span?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Digest, EventId, Location, Place};

    fn event(source: &str, second: i64, kind: EventKind) -> Event {
        let place = Place { evidence: Digest::of(b""), file: "f".into(), at: Location::Whole };
        let time = Timestamp::from_second(second).expect("in range");
        let id = EventId::of(source, &[&second.to_string()]);
        Event::new(id, time, &source.into(), kind, place)
    }

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    #[test]
    fn an_audit_log_covers_its_cluster_for_the_verbs_seen() {
        let mut observed = Observed::default();
        for (time, verb) in [(5, "get"), (2, "list"), (9, "get")] {
            let mut event = event("k8s-audit", time, EventKind::K8sApi);
            event.action = Some(verb.into());
            observed.include(&event);
        }
        let statements = observed.statements(false);
        let [coverage] = statements.as_slice() else {
            unreachable!("one statement: {statements:?}")
        };
        assert_eq!((coverage.from, coverage.until), (second(2), second(9)));
        assert_eq!(coverage.acts, ["get", "list"]);
        assert!(coverage.is_about(&AgentKey::new("any", "a", "b")));
    }

    #[test]
    fn a_cloud_log_covers_its_accounts_for_the_actions_seen_and_is_partial() {
        let mut observed = Observed::default();
        for (time, account, action) in
            [(5, "1", "s3:GetObject"), (2, "1", "sts:AssumeRole"), (9, "2", "s3:GetObject")]
        {
            let mut event = event("cloudtrail", time, EventKind::CloudApi);
            (event.account, event.action) = (Some(account.into()), Some(action.into()));
            observed.include(&event);
        }
        // A request to a GKE cluster is in the same log and on another plane.
        let mut request = event("gcp-audit", 1, EventKind::K8sApi);
        request.action = Some("get".into());
        observed.include(&request);
        let shown: Vec<_> = observed
            .statements(false)
            .iter()
            .map(|it| (it.plane, it.acts.len(), it.from, it.partial, it.missed.len()))
            .collect();
        assert_eq!(
            shown,
            [
                (Plane::Cloud, 2, second(2), true, 1),
                (Plane::Cloud, 1, second(9), true, 1),
                (Plane::Kubernetes, 1, second(1), false, 0),
            ]
        );
    }

    #[test]
    fn what_spans_say_was_missed_is_in_their_statement() {
        let mut observed = Observed::default();
        let mut event = event("otlp", 1, EventKind::ToolCall);
        event.agent = Some(AgentKey::new("c", "ns", "desk").with_inner("planner"));
        observed.include(&event);
        let stated = |source: &str, what: &str| Coverage {
            source: source.into(),
            plane: Plane::Tools,
            scope: CoverageScope::Workload { agent: AgentKey::new("c", "ns", "desk") },
            from: second(1),
            until: second(1),
            acts: Vec::new(),
            partial: true,
            missed: vec![what.into()],
        };
        for what in ["sampled at 10 %", "sampled at 5 %", "sampled at 10 %"] {
            assert!(observed.missed(&stated("otlp", what)));
        }
        assert!(!observed.missed(&stated("kubescape", "x")));
        for coverage in observed.statements(false) {
            assert!(coverage.partial);
            assert_eq!(coverage.missed, ["sampled at 10 %", "sampled at 5 %"]);
        }
    }

    #[test]
    fn spans_cover_their_workload_on_three_planes() {
        for source in AGENT_FORMATS.iter().copied() {
            let mut observed = Observed::default();
            for (time, inner) in [(1, "planner"), (7, "writer")] {
                let mut event = event(source, time, EventKind::ToolCall);
                event.agent = Some(AgentKey::new("c", "ns", "desk").with_inner(inner));
                observed.include(&event);
            }
            observed.include(&event("kubescape", 3, EventKind::Exec));
            let statements = observed.statements(true);
            assert_eq!(statements.iter().map(|c| c.plane).collect::<Vec<_>>(), SPAN_PLANES);
            for coverage in &statements {
                assert_eq!(coverage.source, source);
                assert_eq!((coverage.from, coverage.until), (second(1), second(7)));
                assert!(coverage.partial && coverage.is_about(&AgentKey::new("c", "ns", "desk")));
            }
        }
    }
}

//! What a file of events could have shown: coverage of the sources that do not state their own.
//!
//! An audit log speaks for a whole cluster, for the verbs that its policy let through. Spans speak for
//! the workload that wrote them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::sink::Window;
use crate::domain::coverage::CoverageScope;
use crate::domain::{AgentKey, Coverage, Event, EventKind, Plane, Text};

const AUDIT: &str = "k8s-audit";
const SPANS: [&str; 2] = ["otlp", "otel-sdk"];

/// The planes on which an instrumented agent records what it does.
const SPAN_PLANES: [Plane; 3] = [Plane::Tools, Plane::Models, Plane::Delegation];

/// Sensors that record what happens on a plane, the kind of act that shows it, and which acts they
/// record there; empty means all. Sensors that only alert cover nothing.
const SENSORS: &[(&str, EventKind, Plane, &[&str])] = &[
    ("tetragon", EventKind::Exec, Plane::Processes, &["exec"]),
    ("hubble", EventKind::Egress, Plane::Network, &[]),
];

/// The format of the spans, and the agent they are of.
type Writer = (Text, AgentKey);

/// What the events of one file have shown so far.
#[derive(Debug, Default)]
pub struct Observed {
    clusters: BTreeMap<Text, Cluster>,
    workloads: BTreeMap<Writer, Window>,
    sensed: BTreeMap<(usize, AgentKey), Window>,
    /// Sources that say that they lost something.
    lossy: BTreeSet<Text>,
}

#[derive(Debug, Default)]
struct Cluster {
    window: Window,
    verbs: BTreeSet<Text>,
}

impl Observed {
    pub fn include(&mut self, event: &Event) {
        match (event.source.raw(), &event.agent) {
            (AUDIT, agent) => {
                let realm =
                    event.account.clone().or(agent.as_ref().map(|agent| agent.realm.clone()));
                let cluster = self.clusters.entry(realm.unwrap_or_default()).or_default();
                cluster.window.include(event.time);
                if event.kind == EventKind::K8sApi
                    && let Some(verb) = event.action.as_ref()
                    && !cluster.verbs.contains(verb)
                {
                    cluster.verbs.insert(verb.clone());
                }
            }
            (source, Some(agent)) if SPANS.contains(&source) => {
                let writer = (event.source.clone(), agent.clone());
                self.workloads.entry(writer).or_default().include(event.time);
            }
            (source, Some(agent)) => {
                let sensor = SENSORS
                    .iter()
                    .position(|(name, kind, ..)| *name == source && *kind == event.kind);
                if let Some(sensor) = sensor {
                    let seen = self.sensed.entry((sensor, agent.clone())).or_default();
                    seen.include(event.time);
                }
            }
            _ => {}
        }
    }

    /// Takes what a source says of itself: what it lost concerns everything that it saw.
    pub fn stated(&mut self, coverage: &Coverage) {
        if coverage.partial && SENSORS.iter().any(|(name, ..)| coverage.source == *name) {
            self.lossy.insert(coverage.source.clone());
        }
    }

    /// One statement per cluster and per workload and plane. `partial` when the file was cut off.
    pub fn statements(self, partial: bool) -> Vec<Coverage> {
        let clusters = self.clusters.into_iter().filter_map(|(realm, cluster)| {
            let (from, until) = cluster.window.span?;
            Some(Coverage {
                source: AUDIT.into(),
                plane: Plane::Kubernetes,
                scope: CoverageScope::Realm { realm },
                from,
                until,
                acts: cluster.verbs.into_iter().collect(),
                partial,
                missed: Vec::new(),
            })
        });
        let workloads =
            hosts(self.workloads).into_iter().flat_map(|((source, agent), (from, until))| {
                SPAN_PLANES.map(move |plane| Coverage {
                    source: source.clone(),
                    plane,
                    scope: CoverageScope::Workload { agent: agent.clone() },
                    from,
                    until,
                    acts: Vec::new(),
                    partial,
                    missed: Vec::new(),
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
                acts: acts.iter().map(|act| Text::new(act)).collect(),
                partial: partial || self.lossy.contains(*source),
                missed: Vec::new(),
            })
        });
        clusters.chain(workloads).chain(sensed).collect()
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
            let mut event = event(AUDIT, time, EventKind::K8sApi);
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
    fn spans_cover_their_workload_on_three_planes() {
        for source in SPANS {
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

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
/// The formats that read spans.
pub const SPANS: [&str; 4] = ["otlp", "otel-sdk", "jaeger", "zipkin"];

/// The planes on which an instrumented agent records what it does.
pub const SPAN_PLANES: [Plane; 3] = [Plane::Tools, Plane::Models, Plane::Delegation];

/// The format of the spans, and the agent they are of.
type Writer = (Text, AgentKey);

/// More reasons why a file is not whole are not told apart.
const MOST_MISSED: usize = 16;

/// What the events of one file have shown so far.
#[derive(Debug, Default)]
pub struct Observed {
    clusters: BTreeMap<Text, Cluster>,
    workloads: BTreeMap<Writer, Window>,
    missed: BTreeMap<Writer, BTreeSet<Text>>,
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
            _ => {}
        }
    }

    /// What a reader of spans says that was missed goes into the one statement over the file; `false`
    /// when the statement is of another kind and stands on its own.
    pub fn missed(&mut self, stated: &Coverage) -> bool {
        let CoverageScope::Workload { agent } = &stated.scope else { return false };
        if !SPANS.contains(&stated.source.raw()) {
            return false;
        }
        let writer = (stated.source.clone(), agent.host());
        let missed = self.missed.entry(writer).or_default();
        missed.extend(
            stated.missed.iter().take(MOST_MISSED - missed.len().min(MOST_MISSED)).cloned(),
        );
        true
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
        clusters.chain(workloads).collect()
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

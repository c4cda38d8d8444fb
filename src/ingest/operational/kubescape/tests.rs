use serde_json::{Value, json};

use crate::domain::{Plane, ProblemKind};
use crate::ingest::Collected;
use crate::ingest::operational::tests::{format_of, lines, read};

fn profile(kind: &str, annotations: Value, spec: Value) -> Collected {
    let mut metadata = json!({
        "name": "replicaset-planner-6d5f", "namespace": "agents",
        "creationTimestamp": "2026-08-01T10:00:00Z",
        "labels": {"kubescape.io/workload-name": "planner", "kubescape.io/workload-namespace": "agents"},
        "annotations": {"kubescape.io/wlid": "wlid://cluster-prod/namespace-agents/deployment-planner"},
    });
    for (key, value) in annotations.as_object().expect("an object") {
        metadata["annotations"][format!("kubescape.io/{key}")] = value.clone();
    }
    let document = json!({
        "apiVersion": "spdx.softwarecomposition.kubescape.io/v1beta1",
        "kind": kind, "metadata": metadata, "spec": spec,
    });
    read("profile.json", &document.to_string())
}

fn completed() -> Value {
    json!({"status": "completed", "completion": "complete"})
}

#[test]
fn an_application_profile() {
    let read = profile(
        "ApplicationProfile",
        json!({
            "status": "completed", "completion": "complete",
            "previous-report-timestamp": "0001-01-01 00:00:00 +0000 UTC",
            "report-timestamp": "2026-08-02 10:00:00.5 +0000 UTC m=+66.9",
        }),
        json!({"containers": [{
            "name": "app", "capabilities": ["NET_ADMIN"],
            "execs": [{"path": "/bin/sh", "args": ["sh", "-c"]}],
            "opens": [{"path": "/etc/x", "flags": ["O_RDONLY"]}, {"path": "/tmp/y", "flags": ["O_RDWR"]}],
            "syscalls": ["connect"],
            "endpoints": [{"endpoint": ":8080/a2a", "methods": ["POST"], "direction": "inbound"}],
        }], "initContainers": [{"name": "init", "execs": [{"path": "/bin/sh", "args": ["sh", "-c"]}]}]}),
    );
    assert_eq!(
        lines(&read.events),
        [
            "exec exec /bin/sh",
            "file read /etc/x",
            "file write /tmp/y",
            "syscall connect -",
            "syscall NET_ADMIN -",
            "ingress accept :8080/a2a",
            "exec exec /bin/sh",
        ]
    );
    assert_ne!(read.events[0].id, read.events[6].id, "containers are told apart");
    for event in &read.events {
        let agent = event.agent.as_ref().map(|agent| agent.visible());
        assert_eq!(agent.as_deref(), Some("prod/agents/planner"));
        assert_eq!(event.time.to_string(), "2026-08-02T10:00:00.5Z");
        assert_eq!(event.decision, None);
        assert!(event.params.as_ref().is_some_and(|p| p.raw().contains(r#""aggregated":true"#)));
    }
    let planes: Vec<_> = read.coverage.iter().map(|coverage| coverage.plane).collect();
    assert_eq!(planes, [Plane::Files, Plane::Processes]);
    assert!(read.coverage.iter().all(|coverage| !coverage.partial
        && coverage.from.to_string() == "2026-08-01T10:00:00Z"
        && coverage.until.to_string() == "2026-08-02T10:00:00.5Z"));
}

#[test]
fn a_network_neighborhood() {
    let read = profile(
        "NetworkNeighborhood",
        completed(),
        json!({"containers": [{"name": "app", "ingress": [], "egress": [
            {"dnsNames": ["api.llm.example."], "dns": "api.llm.example.", "ipAddress": "203.0.113.10",
             "ports": [{"protocol": "TCP", "port": 443}, {"protocol": "TCP", "port": 80}]},
            {"podSelector": {"matchLabels": {"app": "runner"}},
             "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "tools"}},
             "ports": [{"protocol": "TCP", "port": 8080}]},
            {"podSelector": {"matchLabels": {"tier": "x"}}, "ports": [{"protocol": "UDP", "port": 53}]},
            {"ipAddresses": ["10.0.0.0/8", "2001:db8::1"], "ports": [{"protocol": "TCP", "port": 443}]},
            {"ipAddress": "192.0.2.1"},
        ]}]}),
    );
    let capabilities: Vec<_> = read
        .events
        .iter()
        .filter_map(|event| event.capability())
        .map(|capability| capability.visible())
        .collect();
    assert_eq!(
        capabilities,
        [
            "egress: api.llm.example:443/tcp",
            "egress: api.llm.example:80/tcp",
            "egress: tools/runner:8080/tcp",
            "egress: agents/tier=x:53/udp",
            "egress: 10.0.0.0/8:443/tcp",
            "egress: 2001:db8::1:443/tcp",
            "egress: 192.0.2.1/tcp",
        ]
    );
}

#[test]
fn a_neighbour_without_a_bound_is_cut_and_said_to_be() {
    let many: Vec<_> = (0..200).map(|n| format!("10.0.0.{n}")).collect();
    let ports: Vec<_> = (0..200).map(|port| json!({"protocol": "TCP", "port": port})).collect();
    let egress = json!({"egress": [{"ipAddresses": many, "ports": ports}]});
    let read = profile("ContainerProfile", completed(), egress);
    assert_eq!((read.events.len(), read.problems[0].kind), (10_000, ProblemKind::Limit));
}

#[test]
fn what_proves_nothing_is_said_to() {
    #[track_caller]
    fn check(annotations: Value, spec: Value, partial: Option<bool>, problem: Option<ProblemKind>) {
        let read = profile("ContainerProfile", annotations, spec);
        let stated: Vec<_> = read.coverage.iter().map(|coverage| coverage.partial).collect();
        assert_eq!(stated, partial.map_or(vec![], |partial| vec![partial; 3]));
        assert_eq!(read.problems.first().map(|problem| problem.kind), problem);
    }
    let execs = || json!({"execs": [{"path": "/bin/sh"}]});
    check(completed(), execs(), Some(false), None);
    // `ready` is still learning; `partial` missed the start.
    check(json!({"status": "ready", "completion": "complete"}), execs(), Some(true), None);
    check(json!({"status": "completed", "completion": "partial"}), execs(), Some(true), None);
    // A container that ran and did nothing is an observation; an emptied spec is not.
    check(completed(), json!({"architectures": ["amd64"]}), Some(false), None);
    check(completed(), json!({}), None, Some(ProblemKind::Incomplete));
    check(
        completed(),
        json!({"containers": null, "execs": null, "architectures": null}),
        None,
        Some(ProblemKind::Incomplete),
    );
    check(completed(), json!({"execs": "x"}), None, Some(ProblemKind::Malformed));
}

#[test]
fn what_people_wrote_is_no_observation() {
    for annotations in [json!({}), json!({"status": "completed", "managed-by": "User"})] {
        let written: serde_json::Map<String, Value> = annotations
            .as_object()
            .expect("an object")
            .iter()
            .map(|(key, value)| (format!("kubescape.io/{key}"), value.clone()))
            .collect();
        let json = json!({
            "apiVersion": "spdx.softwarecomposition.kubescape.io/v1beta1", "kind": "ContainerProfile",
            "metadata": {"name": "overlay", "annotations": written},
            "spec": {"execs": [{"path": "/bin/sh"}]},
        });
        assert!(format_of("x.json", &json.to_string()).is_none(), "{json}");
    }
}

#[test]
fn a_later_report_of_an_entry_is_the_same_event() {
    let at = |time: &str| {
        let annotations = json!({"status": "completed", "report-timestamp": time});
        profile("ContainerProfile", annotations, json!({"syscalls": ["read"]})).events[0].id
    };
    assert_eq!(at("2026-08-02 10:00:00 +0000 UTC"), at("2026-08-03 10:00:00 +0000 UTC"));
}
